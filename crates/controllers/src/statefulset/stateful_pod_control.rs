//! Creates, repairs and deletes a set's pods and claims, and says so in events.
//!
//! Models pkg/controller/statefulset/stateful_pod_control.go.

use std::sync::Arc;

use client::{Client, Context, Error};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::object::is_terminating;
use machinery::{Kind, Object, ObjectKey, Resource};

use super::stateful_set_utils::{
    ClaimPod, get_claim_templates, get_ordinal, get_persistent_volume_claim_name,
    get_persistent_volume_claim_retention_policy, get_persistent_volume_claims, has_stale_owner_ref,
    has_unexpected_controller, identity_matches, is_claim_owner_up_to_date, storage_matches,
    update_claim_owner_ref_for_set_and_pod, update_identity, update_storage,
};
use crate::controller_utils::aggregate;

const COMPONENT: &str = "statefulset-controller";
/// How often a pod's update is tried (retry.DefaultBackoff).
const UPDATE_ATTEMPTS: usize = 4;

/// Creates the pod's claims, then the pod, then gives the claims their owners.
pub(super) fn create_stateful_pod(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    pod: Pod,
) -> Result<(), Error> {
    let name = pod.name().to_owned();
    let ordinal = get_ordinal(&pod);
    if let Err(error) = create_persistent_volume_claims(cx, set, &name, ordinal) {
        record_pod_event(cx, "Create", set, &name, Some(&error));
        return Err(error);
    }
    let created = cx.api.create(pod);
    if let Err(status) = &created
        && status.is_already_exists()
    {
        return Err(Error(status.message.clone()));
    }
    let uid = created.as_ref().map(|pod| pod.uid().to_owned()).unwrap_or_default();
    let owner = ClaimPod { name: &name, uid: &uid, ordinal };
    if let Err(error) = update_pod_claim_for_retention_policy(cx, set, owner) {
        record_pod_event(cx, "Update", set, &name, Some(&error));
        return Err(error);
    }
    let created = created.map(drop).map_err(Error::from);
    record_pod_event(cx, "Create", set, &name, created.as_ref().err());
    created
}

/// Brings identity, volumes and claims of a stored pod back to what they have to be.
pub(super) fn update_stateful_pod(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    pod: &Pod,
) -> Result<(), Error> {
    let mut pod = pod.clone();
    let mut owners_fixed = false;
    for attempt in 1..=UPDATE_ATTEMPTS {
        // Fixed owners count as a change of the pod, and the cache does not show them before the next sync.
        let mut consistent = !owners_fixed;
        if !identity_matches(set, &pod) {
            update_identity(set, &mut pod);
            consistent = false;
        }
        if !storage_matches(set, &pod) {
            update_storage(set, &mut pod);
            consistent = false;
            let ordinal = get_ordinal(&pod);
            create_persistent_volume_claims(cx, set, pod.name(), ordinal)
                .inspect_err(|error| record_pod_event(cx, "Update", set, pod.name(), Some(error)))?;
        }
        if !owners_fixed && !claims_match_retention_policy(cx, set, ClaimPod::of(&pod)) {
            update_pod_claim_for_retention_policy(cx, set, ClaimPod::of(&pod))
                .inspect_err(|error| record_pod_event(cx, "Update", set, pod.name(), Some(error)))?;
            (consistent, owners_fixed) = (false, true);
        }
        if consistent {
            return Ok(());
        }
        match cx.api.update(pod.clone()) {
            Err(status) if status.is_conflict() && attempt < UPDATE_ATTEMPTS => {
                pod = (*cx.api.get::<Pod>(set.namespace(), pod.name())?).clone();
            }
            updated => {
                let updated = updated.map(drop).map_err(Error::from);
                record_pod_event(cx, "Update", set, pod.name(), updated.as_ref().err());
                return updated;
            }
        }
    }
    Ok(())
}

/// Deletes a pod with its own grace period.
pub(super) fn delete_stateful_pod(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    pod_name: &str,
) -> Result<(), Error> {
    let deleted = cx.api.delete(Kind::Pod, set.namespace(), pod_name, Default::default());
    let deleted = deleted.map_err(Error::from);
    record_pod_event(cx, "Delete", set, pod_name, deleted.as_ref().err());
    deleted
}

/// Whether the pod's claims have the owners that the set's policy wants; a missing claim is no mismatch.
pub(super) fn claims_match_retention_policy(cx: &Context<'_>, set: &StatefulSet, pod: ClaimPod<'_>) -> bool {
    get_claim_templates(set)
        .iter()
        .filter_map(|template| {
            get_claim(cx, set, &get_persistent_volume_claim_name(set, template, pod.ordinal))
        })
        .all(|claim| is_claim_owner_up_to_date(claim, set, pod))
}

