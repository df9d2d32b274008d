//! The heart of a StatefulSet: which pods to create, delete and replace, in which order, and what the status says.
//!
//! Models pkg/controller/statefulset/stateful_set_control.go. A pod that is yet to be created is only an ordinal here:
//! it is built when its turn has come, so that a set of ten thousand does not build ten thousand pods in every sync.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use client::{Context, Error};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet, StatefulSetStatus};
use k8s_openapi::api::core::v1::Pod;
use machinery::decision::{Created, RevisionChoice, Rollout, Source, Step, Verdict};
use machinery::labels::Selector;
use machinery::object::{controller_of, is_terminating};
use machinery::{Kind, ObjectKey, Resource};

use super::reason::{Failure, Reason, lack};
use super::replica_table::{ReplicaCounts, ReplicaTable, Slots};
use super::stateful_pod_control::{
    claims_match_retention_policy, create_missing_persistent_volume_claims, create_stateful_pod,
    delete_stateful_pod, pod_claim_is_stale, terminating_claim, update_pod_claim_for_retention_policy,
    update_stateful_pod,
};
use super::stateful_set_status_updater::update_stateful_set_status as write_status;
use super::stateful_set_utils::{
    ClaimPod, allows_burst, complete_rolling_update, get_end_ordinal, get_min_ready_seconds, get_ordinal,
    get_partition, get_patch, get_pod_name, get_pod_revision, get_replicas, get_rolling_update,
    get_start_ordinal, get_stateful_set_max_unavailable, identity_matches, in_ordinal_range,
    inconsistent_status, is_current_revision_needed, is_equivalent, is_on_delete, is_running_and_available,
    is_running_and_ready, is_unavailable, new_revision, new_versioned_stateful_set_pod, next_revision,
    storage_matches,
};
use crate::controller_utils::aggregate;
use crate::{history, pod};

/// Pods that a Parallel set creates in one sync at most; the next sync goes on.
pub const BURST_LIMIT: usize = 5000;
/// Pods in the largest batch of a Parallel set (MaxBatchSize).
const MAX_BATCH_SIZE: i64 = 500;

/// The revisions that a sync works with.
struct Revisions {
    current: Arc<ControllerRevision>,
    update: Arc<ControllerRevision>,
    collision_count: i32,
}

/// A sync's buckets and what it has found so far.
struct Walk<'s> {
    set: &'s Arc<StatefulSet>,
    revisions: &'s Revisions,
    min_ready_seconds: i32,
    /// For how long a pod has to be Ready to count as healthy.
    health_seconds: i32,
    monotonic: bool,
    /// The set's pods.
    table: &'s mut ReplicaTable,
    /// The ordinals that the set wants; a pod with another one is condemned.
    range: RangeInclusive<i64>,
    /// The lowest ordinal among the condemned that is unavailable, if every replica is available.
    first_unavailable: Option<i64>,
    reason: Reason,
}

/// Brings a set one step closer to its spec; gives back the status it computed, and why it did what it did.
///
/// # Errors
/// Whatever stopped it; the status is written all the same where it was computed.
pub(super) fn update_stateful_set(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    selector: &Selector,
    table: &mut ReplicaTable,
) -> Result<(StatefulSetStatus, Verdict), Failure> {
    let mut revisions = history::list_controller_revisions(cx, &set.metadata, selector);
    history::sort_controller_revisions(&mut revisions);
    let chosen = get_stateful_set_revisions(cx, set, &revisions, &mut table.update_revision);
    let updated = match &chosen {
        Ok(chosen) => perform_update(cx, set, table, chosen),
        Err(error) => Err(error.clone().into()),
    };
    let truncated = truncate_history(cx, set, table, &revisions, chosen.as_ref().ok());
    let failed = updated.as_ref().err();
    let errors = failed.map(|failure| failure.error.clone()).into_iter().chain(truncated.err()).collect();
    aggregate(errors).map_err(|error| Failure { error, rule: failed.and_then(|f| f.rule.clone()) })?;
    updated
}

