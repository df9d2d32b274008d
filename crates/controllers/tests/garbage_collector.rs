//! What becomes of objects whose owners cannot be where they would be.

mod harness;

use client::Reconciler;
use client::api::{Body, Request, Verb};
use controllers::garbagecollector::GarbageCollector;
use harness::Cluster;
use k8s_openapi::api::core::v1::Event;
use machinery::version::Features;
use machinery::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

fn config_map(name: &str, owners: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "ownerReferences": owners},
    })
}

fn volume(name: &str, owners: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "ownerReferences": owners},
        "spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
            "nfs": {"path": "/", "server": "s"},
        },
    })
}

fn owner(kind: &str, uid: &str) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "name": "owner", "uid": uid})
}

/// A collector, and an owner in the namespace `default`; with the owner's uid.
fn cluster() -> (Cluster, String) {
    let controllers: Vec<Box<dyn Reconciler>> = vec![Box::<GarbageCollector>::default()];
    let mut cluster = Cluster::new(Features::default(), controllers);
    cluster.create(config_map("owner", &json!([])));
    cluster.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}));
    while cluster.sync() {}
    let key = ObjectKey::new(Kind::ConfigMap, "default", "owner");
    let uid = cluster.server.object(&key).expect("is there").uid().to_owned();
    (cluster, uid)
}

/// Creates an object and lets the collector look at it; whether it is still there, how many owners it has, and what was said.
fn outcome(cluster: &mut Cluster, namespace: &str, manifest: Value) -> (Option<usize>, Vec<String>) {
    let kind = Kind::from_api("v1", manifest["kind"].as_str().expect("a kind")).expect("a kind");
    let key = ObjectKey::new(kind, namespace, manifest["metadata"]["name"].as_str().expect("a name"));
    let before = cluster.server.resource_version();
    cluster.call(Request::new(Verb::Create(Body::Json(manifest)), kind, namespace, ""));
    while cluster.sync() {}
    let event = |object: &Object| match object {
        Object::Event(event) => Some(Event::clone(event)),
        _ => None,
    };
    let events = cluster.changes(before).into_iter().filter_map(|change| event(&change.object));
    let events =
        events.map(|e| format!("{} {}", e.reason.unwrap_or_default(), e.message.unwrap_or_default()));
    let events = events.collect();
    let owners =
        cluster.server.object(&key).map(|found| found.meta().owner_references.iter().flatten().count());
    (owners, events)
}

#[test]
fn an_owner_in_another_namespace_is_absent_and_told_of() {
    let (mut cluster, uid) = cluster();
    let told = |namespace: &str| {
        format!(
            "OwnerRefInvalidNamespace ownerRef [v1/ConfigMap, namespace: {namespace}, name: owner, uid: {uid}] \
             does not exist in namespace \"{namespace}\""
        )
    };
    let ours = owner("ConfigMap", &uid);
    let gone = owner("ConfigMap", "gone");
    let in_n = json!([ours]);
    assert_eq!(outcome(&mut cluster, "default", config_map("a", &in_n)), (Some(1), vec![]), "it is there");
    assert_eq!(outcome(&mut cluster, "default", config_map("b", &json!([gone]))), (None, vec![]), "nowhere");
    assert_eq!(outcome(&mut cluster, "n", config_map("a", &in_n)), (None, vec![told("n")]));
    // What belongs to no namespace has no owner in one, and nobody can look for it.
    assert_eq!(outcome(&mut cluster, "", volume("a", &in_n)), (Some(1), vec![told("")]));
    // It is said once.
    cluster.patch(Kind::PersistentVolume, "a", json!({"metadata": {"labels": {"a": "b"}}}));
    let before = cluster.server.resource_version();
    while cluster.sync() {}
    assert_eq!(cluster.server.resource_version(), before);
}

#[test]
fn an_object_stays_as_it_is_while_nobody_can_look_for_one_of_its_owners() {
    let (mut cluster, _) = cluster();
    let (gone, unknown) = (owner("ConfigMap", "gone"), owner("Unheard", "u"));
    let cases = [
        (config_map("a", &json!([gone, unknown])), "default", Some(2)),
        (config_map("b", &json!([unknown])), "default", Some(1)),
        (volume("c", &json!([gone])), "", Some(1)),
        (
            json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": "d", "ownerReferences": [owner("Node", "gone")]},
            }),
            "",
            None,
        ),
    ];
    for (manifest, namespace, expected) in cases {
        let name = manifest["metadata"]["name"].clone();
        assert_eq!(outcome(&mut cluster, namespace, manifest), (expected, vec![]), "{name}");
    }
}
