//! Endpoints.
//!
//! Models pkg/registry/core/endpoint/strategy.go, and ValidateEndpoints and its companions in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{EndpointAddress, EndpointPort, EndpointSubset, Endpoints};
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::version::Features;

use super::{Strategy, Terms};
use crate::validation::addresses::{ip, non_special_ip};
use crate::validation::{Errors, each, key, one_of, optional_name, port_number};

/// The protocols of ports, sorted.
pub const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

impl Strategy for Endpoints {
    fn default(&mut self) {
        let subsets = self.subsets.iter_mut().flatten();
        for port in subsets.flat_map(|subset| subset.ports.iter_mut().flatten()) {
            port.protocol.get_or_insert_with(|| "TCP".to_owned());
        }
    }

    fn validate(&self, terms: Terms) -> Errors {
        let path = Path::new("subsets");
        let subsets = self.subsets.iter().flatten().enumerate();
        subsets.flat_map(|(i, one)| subset(one, terms.features, &path.index(i))).collect()
    }
}

fn subset(subset: &EndpointSubset, features: Features, path: &Path) -> Errors {
    let ready = subset.addresses.as_deref().unwrap_or_default();
    let not_ready = subset.not_ready_addresses.as_deref().unwrap_or_default();
    let ports = subset.ports.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    if ready.is_empty() && not_ready.is_empty() {
        errors.push(FieldError::required(path, "must specify `addresses` or `notReadyAddresses`"));
    }
    for (field, list) in [("addresses", ready), ("notReadyAddresses", not_ready)] {
        let list = list.iter().enumerate();
        errors.extend(list.flat_map(|(i, one)| address(one, features, &path.child(field).index(i))));
    }
    for (i, one) in ports.iter().enumerate() {
        errors.extend(port(one, ports.len() > 1, features, &path.child("ports").index(i)));
    }
    errors
}

fn address(address: &EndpointAddress, features: Features, path: &Path) -> Errors {
    let at = path.child("ip");
    let mut errors: Errors = ip(&address.ip, features, &at).into_iter().collect();
    errors.extend(optional_name(&address.hostname, names::dns1123_label, &path.child("hostname")));
    if let Some(node) = &address.node_name {
        errors.extend(each(names::dns1123_subdomain(node), &path.child("nodeName"), node));
    }
    errors.extend(non_special_ip(&address.ip, &at));
    errors
}

fn port(port: &EndpointPort, needs_name: bool, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    match port.name.as_deref().unwrap_or_default() {
        "" if needs_name => errors.push(FieldError::required(&path.child("name"), "")),
        "" => {}
        name => errors.extend(each(names::dns1123_label(name), &path.child("name"), name)),
    }
    errors.extend(port_number(port.port, &path.child("port")));
    errors.extend(one_of(port.protocol.as_deref(), &PROTOCOLS, &path.child("protocol")));
    if let Some(protocol) = &port.app_protocol {
        errors.extend(key(protocol, &path.child("appProtocol"), features));
    }
    errors
}
