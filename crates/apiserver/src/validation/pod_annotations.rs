//! Annotations that mean something in a pod or template, and the fields that came after them.
//!
//! Models ValidatePodSpecificAnnotations, ValidatePodSpecificAnnotationUpdates, validateSeccompAnnotationsAndFields and
//! validateAppArmorAnnotationsAndFieldsMatchOnCreate in pkg/apis/core/validation/validation.go (v1.36.2). Departs in one
//! point: the annotation that came before tolerations is taken as it is.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{AppArmorProfile, PodSpec, SeccompProfile};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::field::{FieldError, Path};
use machinery::json;

use super::Errors;
use super::pod_spec::containers_with_paths;
use super::volumes::local_descending_path;

type Annotations = BTreeMap<String, String>;

const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
pub const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
pub const SECCOMP_OF: &str = "container.seccomp.security.alpha.kubernetes.io/";
pub const APP_ARMOR_OF: &str = "container.apparmor.security.beta.kubernetes.io/";
const RUNTIME_DEFAULT: &str = "runtime/default";
const DOCKER_DEFAULT: &str = "docker/default";
const UNCONFINED: &str = "unconfined";
const LOCALHOST: &str = "localhost/";

/// The annotations at `path`, which belong to `spec` (ValidatePodSpecificAnnotations).
pub fn annotations(annotations: Option<&Annotations>, spec: &PodSpec, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let Some(annotations) = annotations else {
        return errors;
    };
    let has_node = spec.node_name.as_ref().is_some_and(|node| !node.is_empty());
    if let Some(value) = annotations.get(MIRROR).filter(|_| !has_node) {
        let why = "must set spec.nodeName if mirror pod annotation is set";
        errors.push(FieldError::invalid(&path.key(MIRROR), value, why));
    }
    if let Some(cost) = annotations.get(DELETION_COST).filter(|cost| !is_cost(cost)) {
        errors.push(FieldError::invalid(&path.key(DELETION_COST), cost, "must be a 32bit integer"));
    }
    if let Some(profile) = annotations.get(SECCOMP_OF_POD) {
        errors.extend(seccomp(profile, &path.child(SECCOMP_OF_POD)));
    }
    for (key, profile) in annotations.iter().filter(|(key, _)| key.starts_with(SECCOMP_OF)) {
        errors.extend(seccomp(profile, &path.child(key)));
    }
    errors.extend(app_armor(annotations, spec, path));
    errors
}

/// GetDeletionCostFromPodAnnotations: no plus sign, no zeros in front.
fn is_cost(text: &str) -> bool {
    let begins_well = text == "0" || text.starts_with(|c| matches!(c, '-' | '1'..='9'));
    begins_well && text.parse::<i32>().is_ok()
}

/// ValidateSeccompProfile.
fn seccomp(profile: &str, path: &Path) -> Errors {
    match (profile, profile.strip_prefix(LOCALHOST)) {
        (RUNTIME_DEFAULT | DOCKER_DEFAULT | UNCONFINED, _) => Vec::new(),
        (_, Some(file)) => local_descending_path(file, path),
        _ => vec![FieldError::invalid(path, profile, "must be a valid seccomp profile")],
    }
}

/// ValidateAppArmorPodAnnotations.
fn app_armor(annotations: &Annotations, spec: &PodSpec, path: &Path) -> Errors {
    let mut errors = Vec::new();
    for (key, profile) in annotations {
        let Some(name) = key.strip_prefix(APP_ARMOR_OF) else {
            continue;
        };
        let path = path.key(key);
        if containers_with_paths(spec, &path).iter().all(|(_, container)| container.name != name) {
            errors.push(FieldError::invalid(&path, name, "container not found"));
        }
        let is_known = ["", RUNTIME_DEFAULT, UNCONFINED].contains(&profile.as_str());
        if !is_known && !profile.starts_with(LOCALHOST) {
            let why = format!("invalid AppArmor profile name: {}", json::quote(profile));
            errors.push(FieldError::invalid(&path, profile, why));
        }
    }
    errors
}