fn perform_update(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    table: &mut ReplicaTable,
    revisions: &Revisions,
) -> Result<(StatefulSetStatus, Verdict), Failure> {
    let (mut status, result) = sync_pods(cx, set, revisions, table);
    let written = update_stateful_set_status(cx, set, &mut status);
    // The sync's own error outweighs that of the status.
    let verdict = result?;
    written?;
    Ok((status, verdict))
}

/// Makes the set the controller of those of its revisions that have none.
pub(super) fn adopt_orphan_revisions(
    cx: &mut Context<'_>,
    set: &StatefulSet,
    selector: &Selector,
    can_adopt: impl FnOnce(&mut Context<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut orphans = history::list_controller_revisions(cx, &set.metadata, selector);
    orphans.retain(|revision| controller_of(&revision.metadata).is_none());
    if orphans.is_empty() {
        return Ok(());
    }
    can_adopt(cx).map_err(|error| Error(format!("can't adopt ControllerRevisions: {error}")))?;
    for revision in orphans {
        history::adopt_controller_revision(cx, set, &revision)?;
    }
    Ok(())
}

/// Deletes the oldest revisions that nobody uses, down to the set's limit. `revisions` are sorted.
fn truncate_history(
    cx: &mut Context<'_>,
    set: &StatefulSet,
    table: &ReplicaTable,
    revisions: &[Arc<ControllerRevision>],
    chosen: Option<&Revisions>,
) -> Result<(), Error> {
    let limit = set.spec.as_ref().and_then(|spec| spec.revision_history_limit).unwrap_or(10);
    // A negative limit keeps everything.
    let Ok(limit) = usize::try_from(limit) else {
        return Ok(());
    };
    if revisions.len() <= limit {
        return Ok(());
    }
    let mut live: BTreeSet<&str> = match chosen {
        // The pods of these two are live whether there are any or not.
        Some(_) => table.of_other_revisions().map(|pod| get_pod_revision(pod)).collect(),
        None => table.pods().map(|pod| get_pod_revision(pod)).collect(),
    };
    if let Some(chosen) = chosen {
        live.extend([chosen.current.name(), chosen.update.name()]);
    }
    let history: Vec<_> = revisions.iter().filter(|revision| !live.contains(revision.name())).collect();
    for revision in &history[..history.len().saturating_sub(limit)] {
        history::delete_controller_revision(cx, revision)?;
    }
    Ok(())
}

/// The current and the update revision; makes or renumbers a revision if the template has changed. `revisions` are
/// sorted. `known` is the update revision that an earlier sync found for this generation of the set: while it is the
/// newest one, nothing has to be compared.
fn get_stateful_set_revisions(
    cx: &mut Context<'_>,
    set: &StatefulSet,
    revisions: &[Arc<ControllerRevision>],
    known: &mut Option<Arc<ControllerRevision>>,
) -> Result<Revisions, Error> {
    let status = set.status.as_ref();
    let mut collision_count = status.and_then(|status| status.collision_count).unwrap_or(0);
    let version = |revision: &ControllerRevision| revision.metadata.resource_version.clone();
    let update = match (revisions.last(), &*known) {
        (Some(newest), Some(known)) if version(newest) == version(known) => newest.clone(),
        _ => get_update_revision(cx, set, revisions, &mut collision_count)?,
    };
    *known = Some(update.clone());
    let current = status.and_then(|status| status.current_revision.as_deref()).unwrap_or_default();
    let current = revisions.iter().find(|revision| revision.name() == current).unwrap_or(&update).clone();
    Ok(Revisions { current, update, collision_count })
}

/// The part of getStatefulSetRevisions that compares the template with what is recorded.
fn get_update_revision(
    cx: &mut Context<'_>,
    set: &StatefulSet,
    revisions: &[Arc<ControllerRevision>],
    collision_count: &mut i32,
) -> Result<Arc<ControllerRevision>, Error> {
    let data = get_patch(set, cx.features);
    let number = next_revision(revisions.iter().map(Arc::as_ref));
    let equal = history::find_equal_revisions(revisions, &data).last().copied().cloned();
    let (update, choice) = match (equal, revisions.last()) {
        (Some(equal), Some(newest)) if equal.data == newest.data => {
            let observed = set.status.as_ref().and_then(|status| status.observed_generation);
            let edited = set.metadata.generation.filter(|&generation| Some(generation) != observed);
            (newest.clone(), edited.map(|generation| RevisionChoice::Kept { generation }))
        }
        // Rolled back: the old revision becomes the newest.
        (Some(equal), _) => {
            let choice = RevisionChoice::RolledBack { from: equal.revision, to: number };
            (history::update_controller_revision(cx, &equal, number)?, Some(choice))
        }
        (None, Some(newest))
            if cx.features.revisions_are_compared_by_meaning()
                && is_equivalent(newest, &data, cx.features) =>
        {
            (newest.clone(), Some(RevisionChoice::Equivalent))
        }
        (None, _) => {
            let revision = new_revision(set, data, number, *collision_count);
            let created = history::create_controller_revision(cx, &set.metadata, revision, collision_count)?;
            (created, Some(RevisionChoice::Created { collisions: *collision_count }))
        }
    };
    if let Some(choice) = choice {
        cx.decide(update.key(), Verdict::Revision(choice));
    }
    Ok(update)
}

/// Runs `act` for the ordinals (of the replicas from `start` on) in batches that double; the errors of one batch prevent
/// the next. A batch counts all replicas, also those that are in order and therefore not listed here.
fn slow_start_batch(
    start: i64,
    ordinals: &[i64],
    act: &mut impl FnMut(i64) -> Result<bool, Error>,
) -> Result<(), Error> {
    let (mut rest, mut end, mut size) = (ordinals, start + 1, 1);
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(rest.partition_point(|ordinal| *ordinal < end));
        aggregate(batch.iter().filter_map(|ordinal| act(*ordinal).err()).collect())?;
        rest = after;
        size = MAX_BATCH_SIZE.min(size * 2);
        end += size;
    }
    Ok(())
}

