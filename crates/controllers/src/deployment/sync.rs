//! Finding or making the newest ReplicaSet, scaling in proportion, cleaning up, and the status.
//!
//! Models pkg/controller/deployment/sync.go.

use std::sync::Arc;

use client::{Client, Context, Error, Outcome};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus, ReplicaSet, ReplicaSetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::object::is_terminating;
use machinery::{Kind, Object, Resource};

use super::deployment_util::{
    DESIRED_REPLICAS, MAX_REPLICAS, POD_TEMPLATE_HASH, REVISION, Sets, actual, age_key, available, condition,
    find_new, is_rolling, is_saturated, max_surge, max_unavailable, new_condition, new_replicas, number,
    progress_deadline, replicas, revision, set_condition, set_new_annotations, set_replicas_annotations,
    terminating, total, wanted,
};
use crate::controller_utils::new_controller_ref;
use crate::history::hash_controller_revision;

pub(super) const COMPONENT: &str = "deployment-controller";

/// One sync of a Deployment: its own copy of it, and its ReplicaSets.
pub(super) struct Rollout {
    pub(super) deployment: Deployment,
    sets: Sets,
    /// The one with the Deployment's template.
    pub(super) new: Option<Arc<ReplicaSet>>,
    /// The others.
    pub(super) old: Sets,
}

impl Rollout {
    pub(super) fn new(deployment: Deployment, sets: Sets) -> Rollout {
        Rollout { deployment, sets, new: None, old: Vec::new() }
    }

    /// Every ReplicaSet, the newest last.
    pub(super) fn all(&self) -> Sets {
        self.old.iter().chain(&self.new).cloned().collect()
    }

    pub(super) fn sync_status_only(&mut self, cx: &mut Context<'_>) -> Result<Outcome, Error> {
        self.sync_revision(cx, false)?;
        self.sync_deployment_status(cx)
    }

    /// Handles a change of size, and everything while it is paused.
    pub(super) fn sync(&mut self, cx: &mut Context<'_>) -> Result<Outcome, Error> {
        self.sync_revision(cx, false)?;
        self.scale(cx)?;
        self.cleanup(cx)?;
        self.sync_deployment_status(cx)
    }

    pub(super) fn check_paused_conditions(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if progress_deadline(&self.deployment).is_none() {
            return Ok(());
        }
        let mut status = self.deployment.status.clone().unwrap_or_default();
        let reason = condition(&status, "Progressing").and_then(|c| c.reason.clone());
        let is_paused = self.deployment.spec.as_ref().and_then(|spec| spec.paused) == Some(true);
        let (why, message) = match (reason.as_deref(), is_paused) {
            (Some("ProgressDeadlineExceeded"), _) | (Some("DeploymentPaused"), true) => return Ok(()),
            (_, true) => ("DeploymentPaused", "Deployment is paused"),
            (Some("DeploymentPaused"), false) => ("DeploymentResumed", "Deployment is resumed"),
            (_, false) => return Ok(()),
        };
        set_condition(&mut status, new_condition("Progressing", "Unknown", why, message.to_owned(), cx.now));
        self.write_status(cx, status)
    }

    /// Writes the Deployment's status, and its annotations with it.
    pub(super) fn write_status(
        &mut self,
        cx: &mut Context<'_>,
        status: DeploymentStatus,
    ) -> Result<(), Error> {
        self.deployment.status = Some(status);
        self.deployment = (*cx.api.update_status(self.deployment.clone())?).clone();
        Ok(())
    }

    /// Finds the newest ReplicaSet, makes it if asked to, and brings its revision up to date
    /// (getAllReplicaSetsAndSyncRevision).
    pub(super) fn sync_revision(&mut self, cx: &mut Context<'_>, create: bool) -> Result<(), Error> {
        let found = find_new(&self.deployment, &self.sets);
        let is_new = |set: &&Arc<ReplicaSet>| found.as_ref().is_some_and(|new| new.uid() == set.uid());
        self.old = self.sets.iter().filter(|set| !is_new(set)).cloned().collect();
        let next = self.old.iter().map(|set| revision(set)).max().unwrap_or(0) + 1;
        match found {
            Some(new) => self.update_new(cx, new, next),
            None if create => self.create_new(cx, next),
            None => Ok(()),
        }
    }

