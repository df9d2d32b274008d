//! A pod's claims: whether they let it be scheduled, and which volumes it gets on which node.
//!
//! Models pkg/scheduler/framework/plugins/volumebinding and its binder.go, and volumerestrictions (v1.36.2).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use client::Listers;
use k8s_openapi::api::core::v1::{
    Node, ObjectReference, PersistentVolume, PersistentVolumeClaim, Pod, Volume,
};
use k8s_openapi::api::storage::v1::StorageClass;
use machinery::labels::{Labels, Selector};
use machinery::object::{claim_name, claim_names, is_terminating, volume_is_for_pod};
use machinery::quantity::Quantity;
use machinery::{Kind, ObjectKey, Resource};

use super::cache::Cache;
use super::filters::fits_terms;
use super::hints::Plugin;

/// The provisioner of a class whose volumes people make.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";
/// The access mode of a claim that one pod alone may use.
const ONE_POD: &str = "ReadWriteOncePod";
/// The labels that say in which zone and region something is, and how they are called now (volumezone.topologyLabels).
const TOPOLOGY: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];
const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";

/// What a pod's claims come to.
#[derive(Default)]
pub(super) struct Volumes {
    /// The volumes that hold its data, in the order of its claims; `None` where there is none any more.
    pub(super) bound: Vec<Option<Arc<PersistentVolume>>>,
    /// Claims that are bound to a volume that is not there.
    pub(super) lost: Vec<ObjectKey>,
    /// Claims that wait for a node.
    pub(super) delayed: Vec<ObjectKey>,
    /// Whether one of the claims is for one pod, and another pod that has a node uses it.
    pub(super) taken: bool,
}

/// Why no node can take the pod, whatever the nodes.
pub(super) struct Blocked {
    /// Who says so.
    pub(super) plugin: Plugin,
    pub(super) claims: Vec<ObjectKey>,
    pub(super) reason: String,
}

/// The pod's volumes that are claims, each with its claim's name.
fn named(pod: &Pod) -> impl Iterator<Item = (&Volume, Cow<'_, str>)> {
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    volumes.filter_map(|volume| Some((volume, claim_name(pod, volume)?)))
}

/// Looks at every claim of the pod.
pub(super) fn check(pod: &Pod, cache: &Cache, listers: &Listers) -> Result<Volumes, Blocked> {
    let mut volumes = Volumes::default();
    let mut unbound = Vec::new();
    for (source, name) in named(pod) {
        let key = ObjectKey::new(Kind::PersistentVolumeClaim, pod.namespace(), &name);
        let blocked = |plugin, reason| Blocked { plugin, claims: vec![key.clone()], reason };
        let Some(claim) = listers.get::<PersistentVolumeClaim>(pod.namespace(), &name) else {
            return Err(match source.ephemeral {
                Some(_) => blocked(
                    Plugin::VolumeBinding,
                    format!(
                        "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
                    ),
                ),
                None => {
                    blocked(Plugin::VolumeRestrictions, format!("persistentvolumeclaim \"{name}\" not found"))
                }
            });
        };
        let spec = claim.spec.as_ref();
        let volume = spec.and_then(|s| s.volume_name.as_deref()).unwrap_or_default();
        if claim.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Lost") {
            let reason = format!(
                "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
            );
            return Err(blocked(Plugin::VolumeBinding, reason));
        }
        if is_terminating(claim.meta()) {
            let reason = format!("persistentvolumeclaim \"{name}\" is being deleted");
            return Err(blocked(Plugin::VolumeBinding, reason));
        }
        if source.ephemeral.is_some() {
            volume_is_for_pod(pod, claim).map_err(|reason| blocked(Plugin::VolumeBinding, reason))?;
        }
        volumes.taken |= is_for_one_pod(claim) && is_used(pod.namespace(), &name, cache, listers);
        let complete = claim.metadata.annotations.as_ref().is_some_and(|a| a.contains_key(BIND_COMPLETED));
        if volume.is_empty() && waits_for_consumer(claim, listers) {
            volumes.delayed.push(key);
        } else if volume.is_empty() || !complete {
            unbound.push(key);
        } else {
            let volume = listers.get::<PersistentVolume>("", volume).cloned();
            if volume.is_none() {
                volumes.lost.push(key);
            }
            volumes.bound.push(volume);
        }
    }
    if unbound.is_empty() {
        return Ok(volumes);
    }
    let reason = "pod has unbound immediate PersistentVolumeClaims".to_owned();
    Err(Blocked { plugin: Plugin::VolumeBinding, claims: unbound, reason })
}

