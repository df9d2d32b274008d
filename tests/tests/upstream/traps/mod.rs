//! K1 to K43: what really happens where people expect something else, each in the shortest scenario that shows it.

mod names;
mod scaling;
mod updates;

use client::api::Change;
use cluster::{Defect, Write};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::decision::{BrokenLink, Lack, RevisionChoice, Rollout, Step, Verdict};
use machinery::object::controller_of;
use machinery::{Kind, ObjectKey, Resource};
use node::kubelet::NamePattern;
use serde_json::{Value, json};

use crate::lab::{Lab, and, claim, claims, lab, on, parallel, partition, service, set, volume};

fn pod(name: &str) -> ObjectKey {
    ObjectKey::new(Kind::Pod, "default", name)
}

fn on_delete() -> Value {
    json!({"updateStrategy": {"type": "OnDelete"}})
}

/// The statuses that were written since a resourceVersion: replicas, ready, current and updated replicas.
fn statuses(lab: &Lab, since: u64) -> Vec<[i32; 4]> {
    let changes = lab.world().server().watch(Kind::StatefulSet, "default", since).expect("remembered");
    let mut seen: Vec<[i32; 4]> = Vec::new();
    for change in changes {
        let status =
            change.object.get::<StatefulSet>().and_then(|set| set.status.clone()).unwrap_or_default();
        let counts = [status.ready_replicas, status.current_replicas, status.updated_replicas];
        let [ready, current, updated] = counts.map(|count| count.unwrap_or(0));
        let counts = [status.replicas, ready, current, updated];
        if seen.last() != Some(&counts) {
            seen.push(counts);
        }
    }
    seen
}

/// What happened to pods since a resourceVersion: `+web-0`, `-web-0` (asked to go).
fn moves(lab: &Lab, since: u64) -> Vec<String> {
    let changes = lab.world().server().watch(Kind::Pod, "default", since).expect("remembered");
    let told = changes.iter().filter_map(|change| {
        let went = |object: &machinery::Object| object.meta().deletion_timestamp.is_some();
        let asked = went(&change.object) && !change.old.as_ref().is_some_and(went);
        match change.change {
            Change::Added => Some(format!("+{}", change.object.name())),
            Change::Modified if asked => Some(format!("-{}", change.object.name())),
            _ => None,
        }
    });
    told.collect()
}

fn now(lab: &Lab) -> u64 {
    lab.world().server().resource_version()
}

fn retention(when_scaled: &str, when_deleted: &str) -> Value {
    let policy = json!({"whenScaled": when_scaled, "whenDeleted": when_deleted});
    and([claims(), json!({"persistentVolumeClaimRetentionPolicy": policy})])
}
