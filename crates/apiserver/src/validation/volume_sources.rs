//! Volume sources that need a storage system which is not simulated: what has to be given, and in which form.
//!
//! Models the many small functions between validateGitRepoVolumeSource and validateCSIVolumeSource in
//! pkg/apis/core/validation/validation.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    AzureDiskVolumeSource, CSIPersistentVolumeSource, FCVolumeSource, LocalObjectReference,
    LocalVolumeSource, ObjectReference, PersistentVolumeSpec, QuobyteVolumeSource, SecretReference, Volume,
};
use machinery::field::{FieldError, Path};
use machinery::go_value::GoValue;
use machinery::names;
use machinery::version::Features;

use super::volumes::{local_descending_path, no_back_steps};
use super::{Errors, each, if_given_one_of, in_range, optional_name, required, required_name};

const MAX_DRIVER: usize = 63;
const MAX_TENANT: usize = 64;
const MAX_INITIATOR: usize = 64;
const WRONG_FORM: &str = "must be valid format";
const WRONG_START: &str = "must be valid format starting with iqn, eui, or naa";
const REGISTRY: &str = "must be a host:port pair or multiple pairs separated by commas";
const INITIATOR_TOO_LONG: &str = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
/// Sorted, as upstream's sets print.
const CACHING_MODES: [&str; 3] = ["None", "ReadOnly", "ReadWrite"];
const DISK_KINDS: [&str; 3] = ["Dedicated", "Managed", "Shared"];
const MANAGED_DISK: &str =
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const BLOB_DISK: &str = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// A list counts as given if it has an item.
fn list(items: &[String]) -> &str {
    items.first().map_or("", |_| "given")
}

/// The sources that pods and PersistentVolumes share: their structs differ in the types of secrets alone. `$secret` and
/// `$storageos_secret` give a secret's name, and its namespace where it has one.
macro_rules! shared_source {
    ($of:expr, $source:expr, $features:expr, $path:expr, $secret:expr, $storageos_secret:expr, $wrong_start:expr) => {{
        let at = $path.child($source);
        match $source {
            "gcePersistentDisk" => {
                let s = $of.gce_persistent_disk.as_ref()?;
                disk(("pdName", &s.pd_name), s.partition, &$path.child("persistentDisk"))
            }
            "awsElasticBlockStore" => {
                let s = $of.aws_elastic_block_store.as_ref()?;
                disk(("volumeID", &s.volume_id), s.partition, &at)
            }
            "iscsi" => {
                let s = $of.iscsi.as_ref()?;
                let secret = s.secret_ref.as_ref().map($secret);
                let target = Target {
                    portal: &s.target_portal,
                    iqn: &s.iqn,
                    lun: s.lun,
                    initiator: s.initiator_name.as_deref(),
                    uses_chap: s.chap_auth_discovery == Some(true) || s.chap_auth_session == Some(true),
                    secret,
                    wrong_start: $wrong_start,
                };
                target.errors(&at)
            }
            "glusterfs" => {
                let s = $of.glusterfs.as_ref()?;
                lacking(&[("endpoints", &s.endpoints), ("path", &s.path)], &at)
            }
            "flocker" => {
                let s = $of.flocker.as_ref()?;
                flocker(text(&s.dataset_name), text(&s.dataset_uuid), &at)
            }
            "rbd" => {
                let s = $of.rbd.as_ref()?;
                lacking(&[("monitors", list(&s.monitors)), ("image", &s.image)], &at)
            }
            "cinder" => {
                let s = $of.cinder.as_ref()?;
                let mut errors = lacking(&[("volumeID", &s.volume_id)], &at);
                errors.extend(secret_parts(s.secret_ref.as_ref().map($secret), &at));
                errors
            }
            "cephFS" => {
                let s = $of.cephfs.as_ref()?;
                lacking(&[("monitors", list(&s.monitors))], &$path.child("cephfs"))
            }
            "quobyte" => quobyte($of.quobyte.as_ref()?, &at),
            "fc" => fibre_channel($of.fc.as_ref()?, $features, &at),
            "flexVolume" => {
                let s = $of.flex_volume.as_ref()?;
                flex(&s.driver, s.options.as_ref(), &at)
            }
            "azureFile" => {
                let s = $of.azure_file.as_ref()?;
                lacking(&[("secretName", &s.secret_name), ("shareName", &s.share_name)], &at)
            }
            "azureDisk" => azure_disk($of.azure_disk.as_ref()?, &at),
            "vsphereVolume" => lacking(&[("volumePath", &$of.vsphere_volume.as_ref()?.volume_path)], &at),
            "photonPersistentDisk" => lacking(&[("pdID", &$of.photon_persistent_disk.as_ref()?.pd_id)], &at),
            "portworxVolume" => lacking(&[("volumeID", &$of.portworx_volume.as_ref()?.volume_id)], &at),
            "scaleIO" => {
                let s = $of.scale_io.as_ref()?;
                let name = text(&s.volume_name);
                lacking(&[("gateway", &s.gateway), ("system", &s.system), ("volumeName", name)], &at)
            }
            "storageos" => {
                let s = $of.storageos.as_ref()?;
                let (name, namespace) = (text(&s.volume_name), &s.volume_namespace);
                let mut errors = required_name(name, names::dns1123_label, &at.child("volumeName"));
                let namespace_at = at.child("volumeNamespace");
                errors.extend(optional_name(namespace, names::dns1123_label, &namespace_at));
                errors.extend(secret_parts(s.secret_ref.as_ref().map($storageos_secret), &at));
                errors
            }
            _ => return None,
        }
    }};
}

