//! The pods that found no node, and what could help them.
//!
//! Models the unschedulable part of pkg/scheduler/backend/queue with its queueing hints, and the back-off of
//! backoff_queue.go.
//! Invariant: a change touches only the pods that it could help.

use std::borrow::Cow;
use std::sync::Arc;

use client::api::{Change, WatchEvent};
use client::{Key, Listers};
use imbl::{OrdMap, OrdSet};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::object::{claim_names, is_pod_terminal, is_terminating};
use machinery::{Kind, Object, ObjectKey, Resource};

use super::filters;

/// What could make a pod schedulable, besides its claims.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hope {
    /// Only a change of one of its claims.
    Claims,
    /// A change of a node or a volume, or another pod's end.
    Nodes,
    /// That, or where another pod is, or its labels.
    Pods,
}

/// The shortest and the longest back-off (DefaultPodInitialBackoffDuration, DefaultPodMaxBackoffDuration).
const BACK_OFF_MS: (i64, i64) = (1_000, 10_000);

/// A pod that waits.
#[derive(Clone, Debug)]
struct Wait {
    hope: Hope,
    claims: Vec<ObjectKey>,
    /// How often it was tried in vain.
    attempts: u32,
    /// It is not tried again before.
    backs_off_until: Timestamp,
}

/// The waiting pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    pods: OrdMap<Key, Wait>,
    by_claim: OrdMap<ObjectKey, OrdSet<Key>>,
}

impl Waiting {
    /// The pod was tried in vain and waits from now on.
    pub(super) fn failed(&mut self, pod: &Pod, hope: Hope, now: Timestamp) {
        let attempts = self.pods.get(&pod.key()).map_or(0, |wait| wait.attempts) + 1;
        self.insert(pod, hope);
        if let Some(wait) = self.pods.get_mut(&pod.key()) {
            let (first, longest) = BACK_OFF_MS;
            let back_off = first.saturating_mul(1 << (attempts - 1).min(10)).min(longest);
            wait.attempts = attempts;
            wait.backs_off_until = now + SignedDuration::from_millis(back_off);
        }
    }

    /// For how many milliseconds more the pod is not tried again.
    pub(super) fn back_off_ms(&self, key: &Key, now: Timestamp) -> Option<u64> {
        let until = self.pods.get(key)?.backs_off_until;
        u64::try_from(until.duration_since(now).as_millis()).ok().filter(|ms| *ms > 0)
    }

    /// The pod waits from now on.
    pub(super) fn insert(&mut self, pod: &Pod, hope: Hope) {
        let key = pod.key();
        self.remove(&key);
        let claim = |name: Cow<'_, str>| ObjectKey::new(Kind::PersistentVolumeClaim, pod.namespace(), &name);
        let claims: Vec<ObjectKey> = claim_names(pod).map(claim).collect();
        for claim in &claims {
            self.by_claim.entry(claim.clone()).or_default().insert(key.clone());
        }
        self.pods.insert(key, Wait { hope, claims, attempts: 0, backs_off_until: Timestamp::MIN });
    }

    /// The pod waits no more.
    pub(super) fn remove(&mut self, key: &Key) {
        let Some(Wait { claims, .. }) = self.pods.remove(key) else {
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
    pub(super) fn helped_by(&self, event: &WatchEvent, listers: &Listers) -> Vec<Key> {
        let gone = event.change == Change::Deleted;
        match event.object.kind() {
            // What only changes a claim's finalizers or labels helps nobody.
            Kind::PersistentVolumeClaim if binds_alike(event) => Vec::new(),
            Kind::PersistentVolumeClaim => {
                self.by_claim.get(&event.object.key()).into_iter().flatten().cloned().collect()
            }
            Kind::Node | Kind::PersistentVolume => self.hoping_for_nodes(),
            Kind::Pod if gone || ends(event) => self.hoping_for_nodes(),
            Kind::Pod => self.hoping_for_pod(event, listers),
            _ => Vec::new(),
        }
    }

    fn hoping_for_nodes(&self) -> Vec<Key> {
        self.pods.iter().filter(|(_, wait)| wait.hope != Hope::Claims).map(|(key, _)| key.clone()).collect()
    }

    fn hoping_for_pod(&self, event: &WatchEvent, listers: &Listers) -> Vec<Key> {
        let placed = |object| Pod::unwrap(object).filter(|pod| is_placed(pod));
        let (before, now) = (event.old.as_ref().and_then(placed), placed(&event.object));
        // Mostly only its status has changed.
        let Some(now) = now.filter(|now| before.is_none_or(|old| old.metadata.labels != now.metadata.labels))
        else {
            return Vec::new();
        };
        let is_helped = |key: &Key| {
            let pod = listers.get::<Pod>(&key.namespace, &key.name);
            pod.is_some_and(|pod| filters::is_helped(pod, before.map(Arc::as_ref), now, listers))
        };
        let hoping = self.pods.iter().filter(|(_, wait)| wait.hope == Hope::Pods).map(|(key, _)| key);
        hoping.filter(|key| is_helped(key)).cloned().collect()
    }
}

/// Whether the pod has a node and has not ended.
fn is_placed(pod: &Pod) -> bool {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
    !node.is_empty() && !is_pod_terminal(pod)
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

/// Whether a pod has just ended; the scheduler watches only pods that have not.
fn ends(event: &WatchEvent) -> bool {
    let is_over = |object: &Object| Pod::unwrap(object).is_some_and(|pod| is_pod_terminal(pod));
    is_over(&event.object) && !event.old.as_ref().is_some_and(is_over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_off_doubles_up_to_the_longest_however_often_a_pod_fails() {
        let (mut waiting, pod, now) = (Waiting::default(), Pod::default(), Timestamp::UNIX_EPOCH);
        let mut back_off = || {
            waiting.failed(&pod, Hope::Nodes, now);
            waiting.back_off_ms(&pod.key(), now)
        };
        let told: Vec<u64> = (0..100).filter_map(|_| back_off()).collect();
        assert_eq!(told[..5], [1_000, 2_000, 4_000, 8_000, 10_000]);
        assert_eq!((told.len(), told[99]), (100, 10_000));
    }
}
