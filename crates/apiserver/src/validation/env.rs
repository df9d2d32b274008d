//! Environment variables, and fields and resources of the pod that they can show.
//!
//! Models ValidateEnv, ValidateEnvFrom, validateObjectFieldSelector and validateContainerResourceFieldSelector in
//! pkg/apis/core/validation/validation.go (v1.36.2), and pkg/apis/core/pods/helpers.go.

use k8s_openapi::api::core::v1::{
    Container, EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, PodSpec, ResourceFieldSelector,
    Volume,
};
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::version::Features;

use super::pod_spec::containers_with_paths;
use super::{Errors, config_map_key, each, key, required, required_name, volumes};

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
/// What a file can be filled with, sorted.
pub const FILE_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Sorted.
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const UNITS: [&str; 13] = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// `env` and `envFrom` of a container at `path`.
pub fn variables(container: &Container, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (i, variable) in container.env.iter().flatten().enumerate() {
        errors.extend(one(variable, features, &path.child("env").index(i)));
    }
    let path = path.child("envFrom");
    for (i, source) in container.env_from.iter().flatten().enumerate() {
        errors.extend(all_of(source, &path, &path.index(i)));
    }
    errors
}

fn one(variable: &EnvVar, features: Features, path: &Path) -> Errors {
    let mut errors = required_name(&variable.name, variable_name, &path.child("name"));
    if let Some(source) = &variable.value_from {
        let has_value = variable.value.as_ref().is_some_and(|value| !value.is_empty());
        errors.extend(source_of(source, has_value, features, &path.child("valueFrom")));
    }
    errors
}

/// IsRelaxedEnvVarName.
fn variable_name(name: &str) -> Vec<String> {
    let why =
        "a valid environment variable name must consist only of printable ASCII characters other than '='";
    let is_fine = name.chars().all(|c| (' '..='~').contains(&c) && c != '=');
    if is_fine { Vec::new() } else { vec![why.to_owned()] }
}

fn source_of(source: &EnvVarSource, has_value: bool, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let mut count = 0;
    if let Some(field) = &source.field_ref {
        count += 1;
        errors.extend(field_ref(field, &ENV_FIELDS, features, &path.child("fieldRef")));
    }
    if let Some(resource) = &source.resource_field_ref {
        count += 1;
        errors.extend(resource_field_ref(resource, false, &path.child("resourceFieldRef")));
    }
    let keys = [
        ("configMapKeyRef", source.config_map_key_ref.as_ref().map(|map| (&map.name, &map.key))),
        ("secretKeyRef", source.secret_key_ref.as_ref().map(|secret| (&secret.name, &secret.key))),
    ];
    for (field, reference) in keys {
        let Some((name, key)) = reference else {
            continue;
        };
        count += 1;
        let path = path.child(field);
        errors.extend(each(names::dns1123_subdomain(name), &path.child("name"), name));
        if key.is_empty() {
            errors.push(FieldError::required(&path.child("key"), ""));
        } else {
            errors.extend(config_map_key(key, &path.child("key")));
        }
    }
    if let Some(file) = &source.file_key_ref {
        count += 1;
        let path = path.child("fileKeyRef");
        errors.extend(required_name(&file.key, variable_name, &path.child("key")));
        errors.extend(required_name(&file.volume_name, names::dns1123_label, &path.child("volumeName")));
        errors.extend(required(&file.path, &path.child("path")));
        errors.extend(volumes::no_back_steps(&file.path, &path.child("path")));
    }
    let why = match (count, has_value) {
        (0, _) if features.variables_come_from_files() => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        }
        (0, _) => "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`",
        (_, true) => "may not be specified when `value` is not empty",
        (2.., false) => "may not have more than one field specified at a time",
        _ => return errors,
    };
    errors.push(FieldError::invalid(path, "", why));
    errors
}

/// Files that variables come from lie in empty directories (validateFileKeyRefVolumes); `path` is the spec's.
pub fn file_volumes(spec: &PodSpec, volumes: &[&Volume], path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (path, container) in containers_with_paths(spec, path) {
        for (i, variable) in container.env.iter().flatten().enumerate() {
            let Some(file) = variable.value_from.as_ref().and_then(|source| source.file_key_ref.as_ref())
            else {
                continue;
            };
            let path = path.child("env").index(i).child("valueFrom").child("fileKeyRef").child("volumeName");
            // The last one of a name counts.
            match volumes.iter().rfind(|volume| volume.name == file.volume_name) {
                None => errors.push(FieldError::not_found(&path, &file.volume_name)),
                Some(volume) if volume.empty_dir.is_none() => {
                    let why = "referenced volume must be of type emptyDir";
                    errors.push(FieldError::invalid(&path, &file.volume_name, why));
                }
                Some(_) => {}
            }
        }
    }
    errors
}

