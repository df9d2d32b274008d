//! Services: defaults, and which addresses and ports they get.
//!
//! Models pkg/registry/core/service/{strategy.go,storage/alloc.go} and SetDefaults_Service (v1.36.2), for a cluster whose
//! services have IPv4 addresses; what may be wrong is in [`super::service_rules`].

use client::api::Refusal;
use k8s_openapi::api::core::v1::{LoadBalancerStatus, Service, ServicePort, ServiceSpec, ServiceStatus};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::field::{FieldError, Path, Printed};
use machinery::go_value::GoValue;
use machinery::version::Features;
use machinery::{Kind, Resource, Status, names};

use super::service_rules::{frozen_addresses, topology_annotations, validate_spec, warnings};
use super::{Strategy, Terms, keep};
use crate::server::{Env, Server};
use crate::validation::{self, Errors, is_ip};

const AFFINITY_SECONDS: i32 = 10_800;
/// 10.96.0.0/12; the first 256 addresses are left to those who ask for one.
const NETWORK: u32 = (10 << 24) | (96 << 16);
const ADDRESSES: u32 = 1 << 20;
const FIRST_DYNAMIC: u32 = 256;
const NODE_PORTS: std::ops::RangeInclusive<i32> = 30_000..=32_767;

impl Strategy for Service {
    fn name_errors(name: &str, features: Features) -> Vec<String> {
        if features.service_names_are_labels() {
            names::dns1123_label(name)
        } else {
            names::dns1035_label(name)
        }
    }

    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        match spec.session_affinity.get_or_insert_with(|| "None".to_owned()).as_str() {
            "None" => spec.session_affinity_config = None,
            "ClientIP" => {
                let config = spec.session_affinity_config.get_or_insert_default();
                let client = config.client_ip.get_or_insert_default();
                client.timeout_seconds.get_or_insert(AFFINITY_SECONDS);
            }
            _ => {}
        }
        spec.type_.get_or_insert_with(|| "ClusterIP".to_owned());
        for port in spec.ports.iter_mut().flatten() {
            port.protocol.get_or_insert_with(|| "TCP".to_owned());
            let is_open = match &port.target_port {
                None | Some(IntOrString::Int(0)) => true,
                Some(IntOrString::String(name)) => name.is_empty(),
                Some(IntOrString::Int(_)) => false,
            };
            if is_open {
                port.target_port = Some(IntOrString::Int(port.port));
            }
        }
        if is_externally_accessible(spec) {
            spec.external_traffic_policy.get_or_insert_with(|| "Cluster".to_owned());
        }
        if type_of(spec) == "LoadBalancer" {
            spec.allocate_load_balancer_node_ports.get_or_insert(true);
        }
        if type_of(spec) != "ExternalName" {
            spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".to_owned());
        }
    }

    fn prepare_for_create(&mut self, _terms: Terms) {
        self.status =
            Some(ServiceStatus { load_balancer: Some(LoadBalancerStatus::default()), conditions: None });
    }

    fn validate(&self, terms: Terms) -> Errors {
        let annotations = self.metadata.annotations.as_ref();
        let spec = self.spec.clone().unwrap_or_default();
        let mut errors = topology_annotations(annotations);
        errors.extend(validate_spec(&spec, terms.features, &Path::new("spec")));
        errors
    }

    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        self.status.clone_from(&old.status);
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new_spec), Some(old_spec)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        let mut errors = frozen_addresses(new_spec, old_spec, terms.features);
        let is_balanced = |spec: &ServiceSpec| type_of(spec) == "LoadBalancer";
        if is_balanced(new_spec)
            && is_balanced(old_spec)
            && new_spec.load_balancer_class != old_spec.load_balancer_class
        {
            let class = new_spec.load_balancer_class.as_deref().map_or_else(Printed::null, Printed::from);
            let path = Path::new("spec").child("loadBalancerClass");
            errors.push(FieldError::invalid(&path, class, "may not change once set"));
        }
        errors.extend(self.validate(terms));
        errors
    }

    fn warnings(&self, terms: Terms) -> Vec<String> {
        self.spec.as_ref().map_or_else(Vec::new, |spec| warnings(spec, terms.features))
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
    }
}

pub(super) fn type_of(spec: &ServiceSpec) -> &str {
    spec.type_.as_deref().unwrap_or_default()
}

pub(super) fn has_cluster_ip(spec: &ServiceSpec) -> bool {
    type_of(spec) != "ExternalName"
}

fn has_node_ports(spec: &ServiceSpec) -> bool {
    matches!(type_of(spec), "NodePort" | "LoadBalancer")
}

pub(super) fn is_headless(spec: &ServiceSpec) -> bool {
    spec.cluster_ip.as_deref() == Some("None")
}

