//! EndpointSlices.
//!
//! Models pkg/registry/discovery/endpointslice/strategy.go and pkg/apis/discovery/{v1/defaults.go,validation/validation.go}
//! (v1.36.2).

use k8s_openapi::api::discovery::v1::{Endpoint, EndpointHints, EndpointPort};
use machinery::EndpointSlice;
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::shared::Shared;
use machinery::version::Features;

use super::endpoints::PROTOCOLS;
use super::{Strategy, Terms};
use crate::validation::addresses::{ip, non_special_ip, parsed};
use crate::validation::{Errors, Seen, each, key, metadata, one_of, optional_name};

const ADDRESS_TYPES: [&str; 3] = ["FQDN", "IPv4", "IPv6"];
const MAX_ENDPOINTS: usize = 1000;
const MAX_ADDRESSES: usize = 100;
const MAX_PORTS: usize = 100;
const MAX_TOPOLOGY_LABELS: usize = 16;
const MAX_HINTS: usize = 8;

impl Strategy for EndpointSlice {
    fn default(&mut self) {
        for port in self.ports.iter_mut().flatten() {
            port.name.get_or_insert_default();
            port.protocol.get_or_insert_with(|| "TCP".to_owned());
        }
    }
    fn prepare_for_create(&mut self, _terms: Terms) {
        self.metadata.generation = Some(1);
    }
    fn validate(&self, terms: Terms) -> Errors {
        slice(self, &[], terms.features)
    }
    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        let same_meta = self.metadata.labels == old.metadata.labels
            && self.metadata.annotations == old.metadata.annotations
            && self.metadata.owner_references == old.metadata.owner_references;
        let same = self.endpoints == old.endpoints
            && self.ports == old.ports
            && self.address_type == old.address_type
            && same_meta;
        if !same {
            self.metadata.generation = Some(old.metadata.generation.unwrap_or(0) + 1);
        }
    }
    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        // Of up to a thousand endpoints a change touches one: what is as it was has been found right.
        let known = old.endpoints.as_deref().filter(|_| self.address_type == old.address_type);
        let mut errors = slice(self, known.unwrap_or_default(), terms.features);
        if self.address_type != old.address_type {
            let value = self.address_type.as_str();
            errors.push(FieldError::invalid(&Path::new("addressType"), value, "field is immutable"));
        }
        errors
    }
}

/// What is wrong with a slice, apart from those endpoints that are as `known` has them.
fn slice(slice: &EndpointSlice, known: &[Shared<Endpoint>], features: Features) -> Errors {
    let kind = slice.address_type.as_str();
    let mut errors: Errors =
        one_of(Some(kind), &ADDRESS_TYPES, &Path::new("addressType")).into_iter().collect();
    let path = Path::new("endpoints");
    let endpoints = slice.endpoints.as_deref().unwrap_or_default();
    if endpoints.len() > MAX_ENDPOINTS {
        errors.push(FieldError::too_many(&path, endpoints.len(), MAX_ENDPOINTS));
    } else {
        let changed = endpoints.iter().enumerate().filter(|(i, one)| known.get(*i) != Some(one));
        errors.extend(changed.flat_map(|(i, one)| endpoint(one, kind, features, &path.index(i))));
    }
    errors.extend(ports(slice.ports.as_deref().unwrap_or_default(), features, &Path::new("ports")));
    errors
}