/// Gives the pod's claims the owners that the set's policy wants.
pub(super) fn update_pod_claim_for_retention_policy(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    pod: ClaimPod<'_>,
) -> Result<(), Error> {
    for template in get_claim_templates(set) {
        let name = get_persistent_volume_claim_name(set, template, pod.ordinal);
        let Some(claim) = get_claim(cx, set, &name) else {
            continue;
        };
        if has_unexpected_controller(claim, set, pod) {
            let message = format!(
                "PersistentVolumeClaim {name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim"
            );
            let about = Object::StatefulSet(set.clone());
            cx.event(COMPONENT, &about, "Warning", "ConflictingController", &message);
        }
        if !is_claim_owner_up_to_date(claim, set, pod) {
            let mut claim = (**claim).clone();
            update_claim_owner_ref_for_set_and_pod(&mut claim, set, pod);
            cx.api.update(claim).map_err(|status| {
                Error(format!("could not update claim {name} for delete policy ownerRefs: {status}"))
            })?;
        }
    }
    Ok(())
}

/// The claim that still belongs to an earlier pod of this name, and is about to go with it.
pub(super) fn pod_claim_is_stale(
    cx: &Context<'_>,
    set: &StatefulSet,
    pod_name: &str,
    ordinal: i64,
) -> Option<ObjectKey> {
    if !get_persistent_volume_claim_retention_policy(set).delete_when_scaled {
        return None;
    }
    let claims = get_claim_templates(set)
        .iter()
        .filter_map(|template| get_claim(cx, set, &get_persistent_volume_claim_name(set, template, ordinal)));
    // The pod is not stored yet, so that no uid is its own.
    let mut stale = claims.filter(|claim| has_stale_owner_ref(claim, Kind::Pod, pod_name, ""));
    stale.next().map(|claim| claim.key())
}

/// The claim of this ordinal that is being deleted, so that no pod can be created.
pub(super) fn terminating_claim(cx: &Context<'_>, set: &StatefulSet, ordinal: i64) -> Option<ObjectKey> {
    let claims = get_claim_templates(set)
        .iter()
        .filter_map(|template| get_claim(cx, set, &get_persistent_volume_claim_name(set, template, ordinal)));
    claims.map(|claim| &**claim).find(|claim| is_terminating(&claim.metadata)).map(Resource::key)
}

/// The verb as an event's message begins with it.
fn sentence_start(cx: &Context<'_>, verb: &str) -> String {
    if cx.features.events_begin_with_a_capital() { verb.to_owned() } else { verb.to_ascii_lowercase() }
}

fn record_pod_event(
    cx: &mut Context<'_>,
    verb: &str,
    set: &Arc<StatefulSet>,
    pod_name: &str,
    error: Option<&Error>,
) {
    let about = Object::StatefulSet(set.clone());
    let word = sentence_start(cx, verb);
    let what = format!("{word} Pod {pod_name} in StatefulSet {}", set.name());
    match error {
        None => {
            let message = format!("{what} successful");
            cx.event(COMPONENT, &about, "Normal", &format!("Successful{verb}"), &message);
        }
        Some(error) => {
            let message = format!("{what} failed error: {error}");
            cx.event(COMPONENT, &about, "Warning", &format!("Failed{verb}"), &message);
        }
    }
}

fn record_claim_event(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    pod_name: &str,
    claim_name: &str,
    error: Option<&str>,
) {
    let about = Object::StatefulSet(set.clone());
    let (create, set_name) = (sentence_start(cx, "Create"), set.name());
    match error {
        None => {
            let message =
                format!("{create} Claim {claim_name} Pod {pod_name} in StatefulSet {set_name} success");
            cx.event(COMPONENT, &about, "Normal", "SuccessfulCreate", &message);
        }
        Some(error) => {
            let message = format!(
                "{create} Claim {claim_name} for Pod {pod_name} in StatefulSet {set_name} failed error: {error}"
            );
            cx.event(COMPONENT, &about, "Warning", "FailedCreate", &message);
        }
    }
}

/// Creates what is missing of a pending pod's claims, and gives them their owners.
pub(super) fn create_missing_persistent_volume_claims(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    pod: &Pod,
) -> Result<(), Error> {
    let owner = ClaimPod::of(pod);
    create_persistent_volume_claims(cx, set, owner.name, owner.ordinal)?;
    update_pod_claim_for_retention_policy(cx, set, owner)
        .inspect_err(|error| record_pod_event(cx, "Update", set, owner.name, Some(error)))
}

fn create_persistent_volume_claims(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    pod_name: &str,
    ordinal: i64,
) -> Result<(), Error> {
    let mut errors = Vec::new();
    for claim in get_persistent_volume_claims(set, ordinal) {
        let name = claim.name().to_owned();
        match get_claim(cx, set, &name) {
            Some(stored) if is_terminating(&stored.metadata) => {
                errors.push(Error(format!("pvc {name} is being deleted")));
            }
            Some(_) => {}
            None => match cx.api.create(claim) {
                Ok(_) => record_claim_event(cx, set, pod_name, &name, None),
                Err(status) => {
                    errors.push(Error(format!("failed to create PVC {name}: {status}")));
                    if !status.is_already_exists() {
                        record_claim_event(cx, set, pod_name, &name, Some(&status.message));
                    }
                }
            },
        }
    }
    aggregate(errors)
}

fn get_claim<'c>(cx: &Context<'c>, set: &StatefulSet, name: &str) -> Option<&'c Arc<PersistentVolumeClaim>> {
    cx.listers.get::<PersistentVolumeClaim>(set.namespace(), name)
}
