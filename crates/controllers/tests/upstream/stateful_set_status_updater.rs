//! stateful_set_status_updater_test.go and compatibility_test.go.

use controllers::history::hash_controller_revision;
use k8s_openapi::api::apps::v1::ControllerRevision;
use machinery::decision::RevisionChoice;
use machinery::version::{Features, Version};
use machinery::{Kind, Resource, Status};
use serde_json::{Value, json};

use crate::fixture::{Fixture, failed, invariants, set};
use crate::harness::Refuse;

fn fixture() -> Fixture {
    Fixture::new(Features::default(), set(3))
}

fn conflicts(fixture: &mut Fixture, times: usize) {
    let status = Status::modified(Kind::StatefulSet, "foo");
    fixture.cluster.refuse(Refuse { verb: "status", kind: Kind::StatefulSet, after: 0, times, status });
}

#[test]
fn stateful_set_updater_updates_set_status() {
    let mut fixture = fixture();
    fixture.sync();
    assert_eq!(fixture.status().replicas, 0, "the pod of this sync is not yet counted");
    fixture.sync();
    assert_eq!(fixture.status().replicas, 1);
    let resource_version = fixture.set().metadata.resource_version;
    fixture.sync();
    assert_eq!(fixture.set().metadata.resource_version, resource_version, "nothing new is nothing written");
}

#[test]
fn stateful_status_updater_updates_observed_generation() {
    let mut fixture = fixture();
    fixture.scale_up(invariants);
    for replicas in [4, 5] {
        fixture.scale(replicas);
        assert!(fixture.status().observed_generation < fixture.set().metadata.generation);
        fixture.sync();
        assert_eq!(fixture.status().observed_generation, fixture.set().metadata.generation);
    }
}

#[test]
fn stateful_set_updater_update_replicas_failure() {
    let mut fixture = fixture();
    fixture.fail("status", Kind::StatefulSet, 0);
    assert_eq!(fixture.try_sync().expect_err("refused").0, failed().message);
}

#[test]
fn stateful_set_updater_update_replicas_conflict() {
    let mut fixture = fixture();
    conflicts(&mut fixture, 1);
    fixture.sync();
    assert_eq!(Fixture::count(&fixture.cluster.calls(), "status", Kind::StatefulSet), 2);
    assert_eq!(fixture.status().observed_generation, Some(1));
}

#[test]
fn stateful_set_updater_update_replicas_conflict_failure() {
    let mut fixture = fixture();
    conflicts(&mut fixture, 99);
    assert!(fixture.try_sync().expect_err("refused").0.contains("the object has been modified"));
    assert_eq!(fixture.status().observed_generation, None);
}

#[test]
fn stateful_set_updater_get_available_replicas() {
    let mut fixture = fixture();
    fixture.scale_up(invariants);
    assert_eq!(fixture.status().available_replicas, Some(3));
    fixture.set_ready(1, false);
    fixture.sync();
    assert_eq!(fixture.status().available_replicas, Some(2));
}

/// Upstream's compatibility_set and its revision as 1.33 and 1.34 stored them: they differ in `creationTimestamp` alone.
fn compatibility_set() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "foo"},
        "spec": {
            "replicas": 1, "serviceName": "test", "selector": {"matchLabels": {"app": "foo"}},
            "template": {
                "metadata": {"labels": {"app": "foo"}, "annotations": {"test": "value"}},
                "spec": {"containers": [{"name": "test", "image": "test"}]},
            },
        },
    })
}

#[test]
fn stateful_set_compatibility() {
    let mut fixture = Fixture::new(Features::of(Version::V1_36), compatibility_set());
    fixture.sync();
    let own = fixture.revisions().remove(0);
    assert_eq!(own.name(), "foo-776999688b", "upstream's hash of 1.34's data");
    // The same set, stored by 1.33, has another revision, and no new one is made.
    let mut data = own.data.clone().expect("data").0;
    data["spec"]["template"]["metadata"]["creationTimestamp"] = Value::Null;
    assert_eq!(hash_controller_revision(&data, 0), "c77f6d978", "upstream's hash of 1.33's data");
    let mut fixture = Fixture::new(Features::of(Version::V1_36), compatibility_set());
    let mut old: ControllerRevision = own;
    old.metadata = Default::default();
    let mut value = json!(old);
    value["apiVersion"] = json!("apps/v1");
    value["kind"] = json!("ControllerRevision");
    value["metadata"] = json!({"name": "foo-c77f6d978", "labels": {"app": "foo"}});
    value["data"] = data;
    fixture.cluster.create(value);
    fixture.sync();
    let names: Vec<String> = fixture.revisions().iter().map(|r| r.name().to_owned()).collect();
    assert_eq!(names, ["foo-c77f6d978"], "the stored revision is adopted and kept");
    assert_eq!(fixture.choice(), RevisionChoice::Equivalent);
    assert_eq!(fixture.status().update_revision.as_deref(), Some("foo-c77f6d978"));
}
