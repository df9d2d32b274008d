//! Which volume fits which claim, and how the two name each other.
//!
//! Models component-helpers/storage/volume/pv_helpers.go.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as RawQuantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::decision::Misfit;
use machinery::labels::Selector;
use machinery::object::is_terminating;
use machinery::quantity::Quantity;
use machinery::{Kind, ObjectKey, Resource};

/// On a claim: its binding has been completed.
pub const ANN_BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// On a claim or volume: the controller chose its counterpart, nobody asked for it by name.
pub const ANN_BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// On a claim: the node that the scheduler chose for the pod that waits for it.
pub const ANN_SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// On a volume: the provisioner that made it.
pub const ANN_DYNAMICALLY_PROVISIONED: &str = "pv.kubernetes.io/provisioned-by";
/// On a claim: the provisioner that is to make its volume.
pub const ANN_STORAGE_PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
/// The same under its older name; both are written.
pub const ANN_BETA_STORAGE_PROVISIONER: &str = "volume.beta.kubernetes.io/storage-provisioner";
/// On a claim or volume: its class under the older name, which wins over the field.
const BETA_STORAGE_CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// The value of an annotation.
pub fn annotation<'m>(meta: &'m ObjectMeta, key: &str) -> Option<&'m str> {
    meta.annotations.as_ref()?.get(key).map(String::as_str)
}

/// Sets an annotation; says whether that changed anything.
pub fn set_annotation(meta: &mut ObjectMeta, key: &str, value: &str) -> bool {
    let annotations = meta.annotations.get_or_insert_default();
    annotations.insert(key.to_owned(), value.to_owned()).as_deref() != Some(value)
}

/// The claim's class; empty if it has none.
pub fn get_persistent_volume_claim_class(claim: &PersistentVolumeClaim) -> &str {
    let field = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
    annotation(&claim.metadata, BETA_STORAGE_CLASS_ANNOTATION).or(field).unwrap_or_default()
}

/// Whether the claim says anything of its class, even that it wants none.
pub fn persistent_volume_claim_has_class(claim: &PersistentVolumeClaim) -> bool {
    annotation(&claim.metadata, BETA_STORAGE_CLASS_ANNOTATION).is_some()
        || claim.spec.as_ref().is_some_and(|spec| spec.storage_class_name.is_some())
}

fn get_persistent_volume_class(volume: &PersistentVolume) -> &str {
    let field = volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
    annotation(&volume.metadata, BETA_STORAGE_CLASS_ANNOTATION).or(field).unwrap_or_default()
}

/// Whether claims of this class are bound only when a pod that uses them is scheduled.
pub fn is_delay_binding_mode(class: Option<&StorageClass>) -> bool {
    class.and_then(|class| class.volume_binding_mode.as_deref()) == Some("WaitForFirstConsumer")
}

/// The volume that the claim names; empty if it names none.
pub fn volume_name(claim: &PersistentVolumeClaim) -> &str {
    claim.spec.as_ref().and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default()
}

/// The claim that the volume names.
pub fn claim_ref(volume: &PersistentVolume) -> Option<&ObjectReference> {
    volume.spec.as_ref()?.claim_ref.as_ref()
}

/// Where the claim is found that the volume names.
pub fn claim_of(volume: &PersistentVolume) -> Option<ObjectKey> {
    let reference = claim_ref(volume)?;
    let (namespace, name) = (part(&reference.namespace), part(&reference.name));
    Some(ObjectKey::new(Kind::PersistentVolumeClaim, namespace, name))
}

