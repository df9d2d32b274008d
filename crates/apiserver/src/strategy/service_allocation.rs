//! Which addresses and ports a Service gets.
//!
//! Models pkg/registry/core/service/storage/{storage,alloc}.go and dropTypeDependentFields of its strategy (v1.36.2), for a
//! cluster whose services have IPv4 addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use client::api::Refusal;
use k8s_openapi::api::core::v1::{Service, ServiceSpec};
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::version::Features;
use machinery::{Kind, Resource, Status};

use super::service::{
    addresses, has_cluster_ip, has_node_ports, is_externally_accessible, is_headless, needs_health_check,
    type_of,
};
use super::service_rules::cluster_ips;
use crate::server::{Env, Server};
use crate::validation::Errors;

/// 10.96.0.0/12; the first 256 addresses are left to those who ask for one.
const NETWORK: u32 = (10 << 24) | (96 << 16);
const ADDRESSES: u32 = 1 << 20;
const FIRST_DYNAMIC: u32 = 256;
const NODE_PORTS: std::ops::RangeInclusive<i32> = 30_000..=32_767;

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
    let invalid = |errors: Errors| -> Result<(), Refusal> {
        if errors.is_empty() { Ok(()) } else { Err(Box::new(Status::invalid(Kind::Service, &name, errors))) }
    };
    let mut ports = NodePorts::free_for(server, service);
    let before = old.and_then(|old| old.spec.as_ref());
    let spec = service.spec.get_or_insert_default();
    match before {
        Some(before) => keep_allocated(before, spec),
        None if given(&spec.cluster_ip).is_some() && addresses(spec).is_empty() => {
            spec.cluster_ips = spec.cluster_ip.clone().map(|ip| vec![ip]);
        }
        None => {}
    }
    if has_cluster_ip(spec) {
        invalid(ip_families(before, spec, server.features))?;
        if before.is_none_or(|before| !has_cluster_ip(before)) {
            invalid(cluster_ip(server, env, spec).into_iter().collect())?;
        }
    }
    if has_node_ports(spec) {
        let refused = match before {
            None => ports.for_new(env, spec),
            Some(before) => ports.for_changed(env, before, spec),
        };
        invalid(refused.err().into_iter().collect())?;
    }
    if needs_health_check(spec) && !before.is_some_and(needs_health_check) {
        ports.for_health_check(env, spec)?;
    }
    if let Some(before) = before {
        drop_dependent(before, spec);
    }
    Ok(())
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn number(port: Option<i32>) -> Option<i32> {
    port.filter(|number| *number != 0)
}

/// What an update does not name stays (patchAllocatedValues, normalizeClusterIPs).
fn keep_allocated(before: &ServiceSpec, spec: &mut ServiceSpec) {
    if has_cluster_ip(before) && has_cluster_ip(spec) {
        if given(&spec.cluster_ip).is_none() {
            spec.cluster_ip.clone_from(&before.cluster_ip);
        }
        if addresses(spec).is_empty() {
            spec.cluster_ips.clone_from(&before.cluster_ips);
        }
    }
    if given(&spec.cluster_ip) != given(&before.cluster_ip) && addresses(spec) == addresses(before) {
        spec.cluster_ips = given(&spec.cluster_ip).map(|ip| vec![ip.to_owned()]);
    }
    if has_node_ports(before) && has_node_ports(spec) {
        keep_node_ports(before, spec);
    }
    if needs_health_check(before) && needs_health_check(spec) && number(spec.health_check_node_port).is_none()
    {
        spec.health_check_node_port = before.health_check_node_port;
    }
}

/// A port of the same name keeps its node port, unless another one has it now.
fn keep_node_ports(before: &ServiceSpec, spec: &mut ServiceSpec) {
    let used: BTreeSet<i32> = node_ports_of(before).intersection(&node_ports_of(spec)).copied().collect();
    for port in spec.ports.iter_mut().flatten().filter(|port| number(port.node_port).is_none()) {
        let name = port.name.as_deref().unwrap_or_default();
        let same = before.ports.iter().flatten().rfind(|o| o.name.as_deref().unwrap_or_default() == name);
        port.node_port = same.and_then(|same| number(same.node_port)).filter(|n| !used.contains(n));
    }
}

fn node_ports_of(spec: &ServiceSpec) -> BTreeSet<i32> {
    spec.ports.iter().flatten().filter_map(|port| number(port.node_port)).collect()
}

