//! Services and EndpointSlices told for people.
//!
//! Models ServiceDescriber and EndpointSliceDescriber of kubectl/pkg/describe/describe.go.

use client::api::ListOptions;
use k8s_openapi::api::core::v1::{LoadBalancerIngress, Service};
use k8s_openapi::api::discovery::v1::Endpoint;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::labels::{Labels, Selector};
use machinery::{EndpointSlice, Kind};

use super::text::Text;
use crate::context::Context;
use crate::failure::Failure;
use crate::printers::network::labels;

const UNSET: &str = "<unset>";
/// How many addresses a line shows.
const SHOWN: usize = 3;

/// Adds everything but the events of a service.
///
/// # Errors
/// If its slices cannot be read.
pub(super) fn describe_service(
    text: &mut Text,
    service: &Service,
    context: &mut Context<'_, '_>,
) -> Result<(), Failure> {
    let spec = service.spec.clone().unwrap_or_default();
    let slices = slices(service, context)?;
    text.name(&service.metadata);
    text.labels("", "Labels", service.metadata.labels.as_ref());
    text.annotations("Annotations", service.metadata.annotations.as_ref());
    text.field(0, "Selector", labels(spec.selector.as_ref()));
    text.field(0, "Type", spec.type_.as_deref().unwrap_or_default());
    if let Some(policy) = &spec.ip_family_policy {
        text.field(0, "IP Family Policy", policy);
    }
    let joined = |items: Option<&[String]>| match items.unwrap_or_default() {
        [] => "<none>".to_owned(),
        items => items.join(","),
    };
    text.field(0, "IP Families", joined(spec.ip_families.as_deref()));
    text.field(0, "IP", spec.cluster_ip.as_deref().unwrap_or_default());
    text.field(0, "IPs", joined(spec.cluster_ips.as_deref()));
    if let Some(ips) = spec.external_ips.as_deref().filter(|ips| !ips.is_empty()) {
        text.field(0, "External IPs", ips.join(","));
    }
    if let Some(ip) = spec.load_balancer_ip.as_deref().filter(|ip| !ip.is_empty()) {
        text.field(0, "Desired LoadBalancer IP", ip);
    }
    if let Some(name) = spec.external_name.as_deref().filter(|name| !name.is_empty()) {
        text.field(0, "External Name", name);
    }
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let ingress: Vec<String> = balancer.iter().flat_map(|b| b.ingress.iter().flatten()).map(entry).collect();
    if !ingress.is_empty() {
        text.field(0, "LoadBalancer Ingress", ingress.join(", "));
    }
    for port in spec.ports.iter().flatten() {
        let name = port.name.as_deref().filter(|name| !name.is_empty());
        let protocol = port.protocol.as_deref().unwrap_or_default();
        let shown = name.unwrap_or(UNSET);
        text.field(0, "Port", format!("{shown}\t{}/{protocol}", port.port));
        let target = match &port.target_port {
            Some(IntOrString::String(name)) => name.clone(),
            Some(IntOrString::Int(number)) => number.to_string(),
            None => "0".to_owned(),
        };
        text.field(0, "TargetPort", format!("{target}/{protocol}"));
        if let Some(protocol) = &port.app_protocol {
            text.field(0, "AppProtocol", protocol);
        }
        if let Some(node_port) = port.node_port.filter(|node_port| *node_port != 0) {
            text.field(0, "NodePort", format!("{shown}\t{node_port}/{protocol}"));
        }
        text.field(0, "Endpoints", addresses(&slices, name.unwrap_or_default()));
    }
    text.field(0, "Session Affinity", spec.session_affinity.as_deref().unwrap_or_default());
    if let Some(policy) = spec.external_traffic_policy.as_deref().filter(|policy| !policy.is_empty()) {
        text.field(0, "External Traffic Policy", policy);
    }
    if let Some(policy) = &spec.internal_traffic_policy {
        text.field(0, "Internal Traffic Policy", policy);
    }
    if let Some(port) = spec.health_check_node_port.filter(|port| *port != 0) {
        text.field(0, "HealthCheck NodePort", port.to_string());
    }
    if let Some(ranges) = spec.load_balancer_source_ranges.as_deref().filter(|ranges| !ranges.is_empty()) {
        text.field(0, "LoadBalancer Source Ranges", ranges.join(","));
    }
    if let Some(distribution) = &spec.traffic_distribution {
        text.field(0, "Traffic Distribution", distribution);
    }
    Ok(())
}