fn is_for_one_pod(claim: &PersistentVolumeClaim) -> bool {
    claim.spec.iter().flat_map(|spec| spec.access_modes.iter().flatten()).any(|mode| mode == ONE_POD)
}

/// Whether a pod that has a node uses the claim (IsPVCUsedByPods).
fn is_used(namespace: &str, claim: &str, cache: &Cache, listers: &Listers) -> bool {
    let mut pods = listers.list::<Pod>(namespace).filter(|pod| cache.node_of(&pod.key()).is_some());
    pods.any(|pod| claim_names(pod).any(|name| name == claim))
}

fn class_of<'a>(claim: &PersistentVolumeClaim, listers: &'a Listers) -> Option<&'a Arc<StorageClass>> {
    listers.get::<StorageClass>("", claim.spec.as_ref()?.storage_class_name.as_deref()?)
}

/// Whether the class's claims wait for a pod that has a node.
pub(super) fn waits_for_node(class: &StorageClass) -> bool {
    class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
}

fn waits_for_consumer(claim: &PersistentVolumeClaim, listers: &Listers) -> bool {
    class_of(claim, listers).is_some_and(|class| waits_for_node(class))
}

/// What a claim that waited for a node gets on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plan {
    /// This volume.
    Volume(Arc<PersistentVolume>),
    /// A new one, by its class's provisioner.
    Provision,
}

/// What each of the waiting claims gets on the node; `None` if one gets nothing. Of the smallest volumes that fit a claim,
/// in the order of their names, it gets the one whose index `pick` returns.
pub(super) fn plan(
    waiting: &[ObjectKey],
    node: &Node,
    listers: &Listers,
    pick: &mut dyn FnMut(&ObjectKey, &[&str]) -> usize,
) -> Option<Vec<(ObjectKey, Plan)>> {
    let mut taken = BTreeSet::new();
    let mut plans = Vec::new();
    for key in waiting {
        let claim = listers.get::<PersistentVolumeClaim>(&key.namespace, &key.name)?;
        let fitting = || {
            listers.list::<PersistentVolume>("").filter(|volume| {
                !taken.contains(volume.name()) && fits(volume, claim) && is_reachable(volume, node)
            })
        };
        // One that refers to the claim comes before any other.
        let mut smallest = smallest(fitting().filter(|volume| refers_to(volume, claim)));
        if smallest.is_empty() {
            smallest = self::smallest(fitting());
        }
        let names: Vec<&str> = smallest.iter().map(|volume| volume.name()).collect();
        let plan = match names.as_slice() {
            [_, ..] => {
                let volume = smallest[pick(key, &names).min(smallest.len() - 1)];
                taken.insert(volume.name());
                Plan::Volume(volume.clone())
            }
            [] if can_provision(class_of(claim, listers)?, node) => Plan::Provision,
            [] => return None,
        };
        plans.push((key.clone(), plan));
    }
    Some(plans)
}

/// Those that are no larger than any other, in their order.
fn smallest<'a>(volumes: impl Iterator<Item = &'a Arc<PersistentVolume>>) -> Vec<&'a Arc<PersistentVolume>> {
    let mut smallest: Vec<&Arc<PersistentVolume>> = Vec::new();
    for volume in volumes {
        match smallest.first().map(|first| capacity(volume).cmp(&capacity(first))) {
            Some(Ordering::Greater) => continue,
            Some(Ordering::Less) => smallest.clear(),
            Some(Ordering::Equal) | None => {}
        }
        smallest.push(volume);
    }
    smallest
}

