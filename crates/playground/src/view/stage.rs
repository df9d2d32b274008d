//! The stage: a column for each ordinal of each set, the shelf of unclaimed volumes, and the lane for what is in no set.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::labels::Labels;
use machinery::{Kind, ObjectKey, Resource};

use super::Snapshot;
use super::claim::ClaimView;
use super::dns::{NameView, name_of};
use super::pod::PodCard;
use super::revision::{Living, Revision, Revisions, is_of, ordinal_in};
use super::volume::VolumeView;
use crate::memory::KnownSet;

/// How a set updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// RollingUpdate, from this index on.
    Rolling {
        /// `spec.updateStrategy.rollingUpdate.partition`.
        partition: i32,
    },
    /// OnDelete.
    OnDelete,
}

/// One identity: a name, a pod or its ghost, claims and their volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The identity: the pod that is or would be there.
    pub key: ObjectKey,
    /// The ordinal.
    pub ordinal: i32,
    /// Whether the set wants a pod here.
    pub wanted: bool,
    /// Whether an update replaces the pod here.
    pub updates: bool,
    /// The name.
    pub name: NameView,
    /// The pod; `None` is a ghost.
    pub pod: Option<PodCard>,
    /// The claims, by template.
    pub claims: Vec<ClaimView>,
}

/// A container of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
}

/// A set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetView {
    /// Which.
    pub key: ObjectKey,
    /// Only its claims are left.
    pub deleted: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// `status.readyReplicas`.
    pub ready: i32,
    /// `spec.replicas`.
    pub replicas: i32,
    /// The lowest ordinal.
    pub start: i32,
    /// How it updates.
    pub strategy: Strategy,
    /// Whether pods come and go all at once.
    pub parallel: bool,
    /// `spec.serviceName`.
    pub service: String,
    /// The labels of its pods.
    pub labels: Labels,
    /// The template's containers.
    pub containers: Vec<Container>,
    /// The revisions that are alive.
    pub revisions: Vec<Living>,
    /// The columns, by ordinal.
    pub columns: Vec<Column>,
}

/// A pod of no set with its claims, or a claim of no set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The pod, if one is there.
    pub pod: Option<PodCard>,
    /// The claims that it mounts, with their volumes.
    pub claims: Vec<ClaimView>,
}

/// The whole stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// The sets, by namespace and name; those that are gone come last.
    pub sets: Vec<SetView>,
    /// Volumes that no existing claim holds.
    pub shelf: Vec<VolumeView>,
    /// What belongs to no set.
    pub outside: Vec<Chain>,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many volumes there are.
    pub volumes: usize,
}

impl Stage {
    /// The stage of a cluster.
    pub fn of(snapshot: Snapshot<'_>) -> Stage {
        let mut sets: Vec<SetView> =
            snapshot.objects.list::<StatefulSet>("").map(|set| SetView::of(snapshot, set)).collect();
        sets.extend(gone(snapshot));
        let shown: BTreeSet<ObjectKey> =
            sets.iter().flat_map(SetView::claims).map(|claim| claim.key.clone()).collect();
        let outside = outside(snapshot, &shown, &sets);
        let volumes =
            snapshot.objects.list::<PersistentVolume>("").map(|volume| VolumeView::of(snapshot, volume));
        Stage {
            shelf: volumes.filter(|volume| !volume.is_claimed(snapshot)).collect(),
            nodes: snapshot.objects.list::<Node>("").count(),
            volumes: snapshot.objects.list::<PersistentVolume>("").count(),
            sets,
            outside,
        }
    }

    /// The set of that key.
    pub fn set(&self, key: &ObjectKey) -> Option<&SetView> {
        self.sets.iter().find(|set| set.key == *key)
    }

    /// Whether there is nothing but volumes.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.outside.is_empty()
    }
}

impl SetView {
    fn of(snapshot: Snapshot<'_>, set: &StatefulSet) -> SetView {
        let key = set.key();
        let spec = set.spec.clone().unwrap_or_default();
        let replicas = spec.replicas.unwrap_or(1);
        let start = spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).unwrap_or(0);
        let strategy = strategy(set);
        let pods: Vec<&Pod> = snapshot.controlled::<Pod>(&set.metadata).collect();
        let known = KnownSet::of(set);
        let wanted = |ordinal: i32| ordinal >= start && ordinal - start < replicas;
        let updates = |ordinal: i32| matches!(strategy, Strategy::Rolling { partition } if ordinal - start >= partition);
        let mut columns = columns(snapshot, &key, &known, start..start.saturating_add(replicas));
        for column in &mut columns {
            column.wanted = wanted(column.ordinal);
            column.updates = updates(column.ordinal);
        }
        let labels = spec.template.metadata.and_then(|meta| meta.labels).unwrap_or_default();
        let containers = spec.template.spec.into_iter().flat_map(|spec| spec.containers);
        SetView {
            key,
            deleted: false,
            terminating: set.metadata.deletion_timestamp.is_some(),
            ready: set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0),
            replicas,
            start,
            strategy,
            parallel: spec.pod_management_policy.as_deref() == Some("Parallel"),
            service: known.service,
            labels,
            containers: containers
                .map(|container| Container {
                    name: container.name,
                    image: container.image.unwrap_or_default(),
                })
                .collect(),
            revisions: Revisions::of(snapshot, set).living(snapshot, pods.into_iter()),
            columns,
        }
    }

    /// The partition, if it counts and holds anything back.
    pub fn partition(&self) -> Option<i32> {
        match self.strategy {
            Strategy::Rolling { partition } if !self.deleted => Some(partition),
            _ => None,
        }
    }

    /// The current and the update revision while they differ.
    pub fn update(&self) -> Option<(&Revision, &Revision)> {
        use super::revision::Role;
        let find =
            |role| self.revisions.iter().find(|living| living.role == role).map(|living| &living.revision);
        find(Role::Current).zip(find(Role::Update))
    }

    /// The pods that the controller would replace if the partition were this one, in its order.
    pub fn replaced_with_partition(&self, partition: i32) -> Vec<&ObjectKey> {
        let Some((_, update)) = self.update() else { return Vec::new() };
        let stale = |column: &&Column| {
            let pod = column.pod.as_ref().filter(|pod| !pod.stops());
            pod.is_some_and(|pod| pod.revision.as_ref().is_none_or(|revision| revision.name != update.name))
        };
        let at_or_above = |column: &&Column| column.wanted && column.ordinal - self.start >= partition;
        self.columns.iter().rev().filter(at_or_above).filter(stale).map(|column| &column.key).collect()
    }

    /// Every claim in the columns.
    pub fn claims(&self) -> impl Iterator<Item = &ClaimView> {
        self.columns.iter().flat_map(|column| &column.claims)
    }
}

