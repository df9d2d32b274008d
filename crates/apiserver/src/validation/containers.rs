//! Containers, init containers and ephemeral containers.
//!
//! Models validateContainers, validateInitContainers, validateEphemeralContainers and validateContainerCommon in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, ContainerPort, ContainerResizePolicy, EphemeralContainer};
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::version::Features;

use super::pod_spec::padded_image;
use super::{
    Errors, Seen, env, handlers, mounts, one_of, port_number, required, required_name, resources, security,
};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];
/// A list upstream, not a set: it prints in this order.
const MESSAGE_POLICIES: [&str; 2] = ["File", "FallbackToLogsOnError"];
const RESTART_POLICIES: [&str; 3] = ["Always", "Never", "OnFailure"];
const RESTART_ACTIONS: [&str; 2] = ["Restart", "RestartAllContainers"];
const OPERATORS: [&str; 2] = ["In", "NotIn"];
const RESIZED: [&str; 2] = ["cpu", "memory"];
const RESIZE_POLICIES: [&str; 2] = ["NotRequired", "RestartContainer"];
const MAX_RESTART_RULES: usize = 20;
const MAX_EXIT_CODES: usize = 255;

/// What a container's rules depend on besides the container.
pub struct Scope<'a> {
    /// The cluster's version and gates.
    pub features: Features,
    /// Names of the volumes that can be mounted.
    pub volumes: Seen,
    /// Names of those that can be block devices.
    pub block_volumes: Seen,
    /// Names of the pod's resource claims.
    pub claims: BTreeSet<&'a str>,
    /// The pod's grace period, in seconds.
    pub grace_period_seconds: i64,
    /// The pod's restart policy.
    pub restart_policy: &'a str,
    /// Whether the pod shares the host's user namespace.
    pub host_users: bool,
}

/// The containers of a pod.
pub fn containers(containers: &[Container], scope: &Scope<'_>, path: &Path) -> Errors {
    if containers.is_empty() {
        return vec![FieldError::required(path, "")];
    }
    let mut errors = Vec::new();
    let mut seen = Seen::default();
    for (i, container) in containers.iter().enumerate() {
        let path = path.index(i);
        errors.extend(common(container, scope, &path));
        if seen.again(&container.name) {
            errors.push(FieldError::duplicate(&path.child("name"), &container.name));
        }
        errors.extend(handlers::of_container(container, scope, &path));
        if scope.features.containers_have_restart_policies() {
            errors.extend(restart_policy(container, &path));
        } else if container.restart_policy.is_some() {
            let why = "may not be set for non-init containers";
            errors.push(FieldError::forbidden(&path.child("restartPolicy"), why));
        }
    }
    errors.extend(host_port_conflicts(containers, path));
    errors
}

/// The init containers of a pod; their names differ from those of the regular ones.
pub fn init_containers(
    containers: &[Container],
    regular: &[Container],
    scope: &Scope<'_>,
    path: &Path,
) -> Errors {
    let mut errors = Vec::new();
    let mut seen = Seen::of(regular.iter().map(|container| container.name.as_str()));
    for (i, container) in containers.iter().enumerate() {
        let at = path.index(i);
        let policy = container.restart_policy.as_deref();
        let restarts = policy == Some("Always");
        errors.extend(common(container, scope, &at));
        if scope.features.containers_have_restart_policies() {
            errors.extend(init_restart_policy(container, &at));
        } else if let Some(policy) = policy.filter(|_| !restarts) {
            errors.push(FieldError::not_supported(&at.child("restartPolicy"), policy, &["Always"]));
        }
        if seen.again(&container.name) && !container.name.is_empty() {
            errors.push(FieldError::duplicate(&at.child("name"), &container.name));
        }
        // They run one by one, so that each is looked at alone, under the first one's path.
        errors.extend(host_port_conflicts(std::slice::from_ref(container), path));
        if restarts {
            errors.extend(handlers::of_container(container, scope, &at));
        } else {
            errors.extend(forbidden_without_restart(container, &at));
            let list = container.resize_policy.as_deref().unwrap_or_default();
            for (j, policy) in list.iter().enumerate().filter(|(_, p)| p.restart_policy == "RestartContainer")
            {
                let why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                let path = at.child("resizePolicy").index(j).child("restartPolicy");
                errors.push(FieldError::invalid(&path, &policy.restart_policy, why));
            }
        }
    }
    errors
}

