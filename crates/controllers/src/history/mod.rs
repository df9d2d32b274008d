//! ControllerRevisions: what a set's template was, as data with a name that follows from it.
//!
//! Models pkg/controller/history/controller_history.go and apimachinery/pkg/util/rand (SafeEncodeString).
//! Invariant: equal data and collision count give the same hash as a real cluster, byte for byte.
//!
//! Departs: after a write conflict the revision is read live, where upstream asks its cache again a moment later.

use std::sync::Arc;

use client::{Client, Context, Error};
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use machinery::labels::{Labels, Selector};
use machinery::object::controller_of;
use machinery::patch::PatchType;
use machinery::{Kind, Resource, json};
use serde_json::Value;

use crate::controller_ref_manager::adopt_patch;

/// The label that holds the hash under which a revision was first made.
pub const CONTROLLER_REVISION_HASH_LABEL: &str = "controller.kubernetes.io/hash";

/// Bytes of the parent's name that fit into a revision's name.
const PREFIX_MAX: usize = 223;

/// The name of a revision: `<parent>-<hash>`.
pub fn controller_revision_name(prefix: &str, hash: &str) -> String {
    // Names are ASCII, but a slice must not be able to panic.
    let prefix = prefix.get(..PREFIX_MAX).unwrap_or(prefix);
    format!("{prefix}-{hash}")
}

/// A revision of `parent`, not yet stored. `labels` are the template's.
pub fn new_controller_revision(
    parent: &ObjectMeta,
    owner: OwnerReference,
    labels: Option<&Labels>,
    data: Value,
    revision: i64,
    collision_count: i32,
) -> ControllerRevision {
    let hash = hash_controller_revision(&data, collision_count);
    let mut labels = labels.cloned().unwrap_or_default();
    labels.insert(CONTROLLER_REVISION_HASH_LABEL.to_owned(), hash.clone());
    ControllerRevision {
        metadata: ObjectMeta {
            name: Some(controller_revision_name(parent.name.as_deref().unwrap_or_default(), &hash)),
            namespace: parent.namespace.clone(),
            labels: Some(labels),
            owner_references: Some(vec![owner]),
            ..Default::default()
        },
        data: Some(RawExtension(data)),
        revision,
    }
}

/// The hash of a revision's data: FNV-1 over its JSON and the collision count, in letters that spell no words.
pub fn hash_controller_revision(data: &Value, collision_count: i32) -> String {
    let bytes = json::to_string(data) + &collision_count.to_string();
    safe_encode_string(&fnv32(bytes.as_bytes()).to_string())
}

/// FNV-1 with 32 bits (Go's hash/fnv New32): multiply, then xor.
fn fnv32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(2_166_136_261, |hash: u32, &byte| hash.wrapping_mul(16_777_619) ^ u32::from(byte))
}

fn safe_encode_string(text: &str) -> String {
    const ALPHANUMS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    text.bytes().map(|byte| char::from(ALPHANUMS[usize::from(byte) % ALPHANUMS.len()])).collect()
}

/// Oldest first; equal numbers by age, then by name.
pub fn sort_controller_revisions(revisions: &mut [Arc<ControllerRevision>]) {
    revisions.sort_by(|a, b| {
        let age = |r: &ControllerRevision| r.metadata.creation_timestamp.as_ref().map(|time| time.0);
        (a.revision, age(a), a.name()).cmp(&(b.revision, age(b), b.name()))
    });
}

/// The revisions whose data equals `data`, in the given order.
pub fn find_equal_revisions<'r>(
    revisions: &'r [Arc<ControllerRevision>],
    data: &Value,
) -> Vec<&'r Arc<ControllerRevision>> {
    revisions.iter().filter(|revision| revision_data(revision) == Some(data)).collect()
}

/// What a revision records.
pub fn revision_data(revision: &ControllerRevision) -> Option<&Value> {
    revision.data.as_ref().map(|data| &data.0)
}

/// The revisions that match the selector and belong to `parent` or to nobody.
pub fn list_controller_revisions(
    cx: &Context<'_>,
    parent: &ObjectMeta,
    selector: &Selector,
) -> Vec<Arc<ControllerRevision>> {
    let uid = parent.uid.as_deref().unwrap_or_default();
    cx.listers
        .list::<ControllerRevision>(parent.namespace.as_deref().unwrap_or_default())
        .filter(|revision| selector.matches(revision.metadata.labels.as_ref()))
        .filter(|revision| controller_of(&revision.metadata).is_none_or(|owner| owner.uid == uid))
        .cloned()
        .collect()
}

/// Stores a revision; while its name is taken by other data, counts a collision and tries the next name.
///
/// # Errors
/// The API's refusal.
pub fn create_controller_revision(
    cx: &mut Context<'_>,
    parent: &ObjectMeta,
    mut revision: ControllerRevision,
    collision_count: &mut i32,
) -> Result<Arc<ControllerRevision>, Error> {
    loop {
        let data = revision_data(&revision).unwrap_or(&Value::Null);
        let hash = hash_controller_revision(data, *collision_count);
        let name = controller_revision_name(parent.name.as_deref().unwrap_or_default(), &hash);
        revision.metadata.name = Some(name.clone());
        match cx.api.create(revision.clone()) {
            Err(status) if status.is_already_exists() => {
                let exists = cx.api.get::<ControllerRevision>(revision.namespace(), &name)?;
                if exists.data == revision.data {
                    return Ok(exists);
                }
                *collision_count = collision_count.wrapping_add(1);
            }
            created => return Ok(created?),
        }
    }
}

