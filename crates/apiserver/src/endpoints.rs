//! Endpoints, made when they are read.
//!
//! Models pkg/controller/endpoint/endpoints_controller.go (syncService) and, for the API server's own service,
//! pkg/controlplane/reconcilers. Departs: they are made of the service's slices, not of its pods, and stored only where
//! somebody else writes them, so that no change of a pod costs a rewrite of a list of up to a thousand. What was written
//! stands until a slice changes, which is when upstream's controller writes its own again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use client::api::{Change, WatchEvent};
use k8s_openapi::api::core::v1::{EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::{EndpointSlice, Object, Resource};

use crate::server::Server;

/// No more addresses than this are listed (maxCapacity).
const MAX_ADDRESSES: usize = 1000;
const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// The port as the service's clients see it: name, protocol, number.
type Port = (String, String, i32);

/// The Endpoints of that name, made or stored.
pub fn of(server: &Server, namespace: &str, name: &str) -> Option<Object> {
    let stored = server.get::<Endpoints>(namespace, name);
    let service = server.get::<Service>(namespace, name);
    let made = service.and_then(|service| make(server, service, stored.map(Arc::as_ref)));
    made.or_else(|| stored.cloned().map(Object::Endpoints))
}

/// All Endpoints in a namespace (in all, if it is empty), by namespace and name.
pub fn all(server: &Server, namespace: &str) -> Vec<Object> {
    let services = server.list::<Service>(namespace).map(|one| (one.namespace(), one.name()));
    let stored = server.list::<Endpoints>(namespace).map(|one| (one.namespace(), one.name()));
    let names: BTreeSet<(&str, &str)> = services.chain(stored).collect();
    names.into_iter().filter_map(|(namespace, name)| of(server, namespace, name)).collect()
}

/// The changes after a resourceVersion: those that were written, and those of what the others are made of. Each shows its
/// Endpoints as they are now.
pub fn changes(server: &Server, since: u64) -> Vec<WatchEvent> {
    let mut changes: Vec<WatchEvent> =
        server.changes_since(since).filter_map(|event| change(server, event)).collect();
    changes.dedup_by(|later, event| later.change == event.change && later.object.key() == event.object.key());
    changes
}

fn change(server: &Server, event: &WatchEvent) -> Option<WatchEvent> {
    let event_of = |change: Change, object: Object| {
        let old = (change != Change::Added).then(|| object.clone());
        WatchEvent { change, object, old }
    };
    match &event.object {
        Object::Endpoints(stored) => {
            let object = of(server, stored.namespace(), stored.name());
            let object = object.filter(|_| event.change != Change::Deleted);
            Some(WatchEvent { object: object.unwrap_or_else(|| event.object.clone()), ..event.clone() })
        }
        Object::Service(service) => {
            let is_gone = event.change == Change::Deleted && is_kept(service);
            let metadata = metadata(server, service, None);
            let subsets = Some(subsets(server, service).0);
            is_gone.then(|| event_of(Change::Deleted, Endpoints { metadata, subsets }.into()))
        }
        Object::EndpointSlice(slice) => {
            let name = slice.metadata.labels.as_ref()?.get("kubernetes.io/service-name")?;
            let service = server.get::<Service>(slice.namespace(), name)?;
            let old = event.old.as_ref().and_then(EndpointSlice::unwrap);
            let listed = |slice: &Arc<EndpointSlice>| group(service, std::iter::once(slice));
            let is_same = old.is_some_and(|old| listed(old) == listed(slice));
            if !is_made_of(service, slice) || is_same && event.change == Change::Modified {
                return None;
            }
            let is_first = event.change == Change::Added && slices(server, service).count() == 1;
            let change = if is_first { Change::Added } else { Change::Modified };
            of(server, slice.namespace(), name).map(|object| event_of(change, object))
        }
        _ => None,
    }
}

/// Whether the control plane itself keeps the Endpoints of the service.
fn is_kept(service: &Service) -> bool {
    let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() != Some("ExternalName"));
    selects(service) && spec.is_some() || (service.namespace(), service.name()) == ("default", "kubernetes")
}

fn selects(service: &Service) -> bool {
    let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    selector.is_some_and(|selector| !selector.is_empty())
}

/// The Endpoints as the service's slices are; `None` if they are nobody's, not there yet, or written since.
fn make(server: &Server, service: &Service, stored: Option<&Endpoints>) -> Option<Object> {
    let (subsets, version) = subsets(server, service);
    let version = version.filter(|_| is_kept(service))?;
    if stored.and_then(|stored| number(&stored.metadata)).is_some_and(|written| written > version) {
        return None;
    }
    let mut metadata = metadata(server, service, stored.map(|stored| &stored.metadata));
    metadata.resource_version = Some(version.to_string());
    Some(Endpoints { metadata, subsets: (!subsets.is_empty()).then_some(subsets) }.into())
}

fn number(metadata: &ObjectMeta) -> Option<u64> {
    metadata.resource_version.as_deref()?.parse().ok()
}

