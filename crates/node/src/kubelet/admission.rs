//! Whether a kubelet takes a pod that has been given to its node.
//!
//! Models pkg/kubelet/lifecycle/predicate.go (`Admit`), the scheduler's `AdmissionCheck` that it asks, and `rejectPod` of
//! pkg/kubelet/kubelet.go (v1.36.2). Departs: no pod is critical, so none makes room for itself by ending others; a refusal
//! takes as long as a sandbox, so that a set whose pods are refused goes round at a pace that people can watch.
//! Invariant: a pod that was refused has never had a container.

use client::Error;
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use machinery::Resource;
use machinery::time::seconds;

use super::{Turn, status};
use crate::scheduler::cache::{Cache, Load, Space};
use crate::scheduler::filters::{self, Shortage};

/// The operating system of all nodes.
const SYSTEM: &str = "linux";

/// Why a kubelet does not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    reason: String,
    message: String,
}

impl Rejection {
    fn new(reason: &str, message: &str) -> Rejection {
        Rejection { reason: reason.to_owned(), message: message.to_owned() }
    }

    /// A filter's (PredicateFailureError).
    fn by_filter(filter: &str, why: &str) -> Rejection {
        Rejection::new(filter, &format!("Predicate {filter} failed: {why}"))
    }

    /// For want of something (InsufficientResourceError).
    fn for_want(shortage: Shortage<'_>) -> Rejection {
        let Shortage { resource, requested, used, capacity } = shortage;
        let numbers = format!("requested: {requested}, used: {used}, capacity: {capacity}");
        let message = format!("Node didn't have enough resource: {resource}, {numbers}");
        Rejection { reason: format!("OutOf{resource}"), message }
    }
}

/// Why the pod's node, which has taken those others, does not take the pod: the first reason that there is.
pub(super) fn reject(turn: &Turn<'_, '_>, admitted: &Cache) -> Option<Rejection> {
    let (pod, node, listers) = (&*turn.pod, turn.node()?, turn.cx.listers);
    let system = pod.spec.as_ref().and_then(|spec| spec.os.as_ref());
    if system.is_some_and(|system| system.name != SYSTEM) {
        let message = "Failed to admit pod as the OS field doesn't match node OS";
        return Some(Rejection::new("PodOSNotSupported", message));
    }
    let space = Space { room: Load::allocatable(&node), load: admitted.load_of(node.name()) };
    let wanted = Load::of(pod).without_unknown(&space.room);
    if let Some(shortage) = filters::shortages(&wanted, &space).next() {
        return Some(Rejection::for_want(shortage));
    }
    if !filters::selects(pod, &node) {
        return Some(Rejection::by_filter("NodeAffinity", filters::NOT_SELECTED));
    }
    if filters::takes_ports(pod, &node, admitted, listers) {
        return Some(Rejection::by_filter("NodePorts", filters::NO_FREE_PORTS));
    }
    let evicts = filters::untolerated(pod, &node, &["NoExecute"]).is_some();
    evicts.then(|| Rejection::by_filter("TaintToleration", "node(s) had taints that the pod didn't tolerate"))
}

/// Says that the pod was refused: of what was known of it only what is not a kubelet's stays.
pub(super) fn refuse(
    turn: &mut Turn<'_, '_>,
    Rejection { reason, message }: &Rejection,
) -> Result<(), Error> {
    turn.tell(&Pod::wrap(turn.pod.clone()), "Warning", reason, message);
    let before = turn.status();
    turn.write(PodStatus {
        phase: Some("Failed".to_owned()),
        reason: Some(reason.clone()),
        message: Some(format!("Pod was rejected: {message}")),
        start_time: Some(seconds(turn.cx.now)),
        conditions: status::of_others(before.conditions),
        qos_class: before.qos_class,
        ..Default::default()
    })
}
