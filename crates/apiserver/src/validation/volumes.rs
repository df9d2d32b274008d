//! A pod's volumes.
//!
//! Models ValidateVolumes, validateVolumeSource and its companions in pkg/apis/core/validation/validation.go (v1.36.2).
//! Departs in one point: cluster trust bundles and pod certificates are taken as they are.

use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, HostPathVolumeSource, KeyToPath, NFSVolumeSource, PersistentVolumeClaimTemplate,
    ProjectedVolumeSource, Volume,
};
use machinery::field::{FieldError, Path};
use machinery::quantity::Quantity;
use machinery::version::Features;
use machinery::{json, names};

use super::{Errors, each, env, in_range, metadata, one_of, required, required_name, volume_sources};
use crate::strategy::persistent_volume_claim;

/// Seconds that a service account's token lives at least.
const MIN_TOKEN_SECONDS: i64 = 600;
/// Sorted, as upstream's set prints.
const HOST_PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
const MORE_THAN_ONE: &str = "may not specify more than 1 volume type";
const MAX_FILE_MODE: i64 = 0o777;

/// The volumes' errors, and those that have none: only these can be mounted, and some of them used as a block device.
/// `pod` is the pod's name, if there is a pod.
pub fn volumes<'a>(
    volumes: &[&'a Volume],
    pod: Option<&str>,
    features: Features,
    path: &Path,
) -> (Errors, Vec<(&'a str, bool)>) {
    let mut errors = Vec::new();
    let mut known: Vec<(&str, bool)> = Vec::new();
    for (i, volume) in volumes.iter().enumerate() {
        let path = path.index(i);
        let name = volume.name.as_str();
        let mut own = source(volume, features, &path);
        if let Some(pod) = pod.filter(|_| volume.ephemeral.is_some() && !name.is_empty()) {
            let claim = format!("{pod}-{name}");
            let broken = names::dns1123_subdomain(&claim).into_iter();
            let broken = broken.map(|why| format!("PVC name {}: {why}", json::quote(&claim))).collect();
            own.extend(each(broken, &path.child("name"), name));
        }
        own.extend(required_name(name, names::dns1123_label, &path.child("name")));
        if known.iter().any(|(known, _)| *known == name) {
            own.push(FieldError::duplicate(&path.child("name"), name));
        }
        if own.is_empty() {
            known.push((name, volume.persistent_volume_claim.is_some() || volume.ephemeral.is_some()));
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

fn source(volume: &Volume, features: Features, path: &Path) -> Errors {
    let sources = sources(volume);
    let Some((first, more)) = sources.split_first() else {
        return vec![FieldError::required(path, "must specify a volume type")];
    };
    let mut errors = details(volume, first, features, path);
    errors.extend(more.iter().map(|name| FieldError::forbidden(&path.child(name), MORE_THAN_ONE)));
    errors
}

fn details(volume: &Volume, source: &str, features: Features, path: &Path) -> Errors {
    let at = path.child(source);
    if let Some(empty) = &volume.empty_dir {
        let limit = empty.size_limit.as_ref();
        let negative = limit.filter(|limit| Quantity::parse(&limit.0).is_ok_and(|q| q.sign() < 0));
        let why = "SizeLimit field must be a valid resource quantity";
        return negative.map(|_| FieldError::forbidden(&at.child("sizeLimit"), why)).into_iter().collect();
    }
    match source {
        "hostPath" => volume.host_path.iter().flat_map(|source| host_path(source, &at)).collect(),
        "nfs" => volume.nfs.iter().flat_map(|source| nfs(source, &at)).collect(),
        "secret" => volume
            .secret
            .iter()
            .flat_map(|secret| {
                let mut errors: Errors = Vec::new();
                errors.extend(required(
                    secret.secret_name.as_deref().unwrap_or_default(),
                    &at.child("secretName"),
                ));
                errors.extend(file_mode(secret.default_mode, &at.child("defaultMode")));
                errors.extend(items(secret.items.as_deref(), &at));
                errors
            })
            .collect(),
        "configMap" => volume
            .config_map
            .iter()
            .flat_map(|map| {
                let mut errors: Errors = Vec::new();
                errors.extend(required(&map.name, &at.child("name")));
                errors.extend(file_mode(map.default_mode, &at.child("defaultMode")));
                errors.extend(items(map.items.as_deref(), &at));
                errors
            })
            .collect(),
        // The misspelling is that of the path under which a second source is refused.
        "downwarAPI" => volume
            .downward_api
            .iter()
            .flat_map(|source| {
                let at = path.child("downwardAPI");
                let mut errors: Errors = Vec::new();
                errors.extend(file_mode(source.default_mode, &at.child("defaultMode")));
                errors.extend(
                    source.items.iter().flatten().flat_map(|file| downward_file(file, features, &at)),
                );
                errors
            })
            .collect(),
        "projected" => volume.projected.iter().flat_map(|source| projected(source, features, &at)).collect(),
        "ephemeral" => {
            let at = at.child("volumeClaimTemplate");
            match volume.ephemeral.as_ref().and_then(|source| source.volume_claim_template.as_ref()) {
                Some(template) => claim_template(template, features, &at),
                None => vec![FieldError::required(&at, "")],
            }
        }
        "image" => volume
            .image
            .iter()
            .flat_map(|image| {
                let reference = image.reference.as_deref().unwrap_or_default();
                let mut errors: Errors = required(reference, &at.child("reference")).into_iter().collect();
                let policy = image.pull_policy.as_deref();
                errors.extend(one_of(policy, &["Always", "IfNotPresent", "Never"], &at.child("pullPolicy")));
                errors
            })
            .collect(),
        _ => volume_sources::of_volume(volume, path),
    }
}

/// ValidatePersistentVolumeClaimTemplate: of its metadata only labels and annotations count.
fn claim_template(template: &PersistentVolumeClaimTemplate, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    if let Some(meta) = &template.metadata {
        let path = path.child("metadata");
        errors.extend(metadata::annotations(meta.annotations.as_ref(), features, &path.child("annotations")));
        errors.extend(metadata::labels(meta.labels.as_ref(), features, &path.child("labels")));
        for (field, is_set) in [
            ("name", meta.name.is_some()),
            ("generateName", meta.generate_name.is_some()),
            ("namespace", meta.namespace.is_some()),
            ("finalizers", meta.finalizers.is_some()),
            ("ownerReferences", meta.owner_references.is_some()),
        ] {
            if is_set {
                errors.push(FieldError::forbidden(&path.child(field), "cannot be set"));
            }
        }
    }
    errors.extend(persistent_volume_claim::validate_spec(&template.spec, features, &path.child("spec")));
    errors
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

/// ValidateLocalNonReservedPath.
fn local_non_reserved_path(text: &str, path: &Path) -> Errors {
    let mut errors = local_descending_path(text, path);
    if text.starts_with("..") && text != ".." && !text.starts_with("../") {
        errors.push(FieldError::invalid(path, text, "must not start with '..'"));
    }
    errors
}

fn file_mode(mode: Option<i32>, path: &Path) -> Option<FieldError> {
    let mode = i64::from(mode?);
    let why = "must be a number between 0 and 0777 (octal), both inclusive";
    in_range(mode, 0, MAX_FILE_MODE, path).map(|error| FieldError { detail: why.to_owned(), ..error })
}

/// validateKeyToPath.
fn items(items: Option<&[KeyToPath]>, path: &Path) -> Errors {
    let mut errors: Errors = Vec::new();
    for (i, item) in items.unwrap_or_default().iter().enumerate() {
        let path = path.child("items").index(i);
        errors.extend(required(&item.key, &path.child("key")));
        errors.extend(required(&item.path, &path.child("path")));
        errors.extend(local_non_reserved_path(&item.path, &path.child("path")));
        errors.extend(file_mode(item.mode, &path.child("mode")));
    }
    errors
}

/// validateDownwardAPIVolumeFile: every file is reported at the path of the source.
fn downward_file(file: &DownwardAPIVolumeFile, features: Features, path: &Path) -> Errors {
    let mut errors: Errors = required(&file.path, &path.child("path")).into_iter().collect();
    errors.extend(local_non_reserved_path(&file.path, &path.child("path")));
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(field), resource) => {
            errors.extend(env::field_ref(field, &env::FILE_FIELDS, features, &path.child("fieldRef")));
            if resource.is_some() {
                let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
                errors.push(FieldError::invalid(path, "resource", why));
            }
        }
        (None, Some(resource)) => {
            errors.extend(env::resource_field_ref(resource, true, &path.child("resourceFieldRef")));
        }
        (None, None) => {
            let why = "one of fieldRef and resourceFieldRef is required";
            errors.push(FieldError::required(path, why));
        }
    }
    errors.extend(file_mode(file.mode, &path.child("mode")));
    errors
}

fn projected(source: &ProjectedVolumeSource, features: Features, path: &Path) -> Errors {
    let mut errors: Errors = file_mode(source.default_mode, &path.child("defaultMode")).into_iter().collect();
    let mut paths: Vec<&str> = Vec::new();
    for (i, projection) in source.sources.iter().flatten().enumerate() {
        let at = path.child("sources").index(i);
        let named = [
            ("secret", projection.secret.as_ref().map(|s| (&s.name, &s.items))),
            ("configMap", projection.config_map.as_ref().map(|m| (&m.name, &m.items))),
        ];
        let mut count = 0;
        for (field, (name, list)) in named.into_iter().filter_map(|(f, source)| Some((f, source?))) {
            count += 1;
            let at = at.child(field);
            errors.extend(required(name, &at.child("name")));
            errors.extend(items(list.as_deref(), &at));
            for item in list.iter().flatten() {
                errors.extend(conflict(&item.path, name, &mut paths, path));
            }
        }
        if let Some(downward) = &projection.downward_api {
            count += 1;
            for file in downward.items.iter().flatten() {
                errors.extend(downward_file(file, features, &at.child("downwardAPI")));
                errors.extend(conflict(&file.path, &file.path, &mut paths, path));
            }
        }
        if let Some(token) = &projection.service_account_token {
            count += 1;
            let at = at.child("serviceAccountToken").child("expirationSeconds");
            let seconds = token.expiration_seconds.unwrap_or_default();
            if seconds < MIN_TOKEN_SECONDS {
                let why = "may not specify a duration less than 10 minutes";
                errors.push(FieldError::invalid(&at, seconds, why));
            } else if seconds > 1 << 32 {
                let why = "may not specify a duration larger than 2^32 seconds";
                errors.push(FieldError::invalid(&at, seconds, why));
            }
            errors.extend(required(&token.path, &path.child("path")));
            errors.extend(local_non_reserved_path(&token.path, &path.child("path")));
        }
        count += usize::from(projection.cluster_trust_bundle.is_some());
        count += usize::from(projection.pod_certificate.is_some());
        if count > 1 {
            let why = "may not specify more than 1 volume type per source";
            errors.push(FieldError::forbidden(&at, why));
        }
    }
    errors
}

/// Two files of a projection at one path; the value printed is that of the file's source.
fn conflict<'a>(file: &'a str, value: &str, paths: &mut Vec<&'a str>, path: &Path) -> Option<FieldError> {
    if file.is_empty() {
        return None;
    }
    if paths.contains(&file) {
        return Some(FieldError::invalid(path, value, "conflicting duplicate paths"));
    }
    paths.push(file);
    None
}