/// The ephemeral containers of a pod: only what debugging needs may be set.
pub fn ephemeral_containers(containers: &[EphemeralContainer], names: &[&str], path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut seen = Seen::of(names.iter().copied());
    for (i, container) in containers.iter().enumerate() {
        let path = path.index(i);
        errors.extend(required_name(&container.name, names::dns1123_label, &path.child("name")));
        errors.extend(required(container.image.as_deref().unwrap_or_default(), &path.child("image")));
        errors.extend(padded_image(container.image.as_deref(), &path));
        if seen.again(&container.name) {
            errors.push(FieldError::duplicate(&path.child("name"), &container.name));
        }
        if let Some(target) = container.target_container_name.as_deref().filter(|t| !t.is_empty())
            && !names.contains(&target)
        {
            errors.push(FieldError::not_found(&path.child("targetContainerName"), target));
        }
        let given = [
            ("ports", container.ports.is_some()),
            ("resources", container.resources.as_ref().is_some_and(|r| *r != Default::default())),
            ("resizePolicy", container.resize_policy.is_some()),
            ("restartPolicy", container.restart_policy.is_some()),
            ("restartPolicyRules", container.restart_policy_rules.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("startupProbe", container.startup_probe.is_some()),
            ("lifecycle", container.lifecycle.is_some()),
        ];
        let given = given.into_iter().filter(|(_, is_set)| *is_set);
        let mut refused: Vec<Path> = given.map(|(name, _)| path.child(name)).collect();
        for (i, mount) in container.volume_mounts.iter().flatten().enumerate() {
            let path = path.child("volumeMounts").index(i);
            let parts = [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)];
            let given = parts.into_iter().filter(|(_, part)| part.as_ref().is_some_and(|p| !p.is_empty()));
            refused.extend(given.map(|(field, _)| path.child(field)));
        }
        let why = "cannot be set for an Ephemeral Container";
        errors.extend(refused.iter().map(|path| FieldError::forbidden(path, why)));
    }
    errors
}

fn forbidden_without_restart(container: &Container, path: &Path) -> Errors {
    let given = [
        ("lifecycle", container.lifecycle.is_some()),
        ("livenessProbe", container.liveness_probe.is_some()),
        ("readinessProbe", container.readiness_probe.is_some()),
        ("startupProbe", container.startup_probe.is_some()),
    ];
    let why = "may not be set for init containers without restartPolicy=Always";
    let given = given.into_iter().filter(|(_, is_set)| *is_set);
    given.map(|(name, _)| FieldError::forbidden(&path.child(name), why)).collect()
}

fn common(container: &Container, scope: &Scope<'_>, path: &Path) -> Errors {
    let mut errors = required_name(&container.name, names::dns1123_label, &path.child("name"));
    errors.extend(required(container.image.as_deref().unwrap_or_default(), &path.child("image")));
    let policy = container.termination_message_policy.as_deref();
    errors.extend(one_of(policy, &MESSAGE_POLICIES, &path.child("terminationMessagePolicy")));
    errors.extend(ports(container.ports.as_deref().unwrap_or_default(), &path.child("ports")));
    errors.extend(env::variables(container, scope.features, path));
    errors.extend(mounts::mounts(container, scope, path));
    let policy = container.image_pull_policy.as_deref();
    errors.extend(one_of(policy, &PULL_POLICIES, &path.child("imagePullPolicy")));
    if let Some(given) = &container.resources {
        errors.extend(resources::of_container(given, scope, &path.child("resources")));
    }
    let policies = container.resize_policy.as_deref().unwrap_or_default();
    errors.extend(resize_policies(policies, scope.restart_policy, &path.child("resizePolicy")));
    if let Some(context) = &container.security_context {
        errors.extend(security::of_container(context, scope, &path.child("securityContext")));
    }
    errors
}