/// The service's labels and the controller's own replace what is there; annotations stay.
fn metadata(server: &Server, service: &Service, stored: Option<&ObjectMeta>) -> ObjectMeta {
    let mut metadata = stored.cloned().unwrap_or_else(|| ObjectMeta {
        name: service.metadata.name.clone(),
        namespace: service.metadata.namespace.clone(),
        uid: service.metadata.uid.clone(),
        creation_timestamp: service.metadata.creation_timestamp.clone(),
        ..ObjectMeta::default()
    });
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    if selects(service) {
        if server.features().endpoints_name_their_controller() {
            labels.insert("endpoints.kubernetes.io/managed-by".to_owned(), "endpoint-controller".to_owned());
        }
        if service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some("None") {
            labels.insert("service.kubernetes.io/headless".to_owned(), String::new());
        }
    } else {
        labels = BTreeMap::from([("endpointslice.kubernetes.io/skip-mirror".to_owned(), "true".to_owned())]);
    }
    metadata.labels = Some(labels);
    // Slices carry the same time.
    let times = slices(server, service).filter_map(|slice| slice.metadata.annotations.as_ref());
    let time = times.filter_map(|annotations| annotations.get(TRIGGER_TIME)).max();
    let mut annotations = metadata.annotations.take().unwrap_or_default();
    annotations.remove(TRIGGER_TIME);
    annotations.extend(time.map(|time| (TRIGGER_TIME.to_owned(), time.clone())));
    metadata.annotations = (!annotations.is_empty()).then_some(annotations);
    metadata
}

/// The slices that the service's Endpoints are made of.
fn slices<'a>(server: &'a Server, service: &'a Service) -> impl Iterator<Item = &'a Arc<EndpointSlice>> {
    server.list::<EndpointSlice>(service.namespace()).filter(|slice| is_made_of(service, slice))
}

/// Whether it is one of the control plane's own slices of the service, with addresses of its first family.
fn is_made_of(service: &Service, slice: &EndpointSlice) -> bool {
    let label = |key: &str| slice.metadata.labels.as_ref().and_then(|labels| labels.get(key));
    let manager = selects(service).then_some("endpointslice-controller.k8s.io");
    let families = service.spec.as_ref().and_then(|spec| spec.ip_families.as_deref()).unwrap_or_default();
    label("kubernetes.io/service-name").is_some_and(|name| name == service.name())
        && label("endpointslice.kubernetes.io/managed-by").map(String::as_str) == manager
        && slice.address_type == families.first().map_or("IPv4", String::as_str)
}

/// What the service's slices list, and the version of the newest one.
fn subsets(server: &Server, service: &Service) -> (Vec<EndpointSubset>, Option<u64>) {
    let version = slices(server, service).filter_map(|slice| number(&slice.metadata)).max();
    (group(service, slices(server, service)), version)
}

/// Ready and other addresses that share the same ports.
#[derive(Default)]
struct Addresses {
    ready: Vec<EndpointAddress>,
    not_ready: Vec<EndpointAddress>,
}

/// The addresses in slices by their ports. A terminating pod is listed only if the service publishes what is not ready, and
/// none is listed that has none of the service's ports.
fn group<'a>(service: &Service, slices: impl Iterator<Item = &'a Arc<EndpointSlice>>) -> Vec<EndpointSubset> {
    let spec = service.spec.clone().unwrap_or_default();
    let publishes = spec.publish_not_ready_addresses == Some(true);
    let has_ports = spec.ports.is_some_and(|ports| !ports.is_empty());
    let mut by_ports: BTreeMap<Vec<Port>, Addresses> = BTreeMap::new();
    let mut room = MAX_ADDRESSES;
    for slice in slices {
        let ports: Vec<Port> = slice.ports.iter().flatten().filter_map(port).collect();
        if has_ports && ports.is_empty() {
            continue;
        }
        for endpoint in slice.endpoints.iter().flatten() {
            let conditions = endpoint.conditions.as_ref();
            let is_ready = conditions.and_then(|conditions| conditions.ready) != Some(false);
            let is_terminating = conditions.and_then(|conditions| conditions.terminating) == Some(true);
            let Some(ip) = endpoint.addresses.first().filter(|_| publishes || !is_terminating) else {
                continue;
            };
            let Some(left) = room.checked_sub(1) else { break };
            room = left;
            let addresses = by_ports.entry(ports.clone()).or_default();
            let list = if is_ready { &mut addresses.ready } else { &mut addresses.not_ready };
            list.push(EndpointAddress {
                ip: ip.clone(),
                hostname: endpoint.hostname.clone(),
                node_name: endpoint.node_name.clone(),
                target_ref: endpoint.target_ref.clone(),
            });
        }
    }
    by_ports.into_iter().map(|(ports, addresses)| subset(ports, addresses)).collect()
}

fn port(port: &k8s_openapi::api::discovery::v1::EndpointPort) -> Option<Port> {
    let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".to_owned());
    Some((port.name.clone().unwrap_or_default(), protocol, port.port?))
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
