//! Pod specs, of pods and of templates.
//!
//! Models ValidatePodSpec and ValidatePodTemplateSpec in pkg/apis/core/validation/validation.go (v1.36.2, and v1.32.13 where
//! [`Features`] says so). Departs in one point: options that only Windows has are taken as they are.

use k8s_openapi::api::core::v1::{Container, PodResourceClaim, PodSpec, Toleration, Volume};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::field::{FieldError, Path, Printed};
use machinery::go_value::GoValue;
use machinery::names;
use machinery::version::Features;

use super::containers::{self, Scope};
use super::{
    Errors, Seen, addresses, each, env, if_given_one_of, in_range, key, metadata, node_selector, one_of,
    optional_name, pod_annotations, pod_system, required_name, resources, security, topology, volumes,
};

// These are lists upstream, not sets: they print in this order.
const RESTART_POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS_POLICIES: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
/// The last two need a gate that is off.
const OPERATORS: [&str; 4] = ["Equal", "Exists", "Lt", "Gt"];
const PREEMPTION: [&str; 2] = ["PreemptLowerPriority", "Never"];
const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCH_PATHS: usize = 32;
const MAX_SEARCH_BYTES: usize = 2048;
const MAX_HOSTNAME: usize = 64;

/// What is wrong with a spec whose volumes are `volumes`: a StatefulSet's template mounts its claims as well. `pod` is the
/// name of the pod that the spec belongs to; a template's has none.
pub fn pod_spec(
    spec: &PodSpec,
    volumes: &[&Volume],
    pod: Option<&str>,
    features: Features,
    path: &Path,
) -> Errors {
    let (mut errors, [known, blocks]) = volumes::volumes(volumes, pod, features, &path.child("volumes"));
    let scope = Scope {
        features,
        volumes: known,
        block_volumes: blocks,
        claims: spec.resource_claims.iter().flatten().map(|claim| claim.name.as_str()).collect(),
        grace_period_seconds: spec.termination_grace_period_seconds.unwrap_or(0),
        restart_policy: spec.restart_policy.as_deref().unwrap_or_default(),
        host_users: spec.host_users != Some(false),
    };
    let claims = spec.resource_claims.as_deref().unwrap_or_default();
    errors.extend(resource_claims(claims, features, &path.child("resourceClaims")));
    errors.extend(containers::containers(&spec.containers, &scope, &path.child("containers")));
    let init = init_containers(spec);
    let init_path = path.child("initContainers");
    errors.extend(containers::init_containers(init, &spec.containers, &scope, &init_path));
    let names: Vec<&str> = spec.containers.iter().chain(init).map(|c| c.name.as_str()).collect();
    let ephemeral = spec.ephemeral_containers.as_deref().unwrap_or_default();
    errors.extend(containers::ephemeral_containers(ephemeral, &names, &path.child("ephemeralContainers")));
    errors.extend(resources::of_pod(spec, &scope, &path.child("resources")));
    errors.extend(host_network(spec, pod.is_some(), path));
    errors.extend(one_of(spec.restart_policy.as_deref(), &RESTART_POLICIES, &path.child("restartPolicy")));
    errors.extend(one_of(spec.dns_policy.as_deref(), &DNS_POLICIES, &path.child("dnsPolicy")));
    errors.extend(metadata::labels(spec.node_selector.as_ref(), features, &path.child("nodeSelector")));
    errors.extend(security::of_pod(spec, &scope, &path.child("securityContext")));
    if let Some(affinity) = &spec.affinity {
        errors.extend(node_selector::affinity(affinity, features, &path.child("affinity")));
    }
    errors.extend(dns_config(spec, features, &path.child("dnsConfig")));
    errors.extend(gates(spec, features, path));
    let constraints = spec.topology_spread_constraints.as_deref().unwrap_or_default();
    errors.extend(topology::constraints(constraints, features, &path.child("topologySpreadConstraints")));
    errors.extend(pod_system::host_processes(spec, path));
    errors.extend(host_users(spec, path));
    errors.extend(hostname_override(spec, path));
    errors.extend(identity(spec, path));
    let given = spec.tolerations.as_deref().unwrap_or_default();
    errors.extend(tolerations(given, features, &path.child("tolerations")));
    for (i, alias) in spec.host_aliases.iter().flatten().enumerate() {
        let path = path.child("hostAliases").index(i);
        errors.extend(addresses::ip(&alias.ip, features, &path.child("ip")));
        for (j, name) in alias.hostnames.iter().flatten().enumerate() {
            errors.extend(each(names::dns1123_subdomain(name), &path.child("hostnames").index(j), name));
        }
    }
    errors.extend(classes(spec, &scope, path));
    errors.extend(pod_system::system(spec, features, path));
    errors.extend(env::file_volumes(spec, volumes, path));
    errors
}

