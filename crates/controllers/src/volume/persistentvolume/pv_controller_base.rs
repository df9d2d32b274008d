//! What wakes the controller up, its caches, and the way from a key to a claim or volume.
//!
//! Models pkg/controller/volume/persistentvolume/pv_controller_base.go.

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use client::{Context, Error, Key, Listers, Outcome, Reconciler};
use imbl::{OrdMap, OrdSet};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::{Kind, Object, ObjectKey, Resource};

use super::index::PersistentVolumeOrderedIndex;
use super::pv_helpers::{claim_of, claim_ref, part, volume_name};

/// Milliseconds between two looks at every claim and volume (--pvclaimbinder-sync-period).
const RESYNC_MS: u64 = 15_000;

/// The controller of claims and volumes.
#[derive(Clone, Debug, Default)]
pub struct PersistentVolumeController {
    pub(super) claims: OrdMap<ObjectKey, Arc<PersistentVolumeClaim>>,
    pub(super) volumes: PersistentVolumeOrderedIndex,
    /// Claims for which a provisioner has just been asked, with the resourceVersion that this gave them. Upstream's
    /// operation is still running when that version comes in, and is not started again.
    pub(super) provisioning: OrdMap<ObjectKey, Option<String>>,
    /// What a resync has to look at. The others are bound to each other, or free, and have not changed since a look that
    /// found nothing to do: another one would find the same.
    unsettled: OrdSet<ObjectKey>,
}

impl Reconciler for PersistentVolumeController {
    /// Upstream's initializeCaches: a claim that is bound must not be taken for lost because its volume comes later.
    fn initialize(&mut self, listers: &Listers) {
        for volume in listers.list::<PersistentVolume>("") {
            self.store_volume_update(volume);
            self.unsettled.insert(volume.key());
        }
        for claim in listers.list::<PersistentVolumeClaim>("") {
            self.store_claim_update(claim);
            self.unsettled.insert(claim.key());
        }
    }

    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        if !matches!(event.object.kind(), Kind::PersistentVolumeClaim | Kind::PersistentVolume) {
            return Vec::new();
        }
        let key = event.object.key();
        if event.change == Change::Deleted {
            self.unsettled.remove(&key);
        } else {
            self.unsettled.insert(key.clone());
        }
        let counterparts = event.old.iter().chain([&event.object]).flat_map(|one| self.counterparts(one));
        let stored: Vec<ObjectKey> = counterparts.filter(|key| listers.object(key).is_some()).collect();
        self.unsettled.extend(stored);
        vec![key]
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let listers = cx.listers;
        if key.kind == Kind::PersistentVolumeClaim {
            match listers.get::<PersistentVolumeClaim>(&key.namespace, &key.name) {
                Some(claim) => self.update_claim(cx, claim),
                None => self.delete_claim(cx, key),
            }
        } else {
            match listers.get::<PersistentVolume>("", &key.name) {
                Some(volume) => self.update_volume(cx, volume),
                None => self.delete_volume(cx, &key.name),
            }
        }
        // A failed sync is not retried on its own: its event, or the next resync, comes anyway.
        Ok(Outcome::Done)
    }

    fn resync_period_ms(&self) -> Option<u64> {
        Some(RESYNC_MS)
    }

    fn resync_keys(&self, _listers: &Listers) -> Vec<Key> {
        self.unsettled.iter().cloned().collect()
    }
}

impl PersistentVolumeController {
    /// Whose sync looks at this object besides its own: the claim that a volume names, the volumes that name a claim.
    fn counterparts(&self, object: &Object) -> Vec<ObjectKey> {
        match object {
            Object::PersistentVolume(volume) => claim_of(volume).into_iter().collect(),
            _ => self.volumes.naming(&object.key()).map(|volume| volume.key()).collect(),
        }
    }

    /// Notes whether a look has found everything in place, and nothing to write.
    fn settle(&mut self, key: ObjectKey, in_place: bool) {
        if in_place { drop(self.unsettled.remove(&key)) } else { drop(self.unsettled.insert(key)) }
    }

    /// Takes a claim in; says whether it is no older than the one that is known.
    pub(super) fn store_claim_update(&mut self, claim: &Arc<PersistentVolumeClaim>) -> bool {
        let key = claim.key();
        let new = self.claims.get(&key).is_none_or(|known| is_no_older(&claim.metadata, &known.metadata));
        if new {
            self.claims.insert(key, claim.clone());
        }
        new
    }

    /// Takes a volume in; says whether it is no older than the one that is known.
    pub(super) fn store_volume_update(&mut self, volume: &Arc<PersistentVolume>) -> bool {
        let known = self.volumes.get(volume.name());
        let new = known.is_none_or(|known| is_no_older(&volume.metadata, &known.metadata));
        if new {
            self.volumes.insert(volume.clone());
        }
        new
    }

    fn update_volume(&mut self, cx: &mut Context<'_>, volume: &Arc<PersistentVolume>) {
        if self.store_volume_update(volume) {
            let before = cx.api.resource_version();
            let in_place = self.sync_volume(cx, volume);
            self.settle(volume.key(), in_place && cx.api.resource_version() == before);
        }
    }

    /// A claim whose volume has gone is told at once that it is lost.
    fn delete_volume(&mut self, cx: &mut Context<'_>, name: &str) {
        let Some(volume) = self.volumes.remove(name) else {
            return;
        };
        if let Some(reference) = claim_ref(&volume) {
            let (namespace, name) = (part(&reference.namespace), part(&reference.name));
            let claim = self.claims.get(&ObjectKey::new(Kind::PersistentVolumeClaim, namespace, name));
            if let Some(claim) = claim.cloned() {
                self.sync_claim(cx, &claim);
            }
        }
    }

    fn update_claim(&mut self, cx: &mut Context<'_>, claim: &Arc<PersistentVolumeClaim>) {
        if self.store_claim_update(claim) {
            let before = cx.api.resource_version();
            let in_place = self.sync_claim(cx, claim);
            self.settle(claim.key(), in_place && cx.api.resource_version() == before);
        }
    }

    /// A volume whose claim has gone is released at once.
    fn delete_claim(&mut self, cx: &mut Context<'_>, key: &ObjectKey) {
        cx.decide_nothing(key);
        self.provisioning.remove(key);
        let Some(claim) = self.claims.remove(key) else {
            return;
        };
        if let Some(volume) = self.volumes.get(volume_name(&claim)).cloned() {
            self.sync_volume(cx, &volume);
        }
    }
}

fn is_no_older(new: &ObjectMeta, known: &ObjectMeta) -> bool {
    let version = |meta: &ObjectMeta| -> u64 { part(&meta.resource_version).parse().unwrap_or(0) };
    version(new) >= version(known)
}
