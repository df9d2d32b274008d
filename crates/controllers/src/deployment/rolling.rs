//! Exchanging pods step by step.
//!
//! Models pkg/controller/deployment/rolling.go.

use std::sync::Arc;

use client::{Context, Error, Outcome};
use k8s_openapi::api::apps::v1::ReplicaSet;

use super::deployment_util::{
    Sets, age_key, available, max_unavailable, new_replicas, replicas, total, wanted,
};
use super::sync::Rollout;

impl Rollout {
    pub(super) fn rollout_rolling(&mut self, cx: &mut Context<'_>) -> Result<Outcome, Error> {
        self.sync_revision(cx, true)?;
        if self.reconcile_new_replica_set(cx)? || self.reconcile_old_replica_sets(cx)? {
            return self.sync_rollout_status(cx);
        }
        self.cleanup_if_complete(cx)?;
        self.sync_rollout_status(cx)
    }

    fn reconcile_new_replica_set(&mut self, cx: &mut Context<'_>) -> Result<bool, Error> {
        let Some(new) = self.new.clone() else { return Ok(false) };
        let (now, goal) = (wanted(&new), replicas(&self.deployment));
        let next = if now > goal { goal } else { new_replicas(&self.deployment, &self.all(), now) };
        self.scale_set_with_event(cx, &new, next)
    }

    fn reconcile_old_replica_sets(&mut self, cx: &mut Context<'_>) -> Result<bool, Error> {
        let old: Sets = self.old.iter().filter(|set| wanted(set) > 0).cloned().collect();
        if old.is_empty() {
            return Ok(false);
        }
        let min_available = replicas(&self.deployment) - max_unavailable(&self.deployment);
        let new_unavailable = self.new.as_ref().map_or(0, |set| wanted(set) - available(set));
        // So many may go without more missing than allowed, even if no new one ever becomes available.
        let limit = total(&self.all(), wanted) - min_available - new_unavailable;
        if limit <= 0 {
            return Ok(false);
        }
        let cleaned = self.cleanup_unhealthy_replicas(cx, old, limit)?;
        let scaled = self.scale_down_old_replica_sets(cx, min_available)?;
        Ok(cleaned + scaled > 0)
    }

    /// Takes away old pods that are of no use.
    fn cleanup_unhealthy_replicas(
        &mut self,
        cx: &mut Context<'_>,
        mut old: Sets,
        limit: i32,
    ) -> Result<i32, Error> {
        old.sort_by_key(|set| age_key(set));
        let mut gone = 0;
        for set in old {
            let unhealthy = wanted(&set) - available(&set);
            if gone >= limit || unhealthy <= 0 {
                continue;
            }
            let count = unhealthy.min(limit - gone);
            self.scale_set_with_event(cx, &set, wanted(&set) - count)?;
            gone += count;
        }
        Ok(gone)
    }

    /// Takes away as many old pods as are available beyond the least number.
    fn scale_down_old_replica_sets(
        &mut self,
        cx: &mut Context<'_>,
        min_available: i32,
    ) -> Result<i32, Error> {
        let limit = total(&self.all(), available) - min_available;
        let mut old: Sets = self.old.iter().filter(|set| wanted(set) > 0).cloned().collect();
        old.sort_by_key(|set| age_key(set));
        let mut gone = 0;
        for set in old {
            if gone >= limit {
                break;
            }
            let count = wanted(&set).min(limit - gone);
            self.scale_set_with_event(cx, &set, wanted(&set) - count)?;
            gone += count;
        }
        Ok(gone)
    }

    /// The newest ReplicaSet, and whether any old one still wants pods.
    pub(super) fn old_with_pods(&self) -> impl Iterator<Item = &Arc<ReplicaSet>> {
        self.old.iter().filter(|set| wanted(set) > 0)
    }
}