/// Gives a revision a new number.
///
/// # Errors
/// The API's refusal, if it also refuses the freshest version.
pub fn update_controller_revision(
    cx: &mut Context<'_>,
    revision: &Arc<ControllerRevision>,
    number: i64,
) -> Result<Arc<ControllerRevision>, Error> {
    if revision.revision == number {
        return Ok(revision.clone());
    }
    match cx.api.update(ControllerRevision { revision: number, ..(**revision).clone() }) {
        Err(status) if status.is_conflict() => {
            let fresh = cx.api.get::<ControllerRevision>(revision.namespace(), revision.name())?;
            Ok(cx.api.update(ControllerRevision { revision: number, ..(*fresh).clone() })?)
        }
        updated => Ok(updated?),
    }
}

/// Removes a revision.
///
/// # Errors
/// The API's refusal.
pub fn delete_controller_revision(cx: &mut Context<'_>, revision: &ControllerRevision) -> Result<(), Error> {
    let (namespace, name) = (revision.namespace(), revision.name());
    Ok(cx.api.delete(Kind::ControllerRevision, namespace, name, Default::default())?)
}

/// Makes `set` the controller of a revision that has none.
///
/// # Errors
/// The API's refusal.
pub fn adopt_controller_revision(
    cx: &mut Context<'_>,
    set: &StatefulSet,
    revision: &ControllerRevision,
) -> Result<Arc<ControllerRevision>, Error> {
    let patch = adopt_patch(Kind::StatefulSet, &set.metadata, &revision.metadata);
    Ok(cx.api.patch(&revision.metadata, PatchType::Strategic, patch)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn data(mut template: Value) -> Value {
        template["$patch"] = json!("replace");
        json!({"spec": {"template": template}})
    }

    /// Upstream's compatibility_revision_1.33.0.json and 1.34.0.json: they differ in `creationTimestamp` alone.
    fn compatibility(meta: Value) -> Value {
        data(json!({
            "metadata": meta,
            "spec": {
                "containers": [{
                    "image": "test", "imagePullPolicy": "Always", "name": "test", "resources": {},
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                }],
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30,
            },
        }))
    }

    /// The defaulted template of `stateful-demo.yaml` with another image.
    fn stateful_demo(image: &str) -> Value {
        data(json!({
            "metadata": {"labels": {"app": "myapp-pod"}},
            "spec": {
                "containers": [{
                    "image": image, "imagePullPolicy": "IfNotPresent", "name": "myapp-pod",
                    "ports": [{"containerPort": 80, "name": "web", "protocol": "TCP"}],
                    "resources": {},
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                    "volumeMounts": [{"mountPath": "/usr/share/nginx/html", "name": "myappdata"}],
                }],
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30,
            },
        }))
    }

    #[test]
    fn hashes_are_those_of_real_clusters() {
        let test = json!({"annotations": {"test": "value"}, "labels": {"app": "foo"}});
        let mut test_1_33 = test.clone();
        test_1_33["creationTimestamp"] = Value::Null;
        let cases = [
            (compatibility(test_1_33), "c77f6d978"),
            (compatibility(test), "776999688b"),
            (stateful_demo("ikubernetes/myapp:v1"), "57ff9c7569"),
            (stateful_demo("ikubernetes/myapp:v2"), "55c48486c8"),
            (stateful_demo("ikubernetes/myapp:v3"), "67d4c86f95"),
        ];
        for (data, hash) in cases {
            assert_eq!(hash_controller_revision(&data, 0), hash);
            assert_ne!(hash_controller_revision(&data, 1), hash, "a collision changes the hash");
        }
    }

    #[test]
    fn names_keep_223_bytes_of_the_parent() {
        assert_eq!(controller_revision_name("web", "57ff9c7569"), "web-57ff9c7569");
        assert_eq!(controller_revision_name(&"w".repeat(250), "h").len(), 225);
    }

    #[test]
    fn revisions_sort_by_number_then_age_then_name() {
        let revision = |name: &str, number: i64, created: &str| {
            let creation_timestamp = Some(machinery::time::seconds(created.parse().expect("a time")));
            let metadata =
                ObjectMeta { name: Some(name.to_owned()), creation_timestamp, ..Default::default() };
            Arc::new(ControllerRevision { metadata, data: None, revision: number })
        };
        let mut revisions = [
            revision("d", 2, "2026-01-01T00:00:00Z"),
            revision("c", 1, "2026-01-01T00:00:01Z"),
            revision("b", 1, "2026-01-01T00:00:00Z"),
            revision("a", 1, "2026-01-01T00:00:00Z"),
        ];
        sort_controller_revisions(&mut revisions);
        assert_eq!(revisions.iter().map(|r| r.name()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    }
}
