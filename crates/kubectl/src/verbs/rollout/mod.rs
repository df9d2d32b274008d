//! `kubectl rollout`: status, history, undo, restart, pause and resume.
//!
//! Models kubectl/pkg/cmd/rollout and kubectl/pkg/polymorphichelpers.

mod deployment;
pub(crate) mod history;
mod pause;
mod restart;
pub(crate) mod status;
mod undo;

use client::api::{Request, Verb};
use machinery::patch::PatchType;
use machinery::{Kind, Object};
use serde_json::Value;

use super::{Call, DryRun, Next};
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::{self, Flag};
use crate::printers::report::Report;
use crate::resource::{self, Info, Rules};

pub(crate) use history::HISTORY;
pub(crate) use pause::{PAUSE, RESUME};
pub(crate) use restart::RESTART;
pub(crate) use status::STATUS;
pub(crate) use undo::UNDO;

/// Why a revision was made, for people.
pub(crate) const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// Which objects.
const OBJECTS: &[Flag] = &[flags::SELECTOR];

/// Who writes.
const MANAGER: &str = "kubectl-rollout";

/// An object as it is now, or why it could not be read.
type Found = Result<(Info, Object), Failure>;

fn require_objects(call: &Call) -> Result<(), Failure> {
    if call.parsed.args.is_empty() && call.parsed.list("filename").is_empty() {
        return Err(Failure::message("required resource not specified"));
    }
    Ok(())
}

/// `--revision`; 0 if it was not given.
fn revision(call: &Call) -> Result<i64, Failure> {
    require_objects(call)?;
    let revision = call.parsed.int("revision").unwrap_or(0);
    if revision < 0 {
        return Err(Failure::message(format!("revision must be a positive integer: {revision}")));
    }
    Ok(revision)
}

/// The objects that a rollout is about, as they are now; a type alone means all.
fn objects(call: &Call, context: &mut Context<'_, '_>) -> Result<Vec<Found>, Failure> {
    require_objects(call)?;
    let rules = Rules { type_means_all: true, ..Rules::default() };
    let targets = resource::targets(context, &call.parsed, &call.parsed.args, rules)?;
    Ok(resource::objects(context, &targets))
}

/// Kinds of workloads, of which some have no history and no way back (apps.GroupKindElement).
fn check_is_workload(kind: Kind, what: &str) -> Result<(), Failure> {
    if matches!(kind, Kind::Deployment | Kind::Pod | Kind::ReplicaSet | Kind::StatefulSet) {
        return Ok(());
    }
    let (name, info) = (crate::go_value::quote(&kind.group_kind()), kind.info());
    Err(Failure::message(format!(
        "error retrieving {what} for {name}, no visitor method exists for {{{} {kind}}}",
        info.group
    )))
}

/// Patches every object, and says what was done.
fn patch_each(
    call: &Call,
    context: &mut Context<'_, '_>,
    operation: &str,
    patch: impl Fn(&Context<'_, '_>, &Object) -> Result<Value, Failure>,
) -> Result<Next, Failure> {
    let mut report = Report::typed(context, &call.parsed, DryRun::None)?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for object in objects(call, context)? {
        match object {
            Ok(object) => found.push(object),
            Err(failure) => failures.push(failure),
        }
    }
    if found.is_empty() && failures.is_empty() {
        context.err(format!("No resources found in {} namespace.\n", call.parsed.namespace()));
        return Ok(Next::Done);
    }
    for (info, object) in found {
        let patched = patch(context, &object).and_then(|patch| {
            let verb = Verb::Patch(PatchType::Strategic, patch);
            let mut request = Request::new(verb, info.kind, &info.namespace, &info.name);
            request.field_manager = MANAGER.into();
            let patched = context
                .object(request)
                .map_err(|failure| Failure::message(format!("failed to patch: {}", failure.error())))?;
            let value = context.whole(&patched);
            report.done(context, &info, operation, &value)
        });
        failures.extend(patched.err());
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

/// `statefulsets.apps "web" pausing is not supported`.
fn refused(object: &Object, why: &str) -> Failure {
    Failure::message(format!("{} \"{}\" {why}", object.kind().group_resource(), object.name()))
}