/// A secret's name, and its namespace where it has one.
type Secret<'a> = (&'a str, Option<&'a str>);

fn local_secret(secret: &LocalObjectReference) -> Secret<'_> {
    (&secret.name, None)
}

fn qualified_secret(secret: &SecretReference) -> Secret<'_> {
    (text(&secret.name), Some(text(&secret.namespace)))
}

fn storageos_secret(secret: &ObjectReference) -> Secret<'_> {
    (text(&secret.name), Some(text(&secret.namespace)))
}

/// What is wrong with the first source of a pod's volume, if it is one of these.
pub fn of_volume(volume: &Volume, source: &str, features: Features, path: &Path) -> Option<Errors> {
    let at = path.child(source);
    Some(match source {
        "gitRepo" => {
            let source = volume.git_repo.as_ref()?;
            let mut errors = lacking(&[("repository", &source.repository)], &at);
            errors.extend(local_descending_path(text(&source.directory), &at.child("directory")));
            errors
        }
        "persistentVolumeClaim" => {
            lacking(&[("claimName", &volume.persistent_volume_claim.as_ref()?.claim_name)], &at)
        }
        "csi" => {
            let source = volume.csi.as_ref()?;
            let mut errors = driver(&source.driver, features, &at.child("driver"));
            let secret = source.node_publish_secret_ref.as_ref();
            errors.extend(secret.into_iter().flat_map(|secret| publish_secret(&secret.name, &at)));
            errors
        }
        _ => shared_source!(volume, source, features, path, local_secret, local_secret, WRONG_START),
    })
}

/// Whether the name of a volume is too long for its iSCSI initiator.
pub fn initiator_name(volume: &Volume, path: &Path) -> Option<FieldError> {
    let source = volume.iscsi.as_ref().filter(|source| source.initiator_name.is_some())?;
    let too_long = || FieldError::invalid(&path.child("name"), volume.name.as_str(), INITIATOR_TOO_LONG);
    (volume.name.len() + 1 + source.target_portal.len() > MAX_INITIATOR).then(too_long)
}

