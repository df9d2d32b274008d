//! ReplicaSets: as many pods as are wanted, whichever.
//!
//! | file | upstream |
//! |---|---|
//! | this one | pkg/controller/replicaset/replica_set.go |
//! | [`replica_set_utils`] | pkg/controller/replicaset/replica_set_utils.go |
//! | [`ranking`] | ActivePodsWithRanks of pkg/controller/controller_utils.go |
//!
//! Departs: batches are created one after the other within a sync. Invariant: no pods are made or removed before those of the
//! last sync have been seen.

mod ranking;
mod replica_set_utils;

use std::sync::Arc;

use client::api::{Change, DeleteOptions, WatchEvent};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use machinery::labels::Selector;
use machinery::object::{controller_of, is_terminating};
use machinery::{Kind, Object, Resource};

use crate::controller_ref_manager::ControllerRefManager;
use crate::controller_utils::{get_pod_from_template, new_controller_ref};
use crate::pod::is_pod_terminal;
use ranking::rank_for_deletion;
use replica_set_utils::{calculate_status, min_ready_seconds, replicas};

const COMPONENT: &str = "replicaset-controller";
/// The most pods made or removed in one sync (BurstReplicas).
const BURST_REPLICAS: usize = 500;
/// The first batch of new pods (controller.SlowStartInitialBatchSize); each one doubles.
const SLOW_START_INITIAL_BATCH_SIZE: usize = 1;

/// The controller. A clone shares its state.
#[derive(Clone, Debug, Default)]
pub struct ReplicaSetController {
    expectations: OrdMap<Key, Expectations>,
}

/// What has been asked for and not been seen yet.
#[derive(Clone, Debug, Default)]
struct Expectations {
    creations: usize,
    deletions: OrdSet<Arc<str>>,
}

impl ReplicaSetController {
    fn observe(&mut self, key: &Key, pod: &Pod, change: Change) {
        let Some(expected) = self.expectations.get_mut(key) else { return };
        if change == Change::Added {
            expected.creations = expected.creations.saturating_sub(1);
        }
        if change == Change::Deleted || is_terminating(&pod.metadata) {
            expected.deletions.remove(pod.uid());
        }
    }

    fn is_satisfied(&self, key: &Key) -> bool {
        self.expectations.get(key).is_none_or(|e| e.creations == 0 && e.deletions.is_empty())
    }

    /// Makes or removes pods (manageReplicas).
    fn manage_replicas(
        &mut self,
        cx: &mut Context<'_>,
        set: &Arc<ReplicaSet>,
        pods: &[Arc<Pod>],
    ) -> Result<(), Error> {
        let wanted = usize::try_from(replicas(set)).unwrap_or(0);
        if pods.len() < wanted {
            self.create_pods(cx, set, (wanted - pods.len()).min(BURST_REPLICAS))
        } else if pods.len() > wanted {
            self.delete_pods(cx, set, pods, (pods.len() - wanted).min(BURST_REPLICAS))
        } else {
            Ok(())
        }
    }

