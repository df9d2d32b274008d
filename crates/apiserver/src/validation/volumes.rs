//! A pod's volumes.
//!
//! Models ValidateVolumes, validateVolumeSource and its companions in pkg/apis/core/validation/validation.go (v1.36.2).
//! Cluster trust bundles and pod certificates have been dropped before: they are switched off.

use k8s_openapi::api::core::v1::{
    DownwardAPIVolumeFile, HostPathVolumeSource, KeyToPath, NFSVolumeSource, PersistentVolumeClaimTemplate,
    ProjectedVolumeSource, Volume,
};
use machinery::field::{FieldError, Path};
use machinery::quantity::Quantity;
use machinery::version::Features;
use machinery::{json, names};

use super::{Errors, Seen, each, env, in_range, metadata, one_of, required, required_name, volume_sources};
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
pub fn volumes(
    volumes: &[&Volume],
    pod: Option<&str>,
    features: Features,
    path: &Path,
) -> (Errors, [Seen; 2]) {
    let mut errors = Vec::new();
    let (mut known, mut blocks) = (Seen::default(), Seen::default());
    let ephemeral = volumes.iter().filter(|volume| volume.ephemeral.is_some());
    let ephemeral = Seen::of(ephemeral.map(|volume| volume.name.as_str()));
    // Its claim has the names of pod and volume.
    let is_created = |claim: &str| {
        let volume = pod.and_then(|pod| claim.strip_prefix(pod)?.strip_prefix('-'));
        volume.is_some_and(|volume| ephemeral.has(volume))
    };
    for (i, volume) in volumes.iter().enumerate() {
        let path = path.index(i);
        let name = volume.name.as_str();
        let mut own = source(volume, pod, features, &path);
        own.extend(required_name(name, names::dns1123_label, &path.child("name")));
        if known.has(name) {
            own.push(FieldError::duplicate(&path.child("name"), name));
        }
        if own.is_empty() {
            known.again(name);
            if volume.persistent_volume_claim.is_some() || volume.ephemeral.is_some() {
                blocks.again(name);
            }
        }
        errors.extend(own);
        let claim = volume.persistent_volume_claim.as_ref().map(|source| source.claim_name.as_str());
        if let Some(claim) = claim.filter(|claim| is_created(claim)) {
            let why = "must not reference a PVC that gets created for an ephemeral volume";
            let path = path.child("persistentVolumeClaim").child("claimName");
            errors.push(FieldError::invalid(&path, claim, why));
        }
    }
    (errors, [known, blocks])
}

/// The claim that is made for a pod's ephemeral volume.
fn claim_name(pod: &str, volume: &str) -> String {
    format!("{pod}-{volume}")
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
        ("projected", volume.projected.is_some()),
        ("scaleIO", volume.scale_io.is_some()),
        ("csi", volume.csi.is_some()),
        ("ephemeral", volume.ephemeral.is_some()),
        ("image", volume.image.is_some()),
    ];
    set.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect()
}

/// validateVolumeSource.
fn source(volume: &Volume, pod: Option<&str>, features: Features, path: &Path) -> Errors {
    let sources = sources(volume);
    let mut errors = Vec::new();
    for (i, source) in sources.iter().enumerate() {
        match i {
            0 => errors.extend(details(volume, source, pod, features, path)),
            _ => errors.push(FieldError::forbidden(&path.child(source), MORE_THAN_ONE)),
        }
        if *source == "iscsi" {
            errors.extend(volume_sources::initiator_name(volume, path));
        }
    }
    if sources.is_empty() {
        errors.push(FieldError::required(path, "must specify a volume type"));
    }
    errors
}

fn details(volume: &Volume, source: &str, pod: Option<&str>, features: Features, path: &Path) -> Errors {
    let known = match source {
        "ephemeral" => ephemeral(volume, pod, features, path),
        "image" => image(volume, pod.is_some(), &path.child("image")),
        "secret" | "configMap" | "downwarAPI" | "projected" => files(volume, source, features, path),
        "emptyDir" => empty_dir(volume, &path.child("emptyDir")),
        "hostPath" => volume.host_path.as_ref().map(|source| host_path(source, &path.child("hostPath"))),
        "nfs" => volume.nfs.as_ref().map(|source| nfs(source, &path.child("nfs"))),
        _ => volume_sources::of_volume(volume, source, features, path),
    };
    known.unwrap_or_default()
}

fn empty_dir(volume: &Volume, path: &Path) -> Option<Errors> {
    let limit = Quantity::parse(&volume.empty_dir.as_ref()?.size_limit.as_ref()?.0).ok()?;
    let why = "SizeLimit field must be a valid resource quantity";
    (limit.sign() < 0).then(|| vec![FieldError::forbidden(&path.child("sizeLimit"), why)])
}

