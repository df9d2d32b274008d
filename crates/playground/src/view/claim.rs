//! A claim, and the volume under it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use machinery::{ObjectKey, Resource};

use super::Snapshot;
use super::volume::{VolumeView, modes, storage, users};

/// What is asked for or given, by resource.
pub type Quantities = BTreeMap<String, Quantity>;

/// The claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimView {
    /// Which.
    pub key: ObjectKey,
    /// STATUS as kubectl prints it: the phase, or `Terminating`.
    pub status: String,
    /// What it asks for: `2Gi`.
    pub requested: String,
    /// The access modes that it asks for.
    pub modes: String,
    /// Its storage class; empty if it has none.
    pub class: String,
    /// What it got: the whole volume.
    pub capacity: String,
    /// The name of its volume; empty if it has none.
    pub volume_name: String,
    /// The volume, if it exists.
    pub volume: Option<VolumeView>,
    /// The pods that hold up its deletion.
    pub held_by: Vec<ObjectKey>,
}

impl ClaimView {
    /// The view of a claim.
    pub fn of(snapshot: Snapshot<'_>, claim: &PersistentVolumeClaim) -> ClaimView {
        let (spec, status) = (claim.spec.as_ref(), claim.status.as_ref());
        let requests = spec.and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
        let volume_name = spec.and_then(|spec| spec.volume_name.clone()).unwrap_or_default();
        let volume = snapshot.objects.get::<PersistentVolume>("", &volume_name);
        let terminating = claim.metadata.deletion_timestamp.is_some();
        let phase = status.and_then(|status| status.phase.clone()).unwrap_or_default();
        ClaimView {
            key: claim.key(),
            status: if terminating { "Terminating".to_owned() } else { phase },
            requested: storage(requests),
            modes: modes(spec.and_then(|spec| spec.access_modes.as_deref())),
            class: spec.and_then(|spec| spec.storage_class_name.clone()).unwrap_or_default(),
            capacity: storage(status.and_then(|status| status.capacity.as_ref())),
            volume: volume.map(|volume| VolumeView::of(snapshot, volume)),
            volume_name,
            held_by: if terminating { users(snapshot, &claim.key()) } else { Vec::new() },
        }
    }
}
