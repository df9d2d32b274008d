//! A provisioner for every storage class: it makes a volume for each claim that asks for one, and takes it away again.
//!
//! Models sig-storage-lib-external-provisioner's controller and the external-provisioner of kubernetes-csi around it. Departs:
//! there is one provisioner under all names; it fails only on purpose or of claims with selectors, and a volume holds nothing.
//! Invariant: a claim gets at most one volume, named after its uid.

use std::collections::BTreeSet;
use std::sync::Arc;

use client::api::WatchEvent;
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    CSIPersistentVolumeSource, HostPathVolumeSource, Node, NodeSelector, NodeSelectorRequirement,
    NodeSelectorTerm, ObjectReference, PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec,
    VolumeNodeAffinity,
};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::object::is_terminating;
use machinery::time::{after_ms, ms_between};
use machinery::{Kind, Object, Resource};

use crate::resizer::{self, Work};
use crate::scheduler::SELECTED_NODE;

const COMPONENT: &str = "external-provisioner";
/// How long it takes to make or to remove a volume.
const WORK_MS: i64 = 1_000;
/// On a claim: who is to make its volume.
const STORAGE_PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
/// On a volume: who made it.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
/// Keeps a volume until its storage is gone.
const FINALIZER: &str = "external-provisioner.volume.kubernetes.io/finalizer";
/// Where volumes lie that are no CSI driver's.
const HOST_PATH: &str = "/opt/local-path-provisioner/";
const ZONE: &str = "topology.kubernetes.io/zone";

/// The provisioner. A clone shares its state.
#[derive(Clone, Debug, Default)]
pub struct Provisioner {
    /// Whether there is one at all.
    running: bool,
    /// The provisioners that do nothing, by name.
    down: BTreeSet<String>,
    /// What is being done, for which uid, and when that is done.
    work: OrdMap<Key, (Arc<str>, Timestamp)>,
}

/// How far some work is.
enum Progress {
    /// It has just begun.
    Begins,
    /// It takes so long yet.
    Goes(Outcome),
    /// It is done.
    Done,
}

impl Provisioner {
    /// One that works, or none at all.
    pub fn new(running: bool) -> Provisioner {
        Provisioner { running, ..Provisioner::default() }
    }

    /// Says which provisioners do nothing. What waits for them has to be looked at again after this.
    pub fn set_down(&mut self, down: BTreeSet<String>) {
        self.down = down;
    }

    fn works(&self, provisioner: &str) -> bool {
        self.running && !self.down.contains(provisioner)
    }

    /// How far the work on an object is; it begins when it is first asked for.
    fn progress(&mut self, key: &Key, meta: &ObjectMeta, now: Timestamp) -> Progress {
        let uid = meta.uid.as_deref().unwrap_or_default();
        let Some((_, due)) = self.work.get(key).filter(|(of, _)| **of == *uid) else {
            self.work.insert(key.clone(), (uid.into(), after_ms(now, WORK_MS)));
            return Progress::Begins;
        };
        match u64::try_from(ms_between(now, *due)) {
            Ok(ms @ 1..) => Progress::Goes(Outcome::After(ms)),
            _ => {
                self.work.remove(key);
                Progress::Done
            }
        }
    }

    fn provision(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let claim = cx.listers.get::<PersistentVolumeClaim>(&key.namespace, &key.name).cloned();
        if let Some(claim) = &claim
            && let Some(outcome) = self.resize(cx, key, claim)?
        {
            return Ok(outcome);
        }
        let Some((claim, class)) =
            claim.and_then(|claim| Some((claim.clone(), self.class_for(&claim, cx.listers)?)))
        else {
            self.work.remove(key);
            return Ok(Outcome::Done);
        };
        let about = PersistentVolumeClaim::wrap(claim.clone());
        match self.progress(key, &claim.metadata, cx.now) {
            Progress::Goes(wait) => return Ok(wait),
            Progress::Begins => {
                let message = format!(
                    "External provisioner is provisioning volume for claim \"{}/{}\"",
                    key.namespace, key.name
                );
                cx.event(COMPONENT, &about, "Normal", "Provisioning", &message);
                // prepareProvision; an empty selector is one, too.
                if claim.spec.as_ref().is_some_and(|spec| spec.selector.is_some()) {
                    self.work.remove(key);
                    return Err(fail(cx, &about, &class, "claim Selector is not supported"));
                }
                return Ok(Outcome::After(WORK_MS.unsigned_abs()));
            }
            Progress::Done => {}
        }
        let name = format!("pvc-{}", claim.uid());
        let zone = topology(cx, &claim, &class);
        match cx.api.create(volume(&name, &claim, &class, zone)) {
            Err(refusal) if !refusal.is_already_exists() => {
                return Err(fail(cx, &about, &class, &refusal.message));
            }
            _ => {
                let message = format!("Successfully provisioned volume {name}");
                cx.event(COMPONENT, &about, "Normal", "ProvisioningSucceeded", &message);
            }
        }
        Ok(Outcome::Done)
    }

