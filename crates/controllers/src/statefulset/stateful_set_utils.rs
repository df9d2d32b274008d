//! What a set says about its pods: names, ordinals, identity, storage, owners of claims, new pods.
//!
//! Models pkg/controller/statefulset/stateful_set_utils.go.

use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{
    ControllerRevision, RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetStatus,
};
use k8s_openapi::api::core::v1::{
    PersistentVolumeClaim, PersistentVolumeClaimVolumeSource, Pod, PodTemplateSpec, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::decode::with_printed_nulls;
use machinery::labels::Labels;
use machinery::object::is_terminating;
use machinery::version::Features;
use machinery::{Kind, Resource};
use serde_json::{Value, json};

use crate::controller_utils::{get_pod_from_template, new_controller_ref};
use crate::history;
use crate::pod;

/// The label with a pod's own name.
pub const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";
/// The label with a pod's ordinal.
pub const POD_INDEX_LABEL: &str = "apps.kubernetes.io/pod-index";
/// The label with the name of the ControllerRevision that a pod was made from.
pub const REVISION_LABEL: &str = "controller-revision-hash";

/// The set's name and the ordinal in a pod's name; `None` where the name does not end in a dash and digits. An ordinal
/// that does not fit 32 bits is -1.
pub fn get_parent_name_and_ordinal(pod_name: &str) -> Option<(&str, i64)> {
    let (parent, digits) = pod_name.rsplit_once('-')?;
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| (parent, digits.parse::<i32>().map_or(-1, i64::from)))
}

/// The ordinal in the pod's name; -1 if it has none.
pub fn get_ordinal(pod: &Pod) -> i64 {
    get_parent_name_and_ordinal(pod.name()).map_or(-1, |(_, ordinal)| ordinal)
}

/// `spec.ordinals.start`.
pub fn get_start_ordinal(set: &StatefulSet) -> i64 {
    let ordinals = set.spec.as_ref().and_then(|spec| spec.ordinals.as_ref());
    ordinals.and_then(|ordinals| ordinals.start).unwrap_or(0).into()
}

/// `spec.replicas`.
pub fn get_replicas(set: &StatefulSet) -> i64 {
    set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1).into()
}

/// The highest ordinal that the set wants; below the start if it wants none.
pub fn get_end_ordinal(set: &StatefulSet) -> i64 {
    get_start_ordinal(set) + get_replicas(set) - 1
}

/// Whether the set wants a pod with this ordinal.
pub fn in_ordinal_range(set: &StatefulSet, ordinal: i64) -> bool {
    (get_start_ordinal(set)..=get_end_ordinal(set)).contains(&ordinal)
}

/// `<set>-<ordinal>`.
pub fn get_pod_name(set: &StatefulSet, ordinal: i64) -> String {
    format!("{}-{ordinal}", set.name())
}

/// `<template>-<set>-<ordinal>`.
pub fn get_persistent_volume_claim_name(
    set: &StatefulSet,
    template: &PersistentVolumeClaim,
    ordinal: i64,
) -> String {
    format!("{}-{}-{ordinal}", template.name(), set.name())
}

/// `spec.volumeClaimTemplates`.
pub fn get_claim_templates(set: &StatefulSet) -> &[PersistentVolumeClaim] {
    set.spec.as_ref().and_then(|spec| spec.volume_claim_templates.as_deref()).unwrap_or_default()
}

/// `spec.minReadySeconds`.
pub fn get_min_ready_seconds(set: &StatefulSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0)
}

/// Whether the pod's name says that it is a member of the set.
pub fn is_member_of(set: &StatefulSet, pod: &Pod) -> bool {
    get_parent_name_and_ordinal(pod.name()).is_some_and(|(parent, _)| parent == set.name())
}

/// Whether the pod has the name, namespace and label of its ordinal.
pub fn identity_matches(set: &StatefulSet, pod: &Pod) -> bool {
    get_parent_name_and_ordinal(pod.name()).is_some_and(|(parent, ordinal)| {
        ordinal >= 0
            && parent == set.name()
            && pod.name() == get_pod_name(set, ordinal)
            && pod.namespace() == set.namespace()
            && label(pod, POD_NAME_LABEL) == pod.name()
    })
}

