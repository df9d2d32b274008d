//! Why a sync did what it did, gathered along the way and told once at its end.
//!
//! Invariant: one verdict a sync; what was done outweighs what is waited for.

use client::{Context, Error, Listers};
use k8s_openapi::api::core::v1::{Node, Pod};
use machinery::ObjectKey;
use machinery::decision::{Created, Lack, Verdict};
use machinery::object::is_terminating;
use machinery::time::after_ms;

use crate::pod;

/// What a sync did and met.
#[derive(Default)]
pub(super) struct Reason {
    pub created: Vec<Created>,
    pub replaced: Option<ObjectKey>,
    pub scaled_down: Vec<ObjectKey>,
    pub updated: Vec<ObjectKey>,
    /// The first thing that blocked.
    blocked: Option<Verdict>,
    /// The rule behind the first refusal.
    refused: Option<Verdict>,
}

impl Reason {
    /// A step stopped; the first reason is the one that is told.
    pub(super) fn block(&mut self, verdict: Verdict) {
        self.blocked.get_or_insert(verdict);
    }

    /// A step failed, and the rule is known.
    pub(super) fn refuse(&mut self, verdict: Verdict) {
        self.refused.get_or_insert(verdict);
    }

    /// What was done, or else what blocked; `None` if neither.
    pub(super) fn verdict(self) -> Option<Verdict> {
        if !self.created.is_empty() {
            return Some(Verdict::Creating { pods: self.created });
        }
        if let Some(pod) = self.replaced {
            return Some(Verdict::Replacing { pod });
        }
        if !self.scaled_down.is_empty() {
            return Some(Verdict::ScalingDown { pods: self.scaled_down });
        }
        if !self.updated.is_empty() {
            return Some(Verdict::Updating { pods: self.updated });
        }
        self.blocked
    }

    /// What is known about the error that ended the sync.
    pub(super) fn failure(self, error: Error) -> Failure {
        Failure { error, rule: self.refused }
    }
}

/// What ended a sync: the error that is retried, and the rule of the set's own behind it, if there is one.
#[derive(Clone)]
pub(super) struct Failure {
    pub error: Error,
    pub rule: Option<Verdict>,
}

impl Failure {
    /// What is told about the set.
    pub(super) fn verdict(&self) -> Verdict {
        self.rule.clone().unwrap_or_else(|| Verdict::Failed { message: self.error.0.clone() })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, rule: None }
    }
}

/// What an unavailable pod lacks, the first thing first.
pub(super) fn lack(cx: &Context<'_>, pod: &Pod, min_ready_seconds: i32) -> Lack {
    if is_node_lost(cx.listers, pod) {
        return Lack::Node;
    }
    if is_terminating(&pod.metadata) {
        return Lack::Gone;
    }
    if pod::node_name(pod).is_none() {
        return Lack::Scheduled;
    }
    if pod::phase(pod) != "Running" {
        return Lack::Running;
    }
    let left = pod::next_pod_availability_check(pod, min_ready_seconds, cx.now);
    let left = left.and_then(|ms| i64::try_from(ms).ok());
    left.map_or(Lack::Ready, |ms| Lack::Available { at: after_ms(cx.now, ms) })
}

/// Whether nobody answers for the pod: its node is gone, or does not report any more.
fn is_node_lost(listers: &Listers, pod: &Pod) -> bool {
    let Some(name) = pod::node_name(pod) else {
        return false;
    };
    listers.get::<Node>("", name).is_none_or(|node| {
        let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
        conditions.filter(|condition| condition.type_ == "Ready").any(|ready| ready.status != "True")
    })
}
