//! PersistentVolumes.
//!
//! Models pkg/registry/core/persistentvolume/strategy.go, SetDefaults_PersistentVolume, and ValidatePersistentVolume and
//! its companions in pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeSpec, PersistentVolumeStatus};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;
use machinery::field::{FieldError, Path, Printed};
use machinery::go_value::GoValue;
use machinery::names;
use machinery::quantity::Quantity;
use machinery::time::seconds;
use machinery::version::Features;

use super::persistent_volume_claim::{VOLUME_MODES, access_modes};
use super::{Strategy, Terms, disabled, keep};
use crate::validation::{
    Errors, if_given_one_of, node_selector, optional_name, pod_warnings, resources, volume_sources, volumes,
};
use crate::{defaults, internal};

const RECLAIM_POLICIES: [&str; 3] = ["Delete", "Recycle", "Retain"];

/// Annotations that have become fields.
const OLD_ANNOTATIONS: [(&str, &str); 2] = [
    (
        "volume.beta.kubernetes.io/storage-class",
        "deprecated since v1.8; use \"storageClassName\" attribute instead",
    ),
    (
        "volume.beta.kubernetes.io/mount-options",
        "deprecated since v1.31; use \"mountOptions\" attribute instead",
    ),
];

impl Strategy for PersistentVolume {
    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.persistent_volume_reclaim_policy.get_or_insert_with(|| "Retain".to_owned());
        spec.volume_mode.get_or_insert_with(|| "Filesystem".to_owned());
        defaults::default_persistent_source(spec);
        self.status.get_or_insert_default().phase.get_or_insert_with(|| "Pending".to_owned());
    }

    fn prepare_for_create(&mut self, terms: Terms) {
        disabled::volume_spec(self.spec.get_or_insert_default(), terms.features);
        self.status = Some(PersistentVolumeStatus {
            phase: Some("Pending".to_owned()),
            last_phase_transition_time: Some(seconds(terms.now)),
            ..Default::default()
        });
    }

    fn validate(&self, terms: Terms) -> Errors {
        let name = self.metadata.name.as_deref().unwrap_or_default();
        validate_spec(name, &self.spec.clone().unwrap_or_default(), terms.features, &Path::new("spec"))
    }

    fn prepare_for_update(&mut self, old: &Self, terms: Terms) {
        self.status.clone_from(&old.status);
        disabled::volume_spec(self.spec.get_or_insert_default(), terms.features);
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new_spec), Some(old_spec)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        let mut errors = self.validate(terms);
        let new_spec = &without_new_secret(new_spec, old_spec);
        if only_source(new_spec) != only_source(old_spec) {
            let path = Path::new("spec").child("persistentvolumesource");
            let difference =
                internal::difference("PersistentVolumeSource", old_spec, new_spec, terms.features);
            let why = format!("spec.persistentvolumesource is immutable after creation\n{difference}");
            errors.push(FieldError::forbidden(&path, why));
        }
        if new_spec.volume_mode != old_spec.volume_mode {
            let mode = new_spec.volume_mode.clone().unwrap_or_default();
            errors.push(FieldError::invalid(&Path::new("volumeMode"), mode, "field is immutable"));
        }
        if old_spec.node_affinity.is_some() && new_spec.node_affinity != old_spec.node_affinity {
            let affinity = new_spec.node_affinity.as_ref().map_or_else(Printed::null, |affinity| {
                node_selector::affinity_value(affinity).print(terms.features)
            });
            let why = "field is immutable, except for updating from beta label to GA";
            errors.push(FieldError::invalid(&Path::new("nodeAffinity"), affinity, why));
        }
        let attributes = |spec: &PersistentVolumeSpec| spec.volume_attributes_class_name.is_some();
        if attributes(old_spec) && !attributes(new_spec) {
            let path = Path::new("spec").child("volumeAttributesClassName");
            errors.push(FieldError::forbidden(&path, "update from non-nil value to nil is forbidden"));
        }
        errors
    }

    fn prepare_for_status_update(&mut self, old: &Self, terms: Terms) {
        keep(&mut self.spec, &old.spec);
        let was = old.status.clone().unwrap_or_default();
        let status = self.status.get_or_insert_default();
        if status.phase != was.phase && status.last_phase_transition_time == was.last_phase_transition_time {
            status.last_phase_transition_time = Some(seconds(terms.now));
        } else if status.last_phase_transition_time.is_none() {
            status.last_phase_transition_time = was.last_phase_transition_time;
        }
    }

    fn warnings(&self, _terms: Terms) -> Vec<String> {
        let spec = self.spec.clone().unwrap_or_default();
        let path = Path::new("spec");
        let mut warnings = Vec::new();
        let annotations = self.metadata.annotations.as_ref();
        for (key, why) in OLD_ANNOTATIONS {
            if annotations.is_some_and(|annotations| annotations.contains_key(key)) {
                let path = Path::new("metadata").child("annotations").key(key);
                warnings.push(format!("{path}: {why}"));
            }
        }
        if spec.persistent_volume_reclaim_policy.as_deref() == Some("Recycle") {
            let path = path.child("persistentVolumeReclaimPolicy");
            let why = "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";
            warnings.push(format!("{path}: {why}"));
        }
        warnings.extend(affinity_warnings(&spec, &path.child("nodeAffinity")));
        warnings.extend(old_plugin(&spec, &path));
        let size = resources::storage(spec.capacity.as_ref());
        let path = path.child("capacity").key("storage");
        warnings.extend(size.and_then(|size| pod_warnings::fractional_bytes(&size.0, &path)));
        warnings
    }
}

