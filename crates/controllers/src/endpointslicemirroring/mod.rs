//! Copies Endpoints that people write for a Service without a selector into EndpointSlices, from which names resolve.
//!
//! Models pkg/controller/endpointslicemirroring (`syncEndpoints`, `reconcile`; v1.36.2). Departs: no subset is cut, neither
//! into slices nor at --mirroring-max-endpoints-per-subset, and ports are compared in their order.
//! Invariant: slices carry the label of their manager, and no other slice is touched.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use client::api::WatchEvent;
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{EndpointAddress, EndpointSubset, Endpoints, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::shared::Shared;
use machinery::{EndpointSlice, Kind, Object, ObjectKey, Resource};

use crate::controller_utils::new_controller_ref;
use crate::endpointslice::{MANAGED_BY_LABEL, SERVICE_NAME_LABEL, label};

const CONTROLLER_NAME: &str = "endpointslicemirroring-controller.k8s.io";
const SKIP_MIRROR_LABEL: &str = "endpointslice.kubernetes.io/skip-mirror";
/// Endpoints were once used to elect leaders; those are nobody's addresses.
const LEADER_ANNOTATION: &str = "control-plane.alpha.kubernetes.io/leader";
/// Annotations that are about the Endpoints alone.
const OWN_ANNOTATIONS: [&str; 2] =
    ["endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration"];

/// The controller.
#[derive(Clone, Copy, Debug, Default)]
pub struct EndpointSliceMirroringController;

impl Reconciler for EndpointSliceMirroringController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        let (namespace, name) = match &event.object {
            Object::Endpoints(endpoints) => (endpoints.namespace(), endpoints.name()),
            Object::Service(service) => (service.namespace(), service.name()),
            Object::EndpointSlice(slice) if label(&slice.metadata, MANAGED_BY_LABEL) == CONTROLLER_NAME => {
                (slice.namespace(), label(&slice.metadata, SERVICE_NAME_LABEL))
            }
            _ => return Vec::new(),
        };
        let is_mirrored = || listers.get::<Endpoints>(namespace, name).is_some_and(|one| should_mirror(one));
        let is_concerned = event.object.kind() != Kind::Service || is_mirrored();
        is_concerned.then(|| ObjectKey::new(Kind::Endpoints, namespace, name)).into_iter().collect()
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let (listers, namespace) = (cx.listers, &*key.namespace);
        let service = listers.get::<Service>(namespace, &key.name);
        let has_no_selector =
            |service: &Arc<Service>| service.spec.as_ref().is_none_or(|spec| spec.selector.is_none());
        let endpoints = listers.get::<Endpoints>(namespace, &key.name).filter(|one| should_mirror(one));
        let endpoints = endpoints.filter(|_| service.is_some_and(has_no_selector));
        let mut existing: Vec<&Arc<EndpointSlice>> = listers
            .list::<EndpointSlice>(namespace)
            .filter(|slice| label(&slice.metadata, SERVICE_NAME_LABEL) == &*key.name)
            .filter(|slice| label(&slice.metadata, MANAGED_BY_LABEL) == CONTROLLER_NAME)
            .collect();
        for mut slice in endpoints.map(|endpoints| mirrored(endpoints)).unwrap_or_default() {
            let is_for = |one: &&Arc<EndpointSlice>| {
                one.address_type == slice.address_type && one.ports == slice.ports
            };
            let Some(found) = existing.iter().position(is_for) else {
                cx.api.create(slice)?;
                continue;
            };
            let stored = existing.swap_remove(found);
            let metadata = ObjectMeta {
                labels: slice.metadata.labels.take(),
                annotations: slice.metadata.annotations.take(),
                ..stored.metadata.clone()
            };
            let slice = EndpointSlice { metadata, ..slice };
            if slice != **stored {
                cx.api.update(slice)?;
            }
        }
        for slice in existing {
            match cx.api.delete(Kind::EndpointSlice, namespace, slice.name(), Default::default()) {
                Err(refusal) if !refusal.is_not_found() => return Err(refusal.into()),
                _ => {}
            }
        }
        Ok(Outcome::Done)
    }
}

fn should_mirror(endpoints: &Endpoints) -> bool {
    let annotations = endpoints.metadata.annotations.as_ref();
    label(&endpoints.metadata, SKIP_MIRROR_LABEL) != "true"
        && annotations.is_none_or(|annotations| !annotations.contains_key(LEADER_ANNOTATION))
}

/// The slices that say what the Endpoints say: one for each subset and family of addresses.
fn mirrored(endpoints: &Endpoints) -> Vec<EndpointSlice> {
    let mut slices = Vec::new();
    for subset in endpoints.subsets.iter().flatten() {
        let mut families: BTreeMap<&str, Vec<Shared<Endpoint>>> = BTreeMap::new();
        let ready = subset.addresses.iter().flatten().map(|address| (address, true));
        let not_ready = subset.not_ready_addresses.iter().flatten().map(|address| (address, false));
        for (address, is_ready) in ready.chain(not_ready) {
            if let Ok(ip) = address.ip.parse::<IpAddr>() {
                let family = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
                families.entry(family).or_default().push(endpoint(address, is_ready).into());
            }
        }
        slices.extend(families.into_iter().map(|(address_type, addresses)| EndpointSlice {
            metadata: metadata(endpoints),
            address_type: address_type.to_owned(),
            endpoints: Some(addresses),
            ports: ports(subset),
        }));
    }
    slices
}

fn metadata(endpoints: &Endpoints) -> ObjectMeta {
    let mut labels = endpoints.metadata.labels.clone().unwrap_or_default();
    labels.insert(SERVICE_NAME_LABEL.to_owned(), endpoints.name().to_owned());
    labels.insert(MANAGED_BY_LABEL.to_owned(), CONTROLLER_NAME.to_owned());
    let mut annotations = endpoints.metadata.annotations.clone().unwrap_or_default();
    annotations.retain(|key, _| !OWN_ANNOTATIONS.contains(&key.as_str()));
    ObjectMeta {
        generate_name: Some(format!("{}-", endpoints.name())),
        namespace: endpoints.metadata.namespace.clone(),
        labels: Some(labels),
        annotations: (!annotations.is_empty()).then_some(annotations),
        owner_references: Some(vec![new_controller_ref(Kind::Endpoints, &endpoints.metadata)]),
        ..ObjectMeta::default()
    }
}

fn endpoint(address: &EndpointAddress, is_ready: bool) -> Endpoint {
    Endpoint {
        addresses: vec![address.ip.clone()],
        conditions: Some(EndpointConditions { ready: Some(is_ready), ..Default::default() }),
        hostname: address.hostname.clone(),
        node_name: address.node_name.clone(),
        target_ref: address.target_ref.clone(),
        ..Endpoint::default()
    }
}

fn ports(subset: &EndpointSubset) -> Option<Vec<EndpointPort>> {
    let ports = subset.ports.as_ref()?.iter().map(|port| EndpointPort {
        name: Some(port.name.clone().unwrap_or_default()),
        port: Some(port.port),
        protocol: port.protocol.clone(),
        app_protocol: port.app_protocol.clone(),
    });
    Some(ports.collect())
}
