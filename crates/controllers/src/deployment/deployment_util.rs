//! Questions about a Deployment and its ReplicaSets.
//!
//! Models pkg/controller/deployment/util/deployment_util.go.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::Resource;
use machinery::time::{ms_between, seconds};

pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// The label that tells the pods of one template from those of another.
pub(super) const POD_TEMPLATE_HASH: &str = "pod-template-hash";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const SKIPPED: [&str; 6] = [
    LAST_APPLIED,
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

pub(super) type Sets = Vec<Arc<ReplicaSet>>;

/// How many pods a Deployment wants.
pub(super) fn replicas(deployment: &Deployment) -> i32 {
    deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

/// How many pods a ReplicaSet wants.
pub(super) fn wanted(set: &ReplicaSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(0)
}

/// How many pods of a ReplicaSet are available.
pub(super) fn available(set: &ReplicaSet) -> i32 {
    set.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0)
}

/// How many pods a ReplicaSet has.
pub(super) fn actual(set: &ReplicaSet) -> i32 {
    set.status.as_ref().map_or(0, |status| status.replicas)
}

/// Whether pods are exchanged step by step.
pub(super) fn is_rolling(deployment: &Deployment) -> bool {
    let strategy = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref()?.type_.as_deref());
    strategy.unwrap_or("RollingUpdate") == "RollingUpdate"
}

/// How many pods may be too many, and how many may be missing (ResolveFenceposts); never none of both.
fn fenceposts(deployment: &Deployment) -> (i32, i32) {
    let rolling = deployment.spec.as_ref().and_then(|spec| spec.strategy.as_ref()?.rolling_update.as_ref());
    let wanted = replicas(deployment);
    let scaled = |value: Option<&IntOrString>, up: bool| match value {
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::String(text)) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            let hundredths = percent.saturating_mul(i64::from(wanted));
            i32::try_from(if up { (hundredths + 99) / 100 } else { hundredths / 100 }).unwrap_or(i32::MAX)
        }
        None => 0,
    };
    let surge = scaled(rolling.and_then(|r| r.max_surge.as_ref()), true);
    let unavailable = scaled(rolling.and_then(|r| r.max_unavailable.as_ref()), false);
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

/// How many pods may be too many.
pub(super) fn max_surge(deployment: &Deployment) -> i32 {
    if is_rolling(deployment) { fenceposts(deployment).0 } else { 0 }
}

/// How many pods may be missing.
pub(super) fn max_unavailable(deployment: &Deployment) -> i32 {
    if !is_rolling(deployment) || replicas(deployment) == 0 {
        return 0;
    }
    fenceposts(deployment).1.min(replicas(deployment))
}

fn annotation<'m>(meta: &'m ObjectMeta, key: &str) -> Option<&'m str> {
    meta.annotations.as_ref()?.get(key).map(String::as_str)
}

/// A number in an annotation.
pub(super) fn number(meta: &ObjectMeta, key: &str) -> Option<i32> {
    annotation(meta, key)?.parse().ok()
}