/// Whether each claim template has its volume in the pod.
pub fn storage_matches(set: &StatefulSet, pod: &Pod) -> bool {
    let ordinal = get_ordinal(pod);
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_deref()).unwrap_or_default();
    ordinal >= 0
        && get_claim_templates(set).iter().all(|template| {
            let volume = volumes.iter().rfind(|volume| volume.name == template.name());
            volume.and_then(|volume| volume.persistent_volume_claim.as_ref()).is_some_and(|source| {
                source.claim_name == get_persistent_volume_claim_name(set, template, ordinal)
            })
        })
}

/// `spec.persistentVolumeClaimRetentionPolicy`: whether claims go when ..., else they stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// ... their pod is scaled down.
    pub delete_when_scaled: bool,
    /// ... the set is deleted.
    pub delete_when_deleted: bool,
}

/// The set's policy for its claims; they stay unless it says otherwise.
pub fn get_persistent_volume_claim_retention_policy(set: &StatefulSet) -> RetentionPolicy {
    let policy = set.spec.as_ref().and_then(|spec| spec.persistent_volume_claim_retention_policy.as_ref());
    let deletes = |when: Option<&String>| when.is_some_and(|when| when == "Delete");
    RetentionPolicy {
        delete_when_scaled: deletes(policy.and_then(|p| p.when_scaled.as_ref())),
        delete_when_deleted: deletes(policy.and_then(|p| p.when_deleted.as_ref())),
    }
}

/// A pod as the owner of claims: where it is found, which ordinal it has, and its uid once it is stored.
#[derive(Clone, Copy, Debug)]
pub struct ClaimPod<'a> {
    /// The pod's name.
    pub name: &'a str,
    /// The pod's uid; empty for a pod that is not stored yet.
    pub uid: &'a str,
    /// The pod's ordinal.
    pub ordinal: i64,
}

