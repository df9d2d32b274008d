//! Endpoints, and the rule for addresses that endpoints of every kind share.
//!
//! Models pkg/registry/core/endpoint/strategy.go, and ValidateEndpoints and its companions in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{EndpointAddress, EndpointPort, EndpointSubset, Endpoints};
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::version::Features;

use super::{Strategy, Terms};
use crate::validation::{Errors, each, ip, key, one_of, optional_name, port_number};

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
        errors.extend(list.flat_map(|(i, one)| address(one, &path.child(field).index(i))));
    }
    for (i, one) in ports.iter().enumerate() {
        errors.extend(port(one, ports.len() > 1, features, &path.child("ports").index(i)));
    }
    errors
}

fn address(address: &EndpointAddress, path: &Path) -> Errors {
    let at = path.child("ip");
    let mut errors: Errors = ip(&address.ip, &at).into_iter().collect();
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

/// An address that other hosts can reach (ValidateNonSpecialIP).
pub fn non_special_ip(text: &str, path: &Path) -> Option<FieldError> {
    let Ok(address) = text.parse::<IpAddr>() else {
        return Some(FieldError::invalid(path, text, "must be a valid IP address"));
    };
    let (is_link_local, is_local_multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets().starts_with(&[224, 0, 0])),
        IpAddr::V6(v6) => (v6.segments()[0] & 0xffc0 == 0xfe80, v6.segments()[0] & 0xff0f == 0xff02),
    };
    let why = if address.is_unspecified() {
        format!("may not be unspecified ({text})")
    } else if address.is_loopback() {
        "may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned()
    } else if is_link_local {
        "may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned()
    } else if is_local_multicast {
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned()
    } else {
        return None;
    };
    Some(FieldError::invalid(path, text, why))
}
