//! What may be wrong with a Service, and what is worth a word.
//!
//! Models validateService, ValidateServiceUpdate and their companions in pkg/apis/core/validation/validation.go, and
//! pkg/api/service/warnings.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ServicePort, ServiceSpec};
use machinery::field::{FieldError, Path, Printed};
use machinery::go_value::GoValue;
use machinery::names;
use machinery::version::Features;

use super::endpoints::PROTOCOLS;
use super::service::{
    addresses, has_cluster_ip, is_externally_accessible, is_headless, needs_health_check, type_of,
};
use crate::validation::addresses::{cidr, ip, ip_warning, non_special_ip};
use crate::validation::{
    Errors, Seen, each, if_given_one_of, key, metadata, one_of, port_number, port_number_or_name,
};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const FAMILIES: [&str; 2] = ["IPv4", "IPv6"];
const FAMILY_POLICIES: [&str; 3] = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const TRAFFIC_POLICIES: [&str; 2] = ["Cluster", "Local"];
/// In upstream's order; the first one is all that older versions have.
const DISTRIBUTIONS: [&str; 3] = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const MAX_AFFINITY_SECONDS: i32 = 86_400;
const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
const ONLY_BALANCED: &str = "may only be used when `type` is 'LoadBalancer'";

/// Two annotations say the same thing.
pub fn topology_annotations(annotations: Option<&BTreeMap<String, String>>) -> Errors {
    let of = |name: &str| annotations.and_then(|annotations| annotations.get(name));
    match (of(HINTS), of(TOPOLOGY_MODE)) {
        (Some(old), Some(new)) if old != new => {
            let path = Path::new("metadata").child("annotations").key(TOPOLOGY_MODE);
            let why = format!("must match annotations[{HINTS}] when both are specified");
            vec![FieldError::invalid(&path, new, why)]
        }
        _ => Vec::new(),
    }
}

/// What is wrong with a spec.
pub fn validate_spec(spec: &ServiceSpec, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let ports = spec.ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !is_headless(spec) && has_cluster_ip(spec) {
        errors.push(FieldError::required(&path.child("ports"), ""));
    }
    match type_of(spec) {
        "ExternalName" => errors.extend(external_name(spec, path)),
        kind @ ("NodePort" | "LoadBalancer") if is_headless(spec) => {
            let why = format!("may not be set to 'None' for {kind} services");
            errors.push(FieldError::invalid(&path.child("clusterIPs").index(0), "None", why));
        }
        _ => {}
    }
    let mut names = Seen::default();
    for (i, port) in ports.iter().enumerate() {
        let path = path.child("ports").index(i);
        errors.extend(service_port(port, ports.len() > 1, &mut names, features, &path));
    }
    errors.extend(metadata::labels(spec.selector.as_ref(), features, &path.child("selector")));
    errors.extend(session_affinity(spec, path));
    errors.extend(cluster_ips(spec, features, path));
    errors.extend(external_ips(spec, features, path));
    errors.extend(one_of(spec.type_.as_deref(), &TYPES, &path.child("type")));
    errors.extend(repeated_ports(spec, features, path));
    errors.extend(balancer(spec, features, path));
    errors.extend(traffic(spec, features, path));
    errors
}

fn external_name(spec: &ServiceSpec, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let why = "may not be set for ExternalName services";
    if !addresses(spec).is_empty() {
        errors.push(FieldError::forbidden(&path.child("clusterIPs"), why));
    }
    if spec.ip_families.as_ref().is_some_and(|families| !families.is_empty()) {
        errors.push(FieldError::forbidden(&path.child("ipFamilies"), why));
    }
    if spec.ip_family_policy.is_some() {
        errors.push(FieldError::forbidden(&path.child("ipFamilyPolicy"), why));
    }
    let name = spec.external_name.as_deref().unwrap_or_default();
    match name.strip_suffix('.').unwrap_or(name) {
        "" => errors.push(FieldError::required(&path.child("externalName"), "")),
        name => errors.extend(each(names::dns1123_subdomain(name), &path.child("externalName"), name)),
    }
    errors
}

