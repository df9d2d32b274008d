//! Why a sync did what it did, gathered along the way and told once at its end.
//!
//! Invariant: one verdict a sync; what was done outweighs what is waited for.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use machinery::decision::{Lack, Step, Verdict};
use machinery::object::is_terminating;
use machinery::{ObjectKey, Resource};

use super::stateful_set_utils::is_running_and_available;
use crate::pod;

/// What a sync did and met.
#[derive(Default)]
pub(super) struct Reason {
    pub created: Vec<ObjectKey>,
    pub replaced: Option<ObjectKey>,
    pub scaled_down: Vec<ObjectKey>,
    pub updated: Vec<ObjectKey>,
    /// The first thing that blocked.
    blocked: Option<Verdict>,
}

impl Reason {
    /// A step stopped; the first reason is the one that is told.
    pub(super) fn block(&mut self, verdict: Verdict) {
        self.blocked.get_or_insert(verdict);
    }

    /// A step stopped at a pod.
    pub(super) fn wait(&mut self, step: Step, pod: &Pod, min_ready_seconds: i32, now: Timestamp) {
        self.block(Verdict::Waiting { step, pod: pod.key(), lacks: lack(pod, min_ready_seconds, now) });
    }

    /// The sync's verdict; `settled` if nothing was done and nothing blocked.
    pub(super) fn verdict(self, settled: Verdict) -> Verdict {
        if !self.created.is_empty() {
            return Verdict::Creating { pods: self.created };
        }
        if let Some(pod) = self.replaced {
            return Verdict::Replacing { pod };
        }
        if !self.scaled_down.is_empty() {
            return Verdict::ScalingDown { pods: self.scaled_down };
        }
        if !self.updated.is_empty() {
            return Verdict::Updating { pods: self.updated };
        }
        self.blocked.unwrap_or(settled)
    }
}

/// What the pod lacks, the first thing first.
fn lack(pod: &Pod, min_ready_seconds: i32, now: Timestamp) -> Lack {
    if is_terminating(&pod.metadata) {
        Lack::Gone
    } else if pod::node_name(pod).is_none() {
        Lack::Scheduled
    } else if pod::phase(pod) != "Running" {
        Lack::Running
    } else if is_running_and_available(pod, 0, now) && min_ready_seconds > 0 {
        Lack::Available
    } else {
        Lack::Ready
    }
}
