//! PersistentVolumeClaims.
//!
//! Models pkg/registry/core/persistentvolumeclaim/strategy.go, SetDefaults_PersistentVolumeClaim, and
//! ValidatePersistentVolumeClaim and its companions in pkg/apis/core/validation/validation.go (v1.36.2).

use k8s_openapi::api::core::v1::{
    PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimStatus, TypedLocalObjectReference,
    TypedObjectReference,
};
use machinery::field::{FieldError, Path, Printed};
use machinery::names;
use machinery::quantity::Quantity;
use machinery::version::Features;

use super::{Strategy, Terms, disabled, keep};
use crate::internal;
use crate::validation::pod_warnings::fractional_bytes;
use crate::validation::{Errors, if_given_one_of, metadata, optional_name, required, resources};

/// The modes in which a volume can be mounted, sorted.
pub const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
/// What a volume can hold, sorted.
pub const VOLUME_MODES: [&str; 2] = ["Block", "Filesystem"];
/// What named the class before there was a field for it.
pub const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
const ONE_POD: &str = "ReadWriteOncePod";
const IMMUTABLE: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

impl Strategy for PersistentVolumeClaim {
    fn default(&mut self) {
        let spec = self.spec.get_or_insert_default();
        spec.volume_mode.get_or_insert_with(|| "Filesystem".to_owned());
        self.status.get_or_insert_default().phase.get_or_insert_with(|| "Pending".to_owned());
    }

    fn prepare_for_create(&mut self, terms: Terms) {
        let phase = Some("Pending".to_owned());
        self.status = Some(PersistentVolumeClaimStatus { phase, ..Default::default() });
        let spec = self.spec.get_or_insert_default();
        disabled::claim_spec(spec, terms.features);
        data_source(spec);
    }

    fn validate(&self, terms: Terms) -> Errors {
        validate_spec(&self.spec.clone().unwrap_or_default(), terms.features, &Path::new("spec"))
    }

    fn prepare_for_update(&mut self, old: &Self, terms: Terms) {
        self.status.clone_from(&old.status);
        let spec = self.spec.get_or_insert_default();
        disabled::claim_spec(spec, terms.features);
        data_source(spec);
    }

    fn validate_update(&self, old: &Self, terms: Terms) -> Errors {
        let (Some(new_spec), Some(old_spec)) = (&self.spec, &old.spec) else {
            return Vec::new();
        };
        // What stays as it was has been found well before.
        let is_same = new_spec == old_spec;
        let mut errors = if is_same { Vec::new() } else { self.validate(terms) };
        errors.extend(beta_class_change(self, old));
        if !is_same {
            errors.extend(spec_change(self, new_spec, (old, old_spec), terms.features));
        }
        errors
    }

    fn prepare_for_status_update(&mut self, old: &Self, _terms: Terms) {
        keep(&mut self.spec, &old.spec);
    }

