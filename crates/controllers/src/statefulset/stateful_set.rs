//! The StatefulSet controller: what wakes it up, and one sync from the outside.
//!
//! Models pkg/controller/statefulset/stateful_set.go.

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use client::{Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetStatus};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use machinery::decision::Verdict;
use machinery::labels::Selector;
use machinery::object::{controller_of, is_terminating};
use machinery::{Kind, Object, Resource};

use super::reason::Failure;
use super::replica_table::ReplicaTable;
use super::stateful_set_control::{adopt_orphan_revisions, update_stateful_set};
use super::stateful_set_utils::{get_min_ready_seconds, get_replicas, is_member_of};
use crate::controller_ref_manager::ControllerRefManager;
use crate::pod::next_pod_availability_check;

/// The StatefulSet controller. Everything it knows is in the cluster; of each set's pods it keeps what it asks for often.
#[derive(Clone, Debug, Default)]
pub struct StatefulSetController {
    /// By the set's uid, from its first sync on.
    tables: Vec<(String, ReplicaTable)>,
}

impl StatefulSetController {
    fn table(&mut self, owner: Option<&OwnerReference>) -> Option<&mut ReplicaTable> {
        let owner = owner?;
        self.tables.iter_mut().find(|(uid, _)| *uid == owner.uid).map(|(_, table)| table)
    }

    /// Takes the table of a set out; makes it anew if the set's spec has changed.
    fn take_table(&mut self, cx: &Context<'_>, set: &StatefulSet, selector: &Selector) -> ReplicaTable {
        let at = self.tables.iter().position(|(uid, _)| uid == set.uid());
        let known = at.map(|at| self.tables.swap_remove(at).1);
        known
            .filter(|table| table.is_of(set))
            .unwrap_or_else(|| ReplicaTable::new(set, selector, cx.listers, cx.features))
    }

    /// Brings a change of a pod into the tables of those that control it, or did.
    fn pod_changed(&mut self, change: Change, old: Option<&Pod>, pod: &Arc<Pod>) {
        let owner = controller_of(&pod.metadata);
        let owner_before = old.and_then(|old| controller_of(&old.metadata));
        if owner != owner_before
            && let Some(table) = self.table(owner_before)
        {
            table.remove(pod);
        }
        if let Some(table) = self.table(owner) {
            if change == Change::Deleted { table.remove(pod) } else { table.put(pod) }
        }
    }
}

impl Reconciler for StatefulSetController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            Object::StatefulSet(set) => {
                if event.change == Change::Deleted {
                    self.tables.retain(|(uid, _)| uid != set.uid());
                }
                vec![set.key()]
            }
            Object::PersistentVolumeClaim(claim) => {
                for (_, table) in &mut self.tables {
                    table.claim_changed(claim.namespace(), claim.name());
                }
                Vec::new()
            }
            Object::Pod(pod) => {
                let old = event.old.as_ref().and_then(Pod::unwrap);
                self.pod_changed(event.change, old.map(Arc::as_ref), pod);
                match (event.change, old) {
                    (Change::Deleted, _) => delete_pod(listers, pod),
                    (Change::Modified, Some(old)) => update_pod(listers, old, pod),
                    _ if is_terminating(&pod.metadata) => delete_pod(listers, pod),
                    _ => add_pod(listers, pod),
                }
            }
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let Some(set) = cx.listers.get::<StatefulSet>(&key.namespace, &key.name).cloned() else {
            cx.decide_nothing(key);
            return Ok(Outcome::Done);
        };
        // A selector that cannot be read is not worth a retry.
        let Some(selector) = selector_of(&set) else {
            return Ok(Outcome::Done);
        };
        let mut table = self.take_table(cx, &set, &selector);
        let synced = sync_stateful_set(cx, &set, &selector, &mut table);
        self.tables.push((set.uid().to_owned(), table));
        match synced {
            Ok((outcome, verdict)) => {
                cx.decide(key.clone(), verdict);
                Ok(outcome)
            }
            Err(failure) => {
                cx.decide(key.clone(), failure.verdict());
                Err(failure.error)
            }
        }
    }
}

fn add_pod(listers: &Listers, pod: &Pod) -> Vec<Key> {
    match controller_of(&pod.metadata) {
        Some(owner) => resolve_controller_ref(listers, pod.namespace(), owner),
        None => get_stateful_sets_for_pod(listers, pod),
    }
}

