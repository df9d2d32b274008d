//! The pods that found no node, and what could help them.
//!
//! Models the unschedulable part of pkg/scheduler/backend/queue with its queueing hints, and the back-off of
//! backoff_queue.go.
//! Invariant: a change touches only the pods that it could help.

use std::borrow::Cow;
use std::collections::BTreeSet;

use client::api::{Change, WatchEvent};
use client::{Key, Listers};
use imbl::{OrdMap, OrdSet};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::object::{claim_names, is_terminating};
use machinery::{Kind, ObjectKey, Resource};

use super::hints::{self, News, Plugin};

/// What could make a pod schedulable.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Hope {
    /// A change of one of its claims: its node is known, and they are being bound for it.
    Claims,
    /// That there is a node.
    Node,
    /// What these plugins, which refused it, wait for.
    Plugins(BTreeSet<Plugin>),
}

impl Hope {
    /// Whether it is about the pod's claims.
    fn minds_claims(&self) -> bool {
        match self {
            Hope::Claims => true,
            Hope::Node => false,
            Hope::Plugins(plugins) => [Plugin::VolumeBinding, Plugin::VolumeRestrictions, Plugin::VolumeZone]
                .iter()
                .any(|plugin| plugins.contains(plugin)),
        }
    }

    /// Whether one of the plugins that refused the pod passes the test.
    fn has_plugin(&self, test: impl Fn(Plugin) -> bool) -> bool {
        matches!(self, Hope::Plugins(plugins) if plugins.iter().any(|plugin| test(*plugin)))
    }
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
        if self.pods.is_empty() {
            return Vec::new();
        }
        if event.object.kind() == Kind::PersistentVolumeClaim {
            return self.helped_by_claim(event);
        }
        let mut keys: Vec<Key> = self.helps_itself(event).into_iter().collect();
        let Some(news) = News::of(event) else {
            return keys;
        };
        let is_helped = |(key, wait): &(&Key, &Wait)| match &wait.hope {
            Hope::Claims => false,
            Hope::Node => matches!(news, News::Node(..)),
            hope => {
                let pod = listers.get::<Pod>(&key.namespace, &key.name);
                pod.is_some_and(|pod| hope.has_plugin(|plugin| news.helps(plugin, pod, listers)))
            }
        };
        keys.extend(self.pods.iter().filter(is_helped).map(|(key, _)| key.clone()));
        keys
    }

    fn helped_by_claim(&self, event: &WatchEvent) -> Vec<Key> {
        // What only changes a claim's finalizers or labels helps nobody.
        if binds_alike(event) {
            return Vec::new();
        }
        let users = self.by_claim.get(&event.object.key()).into_iter().flatten();
        let minds = |key: &&Key| self.pods.get(*key).is_some_and(|wait| wait.hope.minds_claims());
        users.filter(minds).cloned().collect()
    }

    /// The waiting pod that changed, if the change could help it.
    fn helps_itself(&self, event: &WatchEvent) -> Option<Key> {
        let (before, after) = (Pod::unwrap(event.old.as_ref()?)?, Pod::unwrap(&event.object)?);
        let hope = &self.pods.get(&after.key())?.hope;
        let is_helped = hope.has_plugin(|plugin| hints::is_helped_by_own_change(plugin, before, after));
        is_helped.then(|| after.key())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_off_doubles_up_to_the_longest_however_often_a_pod_fails() {
        let (mut waiting, pod, now) = (Waiting::default(), Pod::default(), Timestamp::UNIX_EPOCH);
        let mut back_off = || {
            waiting.failed(&pod, Hope::Node, now);
            waiting.back_off_ms(&pod.key(), now)
        };
        let told: Vec<u64> = (0..100).filter_map(|_| back_off()).collect();
        assert_eq!(told[..5], [1_000, 2_000, 4_000, 8_000, 10_000]);
        assert_eq!((told.len(), told[99]), (100, 10_000));
    }
}
