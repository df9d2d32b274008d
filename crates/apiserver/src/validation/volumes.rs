//! A pod's volumes.
//!
//! Models ValidateVolumes, validateVolumeSource and its companions in pkg/apis/core/validation/validation.go (v1.36.2).
//! Departs in one point: of the sources that need a storage system that is not simulated only the number is checked.

use k8s_openapi::api::core::v1::{
    CSIPersistentVolumeSource, HostPathVolumeSource, KeyToPath, NFSVolumeSource, ProjectedVolumeSource,
    Volume,
};
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::quantity::Quantity;
use serde_json::json;

use super::{Errors, each, in_range, required};

/// Sorted, as upstream's set prints.
const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
const MORE_THAN_ONE: &str = "may not specify more than 1 volume type";
const MAX_FILE_MODE: i64 = 0o777;

/// The volumes' errors, and the names of those that have none: only these can be mounted.
pub fn volumes<'a>(volumes: &[&'a Volume], path: &Path) -> (Errors, Vec<&'a str>) {
    let mut errors = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for (i, volume) in volumes.iter().enumerate() {
        let path = path.index(i);
        let mut own = source(volume, &path);
        let name = volume.name.as_str();
        if name.is_empty() {
            own.push(FieldError::required(&path.child("name"), ""));
        } else {
            own.extend(each(names::dns1123_label(name), &path.child("name"), name));
        }
        if known.contains(&name) {
            own.push(FieldError::duplicate(&path.child("name"), name));
        }
        if own.is_empty() {
            known.push(name);
        }
        errors.extend(own);
    }
    (errors, known)
}

/// The sources that are set, in the order in which upstream looks.
pub fn sources(volume: &Volume) -> Vec<&'static str> {
    let set = [
        ("emptyDir", volume.empty_dir.is_some()),
        ("hostPath", volume.host_path.is_some()),
        ("gitRepo", volume.git_repo.is_some()),
        ("gcePersistentDisk", volume.gce_persistent_disk.is_some()),
        ("awsElasticBlockStore", volume.aws_elastic_block_store.is_some()),
        ("secret", volume.secret.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("iscsi", volume.iscsi.is_some()),
        ("glusterfs", volume.glusterfs.is_some()),
        ("flocker", volume.flocker.is_some()),
        ("persistentVolumeClaim", volume.persistent_volume_claim.is_some()),
        ("rbd", volume.rbd.is_some()),
        ("cinder", volume.cinder.is_some()),
        ("cephFS", volume.cephfs.is_some()),
        ("quobyte", volume.quobyte.is_some()),
        ("downwarAPI", volume.downward_api.is_some()),
        ("fc", volume.fc.is_some()),
        ("flexVolume", volume.flex_volume.is_some()),
        ("configMap", volume.config_map.is_some()),
        ("azureFile", volume.azure_file.is_some()),
        ("vsphereVolume", volume.vsphere_volume.is_some()),
        ("photonPersistentDisk", volume.photon_persistent_disk.is_some()),
        ("portworxVolume", volume.portworx_volume.is_some()),
        ("azureDisk", volume.azure_disk.is_some()),
        ("storageos", volume.storageos.is_some()),
        ("scaleIO", volume.scale_io.is_some()),
        ("projected", volume.projected.is_some()),
        ("csi", volume.csi.is_some()),
        ("ephemeral", volume.ephemeral.is_some()),
        ("image", volume.image.is_some()),
    ];
    set.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect()
}

fn source(volume: &Volume, path: &Path) -> Errors {
    let sources = sources(volume);
    let Some((first, more)) = sources.split_first() else {
        return vec![FieldError::required(path, "must specify a volume type")];
    };
    let mut errors = details(volume, first, path);
    errors.extend(more.iter().map(|name| FieldError::forbidden(&path.child(name), MORE_THAN_ONE)));
    errors
}

fn details(volume: &Volume, source: &str, path: &Path) -> Errors {
    let at = path.child(source);
    match source {
        "emptyDir" => {
            let limit = volume.empty_dir.as_ref().and_then(|e| e.size_limit.as_ref());
            let negative = limit.filter(|limit| Quantity::parse(&limit.0).is_ok_and(|q| q.sign() < 0));
            let why = "SizeLimit field must be a valid resource quantity";
            negative.map(|_| FieldError::forbidden(&at.child("sizeLimit"), why)).into_iter().collect()
        }
        "hostPath" => volume.host_path.as_ref().map_or_else(Vec::new, |source| host_path(source, &at)),
        "nfs" => volume.nfs.as_ref().map_or_else(Vec::new, |source| nfs(source, &at)),
        "persistentVolumeClaim" => {
            let claim = volume.persistent_volume_claim.as_ref();
            let name = claim.map(|claim| claim.claim_name.as_str()).unwrap_or_default();
            required(name, &at.child("claimName")).into_iter().collect()
        }
        "secret" => volume.secret.as_ref().map_or_else(Vec::new, |secret| {
            let mut errors: Errors = Vec::new();
            errors
                .extend(required(secret.secret_name.as_deref().unwrap_or_default(), &at.child("secretName")));
            errors.extend(file_mode(secret.default_mode, &at.child("defaultMode")));
            errors.extend(items(secret.items.as_deref(), &at));
            errors
        }),
        "configMap" => volume.config_map.as_ref().map_or_else(Vec::new, |map| {
            let mut errors: Errors = Vec::new();
            errors.extend(required(&map.name, &at.child("name")));
            errors.extend(file_mode(map.default_mode, &at.child("defaultMode")));
            errors.extend(items(map.items.as_deref(), &at));
            errors
        }),
        "projected" => volume.projected.as_ref().map_or_else(Vec::new, |source| projected(source, &at)),
        _ => Vec::new(),
    }
}

