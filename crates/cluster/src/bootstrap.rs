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
/// Where a kubelet listens on its node (`--port`).
const KUBELET_PORT: u32 = 10_250;

/// Who makes what the API server itself needs, and who the nodes.
const SERVER: &str = "kube-apiserver";
const KUBELET: &str = "kubelet";

/// Creates all of it.
///
/// # Errors
/// If the API server refuses one, which is our own fault.
pub(crate) fn set_up(api: &mut dyn Api, config: &Config) -> Result<(), Refusal> {
    for name in NAMESPACES {
        let labels = json!({"kubernetes.io/metadata.name": name});
        let value = json!({"metadata": {"name": name, "labels": labels}, "status": {"phase": "Active"}});
        create(api, object(Kind::Namespace, value)?, SERVER)?;
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
    let name = format!("node-{number}");
    let host = 10 + number;
    let address = format!("192.168.{}.{}", 1 + host / 256, host % 256);
    let range = pod_range(number);
    let (kubelet, runtime, port) = match config.profile {
        Profile::Default => (config.features.version, "containerd://2.2.1", KUBELET_PORT),
        // What the stand-in behind the recordings said of itself.
        Profile::Recorder => (Version::V1_32, "fake://1.0", 0),
    };
    let room = json!({"cpu": "8", "ephemeral-storage": "100Gi", "memory": "32Gi", "pods": "110"});
    let mut labels = json!({
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    });
    if config.profile == Profile::Default {
        labels["topology.kubernetes.io/region"] = "region-1".into();
        labels["topology.kubernetes.io/zone"] = ZONES[number as usize % ZONES.len()].into();
    }
    let mut addresses =
        vec![json!({"type": "InternalIP", "address": address}), json!({"type": "Hostname", "address": name})];
    if config.profile == Profile::Recorder {
        addresses.push(json!({"type": "InternalDNS", "address": "127.0.0.1"}));
    }
    json!({
        "metadata": {
            "name": name,
            "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
            "labels": labels,
        },
        "spec": {"podCIDR": range, "podCIDRs": [range]},
        "status": {
            "addresses": addresses,
            "allocatable": room,
            "capacity": room,
            "conditions": conditions(),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": name,
                "containerRuntimeVersion": runtime,
                "kernelVersion": "6.1.0",
                "kubeProxyVersion": "",
                "kubeletVersion": kubelet.to_string(),
                "machineID": name,
                "operatingSystem": "linux",
                "osImage": "Debian GNU/Linux 12 (bookworm)",
                "systemUUID": name,
            },
        },
    })
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
