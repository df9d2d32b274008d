//! One sync of a claim or a volume: who is bound to whom, and the four writes that bind.
//!
//! Models pkg/controller/volume/persistentvolume/pv_controller.go.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Client, Context, Error};
use k8s_openapi::api::core::v1::{ObjectReference, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::storage::v1::StorageClass;
use machinery::decision::{Misfit, Verdict};
use machinery::object::{claim_names, is_terminating};
use machinery::{Kind, Object, ObjectKey, Resource};

use super::pv_controller_base::PersistentVolumeController;
use super::pv_helpers::{
    ANN_BETA_STORAGE_PROVISIONER, ANN_BIND_COMPLETED, ANN_BOUND_BY_CONTROLLER, ANN_DYNAMICALLY_PROVISIONED,
    ANN_SELECTED_NODE, ANN_STORAGE_PROVISIONER, annotation, check_volume_mode_mismatches,
    check_volume_satisfy_claim, claim_ref, get_persistent_volume_claim_class, is_delay_binding_mode,
    is_volume_bound_to_claim, part, persistent_volume_claim_has_class, reference_to, set_annotation,
    volume_name, volume_phase,
};
use crate::pod;

const COMPONENT: &str = "persistentvolume-controller";
/// What makes a class the default one, under either name.
const DEFAULT_CLASS_ANNOTATIONS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

type Claim = Arc<PersistentVolumeClaim>;
type Volume = Arc<PersistentVolume>;

pub(super) fn claim_event(
    cx: &mut Context<'_>,
    claim: &Claim,
    kind: &'static str,
    reason: &str,
    message: &str,
) {
    cx.event(COMPONENT, &Object::PersistentVolumeClaim(claim.clone()), kind, reason, message);
}

pub(super) fn volume_event(
    cx: &mut Context<'_>,
    volume: &Volume,
    kind: &'static str,
    reason: &str,
    message: &str,
) {
    cx.event(COMPONENT, &Object::PersistentVolume(volume.clone()), kind, reason, message);
}

impl PersistentVolumeController {
    /// Decides what to do with a claim, does it, and says why. Whether it is bound now.
    pub(super) fn sync_claim(&mut self, cx: &mut Context<'_>, claim: &Claim) -> bool {
        let synced = if annotation(&claim.metadata, ANN_BIND_COMPLETED).is_none() {
            self.sync_unbound_claim(cx, claim)
        } else {
            self.sync_bound_claim(cx, claim)
        };
        let is_bound = matches!(synced, Ok(Verdict::Bound { .. }));
        // What a claim that is being deleted waits for is the protection controller's to say.
        if !is_terminating(&claim.metadata) {
            let verdict = synced.unwrap_or_else(|error| Verdict::Failed { message: error.0 });
            cx.decide(claim.key(), verdict);
        }
        is_bound
    }

    fn sync_unbound_claim(&mut self, cx: &mut Context<'_>, claim: &Claim) -> Result<Verdict, Error> {
        let name = volume_name(claim);
        if name.is_empty() {
            return self.find_volume(cx, claim);
        }
        let Some(volume) = self.volumes.get(name).cloned() else {
            self.update_claim_status(cx, claim, "Pending", None)?;
            return Ok(Verdict::NoVolume { misfits: BTreeMap::new() });
        };
        let misfit = |misfit| Verdict::NoVolume { misfits: BTreeMap::from([(name.to_owned(), misfit)]) };
        if claim_ref(&volume).is_none() {
            let Err((reason, text)) = check_volume_satisfy_claim(&volume, claim) else {
                return self.bind(cx, &volume, claim);
            };
            let message = format!("Cannot bind to requested volume \"{name}\": {text}");
            claim_event(cx, claim, "Warning", "VolumeMismatch", &message);
            self.update_claim_status(cx, claim, "Pending", None)?;
            return Ok(misfit(reason));
        }
        if is_volume_bound_to_claim(&volume, claim) {
            return self.bind(cx, &volume, claim);
        }
        if annotation(&claim.metadata, ANN_BOUND_BY_CONTROLLER).is_some() {
            // Somebody took the annotation away that says that binding was completed.
            let taken_by = claim_ref(&volume).map(claim_key).unwrap_or_default();
            let claim = format!("{}/{}", claim.namespace(), claim.name());
            let message = format!(
                "invalid binding of claim \"{claim}\" to volume \"{name}\": volume already claimed by \"{taken_by}\""
            );
            return Err(Error(message));
        }
        let message = format!("volume \"{name}\" already bound to a different claim.");
        claim_event(cx, claim, "Warning", "FailedBinding", &message);
        self.update_claim_status(cx, claim, "Pending", None)?;
        Ok(misfit(Misfit::Taken))
    }

    /// The part of syncUnboundClaim for a claim that takes any volume that fits.
    fn find_volume(&mut self, cx: &mut Context<'_>, claim: &Claim) -> Result<Verdict, Error> {
        let class = get_persistent_volume_claim_class(claim);
        let delay_binding = is_delay_binding_mode(cx.listers.get::<StorageClass>("", class).map(Arc::as_ref));
        if let Some(volume) = self.volumes.find_best_match_for_claim(claim, delay_binding, cx.choices) {
            return self.bind(cx, &volume, claim);
        }
        let no_volume = Verdict::NoVolume { misfits: self.volumes.misfits(claim) };
        if self.assign_default_storage_class(cx, claim)? {
            return Ok(no_volume);
        }
        let verdict = if delay_binding && annotation(&claim.metadata, ANN_SELECTED_NODE).is_none() {
            emit_event_for_unbound_delay_binding_claim(cx, claim);
            Verdict::WaitsForConsumer
        } else if !class.is_empty() {
            return self.provision_claim(cx, claim, class);
        } else {
            let message = "no persistent volumes available for this claim and no storage class is set";
            claim_event(cx, claim, "Normal", "FailedBinding", message);
            no_volume
        };
        self.update_claim_status(cx, claim, "Pending", None)?;
        Ok(verdict)
    }

    fn sync_bound_claim(&mut self, cx: &mut Context<'_>, claim: &Claim) -> Result<Verdict, Error> {
        const REFERENCE_LOST: &str =
            "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!";
        const VOLUME_LOST: &str = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
        const MISBOUND: &str = "Two claims are bound to the same volume, this one is bound incorrectly";
        let name = volume_name(claim);
        if name.is_empty() {
            return self.lose_claim(cx, claim, "ClaimLost", REFERENCE_LOST);
        }
        let Some(volume) = self.volumes.get(name).cloned() else {
            return self.lose_claim(cx, claim, "ClaimLost", VOLUME_LOST);
        };
        match claim_ref(&volume) {
            Some(reference) if part(&reference.uid) != claim.uid() => {
                self.lose_claim(cx, claim, "ClaimMisbound", MISBOUND)
            }
            // Usually everything is in place, and nothing is written.
            _ => self.bind(cx, &volume, claim),
        }
    }

    fn lose_claim(
        &mut self,
        cx: &mut Context<'_>,
        claim: &Claim,
        reason: &str,
        message: &str,
    ) -> Result<Verdict, Error> {
        if claim_phase(claim) != "Lost" {
            let lost = self.update_claim_status(cx, claim, "Lost", None)?;
            claim_event(cx, &lost, "Warning", reason, message);
        }
        Err(Error(message.to_owned()))
    }

    /// Decides what to do with a volume, and does it. A failed write is left to the next sync. Whether the volume was free or
    /// bound already, as it is to be.
    pub(super) fn sync_volume(&mut self, cx: &mut Context<'_>, volume: &Volume) -> bool {
        let reference = claim_ref(volume).filter(|reference| !part(&reference.uid).is_empty());
        let Some(reference) = reference else {
            // Unused, or reserved for a claim that has not been bound yet.
            let _ = self.update_volume_phase(cx, volume, "Available", "");
            return volume_phase(volume) == "Available";
        };
        match self.claim_of(cx, volume, reference) {
            // Nobody can tell whether the claim is there; the next sync may.
            Err(_) => {}
            Ok(None) => self.release_volume(cx, volume),
            Ok(Some(claim)) if volume_name(&claim).is_empty() => self.finish_binding(cx, volume, &claim),
            Ok(Some(claim)) if volume_name(&claim) == volume.name() => {
                let _ = self.update_volume_phase(cx, volume, "Bound", "");
                return volume_phase(volume) == "Bound";
            }
            Ok(Some(_)) => {
                let provisioned = annotation(&volume.metadata, ANN_DYNAMICALLY_PROVISIONED).is_some();
                if provisioned && reclaim_policy(volume) == "Delete" {
                    // It was made for a claim that found another one.
                    self.release_volume(cx, volume);
                } else {
                    let _ = self.unbind_volume(cx, volume);
                }
            }
        }
        false
    }

    /// The claim that the volume is bound to; `None` if that claim is gone. A volume may know a claim that the cache does
    /// not show yet.
    fn claim_of(
        &self,
        cx: &mut Context<'_>,
        volume: &PersistentVolume,
        reference: &ObjectReference,
    ) -> Result<Option<Claim>, Error> {
        let (namespace, name, uid) =
            (part(&reference.namespace), part(&reference.name), part(&reference.uid));
        let known = self.claims.get(&ObjectKey::new(Kind::PersistentVolumeClaim, namespace, name)).cloned();
        let reclaimed = matches!(volume_phase(volume), "Released" | "Failed");
        if known.as_ref().is_some_and(|claim| claim.uid() == uid) || known.is_none() && reclaimed {
            return Ok(known);
        }
        match cx.api.get::<PersistentVolumeClaim>(namespace, name) {
            Ok(claim) => Ok(Some(claim).filter(|claim| claim.uid() == uid)),
            Err(status) if status.is_not_found() => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// The volume knows the claim, the claim not yet the volume: the claim's sync completes it.
    fn finish_binding(&mut self, cx: &mut Context<'_>, volume: &Volume, claim: &Claim) {
        if !check_volume_mode_mismatches(claim, volume) {
            self.sync_claim(cx, claim);
            return;
        }
        // No sync of the claim would ever find this volume.
        let message = format!(
            "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{}\" due to incompatible volumeMode.",
            claim.name()
        );
        volume_event(cx, volume, "Warning", "VolumeMismatch", &message);
        let message = format!(
            "Cannot bind PersistentVolume \"{}\" to requested PersistentVolumeClaim due to incompatible volumeMode.",
            volume.name()
        );
        claim_event(cx, claim, "Warning", "VolumeMismatch", &message);
    }

    fn release_volume(&mut self, cx: &mut Context<'_>, volume: &Volume) {
        // Failed stays Failed, so that people see it.
        if matches!(volume_phase(volume), "Released" | "Failed") {
            self.reclaim_volume(cx, volume);
        } else if let Ok(volume) = self.update_volume_phase(cx, volume, "Released", "") {
            self.reclaim_volume(cx, &volume);
        }
    }

    /// Writes a claim's phase, with modes and capacity of its volume, if anything of it is new.
    pub(super) fn update_claim_status(
        &mut self,
        cx: &mut Context<'_>,
        claim: &Claim,
        phase: &str,
        volume: Option<&PersistentVolume>,
    ) -> Result<Claim, Error> {
        let mut changed = (**claim).clone();
        let status = changed.status.get_or_insert_default();
        let becomes_bound = status.phase.as_deref() != Some(phase);
        status.phase = Some(phase.to_owned());
        match volume.and_then(|volume| volume.spec.as_ref()) {
            None => (status.access_modes, status.capacity) = (None, None),
            Some(spec) => {
                status.access_modes = spec.access_modes.clone();
                // A bound claim's capacity is not the volume's any more while a file system is being resized.
                if becomes_bound {
                    status.capacity = spec.capacity.clone();
                }
            }
        }
        if changed.status == claim.status {
            return Ok(claim.clone());
        }
        let stored = cx.api.update_status(changed)?;
        self.store_claim_update(&stored);
        Ok(stored)
    }

    /// Writes a volume's phase if it is new.
    pub(super) fn update_volume_phase(
        &mut self,
        cx: &mut Context<'_>,
        volume: &Volume,
        phase: &str,
        message: &str,
    ) -> Result<Volume, Error> {
        if volume_phase(volume) == phase {
            return Ok(volume.clone());
        }
        let mut changed = (**volume).clone();
        let status = changed.status.get_or_insert_default();
        status.phase = Some(phase.to_owned());
        status.message = Some(message.to_owned()).filter(|message| !message.is_empty());
        let stored = cx.api.update_status(changed)?;
        self.store_volume_update(&stored);
        Ok(stored)
    }

    /// Writes a volume's phase with an event, if it is new.
    pub(super) fn update_volume_phase_with_event(
        &mut self,
        cx: &mut Context<'_>,
        volume: &Volume,
        phase: &str,
        event: (&'static str, &str, &str),
    ) -> Result<(), Error> {
        let (kind, reason, message) = event;
        if volume_phase(volume) != phase {
            let stored = self.update_volume_phase(cx, volume, phase, message)?;
            volume_event(cx, &stored, kind, reason, message);
        }
        Ok(())
    }

    /// Gives a claim without a class the default one, if there is one; says whether it did.
    fn assign_default_storage_class(&mut self, cx: &mut Context<'_>, claim: &Claim) -> Result<bool, Error> {
        if persistent_volume_claim_has_class(claim) {
            return Ok(false);
        }
        let Some(class) = get_default_class(cx) else {
            return Ok(false);
        };
        let mut changed = (**claim).clone();
        changed.spec.get_or_insert_default().storage_class_name = Some(class);
        let stored = cx.api.update(changed)?;
        self.store_claim_update(&stored);
        Ok(true)
    }

    fn bind_volume_to_claim(
        &mut self,
        cx: &mut Context<'_>,
        volume: &Volume,
        claim: &Claim,
    ) -> Result<Volume, Error> {
        let mut changed = (**volume).clone();
        if !is_volume_bound_to_claim(volume, claim) {
            set_annotation(&mut changed.metadata, ANN_BOUND_BY_CONTROLLER, "yes");
        }
        let complete = claim_ref(volume).is_some_and(|reference| {
            part(&reference.name) == claim.name()
                && part(&reference.namespace) == claim.namespace()
                && part(&reference.uid) == claim.uid()
        });
        if complete {
            return Ok(volume.clone());
        }
        changed.spec.get_or_insert_default().claim_ref = Some(reference_to(claim));
        let stored = cx.api.update(changed)?;
        self.store_volume_update(&stored);
        Ok(stored)
    }

    fn bind_claim_to_volume(
        &mut self,
        cx: &mut Context<'_>,
        claim: &Claim,
        volume: &PersistentVolume,
    ) -> Result<Claim, Error> {
        let mut changed = (**claim).clone();
        let mut dirty = set_annotation(&mut changed.metadata, ANN_BIND_COMPLETED, "yes");
        if volume_name(claim) != volume.name() {
            changed.spec.get_or_insert_default().volume_name = volume.metadata.name.clone();
            set_annotation(&mut changed.metadata, ANN_BOUND_BY_CONTROLLER, "yes");
            dirty = true;
        }
        if !dirty {
            return Ok(claim.clone());
        }
        let stored = cx.api.update(changed)?;
        self.store_claim_update(&stored);
        Ok(stored)
    }

    /// Binds a volume and a claim to each other, the volume first. What is in place already is not written again, so that
    /// a binding that broke off is completed by the next sync.
    fn bind(&mut self, cx: &mut Context<'_>, volume: &Volume, claim: &Claim) -> Result<Verdict, Error> {
        let volume = self.bind_volume_to_claim(cx, volume, claim)?;
        let volume = self.update_volume_phase(cx, &volume, "Bound", "")?;
        let claim = self.bind_claim_to_volume(cx, claim, &volume)?;
        self.update_claim_status(cx, &claim, "Bound", Some(&volume))?;
        Ok(Verdict::Bound { volume: volume.name().to_owned() })
    }

    /// Takes a binding back: all of it if the controller chose it, only the uid if somebody reserved the volume.
    pub(super) fn unbind_volume(&mut self, cx: &mut Context<'_>, volume: &Volume) -> Result<(), Error> {
        let mut changed = (**volume).clone();
        let spec = changed.spec.get_or_insert_default();
        if annotation(&volume.metadata, ANN_BOUND_BY_CONTROLLER).is_some() {
            spec.claim_ref = None;
            let mut annotations = changed.metadata.annotations.take().unwrap_or_default();
            annotations.remove(ANN_BOUND_BY_CONTROLLER);
            changed.metadata.annotations = (!annotations.is_empty()).then_some(annotations);
        } else if let Some(reference) = &mut spec.claim_ref {
            reference.uid = None;
        }
        let stored = cx.api.update(changed)?;
        self.store_volume_update(&stored);
        self.update_volume_phase(cx, &stored, "Available", "").map(drop)
    }

    /// Asks for a volume to be made. No provisioner lives in the controller itself any more.
    fn provision_claim(
        &mut self,
        cx: &mut Context<'_>,
        claim: &Claim,
        class: &str,
    ) -> Result<Verdict, Error> {
        let provisioner = match cx.listers.get::<StorageClass>("", class) {
            None => Err(format!("storageclass.storage.k8s.io \"{class}\" not found")),
            Some(class) if class.provisioner.starts_with("kubernetes.io/") => {
                Err(format!("no volume plugin matched name: {}", class.provisioner))
            }
            Some(class) => Ok(class.provisioner.clone()),
        };
        let provisioner = match provisioner {
            Ok(provisioner) => provisioner,
            Err(message) => {
                claim_event(cx, claim, "Warning", "ProvisioningFailed", &message);
                return Ok(Verdict::Failed { message });
            }
        };
        if self
            .provisioning
            .remove(&claim.key())
            .is_some_and(|version| version == claim.metadata.resource_version)
        {
            return Ok(Verdict::WaitsForProvisioner { provisioner });
        }
        let claim = self.set_claim_provisioner(cx, claim, &provisioner)?;
        let message = format!(
            "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
        );
        claim_event(cx, &claim, "Normal", "ExternalProvisioning", &message);
        Ok(Verdict::WaitsForProvisioner { provisioner })
    }

    fn set_claim_provisioner(
        &mut self,
        cx: &mut Context<'_>,
        claim: &Claim,
        provisioner: &str,
    ) -> Result<Claim, Error> {
        if annotation(&claim.metadata, ANN_STORAGE_PROVISIONER) == Some(provisioner) {
            return Ok(claim.clone());
        }
        let mut changed = (**claim).clone();
        set_annotation(&mut changed.metadata, ANN_BETA_STORAGE_PROVISIONER, provisioner);
        set_annotation(&mut changed.metadata, ANN_STORAGE_PROVISIONER, provisioner);
        let stored = cx.api.update(changed)?;
        self.provisioning.insert(stored.key(), stored.metadata.resource_version.clone());
        self.store_claim_update(&stored);
        Ok(stored)
    }
}

/// `namespace/name` of the claim that a volume names.
pub(super) fn claim_key(reference: &ObjectReference) -> String {
    format!("{}/{}", part(&reference.namespace), part(&reference.name))
}

/// What is to happen to the volume once its claim is gone.
pub(super) fn reclaim_policy(volume: &PersistentVolume) -> &str {
    let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    policy.unwrap_or("Retain")
}

fn claim_phase(claim: &PersistentVolumeClaim) -> &str {
    claim.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// The newest default class, the first by name among equally old ones (pkg/volume/util/storageclass.go).
fn get_default_class(cx: &Context<'_>) -> Option<String> {
    let created = |class: &StorageClass| class.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let is_default = |class: &&Arc<StorageClass>| {
        DEFAULT_CLASS_ANNOTATIONS.iter().any(|key| annotation(&class.metadata, key) == Some("true"))
    };
    let mut classes: Vec<&Arc<StorageClass>> =
        cx.listers.list::<StorageClass>("").filter(is_default).collect();
    classes.sort_by(|a, b| created(b).cmp(&created(a)).then_with(|| a.name().cmp(b.name())));
    classes.first().map(|class| class.name().to_owned())
}

fn emit_event_for_unbound_delay_binding_claim(cx: &mut Context<'_>, claim: &Claim) {
    let pods = find_non_scheduled_pods_by_pvc(cx, claim);
    let (reason, message) = match &pods[..] {
        [] => ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_owned()),
        [pod] => ("WaitForPodScheduled", format!("waiting for pod {pod} to be scheduled")),
        _ => ("WaitForPodScheduled", format!("waiting for pods {} to be scheduled", pods.join(","))),
    };
    claim_event(cx, claim, "Normal", reason, &message);
}

fn find_non_scheduled_pods_by_pvc(cx: &Context<'_>, claim: &PersistentVolumeClaim) -> Vec<String> {
    cx.listers
        .list::<Pod>(claim.namespace())
        .filter(|pod| pod::node_name(pod).is_none() && !pod::is_pod_terminal(pod))
        .filter(|pod| claim_names(pod).any(|name| name == claim.name()))
        .map(|pod| pod.name().to_owned())
        .collect()
}