fn strategy(set: &StatefulSet) -> Strategy {
    let strategy = set.spec.as_ref().and_then(|spec| spec.update_strategy.as_ref());
    match strategy {
        Some(strategy) if strategy.type_.as_deref() == Some("OnDelete") => Strategy::OnDelete,
        _ => {
            let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
            Strategy::Rolling { partition: rolling.and_then(|rolling| rolling.partition).unwrap_or(0) }
        }
    }
}

/// A column for each wanted ordinal, and for each that still has a pod or a claim.
fn columns(
    snapshot: Snapshot<'_>,
    set: &ObjectKey,
    known: &KnownSet,
    wanted: std::ops::Range<i32>,
) -> Vec<Column> {
    let mut claims: BTreeMap<i32, Vec<ClaimView>> = BTreeMap::new();
    for claim in snapshot.objects.list::<PersistentVolumeClaim>(&set.namespace) {
        let of_template =
            |template: &String| ordinal_in(claim.name().strip_prefix(template)?.strip_prefix('-')?, set);
        if let Some(ordinal) = known.templates.iter().find_map(of_template) {
            claims.entry(ordinal).or_default().push(ClaimView::of(snapshot, claim));
        }
    }
    let mut pods: BTreeMap<i32, PodCard> = BTreeMap::new();
    for pod in snapshot.objects.list::<Pod>(&set.namespace) {
        if let Some(ordinal) = ordinal_in(pod.name(), set).filter(|_| is_of(snapshot, pod, set)) {
            pods.insert(ordinal, PodCard::of(snapshot, pod));
        }
    }
    let ordinals: BTreeSet<i32> = wanted.chain(claims.keys().copied()).chain(pods.keys().copied()).collect();
    let column = |ordinal: i32| {
        let key = ObjectKey::new(Kind::Pod, &set.namespace, &format!("{}-{ordinal}", set.name));
        Column {
            ordinal,
            wanted: false,
            updates: false,
            name: name_of(snapshot, &key, &known.service),
            pod: pods.remove(&ordinal),
            claims: claims.remove(&ordinal).unwrap_or_default(),
            key,
        }
    };
    ordinals.into_iter().map(column).collect()
}

/// Sets that are gone while claims of theirs remain.
fn gone(snapshot: Snapshot<'_>) -> Vec<SetView> {
    let gone = snapshot.memory.sets().filter(|(key, _)| snapshot.objects.object(key).is_none());
    let views = gone.map(|(key, known)| SetView {
        key: key.clone(),
        deleted: true,
        terminating: false,
        ready: 0,
        replicas: 0,
        start: 0,
        strategy: Strategy::OnDelete,
        parallel: false,
        service: known.service.clone(),
        labels: Labels::new(),
        containers: Vec::new(),
        revisions: Vec::new(),
        columns: columns(snapshot, key, known, 0..0),
    });
    views.filter(|set| !set.columns.is_empty()).collect()
}

fn outside(snapshot: Snapshot<'_>, shown: &BTreeSet<ObjectKey>, sets: &[SetView]) -> Vec<Chain> {
    let mut mounted = BTreeSet::new();
    let mut chains = Vec::new();
    for pod in snapshot.objects.list::<Pod>("") {
        if sets.iter().any(|set| is_of(snapshot, pod, &set.key)) {
            continue;
        }
        let claims: Vec<ClaimView> = claims_of(pod)
            .filter(|claim| !shown.contains(claim))
            .filter_map(|key| snapshot.objects.get::<PersistentVolumeClaim>(&key.namespace, &key.name))
            .map(|claim| ClaimView::of(snapshot, claim))
            .collect();
        mounted.extend(claims.iter().map(|claim| claim.key.clone()));
        chains.push(Chain { pod: Some(PodCard::of(snapshot, pod)), claims });
    }
    let loose = snapshot.objects.list::<PersistentVolumeClaim>("").filter(|claim| {
        let key = claim.key();
        !shown.contains(&key) && !mounted.contains(&key)
    });
    chains.extend(loose.map(|claim| Chain { pod: None, claims: vec![ClaimView::of(snapshot, claim)] }));
    chains
}

/// The claims that a pod mounts.
pub fn claims_of(pod: &Pod) -> impl Iterator<Item = ObjectKey> {
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    volumes
        .filter_map(|volume| volume.persistent_volume_claim.as_ref())
        .map(|claim| ObjectKey::new(Kind::PersistentVolumeClaim, pod.namespace(), &claim.claim_name))
}