/// ValidatePodTemplateSpec, for a spec whose volumes are `volumes`.
pub fn template(
    meta: Option<&ObjectMeta>,
    spec: &PodSpec,
    volumes: &[&Volume],
    features: Features,
    path: &Path,
) -> Errors {
    let mut errors = template_metadata(meta, spec, features, path);
    let path = path.child("spec");
    errors.extend(pod_spec(spec, volumes, None, features, &path));
    errors.extend(pod_annotations::contradictions(meta, spec, &path));
    if spec.ephemeral_containers.as_ref().is_some_and(|list| !list.is_empty()) {
        let why = "ephemeral containers not allowed in pod template";
        errors.push(FieldError::forbidden(&path.child("ephemeralContainers"), why));
    }
    errors
}

/// Labels and annotations of a template.
pub fn template_metadata(
    meta: Option<&ObjectMeta>,
    spec: &PodSpec,
    features: Features,
    path: &Path,
) -> Errors {
    let labels = meta.and_then(|meta| meta.labels.as_ref());
    let annotations = meta.and_then(|meta| meta.annotations.as_ref());
    let mut errors = metadata::labels(labels, features, &path.child("labels"));
    let path = path.child("annotations");
    errors.extend(metadata::annotations(annotations, features, &path));
    errors.extend(pod_annotations::annotations(annotations, spec, &path));
    errors
}

/// What is wrong with the containers of a pod, beyond what is wrong with them in a template (validateContainersOnlyForPod).
pub fn only_in_pods(spec: &PodSpec, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (field, list) in [("containers", &spec.containers[..]), ("initContainers", init_containers(spec))] {
        for (i, container) in list.iter().enumerate() {
            errors.extend(padded_image(container.image.as_deref(), &path.child(field).index(i)));
        }
    }
    errors
}

/// An image with spaces around its name, where `path` is the container's.
pub fn padded_image(image: Option<&str>, path: &Path) -> Option<FieldError> {
    let image = image.filter(|image| image.trim() != *image)?;
    let why = "must not have leading or trailing whitespace";
    Some(FieldError::invalid(&path.child("image"), image, why))
}

/// The init containers.
pub fn init_containers(spec: &PodSpec) -> &[Container] {
    spec.init_containers.as_deref().unwrap_or_default()
}

/// Init containers and regular ones, each with its path, as upstream visits them (VisitContainersWithPath). Ephemeral
/// containers are left out: no pod gets any here.
pub fn containers_with_paths<'a>(spec: &'a PodSpec, path: &Path) -> Vec<(Path, &'a Container)> {
    let mut found = Vec::new();
    for (field, list) in [("initContainers", init_containers(spec)), ("containers", &spec.containers)] {
        let list = list.iter().enumerate();
        found.extend(list.map(|(i, container)| (path.child(field).index(i), container)));
    }
    found
}

/// Account, node, deadline, hostname and subdomain.
fn identity(spec: &PodSpec, path: &Path) -> Errors {
    let name = |field: &str, value: &Option<String>, rule: fn(&str) -> Vec<String>| {
        optional_name(value, rule, &path.child(field))
    };
    let mut errors = name("serviceAccountName", &spec.service_account_name, names::dns1123_subdomain);
    errors.extend(name("nodeName", &spec.node_name, names::dns1123_subdomain));
    let deadline = &path.child("activeDeadlineSeconds");
    errors.extend(spec.active_deadline_seconds.and_then(|s| in_range(s, 1, i32::MAX.into(), deadline)));
    errors.extend(name("hostname", &spec.hostname, names::dns1123_label));
    errors.extend(name("subdomain", &spec.subdomain, names::dns1123_label));
    errors
}