/// The volume's phase; empty if it has none.
pub fn volume_phase(volume: &PersistentVolume) -> &str {
    volume.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// A name, namespace or uid of a reference; empty if unset.
pub fn part(of: &Option<String>) -> &str {
    of.as_deref().unwrap_or_default()
}

/// Whether the volume names this claim, by uid if it has one.
pub fn is_volume_bound_to_claim(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    claim_ref(volume).is_some_and(|reference| {
        part(&reference.name) == claim.name()
            && part(&reference.namespace) == claim.namespace()
            && (part(&reference.uid).is_empty() || part(&reference.uid) == claim.uid())
    })
}

/// The reference that binds a volume to this version of the claim.
pub fn reference_to(claim: &PersistentVolumeClaim) -> ObjectReference {
    ObjectReference {
        api_version: Some(Kind::PersistentVolumeClaim.api_version().to_owned()),
        kind: Some(Kind::PersistentVolumeClaim.name().to_owned()),
        name: claim.metadata.name.clone(),
        namespace: claim.metadata.namespace.clone(),
        uid: claim.metadata.uid.clone(),
        resource_version: claim.metadata.resource_version.clone(),
        field_path: None,
    }
}

/// Bytes in a map of resources; 0 if they are missing or cannot be read.
fn storage(resources: Option<&BTreeMap<String, RawQuantity>>) -> Quantity {
    let text = resources.and_then(|resources| resources.get("storage")).map_or("0", |q| q.0.as_str());
    Quantity::parse(text).unwrap_or_else(|_| Quantity::new(0, machinery::quantity::Format::BinarySi))
}

/// How large the volume is.
pub fn capacity(volume: &PersistentVolume) -> Quantity {
    storage(volume.spec.as_ref().and_then(|spec| spec.capacity.as_ref()))
}

/// How much the claim asks for.
pub fn request(claim: &PersistentVolumeClaim) -> Quantity {
    let resources = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref());
    storage(resources.and_then(|resources| resources.requests.as_ref()))
}

/// How much of its volume the claim can use.
pub fn usable(claim: &PersistentVolumeClaim) -> Quantity {
    storage(claim.status.as_ref().and_then(|status| status.capacity.as_ref()))
}

/// Whether one is a block device and the other a file system.
pub fn check_volume_mode_mismatches(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let wanted = claim.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref());
    let given = volume.spec.as_ref().and_then(|spec| spec.volume_mode.as_deref());
    wanted.unwrap_or("Filesystem") != given.unwrap_or("Filesystem")
}

fn attributes_class_differs(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let wanted = claim.spec.as_ref().and_then(|spec| spec.volume_attributes_class_name.as_deref());
    let given = volume.spec.as_ref().and_then(|spec| spec.volume_attributes_class_name.as_deref());
    wanted.unwrap_or_default() != given.unwrap_or_default()
}

/// The access modes of a claim's or volume's spec.
pub fn access_modes(modes: Option<&Vec<String>>) -> &[String] {
    modes.map(Vec::as_slice).unwrap_or_default()
}

/// Whether the volume has every access mode that the claim asks for.
pub fn check_access_modes(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> bool {
    let wanted = access_modes(claim.spec.as_ref().and_then(|spec| spec.access_modes.as_ref()));
    let given = access_modes(volume.spec.as_ref().and_then(|spec| spec.access_modes.as_ref()));
    wanted.iter().all(|mode| given.contains(mode))
}

/// A claim as volumes are measured against it, read once for many of them.
pub struct Wanted<'c> {
    claim: &'c PersistentVolumeClaim,
    request: Quantity,
    class: &'c str,
    /// `None` if it has none; a selector that cannot be read matches nothing.
    selector: Option<Option<Selector>>,
    delay_binding: bool,
}