fn service_port(
    port: &ServicePort,
    needs_name: bool,
    names: &mut Seen,
    features: Features,
    path: &Path,
) -> Errors {
    let mut errors = Vec::new();
    match port.name.as_deref().unwrap_or_default() {
        "" if needs_name => errors.push(FieldError::required(&path.child("name"), "")),
        "" => {}
        name => {
            errors.extend(each(names::dns1123_label(name), &path.child("name"), name));
            if names.again(name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            }
        }
    }
    errors.extend(port_number(port.port, &path.child("port")));
    errors.extend(one_of(port.protocol.as_deref(), &PROTOCOLS, &path.child("protocol")));
    if let Some(target) = &port.target_port {
        errors.extend(port_number_or_name(target, &path.child("targetPort")));
    }
    if let Some(protocol) = &port.app_protocol {
        errors.extend(key(protocol, &path.child("appProtocol"), features));
    }
    errors
}

fn session_affinity(spec: &ServiceSpec, path: &Path) -> Errors {
    let at = path.child("sessionAffinity");
    let affinity = spec.session_affinity.as_deref();
    let mut errors: Errors = one_of(affinity, &["ClientIP", "None"], &at).into_iter().collect();
    let config = spec.session_affinity_config.as_ref();
    let at = path.child("sessionAffinityConfig");
    // Defaulting has filled in what is missing.
    let seconds = config.and_then(|config| config.client_ip.as_ref()?.timeout_seconds);
    if affinity == Some("ClientIP")
        && let Some(seconds) = seconds.filter(|seconds| !(1..=MAX_AFFINITY_SECONDS).contains(seconds))
    {
        let why = format!("must be greater than 0 and less than {MAX_AFFINITY_SECONDS}");
        errors.push(FieldError::invalid(&at.child("clientIP").child("timeoutSeconds"), seconds, why));
    }
    errors
}

/// ValidateServiceClusterIPsRelatedFields.
pub fn cluster_ips(spec: &ServiceSpec, features: Features, path: &Path) -> Errors {
    if !has_cluster_ip(spec) {
        return Vec::new();
    }
    let (at, all) = (path.child("clusterIPs"), addresses(spec));
    let value = || GoValue::texts(all).print(features);
    let first = spec.cluster_ip.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    match (first, all.first()) {
        ("", Some(_)) => {
            let why = "must be empty when `clusterIP` is not specified";
            errors.push(FieldError::invalid(&at, value(), why));
        }
        ("", None) => {}
        (_, None) => errors.push(FieldError::required(&at, "")),
        (first, Some(listed)) if first != listed => {
            errors.push(FieldError::invalid(&at, value(), "first value must match `clusterIP`"));
        }
        _ => {}
    }
    let families = spec.ip_families.as_deref().unwrap_or_default();
    let mut seen = Seen::default();
    for (i, family) in families.iter().enumerate() {
        let at = path.child("ipFamilies").index(i);
        errors.extend(if_given_one_of(Some(family), &FAMILIES, &at));
        if seen.again(family) {
            errors.push(FieldError::duplicate(&at, family));
        }
    }
    let policy = spec.ip_family_policy.as_deref();
    errors.extend(if_given_one_of(policy, &FAMILY_POLICIES, &path.child("ipFamilyPolicy")));
    let mut wrong = Vec::new();
    for (i, one) in all.iter().enumerate() {
        if i > 0 || one != "None" {
            wrong.extend(ip(one, features, &at.index(i)));
        } else if all.len() > 1 {
            wrong.push(FieldError::invalid(&at, value(), "'None' must be the first and only value"));
        }
    }
    let is_wrong = !wrong.is_empty();
    errors.extend(wrong);
    if all.len() > 2 {
        errors.push(FieldError::invalid(&at, value(), "may only hold up to 2 values"));
    }
    if !is_wrong && all.len() > 1 && all.iter().all(|one| one.contains(':') == all[0].contains(':')) {
        let why = "may specify no more than one IP for each IP family";
        errors.push(FieldError::invalid(&at, value(), why));
    }
    for (i, (one, family)) in all.iter().zip(families).enumerate().filter(|_| !is_wrong && !is_headless(spec))
    {
        if (family == "IPv6") != one.contains(':') {
            let why = format!("expected an {family} value as indicated by `ipFamilies[{i}]`");
            errors.push(FieldError::invalid(&at.index(i), one, why));
        }
    }
    errors
}

