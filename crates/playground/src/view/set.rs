//! A set on the stage: a slot for each ordinal, and columns for those that are looked at.
//!
//! Invariant: what decides is in the slots, which are all there; columns are made only for what is drawn.

use std::ops::Range;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use machinery::labels::Labels;
use machinery::{Kind, ObjectKey, Resource};

use super::Snapshot;
use super::census::Members;
use super::claim::ClaimView;
use super::dns::{NameView, name_of};
use super::pod::{PodCard, Shape, shape_of};
use super::revision::{Living, Revision, Revisions, Role};
use crate::memory::KnownSet;

/// Up to so many ordinals all stand side by side; of more, a part is shown.
pub const SIDE_BY_SIDE: usize = 12;
/// How many ordinals that part has.
pub const PART: usize = 8;
/// Most slots: of more replicas, the rest is left out.
const SLOTS: usize = 20_000;

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

/// One ordinal, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The ordinal.
    pub ordinal: i32,
    /// Whether the set wants a pod here.
    pub wanted: bool,
    /// Whether an update replaces the pod here.
    pub updates: bool,
    /// The shape of the pod's status; `None` if there is no pod.
    pub shape: Option<Shape>,
    /// The tone of the pod's revision.
    pub tone: usize,
    /// Whether the pod runs another revision than the update revision.
    pub stale: bool,
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

/// Which ordinals of a long set are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first slot.
    pub first: usize,
    /// Whether it follows what moves.
    pub follows: bool,
}

impl Default for Part {
    fn default() -> Part {
        Part { first: 0, follows: true }
    }
}

/// A set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetView {
    /// Which.
    pub key: ObjectKey,
    /// Only its pods or claims are left.
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
    /// Every ordinal, in order.
    pub slots: Vec<Slot>,
    /// Which part of them has columns.
    pub part: Part,
    /// The columns, by ordinal.
    pub columns: Vec<Column>,
    /// How many claims it has.
    pub claims: usize,
}

