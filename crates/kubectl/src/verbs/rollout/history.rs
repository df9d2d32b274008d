//! `kubectl rollout history`, and the revisions of a set.
//!
//! Models kubectl/pkg/cmd/rollout/rollout_history.go and polymorphichelpers/history.go (`StatefulSetHistoryViewer`).

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

use super::super::{Call, Command, Next};
use super::{CHANGE_CAUSE, OBJECTS, objects};
use crate::context::Context;
use crate::describe::template_text;
use crate::failure::Failure;
use crate::flags::{self, Flag, int};
use crate::printers::tabwriter::{DESCRIBE, align};

const FLAGS: &[Flag] = &[int("revision", "Tell this revision in detail")];

pub(crate) const HISTORY: Command = Command {
    name: "rollout history",
    about: "View the revisions of a rollout",
    usage: &[
        "kubectl rollout history (TYPE NAME | TYPE/NAME) [--revision=N]",
        "kubectl rollout history sts/myapp",
    ],
    flags: &[FLAGS, OBJECTS, flags::FILES, flags::FORMATS],
    run,
};

fn run(call: &Call, context: &mut Context<'_, '_>) -> Result<Next, Failure> {
    let wanted = call.parsed.int("revision").unwrap_or(0);
    if wanted < 0 {
        return Err(Failure::message(
            "revision must be a positive integer: ".to_owned() + &wanted.to_string(),
        ));
    }
    let mut failures = Vec::new();
    for found in objects(call, context)? {
        let shown = found.and_then(|(info, object)| {
            let Object::StatefulSet(set) = &object else {
                let kind = crate::go_value::quote(&info.kind.group_kind());
                return Err(Failure::message(format!("no history viewer has been implemented for {kind}")));
            };
            let revisions = revisions(context, set)?;
            let text = if wanted > 0 {
                one(set, &revisions, wanted, context.env.features)?
            } else {
                all(&revisions)
            };
            let with = if wanted > 0 { format!("with revision #{wanted}") } else { String::new() };
            context.out(format!("{} {with}\n{text}\n", info.type_and_name()));
            Ok(())
        });
        failures.extend(shown.err());
    }
    Failure::all(failures)?;
    Ok(Next::Done)
}

fn all(revisions: &[Arc<ControllerRevision>]) -> String {
    if revisions.is_empty() {
        return "No rollout history found.".to_owned();
    }
    let mut text = "REVISION\tCHANGE-CAUSE\n".to_owned();
    for revision in revisions {
        let annotations = revision.metadata.annotations.as_ref();
        let cause = annotations.and_then(|annotations| annotations.get(CHANGE_CAUSE));
        let cause = cause.filter(|cause| !cause.is_empty()).map_or("<none>", String::as_str);
        text.push_str(&format!("{}\t{cause}\n", revision.revision));
    }
    align(&text, DESCRIBE)
}

fn one(
    set: &StatefulSet,
    revisions: &[Arc<ControllerRevision>],
    wanted: i64,
    features: Features,
) -> Result<String, Failure> {
    let Some(revision) = revisions.iter().find(|revision| revision.revision == wanted) else {
        return Err(Failure::message("unable to find the specified revision"));
    };
    Ok(template_text(&template_at(set, revision)?, features))
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
fn set_at(set: &StatefulSet, revision: &ControllerRevision) -> Result<Value, Failure> {
    let before = Object::from(set.clone()).to_value();
    patch::apply(PatchType::Strategic, &before, &data(revision), Kind::StatefulSet.go_type())
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
    let value = set_at(set, revision)?;
    serde_json::from_value(value["spec"]["template"].clone())
        .map_err(|error| Failure::message(format!("the recorded template cannot be read: {error}")))
}