/// The revision of a ReplicaSet; 0 if it has none.
pub(super) fn revision(set: &ReplicaSet) -> i64 {
    annotation(&set.metadata, REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Notes how many pods are wanted in all; whether that changed anything (SetReplicasAnnotations).
pub(super) fn set_replicas_annotations(set: &mut ReplicaSet, desired: i32, max: i32) -> bool {
    let annotations = set.metadata.annotations.get_or_insert_default();
    let mut put = |key: &str, value: i32| {
        annotations.insert(key.to_owned(), value.to_string()) != Some(value.to_string())
    };
    let changed = put(DESIRED_REPLICAS, desired);
    put(MAX_REPLICAS, max) || changed
}

/// The newest ReplicaSet's annotations: those of the Deployment, and its revision; whether anything changed
/// (SetNewReplicaSetAnnotations).
pub(super) fn set_new_annotations(
    deployment: &Deployment,
    set: &mut ReplicaSet,
    revision: i64,
    exists: bool,
) -> bool {
    let annotations = set.metadata.annotations.get_or_insert_default();
    let mut changed = false;
    for (key, value) in deployment.metadata.annotations.iter().flatten() {
        if !SKIPPED.contains(&key.as_str()) && annotations.get(key) != Some(value) {
            annotations.insert(key.clone(), value.clone());
            changed = true;
        }
    }
    let before = annotations.get(REVISION).cloned();
    let number: i64 = before.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
    if number < revision {
        annotations.insert(REVISION.to_owned(), revision.to_string());
        changed = true;
        // It serves once more: its earlier revisions are kept.
        if let Some(before) = before {
            let history = annotations.entry(REVISION_HISTORY.to_owned()).or_default();
            if !history.is_empty() {
                history.push(',');
            }
            history.push_str(&before);
        }
    }
    if !exists {
        let wanted = replicas(deployment);
        changed |= set_replicas_annotations(set, wanted, wanted + max_surge(deployment));
    }
    changed
}

/// Whether two templates are the same but for the hash label (EqualIgnoreHash).
fn equal_ignoring_hash(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    let bare = |template: &PodTemplateSpec| {
        let mut template = template.clone();
        let meta = template.metadata.get_or_insert_default();
        if let Some(labels) = &mut meta.labels {
            labels.remove(POD_TEMPLATE_HASH);
        }
        template
    };
    bare(a) == bare(b)
}

/// The oldest ReplicaSet with the Deployment's template (FindNewReplicaSet).
pub(super) fn find_new(deployment: &Deployment, sets: &Sets) -> Option<Arc<ReplicaSet>> {
    let template = &deployment.spec.as_ref()?.template;
    let same = |set: &&Arc<ReplicaSet>| {
        set.spec
            .as_ref()
            .and_then(|spec| spec.template.as_ref())
            .is_some_and(|t| equal_ignoring_hash(t, template))
    };
    let mut found: Vec<&Arc<ReplicaSet>> = sets.iter().filter(same).collect();
    found.sort_by_key(|set| age_key(set));
    found.first().copied().cloned()
}

/// Oldest first, then by name (ReplicaSetsByCreationTimestamp).
pub(super) fn age_key(set: &ReplicaSet) -> (Option<Timestamp>, String) {
    (set.metadata.creation_timestamp.as_ref().map(|time| time.0), set.name().to_owned())
}

/// How many pods all of them want.
pub(super) fn total<'s>(
    sets: impl IntoIterator<Item = &'s Arc<ReplicaSet>>,
    count: fn(&ReplicaSet) -> i32,
) -> i32 {
    sets.into_iter().fold(0, |sum, set| sum.saturating_add(count(set)))
}

/// How many pods of all of them terminate; `None` where one has counted its other pods, and not these
/// (GetTerminatingReplicaCountForReplicaSets).
pub(super) fn terminating(sets: &Sets) -> Option<i32> {
    let statuses = sets.iter().filter_map(|set| set.status.as_ref());
    let mut observed = statuses.filter(|status| status.observed_generation.is_some_and(|seen| seen != 0));
    observed.try_fold(0, |sum: i32, status| Some(sum.saturating_add(status.terminating_replicas?)))
}

/// How many pods the newest ReplicaSet is to have next (NewRSNewReplicas).
pub(super) fn new_replicas(deployment: &Deployment, all: &Sets, new: i32) -> i32 {
    let wanted_in_all = replicas(deployment);
    if !is_rolling(deployment) {
        return wanted_in_all;
    }
    let room = wanted_in_all + max_surge(deployment) - total(all, wanted);
    if room <= 0 { new } else { new + room.min(wanted_in_all - new) }
}

/// Whether the newest ReplicaSet has all its pods, as many as the Deployment wants (IsSaturated).
pub(super) fn is_saturated(deployment: &Deployment, set: Option<&ReplicaSet>) -> bool {
    set.is_some_and(|set| {
        let desired = number(&set.metadata, DESIRED_REPLICAS);
        let wanted_in_all = replicas(deployment);
        wanted(set) == wanted_in_all && desired == Some(wanted_in_all) && available(set) == wanted_in_all
    })
}

/// A condition as of now.
pub(super) fn new_condition(
    kind: &str,
    status: &str,
    reason: &str,
    message: String,
    now: Timestamp,
) -> DeploymentCondition {
    DeploymentCondition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: Some(reason.to_owned()),
        message: Some(message),
        last_update_time: Some(seconds(now)),
        last_transition_time: Some(seconds(now)),
    }
}

