//! The cluster's objects in short, as the recordings hold them after each step.

use std::collections::BTreeMap;

use apiserver::Server;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::discovery::v1::Endpoint;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::{EndpointSlice, Resource};
use serde_json::{Map, Value, json};

/// Objects by kind (`pod`, `pvc`, `pv`, `sts`, `cr`, `slice`) and name; kinds without objects are absent, but `slice` is always there.
pub fn of(server: &Server) -> BTreeMap<String, BTreeMap<String, Value>> {
    let mut state = BTreeMap::new();
    insert::<Pod>(&mut state, server, "pod", pod_state);
    insert::<PersistentVolumeClaim>(&mut state, server, "pvc", claim_state);
    insert::<PersistentVolume>(&mut state, server, "pv", volume_state);
    insert::<StatefulSet>(&mut state, server, "sts", set_state);
    insert::<ControllerRevision>(
        &mut state,
        server,
        "cr",
        |cr| json!({"revision": cr.revision, "owners": owners(&cr.metadata)}),
    );
    let slices = server
        .list::<EndpointSlice>("")
        .filter_map(|slice| Some((service_of(slice)?.to_owned(), slice_state(slice))))
        .filter(|(service, _)| service != "kubernetes")
        .collect();
    state.insert("slice".to_owned(), slices);
    state
}

fn insert<K: Resource>(
    state: &mut BTreeMap<String, BTreeMap<String, Value>>,
    server: &Server,
    kind: &str,
    short: impl Fn(&K) -> Value,
) {
    let objects: BTreeMap<String, Value> =
        server.list::<K>("").map(|object| (object.name().to_owned(), short(object))).collect();
    if !objects.is_empty() {
        state.insert(kind.to_owned(), objects);
    }
}

fn pod_state(pod: &Pod) -> Value {
    let spec = pod.spec.clone().unwrap_or_default();
    let mut labels = pod.metadata.labels.clone().unwrap_or_default();
    labels.remove("controller-revision-hash");
    let claims: BTreeMap<String, String> = spec
        .volumes
        .iter()
        .flatten()
        .filter_map(|v| Some((v.name.clone(), v.persistent_volume_claim.as_ref()?.claim_name.clone())))
        .collect();
    let images: Vec<_> = spec.containers.iter().map(|c| c.image.clone()).collect();
    let mut short = json!({
        "phase": phase(pod), "ready": is_ready(pod), "revision": revision(pod), "images": images,
        "scheduled": is_scheduled(pod), "labels": labels, "owners": owners(&pod.metadata),
    });
    if let Value::Object(map) = &mut short {
        put(map, "claims", (!claims.is_empty()).then(|| json!(claims)));
        put(map, "hostname", spec.hostname.map(Value::from));
        put(map, "subdomain", spec.subdomain.map(Value::from));
        put(map, "waiting", waiting(pod).map(|reason| json!([reason])));
        put(map, "terminating", terminating(&pod.metadata));
    }
    short
}

fn claim_state(claim: &PersistentVolumeClaim) -> Value {
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    let request = spec.resources.and_then(|r| r.requests).and_then(|r| r.get("storage").cloned());
    let mut short = json!({
        "phase": status.phase, "accessModes": spec.access_modes, "request": request,
        "owners": owners(&claim.metadata), "finalizers": claim.metadata.finalizers,
    });
    if let Value::Object(map) = &mut short {
        put(map, "volumeName", spec.volume_name.map(Value::from));
        put(map, "capacity", status.capacity.and_then(|c| c.get("storage").map(|q| json!(q))));
        put(map, "storageClassName", spec.storage_class_name.map(Value::from));
        put(map, "terminating", terminating(&claim.metadata));
    }
    short
}

fn volume_state(volume: &PersistentVolume) -> Value {
    let spec = volume.spec.clone().unwrap_or_default();
    let claim = spec.claim_ref.map(|c| {
        let no_uid = if c.uid.unwrap_or_default().is_empty() { " (no uid)" } else { "" };
        json!(format!("{}/{}{no_uid}", c.namespace.unwrap_or_default(), c.name.unwrap_or_default()))
    });
    let mut short = json!({
        "phase": volume.status.as_ref().and_then(|s| s.phase.clone()),
        "capacity": spec.capacity.and_then(|c| c.get("storage").cloned()),
        "accessModes": spec.access_modes,
        "reclaimPolicy": spec.persistent_volume_reclaim_policy,
        "finalizers": volume.metadata.finalizers,
    });
    if let Value::Object(map) = &mut short {
        put(map, "claim", claim);
        put(map, "storageClassName", spec.storage_class_name.map(Value::from));
        put(map, "terminating", terminating(&volume.metadata));
    }
    short
}

fn set_state(set: &StatefulSet) -> Value {
    let spec = set.spec.clone().unwrap_or_default();
    let images: Vec<_> =
        spec.template.spec.iter().flat_map(|s| &s.containers).map(|c| c.image.clone()).collect();
    json!({
        "generation": set.metadata.generation, "replicas": spec.replicas,
        "updateStrategy": spec.update_strategy, "images": images, "status": set.status,
    })
}

fn slice_state(slice: &EndpointSlice) -> Value {
    let endpoints = slice.endpoints.iter().flatten().map(|endpoint| {
        let conditions = endpoint.conditions.clone().unwrap_or_default();
        let short = json!({
            "hostname": endpoint.hostname, "ready": conditions.ready, "serving": conditions.serving,
            "terminating": conditions.terminating,
        });
        (target(endpoint).to_owned(), short)
    });
    Value::Object(endpoints.collect())
}

fn put(map: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value);
    }
}

fn terminating(meta: &ObjectMeta) -> Option<Value> {
    meta.deletion_timestamp.is_some().then_some(Value::Bool(true))
}

/// The service that a slice belongs to.
pub fn service_of(slice: &EndpointSlice) -> Option<&str> {
    slice.metadata.labels.as_ref()?.get("kubernetes.io/service-name").map(String::as_str)
}

/// The pod that an endpoint stands for.
pub fn target(endpoint: &Endpoint) -> &str {
    endpoint.target_ref.as_ref().and_then(|t| t.name.as_deref()).unwrap_or_default()
}

/// `StatefulSet/web` for each owner.
pub fn owners(meta: &ObjectMeta) -> Vec<String> {
    meta.owner_references.iter().flatten().map(|o| format!("{}/{}", o.kind, o.name)).collect()
}

/// The pod's phase.
pub fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default()
}

/// Whether condition Ready is True.
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|s| s.conditions.iter().flatten());
    conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True")
}

/// Whether the pod has a node.
pub fn is_scheduled(pod: &Pod) -> bool {
    pod.spec.as_ref().is_some_and(|s| s.node_name.is_some())
}

/// Why the first waiting container waits.
pub fn waiting(pod: &Pod) -> Option<&str> {
    let statuses = pod.status.iter().flat_map(|s| s.container_statuses.iter().flatten());
    statuses.filter_map(|c| c.state.as_ref()?.waiting.as_ref()?.reason.as_deref()).next()
}

/// The name of the pod's ControllerRevision.
pub fn revision(pod: &Pod) -> Option<&str> {
    pod.metadata.labels.as_ref()?.get("controller-revision-hash").map(String::as_str)
}
