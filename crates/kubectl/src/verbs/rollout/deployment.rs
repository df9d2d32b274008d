//! The revisions of a Deployment: its ReplicaSets.
//!
//! Models the Deployments' part of kubectl/pkg/polymorphichelpers (history.go, rollback.go) and
//! kubectl/pkg/util/deployment.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::api::{ListOptions, Request, Verb};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::labels::Selector;
use machinery::object::controller_of;
use machinery::patch::PatchType;
use machinery::{Kind, Resource};
use serde_json::json;

use super::super::DryRun;
use super::super::apply::LAST_APPLIED;
use super::{CHANGE_CAUSE, MANAGER};
use crate::context::Context;
use crate::describe::{template_text, without_hash};
use crate::failure::Failure;

const REVISION: &str = "deployment.kubernetes.io/revision";
/// The Deployment's own annotations, which no ReplicaSet gives it.
const OWN_ANNOTATIONS: [&str; 6] = [
    LAST_APPLIED,
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// The ReplicaSets by their revisions.
pub(super) type Revisions = BTreeMap<i64, Arc<ReplicaSet>>;

/// The revision that an annotation tells; 0 if there is none.
///
/// # Errors
/// Go's message about what is no number.
pub(super) fn revision(meta: &ObjectMeta) -> Result<i64, String> {
    let Some(text) = meta.annotations.as_ref().and_then(|annotations| annotations.get(REVISION)) else {
        return Ok(0);
    };
    text.parse()
        .map_err(|_| format!("strconv.ParseInt: parsing {}: invalid syntax", crate::go_value::quote(text)))
}

/// The ReplicaSets of a Deployment (`getDeploymentReplicaSets`).
pub(super) fn revisions(
    context: &mut Context<'_, '_>,
    deployment: &Deployment,
) -> Result<Revisions, Failure> {
    let spec = deployment.spec.as_ref();
    let labels = spec.and_then(|spec| Selector::from_spec(&spec.selector)).unwrap_or_default();
    let options = ListOptions { labels, fields: Vec::new() };
    let (objects, _) = context.list(Kind::ReplicaSet, deployment.namespace(), options)?;
    let owned = |set: &&Arc<ReplicaSet>| {
        controller_of(&set.metadata).is_some_and(|owner| owner.uid == deployment.uid())
    };
    let sets = objects.iter().filter_map(ReplicaSet::unwrap).filter(owned);
    Ok(sets.filter_map(|set| Some((revision(&set.metadata).ok()?, set.clone()))).collect())
}

/// Why a revision was made.
pub(super) fn cause(meta: &ObjectMeta) -> Option<&String> {
    meta.annotations.as_ref()?.get(CHANGE_CAUSE).filter(|cause| !cause.is_empty())
}

fn template(set: &ReplicaSet) -> PodTemplateSpec {
    set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default()
}

/// The ReplicaSet's template, with the cause of the revision among its annotations.
pub(super) fn template_with_cause(set: &ReplicaSet) -> PodTemplateSpec {
    let mut template = template(set);
    if let Some(cause) = cause(&set.metadata) {
        let annotations = template.metadata.get_or_insert_default().annotations.get_or_insert_default();
        annotations.insert(CHANGE_CAUSE.to_owned(), cause.clone());
    }
    template
}

/// Goes back to a revision, 0 for the one before; what to say when it is done (`DeploymentRollbacker`).
pub(super) fn roll_back(
    context: &mut Context<'_, '_>,
    deployment: &Deployment,
    wanted: i64,
    dry_run: DryRun,
) -> Result<String, Failure> {
    let revisions = revisions(context, deployment)?;
    let name = deployment.name();
    let set = if wanted > 0 {
        let missing = || super::undo::not_in_history(wanted);
        revisions.get(&wanted).ok_or_else(missing)?
    } else {
        let name = crate::go_value::quote(name);
        let missing = || Failure::message(format!("no rollout history found for deployment {name}"));
        revisions.values().rev().nth(1).ok_or_else(missing)?
    };
    if dry_run == DryRun::Client {
        return Ok(template_text(&template(set), context.env.features));
    }
    let spec = deployment.spec.clone().unwrap_or_default();
    if spec.paused == Some(true) {
        return Err(Failure::message(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    let template = without_hash(template(set));
    if template == without_hash(spec.template) {
        return Ok(super::undo::skipped(wanted));
    }
    let patch = json!([
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": annotations(deployment, set)},
    ]);
    let verb = Verb::Patch(PatchType::Json, patch);
    let mut request = Request::new(verb, Kind::Deployment, deployment.namespace(), name);
    request.dry_run = dry_run == DryRun::Server;
    request.field_manager = MANAGER.into();
    context.call(request).map_err(|failure| super::undo::not_restored(wanted, &failure))?;
    Ok("rolled back".to_owned())
}

/// The Deployment's annotations at the revision: its own, and the other ones of the ReplicaSet.
fn annotations(deployment: &Deployment, set: &ReplicaSet) -> BTreeMap<String, String> {
    let is_own = |key: &String| OWN_ANNOTATIONS.contains(&key.as_str());
    let own = deployment.meta().annotations.iter().flatten().filter(|(key, _)| is_own(key));
    let others = set.meta().annotations.iter().flatten().filter(|(key, _)| !is_own(key));
    own.chain(others).map(|(key, value)| (key.clone(), value.clone())).collect()
}