impl SetView {
    pub(super) fn of(
        snapshot: Snapshot<'_>,
        set: &StatefulSet,
        members: &Members<'_>,
        part: Part,
    ) -> SetView {
        let spec = set.spec.clone().unwrap_or_default();
        let known = KnownSet::of(set);
        let revisions = Revisions::of(snapshot, set);
        let template = spec.template;
        let containers = template.spec.into_iter().flat_map(|spec| spec.containers);
        let view = SetView {
            deleted: false,
            terminating: set.metadata.deletion_timestamp.is_some(),
            ready: set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0),
            replicas: spec.replicas.unwrap_or(1),
            start: spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).unwrap_or(0),
            strategy: strategy(set),
            parallel: spec.pod_management_policy.as_deref() == Some("Parallel"),
            labels: template.metadata.and_then(|meta| meta.labels).unwrap_or_default(),
            containers: containers
                .map(|container| Container {
                    name: container.name,
                    image: container.image.unwrap_or_default(),
                })
                .collect(),
            revisions: revisions.living(snapshot, members.pods.values().copied()),
            ..SetView::empty(set.key(), &known)
        };
        view.filled(snapshot, members, Some(&revisions), part)
    }

    /// A set that is gone while pods or claims of it remain.
    pub(super) fn gone(
        snapshot: Snapshot<'_>,
        key: &ObjectKey,
        known: &KnownSet,
        members: &Members<'_>,
        part: Part,
    ) -> SetView {
        SetView::empty(key.clone(), known).filled(snapshot, members, None, part)
    }

    fn empty(key: ObjectKey, known: &KnownSet) -> SetView {
        SetView {
            key,
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
            slots: Vec::new(),
            part: Part::default(),
            columns: Vec::new(),
            claims: 0,
        }
    }

    fn filled(
        mut self,
        snapshot: Snapshot<'_>,
        members: &Members<'_>,
        revisions: Option<&Revisions>,
        part: Part,
    ) -> SetView {
        self.claims = members.claims.values().map(Vec::len).sum();
        self.slots = ordinals(self.start..self.start.saturating_add(self.replicas), members)
            .into_iter()
            .map(|ordinal| self.slot(ordinal, members.pods.get(&ordinal).copied()))
            .collect();
        self.part = self.placed(part);
        self.columns = self.slots[self.shown()]
            .iter()
            .map(|slot| self.column(snapshot, slot, members, revisions))
            .collect();
        self
    }

    fn slot(&self, ordinal: i32, pod: Option<&Pod>) -> Slot {
        let index = ordinal - self.start;
        let wanted = index >= 0 && index < self.replicas;
        let updates = matches!(self.strategy, Strategy::Rolling { partition } if index >= partition);
        let Some(pod) = pod else {
            return Slot { ordinal, wanted, updates, shape: None, tone: 0, stale: false };
        };
        let name = super::revision::name_of(pod).unwrap_or_default();
        let living = self.revisions.iter().find(|living| living.revision.name == name);
        Slot {
            ordinal,
            wanted,
            updates,
            shape: Some(shape_of(pod)),
            tone: living.map_or(0, |living| living.revision.tone),
            stale: living.is_none_or(|living| !matches!(living.role, Role::Only | Role::Update)),
        }
    }

    fn column(
        &self,
        snapshot: Snapshot<'_>,
        slot: &Slot,
        members: &Members<'_>,
        revisions: Option<&Revisions>,
    ) -> Column {
        let key = self.pod_key(slot.ordinal);
        let pod = members.pods.get(&slot.ordinal);
        let claims = members.claims.get(&slot.ordinal).map(Vec::as_slice).unwrap_or_default();
        Column {
            ordinal: slot.ordinal,
            wanted: slot.wanted,
            updates: slot.updates,
            name: name_of(snapshot, &key, &self.service),
            pod: pod.map(|pod| PodCard::of(snapshot, pod, revisions)),
            claims: claims.iter().map(|claim| ClaimView::of(snapshot, claim)).collect(),
            key,
        }
    }

    /// Where a part that follows what moves goes: to the first pod that is broken, else going, else coming.
    fn placed(&self, part: Part) -> Part {
        let urgency = |slot: &Slot| match slot.shape {
            Some(Shape::Broken) => 0,
            Some(Shape::Stopping) => 1,
            Some(Shape::Starting) => 2,
            None if slot.wanted => 3,
            _ => 4,
        };
        let moving = self.slots.iter().enumerate().filter(|(_, slot)| urgency(slot) < 4);
        let moving = moving.min_by_key(|(index, slot)| (urgency(slot), *index)).map(|(index, _)| index);
        let first = match moving {
            Some(index) if part.follows => index / PART * PART,
            _ => part.first,
        };
        Part { first: first.min(self.slots.len().saturating_sub(PART)), ..part }
    }

    /// The slots that have columns.
    pub fn shown(&self) -> Range<usize> {
        if self.slots.len() <= SIDE_BY_SIDE {
            0..self.slots.len()
        } else {
            self.part.first..(self.part.first + PART).min(self.slots.len())
        }
    }

    /// Whether only a part of the ordinals has columns.
    pub fn is_long(&self) -> bool {
        self.slots.len() > SIDE_BY_SIDE
    }

    /// The pod of that ordinal, whether it is there or not.
    pub fn pod_key(&self, ordinal: i32) -> ObjectKey {
        ObjectKey::new(Kind::Pod, &self.key.namespace, &format!("{}-{ordinal}", self.key.name))
    }

    /// The slot of a pod.
    pub fn slot_of(&self, pod: &ObjectKey) -> Option<&Slot> {
        let ordinal = super::revision::ordinal_in(&pod.name, &self.key)?;
        let index = self.slots.binary_search_by_key(&ordinal, |slot| slot.ordinal).ok()?;
        self.slots.get(index).filter(|_| pod.namespace == self.key.namespace)
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
        let find =
            |role| self.revisions.iter().find(|living| living.role == role).map(|living| &living.revision);
        find(Role::Current).zip(find(Role::Update))
    }

    /// The ordinals that the controller would replace if the partition were this one, in its order.
    pub fn replaced_with_partition(&self, partition: i32) -> Vec<i32> {
        if self.update().is_none() {
            return Vec::new();
        }
        let replaced = |slot: &&Slot| {
            let going = matches!(slot.shape, None | Some(Shape::Stopping));
            slot.wanted && slot.ordinal - self.start >= partition && slot.stale && !going
        };
        self.slots.iter().rev().filter(replaced).map(|slot| slot.ordinal).collect()
    }

    /// How many pods have that shape; without one, how many places want a pod and have none.
    pub fn count(&self, shape: Option<Shape>) -> usize {
        self.slots.iter().filter(|slot| slot.shape == shape && (shape.is_some() || slot.wanted)).count()
    }
}

/// The wanted ordinals, and those that still have a pod or a claim.
fn ordinals(wanted: Range<i32>, members: &Members<'_>) -> Vec<i32> {
    let mut ordinals: Vec<i32> = wanted.take(SLOTS).collect();
    let others = members.pods.keys().chain(members.claims.keys()).copied();
    let (first, last) = (ordinals.first().copied(), ordinals.last().copied());
    let count = ordinals.len();
    ordinals.extend(others.filter(|ordinal| Some(*ordinal) < first || Some(*ordinal) > last));
    if ordinals.len() > count {
        ordinals.sort_unstable();
        ordinals.dedup();
        ordinals.truncate(SLOTS);
    }
    ordinals
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
