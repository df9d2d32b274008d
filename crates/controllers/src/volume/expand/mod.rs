//! Says of a claim that asks for more than it has that somebody outside has to make its volume larger.
//!
//! Models pkg/controller/volume/expand/expand_controller.go (v1.36.2), whose own plugins can make no volume larger any more.
//! Departs: volumes whose drivers are migrated to CSI are no others; what would be retried in vain is not.
//! Invariant: nothing is written but the Event.

use client::api::{Change, WatchEvent};
use client::{Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use machinery::{Object, Resource};

use super::persistentvolume::pv_helpers::{is_volume_bound_to_claim, request, usable, volume_name};

const COMPONENT: &str = "volume_expand";

/// The controller. It keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct VolumeExpandController;

impl Reconciler for VolumeExpandController {
    fn on_event(&mut self, event: &WatchEvent, _listers: &Listers, _now: Timestamp) -> Vec<Key> {
        let old = event.old.as_ref().and_then(PersistentVolumeClaim::unwrap);
        match (&event.object, old) {
            (Object::PersistentVolumeClaim(claim), Some(old)) if event.change == Change::Modified => {
                let grows = request(claim) > request(old) || usable(claim) > usable(old);
                (grows && is_bound(claim)).then(|| claim.key()).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let listers = cx.listers;
        let claim = listers.get::<PersistentVolumeClaim>(&key.namespace, &key.name);
        if let Some(claim) = claim.filter(|claim| request(claim) > usable(claim))
            && let Some(volume) = listers.get::<PersistentVolume>("", volume_name(claim))
            && is_volume_bound_to_claim(volume, claim)
        {
            let message = "waiting for an external controller to expand this PVC";
            let about = PersistentVolumeClaim::wrap(claim.clone());
            cx.event(COMPONENT, &about, "Normal", "ExternalExpanding", message);
        }
        Ok(Outcome::Done)
    }
}

fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound")
}