/// Priority, runtime, preemption, overhead.
fn classes(spec: &PodSpec, scope: &Scope<'_>, path: &Path) -> Errors {
    let subdomain = names::dns1123_subdomain;
    let mut errors = optional_name(&spec.priority_class_name, subdomain, &path.child("priorityClassName"));
    if let Some(name) = &spec.runtime_class_name {
        errors.extend(each(subdomain(name), &path.child("runtimeClassName"), name));
    }
    if let Some(policy) = &spec.preemption_policy {
        errors.extend(one_of(Some(policy), &PREEMPTION, &path.child("preemptionPolicy")));
    }
    if let Some(overhead) = &spec.overhead {
        let limits = k8s_openapi::api::core::v1::ResourceRequirements {
            limits: Some(overhead.clone()),
            ..Default::default()
        };
        errors.extend(resources::of_container(&limits, scope, &path.child("overhead")));
    }
    errors
}

/// validatePodResourceClaims.
fn resource_claims(claims: &[PodResourceClaim], features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut seen = Seen::default();
    for (i, claim) in claims.iter().enumerate() {
        let (path, name) = (path.index(i), claim.name.as_str());
        if seen.again(name) && !name.is_empty() {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        } else {
            errors.extend(required_name(name, names::dns1123_label, &path.child("name")));
        }
        let text = |text: &Option<String>| GoValue::pointer("string", text.as_deref().map(GoValue::text));
        let (direct, template) = (&claim.resource_claim_name, &claim.resource_claim_template_name);
        let why = match (direct, template) {
            (Some(_), Some(_)) => {
                Some("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
            }
            (None, None) => Some("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
            _ => None,
        };
        if let Some(why) = why {
            let fields = [
                ("Name", "", GoValue::text(name)),
                ("ResourceClaimName", "", text(direct)),
                ("ResourceClaimTemplateName", "", text(template)),
            ];
            let value = GoValue::structure("core.PodResourceClaim", fields).print(features);
            errors.push(FieldError::invalid(&path, value, why));
        }
        for (field, name) in [("resourceClaimName", direct), ("resourceClaimTemplateName", template)] {
            errors.extend(name.iter().flat_map(|n| each(names::dns1123_subdomain(n), &path.child(field), n)));
        }
    }
    errors
}

/// What has to be true before the pod is ready, and before it is scheduled.
fn gates(spec: &PodSpec, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, gate) in spec.readiness_gates.iter().flatten().enumerate() {
        let path = path.child("readinessGates").index(i).child("conditionType");
        errors.extend(key(&gate.condition_type, &path, features));
    }
    let mut seen = Seen::default();
    for (i, gate) in spec.scheduling_gates.iter().flatten().enumerate() {
        let path = path.child("schedulingGates").index(i);
        errors.extend(key(&gate.name, &path, features));
        if seen.again(&gate.name) {
            errors.push(FieldError::duplicate(&path, &gate.name));
        }
    }
    errors
}

/// What cannot go with a user namespace of the pod's own (validateHostUsers).
fn host_users(spec: &PodSpec, path: &Path) -> Errors {
    if spec.host_users != Some(false) {
        return Vec::new();
    }
    let given = [("hostNetwork", spec.host_network), ("HostPID", spec.host_pid), ("HostIPC", spec.host_ipc)];
    let given = given.into_iter().filter(|(_, on)| *on == Some(true));
    let mut refused: Vec<Path> = given.map(|(name, _)| path.child(name)).collect();
    for (path, container) in containers_with_paths(spec, path) {
        if container.volume_devices.as_ref().is_some_and(|devices| !devices.is_empty()) {
            refused.push(path.child("volumeDevices"));
        }
    }
    refused.iter().map(|path| FieldError::forbidden(path, "when `hostUsers` is false")).collect()
}

/// validatePodHostName.
fn hostname_override(spec: &PodSpec, path: &Path) -> Errors {
    let Some(name) = &spec.hostname_override else {
        return Vec::new();
    };
    let path = path.child("hostnameOverride");
    let mut errors = Vec::new();
    for (field, is_set) in
        [("setHostnameAsFQDN", spec.set_hostname_as_fqdn), ("hostNetwork", spec.host_network)]
    {
        if is_set == Some(true) {
            errors.push(FieldError::forbidden(&path, format!("may not be specified when {field} is true")));
        }
    }
    if name.len() > MAX_HOSTNAME {
        errors.push(FieldError::too_long(&path, MAX_HOSTNAME));
    }
    errors.extend(each(names::dns1123_subdomain(name), &path, name));
    errors
}

/// validatePodHostNetworkDeps. `in_pod`: a template's ports may leave the host port open.
fn host_network(spec: &PodSpec, in_pod: bool, path: &Path) -> Errors {
    if spec.host_network != Some(true) {
        return Vec::new();
    }
    let mut errors = Vec::new();
    for (i, container) in spec.containers.iter().enumerate() {
        for (j, port) in container.ports.iter().flatten().enumerate() {
            let path = path.child("containers").index(i).child("ports").index(j).child("hostPort");
            let host_port = port.host_port.unwrap_or(0);
            if (in_pod || host_port != 0) && host_port != port.container_port {
                let why = "must match `containerPort` when `hostNetwork` is true";
                errors.push(FieldError::invalid(&path, host_port, why));
            }
        }
    }
    errors
}

/// validatePodDNSConfig.
fn dns_config(spec: &PodSpec, features: Features, path: &Path) -> Errors {
    let config = spec.dns_config.as_ref();
    let servers = config.and_then(|config| config.nameservers.as_deref()).unwrap_or_default();
    if spec.dns_policy.as_deref() == Some("None") {
        if config.is_none() {
            let why = "must provide `dnsConfig` when `dnsPolicy` is None";
            return vec![FieldError::required(path, why)];
        }
        if servers.is_empty() {
            let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return vec![FieldError::required(&path.child("nameservers"), why)];
        }
    }
    let at = path.child("nameservers");
    let list = |items: &[String]| -> Printed { GoValue::texts(items).print(features) };
    let mut errors = Vec::new();
    if servers.len() > MAX_NAMESERVERS {
        let why = format!("must not have more than {MAX_NAMESERVERS} nameservers");
        errors.push(FieldError::invalid(&at, list(servers), why));
    }
    let wrong = |(i, server): (usize, &String)| addresses::ip(server, features, &at.index(i));
    errors.extend(servers.iter().enumerate().filter_map(wrong));
    let (at, searches) = (path.child("searches"), config.and_then(|config| config.searches.as_deref()));
    let searches = searches.unwrap_or_default();
    if searches.len() > MAX_SEARCH_PATHS {
        let why = format!("must not have more than {MAX_SEARCH_PATHS} search paths");
        errors.push(FieldError::invalid(&at, list(searches), why));
    }
    if searches.join(" ").len() > MAX_SEARCH_BYTES {
        let why = format!(
            "must not have more than {MAX_SEARCH_BYTES} characters (including spaces) in the search list"
        );
        errors.push(FieldError::invalid(&at, list(searches), why));
    }
    let is_relaxed = features.search_paths_are_relaxed();
    let rule = if is_relaxed { names::dns1123_subdomain_with_underscore } else { names::dns1123_subdomain };
    for (i, search) in searches.iter().enumerate().filter(|(_, search)| !is_relaxed || *search != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        errors.extend(each(rule(search), &at.index(i), search));
    }
    for (i, option) in config.iter().flat_map(|config| config.options.iter().flatten()).enumerate() {
        if option.name.as_deref().unwrap_or_default().is_empty() {
            errors.push(FieldError::required(&path.child("options").index(i), "must not be empty"));
        }
    }
    errors
}

/// ValidateTolerations.
pub fn tolerations(tolerations: &[Toleration], features: Features, path: &Path) -> Errors {
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
            errors.extend(super::key(key, &path.child("key"), features));
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
                let broken = names::label_value(value, features);
                if !broken.is_empty() {
                    errors.push(FieldError::invalid(&operator_path, value, broken.join(";")));
                }
            }
            "Exists" if !value.is_empty() => {
                let why = "value must be empty when `operator` is 'Exists'";
                errors.push(FieldError::invalid(&operator_path, value, why));
            }
            "Exists" => {}
            "Gt" | "Lt" if features.tolerations_know_comparisons() => {
                errors.push(FieldError::not_supported(&operator_path, operator, &OPERATORS));
            }
            other => errors.push(FieldError::not_supported(&operator_path, other, &OPERATORS[..2])),
        }
        let effect = Some(effect).filter(|effect| !effect.is_empty());
        errors.extend(if_given_one_of(effect, &EFFECTS, &path.child("effect")));
    }
    errors
}
