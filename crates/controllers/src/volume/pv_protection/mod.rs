//! Keeps a volume that is being deleted until it is no longer bound.
//!
//! Models pkg/controller/volume/pvprotection/pv_protection_controller.go (v1.36.2).
//! Invariant: the phase decides, and it is the binder's to write.

use client::api::WatchEvent;
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::PersistentVolume;
use machinery::decision::Verdict;
use machinery::{Kind, Object, ObjectKey, Resource};

use super::{is_deletion_candidate, need_to_add_finalizer, remove_finalizer};

/// The finalizer that every volume gets when it is created.
pub const PV_PROTECTION_FINALIZER: &str = "kubernetes.io/pv-protection";

/// The controller that takes the finalizer away.
#[derive(Clone, Debug, Default)]
pub struct PvProtectionController;

impl Reconciler for PvProtectionController {
    fn on_event(&mut self, event: &WatchEvent, _listers: &Listers, _now: Timestamp) -> Vec<Key> {
        let Object::PersistentVolume(volume) = &event.object else {
            return Vec::new();
        };
        vec![volume.key()]
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let Some(volume) = cx.listers.get::<PersistentVolume>("", &key.name) else {
            cx.decide_nothing(key);
            return Ok(Outcome::Done);
        };
        if is_deletion_candidate(&volume.metadata, PV_PROTECTION_FINALIZER) {
            if is_being_used(volume) {
                cx.decide(key.clone(), Verdict::InUse { by: claim_of(volume).into_iter().collect() });
                return Ok(Outcome::Done);
            }
            let mut changed = (**volume).clone();
            remove_finalizer(&mut changed.metadata, PV_PROTECTION_FINALIZER);
            cx.api.update(changed)?;
        } else if need_to_add_finalizer(&volume.metadata, PV_PROTECTION_FINALIZER) {
            let mut changed = (**volume).clone();
            changed.metadata.finalizers.get_or_insert_default().push(PV_PROTECTION_FINALIZER.to_owned());
            cx.api.update(changed)?;
        }
        Ok(Outcome::Done)
    }
}

fn is_being_used(volume: &PersistentVolume) -> bool {
    volume.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound")
}

fn claim_of(volume: &PersistentVolume) -> Option<ObjectKey> {
    let reference = volume.spec.as_ref()?.claim_ref.as_ref()?;
    let (namespace, name) = (reference.namespace.as_deref()?, reference.name.as_deref()?);
    Some(ObjectKey::new(Kind::PersistentVolumeClaim, namespace, name))
}
