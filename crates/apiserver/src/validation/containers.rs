//! Containers and init containers.
//!
//! Models validateContainers, validateInitContainers and validateContainerCommon in
//! pkg/apis/core/validation/validation.go (v1.36.2). Security contexts and resize policies are taken as they are.

use k8s_openapi::api::core::v1::{Container, ContainerPort, EnvVar, EnvVarSource, VolumeMount};
use machinery::field::{FieldError, Path};
use machinery::names;

use super::volumes::local_descending_path;
use super::{Errors, each, handlers, one_of, port_number, required, resources};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];
const MESSAGE_POLICIES: [&str; 2] = ["FallbackToLogsOnError", "File"];
/// What an environment variable can be filled with, sorted.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The containers of a pod; `volumes` are the names of those that can be mounted.
pub fn containers(
    containers: &[Container],
    volumes: &[&str],
    grace_period_seconds: i64,
    path: &Path,
) -> Errors {
    if containers.is_empty() {
        return vec![FieldError::required(path, "")];
    }
    let mut errors = Vec::new();
    for (i, container) in containers.iter().enumerate() {
        let path = path.index(i);
        errors.extend(common(container, volumes, &path));
        if containers[..i].iter().any(|other| other.name == container.name) {
            errors.push(FieldError::duplicate(&path.child("name"), container.name.as_str()));
        }
        errors.extend(handlers::of_container(container, grace_period_seconds, &path));
    }
    errors.extend(host_port_conflicts(containers, path));
    errors
}

