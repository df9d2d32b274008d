//! What happens to a volume whose claim is gone.
//!
//! Models the second half of pkg/controller/volume/persistentvolume/pv_controller.go (reclaimVolume and what it starts)
//! and the plugins that the controller manager loads: of these only hostPath can delete, and hostPath and NFS recycle.

use std::sync::Arc;

use client::{Client, Context, Error};
use k8s_openapi::api::core::v1::{PersistentVolume, Pod};
use machinery::object::claim_names;
use machinery::{Kind, ObjectKey, Resource};

use super::pv_controller::{reclaim_policy, volume_event};
use super::pv_controller_base::PersistentVolumeController;
use super::pv_helpers::{ANN_DYNAMICALLY_PROVISIONED, annotation, claim_ref, part, volume_name};
use crate::pod;

impl PersistentVolumeController {
    /// Does what the volume's reclaim policy says. A failed write is left to the next sync.
    pub(super) fn reclaim_volume(&mut self, cx: &mut Context<'_>, volume: &Arc<PersistentVolume>) {
        let _ = match reclaim_policy(volume) {
            "Retain" => Ok(()),
            "Recycle" => self.recycle_volume_operation(cx, volume),
            "Delete" => self.delete_volume_operation(cx, volume),
            _ => {
                let message = "Volume has unrecognized PersistentVolumeReclaimPolicy";
                let event = ("Warning", "VolumeUnknownReclaimPolicy", message);
                self.update_volume_phase_with_event(cx, volume, "Failed", event)
            }
        };
    }

    fn recycle_volume_operation(
        &mut self,
        cx: &mut Context<'_>,
        volume: &Arc<PersistentVolume>,
    ) -> Result<(), Error> {
        let volume = cx.api.get::<PersistentVolume>("", volume.name())?;
        if !self.is_volume_released(&volume) {
            return Ok(());
        }
        let users = self.users(cx, &volume);
        if !users.is_empty() {
            let message = format!("Volume is used by pods: {}", users.join(","));
            volume_event(cx, &volume, "Normal", "VolumeFailedRecycle", &message);
            return Ok(());
        }
        if !volume.spec.as_ref().is_some_and(|spec| spec.host_path.is_some() || spec.nfs.is_some()) {
            let event = ("Warning", "VolumeFailedRecycle", "No recycler plugin found for the volume!");
            return self.update_volume_phase_with_event(cx, &volume, "Failed", event);
        }
        volume_event(cx, &volume, "Normal", "VolumeRecycled", "Volume recycled");
        self.unbind_volume(cx, &volume)
    }

    fn delete_volume_operation(
        &mut self,
        cx: &mut Context<'_>,
        volume: &Arc<PersistentVolume>,
    ) -> Result<(), Error> {
        let volume = cx.api.get::<PersistentVolume>("", volume.name())?;
        if !self.is_volume_released(&volume) {
            return Ok(());
        }
        match do_delete_volume(&volume) {
            Ok(true) => Ok(cx.api.delete(Kind::PersistentVolume, "", volume.name(), Default::default())?),
            // Somebody outside deletes it.
            Ok(false) => Ok(()),
            Err(message) => {
                let event = ("Warning", "VolumeFailedDelete", message.as_str());
                self.update_volume_phase_with_event(cx, &volume, "Failed", event)
            }
        }
    }

    /// Whether the volume's claim is gone, or has found another volume.
    fn is_volume_released(&self, volume: &PersistentVolume) -> bool {
        let Some(reference) = claim_ref(volume).filter(|reference| !part(&reference.uid).is_empty()) else {
            return false;
        };
        let (namespace, name) = (part(&reference.namespace), part(&reference.name));
        let claim = self.claims.get(&ObjectKey::new(Kind::PersistentVolumeClaim, namespace, name));
        claim.filter(|claim| claim.uid() == part(&reference.uid)).is_none_or(|claim| {
            let bound_to = volume_name(claim);
            !bound_to.is_empty() && bound_to != volume.name()
        })
    }

    /// The pods, as `namespace/name`, that still use a released volume through a claim of that name; none if a new claim
    /// has the name by now.
    fn users(&self, cx: &Context<'_>, volume: &PersistentVolume) -> Vec<String> {
        let Some(reference) = claim_ref(volume) else {
            return Vec::new();
        };
        let (namespace, name) = (part(&reference.namespace), part(&reference.name));
        if self.claims.contains_key(&ObjectKey::new(Kind::PersistentVolumeClaim, namespace, name)) {
            return Vec::new();
        }
        cx.listers
            .list::<Pod>(namespace)
            .filter(|pod| !pod::is_pod_terminal(pod) && claim_names(pod).any(|used| used == name))
            .map(|pod| format!("{}/{}", pod.namespace(), pod.name()))
            .collect()
    }
}

/// Deletes what is behind the volume: true if that is done, false if somebody outside does it, else why it cannot be.
fn do_delete_volume(volume: &PersistentVolume) -> Result<bool, String> {
    let provisioner = annotation(&volume.metadata, ANN_DYNAMICALLY_PROVISIONED).unwrap_or_default();
    if !provisioner.is_empty() {
        return match provisioner.strip_prefix("kubernetes.io/") {
            None => Ok(false),
            Some(_) => Err(format!("no volume plugin matched name: {provisioner}")),
        };
    }
    match volume.spec.as_ref().and_then(|spec| spec.host_path.as_ref()) {
        Some(source) if source.path.strip_prefix("/tmp/").is_some_and(|rest| !rest.is_empty()) => Ok(true),
        Some(source) => {
            Err(format!("host_path deleter only supports /tmp/.+ but received provided {}", source.path))
        }
        None => Err(format!(
            "error getting deleter volume plugin for volume \"{}\": no deletable volume plugin matched",
            volume.name()
        )),
    }
}

#[cfg(test)]
mod tests {
    use machinery::Object;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_host_path_below_tmp_is_deleted_here() {
        let nfs = json!({"nfs": {"path": "/", "server": "s"}});
        let no_plugin =
            "error getting deleter volume plugin for volume \"pv\": no deletable volume plugin matched";
        let not_tmp = "host_path deleter only supports /tmp/.+ but received provided /data";
        let cases = [
            (nfs.clone(), "", Err(no_plugin)),
            (nfs.clone(), "example.com/nfs", Ok(false)),
            (nfs, "kubernetes.io/x", Err("no volume plugin matched name: kubernetes.io/x")),
            (json!({"hostPath": {"path": "/tmp/x"}}), "", Ok(true)),
            (json!({"hostPath": {"path": "/data"}}), "", Err(not_tmp)),
        ];
        for (spec, provisioner, expected) in cases {
            let annotations = json!({ANN_DYNAMICALLY_PROVISIONED: provisioner});
            let value = json!({"metadata": {"name": "pv", "annotations": annotations}, "spec": spec});
            let object = Object::from_value(Kind::PersistentVolume, value).expect("a volume");
            let volume = object.get::<PersistentVolume>().expect("a volume");
            assert_eq!(do_delete_volume(volume), expected.map_err(str::to_owned), "{spec}");
        }
    }
}
