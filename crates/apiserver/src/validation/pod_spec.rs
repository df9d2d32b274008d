//! Pod specs, of pods and of templates.
//!
//! Models ValidatePodSpec in pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{PodSpec, Toleration, TopologySpreadConstraint, Volume};
use machinery::field::{FieldError, Path};
use machinery::names;

use super::{
    Errors, NO_IP, containers, each, in_range, is_ip, metadata, node_selector, one_of, required, volumes,
};

// These are lists upstream, not sets: they print in this order.
const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// What is wrong with a spec whose volumes are `volumes`: a StatefulSet's template mounts its claims as well.
pub fn pod_spec(spec: &PodSpec, volumes: &[&Volume], path: &Path) -> Errors {
    let grace = spec.termination_grace_period_seconds.unwrap_or(0);
    let (mut errors, known) = volumes::volumes(volumes, &path.child("volumes"));
    errors.extend(containers::containers(&spec.containers, &known, grace, &path.child("containers")));
    let init = spec.init_containers.as_deref().unwrap_or_default();
    let init_path = path.child("initContainers");
    errors.extend(containers::init_containers(init, &spec.containers, &known, grace, &init_path));
    errors.extend(host_network(spec, path));
    errors.extend(one_of(spec.restart_policy.as_deref(), &RESTART_POLICIES, &path.child("restartPolicy")));
    errors.extend(one_of(spec.dns_policy.as_deref(), &DNS_POLICIES, &path.child("dnsPolicy")));
    errors.extend(metadata::labels(spec.node_selector.as_ref(), &path.child("nodeSelector")));
    errors.extend(security_context(spec, &path.child("securityContext")));
    for (i, secret) in spec.image_pull_secrets.iter().flatten().enumerate() {
        errors.extend(required(&secret.name, &path.child("imagePullSecrets").index(i)));
    }
    if let Some(affinity) = &spec.affinity {
        errors.extend(node_selector::affinity(affinity, &path.child("affinity")));
    }
    errors.extend(dns_config(spec, &path.child("dnsConfig")));
    let constraints = spec.topology_spread_constraints.as_deref().unwrap_or_default();
    errors.extend(topology_spread(constraints, &path.child("topologySpreadConstraints")));
    errors.extend(identity(spec, path));
    let given = spec.tolerations.as_deref().unwrap_or_default();
    errors.extend(tolerations(given, &path.child("tolerations")));
    for (i, alias) in spec.host_aliases.iter().flatten().enumerate() {
        let path = path.child("hostAliases").index(i);
        if !is_ip(&alias.ip) {
            errors.push(FieldError::invalid(&path.child("ip"), alias.ip.as_str(), NO_IP));
        }
        for name in alias.hostnames.iter().flatten() {
            errors.extend(each(names::dns1123_subdomain(name), &path.child("hostnames"), name));
        }
    }
    errors
}

/// Account, node, deadline, hostname and subdomain.
fn identity(spec: &PodSpec, path: &Path) -> Errors {
    let name = |field: &str, value: &Option<String>, rule: fn(&str) -> Vec<String>| {
        let value = value.as_deref().filter(|value| !value.is_empty());
        value.map_or_else(Vec::new, |value| each(rule(value), &path.child(field), value))
    };
    let mut errors = name("serviceAccountName", &spec.service_account_name, names::dns1123_subdomain);
    errors.extend(name("nodeName", &spec.node_name, names::dns1123_subdomain));
    let deadline = &path.child("activeDeadlineSeconds");
    errors.extend(spec.active_deadline_seconds.and_then(|s| in_range(s, 1, i32::MAX.into(), deadline)));
    errors.extend(name("hostname", &spec.hostname, names::dns1123_label));
    errors.extend(name("subdomain", &spec.subdomain, names::dns1123_label));
    errors
}