fn external_ips(spec: &ServiceSpec, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, text) in spec.external_ips.iter().flatten().enumerate() {
        let at = path.child("externalIPs").index(i);
        match ip(text, features, &at) {
            Some(error) => errors.push(error),
            None => errors.extend(non_special_ip(text, &at)),
        }
    }
    errors
}

fn repeated_ports(spec: &ServiceSpec, features: Features, path: &Path) -> Errors {
    let ports = spec.ports.as_deref().unwrap_or_default();
    let node_port = |port: &ServicePort| port.node_port.filter(|number| *number != 0);
    let at = |i: usize| path.child("ports").index(i);
    let mut errors = Vec::new();
    for (i, _) in ports.iter().enumerate().filter(|(_, port)| node_port(port).is_some()) {
        if type_of(spec) == "ClusterIP" {
            let why = "may not be used when `type` is 'ClusterIP'";
            errors.push(FieldError::forbidden(&at(i).child("nodePort"), why));
        }
    }
    let one = |port: &ServicePort, number: i32| {
        format!("{number}/{}", port.protocol.as_deref().unwrap_or_default())
    };
    let (mut node_ports, mut own) = (Seen::default(), Seen::default());
    for (i, port) in ports.iter().enumerate() {
        let Some(number) = node_port(port) else {
            continue;
        };
        if node_ports.again(&one(port, number)) {
            errors.push(FieldError::duplicate(&at(i).child("nodePort"), number));
        }
    }
    for (i, port) in ports.iter().enumerate() {
        if own.again(&one(port, port.port)) {
            let zero = k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::Int(0);
            let fields = [
                ("Name", "", GoValue::text("")),
                ("Protocol", "", GoValue::text(port.protocol.as_deref().unwrap_or_default())),
                ("AppProtocol", "", GoValue::pointer("string", None)),
                ("Port", "", GoValue::plain(port.port)),
                ("TargetPort", "", GoValue::int_or_string(&zero)),
                ("NodePort", "", GoValue::plain(0)),
            ];
            let value = GoValue::structure("core.ServicePort", fields).print(features);
            errors.push(FieldError::duplicate(&at(i), value));
        }
    }
    errors
}

/// What only a load balancer has.
fn balancer(spec: &ServiceSpec, features: Features, path: &Path) -> Errors {
    let is_balanced = type_of(spec) == "LoadBalancer";
    let mut errors = Vec::new();
    let ranges = spec.load_balancer_source_ranges.as_deref().unwrap_or_default();
    let at = path.child("LoadBalancerSourceRanges");
    if !ranges.is_empty() && !is_balanced {
        errors.push(FieldError::forbidden(&at, ONLY_BALANCED));
    }
    for (i, range) in ranges.iter().map(|range| range.trim()).enumerate() {
        errors.extend(cidr(range, features, &at.index(i)));
    }
    if spec.allocate_load_balancer_node_ports.is_some() && !is_balanced {
        errors.push(FieldError::forbidden(&path.child("allocateLoadBalancerNodePorts"), ONLY_BALANCED));
    }
    if let Some(class) = &spec.load_balancer_class {
        let at = path.child("loadBalancerClass");
        if is_balanced {
            errors.extend(key(class, &at, features));
        } else {
            errors.push(FieldError::forbidden(&at, ONLY_BALANCED));
        }
    }
    errors
}

fn traffic(spec: &ServiceSpec, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let external = spec.external_traffic_policy.as_deref().filter(|policy| !policy.is_empty());
    let at = path.child("externalTrafficPolicy");
    match external {
        Some(policy) if !is_externally_accessible(spec) => {
            let why = "may only be set for externally-accessible services";
            errors.push(FieldError::invalid(&at, policy, why));
        }
        policy => errors.extend(if_given_one_of(policy, &TRAFFIC_POLICIES, &at)),
    }
    if let Some(port) = spec.health_check_node_port.filter(|port| *port != 0) {
        let at = path.child("healthCheckNodePort");
        if needs_health_check(spec) {
            errors.extend(port_number(port, &at));
        } else {
            let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            errors.push(FieldError::invalid(&at, port, why));
        }
    }
    let internal = spec.internal_traffic_policy.as_deref();
    errors.extend(if_given_one_of(internal, &TRAFFIC_POLICIES, &path.child("internalTrafficPolicy")));
    let known = if features.traffic_can_stay_on_a_node() { &DISTRIBUTIONS[..] } else { &DISTRIBUTIONS[..1] };
    let distribution = spec.traffic_distribution.as_deref();
    errors.extend(if_given_one_of(distribution, known, &path.child("trafficDistribution")));
    errors
}

