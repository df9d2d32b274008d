//! Which pods of a ReplicaSet go first.
//!
//! Models getPodsToDelete and getPodsRankedByRelatedPodsOnSameNode of pkg/controller/replicaset/replica_set.go, and
//! ActivePodsWithRanks of pkg/controller/controller_utils.go with LogarithmicScaleDown.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use client::Context;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use machinery::Resource;
use machinery::object::controller_of;
use machinery::time::ms_between;

use super::is_pod_active;
use crate::pod::{is_pod_ready, node_name, phase, ready_transition};

/// On a pod: what its deletion costs; the cheaper ones go first.
const POD_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The pods in the order in which they go.
pub(super) fn rank_for_deletion(cx: &Context<'_>, set: &ReplicaSet, pods: &[Arc<Pod>]) -> Vec<Arc<Pod>> {
    let related = related_pods(cx, set);
    let doubled = |pod: &Pod| related.iter().filter(|other| node_name(other) == node_name(pod)).count();
    let mut ranked: Vec<(usize, Arc<Pod>)> = pods.iter().map(|pod| (doubled(pod), pod.clone())).collect();
    ranked.sort_by(|(rank_a, a), (rank_b, b)| compare((*rank_a, a), (*rank_b, b), cx.now));
    ranked.into_iter().map(|(_, pod)| pod).collect()
}

/// The active pods of every ReplicaSet with the same controller (getIndirectlyRelatedPods).
fn related_pods(cx: &Context<'_>, set: &ReplicaSet) -> Vec<Arc<Pod>> {
    let siblings: Vec<&str> = match controller_of(&set.metadata) {
        None => vec![set.uid()],
        Some(owner) => cx.listers.controlled::<ReplicaSet>(&owner.uid).map(|sibling| sibling.uid()).collect(),
    };
    let of = |uid: &str| {
        cx.listers.controlled::<Pod>(uid).filter(|pod| is_pod_active(pod)).cloned().collect::<Vec<_>>()
    };
    siblings.into_iter().flat_map(of).collect()
}

fn compare((rank_a, a): (usize, &Pod), (rank_b, b): (usize, &Pod), now: Timestamp) -> Ordering {
    let stage = |pod: &Pod| match phase(pod) {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    let cost = |pod: &Pod| -> i32 {
        let annotations = pod.metadata.annotations.as_ref();
        annotations.and_then(|a| a.get(POD_DELETION_COST)).and_then(|cost| cost.parse().ok()).unwrap_or(0)
    };
    let restarts = |pod: &Pod| {
        let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
        statuses.map(|status| status.restart_count).max().unwrap_or(0)
    };
    let created = |pod: &Pod| pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let both_ready = is_pod_ready(a) && is_pod_ready(b);
    node_name(a)
        .is_some()
        .cmp(&node_name(b).is_some())
        .then_with(|| stage(a).cmp(&stage(b)))
        .then_with(|| is_pod_ready(a).cmp(&is_pod_ready(b)))
        .then_with(|| cost(a).cmp(&cost(b)))
        .then_with(|| Reverse(rank_a).cmp(&Reverse(rank_b)))
        .then_with(|| match both_ready {
            true => newer_first(ready_transition(a), ready_transition(b), (a.uid(), b.uid()), now),
            false => Ordering::Equal,
        })
        .then_with(|| Reverse(restarts(a)).cmp(&Reverse(restarts(b))))
        .then_with(|| newer_first(created(a), created(b), (a.uid(), b.uid()), now))
}

/// The younger one first, where their ages differ in their order of magnitude; else by uid.
fn newer_first(
    a: Option<Timestamp>,
    b: Option<Timestamp>,
    (uid_a, uid_b): (&str, &str),
    now: Timestamp,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if a != b => {
            logarithmic_rank(a, now).cmp(&logarithmic_rank(b, now)).then_with(|| uid_a.cmp(uid_b))
        }
        // What has no time yet is the youngest.
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// log2 of the age in nanoseconds, rounded down; -1 for no age.
fn logarithmic_rank(since: Timestamp, now: Timestamp) -> i64 {
    let age_ns = u128::try_from(ms_between(since, now)).unwrap_or(0) * 1_000_000;
    age_ns.checked_ilog2().map_or(-1, i64::from)
}

#[cfg(test)]
mod tests {
    use machinery::{Kind, Object};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_least_useful_pod_goes_first() {
        let now: Timestamp = "2026-01-01T01:00:00Z".parse().expect("a time");
        let pod = |uid: &str,
                   node: &str,
                   phase: &str,
                   ready: &str,
                   since: &str,
                   cost: &str,
                   restarts: i32| {
            let value = json!({
                "metadata": {"name": uid, "uid": uid, "creationTimestamp": "2026-01-01T00:00:00Z",
                    "annotations": {POD_DELETION_COST: cost}},
                "spec": {"nodeName": node, "containers": []},
                "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": since}],
                    "containerStatuses": [{"name": "c", "image": "i", "imageID": "", "ready": true, "restartCount": restarts}]},
            });
            Object::from_value(Kind::Pod, value).expect("a pod").get::<Pod>().cloned().expect("a pod")
        };
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:59:00Z");
        let ordered = [
            (1, pod("no-node", "", "Pending", "False", early, "0", 0)),
            (1, pod("pending", "n", "Pending", "False", early, "0", 0)),
            (1, pod("unready-restarted", "n", "Running", "False", early, "0", 3)),
            (1, pod("unready", "n", "Running", "False", early, "0", 0)),
            (1, pod("cheap", "n", "Running", "True", early, "-5", 0)),
            (3, pod("crowded", "n", "Running", "True", early, "0", 0)),
            (1, pod("young", "n", "Running", "True", late, "0", 0)),
            (1, pod("old", "n", "Running", "True", early, "0", 0)),
        ];
        for pair in ordered.windows(2) {
            let ((rank_a, a), (rank_b, b)) = (&pair[0], &pair[1]);
            assert_eq!(compare((*rank_a, a), (*rank_b, b), now), Ordering::Less, "{} {}", a.name(), b.name());
        }
    }
}