    fn update_new(&mut self, cx: &mut Context<'_>, new: Arc<ReplicaSet>, next: i64) -> Result<(), Error> {
        let mut changed = (*new).clone();
        let min_ready = self.deployment.spec.as_ref().and_then(|spec| spec.min_ready_seconds);
        let spec = changed.spec.get_or_insert_default();
        let differs = spec.min_ready_seconds.unwrap_or(0) != min_ready.unwrap_or(0);
        spec.min_ready_seconds = min_ready;
        if set_new_annotations(&self.deployment, &mut changed, next, true) || differs {
            self.new = Some(cx.api.update(changed)?);
            return Ok(());
        }
        let mut dirty = self.set_revision(revision(&new));
        let mut status = self.deployment.status.clone().unwrap_or_default();
        if progress_deadline(&self.deployment).is_some() && condition(&status, "Progressing").is_none() {
            let message = format!("Found new replica set \"{}\"", new.name());
            set_condition(
                &mut status,
                new_condition("Progressing", "True", "FoundNewReplicaSet", message, cx.now),
            );
            dirty = true;
        }
        self.new = Some(new);
        if dirty { self.write_status(cx, status) } else { Ok(()) }
    }

    /// Notes the revision on the Deployment; whether that changed anything.
    fn set_revision(&mut self, revision: i64) -> bool {
        let annotations = self.deployment.metadata.annotations.get_or_insert_default();
        annotations.insert(REVISION.to_owned(), revision.to_string()) != Some(revision.to_string())
    }

    fn create_new(&mut self, cx: &mut Context<'_>, next: i64) -> Result<(), Error> {
        let mut set = self.new_replica_set();
        let count = new_replicas(&self.deployment, &self.old, 0);
        set.spec.get_or_insert_default().replicas = Some(count);
        set_new_annotations(&self.deployment, &mut set, next, false);
        let mut status = self.deployment.status.clone().unwrap_or_default();
        let created = match cx.api.create(set.clone()) {
            Ok(created) => created,
            Err(refusal) if refusal.is_already_exists() => {
                // A set with another template has the name: the next sync takes another hash.
                status.collision_count = Some(status.collision_count.unwrap_or(0) + 1);
                self.write_status(cx, status)?;
                return Err(refusal.into());
            }
            Err(refusal) => {
                let message = format!("Failed to create new replica set \"{}\": {refusal}", set.name());
                if progress_deadline(&self.deployment).is_some() {
                    let failed = new_condition(
                        "Progressing",
                        "False",
                        "ReplicaSetCreateError",
                        message.clone(),
                        cx.now,
                    );
                    set_condition(&mut status, failed);
                    self.write_status(cx, status)?;
                }
                self.event(cx, "Warning", "ReplicaSetCreateError", &message);
                return Err(refusal.into());
            }
        };
        if count > 0 {
            let message = format!("Scaled up replica set {} from 0 to {count}", created.name());
            self.event(cx, "Normal", "ScalingReplicaSet", &message);
        }
        self.set_revision(next);
        if progress_deadline(&self.deployment).is_some() {
            let message = format!("Created new replica set \"{}\"", created.name());
            set_condition(
                &mut status,
                new_condition("Progressing", "True", "NewReplicaSetCreated", message, cx.now),
            );
        }
        self.new = Some(created);
        self.write_status(cx, status)
    }

    /// A ReplicaSet with the Deployment's template, and the hash in name, labels and selector.
    fn new_replica_set(&self) -> ReplicaSet {
        let spec = self.deployment.spec.clone().unwrap_or_default();
        let collisions =
            self.deployment.status.as_ref().and_then(|status| status.collision_count).unwrap_or(0);
        let value = serde_json::to_value(&spec.template).unwrap_or_default();
        let hash = hash_controller_revision(&value, collisions);
        let mut template = spec.template;
        let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
        labels.insert(POD_TEMPLATE_HASH.to_owned(), hash.clone());
        let labels = labels.clone();
        let mut selector = spec.selector;
        selector.match_labels.get_or_insert_default().insert(POD_TEMPLATE_HASH.to_owned(), hash.clone());
        ReplicaSet {
            metadata: ObjectMeta {
                name: Some(format!("{}-{hash}", self.deployment.name())),
                namespace: self.deployment.metadata.namespace.clone(),
                labels: Some(labels),
                owner_references: Some(vec![new_controller_ref(Kind::Deployment, &self.deployment.metadata)]),
                ..Default::default()
            },
            spec: Some(ReplicaSetSpec {
                min_ready_seconds: spec.min_ready_seconds,
                replicas: Some(0),
                selector,
                template: Some(template),
            }),
            status: None,
        }
    }