    fn warnings(&self, _terms: Terms) -> Vec<String> {
        let annotations = self.metadata.annotations.as_ref();
        let is_beta = annotations.is_some_and(|annotations| annotations.contains_key(BETA_CLASS));
        let path = Path::new("metadata").child("annotations").key(BETA_CLASS);
        let why = "deprecated since v1.8; use \"storageClassName\" attribute instead";
        let mut warnings: Vec<String> = is_beta.then(|| format!("{path}: {why}")).into_iter().collect();
        warnings.extend(self.spec.iter().flat_map(|spec| spec_warnings(spec, &Path::new("spec"))));
        warnings
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
    if !is_known && spec.data_source_ref.is_none() {
        spec.data_source = None;
    }
    if let (None, Some(source)) = (&spec.data_source, &spec.data_source_ref)
        && source.namespace.as_deref().unwrap_or_default().is_empty()
    {
        spec.data_source = Some(TypedLocalObjectReference {
            api_group: source.api_group.clone(),
            kind: source.kind.clone(),
            name: source.name.clone(),
        });
    } else if let (Some(source), None) = (&spec.data_source, &spec.data_source_ref) {
        spec.data_source_ref = Some(TypedObjectReference {
            api_group: source.api_group.clone(),
            kind: source.kind.clone(),
            name: source.name.clone(),
            namespace: None,
        });
    }
}

/// What is wrong with a claim's spec at `path` (ValidatePersistentVolumeClaimSpec); claim templates have the same rules.
pub fn validate_spec(spec: &PersistentVolumeClaimSpec, features: Features, path: &Path) -> Errors {
    let modes = spec.access_modes.as_deref().unwrap_or_default();
    let mut errors = Vec::new();
    if modes.is_empty() {
        let why = "at least 1 access mode is required";
        errors.push(FieldError::required(&path.child("accessModes"), why));
    }
    if let Some(selector) = &spec.selector {
        errors.extend(metadata::label_selector(selector, features, &path.child("selector")));
    }
    errors.extend(access_modes(modes, &path.child("accessModes")));
    let size_path = path.child("resources").key("storage");
    let requests = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    match resources::storage(requests) {
        None => errors.push(FieldError::required(&size_path, "")),
        Some(size) => errors.extend(resources::positive(size, &size_path)),
    }
    let name = |name: &Option<String>, field: &str| {
        optional_name(name, names::dns1123_subdomain, &path.child(field))
    };
    errors.extend(name(&spec.storage_class_name, "storageClassName"));
    errors.extend(if_given_one_of(spec.volume_mode.as_deref(), &VOLUME_MODES, &path.child("volumeMode")));
    errors.extend(data_source_errors(spec, path));
    if features.volumes_have_attribute_classes() {
        errors.extend(name(&spec.volume_attributes_class_name, "volumeAttributesClassName"));
    }
    errors
}

/// validateDataSource, validateDataSourceRef, and whether the two agree.
fn data_source_errors(spec: &PersistentVolumeClaimSpec, path: &Path) -> Errors {
    let old = spec.data_source.as_ref().map(|s| (&s.api_group, s.kind.as_str(), s.name.as_str()));
    let new = spec.data_source_ref.as_ref().map(|s| (&s.api_group, s.kind.as_str(), s.name.as_str()));
    let mut errors = Vec::new();
    for (field, source) in [("dataSource", old), ("dataSourceRef", new)] {
        let Some((group, kind, name)) = source else {
            continue;
        };
        let path = path.child(field);
        errors.extend(required(name, &path.child("name")));
        errors.extend(required(kind, &path.child("kind")));
        if group.as_deref().unwrap_or_default().is_empty() && kind != "PersistentVolumeClaim" {
            let why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            errors.push(FieldError::invalid(&path, kind, why));
        }
        errors.extend(optional_name(group, names::dns1123_subdomain, &path.child("apiGroup")));
    }
    if old.is_some() && new.is_some() && old != new {
        // The value is the other field's path, which Go prints as an empty struct.
        let value = Printed::as_is("{}");
        errors.push(FieldError::invalid(path, value, "must match dataSourceRef"));
    }
    errors
}

/// What is wrong with the modes that are given.
pub fn access_modes(modes: &[String], path: &Path) -> Errors {
    let is_known = |mode: &&String| ACCESS_MODES.contains(&mode.as_str());
    let unknown = modes.iter().filter(|mode| !is_known(mode));
    let mut errors: Errors =
        unknown.map(|mode| FieldError::not_supported(path, mode, &ACCESS_MODES)).collect();
    let has_other = modes.iter().filter(is_known).any(|mode| mode != ONE_POD);
    if has_other && modes.iter().any(|mode| mode == ONE_POD) {
        let why = "may not use ReadWriteOncePod with other access modes";
        errors.push(FieldError::forbidden(path, why));
    }
    errors
}

/// ValidatePersistentVolumeClaimUpdate: a volume can be named once, a class given once, a bound claim resized.
fn spec_change(
    new: &PersistentVolumeClaim,
    new_spec: &PersistentVolumeClaimSpec,
    (old_claim, old): (&PersistentVolumeClaim, &PersistentVolumeClaimSpec),
    features: Features,
) -> Errors {
    let path = Path::new("spec");
    let status = new.status.clone().unwrap_or_default();
    let is_bound = status.phase.as_deref() == Some("Bound");
    let mut frozen = old.clone();
    let mut munged = new_spec.clone();
    if old.volume_name.as_deref().unwrap_or_default().is_empty() {
        frozen.volume_name.clone_from(&munged.volume_name);
    }
    // What the annotation named is the only class that may be given (validateStorageClassUpgradeFromNil).
    let named = beta_class(old_claim);
    let is_named = named.is_none() || named == munged.storage_class_name.as_ref();
    if old.storage_class_name.is_none() && munged.storage_class_name.is_some() && is_named {
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
        let difference = internal::difference("PersistentVolumeClaimSpec", &frozen, &munged, features);
        errors.push(FieldError::forbidden(&path, format!("{IMMUTABLE}\n{difference}")));
    }
    let parse = |text: Option<&k8s_openapi::apimachinery::pkg::api::resource::Quantity>| {
        text.and_then(|text| Quantity::parse(&text.0).ok())
    };
    let (new_size, old_size) = (parse(size_of(new_spec).as_ref()), parse(size_of(old).as_ref()));
    if new_size < old_size && new_size <= parse(resources::storage(status.capacity.as_ref())) {
        let path = path.child("resources").child("requests").child("storage");
        errors.push(FieldError::forbidden(&path, "field can not be less than status.capacity"));
    }
    if new_spec.volume_mode != old.volume_mode {
        let mode = new_spec.volume_mode.clone().unwrap_or_default();
        errors.push(FieldError::invalid(&Path::new("volumeMode"), mode, "field is immutable"));
    }
    let attributes = new_spec.volume_attributes_class_name.as_deref();
    let why = match attributes {
        None => "update from non-nil value to nil is forbidden",
        Some("") => "update from non-nil value to an empty string is forbidden",
        Some(_) => return errors,
    };
    let was = old.volume_attributes_class_name.as_deref();
    if was.is_some() && was != attributes {
        errors.push(FieldError::forbidden(&path.child("volumeAttributesClassName"), why));
    }
    errors
}

/// The class that the annotation names.
fn beta_class(claim: &PersistentVolumeClaim) -> Option<&String> {
    claim.metadata.annotations.as_ref()?.get(BETA_CLASS)
}

/// The annotation stays, unless the field takes over from it (validateStorageClassUpgradeFromAnnotation).
fn beta_class_change(new: &PersistentVolumeClaim, old: &PersistentVolumeClaim) -> Option<FieldError> {
    let annotation = |claim| beta_class(claim).cloned();
    let class =
        |claim: &PersistentVolumeClaim| claim.spec.as_ref().and_then(|spec| spec.storage_class_name.clone());
    let (is, was) = (annotation(new), annotation(old));
    let takes_over = was.is_some() && class(old).is_none() && class(new) == was && is.is_none();
    let path = Path::new("metadata").child("annotations").child(BETA_CLASS);
    let error = || FieldError::invalid(&path, is.clone().unwrap_or_default(), "field is immutable");
    (is.clone().unwrap_or_default() != was.unwrap_or_default() && !takes_over).then(error)
}

/// What is worth a word in a claim's spec (pkg/api/persistentvolumeclaim/util.go).
pub fn spec_warnings(spec: &PersistentVolumeClaimSpec, path: &Path) -> Vec<String> {
    let resources = spec.resources.as_ref();
    let lists = [
        ("requests", resources.and_then(|resources| resources.requests.as_ref())),
        ("limits", resources.and_then(|resources| resources.limits.as_ref())),
    ];
    let sizes = lists.into_iter().filter_map(|(field, list)| Some((field, resources::storage(list)?)));
    sizes
        .filter_map(|(field, size)| {
            fractional_bytes(&size.0, &path.child("resources").child(field).key("storage"))
        })
        .collect()
}