impl<'a> ClaimPod<'a> {
    /// A stored pod.
    pub fn of(pod: &'a Pod) -> ClaimPod<'a> {
        ClaimPod { name: pod.name(), uid: pod.uid(), ordinal: get_ordinal(pod) }
    }
}

/// Who is to own a claim by the set's policy, as (the set, the pod).
fn wanted_owners(set: &StatefulSet, ordinal: i64) -> (bool, bool) {
    let policy = get_persistent_volume_claim_retention_policy(set);
    let pod_owns = policy.delete_when_scaled && !in_ordinal_range(set, ordinal);
    (policy.delete_when_deleted && !pod_owns, pod_owns)
}

/// Whether the claim's owner references are what the set's policy wants; also if they must not be touched.
pub fn is_claim_owner_up_to_date(
    claim: &PersistentVolumeClaim,
    set: &StatefulSet,
    pod: ClaimPod<'_>,
) -> bool {
    // The claim belongs to an earlier set or pod of the same name, and goes with it.
    if has_stale_owner_ref(claim, Kind::StatefulSet, set.name(), set.uid())
        || has_stale_owner_ref(claim, Kind::Pod, pod.name, pod.uid)
    {
        return true;
    }
    let (set_owns, pod_owns) = (has_owner_ref(claim, set.uid()), has_owner_ref(claim, pod.uid));
    if has_unexpected_controller(claim, set, pod) {
        return !set_owns && !pod_owns;
    }
    if has_non_controller_owner(claim, set, pod) {
        return false;
    }
    (set_owns, pod_owns) == wanted_owners(set, pod.ordinal)
}

/// Gives the claim the owner references that the set's policy wants.
pub fn update_claim_owner_ref_for_set_and_pod(
    claim: &mut PersistentVolumeClaim,
    set: &StatefulSet,
    pod: ClaimPod<'_>,
) {
    let unexpected_controller = has_unexpected_controller(claim, set, pod);
    let mut owners = claim.metadata.owner_references.take().unwrap_or_default();
    owners.retain(|owner| {
        !matches_ref(owner, Kind::StatefulSet, set.name()) && !matches_ref(owner, Kind::Pod, pod.name)
    });
    let (set_owns, pod_owns) = wanted_owners(set, pod.ordinal);
    if !unexpected_controller && set_owns {
        owners.push(new_controller_ref(Kind::StatefulSet, &set.metadata));
    }
    if !unexpected_controller && pod_owns {
        let meta = ObjectMeta {
            name: Some(pod.name.to_owned()),
            uid: Some(pod.uid.to_owned()),
            ..Default::default()
        };
        owners.push(new_controller_ref(Kind::Pod, &meta));
    }
    claim.metadata.owner_references = (!owners.is_empty()).then_some(owners);
}

fn owners(claim: &PersistentVolumeClaim) -> impl Iterator<Item = &OwnerReference> {
    claim.metadata.owner_references.iter().flatten()
}

/// Whether the reference names an object of this kind and name; its uid may be that of an earlier one.
fn matches_ref(owner: &OwnerReference, kind: Kind, name: &str) -> bool {
    owner.kind == kind.name() && owner.api_version == kind.api_version() && owner.name == name
}

/// Whether somebody else manages the claim, under a policy that would manage it: another controller, or a set or pod
/// that came before under the same name.
pub fn has_unexpected_controller(
    claim: &PersistentVolumeClaim,
    set: &StatefulSet,
    pod: ClaimPod<'_>,
) -> bool {
    let policy = get_persistent_volume_claim_retention_policy(set);
    (policy.delete_when_scaled || policy.delete_when_deleted)
        && owners(claim).any(|owner| {
            if matches_ref(owner, Kind::StatefulSet, set.name()) {
                owner.uid != set.uid()
            } else if matches_ref(owner, Kind::Pod, pod.name) {
                owner.uid != pod.uid
            } else {
                owner.controller == Some(true)
            }
        })
}

fn has_non_controller_owner(claim: &PersistentVolumeClaim, set: &StatefulSet, pod: ClaimPod<'_>) -> bool {
    owners(claim).any(|o| (o.uid == set.uid() || o.uid == pod.uid) && o.controller != Some(true))
}

fn has_owner_ref(claim: &PersistentVolumeClaim, uid: &str) -> bool {
    owners(claim).any(|owner| owner.uid == uid)
}

/// Whether the claim names an owner of this kind and name with another uid: one that came before.
pub fn has_stale_owner_ref(claim: &PersistentVolumeClaim, kind: Kind, name: &str, uid: &str) -> bool {
    owners(claim).find(|owner| matches_ref(owner, kind, name)).is_some_and(|owner| owner.uid != uid)
}

/// The claim templates, of those with the same name only the last: upstream keeps them in a map.
fn claim_templates_by_name(set: &StatefulSet) -> impl Iterator<Item = &PersistentVolumeClaim> {
    let templates = get_claim_templates(set);
    templates.iter().enumerate().filter_map(|(index, template)| {
        let is_last = templates[index + 1..].iter().all(|later| later.name() != template.name());
        is_last.then_some(template)
    })
}

/// The claims of the pod with this ordinal, by template.
pub fn get_persistent_volume_claims(
    set: &StatefulSet,
    ordinal: i64,
) -> impl Iterator<Item = PersistentVolumeClaim> {
    claim_templates_by_name(set).map(move |template| {
        let mut claim = template.clone();
        claim.metadata.name = Some(get_persistent_volume_claim_name(set, template, ordinal));
        claim.metadata.namespace = set.metadata.namespace.clone();
        let selected = set.spec.as_ref().and_then(|spec| spec.selector.match_labels.clone());
        claim.metadata.labels.get_or_insert_default().extend(selected.unwrap_or_default());
        claim
    })
}

/// Puts the claims' volumes first; they replace volumes of the same name.
pub fn update_storage(set: &StatefulSet, pod: &mut Pod) {
    let ordinal = get_ordinal(pod);
    let templates = get_claim_templates(set);
    if templates.is_empty() {
        return;
    }
    let spec = pod.spec.get_or_insert_default();
    let mut volumes: Vec<Volume> = claim_templates_by_name(set)
        .map(|template| Volume {
            name: template.name().to_owned(),
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: get_persistent_volume_claim_name(set, template, ordinal),
                read_only: None,
            }),
            ..Default::default()
        })
        .collect();
    let others = spec.volumes.take().unwrap_or_default();
    volumes.extend(others.into_iter().filter(|v| templates.iter().all(|t| t.name() != v.name)));
    spec.volumes = Some(volumes);
}

fn init_identity(set: &StatefulSet, pod: &mut Pod) {
    update_identity(set, pod);
    let hostname = pod.metadata.name.clone();
    let subdomain = set.spec.as_ref().and_then(|spec| spec.service_name.clone());
    let spec = pod.spec.get_or_insert_default();
    spec.hostname = hostname;
    spec.subdomain = subdomain.filter(|name| !name.is_empty());
}