/// A field of the pod, one of `fields` or one label or annotation.
pub fn field_ref(field: &ObjectFieldSelector, fields: &[&str], features: Features, path: &Path) -> Errors {
    let version = field.api_version.as_deref().unwrap_or_default();
    let at = path.child("fieldPath");
    if version.is_empty() {
        return vec![FieldError::required(&path.child("apiVersion"), "")];
    }
    let name = field.field_path.as_str();
    if name.is_empty() {
        return vec![FieldError::required(&at, "")];
    }
    let refuse =
        |why: String| vec![FieldError::invalid(&at, name, format!("error converting fieldPath: {why}"))];
    if version != "v1" {
        return refuse(format!("unsupported pod version: {version}"));
    }
    let subscript = name.strip_suffix("']").and_then(|name| name.split_once("['"));
    if let Some((of, subscript)) = subscript {
        return match of {
            "metadata.annotations" => each(
                names::qualified_name(&subscript.to_ascii_lowercase(), features),
                path,
                &subscript.to_ascii_lowercase(),
            ),
            "metadata.labels" => key(subscript, path, features),
            _ => refuse(format!("field label does not support subscript: {name}")),
        };
    }
    // What pods can be asked for is more than what a container can be told.
    let is_known = FILE_FIELDS.contains(&name)
        || ENV_FIELDS.contains(&name)
        || ["spec.restartPolicy", "spec.schedulerName", "status.phase"].contains(&name);
    if !is_known {
        return refuse(format!("field label not supported: {name}"));
    }
    if fields.contains(&name) { Vec::new() } else { vec![FieldError::not_supported(&at, name, fields)] }
}

/// A request or limit of a container, which a file has to name.
pub fn resource_field_ref(selector: &ResourceFieldSelector, in_file: bool, path: &Path) -> Errors {
    let resource = selector.resource.as_str();
    let is_huge = ["limits.hugepages-", "requests.hugepages-"].iter().any(|head| resource.starts_with(head));
    let mut errors: Errors = Vec::new();
    if in_file && selector.container_name.as_deref().unwrap_or_default().is_empty() {
        errors.push(FieldError::required(&path.child("containerName"), ""));
    } else if resource.is_empty() {
        errors.push(FieldError::required(&path.child("resource"), ""));
    } else if !is_huge && !RESOURCES.contains(&resource) {
        errors.push(FieldError::not_supported(&path.child("resource"), resource, &RESOURCES));
    }
    let divisor = selector.divisor.as_ref().map(|divisor| divisor.0.as_str()).unwrap_or("0");
    if divisor == "0" {
        return errors;
    }
    let path = path.child("divisor");
    let what = match resource.split_once('.').map(|(_, name)| name) {
        Some("cpu") => {
            if !["1m", "1"].contains(&divisor) {
                let why = "only divisor's values 1m and 1 are supported with the cpu resource";
                errors.push(FieldError::invalid(&path, resource, why));
            }
            return errors;
        }
        Some("memory") => "memory",
        Some("ephemeral-storage") => "local ephemeral storage",
        _ if is_huge => "hugepages",
        _ => return errors,
    };
    if !UNITS.contains(&divisor) {
        let units = UNITS.join(", ");
        let why = format!("only divisor's values {units} are supported with the {what} resource");
        errors.push(FieldError::invalid(&path, resource, why));
    }
    errors
}

/// `list` is the path of all, at which upstream reports what is missing.
fn all_of(source: &EnvFromSource, list: &Path, path: &Path) -> Errors {
    let mut errors = Vec::new();
    if let Some(prefix) = source.prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
        errors.extend(each(variable_name(prefix), &path.child("prefix"), prefix));
    }
    let names = [
        ("configMapRef", source.config_map_ref.as_ref().map(|map| &map.name)),
        ("secretRef", source.secret_ref.as_ref().map(|secret| &secret.name)),
    ];
    let mut count = 0;
    for (field, name) in names {
        if let Some(name) = name {
            count += 1;
            errors.extend(required_name(name, names::dns1123_subdomain, &path.child(field).child("name")));
        }
    }
    let why = match count {
        0 => "must specify one of: `configMapRef` or `secretRef`",
        1 => return errors,
        _ => "may not have more than one field specified at a time",
    };
    errors.push(FieldError::invalid(list, "", why));
    errors
}