/// What a new type does not have goes, unless it was changed, too (dropTypeDependentFields).
fn drop_dependent(before: &ServiceSpec, spec: &mut ServiceSpec) {
    if has_cluster_ip(before) && !has_cluster_ip(spec) {
        if spec.cluster_ip == before.cluster_ip && addresses(spec) == addresses(before) {
            (spec.cluster_ip, spec.cluster_ips) = (None, None);
        }
        drop_same(&mut spec.ip_families, &before.ip_families);
        drop_same(&mut spec.ip_family_policy, &before.ip_family_policy);
    }
    let has_new_ports = !node_ports_of(spec).is_subset(&node_ports_of(before));
    if has_node_ports(before) && !has_node_ports(spec) && !has_new_ports {
        spec.ports.iter_mut().flatten().for_each(|port| port.node_port = None);
    }
    if needs_health_check(before) && !needs_health_check(spec) {
        drop_same(&mut spec.health_check_node_port, &before.health_check_node_port);
    }
    if type_of(before) == "LoadBalancer" && type_of(spec) != "LoadBalancer" {
        drop_same(&mut spec.allocate_load_balancer_node_ports, &before.allocate_load_balancer_node_ports);
        drop_same(&mut spec.load_balancer_class, &before.load_balancer_class);
    }
    if is_externally_accessible(before) && !is_externally_accessible(spec) {
        drop_same(&mut spec.external_traffic_policy, &before.external_traffic_policy);
    }
}

fn drop_same<T: PartialEq>(field: &mut Option<T>, before: &Option<T>) {
    if field == before {
        *field = None;
    }
}

/// Fills in the families and their policy; says what a cluster that has only IPv4 cannot give (initIPFamilyFields).
fn ip_families(before: Option<&ServiceSpec>, spec: &mut ServiceSpec, features: Features) -> Errors {
    let path = Path::new("spec");
    let has_selector = spec.selector.as_ref().is_some_and(|selector| !selector.is_empty());
    // Whoever writes the endpoints may use either family.
    let is_open = is_headless(spec) && !has_selector;
    let usual = if is_open { "RequireDualStack" } else { "SingleStack" };
    let kept = before.and_then(|before| before.ip_family_policy.clone());
    let policy =
        spec.ip_family_policy.get_or_insert_with(|| kept.unwrap_or_else(|| usual.to_owned())).clone();
    let errors = cluster_ips(spec, features, &path);
    if !errors.is_empty() {
        return errors;
    }
    let errors = families_of_addresses(before, spec, &policy, features, &path);
    if !errors.is_empty() {
        return errors;
    }
    let families = spec.ip_families.get_or_insert_default();
    if is_open {
        if families.is_empty() {
            families.push("IPv4".to_owned());
        }
        if families.len() == 1 && policy != "SingleStack" {
            families.push(if families[0] == "IPv4" { "IPv6" } else { "IPv4" }.to_owned());
        }
        return Vec::new();
    }
    let mut errors = Vec::new();
    if policy == "RequireDualStack" {
        let why = "this cluster is not configured for dual-stack services";
        errors.push(FieldError::invalid(&path.child("ipFamilyPolicy"), policy, why));
    }
    for (i, family) in families.iter().enumerate().filter(|(_, family)| *family == "IPv6") {
        let at = path.child("ipFamilies").index(i);
        errors.push(FieldError::invalid(&at, family, "not configured on this cluster"));
    }
    if errors.is_empty() && families.is_empty() {
        families.push("IPv4".to_owned());
    }
    errors
}