    /// Goes on with making a bound claim's volume larger; `None` if there is nothing to do.
    fn resize(
        &mut self,
        cx: &mut Context<'_>,
        key: &Key,
        claim: &Arc<PersistentVolumeClaim>,
    ) -> Result<Option<Outcome>, Error> {
        let spec = claim.spec.as_ref();
        let name = spec.and_then(|spec| spec.volume_name.as_deref()).unwrap_or_default();
        let class = spec.and_then(|spec| spec.storage_class_name.as_deref()).unwrap_or_default();
        let expands = cx.listers.get::<StorageClass>("", class).is_some_and(|class| {
            class.allow_volume_expansion == Some(true) && self.works(&class.provisioner)
        });
        let volume = cx.listers.get::<PersistentVolume>("", name).filter(|_| expands).cloned();
        let Some((volume, work)) =
            volume.and_then(|volume| Some((volume.clone(), resizer::work(claim, &volume)?)))
        else {
            return Ok(None);
        };
        if work == Work::Expand {
            match self.progress(key, &claim.metadata, cx.now) {
                Progress::Goes(wait) => return Ok(Some(wait)),
                Progress::Begins => {
                    if let Err(error) = resizer::begin(cx, claim) {
                        self.work.remove(key);
                        return Err(error);
                    }
                    return Ok(Some(Outcome::After(WORK_MS.unsigned_abs())));
                }
                Progress::Done => resizer::expand(cx, claim, &volume)?,
            }
        }
        resizer::tell(cx, claim)?;
        Ok(Some(Outcome::Done))
    }

    /// The class by which a claim gets a volume made now (shouldProvision); `None` if it does not.
    fn class_for(&self, claim: &PersistentVolumeClaim, listers: &Listers) -> Option<Arc<StorageClass>> {
        let spec = claim.spec.as_ref()?;
        let provisioner = annotation(&claim.metadata, STORAGE_PROVISIONER)?;
        let class = listers.get::<StorageClass>("", spec.storage_class_name.as_deref()?)?;
        let is_bound = spec.volume_name.as_deref().is_some_and(|name| !name.is_empty());
        let waits = class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
            && annotation(&claim.metadata, SELECTED_NODE).is_none();
        let wanted = !is_bound && !waits && !is_terminating(claim.meta()) && class.provisioner == provisioner;
        (wanted && self.works(provisioner)).then(|| class.clone())
    }

    /// Takes a released volume away (shouldDelete).
    fn take_away(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let volume = cx.listers.get::<PersistentVolume>("", &key.name).cloned();
        let Some(volume) = volume.filter(|volume| self.is_to_go(volume)) else {
            self.work.remove(key);
            return Ok(Outcome::Done);
        };
        match self.progress(key, &volume.metadata, cx.now) {
            Progress::Goes(wait) => return Ok(wait),
            Progress::Begins => return Ok(Outcome::After(WORK_MS.unsigned_abs())),
            Progress::Done => {}
        }
        if !is_terminating(volume.meta()) {
            cx.api.delete(Kind::PersistentVolume, "", volume.name(), Default::default())?;
        }
        let stored = match cx.api.get::<PersistentVolume>("", volume.name()) {
            Err(refusal) if refusal.is_not_found() => return Ok(Outcome::Done),
            stored => stored?,
        };
        let mut changed = (*stored).clone();
        if let Some(finalizers) = &mut changed.metadata.finalizers {
            finalizers.retain(|finalizer| finalizer != FINALIZER);
        }
        cx.api.update(changed)?;
        Ok(Outcome::Done)
    }

    fn is_to_go(&self, volume: &PersistentVolume) -> bool {
        let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
        let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
        let is_held = volume.metadata.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER);
        annotation(&volume.metadata, PROVISIONED_BY).is_some_and(|name| self.works(name))
            && policy == Some("Delete")
            && is_held
            && phase == Some("Released")
    }
}

/// Says why there is no volume; it is tried again.
fn fail(cx: &mut Context<'_>, about: &Object, class: &StorageClass, why: &str) -> Error {
    let message = format!("failed to provision volume with StorageClass \"{}\": {why}", class.name());
    cx.event(COMPONENT, about, "Warning", "ProvisioningFailed", &message);
    Error(message)
}

fn annotation<'m>(meta: &'m ObjectMeta, key: &str) -> Option<&'m str> {
    meta.annotations.as_ref()?.get(key).map(String::as_str)
}

