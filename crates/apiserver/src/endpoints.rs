//! Endpoints, made when they are read.
//!
//! Models pkg/controller/endpoint/endpoints_controller.go (syncService) and, for services without a selector, the slices
//! that the API server keeps for itself (pkg/controlplane/reconcilers). Departs in one point: nothing is stored, so that
//! no change of a pod costs a rewrite of a long list.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{
    EndpointAddress, EndpointPort, EndpointSubset, Endpoints, ObjectReference, Pod, Service, ServicePort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::labels::Selector;
use machinery::{EndpointSlice, Object, Resource};

use crate::server::Server;

/// No more addresses than this are listed (maxCapacity).
const MAX_ADDRESSES: usize = 1000;

/// The port as the service's clients see it: name, protocol, number.
type Port = (String, String, i32);

/// The Endpoints of one service.
pub fn of(server: &Server, namespace: &str, name: &str) -> Option<Object> {
    server.get::<Service>(namespace, name).and_then(|service| make(server, service))
}

/// The Endpoints of every service in a namespace (in all, if it is empty).
pub fn all(server: &Server, namespace: &str) -> Vec<Object> {
    server.list::<Service>(namespace).filter_map(|service| make(server, service)).collect()
}

fn make(server: &Server, service: &Service) -> Option<Object> {
    let spec = service.spec.as_ref()?;
    let selector = spec.selector.as_ref().filter(|selector| !selector.is_empty());
    let (subsets, version) = match selector {
        None => from_slices(server, service)?,
        Some(selector) => from_pods(server, service, &Selector::from_map(selector)),
    };
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    if selector.is_some() {
        if server.features().endpoints_name_their_controller() {
            labels.insert("endpoints.kubernetes.io/managed-by".to_owned(), "endpoint-controller".to_owned());
        }
        if spec.cluster_ip.as_deref() == Some("None") {
            labels.insert("service.kubernetes.io/headless".to_owned(), String::new());
        }
    } else {
        labels = BTreeMap::from([("endpointslice.kubernetes.io/skip-mirror".to_owned(), "true".to_owned())]);
    }
    let metadata = ObjectMeta {
        name: service.metadata.name.clone(),
        namespace: service.metadata.namespace.clone(),
        uid: service.metadata.uid.clone(),
        creation_timestamp: service.metadata.creation_timestamp.clone(),
        labels: Some(labels),
        annotations: selector.and_then(|_| trigger_time(server, service)),
        resource_version: Some(version.to_string()),
        ..Default::default()
    };
    Some(Endpoints { metadata, subsets: (!subsets.is_empty()).then_some(subsets) }.into())
}

// Slices carry the same time.
fn trigger_time(server: &Server, service: &Service) -> Option<BTreeMap<String, String>> {
    const TRIGGER: &str = "endpoints.kubernetes.io/last-change-trigger-time";
    let slices = slices(server, service);
    let times = slices.filter_map(|slice| slice.metadata.annotations.as_ref()?.get(TRIGGER).cloned());
    times.max().map(|time| BTreeMap::from([(TRIGGER.to_owned(), time)]))
}

/// Ready and other addresses that share the same ports.
#[derive(Default)]
struct Addresses {
    ready: Vec<EndpointAddress>,
    not_ready: Vec<EndpointAddress>,
}

fn from_pods(server: &Server, service: &Service, selector: &Selector) -> (Vec<EndpointSubset>, u64) {
    let spec = service.spec.clone().unwrap_or_default();
    let publish_not_ready = spec.publish_not_ready_addresses == Some(true);
    let ports = spec.ports.unwrap_or_default();
    let mut by_ports: BTreeMap<Vec<Port>, Addresses> = BTreeMap::new();
    let mut version = Object::Service(Arc::new(service.clone())).resource_version();
    let mut count = 0;
    for pod in
        server.list::<Pod>(service.namespace()).filter(|pod| selector.matches(pod.metadata.labels.as_ref()))
    {
        let newest = pod.metadata.resource_version.as_deref().and_then(|v| v.parse().ok()).unwrap_or(0);
        version = version.max(newest);
        let Some(address) = address_of(pod, service, publish_not_ready) else {
            continue;
        };
        count += 1;
        if count > MAX_ADDRESSES {
            break;
        }
        let resolved: Vec<Port> = ports.iter().filter_map(|port| resolve(port, pod)).collect();
        // A service with ports none of which the pod has does not list it.
        if resolved.is_empty() && !ports.is_empty() {
            continue;
        }
        let addresses = by_ports.entry(resolved).or_default();
        if publish_not_ready || is_ready(pod) { &mut addresses.ready } else { &mut addresses.not_ready }
            .push(address);
    }
    (by_ports.into_iter().map(|(ports, addresses)| subset(ports, addresses)).collect(), version)
}