/// apiservice.ExternallyAccessible.
pub(super) fn is_externally_accessible(spec: &ServiceSpec) -> bool {
    let has_external = spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty());
    has_node_ports(spec) || (type_of(spec) == "ClusterIP" && has_external)
}

pub(super) fn addresses(spec: &ServiceSpec) -> &[String] {
    spec.cluster_ips.as_deref().unwrap_or_default()
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Gives the service its addresses and node ports, or keeps those that it has.
///
/// # Errors
/// `Invalid` where a wanted one cannot be had.
pub fn allocate(
    server: &Server,
    env: &mut Env<'_>,
    old: Option<&Service>,
    service: &mut Service,
) -> Result<(), Refusal> {
    let name = service.name().to_owned();
    let before = old.and_then(|old| old.spec.as_ref());
    let spec = service.spec.get_or_insert_default();
    if let Some(before) = before {
        keep_allocated(before, spec);
    }
    let had_address = before.is_some_and(|before| !addresses(before).is_empty());
    if !had_address {
        let wanted = given(&spec.cluster_ip).map(str::to_owned);
        match (wanted, addresses(spec).first().cloned()) {
            (Some(ip), None) => spec.cluster_ips = Some(vec![ip]),
            (None, first) => spec.cluster_ip = first,
            _ => {}
        }
    }
    if !has_cluster_ip(spec) {
        return Ok(());
    }
    let refused = ip_families(spec);
    let invalid = |errors: Errors| Err(Box::new(Status::invalid(Kind::Service, &name, errors)));
    if !refused.is_empty() {
        return invalid(refused);
    }
    if !had_address && !is_headless(spec) {
        match given(&spec.cluster_ip).map(str::to_owned) {
            Some(ip) => {
                if let Some(error) = cannot_have(server, &ip, addresses(spec)) {
                    return invalid(vec![error]);
                }
            }
            None => {
                spec.cluster_ip = free_address(server, env);
                spec.cluster_ips = spec.cluster_ip.clone().map(|ip| vec![ip]);
            }
        }
    }
    if has_node_ports(spec) {
        let errors = node_ports(server, env, &name, before, spec);
        if !errors.is_empty() {
            return invalid(errors);
        }
    }
    Ok(())
}

/// What an update does not name stays (patchAllocatedValues, NormalizeClusterIPs); what a new type does not have goes
/// (dropTypeDependentFields).
fn keep_allocated(before: &ServiceSpec, spec: &mut ServiceSpec) {
    if has_cluster_ip(before) && !has_cluster_ip(spec) {
        if spec.cluster_ip == before.cluster_ip && spec.cluster_ips == before.cluster_ips {
            (spec.cluster_ip, spec.cluster_ips) = (None, None);
        }
        (spec.ip_families, spec.ip_family_policy, spec.internal_traffic_policy) = (None, None, None);
        return;
    }
    if !has_cluster_ip(before) || !has_cluster_ip(spec) {
        return;
    }
    if given(&spec.cluster_ip).is_none() && addresses(spec).is_empty() {
        spec.cluster_ip.clone_from(&before.cluster_ip);
        spec.cluster_ips.clone_from(&before.cluster_ips);
    } else if spec.cluster_ip == before.cluster_ip && addresses(spec).is_empty() {
        spec.cluster_ips.clone_from(&before.cluster_ips);
    } else if spec.cluster_ip != before.cluster_ip && spec.cluster_ips == before.cluster_ips {
        spec.cluster_ips = given(&spec.cluster_ip).map(|ip| vec![ip.to_owned()]);
    } else if spec.cluster_ip == before.cluster_ip {
        spec.cluster_ip = addresses(spec).first().cloned();
    }
    if spec.ip_families.is_none() {
        spec.ip_families.clone_from(&before.ip_families);
    }
    if spec.ip_family_policy.is_none() {
        spec.ip_family_policy.clone_from(&before.ip_family_policy);
    }
    if has_node_ports(before) && !has_node_ports(spec) {
        for port in spec.ports.iter_mut().flatten() {
            let same = |other: &ServicePort| other.port == port.port && other.node_port == port.node_port;
            if before.ports.iter().flatten().any(same) {
                port.node_port = None;
            }
        }
        spec.external_traffic_policy = None;
        spec.allocate_load_balancer_node_ports = None;
    }
    if has_node_ports(before) && has_node_ports(spec) {
        for port in spec.ports.iter_mut().flatten().filter(|port| port.node_port.unwrap_or(0) == 0) {
            let same = |other: &&ServicePort| other.port == port.port && other.protocol == port.protocol;
            port.node_port = before.ports.iter().flatten().find(same).and_then(|other| other.node_port);
        }
    }
}

/// Fills in the families; says what a cluster that has only IPv4 cannot give (initIPFamilyFields).
fn ip_families(spec: &mut ServiceSpec) -> Errors {
    let path = Path::new("spec");
    let mut errors = Vec::new();
    for (i, family) in spec.ip_families.iter().flatten().enumerate().filter(|(_, f)| *f == "IPv6") {
        let at = path.child("ipFamilies").index(i);
        errors.push(FieldError::invalid(&at, family, "not configured on this cluster"));
    }
    let has_selector = spec.selector.as_ref().is_some_and(|selector| !selector.is_empty());
    let is_open = is_headless(spec) && !has_selector;
    if spec.ip_family_policy.as_deref() == Some("RequireDualStack") && !is_open {
        let why = "this cluster is not configured for dual-stack services";
        errors.push(FieldError::invalid(&path.child("ipFamilyPolicy"), "RequireDualStack", why));
    }
    if is_open && spec.ip_families.is_none() && spec.ip_family_policy.is_none() {
        // Whoever writes the endpoints may use either family.
        spec.ip_families = Some(vec!["IPv4".to_owned(), "IPv6".to_owned()]);
        spec.ip_family_policy = Some("RequireDualStack".to_owned());
        return errors;
    }
    spec.ip_families.get_or_insert_with(|| vec!["IPv4".to_owned()]);
    spec.ip_family_policy.get_or_insert_with(|| "SingleStack".to_owned());
    errors
}

fn cannot_have(server: &Server, ip: &str, all: &[String]) -> Option<FieldError> {
    let path = Path::new("spec").child("clusterIPs");
    if !is_ip(ip) {
        return validation::ip(ip, &path.index(0));
    }
    let number = ip.parse::<std::net::Ipv4Addr>().map(u32::from).unwrap_or(0);
    let why = if !(NETWORK + 1..NETWORK + ADDRESSES - 1).contains(&number) {
        if server.features.service_ranges_are_objects() {
            "the provided network does not match the current range".to_owned()
        } else {
            let range = "The range of valid IPs is 10.96.0.0/12";
            format!("the provided IP ({ip}) is not in the valid range. {range}")
        }
    } else if is_taken(server, ip) {
        "provided IP is already allocated".to_owned()
    } else {
        return None;
    };
    let value = GoValue::texts(all).print(server.features);
    Some(FieldError::invalid(&path, value, format!("failed to allocate IP {ip}: {why}")))
}

fn is_taken(server: &Server, ip: &str) -> bool {
    let has =
        |service: &Service| service.spec.as_ref().is_some_and(|spec| spec.cluster_ip.as_deref() == Some(ip));
    server.list::<Service>("").any(|service| has(service))
}

/// The first free address from a random one on; none if all are taken.
fn free_address(server: &Server, env: &mut Env<'_>) -> Option<String> {
    let count = ADDRESSES - FIRST_DYNAMIC - 1;
    let start = u32::try_from(env.choices.number("clusterIP", count.into())).unwrap_or(0);
    let candidates = (0..count).map(|step| NETWORK + FIRST_DYNAMIC + (start + step) % count);
    candidates.map(|number| std::net::Ipv4Addr::from(number).to_string()).find(|ip| !is_taken(server, ip))
}

fn node_ports(
    server: &Server,
    env: &mut Env<'_>,
    name: &str,
    before: Option<&ServiceSpec>,
    spec: &mut ServiceSpec,
) -> Errors {
    let mut taken: Vec<i32> = Vec::new();
    for service in server.list::<Service>("").filter(|service| service.name() != name) {
        let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
        taken.extend(ports.filter_map(|port| port.node_port));
    }
    let own: Vec<i32> =
        before.iter().flat_map(|b| b.ports.iter().flatten()).filter_map(|p| p.node_port).collect();
    let mut errors = Vec::new();
    let count = NODE_PORTS.end() - NODE_PORTS.start() + 1;
    for (i, port) in spec.ports.iter_mut().flatten().enumerate() {
        let path = Path::new("spec").child("ports").index(i).child("nodePort");
        match port.node_port.filter(|number| *number != 0) {
            Some(number) if own.contains(&number) => {}
            Some(number) if !NODE_PORTS.contains(&number) => {
                let why = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                errors.push(FieldError::invalid(&path, number, why));
            }
            Some(number) if taken.contains(&number) => {
                errors.push(FieldError::invalid(&path, number, "provided port is already allocated"));
            }
            Some(number) => taken.push(number),
            None => {
                let start =
                    i32::try_from(env.choices.number("nodePort", count.unsigned_abs().into())).unwrap_or(0);
                let free = (0..count).map(|step| NODE_PORTS.start() + (start + step) % count);
                port.node_port = free.into_iter().find(|number| !taken.contains(number));
                taken.extend(port.node_port);
            }
        }
    }
    errors
}