fn zone_of(node: &Node) -> Option<String> {
    node.metadata.labels.as_ref()?.get(ZONE).cloned()
}

/// The zone of the new volume: that of the node that was chosen for its pod, or any that has nodes and is allowed.
fn topology(cx: &mut Context<'_>, claim: &PersistentVolumeClaim, class: &StorageClass) -> Option<String> {
    if let Some(node) = annotation(&claim.metadata, SELECTED_NODE) {
        return zone_of(cx.listers.get::<Node>("", node)?);
    }
    let allowed: Vec<&String> = class
        .allowed_topologies
        .iter()
        .flatten()
        .flat_map(|term| term.match_label_expressions.iter().flatten())
        .filter(|requirement| requirement.key == ZONE)
        .flat_map(|requirement| &requirement.values)
        .collect();
    let zones: BTreeSet<String> = cx.listers.list::<Node>("").filter_map(|node| zone_of(node)).collect();
    let zones: Vec<String> =
        zones.into_iter().filter(|zone| allowed.is_empty() || allowed.contains(&zone)).collect();
    let bound = u64::try_from(zones.len()).unwrap_or(1);
    let index = cx.choices.number(&format!("zone/{}/{}", claim.namespace(), claim.name()), bound);
    zones.get(usize::try_from(index).unwrap_or(0)).cloned()
}

fn volume(
    name: &str,
    claim: &PersistentVolumeClaim,
    class: &StorageClass,
    zone: Option<String>,
) -> PersistentVolume {
    let wanted = claim.spec.clone().unwrap_or_default();
    // A CSI driver is named like a host; other provisioners, as those for local paths, like `example.com/name`.
    let is_driver = !class.provisioner.contains('/');
    let in_zone = |zone| VolumeNodeAffinity {
        required: Some(NodeSelector {
            node_selector_terms: vec![NodeSelectorTerm {
                match_expressions: Some(vec![NodeSelectorRequirement {
                    key: ZONE.to_owned(),
                    operator: "In".to_owned(),
                    values: Some(vec![zone]),
                }]),
                match_fields: None,
            }],
        }),
    };
    PersistentVolume {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            annotations: Some([(PROVISIONED_BY.to_owned(), class.provisioner.clone())].into()),
            finalizers: Some(vec![FINALIZER.to_owned()]),
            ..Default::default()
        },
        spec: Some(PersistentVolumeSpec {
            access_modes: wanted.access_modes,
            capacity: wanted.resources.and_then(|resources| resources.requests),
            claim_ref: Some(ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("PersistentVolumeClaim".to_owned()),
                namespace: claim.metadata.namespace.clone(),
                name: claim.metadata.name.clone(),
                uid: claim.metadata.uid.clone(),
                resource_version: claim.metadata.resource_version.clone(),
                field_path: None,
            }),
            csi: is_driver.then(|| CSIPersistentVolumeSource {
                driver: class.provisioner.clone(),
                volume_handle: name.to_owned(),
                fs_type: (wanted.volume_mode.as_deref() != Some("Block")).then(|| "ext4".to_owned()),
                ..Default::default()
            }),
            host_path: (!is_driver).then(|| HostPathVolumeSource {
                path: format!("{HOST_PATH}{name}"),
                type_: Some("DirectoryOrCreate".to_owned()),
            }),
            mount_options: class.mount_options.clone(),
            node_affinity: zone.map(in_zone),
            persistent_volume_reclaim_policy: class.reclaim_policy.clone(),
            storage_class_name: class.metadata.name.clone(),
            volume_mode: wanted.volume_mode,
            ..Default::default()
        }),
        status: None,
    }
}

impl Reconciler for Provisioner {
    fn on_event(&mut self, event: &WatchEvent, _listers: &Listers, _now: Timestamp) -> Vec<Key> {
        let concerned = self.running
            && match &event.object {
                Object::PersistentVolumeClaim(claim) => {
                    annotation(&claim.metadata, STORAGE_PROVISIONER).is_some()
                }
                Object::PersistentVolume(volume) => annotation(&volume.metadata, PROVISIONED_BY).is_some(),
                _ => false,
            };
        if concerned { vec![event.object.key()] } else { Vec::new() }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        match key.kind {
            Kind::PersistentVolume => self.take_away(cx, key),
            _ => self.provision(cx, key),
        }
    }

    /// Everything that could be waiting for a provisioner: asked for after it has come back.
    fn resync_keys(&self, listers: &Listers) -> Vec<Key> {
        let claims = listers.list::<PersistentVolumeClaim>("").map(|claim| claim.key());
        claims.chain(listers.list::<PersistentVolume>("").map(|volume| volume.key())).collect()
    }
}