/// What is wrong with the first source of the PersistentVolume `name`, if it is one of these.
pub fn of_persistent_volume(
    (name, spec): (&str, &PersistentVolumeSpec),
    source: &str,
    features: Features,
    path: &Path,
) -> Option<Errors> {
    let at = path.child(source);
    let mut errors = match source {
        "csi" => persistent_csi(spec.csi.as_ref()?, features, &at),
        "local" => local(spec.local.as_ref()?, &at),
        _ => shared_source!(spec, source, features, path, qualified_secret, storageos_secret, WRONG_FORM),
    };
    match source {
        "glusterfs" => errors.extend(endpoints_namespace(&spec.glusterfs.as_ref()?.endpoints_namespace, &at)),
        "azureFile" => {
            let namespace = spec.azure_file.as_ref()?.secret_namespace.as_deref();
            errors.extend(namespace.and_then(|name| required(name, &at.child("secretNamespace"))));
        }
        "iscsi" => {
            let source = spec.iscsi.as_ref()?;
            let portal = source.target_portal.as_str();
            if source.initiator_name.is_some() && name.len() + 1 + portal.len() > MAX_INITIATOR {
                let error = FieldError::invalid(&at.child("targetportal"), portal, INITIATOR_TOO_LONG);
                errors.insert(usize::from(portal.is_empty()), error);
            }
        }
        _ => {}
    }
    Some(errors)
}

/// The fields that may not be empty and are.
fn lacking(fields: &[(&str, &str)], path: &Path) -> Errors {
    fields.iter().filter_map(|(name, value)| required(value, &path.child(name))).collect()
}

/// The parts of a secret's reference that may not be empty and are.
fn secret_parts(secret: Option<Secret<'_>>, path: &Path) -> Errors {
    let path = path.child("secretRef");
    let Some((name, namespace)) = secret else {
        return Vec::new();
    };
    let mut errors = lacking(&[("name", name)], &path);
    errors.extend(namespace.and_then(|namespace| required(namespace, &path.child("namespace"))));
    errors
}

/// validateGCEPersistentDiskVolumeSource, validateAWSElasticBlockStoreVolumeSource.
fn disk(id: (&str, &str), partition: Option<i32>, path: &Path) -> Errors {
    let mut errors = lacking(&[id], path);
    let partition = i64::from(partition.unwrap_or(0));
    // None is a partition, too, whatever the words say.
    if partition != 0 {
        errors.extend(in_range(partition, 1, 255, &path.child("partition")));
    }
    errors
}

/// What the iSCSI sources of pods and PersistentVolumes have in common.
struct Target<'a> {
    portal: &'a str,
    iqn: &'a str,
    lun: i32,
    initiator: Option<&'a str>,
    uses_chap: bool,
    secret: Option<Secret<'a>>,
    /// What is said to a name of none of the three forms.
    wrong_start: &'static str,
}

impl Target<'_> {
    /// validateISCSIVolumeSource, validateISCSIPersistentVolumeSource.
    fn errors(&self, path: &Path) -> Errors {
        let mut errors = lacking(&[("targetPortal", self.portal), ("iqn", self.iqn)], path);
        if !self.iqn.is_empty() {
            errors.extend(self.name(self.iqn, &path.child("iqn")));
        }
        errors.extend(in_range(self.lun.into(), 0, 255, &path.child("lun")));
        match self.secret {
            None if self.uses_chap => errors.push(FieldError::required(&path.child("secretRef"), "")),
            // The secret of a pod is in its namespace, and not looked at.
            Some((name, Some(_))) => errors.extend(secret_parts(Some((name, None)), path)),
            _ => {}
        }
        errors.extend(self.initiator.and_then(|name| self.name(name, &path.child("initiatorname"))));
        errors
    }

    /// One of the three forms of names.
    fn name(&self, name: &str, path: &Path) -> Option<FieldError> {
        let (is_valid, why) = match name.get(..3) {
            Some("iqn") => (is_iqn(&name[3..]), WRONG_FORM),
            Some("eui") => (is_number(&name[3..], 16), WRONG_FORM),
            Some("naa") => (is_number(&name[3..], 32), WRONG_FORM),
            _ => (false, self.wrong_start),
        };
        (!is_valid).then(|| FieldError::invalid(path, name, why))
    }
}