/// Writes what computeReplicaStatus counts.
fn update_status(status: &mut StatefulSetStatus, counts: ReplicaCounts) {
    status.replicas = counts.replicas;
    status.available_replicas = Some(counts.available);
    status.ready_replicas = non_zero(counts.ready);
    status.current_replicas = non_zero(counts.current);
    status.updated_replicas = non_zero(counts.updated);
}

/// Go leaves these counts out where they are 0.
fn non_zero(count: i32) -> Option<i32> {
    Some(count).filter(|&count| count != 0)
}

impl Walk<'_> {
    fn pod_key(&self, ordinal: i64) -> ObjectKey {
        ObjectKey::new(Kind::Pod, self.set.namespace(), &get_pod_name(self.set, ordinal))
    }

    /// The revision of the pod in this slot; of a pod that was created in this sync the one it was made from.
    fn slot_revision(&self, ordinal: i64) -> &str {
        match self.table.get(ordinal) {
            Some(pod) => get_pod_revision(pod),
            None if self.source(ordinal) == Source::Update => self.revisions.update.name(),
            None => self.revisions.current.name(),
        }
    }

    /// Which revision a pod is made from that does not exist yet, and why.
    fn source(&self, ordinal: i64) -> Source {
        let needed = self.revisions.current.name() != self.revisions.update.name()
            && is_current_revision_needed(self.set, ordinal);
        match get_rolling_update(self.set) {
            _ if !needed => Source::Update,
            Some(_) => Source::Partition,
            None => Source::CurrentReplicas,
        }
    }

    fn is_slot_unavailable(&self, ordinal: i64, now: Timestamp) -> bool {
        self.table.get(ordinal).is_none_or(|pod| is_unavailable(pod, self.health_seconds, now))
    }

    /// A step stopped at a pod.
    fn wait(&mut self, cx: &Context<'_>, pod: &Pod) {
        let verdict = self.waiting(cx, pod);
        self.reason.block(verdict);
    }

    /// What waits for a pod, and why.
    fn waiting(&self, cx: &Context<'_>, pod: &Pod) -> Verdict {
        let lacks = lack(cx, pod, self.min_ready_seconds);
        let (key, ordinal) = (pod.key(), get_ordinal(pod));
        let terminating = is_terminating(&pod.metadata);
        if terminating && in_ordinal_range(self.set, ordinal) {
            Verdict::Waiting { step: Step::Replacement, pod: key, lacks }
        } else if !terminating && self.is_update_target(ordinal) && is_outdated(self, ordinal) {
            Verdict::Frozen { pod: key, lacks }
        } else {
            Verdict::Waiting { step: self.next_step(), pod: key, lacks }
        }
    }

    /// What the set would go on with if every pod were available.
    fn next_step(&self) -> Step {
        if self.table.first(&self.range, |slots| !slots.exists).is_some() {
            Step::Ordinals
        } else if self.condemned(|slots| slots.exists).next().is_some() {
            Step::ScaleDown
        } else if !is_on_delete(self.set)
            && self
                .table
                .last(&update_targets(self.set), |slots| !slots.updated & !slots.terminating)
                .is_some()
        {
            Step::Update
        } else {
            Step::Nothing
        }
    }

    /// Whether a rolling update may replace the pod with this ordinal.
    fn is_update_target(&self, ordinal: i64) -> bool {
        !is_on_delete(self.set) && update_targets(self.set).contains(&ordinal)
    }

    /// The ordinals that a Parallel set has to look at in this sync, and whether that is all of them: the walk goes no
    /// further than the missing pods that it may create.
    fn ordinals(&self) -> (Vec<i64>, bool) {
        let (mut missing, mut ordinals, end) = (BURST_LIMIT, Vec::new(), *self.range.end());
        let mut next = *self.range.start();
        while let Some(ordinal) = self.table.first_unsettled(&(next..=end)) {
            if self.table.get(ordinal).is_none() {
                if missing == 0 {
                    ordinals
                        .extend(self.table.ordinals(ordinal..=end, |slots| slots.exists & !slots.settled));
                    return (ordinals, false);
                }
                missing -= 1;
            }
            ordinals.push(ordinal);
            next = ordinal + 1;
        }
        (ordinals, true)
    }

    /// The ordinals beyond the range, the highest first.
    fn condemned(&self, of: fn(&Slots) -> u64) -> impl Iterator<Item = i64> {
        let (start, end) = (*self.range.start(), *self.range.end());
        let mut parts = [end.saturating_add(1)..=i64::MAX, 0..=start.saturating_sub(1)];
        std::iter::from_fn(move || {
            let found = parts.iter().find_map(|part| self.table.last(part, of))?;
            let part = if found > end { 0 } else { 1 };
            parts[part] = *parts[part].start()..=found - 1;
            Some(found)
        })
    }

    /// What is said if there was nothing to do and nothing blocked.
    fn settled(&self, cx: &Context<'_>) -> Verdict {
        let unavailable = self.table.first(&self.range, |slots| slots.exists & !slots.healthy());
        if let Some(pod) = unavailable.and_then(|ordinal| self.table.get(ordinal)) {
            return self.waiting(cx, pod);
        }
        let pods = self.table.count(self.range.clone(), |slots| slots.exists & !slots.updated);
        let pods = usize::try_from(pods).unwrap_or(0);
        let partition = get_partition(self.set);
        let rollout = match i32::try_from(partition) {
            _ if pods == 0 => Rollout::Complete,
            _ if is_on_delete(self.set) => Rollout::OnDelete { pods },
            Ok(partition) if i64::from(partition) >= get_replicas(self.set) => {
                Rollout::PartitionAboveReplicas { partition }
            }
            partition => Rollout::Partition { partition: partition.unwrap_or(i32::MAX), pods },
        };
        Verdict::Settled { rollout }
    }
}

