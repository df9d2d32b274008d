//! What a cluster holds before anyone has asked for anything: namespaces, nodes, and the API server's own service.
//!
//! Models what kubeadm, the API server (pkg/controlplane) and the kubelets register.

use client::Api;
use client::api::{Answer, Body, Refusal, Request, Subresource, Verb};
use controllers::kubernetesservice;
use k8s_openapi::api::core::v1::Node;
use machinery::version::Version;
use machinery::{Kind, Object, Resource, Status};
use node::kubelet::{Profile, node_status};
use serde_json::{Value, json};

use crate::world::Config;

const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
/// Where nodes stand, in turn; the first one is the second node's.
const ZONES: [&str; 3] = ["zone-c", "zone-a", "zone-b"];
/// A namespace; what begins with `$` is its own.
const NAMESPACE: &str = r#"{"metadata": {"name": "$NAME", "labels": {"kubernetes.io/metadata.name": "$NAME"}}, "status": {"phase": "Active"}}"#;
/// A node likewise.
const NODE: &str = include_str!("node.json");

/// Who makes what the API server itself needs, and who the nodes.
const SERVER: &str = "kube-apiserver";
const KUBELET: &str = "kubelet";

/// Creates all of it.
///
/// # Errors
/// If the API server refuses one, which is our own fault.
pub(crate) fn set_up(api: &mut dyn Api, config: &Config) -> Result<(), Refusal> {
    for name in NAMESPACES {
        create(api, object(Kind::Namespace, filled(NAMESPACE, &[("$NAME", name.to_owned())]))?, SERVER)?;
    }
    create(api, kubernetesservice::service()?, SERVER)?;
    create(api, kubernetesservice::slice()?, SERVER)?;
    for number in 1..=config.nodes {
        let wanted = object(Kind::Node, node(number, config))?;
        let created = create(api, wanted.clone(), KUBELET)?;
        let no_node = || Status::internal("a node is no node");
        let mut node = (**Node::unwrap(&created).ok_or_else(no_node)?).clone();
        // A new node may come without the status that was sent.
        node.status = Node::unwrap(&wanted).ok_or_else(no_node)?.status.clone();
        now(&mut node);
        let name = node.name().to_owned();
        let update = Verb::Update(Body::Typed(node.into()));
        send(api, Request::new(update, Kind::Node, "", &name).of(Subresource::Status), KUBELET)?;
    }
    Ok(())
}

fn object(kind: Kind, value: Value) -> Result<Object, Refusal> {
    Object::from_value(kind, value).map_err(|e| Box::new(Status::internal(&e.to_string())))
}

fn create(api: &mut dyn Api, object: Object, manager: &'static str) -> Result<Object, Refusal> {
    let (kind, namespace) = (object.kind(), object.namespace().to_owned());
    send(api, Request::new(Verb::Create(Body::Typed(object)), kind, &namespace, ""), manager)
}

fn send(api: &mut dyn Api, mut request: Request, manager: &'static str) -> Result<Object, Refusal> {
    request.field_manager = manager.into();
    match api.call(request)?.body {
        Answer::Object(object) => Ok(object),
        _ => Err(Box::new(Status::internal("the answer is no object"))),
    }
}

/// The node `node-NUMBER`, with addresses that leave room for any number of nodes that a page can show.
pub(crate) fn node(number: u32, config: &Config) -> Value {
    let host = 10 + number;
    let values = [
        ("$NAME", format!("node-{number}")),
        ("$ADDRESS", format!("192.168.{}.{}", 1 + host / 256, host % 256)),
        ("$RANGE", pod_range(number)),
        ("$VERSION", config.features.version.to_string()),
        ("$ZONE", ZONES[number as usize % ZONES.len()].to_owned()),
    ];
    let mut node = filled(NODE, &values);
    node["status"]["conditions"] = conditions();
    if config.profile == Profile::Recorder {
        record(&mut node);
    }
    node
}

/// An object with its own values.
fn filled(template: &str, values: &[(&str, String)]) -> Value {
    let text = values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value));
    serde_json::from_str(&text).expect("the templates are JSON")
}

/// What the stand-in behind the recordings said of itself.
fn record(node: &mut Value) {
    if let Value::Object(labels) = &mut node["metadata"]["labels"] {
        labels.retain(|name, _| !name.starts_with("topology."));
    }
    let status = &mut node["status"];
    if let Value::Array(addresses) = &mut status["addresses"] {
        addresses.push(json!({"type": "InternalDNS", "address": "127.0.0.1"}));
    }
    status["daemonEndpoints"]["kubeletEndpoint"]["Port"] = 0.into();
    status["nodeInfo"]["containerRuntimeVersion"] = "fake://1.0".into();
    status["nodeInfo"]["kubeletVersion"] = Version::V1_32.to_string().into();
}

/// The range of addresses that the node of that number gives to its pods.
pub(crate) fn pod_range(number: u32) -> String {
    format!("10.{}.{}.0/24", 244 + number / 256, number % 256)
}

fn conditions() -> Value {
    let condition = |(kind, status, reason, message)| json!({"type": kind, "status": status, "reason": reason, "message": message});
    node_status::all_well().map(condition).collect()
}

/// Dates the node's conditions from its creation.
fn now(node: &mut Node) {
    let created = node.metadata.creation_timestamp.clone();
    let conditions = node.status.as_mut().and_then(|status| status.conditions.as_mut());
    for condition in conditions.into_iter().flatten() {
        condition.last_heartbeat_time = created.clone();
        condition.last_transition_time = created.clone();
    }
}
