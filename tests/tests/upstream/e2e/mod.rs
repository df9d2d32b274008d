//! J.6: Kubernetes' end-to-end tests of StatefulSets (test/e2e/apps/statefulset.go), by name.

mod integration;
mod retention;
mod statefulset;

use client::Api;
use client::api::{Answer, Request, Subresource, Verb};
use cluster::Defect;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::decision::{Lack, RevisionChoice, Step, Verdict};
use machinery::object::controller_of;
use machinery::version::{Features, Version};
use machinery::{Kind, ObjectKey, Resource};
use node::kubelet::NamePattern;
use serde_json::{Value, json};

use crate::lab::{Lab, and, claims, lab, on, parallel, partition, service, set};

fn both_versions() -> impl Iterator<Item = Lab> {
    Version::ALL.into_iter().map(|version| Lab::with(Features::of(version)))
}

fn ready(tags: &[&str]) -> Vec<String> {
    tags.iter().enumerate().map(|(ordinal, tag)| format!("web-{ordinal}:{tag} ready")).collect()
}

fn pod(name: &str) -> ObjectKey {
    ObjectKey::new(Kind::Pod, "default", name)
}

fn uids(lab: &Lab) -> Vec<String> {
    lab.list::<Pod>().iter().map(|pod| pod.uid().to_owned()).collect()
}

/// Which ordinals were asked to go, in order.
fn deletions(lab: &Lab, since: u64) -> Vec<String> {
    let changes = lab.world().server().watch(Kind::Pod, "default", since).expect("remembered");
    let went = |object: &machinery::Object| object.meta().deletion_timestamp.is_some();
    let asked = changes.iter().filter(|c| went(&c.object) && !c.old.as_ref().is_some_and(went));
    asked.map(|change| change.object.name().to_owned()).collect()
}

fn now(lab: &Lab) -> u64 {
    lab.world().server().resource_version()
}

fn retention(when_scaled: &str, when_deleted: &str) -> Value {
    let policy = json!({"whenScaled": when_scaled, "whenDeleted": when_deleted});
    and([claims(), json!({"persistentVolumeClaimRetentionPolicy": policy})])
}

fn claim_names(lab: &Lab) -> Vec<String> {
    lab.list::<PersistentVolumeClaim>().iter().map(|claim| claim.name().to_owned()).collect()
}

/// Another set to be an owner; its uid.
fn on_other_set(lab: &mut Lab) -> String {
    let mut other = set(
        0,
        json!({"selector": {"matchLabels": {"app": "o"}}, "template": {"metadata": {"labels": {"app": "o"}}}}),
    );
    other["metadata"]["name"] = json!("other");
    lab.apply(&other);
    lab.set("other").uid().to_owned()
}

/// Gives the claim another controller.
fn own(lab: &mut Lab, claim: &str, uid: &str) {
    let owner = json!([{
        "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "other", "uid": uid,
        "controller": true, "blockOwnerDeletion": true,
    }]);
    let patch = json!({"metadata": {"ownerReferences": owner}});
    lab.kubectl(&format!("patch pvc {claim} --type=merge -p '{patch}'"));
}

fn owners(lab: &Lab, claim: &str) -> Vec<String> {
    lab.claim(claim).metadata.owner_references.iter().flatten().map(|owner| owner.name.clone()).collect()
}

fn ordinals(lab: &Lab) -> Vec<String> {
    lab.list::<Pod>().iter().map(|pod| pod.name().replace("web-", "")).collect()
}

fn starting_at(start: Value) -> Value {
    json!({"ordinals": start})
}