/// Looks after one slot; says whether an OrderedReady set has to stop here.
fn process_replica(cx: &mut Context<'_>, walk: &mut Walk<'_>, ordinal: i64) -> Result<bool, Error> {
    let Some(replica) = walk.table.get(ordinal).cloned() else {
        return create_replica(cx, walk, ordinal);
    };
    let terminating = is_terminating(&replica.metadata);
    // The replacement is created once the object is gone.
    if pod::is_pod_terminal(&replica) {
        if terminating {
            walk.wait(cx, &replica);
        } else {
            delete_stateful_pod(cx, walk.set, replica.name())?;
            walk.reason.replaced.get_or_insert(replica.key());
        }
        return Ok(true);
    }
    let pending = pod::phase(&replica) == "Pending";
    if pending {
        create_missing_persistent_volume_claims(cx, walk.set, &replica)?;
    }
    if walk.monotonic
        && (terminating
            || !is_running_and_ready(&replica)
            || !is_running_and_available(&replica, walk.min_ready_seconds, cx.now))
    {
        walk.wait(cx, &replica);
        return Ok(true);
    }
    // A pending pod's claims have just been seen to; the cache does not show it yet.
    let retention_match = pending || claims_match_retention_policy(cx, walk.set, ClaimPod::of(&replica));
    if !(identity_matches(walk.set, &replica) && storage_matches(walk.set, &replica) && retention_match) {
        update_stateful_pod(cx, walk.set, &replica)?;
    } else if !pending {
        walk.table.settle(ordinal);
    }
    Ok(false)
}

