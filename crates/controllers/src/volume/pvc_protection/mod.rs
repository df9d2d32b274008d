//! Keeps a claim that is being deleted until the last pod that uses it is gone.
//!
//! Models pkg/controller/volume/pvcprotection/pvc_protection_controller.go (v1.36.2).
//! Invariant: only a scheduled pod is a user, in whatever phase; an unscheduled one can no longer start.

use std::borrow::Cow;

use client::api::WatchEvent;
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::decision::Verdict;
use machinery::object::claim_names;
use machinery::{Kind, Object, ObjectKey, Resource};

use super::{is_deletion_candidate, need_to_add_finalizer, remove_finalizer};
use crate::pod;

/// The finalizer that every claim gets when it is created.
pub const PVC_PROTECTION_FINALIZER: &str = "kubernetes.io/pvc-protection";

/// The controller that takes the finalizer away.
#[derive(Clone, Debug, Default)]
pub struct PvcProtectionController;

impl Reconciler for PvcProtectionController {
    fn on_event(&mut self, event: &WatchEvent, _listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            Object::PersistentVolumeClaim(claim) => {
                let meta = &claim.metadata;
                let concerns = need_to_add_finalizer(meta, PVC_PROTECTION_FINALIZER)
                    || is_deletion_candidate(meta, PVC_PROTECTION_FINALIZER);
                concerns.then(|| claim.key()).into_iter().collect()
            }
            Object::Pod(pod) => enqueue_pvcs(pod, event.change == client::api::Change::Deleted),
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let Some(claim) = cx.listers.get::<PersistentVolumeClaim>(&key.namespace, &key.name) else {
            return Ok(Outcome::Done);
        };
        if is_deletion_candidate(&claim.metadata, PVC_PROTECTION_FINALIZER) {
            let users = users(cx, claim)?;
            if users.is_empty() {
                let mut changed = (**claim).clone();
                remove_finalizer(&mut changed.metadata, PVC_PROTECTION_FINALIZER);
                cx.api.update(changed)?;
            } else {
                cx.decide(key.clone(), Verdict::InUse { by: users });
            }
        } else if need_to_add_finalizer(&claim.metadata, PVC_PROTECTION_FINALIZER) {
            let mut changed = (**claim).clone();
            let finalizers = changed.metadata.finalizers.get_or_insert_default();
            finalizers.push(PVC_PROTECTION_FINALIZER.to_owned());
            cx.api.update(changed)?;
        }
        Ok(Outcome::Done)
    }
}

/// The claims that a pod may have stopped using. A pod that is scheduled and has not ended still does.
fn enqueue_pvcs(pod: &Pod, deleted: bool) -> Vec<Key> {
    if !deleted && !pod::is_pod_terminal(pod) && pod::node_name(pod).is_some() {
        return Vec::new();
    }
    let key = |name: Cow<'_, str>| ObjectKey::new(Kind::PersistentVolumeClaim, pod.namespace(), &name);
    claim_names(pod).map(key).collect()
}

/// The pods that use the claim: as the cache shows them, and if it shows none, as they are.
fn users(cx: &mut Context<'_>, claim: &PersistentVolumeClaim) -> Result<Vec<ObjectKey>, Error> {
    let uses = |pod: &Pod| pod::node_name(pod).is_some() && claim_names(pod).any(|name| name == claim.name());
    let listers = cx.listers;
    let cached = listers.list::<Pod>(claim.namespace()).filter(|pod| uses(pod));
    let cached: Vec<ObjectKey> = cached.map(|pod| pod.key()).collect();
    if !cached.is_empty() {
        return Ok(cached);
    }
    let live = cx.api.list::<Pod>(claim.namespace())?;
    Ok(live.iter().filter(|pod| uses(pod)).map(|pod| pod.key()).collect())
}