/// validateHostPathVolumeSource.
pub fn host_path(source: &HostPathVolumeSource, path: &Path) -> Errors {
    if source.path.is_empty() {
        return vec![FieldError::required(&path.child("path"), "")];
    }
    let mut errors = no_back_steps(&source.path, &path.child("path"));
    let kind = source.type_.as_deref().unwrap_or_default();
    if !HOST_PATH_TYPES.contains(&kind) {
        errors.push(FieldError::not_supported(&path.child("type"), kind, &HOST_PATH_TYPES));
    }
    errors
}

/// validateNFSVolumeSource.
pub fn nfs(source: &NFSVolumeSource, path: &Path) -> Errors {
    let mut errors: Errors = Vec::new();
    errors.extend(required(&source.server, &path.child("server")));
    errors.extend(required(&source.path, &path.child("path")));
    if !source.path.starts_with('/') {
        let why = "must be an absolute path";
        errors.push(FieldError::invalid(&path.child("path"), source.path.as_str(), why));
    }
    errors
}

/// validateCSIPersistentVolumeSource.
pub fn csi(source: &CSIPersistentVolumeSource, path: &Path) -> Errors {
    let mut errors: Errors = Vec::new();
    let driver = source.driver.as_str();
    if driver.is_empty() {
        errors.push(FieldError::required(&path.child("driver"), ""));
    } else {
        errors.extend(each(names::dns1123_subdomain(&driver.to_lowercase()), &path.child("driver"), driver));
    }
    errors.extend(required(&source.volume_handle, &path.child("volumeHandle")));
    errors
}

/// validatePathNoBacksteps.
pub fn no_back_steps(text: &str, path: &Path) -> Errors {
    if text.split('/').any(|part| part == "..") {
        return vec![FieldError::invalid(path, text, "must not contain '..'")];
    }
    Vec::new()
}

/// validateLocalDescendingPath.
pub fn local_descending_path(text: &str, path: &Path) -> Errors {
    let mut errors = Vec::new();
    if text.starts_with('/') {
        errors.push(FieldError::invalid(path, text, "must be a relative path"));
    }
    errors.extend(no_back_steps(text, path));
    errors
}

fn file_mode(mode: Option<i32>, path: &Path) -> Option<FieldError> {
    let mode = i64::from(mode?);
    let why = "must be a number between 0 and 0777 (octal), both inclusive";
    in_range(mode, 0, MAX_FILE_MODE, path).map(|error| FieldError { detail: why.to_owned(), ..error })
}

fn items(items: Option<&[KeyToPath]>, path: &Path) -> Errors {
    let mut errors: Errors = Vec::new();
    for (i, item) in items.unwrap_or_default().iter().enumerate() {
        let path = path.child("items").index(i);
        errors.extend(required(&item.key, &path.child("key")));
        if item.path.is_empty() {
            errors.push(FieldError::required(&path.child("path"), ""));
        } else {
            errors.extend(local_descending_path(&item.path, &path.child("path")));
        }
        errors.extend(file_mode(item.mode, &path.child("mode")));
    }
    errors
}

fn projected(source: &ProjectedVolumeSource, path: &Path) -> Errors {
    let mut errors: Errors = Vec::new();
    for (i, projection) in source.sources.iter().flatten().enumerate() {
        let path = path.child("sources").index(i);
        let mut count = 0;
        if let Some(secret) = &projection.secret {
            count += 1;
            errors.extend(required(&secret.name, &path.child("secret").child("name")));
        }
        if let Some(map) = &projection.config_map {
            count += 1;
            errors.extend(required(&map.name, &path.child("configMap").child("name")));
        }
        if let Some(token) = &projection.service_account_token {
            count += 1;
            let path = path.child("serviceAccountToken");
            if token.expiration_seconds.is_some_and(|seconds| seconds < 600) {
                let why = "may not specify a duration less than 10 minutes";
                let seconds = json!(token.expiration_seconds);
                errors.push(FieldError::invalid(&path.child("expirationSeconds"), seconds, why));
            }
            errors.extend(required(&token.path, &path.child("path")));
        }
        count += usize::from(projection.downward_api.is_some());
        count += usize::from(projection.cluster_trust_bundle.is_some());
        count += usize::from(projection.pod_certificate.is_some());
        if count == 0 {
            errors.push(FieldError::required(&path, "must specify a source"));
        } else if count > 1 {
            errors.push(FieldError::forbidden(&path, MORE_THAN_ONE));
        }
    }
    errors.extend(file_mode(source.default_mode, &path.child("defaultMode")));
    errors
}
