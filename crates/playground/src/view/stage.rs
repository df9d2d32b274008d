//! The stage: every set, the shelf of unclaimed volumes, and the lane for what is in no set: Deployments and the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::object::claim_names;
use machinery::{Kind, ObjectKey, Resource};

use super::Snapshot;
use super::census::Census;
use super::claim::ClaimView;
use super::deployment::DeploymentView;
use super::pod::PodCard;
pub use super::set::{Column, Container, Part, SetView, Slot, Strategy};
use super::volume::VolumeView;

/// Most volumes on the shelf, and most chains in the lane, that are drawn.
const DRAWN: usize = 60;

/// Which part of each long set is looked at.
pub type Parts = BTreeMap<ObjectKey, Part>;

/// A pod of no set with its claims, or a claim of no set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The pod, if one is there.
    pub pod: Option<PodCard>,
    /// The claims that it mounts, with their volumes.
    pub claims: Vec<ClaimView>,
}

impl Chain {
    /// The pod with those of its claims that are among the `loose` ones, which are of no set.
    fn of(snapshot: Snapshot<'_>, pod: &Pod, loose: &BTreeSet<ObjectKey>) -> Chain {
        let claims = claims_of(pod)
            .filter(|claim| loose.contains(claim))
            .filter_map(|key| snapshot.objects.get::<PersistentVolumeClaim>(&key.namespace, &key.name))
            .map(|claim| ClaimView::of(snapshot, claim));
        Chain { claims: claims.collect(), pod: Some(PodCard::of(snapshot, pod, None)) }
    }
}

/// The whole stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// The sets, by namespace and name; those that are gone come last.
    pub sets: Vec<Rc<SetView>>,
    /// Volumes that no existing claim holds.
    pub shelf: Vec<VolumeView>,
    /// How many more there are.
    pub shelf_more: usize,
    /// The Deployments, by namespace and name.
    pub deployments: Vec<DeploymentView>,
    /// What belongs to no set and no Deployment.
    pub outside: Vec<Chain>,
    /// How many more there are.
    pub outside_more: usize,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many volumes there are.
    pub volumes: usize,
}

impl Stage {
    /// The stage of a cluster.
    pub fn of(snapshot: Snapshot<'_>, parts: &Parts) -> Stage {
        let mut census = Census::of(snapshot);
        let mut sets: Vec<Rc<SetView>> = Vec::new();
        let mut gone: Vec<Rc<SetView>> = Vec::new();
        for (key, members) in &census.sets {
            let part = parts.get(key).copied().unwrap_or_default();
            if let Some(set) = snapshot.objects.get::<StatefulSet>(&key.namespace, &key.name) {
                sets.push(Rc::new(SetView::of(snapshot, set, members, part)));
            } else if let Some(known) = snapshot.memory.set(key) {
                gone.push(Rc::new(SetView::gone(snapshot, key, known, members, part)));
            }
        }
        sets.extend(gone.into_iter().filter(|set| !set.slots.is_empty()));
        let free = |volume: &&PersistentVolume| !is_claimed(snapshot, volume);
        let volumes = || snapshot.objects.list::<PersistentVolume>("").map(|volume| &**volume);
        let loose: BTreeSet<ObjectKey> = census.claims.iter().map(|claim| claim.key()).collect();
        let mounted: BTreeSet<ObjectKey> = census.pods.iter().copied().flat_map(claims_of).collect();
        let of_pod = |pod: &Pod| Chain::of(snapshot, pod, &loose);
        let of_claim = |claim| Chain { pod: None, claims: vec![ClaimView::of(snapshot, claim)] };
        let deployments = DeploymentView::all(snapshot, &mut census.pods, of_pod);
        let alone = || census.claims.iter().filter(|claim| !mounted.contains(&claim.key()));
        Stage {
            shelf: volumes()
                .filter(free)
                .take(DRAWN)
                .map(|volume| VolumeView::of(snapshot, volume))
                .collect(),
            shelf_more: volumes().filter(free).count().saturating_sub(DRAWN),
            deployments,
            outside_more: (census.pods.len() + alone().count()).saturating_sub(DRAWN),
            // No card is made that is not drawn.
            outside: census
                .pods
                .iter()
                .map(|pod| of_pod(pod))
                .chain(alone().map(|claim| of_claim(claim)))
                .take(DRAWN)
                .collect(),
            nodes: snapshot.objects.list::<Node>("").count(),
            volumes: volumes().count(),
            sets,
        }
    }

    /// The set of that key.
    pub fn set(&self, key: &ObjectKey) -> Option<&SetView> {
        self.sets.iter().find(|set| set.key == *key).map(|set| &**set)
    }

    /// The set in which the pod has, or would have, its place.
    pub fn set_of(&self, pod: &ObjectKey) -> Option<(&SetView, &Slot)> {
        self.sets.iter().find_map(|set| Some((&**set, set.slot_of(pod)?)))
    }

    /// Whether there is nothing but volumes.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.deployments.is_empty() && self.outside.is_empty()
    }
}

fn is_claimed(snapshot: Snapshot<'_>, volume: &PersistentVolume) -> bool {
    let claim = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
    let claim = claim.and_then(|claim| {
        let (namespace, name) = (claim.namespace.as_deref()?, claim.name.as_deref()?);
        snapshot.objects.get::<PersistentVolumeClaim>(namespace, name)
    });
    let held = claim.and_then(|claim| claim.spec.as_ref()?.volume_name.as_deref());
    held == Some(volume.name())
}

/// The claims that a pod mounts.
pub fn claims_of(pod: &Pod) -> impl Iterator<Item = ObjectKey> {
    claim_names(pod).map(|name| ObjectKey::new(Kind::PersistentVolumeClaim, pod.namespace(), &name))
}