/// `.2001-04.com.example:disk`.
fn is_iqn(rest: &str) -> bool {
    let Some((head, tail)) = rest.split_once(':') else {
        return false;
    };
    let head = head.as_bytes();
    let is_date = head.len() > 9
        && head[..9].iter().enumerate().all(|(i, byte)| match i {
            0 | 8 => *byte == b'.',
            5 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_date
        && head[9..].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        && !tail.is_empty()
        && !tail.contains([',', ';', '*', '&', '$', '|', ' ', '\t', '\n', '\r', '\x0c'])
}

/// Any sign, and so many letters and digits.
fn is_number(rest: &str, length: usize) -> bool {
    let mut signs = rest.chars();
    let has_sign = signs.next().is_some_and(|sign| sign != '\n');
    has_sign && signs.as_str().len() == length && signs.all(|sign| sign.is_ascii_alphanumeric())
}

/// validateFlockerVolumeSource.
fn flocker(name: &str, uuid: &str, path: &Path) -> Errors {
    let mut errors = Vec::new();
    match (name.is_empty(), uuid.is_empty()) {
        (true, true) => {
            errors.push(FieldError::required(path, "one of datasetName and datasetUUID is required"));
        }
        (false, false) => {
            let why = "datasetName and datasetUUID can not be specified simultaneously";
            errors.push(FieldError::invalid(path, "resource", why));
        }
        _ => {}
    }
    if name.contains('/') {
        errors.push(FieldError::invalid(&path.child("datasetName"), name, "must not contain '/'"));
    }
    errors
}

/// validateQuobyteVolumeSource.
fn quobyte(source: &QuobyteVolumeSource, path: &Path) -> Errors {
    let registry = source.registry.as_str();
    let at = path.child("registry");
    let mut errors = Vec::new();
    if registry.is_empty() {
        errors.push(FieldError::required(&at, REGISTRY));
    } else if text(&source.tenant).len() > MAX_TENANT {
        let why = "must be a UUID and may not exceed a length of 64 characters";
        errors.push(FieldError::required(&path.child("tenant"), why));
    } else {
        let broken = registry.split(',').filter(|pair| !is_host_and_port(pair));
        errors.extend(broken.map(|_| FieldError::invalid(&at, registry, REGISTRY)));
    }
    errors.extend(required(&source.volume, &path.child("volume")));
    errors
}

/// net.SplitHostPort: a host with colons needs brackets.
fn is_host_and_port(pair: &str) -> bool {
    let Some((host, port)) = pair.rsplit_once(':') else {
        return false;
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let has_bracket = |text: &str| text.contains(['[', ']']);
    (bare.is_some() || !host.contains(':')) && !has_bracket(bare.unwrap_or(host)) && !has_bracket(port)
}

/// validateFCVolumeSource.
fn fibre_channel(source: &FCVolumeSource, features: Features, path: &Path) -> Errors {
    let names = source.target_wwns.as_deref().unwrap_or_default();
    let ids = source.wwids.as_deref().unwrap_or_default();
    let at = path.child("targetWWNs");
    let mut errors = Vec::new();
    if names.is_empty() && ids.is_empty() {
        let why = "must specify either targetWWNs or wwids, but not both";
        errors.push(FieldError::required(&at, why));
    }
    if names.is_empty() {
        return errors;
    }
    if !ids.is_empty() {
        let why = "targetWWNs and wwids can not be specified simultaneously";
        errors.push(FieldError::invalid(&at, GoValue::texts(names).print(features), why));
    }
    let at = path.child("lun");
    match source.lun {
        None => errors.push(FieldError::required(&at, "lun is required if targetWWNs is specified")),
        Some(lun) => errors.extend(in_range(lun.into(), 0, 255, &at)),
    }
    errors
}

/// validateFlexVolumeSource.
fn flex(driver: &str, options: Option<&BTreeMap<String, String>>, path: &Path) -> Errors {
    let mut errors = lacking(&[("driver", driver)], path);
    for key in options.into_iter().flat_map(BTreeMap::keys) {
        let namespace = key.split_once('/').map_or(key.as_str(), |(namespace, _)| namespace);
        let normalized = format!(".{}", namespace.to_lowercase());
        if [".kubernetes.io", ".k8s.io"].iter().any(|reserved| normalized.ends_with(reserved)) {
            let why = "kubernetes.io and k8s.io namespaces are reserved";
            errors.push(FieldError::invalid(&path.child("options").key(key), key, why));
        }
    }
    errors
}

/// validateAzureDisk.
fn azure_disk(source: &AzureDiskVolumeSource, path: &Path) -> Errors {
    let (uri, kind) = (source.disk_uri.as_str(), source.kind.as_deref());
    let mut errors = lacking(&[("diskName", &source.disk_name), ("diskURI", uri)], path);
    let caching = source.caching_mode.as_deref();
    errors.extend(if_given_one_of(caching, &CACHING_MODES, &path.child("cachingMode")));
    errors.extend(if_given_one_of(kind, &DISK_KINDS, &path.child("kind")));
    let (start, form) = match kind {
        None => return errors,
        Some("Managed") => ("/subscriptions/", MANAGED_DISK),
        Some(_) => ("https://", BLOB_DISK),
    };
    if !uri.starts_with(start) {
        errors.push(FieldError::not_supported(&path.child("diskURI"), uri, &[form]));
    }
    errors
}

/// The namespace of a PersistentVolume's GlusterFS endpoints.
fn endpoints_namespace(namespace: &Option<String>, path: &Path) -> Errors {
    let path = path.child("endpointsNamespace");
    match namespace.as_deref() {
        None => Vec::new(),
        Some("") => {
            let why = "if the endpointnamespace is set, it must be a valid namespace name";
            vec![FieldError::invalid(&path, "", why)]
        }
        Some(name) => each(names::dns1123_label(name), &path, name),
    }
}

/// ValidateCSIDriverName.
fn driver(name: &str, features: Features, path: &Path) -> Errors {
    let mut errors: Errors = required(name, path).into_iter().collect();
    if name.is_empty() && features.missing_drivers_are_not_checked_further() {
        return errors;
    }
    if name.len() > MAX_DRIVER {
        errors.push(FieldError::too_long(path, MAX_DRIVER));
    }
    errors.extend(each(names::dns1123_subdomain(&name.to_ascii_lowercase()), path, name));
    errors
}

/// A name that breaks its rule is reported beside the secret, not in it.
fn publish_secret(name: &str, path: &Path) -> Errors {
    match name {
        "" => vec![FieldError::required(&path.child("nodePublishSecretRef").child("name"), "")],
        name => each(names::dns1123_subdomain(name), &path.child("name"), name),
    }
}

/// validateCSIPersistentVolumeSource.
fn persistent_csi(source: &CSIPersistentVolumeSource, features: Features, path: &Path) -> Errors {
    let mut errors = driver(&source.driver, features, &path.child("driver"));
    errors.extend(required(&source.volume_handle, &path.child("volumeHandle")));
    for (field, secret) in [
        ("controllerPublishSecretRef", &source.controller_publish_secret_ref),
        ("controllerExpandSecretRef", &source.controller_expand_secret_ref),
        ("nodePublishSecretRef", &source.node_publish_secret_ref),
        ("nodeExpandSecretRef", &source.node_expand_secret_ref),
    ] {
        errors.extend(secret.iter().flat_map(|secret| secret_reference(secret, &path.child(field))));
    }
    errors
}

/// validatePVSecretReference.
fn secret_reference(secret: &SecretReference, path: &Path) -> Errors {
    let mut errors = required_name(text(&secret.name), names::dns1123_subdomain, &path.child("name"));
    errors.extend(required_name(text(&secret.namespace), names::dns1123_label, &path.child("namespace")));
    errors
}

/// validateLocalVolumeSource.
fn local(source: &LocalVolumeSource, path: &Path) -> Errors {
    let path = path.child("path");
    match source.path.as_str() {
        "" => vec![FieldError::required(&path, "")],
        text => no_back_steps(text, &path),
    }
}