fn update_pod(listers: &Listers, old: &Pod, pod: &Pod) -> Vec<Key> {
    let (owner_before, owner) = (controller_of(&old.metadata), controller_of(&pod.metadata));
    let mut keys = Vec::new();
    if owner != owner_before
        && let Some(before) = owner_before
    {
        keys.extend(resolve_controller_ref(listers, old.namespace(), before));
    }
    match owner {
        Some(owner) => keys.extend(resolve_controller_ref(listers, pod.namespace(), owner)),
        None if old.metadata.labels != pod.metadata.labels || owner_before.is_some() => {
            keys.extend(get_stateful_sets_for_pod(listers, pod));
        }
        None => {}
    }
    keys
}

fn delete_pod(listers: &Listers, pod: &Pod) -> Vec<Key> {
    controller_of(&pod.metadata)
        .map(|owner| resolve_controller_ref(listers, pod.namespace(), owner))
        .unwrap_or_default()
}

fn selector_of(set: &StatefulSet) -> Option<Selector> {
    Selector::from_spec(&set.spec.as_ref()?.selector)
}

/// Brings the table to the pods that belong to the set, after adoption and release. Of those that belong to it already
/// nothing is asked.
fn get_pods_for_stateful_set(
    cx: &mut Context<'_>,
    set: &StatefulSet,
    selector: &Selector,
    table: &mut ReplicaTable,
) -> Result<(), Error> {
    let orphans = cx.listers.uncontrolled_pods().filter(|pod| pod.namespace() == set.namespace());
    let mut candidates: Vec<Arc<Pod>> = table.strays.iter().chain(orphans).cloned().collect();
    candidates.sort_unstable_by(|a, b| a.name().cmp(b.name()));
    let adopted =
        ControllerRefManager::new(Kind::StatefulSet, &set.metadata).claim(cx, candidates, |pod| {
            selector.matches(pod.metadata.labels.as_ref()) && is_member_of(set, pod)
        })?;
    adopted.iter().for_each(|pod| table.put(pod));
    Ok(())
}

/// The sets whose selector matches a pod that nobody controls.
fn get_stateful_sets_for_pod(listers: &Listers, pod: &Pod) -> Vec<Key> {
    let Some(labels) = pod.metadata.labels.as_ref().filter(|labels| !labels.is_empty()) else {
        return Vec::new();
    };
    listers
        .list::<StatefulSet>(pod.namespace())
        .filter(|set| selector_of(set).is_some_and(|s| !s.is_empty() && s.matches(Some(labels))))
        .map(|set| set.key())
        .collect()
}

/// The set that an owner reference names, if it is still the same one.
fn resolve_controller_ref(listers: &Listers, namespace: &str, owner: &OwnerReference) -> Vec<Key> {
    if owner.kind != Kind::StatefulSet.name() {
        return Vec::new();
    }
    let set = listers.get::<StatefulSet>(namespace, &owner.name);
    set.filter(|set| set.uid() == owner.uid).map(|set| set.key()).into_iter().collect()
}

fn sync_stateful_set(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    selector: &Selector,
    table: &mut ReplicaTable,
) -> Result<(Outcome, Verdict), Failure> {
    adopt_orphan_revisions(cx, set, selector, |cx| {
        ControllerRefManager::new(Kind::StatefulSet, &set.metadata).can_adopt(cx)
    })?;
    get_pods_for_stateful_set(cx, set, selector, table)?;
    let (status, verdict) = update_stateful_set(cx, set, selector, table)?;
    let next = next_look(cx, set, &status, table);
    Ok((next.map_or(Outcome::Done, Outcome::After), verdict))
}

/// Milliseconds until a pod may have become available: nothing happens then, only the clock tells.
fn next_look(
    cx: &Context<'_>,
    set: &StatefulSet,
    status: &StatefulSetStatus,
    table: &ReplicaTable,
) -> Option<u64> {
    let min_ready_seconds = get_min_ready_seconds(set);
    let available = status.available_replicas.unwrap_or(0);
    if min_ready_seconds == 0 {
        None
    } else if cx.features.availability_is_timed_exactly() {
        let next = |pod: &Arc<Pod>| next_pod_availability_check(pod, min_ready_seconds, cx.now);
        table.maturing().filter_map(next).min().filter(|_| available != status.ready_replicas.unwrap_or(0))
    } else {
        let after = u64::try_from(min_ready_seconds).ok()?.saturating_mul(1000);
        (i64::from(available) != get_replicas(set)).then_some(after)
    }
}