/// The part of processReplica for a pod that does not exist.
fn create_replica(cx: &mut Context<'_>, walk: &mut Walk<'_>, ordinal: i64) -> Result<bool, Error> {
    let key = walk.pod_key(ordinal);
    if let Some(claim) = pod_claim_is_stale(cx, walk.set, &key.name, ordinal) {
        walk.reason.block(Verdict::StaleClaim { pod: key, claim });
        return Ok(true);
    }
    let Revisions { current, update, .. } = walk.revisions;
    let pod = new_versioned_stateful_set_pod(walk.set, current, update, ordinal).map_err(|error| {
        Error(format!("ControllerRevision {} holds no pod template: {error}", current.name()))
    })?;
    if let Err(error) = create_stateful_pod(cx, walk.set, pod) {
        if let Some(claim) = terminating_claim(cx, walk.set, ordinal) {
            walk.reason.refuse(Verdict::ClaimTerminating { pod: key, claim });
        } else if cx.listers.get::<Pod>(&key.namespace, &key.name).is_some() {
            walk.reason.refuse(Verdict::NameTaken { pod: key });
        }
        return Err(error);
    }
    walk.reason.created.push(Created { pod: key, from: walk.source(ordinal) });
    Ok(walk.monotonic)
}

/// Deletes one condemned pod if its turn has come; says whether an OrderedReady set has to stop here.
fn process_condemned(cx: &mut Context<'_>, walk: &mut Walk<'_>, ordinal: i64) -> Result<bool, Error> {
    let Some(condemned) = walk.table.get(ordinal).cloned() else {
        return Ok(false);
    };
    if is_terminating(&condemned.metadata) {
        walk.wait(cx, &condemned);
        return Ok(true);
    }
    let healthy = is_running_and_available(&condemned, walk.min_ready_seconds, cx.now);
    if walk.monotonic && !healthy && walk.first_unavailable != Some(get_ordinal(&condemned)) {
        walk.wait(cx, &condemned);
        return Ok(true);
    }
    delete_stateful_pod(cx, walk.set, condemned.name())?;
    walk.reason.scaled_down.push(condemned.key());
    Ok(true)
}

/// Upstream's updateStatefulSet: fills the slots, condemns the rest, replaces what is outdated. The status is valid also
/// where an error stopped it.
fn sync_pods(
    cx: &mut Context<'_>,
    set: &Arc<StatefulSet>,
    revisions: &Revisions,
    table: &mut ReplicaTable,
) -> (StatefulSetStatus, Result<Verdict, Failure>) {
    table.refresh(revisions.current.name(), revisions.update.name(), cx.now);
    let mut status = StatefulSetStatus {
        observed_generation: set.metadata.generation,
        current_revision: Some(revisions.current.name().to_owned()),
        update_revision: Some(revisions.update.name().to_owned()),
        collision_count: Some(revisions.collision_count),
        ..Default::default()
    };
    update_status(&mut status, table.counts());
    let mut walk = sort_pods(cx, set, revisions, table);
    if is_terminating(&set.metadata) {
        return (status, Ok(Verdict::SetTerminating));
    }
    let walked = walk_pods(cx, &mut walk);
    let updated = match walked {
        Ok(true) => Ok(()),
        Ok(false) => update_pods(cx, &mut walk, &mut status),
        Err(error) => Err(error),
    };
    let reason = std::mem::take(&mut walk.reason);
    let verdict = match updated {
        Ok(()) => Ok(reason.verdict().unwrap_or_else(|| walk.settled(cx))),
        Err(error) => Err(reason.failure(error)),
    };
    (status, verdict)
}