fn affinity_warnings(spec: &PersistentVolumeSpec, path: &Path) -> Vec<String> {
    let path = path.child("required").child("nodeSelectorTerms");
    let required = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let terms = required.iter().flat_map(|required| &required.node_selector_terms).enumerate();
    terms.flat_map(|(i, term)| pod_warnings::of_node_term(term, &path.index(i))).collect()
}

/// The plugin, if it does nothing any more.
fn old_plugin(spec: &PersistentVolumeSpec, path: &Path) -> Option<String> {
    let old = [
        (spec.photon_persistent_disk.is_some(), "photonPersistentDisk", "v1.11", "v1.16"),
        (spec.scale_io.is_some(), "scaleIO", "v1.16", "v1.22"),
        (spec.storageos.is_some(), "storageOS", "v1.22", "v1.25"),
        (spec.glusterfs.is_some(), "glusterfs", "v1.25", "v1.26"),
        (spec.rbd.is_some(), "rbd", "v1.28", "v1.31"),
        (spec.cephfs.is_some(), "cephfs", "v1.28", "v1.31"),
    ];
    let (_, field, since, until) = old.into_iter().find(|(is_used, ..)| *is_used)?;
    Some(format!("{}: deprecated in {since}, non-functional in {until}+", path.child(field)))
}

/// ValidatePersistentVolumeSpec.
fn validate_spec(name: &str, spec: &PersistentVolumeSpec, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    if modes.is_empty() {
        errors.push(FieldError::required(&path.child("accessModes"), ""));
    }
    errors.extend(access_modes(modes, &path.child("accessModes")));
    errors.extend(capacity(spec, features, &path.child("capacity")));
    let policy = spec.persistent_volume_reclaim_policy.as_deref().unwrap_or_default();
    let policy_path = path.child("persistentVolumeReclaimPolicy");
    if !policy.is_empty() && !RECLAIM_POLICIES.contains(&policy) {
        errors.push(FieldError::not_supported(&policy_path, policy, &RECLAIM_POLICIES));
    }
    if let Some(affinity) = &spec.node_affinity {
        errors.extend(node_selector::volume_node_affinity(affinity, features, &path.child("nodeAffinity")));
    }
    errors.extend(source(name, spec, features, path));
    let is_root = spec.host_path.as_ref().is_some_and(|source| is_root(&source.path));
    if is_root && policy == "Recycle" {
        errors.push(FieldError::forbidden(&policy_path, "may not be 'recycle' for a hostPath mount of '/'"));
    }
    let class = path.child("storageClassName");
    errors.extend(optional_name(&spec.storage_class_name, names::dns1123_subdomain, &class));
    errors.extend(if_given_one_of(spec.volume_mode.as_deref(), &VOLUME_MODES, &path.child("volumeMode")));
    if let Some(class) = &spec.volume_attributes_class_name {
        let at = path.child("volumeAttributesClassName");
        if class.is_empty() {
            errors.push(FieldError::required(&at, "an empty string is disallowed"));
        }
        errors.extend(optional_name(&spec.volume_attributes_class_name, names::dns1123_subdomain, &at));
        if spec.csi.is_none() {
            let why = "has to be specified when using volumeAttributesClassName";
            errors.push(FieldError::required(&path.child("csi"), why));
        }
    }
    errors
}

