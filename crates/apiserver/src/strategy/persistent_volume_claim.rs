//! PersistentVolumeClaims.
//!
//! Models pkg/registry/core/persistentvolumeclaim/strategy.go, SetDefaults_PersistentVolumeClaim, and
//! ValidatePersistentVolumeClaim and its companions in pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{
    PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimStatus, TypedObjectReference,
};
use machinery::field::{FieldError, Path};
use machinery::names;
use machinery::quantity::Quantity;

use super::{Strategy, Terms, pod};
use crate::internal;
use crate::validation::{Errors, each, metadata, resources};

/// The modes in which a volume can be mounted, sorted.
pub const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
/// What a volume can hold, sorted.
pub const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];
const ONE_POD: &str = "ReadWriteOncePod";
const IMMUTABLE: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

impl Strategy for PersistentVolumeClaim {
    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.volume_mode.get_or_insert_with(|| "Filesystem".to_owned());
        self.status.get_or_insert_default().phase.get_or_insert_with(|| "Pending".to_owned());
    }

    fn prepare_for_create(&mut self, _terms: Terms) {
        let phase = Some("Pending".to_owned());
        self.status = Some(PersistentVolumeClaimStatus { phase, ..Default::default() });
        data_source(self.spec.get_or_insert_default());
    }

    fn validate(&self, _terms: Terms) -> Errors {
        validate_spec(self, &Path::new("spec"))
    }

    fn prepare_for_update(&mut self, old: &Self, _terms: Terms) {
        self.status.clone_from(&old.status);
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new_spec), Some(old_spec)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        if new_spec == old_spec {
            return Vec::new();
        }
        let mut errors = self.validate(terms);
        errors.extend(spec_change(self, new_spec, old_spec));
        errors
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        self.spec.clone_from(&old.spec);
    }

    fn warnings(&self, _terms: Terms) -> Vec<String> {
        spec_warnings(self, &Path::new("spec"))
    }
}

/// A source that is neither a claim nor a snapshot is dropped; the two fields for it say the same.
fn data_source(spec: &mut PersistentVolumeClaimSpec) {
    let is_known = spec.data_source.as_ref().is_some_and(|source| {
        let group = source.api_group.as_deref().unwrap_or_default();
        matches!(
            (group, source.kind.as_str()),
            ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
        )
    });
    if !is_known {
        spec.data_source = None;
    }
    if let (Some(source), None) = (&spec.data_source, &spec.data_source_ref) {
        spec.data_source_ref = Some(TypedObjectReference {
            api_group: source.api_group.clone(),
            kind: source.kind.clone(),
            name: source.name.clone(),
            namespace: None,
        });
    }
}

/// What is wrong with a claim's spec at `path` (ValidatePersistentVolumeClaimSpec); claim templates have the same rules.
pub fn validate_spec(claim: &PersistentVolumeClaim, path: &Path) -> Errors {
    let spec = claim.spec.clone().unwrap_or_default();
    let modes = spec.access_modes.unwrap_or_default();
    let mut errors = Vec::new();
    if modes.is_empty() {
        let why = "at least 1 access mode is required";
        errors.push(FieldError::required(&path.child("accessModes"), why));
    }
    if let Some(selector) = &spec.selector {
        errors.extend(metadata::label_selector(selector, &path.child("selector")));
    }
    errors.extend(access_modes(&modes, &path.child("accessModes")));
    let size_path = path.child("resources").key("storage");
    let requests = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    match resources::storage(requests) {
        None => errors.push(FieldError::required(&size_path, "")),
        Some(size) => {
            errors.extend(resources::quantity("storage", size, &size_path));
            errors.extend(resources::positive(size, &size_path));
        }
    }
    if let Some(class) = spec.storage_class_name.as_deref().filter(|class| !class.is_empty()) {
        errors.extend(each(names::dns1123_subdomain(class), &path.child("storageClassName"), class));
    }
    errors.extend(volume_mode(spec.volume_mode.as_deref(), &path.child("volumeMode")));
    errors
}