    pub(super) fn event(&self, cx: &mut Context<'_>, kind: &'static str, reason: &str, message: &str) {
        cx.event(COMPONENT, &Object::from(self.deployment.clone()), kind, reason, message);
    }

    /// Whether the Deployment wants another number of pods than its ReplicaSets were told (isScalingEvent).
    pub(super) fn is_scaling_event(&self) -> bool {
        let desired = |set: &ReplicaSet| number(&set.metadata, DESIRED_REPLICAS);
        let active = self.sets.iter().filter(|set| wanted(set) > 0);
        active.filter_map(|set| desired(set)).any(|desired| desired != replicas(&self.deployment))
    }

    /// Brings the sizes of the ReplicaSets to that of the Deployment, in proportion where several have pods.
    fn scale(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if let Some(only) = self.active_or_latest() {
            if wanted(&only) != replicas(&self.deployment) {
                self.scale_set_with_event(cx, &only, replicas(&self.deployment))?;
            }
            return Ok(());
        }
        if is_saturated(&self.deployment, self.new.as_deref()) {
            for set in self.old.clone().iter().filter(|set| wanted(set) > 0) {
                self.scale_set_with_event(cx, set, 0)?;
            }
            return Ok(());
        }
        if is_rolling(&self.deployment) { self.scale_in_proportion(cx) } else { Ok(()) }
    }