/// Exactly one key, `storage`, more than nothing.
fn capacity(spec: &PersistentVolumeSpec, features: Features, path: &Path) -> Errors {
    let mut errors = Vec::new();
    let count = spec.capacity.as_ref().map_or(0, std::collections::BTreeMap::len);
    if count == 0 {
        errors.push(FieldError::required(path, ""));
    }
    if count != 1 || resources::storage(spec.capacity.as_ref()).is_none() {
        let amount = |(name, text): (_, &Text)| (name, GoValue::quantity(&text.0));
        let value = match &spec.capacity {
            Some(list) => GoValue::map("core.ResourceList", list.iter().map(amount)),
            None => GoValue::nil("core.ResourceList"),
        };
        errors.push(FieldError::not_supported(path, value.print(features), &["storage"]));
    }
    for (name, text) in spec.capacity.iter().flatten() {
        let path = path.key(name);
        let value = Quantity::parse(&text.0).map_or(0, |quantity| quantity.value());
        if value < 0 {
            errors.push(FieldError::invalid(&path, value, "must be a valid resource quantity"));
        }
        errors.extend(resources::positive(text, &path));
    }
    errors
}

fn is_root(path: &str) -> bool {
    path.starts_with('/') && path.split('/').all(|part| part.is_empty() || part == ".")
}

/// Whether each source is set, in the order in which upstream looks.
fn sources(spec: &PersistentVolumeSpec) -> [(&'static str, bool); 22] {
    [
        ("hostPath", spec.host_path.is_some()),
        ("gcePersistentDisk", spec.gce_persistent_disk.is_some()),
        ("awsElasticBlockStore", spec.aws_elastic_block_store.is_some()),
        ("glusterfs", spec.glusterfs.is_some()),
        ("flocker", spec.flocker.is_some()),
        ("nfs", spec.nfs.is_some()),
        ("rbd", spec.rbd.is_some()),
        ("quobyte", spec.quobyte.is_some()),
        ("cephFS", spec.cephfs.is_some()),
        ("iscsi", spec.iscsi.is_some()),
        ("cinder", spec.cinder.is_some()),
        ("fc", spec.fc.is_some()),
        ("flexVolume", spec.flex_volume.is_some()),
        ("azureFile", spec.azure_file.is_some()),
        ("vsphereVolume", spec.vsphere_volume.is_some()),
        ("photonPersistentDisk", spec.photon_persistent_disk.is_some()),
        ("portworxVolume", spec.portworx_volume.is_some()),
        ("azureDisk", spec.azure_disk.is_some()),
        ("scaleIO", spec.scale_io.is_some()),
        ("local", spec.local.is_some()),
        ("storageos", spec.storageos.is_some()),
        ("csi", spec.csi.is_some()),
    ]
}

/// The checks of the sources in ValidatePersistentVolumeSpec.
fn source(name: &str, spec: &PersistentVolumeSpec, features: Features, path: &Path) -> Errors {
    let sources = sources(spec);
    let given = sources.iter().filter(|(_, is_set)| *is_set).map(|(source, _)| *source);
    let mut errors = Vec::new();
    for (i, source) in given.clone().enumerate() {
        let at = path.child(source);
        // A FlexVolume may be one of several.
        if i > 0 && source != "flexVolume" {
            errors.push(FieldError::forbidden(&at, "may not specify more than 1 volume type"));
            continue;
        }
        let known = match source {
            "hostPath" => spec.host_path.as_ref().map(|source| volumes::host_path(source, &at)),
            "nfs" => spec.nfs.as_ref().map(|source| volumes::nfs(source, &at)),
            _ => volume_sources::of_persistent_volume((name, spec), source, features, path),
        };
        errors.extend(known.unwrap_or_default());
        if source == "local" && spec.node_affinity.is_none() {
            let why = "Local volume requires node affinity";
            errors.push(FieldError::required(&path.child("nodeAffinity"), why));
        }
    }
    if given.count() == 0 {
        errors.push(FieldError::required(path, "must specify a volume type"));
    }
    errors
}

/// The spec without the secret for its expansion, which may be added later.
fn without_new_secret(new: &PersistentVolumeSpec, old: &PersistentVolumeSpec) -> PersistentVolumeSpec {
    let had_none = old.csi.as_ref().is_some_and(|csi| csi.controller_expand_secret_ref.is_none());
    let mut new = new.clone();
    if let Some(csi) = new.csi.as_mut().filter(|_| had_none) {
        csi.controller_expand_secret_ref = None;
    }
    new
}

/// The spec with nothing but its volume source.
fn only_source(spec: &PersistentVolumeSpec) -> PersistentVolumeSpec {
    PersistentVolumeSpec {
        access_modes: None,
        capacity: None,
        claim_ref: None,
        mount_options: None,
        node_affinity: None,
        persistent_volume_reclaim_policy: None,
        storage_class_name: None,
        volume_attributes_class_name: None,
        volume_mode: None,
        ..spec.clone()
    }
}
