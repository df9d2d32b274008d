//! Makes the claims of pods with generic ephemeral volumes.
//!
//! Models pkg/controller/volume/ephemeral/controller.go (v1.36.2) and component-helpers/storage/ephemeral.
//! Invariant: such a claim belongs to its pod, and goes with it.

use client::api::{Change, WatchEvent};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimTemplate, Pod, Volume};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::object::{claim_name, is_terminating, volume_is_for_pod};
use machinery::{Kind, Object, Resource};

use crate::controller_utils::new_controller_ref;

const COMPONENT: &str = "ephemeral_volume";

/// The controller. It keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct EphemeralVolumeController;

impl Reconciler for EphemeralVolumeController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            Object::Pod(pod) if event.change == Change::Added && has_ephemeral_volume(pod) => vec![pod.key()],
            // It is made again while its pod is there.
            Object::PersistentVolumeClaim(claim) if event.change == Change::Deleted => listers
                .list::<Pod>(claim.namespace())
                .filter(|pod| templates(pod).any(|(name, ..)| name == claim.name()))
                .map(|pod| pod.key())
                .collect(),
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let pod = cx.listers.get::<Pod>(&key.namespace, &key.name).cloned();
        let Some(pod) = pod.filter(|pod| !is_terminating(&pod.metadata)) else {
            return Ok(Outcome::Done);
        };
        for (name, volume, template) in templates(&pod) {
            if let Err(Error(why)) = handle_volume(cx, &pod, &name, template) {
                let message = format!("ephemeral volume {}: {why}", volume.name);
                cx.event(COMPONENT, &Object::Pod(pod.clone()), "Warning", "FailedBinding", &message);
                return Err(Error(message));
            }
        }
        Ok(Outcome::Done)
    }
}

fn has_ephemeral_volume(pod: &Pod) -> bool {
    templates(pod).next().is_some()
}

/// The pod's ephemeral volumes, with the names of their claims before and what these are made from behind them.
fn templates(pod: &Pod) -> impl Iterator<Item = (String, &Volume, &PersistentVolumeClaimTemplate)> {
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    volumes.filter_map(|volume| {
        let template = volume.ephemeral.as_ref()?.volume_claim_template.as_ref()?;
        Some((claim_name(pod, volume)?.into_owned(), volume, template))
    })
}

/// Makes the claim, unless it is there.
fn handle_volume(
    cx: &mut Context<'_>,
    pod: &Pod,
    name: &str,
    template: &PersistentVolumeClaimTemplate,
) -> Result<(), Error> {
    if let Some(claim) = cx.listers.get::<PersistentVolumeClaim>(pod.namespace(), name) {
        return volume_is_for_pod(pod, claim).map_err(Error);
    }
    let meta = template.metadata.clone().unwrap_or_default();
    let claim = PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: pod.metadata.namespace.clone(),
            owner_references: Some(vec![new_controller_ref(Kind::Pod, &pod.metadata)]),
            annotations: meta.annotations,
            labels: meta.labels,
            ..Default::default()
        },
        spec: Some(template.spec.clone()),
        status: None,
    };
    let refused = |status: client::api::Refusal| Error(format!("create PVC {name}: {status}"));
    cx.api.create(claim).map(drop).map_err(refused)
}
