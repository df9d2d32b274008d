//! The seed's objects, and short ways to ask a world.
#![allow(dead_code, reason = "each test file uses a part")]

use client::Api;
use client::api::{Body, DeleteOptions, Request, Verb};
use cluster::{Config, World};
use k8s_openapi::api::core::v1::{Event, PersistentVolumeClaim, Pod};
use machinery::patch::PatchType;
use machinery::time::after_ms;
use machinery::{Kind, Resource};
use serde_json::{Value, json};

pub const RWX: &[&str] = &["ReadWriteOnce", "ReadWriteMany"];
pub const RWO: &[&str] = &["ReadWriteOnce"];

pub fn volume(name: &str, size: &str, modes: &[&str]) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {"name": name}},
        "spec": {
            "nfs": {"path": format!("/data/volumes/{name}"), "server": "nfs"},
            "accessModes": modes,
            "capacity": {"storage": size},
        },
    })
}

pub fn volumes() -> Vec<Value> {
    vec![
        volume("pv001", "5Gi", RWX),
        volume("pv002", "5Gi", RWO),
        volume("pv003", "5Gi", RWX),
        volume("pv004", "10Gi", RWX),
        volume("pv005", "10Gi", RWX),
    ]
}

pub fn service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "myapp-svc", "labels": {"app": "myapp-svc"}},
        "spec": {"ports": [{"port": 80, "name": "web"}], "selector": {"app": "myapp-pod"}},
    })
}

pub fn set(replicas: i32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "myapp"},
        "spec": {
            "serviceName": "myapp-svc",
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "myapp-pod"}},
            "template": {
                "metadata": {"labels": {"app": "myapp-pod"}},
                "spec": {"containers": [{
                    "name": "myapp-pod",
                    "image": "ikubernetes/myapp:v1",
                    "ports": [{"containerPort": 80, "name": "web"}],
                    "volumeMounts": [{"name": "myappdata", "mountPath": "/usr/share/nginx/html"}],
                }]},
            },
            "volumeClaimTemplates": [{
                "metadata": {"name": "myappdata"},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "5Gi"}},
                },
            }],
        },
    })
}

pub fn pod(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "image": image}]},
    })
}

/// The object with a value at a JSON pointer.
pub fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    object.pointer_mut(parent).expect("the parent is there")[field] = value;
    object
}

/// The object without what is at a JSON pointer.
pub fn without(mut object: Value, pointer: &str) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = object.pointer_mut(parent).and_then(Value::as_object_mut).expect("the parent is there");
    parent.remove(field).expect("it is there");
    object
}

pub fn world_of(objects: impl IntoIterator<Item = Value>) -> World {
    let mut world = world(Config::default());
    for object in objects {
        create(&mut world, object);
    }
    world
}

pub fn world(config: Config) -> World {
    let world = World::new(config);
    assert_eq!(world.failure(), None);
    world
}

/// Creates the object in namespace `default`, as a person does.
pub fn create(world: &mut World, object: Value) {
    let kind = Kind::from_api(
        object["apiVersion"].as_str().unwrap_or_default(),
        object["kind"].as_str().unwrap_or_default(),
    )
    .expect("a known kind");
    let namespace = if kind.is_namespaced() { "default" } else { "" };
    let request = Request::new(Verb::Create(Body::Json(object)), kind, namespace, "");
    world.api().call(request).expect("is created");
}

pub fn patch(world: &mut World, kind: Kind, name: &str, patch: Value) {
    let namespace = if kind.is_namespaced() { "default" } else { "" };
    let request = Request::new(Verb::Patch(PatchType::Strategic, patch), kind, namespace, name);
    world.api().call(request).expect("is patched");
}

pub fn delete(world: &mut World, kind: Kind, name: &str) {
    let request = Request::new(Verb::Delete(DeleteOptions::default()), kind, "default", name);
    world.api().call(request).expect("is deleted");
}

pub fn force_delete(world: &mut World, pod: &str) {
    let options = DeleteOptions { grace_period_seconds: Some(0), ..Default::default() };
    let request = Request::new(Verb::Delete(options), Kind::Pod, "default", pod);
    world.api().call(request).expect("is deleted");
}

pub fn advance(world: &mut World, ms: i64) {
    let to = after_ms(world.now(), ms);
    world.advance_to(to);
    assert_eq!(world.now(), to);
}

/// A world with the seed's volumes, service and set, just created.
pub fn seed(config: Config, replicas: i32) -> World {
    let mut world = world(config);
    for object in volumes().into_iter().chain([service(), set(replicas)]) {
        create(&mut world, object);
    }
    world
}

/// Each pod's name with its phase, and whether it is Ready.
pub fn pods(world: &World) -> Vec<(String, String, bool)> {
    let server = world.server();
    let pods = server.list::<Pod>("default").map(|pod| {
        let status = pod.status.clone().unwrap_or_default();
        let ready = status.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True");
        (pod.name().to_owned(), status.phase.unwrap_or_default(), ready)
    });
    pods.collect()
}

pub fn running(names: &[&str]) -> Vec<(String, String, bool)> {
    names.iter().map(|name| ((*name).to_owned(), "Running".to_owned(), true)).collect()
}

/// Each claim with its volume.
pub fn claims(world: &World) -> Vec<(String, String)> {
    let claims = world.server().list::<PersistentVolumeClaim>("default").map(|claim| {
        let volume = claim.spec.as_ref().and_then(|s| s.volume_name.clone());
        (claim.name().to_owned(), volume.unwrap_or_default())
    });
    claims.collect()
}

/// The reasons and messages of the events about an object, in the order of their names' times.
pub fn events(world: &World, about: &str) -> Vec<(String, String, i32)> {
    let mut events: Vec<&Event> = world
        .server()
        .list::<Event>("default")
        .map(|event| &**event)
        .filter(|event| event.involved_object.name.as_deref() == Some(about))
        .collect();
    events.sort_by_key(|event| event.name().rsplit('.').next().map(str::to_owned));
    let told = events.into_iter().map(|e| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        (text(&e.reason), text(&e.message), e.series.as_ref().and_then(|s| s.count).or(e.count).unwrap_or(1))
    });
    told.collect()
}

/// The same as lines: `REASON xCOUNT: MESSAGE`.
pub fn told(world: &World, about: &str) -> Vec<String> {
    events(world, about)
        .into_iter()
        .map(|(reason, message, count)| format!("{reason} x{count}: {message}"))
        .collect()
}

/// The reason for which the pod's only container waits, or what else it does.
pub fn container_state(world: &World, pod: &str) -> String {
    let pod = world.server().get::<Pod>("default", pod).expect("the pod is there");
    let statuses = pod.status.iter().flat_map(|s| s.container_statuses.iter().flatten());
    let state = statuses.filter_map(|s| s.state.clone()).next().unwrap_or_default();
    match (state.waiting, state.running, state.terminated) {
        (Some(waiting), _, _) => waiting.reason.unwrap_or_default(),
        (_, Some(_), _) => "Running".to_owned(),
        (_, _, Some(terminated)) => terminated.reason.unwrap_or_default(),
        _ => String::new(),
    }
}