fn host_network(spec: &PodSpec, path: &Path) -> Errors {
    if spec.host_network != Some(true) {
        return Vec::new();
    }
    let mut errors = Vec::new();
    for (i, container) in spec.containers.iter().enumerate() {
        for (j, port) in container.ports.iter().flatten().enumerate() {
            let path = path.child("containers").index(i).child("ports").index(j).child("hostPort");
            if let Some(host_port) = port.host_port.filter(|host_port| *host_port != port.container_port) {
                let why = "must match `containerPort` when `hostNetwork` is true";
                errors.push(FieldError::invalid(&path, host_port, why));
            }
        }
    }
    errors
}

fn security_context(spec: &PodSpec, path: &Path) -> Errors {
    let Some(context) = &spec.security_context else {
        return Vec::new();
    };
    let ids = [
        ("fsGroup", context.fs_group),
        ("runAsUser", context.run_as_user),
        ("runAsGroup", context.run_as_group),
    ];
    let given = ids.into_iter().filter_map(|(name, id)| id.map(|id| (name, id)));
    given.filter_map(|(name, id)| in_range(id, 0, i32::MAX.into(), &path.child(name))).collect()
}

fn dns_config(spec: &PodSpec, path: &Path) -> Errors {
    let config = spec.dns_config.as_ref();
    let servers = config.and_then(|config| config.nameservers.as_deref()).unwrap_or_default();
    let mut errors = Vec::new();
    if spec.dns_policy.as_deref() == Some("None") {
        if config.is_none() {
            let why = "must provide `dnsConfig` when `dnsPolicy` is None";
            return vec![FieldError::required(path, why)];
        }
        if servers.is_empty() {
            let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            errors.push(FieldError::required(&path.child("nameservers"), why));
        }
    }
    for (i, server) in servers.iter().enumerate().filter(|(_, server)| !is_ip(server)) {
        errors.push(FieldError::invalid(&path.child("nameservers").index(i), server.as_str(), NO_IP));
    }
    errors
}

fn topology_spread(constraints: &[TopologySpreadConstraint], path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, constraint) in constraints.iter().enumerate() {
        let path = path.index(i);
        if constraint.max_skew <= 0 {
            errors.push(FieldError::invalid(
                &path.child("maxSkew"),
                constraint.max_skew,
                "must be greater than zero",
            ));
        }
        if constraint.topology_key.is_empty() {
            errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
        } else {
            let key = constraint.topology_key.as_str();
            errors.extend(each(names::qualified_name(key), &path.child("topologyKey"), key));
        }
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        let action = constraint.when_unsatisfiable.as_str();
        if !actions.contains(&action) {
            errors.push(FieldError::not_supported(&path.child("whenUnsatisfiable"), action, &actions));
        }
        if let Some(selector) = &constraint.label_selector {
            errors.extend(metadata::label_selector(selector, &path.child("labelSelector")));
        }
    }
    errors
}

/// ValidateTolerations.
fn tolerations(tolerations: &[Toleration], path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, toleration) in tolerations.iter().enumerate() {
        let path = path.index(i);
        let text = |field: &'static str| {
            let value = match field {
                "key" => &toleration.key,
                "operator" => &toleration.operator,
                "effect" => &toleration.effect,
                _ => &toleration.value,
            };
            value.as_deref().unwrap_or_default()
        };
        let (key, operator, effect, value) = (text("key"), text("operator"), text("effect"), text("value"));
        let operator_path = path.child("operator");
        if !key.is_empty() {
            errors.extend(each(names::qualified_name(key), &path.child("key"), key));
        } else if operator != "Exists" {
            let why =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.push(FieldError::invalid(&operator_path, operator, why));
        }
        if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.push(FieldError::invalid(&path.child("effect"), effect, why));
        }
        match operator {
            "Equal" | "" => {
                let broken = names::label_value(value);
                if !broken.is_empty() {
                    errors.push(FieldError::invalid(&operator_path, value, broken.join(";")));
                }
            }
            "Exists" if !value.is_empty() => {
                let why = "value must be empty when `operator` is 'Exists'";
                errors.push(FieldError::invalid(&operator_path, value, why));
            }
            "Exists" => {}
            other => errors.push(FieldError::not_supported(&operator_path, other, &["Equal", "Exists"])),
        }
        if !effect.is_empty() {
            errors.extend(one_of(Some(effect), &EFFECTS, &path.child("effect")));
        }
    }
    errors
}