    /// The only ReplicaSet with pods; of several with none the newest (FindActiveOrLatest).
    fn active_or_latest(&self) -> Option<Arc<ReplicaSet>> {
        let all = self.all();
        let active: Vec<&Arc<ReplicaSet>> = all.iter().filter(|set| wanted(set) > 0).collect();
        match active[..] {
            [] => self.new.clone().or_else(|| self.old.iter().max_by_key(|set| age_key(set)).cloned()),
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    fn scale_in_proportion(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        let mut active: Sets = self.all().into_iter().filter(|set| wanted(set) > 0).collect();
        let in_all = total(&active, wanted);
        let size = replicas(&self.deployment);
        let allowed = if size > 0 { size + max_surge(&self.deployment) } else { 0 };
        let to_add = allowed - in_all;
        // The largest first; of equal ones the newer when growing, the older when shrinking.
        active.sort_by_key(|set| age_key(set));
        if to_add > 0 {
            active.reverse();
        }
        active.sort_by_key(|set| std::cmp::Reverse(wanted(set)));
        let mut added = 0;
        let mut sizes: Vec<i32> = Vec::new();
        for set in &active {
            let share = if to_add == 0 { 0 } else { self.proportion(set, to_add, added) };
            sizes.push(wanted(set) + share);
            added += share;
        }
        if let (Some(first), true) = (sizes.first_mut(), to_add != 0) {
            *first = (*first + to_add - added).max(0);
        }
        for (set, size) in active.iter().zip(sizes) {
            self.scale_set(cx, set, size)?;
        }
        Ok(())
    }

    /// A ReplicaSet's share of what is to be added or taken away (GetProportion, getReplicaSetFraction).
    fn proportion(&self, set: &ReplicaSet, to_add: i32, added: i32) -> i32 {
        let own = wanted(set);
        if own == 0 || to_add == added {
            return 0;
        }
        let size = replicas(&self.deployment);
        let fraction = if size == 0 {
            -own
        } else {
            let then = number(&set.metadata, MAX_REPLICAS).filter(|max| *max > 0);
            let status = self.deployment.status.as_ref().and_then(|status| status.replicas);
            let then = i64::from(then.or(status).unwrap_or(1).max(1));
            let now = i64::from(size + max_surge(&self.deployment));
            // Rounded to the nearest number.
            let share = (2 * i64::from(own) * now + then).div_euclid(2 * then);
            i32::try_from(share).unwrap_or(i32::MAX) - own
        };
        let left = to_add - added;
        if left > 0 { fraction.min(left) } else { fraction.max(left) }
    }

    /// Gives a ReplicaSet another size, if it is another one; whether it is.
    pub(super) fn scale_set_with_event(
        &mut self,
        cx: &mut Context<'_>,
        set: &Arc<ReplicaSet>,
        size: i32,
    ) -> Result<bool, Error> {
        if wanted(set) == size {
            return Ok(false);
        }
        self.scale_set(cx, set, size).map(|()| true)
    }

    /// Writes a ReplicaSet's size and what it is a part of (scaleReplicaSet).
    fn scale_set(&mut self, cx: &mut Context<'_>, set: &Arc<ReplicaSet>, size: i32) -> Result<(), Error> {
        let before = wanted(set);
        let mut changed = (**set).clone();
        let in_all = replicas(&self.deployment);
        let annotated = set_replicas_annotations(&mut changed, in_all, in_all + max_surge(&self.deployment));
        if before == size && !annotated {
            return Ok(());
        }
        changed.spec.get_or_insert_default().replicas = Some(size);
        let stored = cx.api.update(changed)?;
        if before != size {
            let direction = if before < size { "up" } else { "down" };
            let message = format!("Scaled {direction} replica set {} from {before} to {size}", stored.name());
            self.event(cx, "Normal", "ScalingReplicaSet", &message);
        }
        for known in self.old.iter_mut().chain(&mut self.new) {
            if known.uid() == stored.uid() {
                *known = stored.clone();
            }
        }
        Ok(())
    }

    /// Removes old ReplicaSets without pods, beyond the limit, the lowest revision first (cleanupDeployment).
    pub(super) fn cleanup(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        let limit = self.deployment.spec.as_ref().and_then(|spec| spec.revision_history_limit).unwrap_or(10);
        if limit == i32::MAX {
            return Ok(());
        }
        let mut candidates: Sets =
            self.old.iter().filter(|set| !is_terminating(&set.metadata)).cloned().collect();
        let excess = candidates.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        candidates.sort_by_key(|set| (revision(set), age_key(set)));
        let is_empty = |set: &ReplicaSet| {
            let observed = set.status.as_ref().and_then(|status| status.observed_generation);
            actual(set) == 0 && wanted(set) == 0 && observed >= set.metadata.generation
        };
        for set in candidates.into_iter().take(excess).filter(|set| is_empty(set)) {
            match cx.api.delete(Kind::ReplicaSet, set.namespace(), set.name(), Default::default()) {
                Err(refusal) if !refusal.is_not_found() => return Err(refusal.into()),
                _ => {}
            }
        }
        Ok(())
    }

    fn sync_deployment_status(&mut self, cx: &mut Context<'_>) -> Result<Outcome, Error> {
        let status = self.calculate_status(cx);
        if self.deployment.status.as_ref() != Some(&status) {
            self.write_status(cx, status)?;
        }
        Ok(Outcome::Done)
    }

    pub(super) fn calculate_status(&self, cx: &Context<'_>) -> DeploymentStatus {
        let all = self.all();
        let some = |count: i32| Some(count).filter(|count| *count > 0);
        let ready =
            |set: &ReplicaSet| set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
        let are_available = total(&all, available);
        let before = self.deployment.status.clone().unwrap_or_default();
        let mut status = DeploymentStatus {
            observed_generation: self.deployment.metadata.generation,
            replicas: some(total(&all, actual)),
            updated_replicas: some(self.new.as_ref().map_or(0, |set| actual(set))),
            ready_replicas: some(total(&all, ready)),
            available_replicas: some(are_available),
            unavailable_replicas: some(total(&all, wanted) - are_available),
            terminating_replicas: cx
                .features
                .terminating_replicas_are_counted()
                .then(|| terminating(&all))
                .flatten(),
            collision_count: before.collision_count,
            conditions: before.conditions,
        };
        let enough = are_available >= replicas(&self.deployment) - max_unavailable(&self.deployment);
        let (holds, reason, message) = match enough {
            true => ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
            false => {
                ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
            }
        };
        set_condition(&mut status, new_condition("Available", holds, reason, message.to_owned(), cx.now));
        status
    }
}
