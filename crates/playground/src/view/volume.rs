//! A volume, on the shelf or under its claim.

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use machinery::decision::Verdict;
use machinery::{Kind, ObjectKey, Resource};

use super::Snapshot;

/// The volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeView {
    /// Which.
    pub key: ObjectKey,
    /// `5Gi`.
    pub capacity: String,
    /// ACCESS MODES as kubectl prints them: `RWO,RWX`.
    pub modes: String,
    /// STATUS as kubectl prints it: the phase, or `Terminating`.
    pub status: String,
    /// `spec.claimRef`.
    pub claim: Option<ObjectKey>,
    /// The pods that use its claim, while its deletion waits for them.
    pub held_by: Vec<ObjectKey>,
}

impl VolumeView {
    /// The view of a volume.
    pub fn of(snapshot: Snapshot<'_>, volume: &PersistentVolume) -> VolumeView {
        let spec = volume.spec.as_ref();
        let claim = spec.and_then(|spec| spec.claim_ref.as_ref()).map(|claim| {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            ObjectKey::new(Kind::PersistentVolumeClaim, &part(&claim.namespace), &part(&claim.name))
        });
        let terminating = volume.metadata.deletion_timestamp.is_some();
        let phase = volume.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default();
        VolumeView {
            key: volume.key(),
            capacity: storage(spec.and_then(|spec| spec.capacity.as_ref())),
            modes: modes(spec.and_then(|spec| spec.access_modes.as_deref())),
            status: if terminating { "Terminating".to_owned() } else { phase },
            held_by: claim.iter().filter(|_| terminating).flat_map(|claim| users(snapshot, claim)).collect(),
            claim,
        }
    }

    /// Whether a claim that exists holds it.
    pub fn is_claimed(&self, snapshot: Snapshot<'_>) -> bool {
        self.claim.as_ref().is_some_and(|claim| {
            let claim = snapshot.objects.get::<PersistentVolumeClaim>(&claim.namespace, &claim.name);
            let volume = claim.and_then(|claim| claim.spec.as_ref()?.volume_name.as_deref());
            volume == Some(&*self.key.name)
        })
    }
}

/// The pods for which a claim's deletion waits.
pub fn users(snapshot: Snapshot<'_>, claim: &ObjectKey) -> Vec<ObjectKey> {
    match snapshot.decisions.get(claim).map(|decision| &decision.verdict) {
        Some(Verdict::InUse { by }) => by.clone(),
        _ => Vec::new(),
    }
}

/// The quantity of `storage`.
pub fn storage(quantities: Option<&super::claim::Quantities>) -> String {
    quantities.and_then(|all| all.get("storage")).map(|quantity| quantity.0.clone()).unwrap_or_default()
}

/// Access modes in kubectl's short form (pkg/apis/core/v1/helper, GetAccessModesAsString).
pub fn modes(modes: Option<&[String]>) -> String {
    let has = |wanted: &str| modes.unwrap_or_default().iter().any(|mode| mode == wanted);
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let present: Vec<&str> = short.iter().filter(|(long, _)| has(long)).map(|(_, short)| *short).collect();
    present.join(",")
}