fn subset(ports: Vec<Port>, mut addresses: Addresses) -> EndpointSubset {
    addresses.ready.sort_by(|a, b| a.ip.cmp(&b.ip));
    addresses.not_ready.sort_by(|a, b| a.ip.cmp(&b.ip));
    let port = |(name, protocol, port): Port| EndpointPort {
        name: (!name.is_empty()).then_some(name),
        port,
        protocol: Some(protocol),
        app_protocol: None,
    };
    let some = |list: Vec<EndpointAddress>| (!list.is_empty()).then_some(list);
    EndpointSubset {
        addresses: some(addresses.ready),
        not_ready_addresses: some(addresses.not_ready),
        ports: (!ports.is_empty()).then(|| ports.into_iter().map(port).collect()),
    }
}

/// The pod's address, if it is to be listed at all.
fn address_of(pod: &Pod, service: &Service, publish_not_ready: bool) -> Option<EndpointAddress> {
    let status = pod.status.as_ref()?;
    let ip = status.pod_ip.as_ref().filter(|ip| !ip.is_empty())?;
    if matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
        return None;
    }
    if pod.metadata.deletion_timestamp.is_some() && !publish_not_ready {
        return None;
    }
    let spec = pod.spec.as_ref();
    let hostname = spec.filter(|spec| spec.subdomain.as_deref() == Some(service.name()));
    Some(EndpointAddress {
        ip: ip.clone(),
        hostname: hostname.and_then(|spec| spec.hostname.clone()).filter(|name| !name.is_empty()),
        node_name: spec.and_then(|spec| spec.node_name.clone()),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".to_owned()),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..Default::default()
        }),
    })
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// The service's port in that pod; none if the pod has no port of that name (FindPort).
fn resolve(port: &ServicePort, pod: &Pod) -> Option<Port> {
    let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    let name = port.name.clone().unwrap_or_default();
    let number = match &port.target_port {
        None => port.port,
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::String(wanted)) => {
            let containers = &pod.spec.as_ref()?.containers;
            let ports = containers.iter().flat_map(|container| container.ports.iter().flatten());
            let named = |p: &&k8s_openapi::api::core::v1::ContainerPort| {
                p.name.as_ref() == Some(wanted) && p.protocol.as_deref().unwrap_or("TCP") == protocol
            };
            ports.into_iter().find(named)?.container_port
        }
    };
    Some((name, protocol, number))
}

fn slices<'a>(server: &'a Server, service: &'a Service) -> impl Iterator<Item = &'a Arc<EndpointSlice>> {
    let is_of_service = move |slice: &&Arc<EndpointSlice>| {
        let labels = slice.metadata.labels.as_ref();
        labels.and_then(|l| l.get("kubernetes.io/service-name")).is_some_and(|name| name == service.name())
    };
    server.list::<EndpointSlice>(service.namespace()).filter(is_of_service)
}

/// For a service whose slices someone else keeps.
fn from_slices(server: &Server, service: &Service) -> Option<(Vec<EndpointSubset>, u64)> {
    let mut by_ports: BTreeMap<Vec<Port>, Addresses> = BTreeMap::new();
    let mut version = None;
    for slice in slices(server, service) {
        version = version.max(slice.metadata.resource_version.as_deref().and_then(|v| v.parse().ok()));
        let ports: Vec<Port> = slice.ports.iter().flatten().filter_map(slice_port).collect();
        let addresses = by_ports.entry(ports).or_default();
        for endpoint in slice.endpoints.iter().flatten() {
            let is_ready = endpoint.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true);
            let list = if is_ready { &mut addresses.ready } else { &mut addresses.not_ready };
            list.extend(endpoint.addresses.iter().map(|ip| EndpointAddress {
                ip: ip.clone(),
                hostname: endpoint.hostname.clone(),
                node_name: endpoint.node_name.clone(),
                target_ref: endpoint.target_ref.clone(),
            }));
        }
    }
    Some((by_ports.into_iter().map(|(ports, addresses)| subset(ports, addresses)).collect(), version?))
}

fn slice_port(port: &k8s_openapi::api::discovery::v1::EndpointPort) -> Option<Port> {
    let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    Some((port.name.clone().unwrap_or_default(), protocol, port.port?))
}
