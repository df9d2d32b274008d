//! Rows of Services, Endpoints and EndpointSlices.
//!
//! Models printService, printEndpoints and printEndpointSlice of pkg/printers/internalversion/printers.go.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Endpoints, Service};
use machinery::EndpointSlice;

use super::age;

/// How many addresses a cell shows.
const SHOWN: usize = 3;
const NONE: &str = "<none>";

/// NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR.
pub(crate) fn service(service: &Service, now: Timestamp) -> Vec<String> {
    let spec = service.spec.clone().unwrap_or_default();
    let cluster_ip = spec.cluster_ips.iter().flatten().next().or(spec.cluster_ip.as_ref());
    let cluster_ip = cluster_ip.filter(|ip| !ip.is_empty()).map_or(NONE, String::as_str).to_owned();
    vec![
        service.metadata.name.clone().unwrap_or_default(),
        spec.type_.clone().unwrap_or_default(),
        cluster_ip,
        external_ip(service),
        service_ports(service),
        age::since(service.metadata.creation_timestamp.as_ref(), now),
        labels(spec.selector.as_ref()),
    ]
}

fn external_ip(service: &Service) -> String {
    let Some(spec) = &service.spec else {
        return NONE.to_owned();
    };
    let external = spec.external_ips.clone().unwrap_or_default();
    let joined = |ips: Vec<String>, otherwise: &str| {
        if ips.is_empty() { otherwise.to_owned() } else { ips.join(",") }
    };
    match spec.type_.as_deref() {
        Some("LoadBalancer") => {
            let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
            let ingress = balancer.iter().flat_map(|balancer| balancer.ingress.iter().flatten());
            let mut ips: Vec<String> = ingress.filter_map(|i| i.ip.clone().or(i.hostname.clone())).collect();
            ips.extend(external);
            joined(ips, "<pending>")
        }
        Some("ExternalName") => spec.external_name.clone().unwrap_or_default(),
        _ => joined(external, NONE),
    }
}

fn service_ports(service: &Service) -> String {
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let ports: Vec<String> = ports
        .map(|port| {
            let protocol = port.protocol.as_deref().unwrap_or_default();
            match port.node_port {
                Some(node_port) if node_port > 0 => format!("{}:{node_port}/{protocol}", port.port),
                _ => format!("{}/{protocol}", port.port),
            }
        })
        .collect();
    if ports.is_empty() { NONE.to_owned() } else { ports.join(",") }
}

/// NAME ENDPOINTS AGE.
pub(crate) fn endpoints(endpoints: &Endpoints, now: Timestamp) -> Vec<String> {
    vec![
        endpoints.metadata.name.clone().unwrap_or_default(),
        ready_addresses(endpoints),
        age::since(endpoints.metadata.creation_timestamp.as_ref(), now),
    ]
}

fn ready_addresses(endpoints: &Endpoints) -> String {
    let subsets = endpoints.subsets.as_deref().unwrap_or_default();
    if subsets.is_empty() {
        return NONE.to_owned();
    }
    let mut all = Vec::new();
    for subset in subsets {
        let addresses = subset.addresses.as_deref().unwrap_or_default();
        match subset.ports.as_deref().unwrap_or_default() {
            // A headless service without ports.
            [] => all.extend(addresses.iter().map(|address| address.ip.clone())),
            ports => {
                for port in ports {
                    all.extend(addresses.iter().map(|address| format!("{}:{}", address.ip, port.port)));
                }
            }
        }
    }
    some_of(&all)
}

/// NAME ADDRESSTYPE PORTS ENDPOINTS AGE.
pub(crate) fn endpoint_slice(slice: &EndpointSlice, now: Timestamp) -> Vec<String> {
    let ports: Vec<String> = slice
        .ports
        .iter()
        .flatten()
        .map(|port| match (port.port, port.name.as_deref()) {
            (Some(number), _) => number.to_string(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => "*".to_owned(),
        })
        .collect();
    let addresses: Vec<String> =
        slice.endpoints.iter().flatten().flat_map(|endpoint| endpoint.addresses.iter().cloned()).collect();
    let or_unset = |items: &[String]| if items.is_empty() { "<unset>".to_owned() } else { some_of(items) };
    vec![
        slice.metadata.name.clone().unwrap_or_default(),
        slice.address_type.clone(),
        or_unset(&ports),
        or_unset(&addresses),
        age::since(slice.metadata.creation_timestamp.as_ref(), now),
    ]
}

fn some_of(items: &[String]) -> String {
    let shown = items[..items.len().min(SHOWN)].join(",");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}

/// Labels as people write them: `a=1,b=2`, or `<none>` (labels.FormatLabels).
pub(crate) fn labels(labels: Option<&BTreeMap<String, String>>) -> String {
    let pairs: Vec<String> =
        labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    if pairs.is_empty() { NONE.to_owned() } else { pairs.join(",") }
}