/// Sorts the pods into replicas and condemned.
fn sort_pods<'s>(
    cx: &Context<'_>,
    set: &'s Arc<StatefulSet>,
    revisions: &'s Revisions,
    table: &'s mut ReplicaTable,
) -> Walk<'s> {
    let min_ready_seconds = get_min_ready_seconds(set);
    let mut walk = Walk {
        set,
        revisions,
        min_ready_seconds,
        health_seconds: if cx.features.health_means_available() { min_ready_seconds } else { 0 },
        monotonic: !allows_burst(set),
        table,
        range: get_start_ordinal(set)..=get_end_ordinal(set),
        first_unavailable: None,
        reason: Reason::default(),
    };
    if walk.table.first_unhealthy(&walk.range).is_none() {
        walk.first_unavailable = walk.condemned(|slots| slots.exists & !slots.healthy()).last();
    }
    walk
}

/// Replicas, then the claims of the condemned, then the condemned. Says whether the sync ends here.
fn walk_pods(cx: &mut Context<'_>, walk: &mut Walk<'_>) -> Result<bool, Error> {
    if walk_replicas(cx, walk)? {
        return Ok(true);
    }
    let monotonic = walk.monotonic;
    let unsettled: Vec<i64> = walk.condemned(|slots| slots.exists & !slots.settled).collect();
    run_for_all(&unsettled, monotonic, |ordinal| {
        let Some(pod) = walk.table.get(ordinal).cloned() else {
            return Ok(false);
        };
        let owner = ClaimPod::of(&pod);
        if claims_match_retention_policy(cx, walk.set, owner) {
            walk.table.settle(ordinal);
        } else {
            update_pod_claim_for_retention_policy(cx, walk.set, owner)?;
        }
        Ok(false)
    })?;
    // An OrderedReady set never gets beyond the highest one.
    let condemned: Vec<i64> =
        walk.condemned(|slots| slots.exists).take(if monotonic { 1 } else { usize::MAX }).collect();
    run_for_all(&condemned, monotonic, |ordinal| process_condemned(cx, walk, ordinal))
}

/// The replicas that are not in order: an OrderedReady set goes through them until one says stop, a Parallel one through
/// as many as it may create. Says whether the sync ends here.
fn walk_replicas(cx: &mut Context<'_>, walk: &mut Walk<'_>) -> Result<bool, Error> {
    let (mut next, end) = (*walk.range.start(), *walk.range.end());
    if !walk.monotonic {
        let (ordinals, all) = walk.ordinals();
        slow_start_batch(next, &ordinals, &mut |ordinal| process_replica(cx, walk, ordinal))?;
        return Ok(!all);
    }
    while let Some(ordinal) = walk.table.first_unsettled(&(next..=end)) {
        if process_replica(cx, walk, ordinal)? {
            return Ok(true);
        }
        next = ordinal + 1;
    }
    Ok(false)
}

