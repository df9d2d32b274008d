//! The status of a ReplicaSet.
//!
//! Models pkg/controller/replicaset/replica_set_utils.go.

use std::sync::Arc;

use client::Error;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetCondition, ReplicaSetStatus};
use k8s_openapi::api::core::v1::Pod;
use machinery::time::seconds;

use crate::pod::{is_pod_available, is_pod_ready};

const REPLICA_FAILURE: &str = "ReplicaFailure";

/// How many pods the set wants.
pub(super) fn replicas(set: &ReplicaSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

/// How long a pod has to be ready to count as available.
pub(super) fn min_ready_seconds(set: &ReplicaSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0)
}

/// What the set's status is with these active pods, so many that terminate, and after this failure.
pub(super) fn calculate_status(
    set: &ReplicaSet,
    pods: &[Arc<Pod>],
    terminating: Option<usize>,
    failure: Option<&Error>,
    now: Timestamp,
) -> ReplicaSetStatus {
    let template =
        set.spec.as_ref().and_then(|spec| spec.template.as_ref()?.metadata.as_ref()?.labels.as_ref());
    let has_labels = |pod: &Pod| {
        let labels = pod.metadata.labels.as_ref();
        template.into_iter().flatten().all(|(key, value)| labels.and_then(|l| l.get(key)) == Some(value))
    };
    let count = |wanted: &dyn Fn(&Pod) -> bool| {
        i32::try_from(pods.iter().filter(|pod| wanted(pod)).count()).unwrap_or(i32::MAX)
    };
    let some = |count: i32| Some(count).filter(|count| *count > 0);
    let min_ready = min_ready_seconds(set);
    let missing = i64::from(replicas(set)) - i64::try_from(pods.len()).unwrap_or(0);
    ReplicaSetStatus {
        replicas: count(&|_| true),
        fully_labeled_replicas: some(count(&has_labels)),
        ready_replicas: some(count(&|pod| is_pod_ready(pod))),
        available_replicas: some(count(&|pod| is_pod_available(pod, min_ready, now))),
        terminating_replicas: terminating.map(|count| i32::try_from(count).unwrap_or(i32::MAX)),
        observed_generation: set.metadata.generation,
        conditions: conditions(set, failure, missing, now),
    }
}

/// The conditions, with what stands against the wanted number, or without.
fn conditions(
    set: &ReplicaSet,
    failure: Option<&Error>,
    missing: i64,
    now: Timestamp,
) -> Option<Vec<ReplicaSetCondition>> {
    let mut conditions = set.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let known = conditions.iter().any(|condition| condition.type_ == REPLICA_FAILURE);
    match failure {
        None => conditions.retain(|condition| condition.type_ != REPLICA_FAILURE),
        Some(_) if known => {}
        Some(error) => conditions.push(ReplicaSetCondition {
            type_: REPLICA_FAILURE.to_owned(),
            status: "True".to_owned(),
            reason: Some(if missing > 0 { "FailedCreate" } else { "FailedDelete" }.to_owned()),
            message: Some(error.0.clone()),
            last_transition_time: Some(seconds(now)),
        }),
    }
    (!conditions.is_empty()).then_some(conditions)
}