    /// slowStartBatch: after a batch with an error no other one is begun.
    fn create_pods(
        &mut self,
        cx: &mut Context<'_>,
        set: &Arc<ReplicaSet>,
        count: usize,
    ) -> Result<(), Error> {
        let mut left = count;
        let mut batch = SLOW_START_INITIAL_BATCH_SIZE;
        while left > 0 {
            let mut failed = None;
            for _ in 0..batch.min(left) {
                match create_pod(cx, set) {
                    Ok(()) => self.expectations.entry(set.key()).or_default().creations += 1,
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
            left -= batch.min(left);
            batch *= 2;
        }
        Ok(())
    }

    fn delete_pods(
        &mut self,
        cx: &mut Context<'_>,
        set: &Arc<ReplicaSet>,
        pods: &[Arc<Pod>],
        count: usize,
    ) -> Result<(), Error> {
        let mut failed = None;
        for pod in rank_for_deletion(cx, set, pods).into_iter().take(count) {
            let about = Object::ReplicaSet(set.clone());
            match cx.api.delete(Kind::Pod, pod.namespace(), pod.name(), DeleteOptions::default()) {
                Ok(()) => {
                    self.expectations.entry(set.key()).or_default().deletions.insert(pod.uid().into());
                    cx.event(
                        COMPONENT,
                        &about,
                        "Normal",
                        "SuccessfulDelete",
                        &format!("Deleted pod: {}", pod.name()),
                    );
                }
                Err(refusal) if refusal.is_not_found() => {}
                Err(refusal) => {
                    cx.event(
                        COMPONENT,
                        &about,
                        "Warning",
                        "FailedDelete",
                        &format!("Error deleting: {refusal}"),
                    );
                    failed = failed.or(Some(refusal.into()));
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn sync_replica_set(&mut self, cx: &mut Context<'_>, set: &Arc<ReplicaSet>) -> Result<Outcome, Error> {
        let Some(selector) = set.spec.as_ref().and_then(|spec| Selector::from_spec(&spec.selector)) else {
            return Ok(Outcome::Done);
        };
        let needs_sync = self.is_satisfied(&set.key());
        let selects = |pod: &Pod| selector.matches(pod.metadata.labels.as_ref());
        let active = cx.listers.list::<Pod>(set.namespace()).filter(|pod| is_pod_active(pod));
        let active: Vec<Arc<Pod>> = active.cloned().collect();
        let pods = ControllerRefManager::new(Kind::ReplicaSet, &set.metadata).claim(cx, active, selects)?;
        let terminating = cx.features.terminating_replicas_are_counted().then(|| {
            let own = cx.listers.controlled::<Pod>(set.uid());
            own.filter(|pod| is_pod_terminating(pod) && selects(pod)).count()
        });
        let managed = match needs_sync && !is_terminating(&set.metadata) {
            true => self.manage_replicas(cx, set, &pods),
            false => Ok(()),
        };
        let status = calculate_status(set, &pods, terminating, managed.as_ref().err(), cx.now);
        let (ready, available) = (status.ready_replicas.unwrap_or(0), status.available_replicas.unwrap_or(0));
        if set.status.as_ref() != Some(&status) {
            cx.api.update_status(ReplicaSet { status: Some(status), ..(**set).clone() })?;
        }
        managed?;
        let min_ready = min_ready_seconds(set);
        if min_ready > 0 && ready == replicas(set) && available != replicas(set) {
            return Ok(Outcome::After(u64::try_from(min_ready).unwrap_or(0) * 1000));
        }
        Ok(Outcome::Done)
    }
}

fn create_pod(cx: &mut Context<'_>, set: &Arc<ReplicaSet>) -> Result<(), Error> {
    let template = set.spec.as_ref().and_then(|spec| spec.template.clone()).unwrap_or_default();
    let mut pod =
        get_pod_from_template(&template, set.name(), new_controller_ref(Kind::ReplicaSet, &set.metadata));
    pod.metadata.namespace = set.metadata.namespace.clone();
    let about = Object::ReplicaSet(set.clone());
    match cx.api.create(pod) {
        Ok(pod) => {
            cx.event(
                COMPONENT,
                &about,
                "Normal",
                "SuccessfulCreate",
                &format!("Created pod: {}", pod.name()),
            );
            Ok(())
        }
        Err(refusal) => {
            cx.event(COMPONENT, &about, "Warning", "FailedCreate", &format!("Error creating: {refusal}"));
            Err(refusal.into())
        }
    }
}

/// IsPodActive.
fn is_pod_active(pod: &Pod) -> bool {
    !is_pod_terminal(pod) && !is_terminating(&pod.metadata)
}

/// IsPodTerminating.
fn is_pod_terminating(pod: &Pod) -> bool {
    !is_pod_terminal(pod) && is_terminating(&pod.metadata)
}

/// The sets that a pod concerns: its controller, or those that could adopt it.
fn sets_of(listers: &Listers, pod: &Pod) -> Vec<Key> {
    if let Some(owner) = controller_of(&pod.metadata) {
        let set = listers.get::<ReplicaSet>(pod.namespace(), &owner.name);
        let set = set.filter(|set| set.uid() == owner.uid && owner.kind == Kind::ReplicaSet.name());
        return set.map(|set| set.key()).into_iter().collect();
    }
    let selects = |set: &&Arc<ReplicaSet>| {
        let selector = set.spec.as_ref().and_then(|spec| Selector::from_spec(&spec.selector));
        selector.is_some_and(|s| !s.requirements().is_empty() && s.matches(pod.metadata.labels.as_ref()))
    };
    listers.list::<ReplicaSet>(pod.namespace()).filter(selects).map(|set| set.key()).collect()
}

impl Reconciler for ReplicaSetController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            Object::ReplicaSet(set) => {
                if event.change == Change::Deleted {
                    self.expectations.remove(&set.key());
                }
                vec![set.key()]
            }
            Object::Pod(pod) => {
                let old = event.old.as_ref().and_then(Pod::unwrap);
                let owner = |pod: &Pod| controller_of(&pod.metadata).cloned();
                let mut keys = match old {
                    Some(old) if owner(old) != owner(pod) => sets_of(listers, old),
                    _ => Vec::new(),
                };
                // Nobody adopts what is going, or gone.
                let is_orphan = controller_of(&pod.metadata).is_none();
                if !(is_orphan && (event.change == Change::Deleted || is_terminating(&pod.metadata))) {
                    keys.extend(sets_of(listers, pod));
                }
                for key in &keys {
                    self.observe(key, pod, event.change);
                }
                keys
            }
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        match cx.listers.get::<ReplicaSet>(&key.namespace, &key.name).cloned() {
            Some(set) => self.sync_replica_set(cx, &set),
            None => {
                self.expectations.remove(key);
                Ok(Outcome::Done)
            }
        }
    }
}