/// What may not change (validateUpgradeDowngradeClusterIPs, validateUpgradeDowngradeIPFamilies).
pub fn frozen_addresses(new: &ServiceSpec, old: &ServiceSpec, features: Features) -> Errors {
    if !has_cluster_ip(new) || !has_cluster_ip(old) || (is_headless(new) && is_headless(old)) {
        return Vec::new();
    }
    let path = Path::new("spec");
    let texts = |items: &[String]| -> Printed { GoValue::texts(items).print(features) };
    let mut errors = Vec::new();
    let (is, was) = (addresses(new), addresses(old));
    for (i, before) in was.iter().enumerate() {
        if is.get(i).is_some_and(|now| now != before) {
            let at = path.child("clusterIPs").index(i);
            errors.push(FieldError::invalid(&at, texts(is), "may not change once set"));
        }
    }
    if is.is_empty() && !was.is_empty() {
        let at = path.child("clusterIPs").index(0);
        errors.push(FieldError::invalid(&at, texts(is), "primary clusterIP can not be unset"));
    }
    if is_headless(new) != is_headless(old) {
        return errors;
    }
    let (is, was) =
        (new.ip_families.as_deref().unwrap_or_default(), old.ip_families.as_deref().unwrap_or_default());
    if is.iter().zip(was).any(|(now, before)| now != before) {
        let at = path.child("ipFamilies").index(0);
        errors.push(FieldError::invalid(&at, texts(is), "may not change once set"));
    }
    errors
}

/// What GetWarningsForService says of annotations.
pub fn annotation_warnings(annotations: Option<&BTreeMap<String, String>>) -> Vec<String> {
    let is_old = annotations.is_some_and(|annotations| annotations.contains_key(HINTS));
    let warning = || format!("annotation {HINTS} is deprecated, please use {TOPOLOGY_MODE} instead");
    is_old.then(warning).into_iter().collect()
}

/// What GetWarningsForService says of the rest.
pub fn spec_warnings(spec: &ServiceSpec, features: Features) -> Vec<String> {
    let path = Path::new("spec");
    let odd = |field: &str, list: &[String]| -> Vec<String> {
        let list = list.iter().enumerate();
        list.filter_map(|(i, ip)| ip_warning(ip, features, &path.child(field).index(i))).collect()
    };
    let mut warnings = odd("clusterIPs", addresses(spec));
    let mut warn = |holds: bool, why: &str| warnings.extend(holds.then(|| why.to_owned()));
    let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let has_external = spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty());
    let is_headless = type_of(spec) == "ClusterIP" && is_headless(spec);
    let is_external = type_of(spec) == "ExternalName";
    let is_balanced = is_given(&spec.load_balancer_ip);
    warn(is_headless && is_balanced, "spec.loadBalancerIP is ignored for headless services");
    warn(is_headless && has_external, "spec.externalIPs is ignored for headless services");
    let has_affinity = spec.session_affinity.as_deref() != Some("None");
    warn(is_headless && has_affinity, "spec.SessionAffinity is ignored for headless services");
    warnings.extend(odd("externalIPs", spec.external_ips.as_deref().unwrap_or_default()));
    let mut warn = |holds: bool, why: &str| warnings.extend(holds.then(|| why.to_owned()));
    warn(
        has_external && !is_headless && !is_external && features.external_ips_are_deprecated(),
        "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    );
    warn(is_external && has_external, "spec.externalIPs is ignored when spec.type is \"ExternalName\"");
    warn(
        !is_external && is_given(&spec.external_name),
        "spec.externalName is ignored when spec.type is not \"ExternalName\"",
    );
    warn(
        spec.traffic_distribution.as_deref() == Some("PreferClose") && features.traffic_can_stay_on_a_node(),
        "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"",
    );
    warnings
}
