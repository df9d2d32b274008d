//! `kubectl rollout undo`.
//!
//! Models kubectl/pkg/cmd/rollout/rollout_undo.go and polymorphichelpers/rollback.go (`RollbackerFor`,
//! `StatefulSetRollbacker`).

use client::api::{Request, Verb};
use k8s_openapi::api::apps::v1::StatefulSet;
use machinery::patch::PatchType;
use machinery::{Kind, Object, Resource};

use super::super::apply::last_applied;
use super::super::{Call, Command, DryRun, Next, dry_run};
use super::history::{data, revisions, template_at};
use super::{MANAGER, OBJECTS, check_is_workload, deployment, objects};
use crate::context::Context;
use crate::describe::template_text;
use crate::failure::Failure;
use crate::flags::{self, Flag, int};
use crate::printers::report::Report;
use crate::resource::Info;

const FLAGS: &[Flag] = &[int("to-revision", "Which revision; the one before by default"), flags::DRY_RUN];

pub(crate) const UNDO: Command = Command {
    name: "rollout undo",
    about: "Roll back to a previous rollout",
    usage: || {
        &["kubectl rollout undo (TYPE NAME | TYPE/NAME) [--to-revision=N]", "kubectl rollout undo sts/myapp"]
    },
    flags: || &[FLAGS, OBJECTS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let dry_run = dry_run(context, &call.parsed)?;
    let mut report = Report::typed(context, &call.parsed, dry_run)?;
    let mut failures = Vec::new();
    for found in objects(call, context)? {
        let undone =
            found.and_then(|(info, object)| undo(call, context, &mut report, &info, &object, dry_run));
        failures.extend(undone.err());
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn undo(
    call: &Call,
    context: &mut Context<'_, '_>,
    report: &mut Report,
    info: &Info,
    object: &Object,
    dry_run: DryRun,
) -> Result<(), Failure> {
    if context.env.features.undo_warns_of_apply() && last_applied(object).is_some() {
        context.err(format!(
            "Warning: resource {}/{} was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n",
            info.kind.info().plural,
            info.name
        ));
    }
    let wanted = call.parsed.int("to-revision").unwrap_or(0);
    check_is_workload(info.kind, "rollbacker")?;
    let operation = match object {
        Object::StatefulSet(_) | Object::Deployment(_) if wanted < 0 => return Err(not_in_history(wanted)),
        Object::StatefulSet(set) => roll_back(context, set, wanted, dry_run)?,
        Object::Deployment(deployment) => deployment::roll_back(context, deployment, wanted, dry_run)?,
        _ => {
            let kind = crate::go_value::quote(&info.kind.group_kind());
            return Err(Failure::message(format!("no rollbacker has been implemented for {kind}")));
        }
    };
    report.done(context, info, &operation, &context.whole(object))
}

/// There is no such revision.
pub(super) fn not_in_history(revision: i64) -> Failure {
    Failure::message(format!("unable to find specified revision {revision} in history"))
}

/// The template is what it was at the revision.
pub(super) fn skipped(revision: i64) -> String {
    format!("skipped rollback (current template already matches revision {revision})")
}

/// The server refused the template of the revision.
pub(super) fn not_restored(revision: i64, failure: &Failure) -> Failure {
    Failure::message(format!("failed restoring revision {revision}: {}", failure.error()))
}

/// Goes back to a revision, 0 for the one before; what to say when it is done (`StatefulSetRollbacker`).
fn roll_back(
    context: &mut Context<'_, '_>,
    set: &StatefulSet,
    wanted: i64,
    dry_run: DryRun,
) -> Result<String, Failure> {
    let revisions = revisions(context, set)?;
    let revision = if wanted == 0 {
        revisions.iter().rev().nth(1).ok_or_else(|| Failure::message("no last revision to roll back to"))?
    } else {
        let found = revisions.iter().find(|revision| revision.revision == wanted);
        found.ok_or_else(|| not_in_history(wanted))?
    };
    if dry_run == DryRun::Client {
        return Ok(format!(
            "will roll back to {}",
            template_text(&template_at(set, revision)?, context.env.features)
        ));
    }
    // What is recorded can hold nulls that mean nothing.
    let template = template_at(set, revision)?;
    if set.spec.as_ref().is_some_and(|spec| spec.template == template) {
        return Ok(skipped(wanted));
    }
    let verb = Verb::Patch(PatchType::Strategic, data(revision));
    let mut request = Request::new(verb, Kind::StatefulSet, set.namespace(), set.name());
    request.dry_run = dry_run == DryRun::Server;
    request.field_manager = MANAGER.into();
    context.call(request).map_err(|failure| not_restored(wanted, &failure))?;
    Ok("rolled back".to_owned())
}