/// Whether policy, families and addresses fit each other; an address tells its family.
fn families_of_addresses(
    before: Option<&ServiceSpec>,
    spec: &mut ServiceSpec,
    policy: &str,
    features: Features,
    path: &Path,
) -> Errors {
    let mut errors = Vec::new();
    if policy == "SingleStack" {
        if before.is_some_and(|before| before.ip_families == spec.ip_families) {
            spec.ip_families.iter_mut().for_each(|families| families.truncate(1));
        }
        let families = spec.ip_families.as_ref().map_or(0, Vec::len);
        for (count, what) in [(addresses(spec).len(), "cluster IPs"), (families, "IP families")] {
            if count == 2 {
                let why = format!(
                    "must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                );
                errors.push(FieldError::invalid(&path.child("ipFamilyPolicy"), policy, why));
            }
        }
    }
    let all = spec.cluster_ips.clone().unwrap_or_default();
    let families = spec.ip_families.get_or_insert_default();
    for (i, ip) in all.iter().enumerate().skip(families.len()).filter(|(_, ip)| *ip != "None") {
        if ip.contains(':') {
            let value = GoValue::texts(&all).print(features);
            let at = path.child("clusterIPs").index(i);
            errors.push(FieldError::invalid(&at, value, "IPv6 is not configured on this cluster"));
        } else {
            families.push("IPv4".to_owned());
        }
    }
    errors
}

/// The address that was asked for, or a free one; why it cannot be had.
fn cluster_ip(server: &Server, env: &mut Env<'_>, spec: &mut ServiceSpec) -> Option<FieldError> {
    if is_headless(spec) {
        return None;
    }
    if let Some(ip) = given(&spec.cluster_ip) {
        return cannot_have(server, ip, addresses(spec));
    }
    spec.cluster_ip = free_address(server, env);
    spec.cluster_ips = spec.cluster_ip.clone().map(|ip| vec![ip]);
    None
}

fn cannot_have(server: &Server, ip: &str, all: &[String]) -> Option<FieldError> {
    let path = Path::new("spec").child("clusterIPs");
    let address = ip.parse::<Ipv4Addr>().map(u32::from).unwrap_or(0);
    let why = if !(NETWORK + 1..NETWORK + ADDRESSES - 1).contains(&address) {
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
    candidates.map(|number| Ipv4Addr::from(number).to_string()).find(|ip| !is_taken(server, ip))
}

/// Whether ports of the service get a node port that did not ask for one.
fn allocates_node_ports(spec: &ServiceSpec) -> bool {
    type_of(spec) == "NodePort" || spec.allocate_load_balancer_node_ports != Some(false)
}

/// The node ports that are gone.
struct NodePorts {
    taken: BTreeSet<i32>,
}

impl NodePorts {
    /// Those that other services have.
    fn free_for(server: &Server, service: &Service) -> NodePorts {
        let is_other =
            |other: &Service| (other.namespace(), other.name()) != (service.namespace(), service.name());
        let others = server.list::<Service>("").filter(|other| is_other(other));
        let mut taken = BTreeSet::new();
        for spec in others.filter_map(|other| other.spec.as_ref()) {
            taken.extend(node_ports_of(spec));
            taken.extend(number(spec.health_check_node_port));
        }
        NodePorts { taken }
    }

    fn reserve(&mut self, number: i32) -> Result<i32, &'static str> {
        if !NODE_PORTS.contains(&number) {
            return Err("provided port is not in the valid range. The range of valid ports is 30000-32767");
        }
        let is_free = self.taken.insert(number);
        if is_free { Ok(number) } else { Err("provided port is already allocated") }
    }

    /// The first free one from a random one on.
    fn next(&mut self, env: &mut Env<'_>) -> Option<i32> {
        let count = NODE_PORTS.end() - NODE_PORTS.start() + 1;
        let start = i32::try_from(env.choices.number("nodePort", count.unsigned_abs().into())).unwrap_or(0);
        let mut candidates = (0..count).map(|step| NODE_PORTS.start() + (start + step) % count);
        let free = candidates.find(|number| !self.taken.contains(number));
        self.taken.extend(free);
        free
    }

    /// One for each port number: protocols share it (initNodePorts).
    fn for_new(&mut self, env: &mut Env<'_>, spec: &mut ServiceSpec) -> Result<(), FieldError> {
        let allocates = allocates_node_ports(spec);
        let ports = spec.ports.as_deref_mut().unwrap_or_default();
        let wanted: Vec<(i32, i32)> =
            ports.iter().filter_map(|port| Some((port.port, number(port.node_port)?))).collect();
        let mut shared: BTreeMap<i32, Option<i32>> = BTreeMap::new();
        for (i, port) in ports.iter_mut().enumerate() {
            let own = number(port.node_port);
            if own.is_none() && !allocates {
                continue;
            }
            match shared.get(&port.port) {
                Some(shared) if own.is_none() || own == *shared => port.node_port = *shared,
                Some(_) => port.node_port = own.map(|own| self.reserve_for(i, own)).transpose()?,
                None => {
                    let requested = wanted.iter().find(|(number, _)| *number == port.port);
                    port.node_port = match requested {
                        Some((_, requested)) => Some(self.reserve_for(i, *requested)?),
                        None => self.next(env),
                    };
                    shared.insert(port.port, port.node_port);
                }
            }
        }
        Ok(())
    }

    /// One for each port that has none (updateNodePorts).
    fn for_changed(
        &mut self,
        env: &mut Env<'_>,
        before: &ServiceSpec,
        spec: &mut ServiceSpec,
    ) -> Result<(), FieldError> {
        let allocates = allocates_node_ports(spec);
        let mut own = node_ports_of(before);
        self.taken.extend(&own);
        for (i, port) in spec.ports.iter_mut().flatten().enumerate() {
            match number(port.node_port) {
                None if allocates => port.node_port = self.next(env),
                Some(number) if own.insert(number) => {
                    self.reserve_for(i, number)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn reserve_for(&mut self, index: usize, number: i32) -> Result<i32, FieldError> {
        let path = Path::new("spec").child("ports").index(index).child("nodePort");
        self.reserve(number).map_err(|why| FieldError::invalid(&path, number, why))
    }

    /// The port on which a load balancer asks a node whether it has endpoints (allocHealthCheckNodePort).
    fn for_health_check(&mut self, env: &mut Env<'_>, spec: &mut ServiceSpec) -> Result<(), Refusal> {
        let Some(wanted) = number(spec.health_check_node_port) else {
            spec.health_check_node_port = self.next(env);
            return Ok(());
        };
        let refused = self.reserve(wanted).map_err(|why| {
            let why = format!("failed to allocate requested HealthCheck NodePort {wanted}: {why}");
            Box::new(Status::internal(&why))
        });
        refused.map(|_| ())
    }
}