/// The init containers of a pod; their names differ from those of the regular ones.
pub fn init_containers(
    containers: &[Container],
    regular: &[Container],
    volumes: &[&str],
    grace_period_seconds: i64,
    path: &Path,
) -> Errors {
    let mut errors = Vec::new();
    let mut names: Vec<&str> = regular.iter().map(|container| container.name.as_str()).collect();
    for (i, container) in containers.iter().enumerate() {
        let path = path.index(i);
        let restarts = container.restart_policy.as_deref() == Some("Always");
        errors.extend(common(container, volumes, &path));
        if let Some(policy) = container.restart_policy.as_deref().filter(|_| !restarts) {
            errors.push(FieldError::not_supported(&path.child("restartPolicy"), policy, &["Always"]));
        }
        if names.contains(&container.name.as_str()) {
            errors.push(FieldError::duplicate(&path.child("name"), container.name.as_str()));
        } else if !container.name.is_empty() {
            names.push(&container.name);
        }
        if restarts {
            errors.extend(handlers::of_container(container, grace_period_seconds, &path));
        } else {
            errors.extend(forbidden_without_restart(container, &path));
        }
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

fn common(container: &Container, volumes: &[&str], path: &Path) -> Errors {
    let mut errors = Vec::new();
    match container.name.as_str() {
        "" => errors.push(FieldError::required(&path.child("name"), "")),
        name => errors.extend(each(names::dns1123_label(name), &path.child("name"), name)),
    }
    errors.extend(required(container.image.as_deref().unwrap_or_default(), &path.child("image")));
    let policy = container.termination_message_policy.as_deref();
    errors.extend(one_of(policy, &MESSAGE_POLICIES, &path.child("terminationMessagePolicy")));
    errors.extend(ports(container.ports.as_deref().unwrap_or_default(), &path.child("ports")));
    errors.extend(env(container.env.as_deref().unwrap_or_default(), &path.child("env")));
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    errors.extend(volume_mounts(mounts, volumes, &path.child("volumeMounts")));
    let policy = container.image_pull_policy.as_deref();
    errors.extend(one_of(policy, &PULL_POLICIES, &path.child("imagePullPolicy")));
    if let Some(given) = &container.resources {
        errors.extend(resources::requirements(given, &path.child("resources")));
    }
    errors
}

fn ports(ports: &[ContainerPort], path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (i, port) in ports.iter().enumerate() {
        let path = path.index(i);
        if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let broken = names::port_name(name);
            if !broken.is_empty() {
                errors.extend(each(broken, &path.child("name"), name));
            } else if seen.contains(&name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            } else {
                seen.push(name);
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
    let mut seen: Vec<String> = Vec::new();
    for (i, container) in containers.iter().enumerate() {
        for (j, port) in container.ports.iter().flatten().enumerate() {
            let Some(host_port) = port.host_port.filter(|port| *port != 0) else {
                continue;
            };
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let taken = format!("{}/{}/{host_port}", text(&port.protocol), text(&port.host_ip));
            if seen.contains(&taken) {
                let path = path.index(i).child("ports").index(j).child("hostPort");
                errors.push(FieldError::duplicate(&path, taken));
            } else {
                seen.push(taken);
            }
        }
    }
    errors
}

fn env(variables: &[EnvVar], path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, variable) in variables.iter().enumerate() {
        let path = path.index(i);
        if variable.name.is_empty() {
            errors.push(FieldError::required(&path.child("name"), ""));
        } else if !variable.name.chars().all(|c| (' '..='~').contains(&c) && c != '=') {
            let why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
            errors.push(FieldError::invalid(&path.child("name"), variable.name.as_str(), why));
        }
        if let Some(source) = &variable.value_from {
            let has_value = variable.value.as_ref().is_some_and(|value| !value.is_empty());
            errors.extend(env_source(source, has_value, &path.child("valueFrom")));
        }
    }
    errors
}

fn env_source(source: &EnvVarSource, has_value: bool, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut count = 0;
    if let Some(field) = &source.field_ref {
        count += 1;
        errors.extend(field_ref(&field.field_path, &path.child("fieldRef").child("fieldPath")));
    }
    if let Some(resource) = &source.resource_field_ref {
        count += 1;
        errors.extend(required(&resource.resource, &path.child("resourceFieldRef").child("resource")));
    }
    if let Some(map) = &source.config_map_key_ref {
        count += 1;
        errors.extend(required(&map.key, &path.child("configMapKeyRef").child("key")));
    }
    if let Some(secret) = &source.secret_key_ref {
        count += 1;
        errors.extend(required(&secret.key, &path.child("secretKeyRef").child("key")));
    }
    count += usize::from(source.file_key_ref.is_some());
    let why = match (has_value, count) {
        (true, 1..) => "may not be specified when `value` is not empty",
        (false, 0) => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        (false, 2..) => "may not have more than one field specified at a time",
        _ => return errors,
    };
    errors.push(FieldError::invalid(path, "", why));
    errors
}

fn field_ref(field: &str, path: &Path) -> Option<FieldError> {
    if field.is_empty() {
        return Some(FieldError::required(path, ""));
    }
    let is_subscript =
        ["metadata.annotations['", "metadata.labels['"].iter().any(|head| field.starts_with(head));
    if is_subscript || ENV_FIELDS.contains(&field) {
        return None;
    }
    Some(FieldError::not_supported(path, field, &ENV_FIELDS))
}

fn volume_mounts(mounts: &[VolumeMount], volumes: &[&str], path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, mount) in mounts.iter().enumerate() {
        let path = path.index(i);
        errors.extend(required(&mount.name, &path.child("name")));
        if !volumes.contains(&mount.name.as_str()) {
            errors.push(FieldError::not_found(&path.child("name"), mount.name.as_str()));
        }
        errors.extend(required(&mount.mount_path, &path.child("mountPath")));
        if mounts[..i].iter().any(|other| other.mount_path == mount.mount_path) {
            let why = "must be unique";
            errors.push(FieldError::invalid(&path.child("mountPath"), mount.mount_path.as_str(), why));
        }
        for (name, sub_path) in [("subPath", &mount.sub_path), ("subPathExpr", &mount.sub_path_expr)] {
            if let Some(sub_path) = sub_path.as_deref().filter(|text| !text.is_empty()) {
                errors.extend(local_descending_path(sub_path, &path.child(name)));
            }
        }
    }
    errors
}