/// Whether the class can have a volume made for the node (checkVolumeProvisions).
fn can_provision(class: &StorageClass, node: &Node) -> bool {
    let empty = Labels::new();
    let labels = node.metadata.labels.as_ref().unwrap_or(&empty);
    let mut terms = class.allowed_topologies.iter().flatten().peekable();
    let is_allowed = terms.peek().is_none()
        || terms.any(|term| {
            let requirements = term.match_label_expressions.as_deref().unwrap_or_default();
            requirements.iter().all(|r| labels.get(&r.key).is_some_and(|value| r.values.contains(value)))
        });
    class.provisioner != NO_PROVISIONER && is_allowed
}

/// The volume with a reference to the claim: the binder does the rest.
pub(super) fn bound_to(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> PersistentVolume {
    let mut volume = volume.clone();
    let annotations = volume.metadata.annotations.get_or_insert_default();
    annotations.insert(BOUND_BY_CONTROLLER.to_owned(), "yes".to_owned());
    let spec = volume.spec.get_or_insert_default();
    spec.claim_ref = Some(ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("PersistentVolumeClaim".to_owned()),
        namespace: claim.metadata.namespace.clone(),
        name: claim.metadata.name.clone(),
        uid: claim.metadata.uid.clone(),
        resource_version: claim.metadata.resource_version.clone(),
        field_path: None,
    });
    volume
}

/// Whether pods on the node can use the volume.
pub(crate) fn is_reachable(volume: &PersistentVolume, node: &Node) -> bool {
    let affinity = volume.spec.as_ref().and_then(|s| s.node_affinity.as_ref()?.required.as_ref());
    affinity.is_none_or(|required| fits_terms(&required.node_selector_terms, node))
}

/// Whether the labels of the volume allow the node's zone and region (volumezone); a node that has neither is in all.
pub(super) fn is_in_zone(volume: &PersistentVolume, node: &Node) -> bool {
    let label = |labels: &Option<Labels>, key: &str| labels.as_ref()?.get(key).cloned();
    let of_node = |key: &str| label(&node.metadata.labels, key);
    let allows = |(key, now): &(&str, &str)| {
        label(&volume.metadata.labels, key).is_none_or(|zones| {
            of_node(key).or_else(|| of_node(now)).is_some_and(|zone| zones.split("__").any(|one| one == zone))
        })
    };
    TOPOLOGY.iter().all(|(key, _)| of_node(key).is_none()) || TOPOLOGY.iter().all(allows)
}

fn capacity(volume: &PersistentVolume) -> Option<Quantity> {
    Quantity::parse(&volume.spec.as_ref()?.capacity.as_ref()?.get("storage")?.0).ok()
}

/// Whether the volume is reserved for the claim (IsVolumeBoundToClaim).
fn refers_to(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref()).is_some_and(|claim_ref| {
        claim_ref.namespace.as_deref() == Some(claim.namespace())
            && claim_ref.name.as_deref() == Some(claim.name())
            && claim_ref.uid.as_deref().is_none_or(|uid| uid == claim.uid())
    })
}

/// Whether the volume is free for the claim (component-helpers/storage/volume/pv_helpers.go, FindMatchingVolume).
fn fits(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let (Some(has), Some(wants)) = (volume.spec.as_ref(), claim.spec.as_ref()) else {
        return false;
    };
    let is_available = volume.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Available");
    // One that refers to the claim is its own, whether the claim knows already or not.
    let free = !is_terminating(volume.meta())
        && (refers_to(volume, claim) || has.claim_ref.is_none() && is_available);
    let request = || Quantity::parse(&wants.resources.as_ref()?.requests.as_ref()?.get("storage")?.0).ok();
    let mode = |mode: &Option<String>| mode.clone().unwrap_or_else(|| "Filesystem".to_owned());
    let class = |class: &Option<String>| class.clone().unwrap_or_default();
    let offered = has.access_modes.as_deref().unwrap_or_default();
    let modes = wants.access_modes.iter().flatten().all(|wanted| offered.contains(wanted));
    let selected = wants.selector.as_ref().is_none_or(|selector| {
        Selector::from_spec(selector).is_some_and(|s| s.matches(volume.metadata.labels.as_ref()))
    });
    free && modes
        && selected
        && mode(&has.volume_mode) == mode(&wants.volume_mode)
        && class(&has.storage_class_name) == class(&wants.storage_class_name)
        && capacity(volume) >= request()
}