/// The condition of that type.
pub(super) fn condition<'s>(status: &'s DeploymentStatus, kind: &str) -> Option<&'s DeploymentCondition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == kind)
}

/// Sets a condition, unless it says the same already (SetDeploymentCondition).
pub(super) fn set_condition(status: &mut DeploymentStatus, mut new: DeploymentCondition) {
    if let Some(known) = condition(status, &new.type_) {
        if known.status == new.status && known.reason == new.reason {
            return;
        }
        if known.status == new.status {
            new.last_transition_time = known.last_transition_time.clone();
        }
    }
    remove_condition(status, &new.type_);
    status.conditions.get_or_insert_default().push(new);
}

/// Drops a condition.
pub(super) fn remove_condition(status: &mut DeploymentStatus, kind: &str) {
    if let Some(conditions) = &mut status.conditions {
        conditions.retain(|condition| condition.type_ != kind);
        if conditions.is_empty() {
            status.conditions = None;
        }
    }
}

/// Whether every pod is new and available (DeploymentComplete).
pub(super) fn is_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let wanted = replicas(deployment);
    status.updated_replicas.unwrap_or(0) == wanted
        && status.replicas.unwrap_or(0) == wanted
        && status.available_replicas.unwrap_or(0) == wanted
        && status.observed_generation >= deployment.metadata.generation
}

/// Whether there are more new, fewer old, more ready or more available pods than before (DeploymentProgressing).
pub(super) fn is_progressing(deployment: &Deployment, new: &DeploymentStatus) -> bool {
    let old = deployment.status.clone().unwrap_or_default();
    let updated = |s: &DeploymentStatus| s.updated_replicas.unwrap_or(0);
    let old_ones = |s: &DeploymentStatus| s.replicas.unwrap_or(0) - updated(s);
    updated(new) > updated(&old)
        || old_ones(new) < old_ones(&old)
        || new.ready_replicas.unwrap_or(0) > old.ready_replicas.unwrap_or(0)
        || new.available_replicas.unwrap_or(0) > old.available_replicas.unwrap_or(0)
}

/// The seconds within which there has to be progress; `None` for no limit (HasProgressDeadline).
pub(super) fn progress_deadline(deployment: &Deployment) -> Option<i32> {
    let deadline = deployment.spec.as_ref().and_then(|spec| spec.progress_deadline_seconds);
    deadline.filter(|deadline| *deadline != i32::MAX)
}

/// Whether there was no progress for too long (DeploymentTimedOut).
pub(super) fn is_timed_out(deployment: &Deployment, status: &DeploymentStatus, now: Timestamp) -> bool {
    let (Some(deadline), Some(progressing)) =
        (progress_deadline(deployment), condition(status, "Progressing"))
    else {
        return false;
    };
    match progressing.reason.as_deref() {
        Some("NewReplicaSetAvailable") => false,
        Some("ProgressDeadlineExceeded") => true,
        _ => {
            let since = progressing.last_update_time.as_ref().map_or(now, |time| time.0);
            ms_between(since, now) > i64::from(deadline) * 1000
        }
    }
}

#[cfg(test)]
mod tests {
    use machinery::{Kind, Object};
    use serde_json::json;

    use super::*;

    fn deployment(replicas: i32, surge: serde_json::Value, unavailable: serde_json::Value) -> Deployment {
        let value = json!({"metadata": {"name": "d"}, "spec": {"replicas": replicas, "selector": {}, "template": {},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}}});
        let object = Object::from_value(Kind::Deployment, value).expect("a Deployment");
        object.get::<Deployment>().map(|d| (**d).clone()).expect("a Deployment")
    }

    #[test]
    fn surge_rounds_up_and_unavailability_down() {
        let cases = [
            (3, json!("25%"), json!("25%"), 1, 0),
            (10, json!("25%"), json!("25%"), 3, 2),
            (4, json!(0), json!("10%"), 0, 1),
            (2, json!(1), json!(5), 1, 2),
            (0, json!("25%"), json!(1), 0, 0),
        ];
        for (replicas, surge, unavailable, expected_surge, expected_unavailable) in cases {
            let deployment = deployment(replicas, surge, unavailable);
            assert_eq!(max_surge(&deployment), expected_surge, "{replicas}");
            assert_eq!(max_unavailable(&deployment), expected_unavailable, "{replicas}");
        }
    }
}