impl<'c> Wanted<'c> {
    /// What the claim wants; with `delay_binding` the scheduler chooses, unless a volume already names the claim.
    pub fn new(claim: &'c PersistentVolumeClaim, delay_binding: bool) -> Wanted<'c> {
        let selector = claim.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        Wanted {
            claim,
            request: request(claim),
            class: get_persistent_volume_claim_class(claim),
            selector: selector.map(Selector::from_spec),
            delay_binding,
        }
    }

    /// The first reason why the volume does not fit, its access modes aside; `None` if it fits (FindMatchingVolume).
    pub fn misfit(&self, volume: &PersistentVolume) -> Option<Misfit> {
        let ours = is_volume_bound_to_claim(volume, self.claim);
        if claim_ref(volume).is_some() && !ours {
            let released = volume_phase(volume) == "Released";
            return Some(if released { Misfit::Released } else { Misfit::Taken });
        }
        if capacity(volume) < self.request {
            return Some(Misfit::TooSmall);
        }
        self.misfit_of_large_enough(volume, ours)
    }

    /// The same for a volume that is large enough, and that no other claim has; `ours` if it names this one.
    fn misfit_of_large_enough(&self, volume: &PersistentVolume, ours: bool) -> Option<Misfit> {
        if check_volume_mode_mismatches(self.claim, volume) {
            return Some(Misfit::VolumeMode);
        }
        if attributes_class_differs(self.claim, volume) {
            return Some(Misfit::StorageClass);
        }
        if is_terminating(&volume.metadata) {
            return Some(Misfit::Terminating);
        }
        // Whoever reserved the volume has checked the rest, or does not care.
        if ours {
            return None;
        }
        if self.delay_binding || volume_phase(volume) != "Available" {
            return Some(Misfit::NotAvailable);
        }
        let selected = self.selector.as_ref().is_none_or(|selector| {
            selector.as_ref().is_some_and(|s| s.matches(volume.metadata.labels.as_ref()))
        });
        if !selected {
            return Some(Misfit::Selector);
        }
        (get_persistent_volume_class(volume) != self.class).then_some(Misfit::StorageClass)
    }
}

/// The best of the volumes of one set of access modes: the first that already names the claim, else the smallest that
/// fit. `reserved` are those that name it, `free` those that name none, by size.
pub fn find_matching_volumes<'v>(
    wanted: &Wanted<'_>,
    mut reserved: impl Iterator<Item = &'v Arc<PersistentVolume>>,
    free: &'v OrdMap<Quantity, OrdMap<Arc<str>, Arc<PersistentVolume>>>,
) -> Vec<&'v Arc<PersistentVolume>> {
    if let Some(volume) = reserved.find(|volume| wanted.misfit(volume).is_none()) {
        return vec![volume];
    }
    let fits = |volume: &Arc<PersistentVolume>| wanted.misfit_of_large_enough(volume, false).is_none();
    let of_size =
        |volumes: &'v OrdMap<_, _>| volumes.values().filter(|volume| fits(volume)).collect::<Vec<_>>();
    let large_enough = free.range::<_, Quantity>(&wanted.request..).map(|(_, volumes)| of_size(volumes));
    large_enough.into_iter().find(|best| !best.is_empty()).unwrap_or_default()
}

/// Why a volume that nobody claims cannot be given to a claim that asks for it by name; the first reason with its text
/// (pv_controller.go, checkVolumeSatisfyClaim). The claim's selector does not matter here.
pub fn check_volume_satisfy_claim(
    volume: &PersistentVolume,
    claim: &PersistentVolumeClaim,
) -> Result<(), (Misfit, String)> {
    let refuse = |misfit: Misfit, text: &str| Err((misfit, text.to_owned()));
    if is_terminating(&volume.metadata) {
        let text = format!("the volume is marked for deletion \"{}\"", volume.name());
        return Err((Misfit::Terminating, text));
    }
    if capacity(volume).value() < request(claim).value() {
        return refuse(Misfit::TooSmall, "requested PV is too small");
    }
    if get_persistent_volume_class(volume) != get_persistent_volume_claim_class(claim) {
        return refuse(Misfit::StorageClass, "storageClassName does not match");
    }
    if attributes_class_differs(claim, volume) {
        return refuse(Misfit::StorageClass, "volumeAttributesClassName does not match");
    }
    if check_volume_mode_mismatches(claim, volume) {
        return refuse(Misfit::VolumeMode, "incompatible volumeMode");
    }
    if !check_access_modes(claim, volume) {
        return refuse(Misfit::AccessModes, "incompatible accessMode");
    }
    Ok(())
}