/// Gives the pod the name, namespace and labels of its ordinal.
pub fn update_identity(set: &StatefulSet, pod: &mut Pod) {
    let ordinal = get_ordinal(pod);
    let name = get_pod_name(set, ordinal);
    pod.metadata.namespace = set.metadata.namespace.clone();
    let labels = pod.metadata.labels.get_or_insert_default();
    labels.insert(POD_NAME_LABEL.to_owned(), name.clone());
    labels.insert(POD_INDEX_LABEL.to_owned(), ordinal.to_string());
    pod.metadata.name = Some(name);
}

/// Whether the pod runs and is Ready.
pub fn is_running_and_ready(pod: &Pod) -> bool {
    pod::phase(pod) == "Running" && pod::is_pod_ready(pod)
}

/// Whether the pod runs and has been Ready for `min_ready_seconds`.
pub fn is_running_and_available(pod: &Pod, min_ready_seconds: i32, now: Timestamp) -> bool {
    pod::phase(pod) == "Running" && pod::is_pod_available(pod, min_ready_seconds, now)
}

/// Whether the pod is not available, or terminates.
pub fn is_unavailable(pod: &Pod, min_ready_seconds: i32, now: Timestamp) -> bool {
    !is_running_and_available(pod, min_ready_seconds, now) || is_terminating(&pod.metadata)
}

/// Whether the set may create and delete pods without waiting (podManagementPolicy Parallel).
pub fn allows_burst(set: &StatefulSet) -> bool {
    set.spec.as_ref().and_then(|spec| spec.pod_management_policy.as_deref()) == Some("Parallel")
}

/// Whether pods are replaced only when somebody deletes them.
pub fn is_on_delete(set: &StatefulSet) -> bool {
    let strategy = set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
    strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete")
}

/// `spec.updateStrategy.rollingUpdate`.
pub fn get_rolling_update(set: &StatefulSet) -> Option<&RollingUpdateStatefulSetStrategy> {
    set.spec.as_ref()?.update_strategy.as_ref()?.rolling_update.as_ref()
}

/// The index, counted from the start ordinal, below which pods stay at the current revision; 0 if none is given.
pub fn get_partition(set: &StatefulSet) -> i64 {
    get_rolling_update(set).and_then(|rolling| rolling.partition).unwrap_or(0).into()
}

/// The revision name in the pod's label; empty if it has none.
pub fn get_pod_revision(pod: &Pod) -> &str {
    label(pod, REVISION_LABEL)
}

fn label<'p>(pod: &'p Pod, key: &str) -> &'p str {
    pod.metadata.labels.as_ref().and_then(|labels| labels.get(key)).map_or("", String::as_str)
}

fn new_stateful_set_pod(set: &StatefulSet, template: &PodTemplateSpec, ordinal: i64) -> Pod {
    let owner = new_controller_ref(Kind::StatefulSet, &set.metadata);
    let mut pod = get_pod_from_template(template, set.name(), owner);
    pod.metadata.name = Some(get_pod_name(set, ordinal));
    init_identity(set, &mut pod);
    update_storage(set, &mut pod);
    pod
}

/// Whether a new pod with this ordinal is made from the current revision; otherwise from the update revision.
pub fn is_current_revision_needed(set: &StatefulSet, ordinal: i64) -> bool {
    if is_on_delete(set) {
        return false;
    }
    let kept = match get_rolling_update(set) {
        Some(_) => get_partition(set),
        // Without a rollingUpdate block as many low ordinals as the stored status counts.
        None => set.status.as_ref().and_then(|status| status.current_replicas).unwrap_or(0).into(),
    };
    ordinal < get_start_ordinal(set) + kept
}

/// The pod with this ordinal, made from a revision. `current` differs from `update` during a rollout.
///
/// # Errors
/// Where the current revision's data holds no template (ApplyRevision).
pub fn new_versioned_stateful_set_pod(
    set: &StatefulSet,
    current: &ControllerRevision,
    update: &ControllerRevision,
    ordinal: i64,
) -> Result<Pod, serde_json::Error> {
    let from_current = current.name() != update.name() && is_current_revision_needed(set, ordinal);
    let revision = if from_current { current } else { update };
    let mut pod = if from_current {
        new_stateful_set_pod(set, &apply_revision(current)?, ordinal)
    } else {
        // The update revision records the set's own template.
        let template = set.spec.as_ref().map(|spec| &spec.template);
        new_stateful_set_pod(set, template.unwrap_or(&PodTemplateSpec::default()), ordinal)
    };
    let labels: &mut Labels = pod.metadata.labels.get_or_insert_default();
    labels.insert(REVISION_LABEL.to_owned(), revision.name().to_owned());
    Ok(pod)
}

