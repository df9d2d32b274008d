//! Removing all old pods before the first new one.
//!
//! Models pkg/controller/deployment/recreate.go.

use std::sync::Arc;

use client::{Context, Error, Outcome};
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use machinery::Resource;

use super::deployment_util::replicas;
use super::sync::Rollout;
use crate::pod::is_pod_terminal;

impl Rollout {
    pub(super) fn rollout_recreate(&mut self, cx: &mut Context<'_>) -> Result<Outcome, Error> {
        self.sync_revision(cx, false)?;
        let old: Vec<Arc<ReplicaSet>> = self.old_with_pods().cloned().collect();
        if !old.is_empty() {
            for set in &old {
                self.scale_set_with_event(cx, set, 0)?;
            }
            return self.sync_rollout_status(cx);
        }
        if self.old_pods_running(cx) {
            return self.sync_rollout_status(cx);
        }
        if self.new.is_none() {
            self.sync_revision(cx, true)?;
        }
        if let Some(new) = self.new.clone() {
            self.scale_set_with_event(cx, &new, replicas(&self.deployment))?;
        }
        self.cleanup_if_complete(cx)?;
        self.sync_rollout_status(cx)
    }

    /// Whether a pod of an old ReplicaSet has not ended yet.
    fn old_pods_running(&self, cx: &Context<'_>) -> bool {
        let runs =
            |set: &Arc<ReplicaSet>| cx.listers.controlled::<Pod>(set.uid()).any(|pod| !is_pod_terminal(pod));
        self.old.iter().any(runs)
    }
}