/// Where a load balancer takes traffic in (buildIngressString).
fn entry(ingress: &LoadBalancerIngress) -> String {
    match (ingress.ip.as_deref().unwrap_or_default(), &ingress.ip_mode) {
        ("", _) => ingress.hostname.clone().unwrap_or_default(),
        (ip, Some(mode)) => format!("{ip} ({mode})"),
        (ip, None) => ip.to_owned(),
    }
}

fn slices(service: &Service, context: &mut Context<'_, '_>) -> Result<Vec<EndpointSlice>, Failure> {
    let name = service.metadata.name.clone().unwrap_or_default();
    let labels = Selector::from_map(&Labels::from([("kubernetes.io/service-name".to_owned(), name)]));
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    let options = ListOptions { labels, fields: Vec::new() };
    let (objects, _) = context.list(Kind::EndpointSlice, namespace, options)?;
    Ok(objects
        .iter()
        .filter_map(|slice| slice.get::<EndpointSlice>())
        .map(|slice| (**slice).clone())
        .collect())
}

// formatEndpointSlices
fn addresses(slices: &[EndpointSlice], port_name: &str) -> String {
    if slices.is_empty() {
        return "<none>".to_owned();
    }
    let mut all = Vec::new();
    for slice in slices {
        let ready = |endpoint: &&Endpoint| {
            endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
        };
        let endpoints: Vec<&Endpoint> =
            slice.endpoints.iter().flatten().map(|endpoint| &**endpoint).filter(ready).collect();
        let ips = || endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
        let ports = slice.ports.as_deref().unwrap_or_default();
        if ports.is_empty() {
            all.extend(ips().cloned());
        }
        for port in ports.iter().filter(|port| port.name.as_deref().is_none_or(|name| name == port_name)) {
            let number = port.port.unwrap_or(0);
            all.extend(ips().map(|ip| {
                if ip.contains(':') { format!("[{ip}]:{number}") } else { format!("{ip}:{number}") }
            }));
        }
    }
    let shown = all[..all.len().min(SHOWN)].join(",");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}

/// Adds everything but the events of a slice.
pub(super) fn describe_slice(text: &mut Text, slice: &EndpointSlice) {
    text.name(&slice.metadata);
    text.labels("", "Labels", slice.metadata.labels.as_ref());
    text.annotations("Annotations", slice.metadata.annotations.as_ref());
    text.field(0, "AddressType", &slice.address_type);
    match slice.ports.as_deref().unwrap_or_default() {
        [] => text.line(0, "Ports: <unset>"),
        ports => {
            text.line(0, "Ports:");
            text.line(1, "Name\tPort\tProtocol");
            text.line(1, "----\t----\t--------");
            for port in ports {
                let name = port.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(UNSET);
                let number = port.port.map_or_else(|| UNSET.to_owned(), |number| number.to_string());
                text.line(1, format!("{name}\t{number}\t{}", port.protocol.as_deref().unwrap_or(UNSET)));
            }
        }
    }
    let endpoints = slice.endpoints.as_deref().unwrap_or_default();
    text.line(0, if endpoints.is_empty() { "Endpoints: <none>" } else { "Endpoints:" });
    for endpoint in endpoints {
        text.line(1, format!("- Addresses:\t{}", endpoint.addresses.join(",")));
        text.line(2, "Conditions:");
        let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
        text.field(3, "Ready", ready.map_or_else(|| UNSET.to_owned(), |ready| ready.to_string()));
        let or_unset = |value: &Option<String>| value.clone().unwrap_or_else(|| UNSET.to_owned());
        text.field(2, "Hostname", or_unset(&endpoint.hostname));
        if let Some(target) = &endpoint.target_ref {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            text.field(2, "TargetRef", format!("{}/{}", part(&target.kind), part(&target.name)));
        }
        text.field(2, "NodeName", or_unset(&endpoint.node_name));
        text.field(2, "Zone", or_unset(&endpoint.zone));
    }
}