/// What may not change in a pod's annotations, and what is wrong with the new ones (ValidatePodSpecificAnnotationUpdates).
pub fn changes(new: Option<&Annotations>, old: Option<&Annotations>, spec: &PodSpec, path: &Path) -> Errors {
    let empty = Annotations::new();
    let (now, before) = (new.unwrap_or(&empty), old.unwrap_or(&empty));
    let changed = before.iter().filter(|(key, value)| now.get(*key) != Some(value));
    let added = now.keys().filter(|key| !before.contains_key(*key));
    let keys = changed.map(|(key, _)| (key, "remove or update")).chain(added.map(|key| (key, "add")));
    let mut errors = Vec::new();
    for (key, what) in keys {
        let which = match key.as_str() {
            MIRROR => "mirror pod annotation",
            key if key.starts_with(APP_ARMOR_OF) => "AppArmor annotations",
            _ => continue,
        };
        errors.push(FieldError::forbidden(&path.key(key), format!("may not {what} {which}")));
    }
    errors.extend(annotations(new, spec, path));
    errors
}

/// Where annotations and fields contradict each other; `path` is the spec's.
pub fn contradictions(meta: Option<&ObjectMeta>, spec: &PodSpec, path: &Path) -> Errors {
    let Some(annotations) = meta.and_then(|meta| meta.annotations.as_ref()) else {
        return Vec::new();
    };
    let containers = containers_with_paths(spec, path);
    let own = spec.security_context.as_ref();
    let of_pod = own.and_then(|context| context.seccomp_profile.as_ref());
    let mut errors = seccomp_pair(annotations.get(SECCOMP_OF_POD), of_pod, path);
    for (path, container) in &containers {
        let profile = container.security_context.as_ref().and_then(|c| c.seccomp_profile.as_ref());
        let annotation = annotations.get(&format!("{SECCOMP_OF}{}", container.name));
        errors.extend(seccomp_pair(annotation, profile, path));
    }
    if spec.os.as_ref().is_some_and(|os| os.name == "windows") {
        return errors;
    }
    let of_pod = own.and_then(|context| context.app_armor_profile.as_ref());
    for (path, container) in &containers {
        let profile = container.security_context.as_ref().and_then(|c| c.app_armor_profile.as_ref());
        let annotation = annotations.get(&format!("{APP_ARMOR_OF}{}", container.name));
        errors.extend(app_armor_pair(annotation, profile.or(of_pod), path));
    }
    errors
}

fn seccomp_pair(annotation: Option<&String>, profile: Option<&SeccompProfile>, path: &Path) -> Errors {
    let Some((annotation, profile)) = annotation.zip(profile) else {
        return Vec::new();
    };
    // The name of old means the default as well.
    let annotation = if annotation == DOCKER_DEFAULT { RUNTIME_DEFAULT } else { annotation };
    let path = path.child("securityContext").child("seccompProfile");
    pair("seccomp", annotation, &profile.type_, profile.localhost_profile.as_deref(), &path)
}

fn app_armor_pair(annotation: Option<&String>, profile: Option<&AppArmorProfile>, path: &Path) -> Errors {
    let Some((annotation, profile)) = annotation.zip(profile) else {
        return Vec::new();
    };
    let path = path.child("securityContext").child("appArmorProfile");
    pair("apparmor", annotation, &profile.type_, profile.localhost_profile.as_deref(), &path)
}

fn pair(what: &str, annotation: &str, kind: &str, file: Option<&str>, path: &Path) -> Errors {
    let (field, part) = match (kind, annotation.strip_prefix(LOCALHOST)) {
        ("Unconfined", _) if annotation != UNCONFINED => ("type", "type"),
        ("RuntimeDefault", _) if annotation != RUNTIME_DEFAULT => ("type", "type"),
        ("Localhost", None) => ("type", "type"),
        ("Localhost", annotated) if annotated != file => ("localhostProfile", "profile"),
        _ => return Vec::new(),
    };
    let why = format!("{what} {part} in annotation and field must match");
    vec![FieldError::forbidden(&path.child(field), why)]
}