/// What is wrong with the modes that are given.
pub fn access_modes(modes: &[String], path: &Path) -> Errors {
    let unknown = modes.iter().filter(|mode| !ACCESS_MODES.contains(&mode.as_str()));
    let mut errors: Errors =
        unknown.map(|mode| FieldError::not_supported(path, mode.as_str(), &ACCESS_MODES)).collect();
    if modes.iter().any(|mode| mode == ONE_POD) && modes.iter().any(|mode| mode != ONE_POD) {
        let why = "may not use ReadWriteOncePod with other access modes";
        errors.push(FieldError::forbidden(path, why));
    }
    errors
}

/// What is wrong with the volume mode, if it is given.
pub fn volume_mode(mode: Option<&str>, path: &Path) -> Option<FieldError> {
    let mode = mode.filter(|mode| !VOLUME_MODES.contains(mode))?;
    Some(FieldError::not_supported(path, mode, &VOLUME_MODES))
}

/// ValidatePersistentVolumeClaimUpdate: a volume can be named once, a class given once, a bound claim resized.
fn spec_change(
    new: &PersistentVolumeClaim,
    new_spec: &PersistentVolumeClaimSpec,
    old: &PersistentVolumeClaimSpec,
) -> Errors {
    let path = Path::new("spec");
    let status = new.status.clone().unwrap_or_default();
    let is_bound = status.phase.as_deref() == Some("Bound");
    let mut frozen = old.clone();
    let mut munged = new_spec.clone();
    if old.volume_name.as_deref().unwrap_or_default().is_empty() {
        frozen.volume_name.clone_from(&munged.volume_name);
    }
    if old.storage_class_name.is_none() {
        frozen.storage_class_name.clone_from(&munged.storage_class_name);
    }
    let size_of = |spec: &PersistentVolumeClaimSpec| {
        let requests = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        resources::storage(requests).cloned()
    };
    if is_bound {
        let requests = munged.resources.as_mut().and_then(|resources| resources.requests.as_mut());
        if let (Some(requests), Some(size)) = (requests, size_of(old)) {
            requests.insert("storage".to_owned(), size);
        }
        if munged.volume_attributes_class_name.is_some() {
            munged.volume_attributes_class_name.clone_from(&old.volume_attributes_class_name);
        }
    }
    let mut errors = Vec::new();
    if munged != frozen {
        let difference = internal::difference("PersistentVolumeClaimSpec", &frozen, &munged);
        errors.push(FieldError::forbidden(&path, format!("{IMMUTABLE}\n{difference}")));
    }
    let parse = |text: Option<&k8s_openapi::apimachinery::pkg::api::resource::Quantity>| {
        text.and_then(|text| Quantity::parse(&text.0).ok())
    };
    let (new_size, old_size) = (parse(size_of(new_spec).as_ref()), parse(size_of(old).as_ref()));
    let capacity = parse(resources::storage(status.capacity.as_ref()));
    if new_size < old_size && capacity.is_none_or(|capacity| new_size <= Some(capacity)) {
        let path = path.child("resources").child("requests").child("storage");
        errors.push(FieldError::forbidden(&path, "field can not be less than status.capacity"));
    }
    if new_spec.volume_mode != old.volume_mode {
        let mode = new_spec.volume_mode.clone().unwrap_or_default();
        errors.push(FieldError::invalid(&Path::new("volumeMode"), mode, "field is immutable"));
    }
    errors
}

/// What is worth a word in a claim's spec (pkg/api/persistentvolumeclaim/util.go).
pub fn spec_warnings(claim: &PersistentVolumeClaim, path: &Path) -> Vec<String> {
    let requests = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    let path = path.child("resources").child("requests").key("storage");
    resources::storage(requests).and_then(|size| pod::fractional_bytes(&size.0, &path)).into_iter().collect()
}
