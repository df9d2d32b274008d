//! `kubectl rollout history`, and the revisions of a StatefulSet.
//!
//! Models kubectl/pkg/cmd/rollout/rollout_history.go and polymorphichelpers/history.go (`HistoryViewerFor`).

use std::collections::BTreeMap;
use std::sync::Arc;

use client::api::ListOptions;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use machinery::labels::Selector;
use machinery::object::controller_of;
use machinery::patch::{self, PatchType};
use machinery::version::Features;
use machinery::{Kind, Object};
use serde_json::Value;

use super::super::{Call, Command, DryRun, Next};
use super::{OBJECTS, check_is_workload, deployment, objects, revision};
use crate::context::Context;
use crate::describe::template_text;
use crate::failure::Failure;
use crate::flags::{self, Flag, int};
use crate::printers::report::Report;
use crate::printers::tabwriter::{DESCRIBE, align};

const FLAGS: &[Flag] = &[int("revision", "Tell this revision in detail")];

pub(crate) const HISTORY: Command = Command {
    name: "rollout history",
    about: "View the revisions of a rollout",
    usage: || {
        &[
            "kubectl rollout history (TYPE NAME | TYPE/NAME) [--revision=N]",
            "kubectl rollout history sts/myapp",
        ]
    },
    flags: || &[FLAGS, OBJECTS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let wanted = revision(call)?;
    let mut report = Report::typed(context, &call.parsed, DryRun::None)?;
    let mut failures = Vec::new();
    for found in objects(call, context)? {
        let shown = found.and_then(|(info, object)| {
            let revisions = Revisions::of(context, &object)?;
            if report.is_plain() {
                let text = revisions.text(wanted, context.env.features)?;
                let with = if wanted > 0 { format!("with revision #{wanted}") } else { String::new() };
                context.out(format!("{} {with}\n{text}\n", info.type_and_name()));
                return Ok(());
            }
            let shown = revisions.objects(context, wanted)?;
            shown.iter().try_for_each(|value| report.whole(context, value))
        });
        failures.extend(shown.err());
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

/// The revisions of a workload by number; of several with one number the last by name.
pub(crate) enum Revisions {
    StatefulSet(Arc<StatefulSet>, BTreeMap<i64, Arc<ControllerRevision>>),
    Deployment(deployment::Revisions),
}

impl Revisions {
    /// Reads them.
    pub fn of(context: &mut Context<'_, '_>, object: &Object) -> Result<Revisions, Failure> {
        check_is_workload(object.kind(), "history")?;
        match object {
            Object::StatefulSet(set) => {
                let revisions = revisions(context, set)?.into_iter();
                Ok(Revisions::StatefulSet(set.clone(), revisions.map(|r| (r.revision, r)).collect()))
            }
            Object::Deployment(deployment) => {
                Ok(Revisions::Deployment(deployment::revisions(context, deployment)?))
            }
            other => {
                let kind = crate::go_value::quote(&other.kind().group_kind());
                Err(Failure::message(format!("no history viewer has been implemented for {kind}")))
            }
        }
    }

    /// Their numbers.
    pub fn numbers(&self) -> Vec<i64> {
        match self {
            Revisions::StatefulSet(_, revisions) => revisions.keys().copied().collect(),
            Revisions::Deployment(sets) => sets.keys().copied().collect(),
        }
    }

    /// What is told of one revision, or of all if it is 0 (`ViewHistory`).
    fn text(&self, wanted: i64, features: Features) -> Result<String, Failure> {
        let causes: Vec<(i64, Option<&String>)> = match self {
            Revisions::StatefulSet(_, revisions) => {
                revisions.iter().map(|(number, r)| (*number, deployment::cause(&r.metadata))).collect()
            }
            Revisions::Deployment(sets) => {
                sets.iter().map(|(number, set)| (*number, deployment::cause(&set.metadata))).collect()
            }
        };
        if causes.is_empty() {
            return Ok("No rollout history found.".to_owned());
        }
        if wanted == 0 {
            return Ok(table(&causes));
        }
        let template = match self {
            Revisions::StatefulSet(set, revisions) => {
                template_at(set, revisions.get(&wanted).ok_or_else(no_such_revision)?)?
            }
            Revisions::Deployment(sets) => {
                deployment::template_with_cause(sets.get(&wanted).ok_or_else(no_such_revision)?)
            }
        };
        Ok(template_text(&template, features))
    }

    /// The workload at one revision, or at all of them (`GetHistory`).
    fn objects(&self, context: &Context<'_, '_>, wanted: i64) -> Result<Vec<Value>, Failure> {
        let is_wanted = |number: i64| wanted == 0 || wanted == number;
        let found: Vec<Value> = match self {
            Revisions::StatefulSet(set, revisions) => revisions
                .iter()
                .filter(|(number, _)| is_wanted(**number))
                .map(|(_, revision)| set_at(&context.whole(&Object::StatefulSet(set.clone())), revision))
                .collect::<Result<_, _>>()?,
            Revisions::Deployment(sets) => sets
                .iter()
                .filter(|(number, _)| is_wanted(**number))
                .map(|(_, set)| context.whole(&Object::ReplicaSet(set.clone())))
                .collect(),
        };
        if found.is_empty() && wanted > 0 { Err(no_such_revision()) } else { Ok(found) }
    }
}

fn no_such_revision() -> Failure {
    Failure::message("unable to find the specified revision")
}

fn table(causes: &[(i64, Option<&String>)]) -> String {
    let rows = causes.iter().map(|(number, cause)| {
        let cause = cause.map_or("<none>", String::as_str);
        format!("{number}\t{cause}\n")
    });
    align(&("REVISION\tCHANGE-CAUSE\n".to_owned() + &rows.collect::<String>()), DESCRIBE)
}

/// The set's revisions, oldest first (`controlledHistoryV1`).
pub(super) fn revisions(
    context: &mut Context<'_, '_>,
    set: &StatefulSet,
) -> Result<Vec<Arc<ControllerRevision>>, Failure> {
    let selector = set.spec.as_ref().and_then(|spec| Selector::from_spec(&spec.selector)).unwrap_or_default();
    let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
    let options = ListOptions { labels: selector, fields: Vec::new() };
    let (objects, _) = context.list(Kind::ControllerRevision, namespace, options)?;
    let owned = |revision: &Arc<ControllerRevision>| {
        controller_of(&revision.metadata).is_some_and(|owner| Some(&owner.uid) == set.metadata.uid.as_ref())
    };
    let found = objects.iter().filter_map(|object| object.get::<ControllerRevision>().cloned());
    let mut revisions: Vec<Arc<ControllerRevision>> = found.filter(owned).collect();
    revisions.sort_by_key(|revision| revision.revision);
    Ok(revisions)
}

/// The set as it was at the revision (`applyStatefulSetHistory`).
fn set_at(set: &Value, revision: &ControllerRevision) -> Result<Value, Failure> {
    patch::apply(PatchType::Strategic, set, &data(revision), Kind::StatefulSet.go_type())
        .map_err(|error| Failure::message(error.to_string()))
}

/// What the revision recorded: a patch.
pub(super) fn data(revision: &ControllerRevision) -> Value {
    revision.data.as_ref().map(|data| data.0.clone()).unwrap_or_default()
}

/// The set's pod template at the revision.
pub(super) fn template_at(
    set: &StatefulSet,
    revision: &ControllerRevision,
) -> Result<PodTemplateSpec, Failure> {
    let value = set_at(&Object::from(set.clone()).to_value(), revision)?;
    serde_json::from_value(value["spec"]["template"].clone())
        .map_err(|error| Failure::message(format!("the recorded template cannot be read: {error}")))
}