fn ports(ports: &[ContainerPort], path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut seen = Seen::default();
    for (i, port) in ports.iter().enumerate() {
        let path = path.index(i);
        if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let broken = names::port_name(name);
            if !broken.is_empty() {
                errors.extend(super::each(broken, &path.child("name"), name));
            } else if seen.again(name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            }
        }
        if port.container_port == 0 {
            errors.push(FieldError::required(&path.child("containerPort"), ""));
        } else {
            errors.extend(port_number(port.container_port, &path.child("containerPort")));
        }
        if let Some(host_port) = port.host_port.filter(|port| *port != 0) {
            errors.extend(port_number(host_port, &path.child("hostPort")));
        }
        errors.extend(one_of(port.protocol.as_deref(), &PROTOCOLS, &path.child("protocol")));
    }
    errors
}

/// checkHostPortConflicts.
fn host_port_conflicts(containers: &[Container], path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut seen = Seen::default();
    for (i, container) in containers.iter().enumerate() {
        for (j, port) in container.ports.iter().flatten().enumerate() {
            let Some(host_port) = port.host_port.filter(|port| *port != 0) else {
                continue;
            };
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let taken = format!("{}/{}/{host_port}", text(&port.protocol), text(&port.host_ip));
            if seen.again(&taken) {
                let path = path.index(i).child("ports").index(j).child("hostPort");
                errors.push(FieldError::duplicate(&path, taken));
            }
        }
    }
    errors
}

/// validateInitContainerRestartPolicy: rules without a policy are not looked at.
fn init_restart_policy(container: &Container, path: &Path) -> Errors {
    let mut errors = restart_policy(container, path);
    if container.restart_policy.is_none() {
        errors.truncate(1);
    }
    errors
}

/// validateContainerRestartPolicy.
fn restart_policy(container: &Container, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let rules = container.restart_policy_rules.as_deref().unwrap_or_default();
    match container.restart_policy.as_deref() {
        None if rules.is_empty() => return errors,
        None => {
            let why = "must specify restartPolicy when restart rules are used";
            errors.push(FieldError::required(&path.child("restartPolicy"), why));
        }
        policy => {
            errors.extend(super::if_given_one_of(policy, &RESTART_POLICIES, &path.child("restartPolicy")));
        }
    }
    let path = path.child("restartPolicyRules");
    if rules.len() > MAX_RESTART_RULES {
        errors.push(FieldError::too_many(&path, rules.len(), MAX_RESTART_RULES));
    }
    for (i, rule) in rules.iter().enumerate() {
        let path = path.index(i);
        let action = Some(rule.action.as_str());
        errors.extend(super::if_given_one_of(action, &RESTART_ACTIONS, &path.child("action")));
        let path = path.child("exitCodes");
        match &rule.exit_codes {
            Some(codes) => {
                let operator = Some(codes.operator.as_str());
                errors.extend(super::if_given_one_of(operator, &OPERATORS, &path.child("operator")));
                let values = codes.values.as_ref().map_or(0, Vec::len);
                if values > MAX_EXIT_CODES {
                    errors.push(FieldError::too_many(&path.child("values"), values, MAX_EXIT_CODES));
                }
            }
            None => errors.push(FieldError::required(&path, "must be specified")),
        }
    }
    errors
}

/// validateResizePolicy.
fn resize_policies(policies: &[ContainerResizePolicy], restart_policy: &str, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut seen = Seen::default();
    for (i, policy) in policies.iter().enumerate() {
        if seen.again(&policy.resource_name) {
            errors.push(FieldError::duplicate(&path.index(i), &policy.resource_name));
        }
        errors.extend(one_of(Some(&policy.resource_name), &RESIZED, path));
        errors.extend(one_of(Some(&policy.restart_policy), &RESIZE_POLICIES, path));
        if restart_policy == "Never" && policy.restart_policy != "NotRequired" {
            let why = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.push(FieldError::invalid(path, &policy.restart_policy, why));
        }
    }
    errors
}
