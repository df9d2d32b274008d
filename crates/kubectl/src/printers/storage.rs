//! Rows of claims, volumes and storage classes.
//!
//! Models printPersistentVolumeClaim, printPersistentVolume and printStorageClass of
//! pkg/printers/internalversion/printers.go, and GetAccessModesAsString of pkg/apis/core/v1/helper.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::age;

const UNSET: &str = "<unset>";

/// NAME STATUS VOLUME CAPACITY ACCESS-MODES STORAGECLASS VOLUMEATTRIBUTESCLASS AGE VOLUMEMODE.
pub(crate) fn claim(claim: &PersistentVolumeClaim, now: Timestamp) -> Vec<String> {
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    let terminating = claim.metadata.deletion_timestamp.is_some();
    let volume = spec.volume_name.clone().unwrap_or_default();
    let (mut capacity, mut modes) = (String::new(), String::new());
    if !volume.is_empty() {
        modes = access_modes(status.access_modes.as_deref());
        // A claim that names its volume and is not bound yet has no capacity: upstream prints the zero quantity.
        let size = status.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
        capacity = size.map_or_else(|| "0".to_owned(), |quantity| quantity.0.clone());
    }
    vec![
        claim.metadata.name.clone().unwrap_or_default(),
        if terminating { "Terminating".to_owned() } else { status.phase.unwrap_or_default() },
        volume,
        capacity,
        modes,
        claim_class(claim),
        spec.volume_attributes_class_name.unwrap_or_else(|| UNSET.to_owned()),
        age::since(claim.metadata.creation_timestamp.as_ref(), now),
        spec.volume_mode.unwrap_or_else(|| UNSET.to_owned()),
    ]
}

/// NAME CAPACITY ACCESS-MODES RECLAIM-POLICY STATUS CLAIM STORAGECLASS VOLUMEATTRIBUTESCLASS REASON AGE VOLUMEMODE.
pub(crate) fn volume(volume: &PersistentVolume, now: Timestamp) -> Vec<String> {
    let spec = volume.spec.clone().unwrap_or_default();
    let status = volume.status.clone().unwrap_or_default();
    let terminating = volume.metadata.deletion_timestamp.is_some();
    let size = spec.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    let claim = spec.claim_ref.as_ref().map(|claim| {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{}/{}", part(&claim.namespace), part(&claim.name))
    });
    vec![
        volume.metadata.name.clone().unwrap_or_default(),
        size.map_or_else(|| "0".to_owned(), |quantity| quantity.0.clone()),
        access_modes(spec.access_modes.as_deref()),
        spec.persistent_volume_reclaim_policy.clone().unwrap_or_default(),
        if terminating { "Terminating".to_owned() } else { status.phase.unwrap_or_default() },
        claim.unwrap_or_default(),
        volume_class(volume),
        spec.volume_attributes_class_name.unwrap_or_else(|| UNSET.to_owned()),
        status.reason.unwrap_or_default(),
        age::since(volume.metadata.creation_timestamp.as_ref(), now),
        spec.volume_mode.unwrap_or_else(|| UNSET.to_owned()),
    ]
}

/// Whether claims without a class get this one (storageutil.IsDefaultAnnotation).
pub(crate) fn is_default_class(class: &StorageClass) -> bool {
    class.metadata.annotations.iter().flatten().any(|(key, value)| {
        value == "true"
            && (key == "storageclass.kubernetes.io/is-default-class"
                || key == "storageclass.beta.kubernetes.io/is-default-class")
    })
}

/// NAME PROVISIONER RECLAIMPOLICY VOLUMEBINDINGMODE ALLOWVOLUMEEXPANSION AGE.
pub(crate) fn class(class: &StorageClass, now: Timestamp) -> Vec<String> {
    let mut name = class.metadata.name.clone().unwrap_or_default();
    if is_default_class(class) {
        name.push_str(" (default)");
    }
    vec![
        name,
        class.provisioner.clone(),
        class.reclaim_policy.clone().unwrap_or_else(|| "Delete".to_owned()),
        class.volume_binding_mode.clone().unwrap_or_else(|| "Immediate".to_owned()),
        class.allow_volume_expansion.unwrap_or(false).to_string(),
        age::since(class.metadata.creation_timestamp.as_ref(), now),
    ]
}

/// Access modes in short, each once, in a fixed order: `RWO,ROX,RWX,RWOP`.
pub(crate) fn access_modes(modes: Option<&[String]>) -> String {
    const SHORT: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |mode: &str| modes.unwrap_or_default().iter().any(|m| m == mode);
    let short: Vec<&str> = SHORT.iter().filter(|(mode, _)| has(mode)).map(|(_, short)| *short).collect();
    short.join(",")
}

const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// The claim's class, from the old annotation or the field (helper.GetPersistentVolumeClaimClass).
pub(crate) fn claim_class(claim: &PersistentVolumeClaim) -> String {
    template_class(&claim.metadata, &claim.spec.clone().unwrap_or_default())
}

/// The same of a claim that does not exist yet.
pub(crate) fn template_class(meta: &ObjectMeta, spec: &PersistentVolumeClaimSpec) -> String {
    let annotated = meta.annotations.as_ref().and_then(|a| a.get(CLASS_ANNOTATION));
    annotated.or(spec.storage_class_name.as_ref()).cloned().unwrap_or_default()
}

/// The volume's class, from the old annotation or the field (helper.GetPersistentVolumeClass).
pub(crate) fn volume_class(volume: &PersistentVolume) -> String {
    let annotated = volume.metadata.annotations.as_ref().and_then(|a| a.get(CLASS_ANNOTATION));
    let field = volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_ref());
    annotated.or(field).cloned().unwrap_or_default()
}