/// The sources that give files.
fn files(volume: &Volume, source: &str, features: Features, path: &Path) -> Option<Errors> {
    let at = path.child(source);
    Some(match source {
        "secret" => {
            let secret = volume.secret.as_ref()?;
            let name = ("secretName", secret.secret_name.as_deref().unwrap_or_default());
            key_files(name, secret.default_mode, secret.items.as_deref(), &at)
        }
        "configMap" => {
            let map = volume.config_map.as_ref()?;
            key_files(("name", &map.name), map.default_mode, map.items.as_deref(), &at)
        }
        "projected" => projected(volume.projected.as_ref()?, features, &at),
        // The misspelling is that of the path under which a second source is refused.
        _ => {
            let (source, at) = (volume.downward_api.as_ref()?, path.child("downwardAPI"));
            let files = source.items.iter().flatten().flat_map(|file| downward_file(file, features, &at));
            file_mode(source.default_mode, &at.child("defaultMode")).into_iter().chain(files).collect()
        }
    })
}

/// validateSecretVolumeSource, validateConfigMapVolumeSource.
fn key_files(name: (&str, &str), mode: Option<i32>, list: Option<&[KeyToPath]>, path: &Path) -> Errors {
    let mut errors: Errors = required(name.1, &path.child(name.0)).into_iter().collect();
    errors.extend(file_mode(mode, &path.child("defaultMode")));
    errors.extend(items(list, path));
    errors
}

/// validateEphemeralVolumeSource, and the name of the claim that is to be made.
fn ephemeral(volume: &Volume, pod: Option<&str>, features: Features, path: &Path) -> Option<Errors> {
    let at = path.child("ephemeral").child("volumeClaimTemplate");
    let mut errors = match &volume.ephemeral.as_ref()?.volume_claim_template {
        Some(template) => claim_template(template, features, &at),
        None => vec![FieldError::required(&at, "")],
    };
    let name = volume.name.as_str();
    if let Some(pod) = pod.filter(|pod| !pod.is_empty() && !name.is_empty()) {
        let claim = claim_name(pod, name);
        let broken = names::dns1123_subdomain(&claim).into_iter();
        let broken = broken.map(|why| format!("PVC name {}: {why}", json::quote(&claim))).collect();
        errors.extend(each(broken, &path.child("name"), name));
    }
    Some(errors)
}

/// validateImageVolumeSource: a template may leave the image open.
fn image(volume: &Volume, is_pod: bool, path: &Path) -> Option<Errors> {
    let image = volume.image.as_ref()?;
    let reference = image.reference.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    if is_pod {
        errors.extend(required(reference, &path.child("reference")));
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    errors.extend(one_of(image.pull_policy.as_deref(), &policies, &path.child("pullPolicy")));
    Some(errors)
}

/// ValidatePersistentVolumeClaimTemplate: of its metadata only labels and annotations count. Fields are named as Go names
/// them, with a small letter first.
fn claim_template(template: &PersistentVolumeClaimTemplate, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    if let Some(meta) = &template.metadata {
        let path = path.child("metadata");
        errors.extend(metadata::annotations(meta.annotations.as_ref(), features, &path.child("annotations")));
        errors.extend(metadata::labels(meta.labels.as_ref(), features, &path.child("labels")));
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        for (field, is_set) in [
            ("name", is_given(&meta.name)),
            ("generateName", is_given(&meta.generate_name)),
            ("namespace", is_given(&meta.namespace)),
            ("selfLink", is_given(&meta.self_link)),
            ("uID", is_given(&meta.uid)),
            ("resourceVersion", is_given(&meta.resource_version)),
            ("generation", meta.generation.is_some_and(|generation| generation != 0)),
            ("creationTimestamp", meta.creation_timestamp.is_some()),
            ("deletionTimestamp", meta.deletion_timestamp.is_some()),
            ("deletionGracePeriodSeconds", meta.deletion_grace_period_seconds.is_some()),
            ("ownerReferences", meta.owner_references.is_some()),
            ("finalizers", meta.finalizers.is_some()),
            ("managedFields", meta.managed_fields.is_some()),
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
    if text.starts_with("..") && !text.starts_with("../") {
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
    let mut paths = Seen::default();
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
fn conflict(file: &str, value: &str, paths: &mut Seen, path: &Path) -> Option<FieldError> {
    let is_taken = !file.is_empty() && paths.again(file);
    is_taken.then(|| FieldError::invalid(path, value, "conflicting duplicate paths"))
}
