//! The pods that found no node, and what could help them.
//!
//! Models the unschedulable part of pkg/scheduler/backend/queue with its queueing hints.
//! Invariant: a change touches only the pods that it could help.

use client::Key;
use client::api::{Change, WatchEvent};
use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::object::is_terminating;
use machinery::{Kind, ObjectKey, Resource};

use super::claims;

/// What could make a pod schedulable, besides its claims.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hope {
    /// Only a change of one of its claims.
    Claims,
    /// A change of a node or a volume, or another pod's end.
    Nodes,
}

/// The waiting pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    pods: OrdMap<Key, (Hope, Vec<ObjectKey>)>,
    by_claim: OrdMap<ObjectKey, OrdSet<Key>>,
}

impl Waiting {
    /// The pod waits from now on.
    pub(super) fn insert(&mut self, pod: &Pod, hope: Hope) {
        let key = pod.key();
        self.remove(&key);
        let claim = |name: String| ObjectKey::new(Kind::PersistentVolumeClaim, pod.namespace(), &name);
        let claims: Vec<ObjectKey> = claims::names(pod).map(claim).collect();
        for claim in &claims {
            self.by_claim.entry(claim.clone()).or_default().insert(key.clone());
        }
        self.pods.insert(key, (hope, claims));
    }

    /// The pod waits no more.
    pub(super) fn remove(&mut self, key: &Key) {
        let Some((_, claims)) = self.pods.remove(key) else {
            return;
        };
        for claim in claims {
            let Some(pods) = self.by_claim.get_mut(&claim) else {
                continue;
            };
            pods.remove(key);
            if pods.is_empty() {
                self.by_claim.remove(&claim);
            }
        }
    }

    /// Whether the pod waits.
    pub(super) fn contains(&self, key: &Key) -> bool {
        self.pods.contains_key(key)
    }

    /// Every waiting pod.
    pub(super) fn keys(&self) -> Vec<Key> {
        self.pods.keys().cloned().collect()
    }

    /// The waiting pods that this change could help.
    pub(super) fn helped_by(&self, event: &WatchEvent) -> Vec<Key> {
        let gone = event.change == Change::Deleted;
        match event.object.kind() {
            // What only changes a claim's finalizers or labels helps nobody.
            Kind::PersistentVolumeClaim if binds_alike(event) => Vec::new(),
            Kind::PersistentVolumeClaim => {
                self.by_claim.get(&event.object.key()).into_iter().flatten().cloned().collect()
            }
            Kind::Node | Kind::PersistentVolume => self.hoping_for_nodes(),
            Kind::Pod if gone => self.hoping_for_nodes(),
            _ => Vec::new(),
        }
    }

    fn hoping_for_nodes(&self) -> Vec<Key> {
        self.pods.iter().filter(|(_, (hope, _))| *hope == Hope::Nodes).map(|(key, _)| key.clone()).collect()
    }
}

/// Whether the change of a claim leaves its binding, phase and deletion as they were.
fn binds_alike(event: &WatchEvent) -> bool {
    let before = event.old.as_ref().and_then(PersistentVolumeClaim::unwrap);
    let after = PersistentVolumeClaim::unwrap(&event.object);
    before.zip(after).is_some_and(|(before, after)| {
        event.change == Change::Modified
            && before.spec == after.spec
            && before.status == after.status
            && before.metadata.annotations == after.metadata.annotations
            && is_terminating(before.meta()) == is_terminating(after.meta())
    })
}