fn endpoint(endpoint: &Endpoint, kind: &str, features: Features, path: &Path) -> Errors {
    let at = path.child("addresses");
    let mut errors = Vec::new();
    match endpoint.addresses.len() {
        0 => errors.push(FieldError::required(&at, "must contain at least 1 address")),
        count if count > MAX_ADDRESSES => errors.push(FieldError::too_many(&at, count, MAX_ADDRESSES)),
        _ => {}
    }
    let addresses = endpoint.addresses.iter().enumerate();
    errors.extend(addresses.flat_map(|(i, text)| address(text, kind, features, &at.index(i))));
    if let Some(node) = &endpoint.node_name {
        errors.extend(each(names::dns1123_subdomain(node), &path.child("nodeName"), node));
    }
    let at = path.child("deprecatedTopology");
    let topology = endpoint.deprecated_topology.as_ref();
    if let Some(count) = topology.map(|labels| labels.len()).filter(|count| *count > MAX_TOPOLOGY_LABELS) {
        errors.push(FieldError::too_many(&at, count, MAX_TOPOLOGY_LABELS));
    }
    errors.extend(metadata::labels(topology, features, &at));
    if let Some(name) = &endpoint.hostname {
        errors.extend(each(names::dns1123_label(name), &path.child("hostname"), name));
    }
    errors.extend(endpoint.hints.iter().flat_map(|given| hints(given, features, &path.child("hints"))));
    errors
}

fn address(text: &str, kind: &str, features: Features, path: &Path) -> Errors {
    let family = match kind {
        "FQDN" => return domain(text, path).into_iter().collect(),
        "IPv4" | "IPv6" => kind,
        _ => return Vec::new(),
    };
    let is_of_family = parsed(text).is_some_and(|address| address.is_ipv4() == (family == "IPv4"));
    let mut errors: Errors = if features.addresses_are_checked_before_their_family() {
        let wrong = || FieldError::invalid(path, text, format!("must be an {family} address"));
        ip(text, features, path).or_else(|| (!is_of_family).then(wrong)).into_iter().collect()
    } else {
        let wrong = || FieldError::invalid(path, text, format!("must be a valid {family} address"));
        (!is_of_family).then(wrong).into_iter().collect()
    };
    errors.extend(non_special_ip(text, path));
    errors
}

/// IsFullyQualifiedDomainName.
fn domain(text: &str, path: &Path) -> Option<FieldError> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if text.is_empty() {
        return Some(FieldError::required(path, ""));
    }
    let broken = names::dns1123_subdomain(name);
    if !broken.is_empty() {
        return Some(FieldError::invalid(path, name, broken.join(",")));
    }
    if !name.contains('.') {
        let why = "should be a domain with at least two segments separated by dots";
        return Some(FieldError::invalid(path, name, why));
    }
    name.split('.').find_map(|label| {
        let broken = names::dns1123_label(label);
        (!broken.is_empty()).then(|| FieldError::invalid(path, label, broken.join(",")))
    })
}

fn hints(hints: &EndpointHints, features: Features, path: &Path) -> Errors {
    let path = path.child("forZones");
    let zones = hints.for_zones.as_deref().unwrap_or_default();
    if zones.len() > MAX_HINTS {
        return vec![FieldError::too_many(&path, zones.len(), MAX_HINTS)];
    }
    let mut errors = Vec::new();
    let mut seen = Seen::default();
    for (i, zone) in zones.iter().enumerate() {
        let path = path.index(i).child("name");
        if seen.again(&zone.name) {
            errors.push(FieldError::duplicate(&path, &zone.name));
        }
        errors.extend(each(names::label_value(&zone.name, features), &path, &zone.name));
    }
    errors
}

fn ports(ports: &[EndpointPort], features: Features, path: &Path) -> Errors {
    if ports.len() > MAX_PORTS {
        return vec![FieldError::too_many(path, ports.len(), MAX_PORTS)];
    }
    let mut errors = Vec::new();
    let mut seen = Seen::default();
    for (i, port) in ports.iter().enumerate() {
        let path = path.index(i);
        errors.extend(optional_name(&port.name, names::dns1123_label, &path.child("name")));
        let name = port.name.as_deref().unwrap_or_default();
        if seen.again(name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
        errors.extend(one_of(port.protocol.as_deref(), &PROTOCOLS, &path.child("protocol")));
        if let Some(protocol) = &port.app_protocol {
            errors.extend(key(protocol, &path.child("appProtocol"), features));
        }
    }
    errors
}