/// The patch that turns any version of the set back into this one: the template replaces what is there. Its text is hashed.
pub fn get_patch(set: &StatefulSet, features: Features) -> Value {
    let empty = PodTemplateSpec::default();
    patch_of(set.spec.as_ref().map_or(&empty, |spec| &spec.template), features)
}

fn patch_of(template: &PodTemplateSpec, features: Features) -> Value {
    // Only a map with keys that are no strings could fail; a template has none.
    let mut template = serde_json::to_value(template).unwrap_or_else(|_| json!({}));
    if !features.null_timestamps_are_left_out() {
        template = with_printed_nulls(("core", "PodTemplateSpec"), &template, features);
    }
    template["$patch"] = json!("replace");
    json!({"spec": {"template": template}})
}

/// Whether a revision records the same template as `data`, in other words (StatefulSetSemanticRevisionComparison).
pub fn is_equivalent(revision: &ControllerRevision, data: &Value, features: Features) -> bool {
    apply_revision(revision).is_ok_and(|template| patch_of(&template, features) == *data)
}

/// A revision that records the set's template, not yet stored.
pub fn new_revision(
    set: &StatefulSet,
    data: Value,
    revision: i64,
    collision_count: i32,
) -> ControllerRevision {
    let template = set.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
    let labels = template.and_then(|meta| meta.labels.as_ref());
    let owner = new_controller_ref(Kind::StatefulSet, &set.metadata);
    let mut made =
        history::new_controller_revision(&set.metadata, owner, labels, data, revision, collision_count);
    made.metadata.annotations = set.metadata.annotations.clone();
    made
}

/// The template that a revision records.
fn apply_revision(revision: &ControllerRevision) -> Result<PodTemplateSpec, serde_json::Error> {
    let mut template =
        history::revision_data(revision).map(|data| data["spec"]["template"].clone()).unwrap_or_default();
    if let Some(fields) = template.as_object_mut() {
        fields.remove("$patch");
    }
    serde_json::from_value(template)
}

/// The number after the newest of these revisions, which are sorted.
pub fn next_revision<'r>(revisions: impl IntoIterator<Item = &'r ControllerRevision>) -> i64 {
    revisions.into_iter().last().map_or(1, |newest| newest.revision.saturating_add(1))
}

/// Whether `status` says something that the set's stored status does not.
pub fn inconsistent_status(set: &StatefulSet, status: &StatefulSetStatus) -> bool {
    let stored = set.status.clone().unwrap_or_default();
    let seen = |s: &StatefulSetStatus| s.observed_generation.unwrap_or(0);
    let count = |n: Option<i32>| n.unwrap_or(0);
    seen(status) > seen(&stored)
        || status.replicas != stored.replicas
        || count(status.current_replicas) != count(stored.current_replicas)
        || count(status.ready_replicas) != count(stored.ready_replicas)
        || count(status.updated_replicas) != count(stored.updated_replicas)
        || status.current_revision != stored.current_revision
        || count(status.available_replicas) != count(stored.available_replicas)
        || status.update_revision != stored.update_revision
}

/// Makes the update revision the current one, once every replica has it and is ready.
pub fn complete_rolling_update(set: &StatefulSet, status: &mut StatefulSetStatus) {
    let everyone = [Some(status.replicas), status.updated_replicas, status.ready_replicas];
    if !is_on_delete(set) && everyone.iter().all(|n| i64::from(n.unwrap_or(0)) == get_replicas(set)) {
        status.current_replicas = status.updated_replicas;
        status.current_revision = status.update_revision.clone();
    }
}

/// How many pods may be unavailable during an update: a number, or a share of `replicas` rounded down; at least 1.
pub fn get_stateful_set_max_unavailable(max_unavailable: Option<&IntOrString>, replicas: i64) -> i64 {
    let wanted = match max_unavailable {
        None => 1,
        Some(IntOrString::Int(number)) => i64::from(*number),
        Some(IntOrString::String(text)) => {
            let percent = text.strip_suffix('%').and_then(|digits| digits.parse::<i64>().ok());
            percent.unwrap_or(0).saturating_mul(replicas) / 100
        }
    };
    wanted.max(1)
}

#[cfg(test)]
#[path = "stateful_set_utils_test.rs"]
mod tests;