/// OrderedReady: one after the other until one says stop. Parallel: all of them, in the given order. Says whether the
/// sync ends here.
fn run_for_all(
    ordinals: &[i64],
    monotonic: bool,
    mut act: impl FnMut(i64) -> Result<bool, Error>,
) -> Result<bool, Error> {
    if !monotonic {
        let indices: Vec<i64> = (0..).take(ordinals.len()).collect();
        let mut nth = |index: i64| usize::try_from(index).map_or(Ok(false), |index| act(ordinals[index]));
        return slow_start_batch(0, &indices, &mut nth).map(|()| false);
    }
    for &ordinal in ordinals {
        if act(ordinal)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rolling update: deletes the highest outdated pod at or above the partition.
fn update_pods(
    cx: &mut Context<'_>,
    walk: &mut Walk<'_>,
    status: &mut StatefulSetStatus,
) -> Result<(), Error> {
    if is_on_delete(walk.set) {
        return Ok(());
    }
    if cx.features.max_unavailable_stateful_set {
        return update_stateful_set_after_invariant_established(cx, walk, status);
    }
    let mut targets = update_targets(walk.set);
    while let Some(target) = walk.table.last_stale(&targets) {
        if is_outdated(walk, target) {
            return delete_outdated(cx, walk, status, target);
        }
        if walk.is_slot_unavailable(target, cx.now) {
            if let Some(pod) = walk.table.get(target).cloned() {
                walk.wait(cx, &pod);
            }
            break;
        }
        targets = *targets.start()..=target - 1;
    }
    Ok(())
}

/// The ordinals that a rolling update may touch; it begins with the highest.
fn update_targets(set: &StatefulSet) -> RangeInclusive<i64> {
    get_start_ordinal(set) + get_partition(set)..=get_end_ordinal(set)
}

fn is_outdated(walk: &Walk<'_>, ordinal: i64) -> bool {
    walk.slot_revision(ordinal) != walk.revisions.update.name()
        && walk.table.get(ordinal).is_none_or(|pod| !is_terminating(&pod.metadata))
}

fn delete_outdated(
    cx: &mut Context<'_>,
    walk: &mut Walk<'_>,
    status: &mut StatefulSetStatus,
    ordinal: i64,
) -> Result<(), Error> {
    let key = walk.pod_key(ordinal);
    delete_stateful_pod(cx, walk.set, &key.name)?;
    walk.reason.updated.push(key);
    status.current_replicas = non_zero(status.current_replicas.unwrap_or(0) - 1);
    Ok(())
}

/// The rolling update with `maxUnavailable`: as many outdated pods at once as may be unavailable.
fn update_stateful_set_after_invariant_established(
    cx: &mut Context<'_>,
    walk: &mut Walk<'_>,
    status: &mut StatefulSetStatus,
) -> Result<(), Error> {
    let max_unavailable = get_stateful_set_max_unavailable(
        get_rolling_update(walk.set).and_then(|rolling| rolling.max_unavailable.as_ref()),
        get_replicas(walk.set),
    );
    let unavailable = get_replicas(walk.set) - walk.table.count(walk.range.clone(), Slots::healthy);
    let mut left = max_unavailable - unavailable;
    let mut targets = update_targets(walk.set);
    while let Some(target) = walk.table.last_stale(&targets) {
        targets = *targets.start()..=target - 1;
        if !is_outdated(walk, target) {
            continue;
        }
        if left <= 0 {
            break;
        }
        delete_outdated(cx, walk, status, target)?;
        left -= 1;
    }
    Ok(())
}

/// Writes the status if it says anything new.
fn update_stateful_set_status(
    cx: &mut Context<'_>,
    set: &StatefulSet,
    status: &mut StatefulSetStatus,
) -> Result<(), Error> {
    complete_rolling_update(set, status);
    if !inconsistent_status(set, status) {
        return Ok(());
    }
    write_status(cx, set, status.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_double_and_stop_after_an_error() {
        // (how many, which one fails, how many are tried)
        let cases = [(10, None, 10), (10, Some(0), 1), (10, Some(1), 3), (10, Some(4), 7), (0, None, 0)];
        for (count, failing, expected) in cases {
            let mut tried = 0;
            let ordinals: Vec<i64> = (5..5 + count).collect();
            let result = slow_start_batch(5, &ordinals, &mut |ordinal| {
                tried += 1;
                if failing == Some(ordinal - 5) { Err(Error("no".to_owned())) } else { Ok(true) }
            });
            assert_eq!((tried, result.is_err()), (expected, failing.is_some()), "{count} {failing:?}");
        }
    }

    #[test]
    fn a_batch_counts_those_that_are_in_order() {
        // Batches end before 1, 3, 7 and 15.
        let mut tried = Vec::new();
        let result = slow_start_batch(0, &[4, 5, 6, 7, 9], &mut |ordinal| {
            tried.push(ordinal);
            if ordinal == 4 { Err(Error("no".to_owned())) } else { Ok(true) }
        });
        assert_eq!((tried, result.is_err()), (vec![4, 5, 6], true));
    }

    #[test]
    fn only_an_ordered_run_stops() {
        for (monotonic, expected) in [(true, (2, true)), (false, (4, false))] {
            let mut tried = 0;
            let stopped = run_for_all(&[7, 5, 3, 1], monotonic, |ordinal| {
                tried += 1;
                Ok(ordinal == 5)
            });
            assert_eq!((tried, stopped.expect("no error")), expected);
        }
    }
}
