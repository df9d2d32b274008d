//! Where a container has its volumes.
//!
//! Models ValidateVolumeMounts, ValidateVolumeDevices, validateMountPropagation and validateMountRecursiveReadOnly in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{Container, VolumeMount};
use machinery::field::{FieldError, Path};

use super::containers::Scope;
use super::volumes::{local_descending_path, no_back_steps};
use super::{Errors, Seen, if_given_one_of, required};

/// Sorted, as upstream's sets print.
const PROPAGATIONS: [&str; 3] = ["Bidirectional", "HostToContainer", "None"];
const RECURSIVE: [&str; 3] = ["Disabled", "Enabled", "IfPossible"];

/// `volumeMounts` and `volumeDevices` of a container at `path`.
pub fn mounts(container: &Container, scope: &Scope<'_>, path: &Path) -> Errors {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    let devices = container.volume_devices.as_deref().unwrap_or_default();
    let context = container.security_context.as_ref();
    let is_privileged = context.and_then(|context| context.privileged) == Some(true);
    let device_names = Seen::of(devices.iter().map(|device| device.name.as_str()));
    let device_paths = Seen::of(devices.iter().map(|device| device.device_path.as_str()));
    let mut paths = Seen::default();
    let mut errors = Vec::new();
    let list = path.child("volumeMounts");
    for (i, mount) in mounts.iter().enumerate() {
        let path = list.index(i);
        errors.extend(required(&mount.name, &path.child("name")));
        if !scope.volumes.has(&mount.name) {
            errors.push(FieldError::not_found(&path.child("name"), &mount.name));
        }
        errors.extend(required(&mount.mount_path, &path.child("mountPath")));
        let mut refuse = |field: &str, value: &str, why: &str| {
            errors.push(FieldError::invalid(&path.child(field), value, why));
        };
        if paths.again(&mount.mount_path) {
            refuse("mountPath", &mount.mount_path, "must be unique");
        }
        if device_names.has(&mount.name) {
            refuse("name", &mount.name, "must not already exist in volumeDevices");
        }
        if device_paths.has(&mount.mount_path) {
            refuse("mountPath", &mount.mount_path, "must not already exist as a path in volumeDevices");
        }
        errors.extend(details(mount, is_privileged, &list, &path));
    }
    let list = path.child("volumeDevices");
    let mount_names = Seen::of(mounts.iter().map(|mount| mount.name.as_str()));
    let (mut names, mut known_paths) = (Seen::default(), Seen::default());
    for (i, one) in devices.iter().enumerate() {
        let path = list.index(i);
        let (name, device_path) = (one.name.as_str(), one.device_path.as_str());
        let (name_at, path_at) = (path.child("name"), path.child("devicePath"));
        errors.extend(required(name, &name_at));
        if !name.is_empty() && names.again(name) {
            errors.push(FieldError::invalid(&name_at, name, "must be unique"));
        }
        if !scope.volumes.has(name) {
            errors.push(FieldError::not_found(&name_at, name));
        } else if !scope.block_volumes.has(name) {
            let why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
            errors.push(FieldError::invalid(&name_at, name, why));
        }
        errors.extend(required(device_path, &path_at));
        // A path that steps back is not remembered.
        if !no_back_steps(device_path, &path_at).is_empty() {
            errors.push(FieldError::invalid(&path_at, device_path, "can not contain backsteps ('..')"));
        } else if known_paths.again(device_path) {
            errors.push(FieldError::invalid(&path_at, device_path, "must be unique"));
        }
        if mount_names.has(name) {
            errors.push(FieldError::invalid(&name_at, name, "must not already exist in volumeMounts"));
        }
        if paths.has(device_path) {
            let why = "must not already exist as a path in volumeMounts";
            errors.push(FieldError::invalid(&path_at, device_path, why));
        }
    }
    errors
}

/// What comes after name and path; upstream reports most of it at the path of the whole list.
fn details(mount: &VolumeMount, is_privileged: bool, list: &Path, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let given = |text: &'_ Option<String>| text.clone().filter(|text| !text.is_empty());
    let (sub_path, expression) = (given(&mount.sub_path), given(&mount.sub_path_expr));
    if let Some(sub_path) = &sub_path {
        errors.extend(local_descending_path(sub_path, &list.child("subPath")));
    }
    if let Some(expression) = &expression {
        if sub_path.is_some() {
            let why = "subPathExpr and subPath are mutually exclusive";
            errors.push(FieldError::invalid(&path.child("subPathExpr"), expression, why));
        }
        errors.extend(local_descending_path(expression, &list.child("subPathExpr")));
    }
    let propagation = mount.mount_propagation.as_deref();
    let at = list.child("mountPropagation");
    errors.extend(if_given_one_of(propagation, &PROPAGATIONS, &at));
    if propagation == Some("Bidirectional") && !is_privileged {
        let why = "Bidirectional mount propagation is available only to privileged containers";
        errors.push(FieldError::forbidden(&at, why));
    }
    let at = list.child("recursiveReadOnly");
    match mount.recursive_read_only.as_deref() {
        Some("Enabled" | "IfPossible") => {
            if mount.read_only != Some(true) {
                errors.push(FieldError::forbidden(&at, "may only be specified when readOnly is true"));
            }
            if propagation.is_some_and(|propagation| propagation != "None") {
                let why = "may only be specified when mountPropagation is None or not specified";
                errors.push(FieldError::forbidden(&at, why));
            }
        }
        other => errors.extend(if_given_one_of(other, &RECURSIVE, &at)),
    }
    errors
}
