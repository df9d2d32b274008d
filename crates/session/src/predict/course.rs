//! What becomes of each set's pods: which are replaced and in which order, which stay, and what would stop it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use apiserver::Server;
use cluster::World;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use machinery::decision::Verdict;
use machinery::object::{controller_of, is_terminating};
use machinery::{Kind, ObjectKey, Resource};

use super::steps::{Needs, Step, Wait, What, is_ready};

/// Ordinals in the order of events: those of one batch do not wait for each other, a batch waits for the one before it.
pub type Batches = Vec<Vec<i64>>;

/// What becomes of a set. Pods are told by their ordinals.
#[derive(Clone, Debug, PartialEq)]
pub struct SetCourse {
    /// The set.
    pub set: ObjectKey,
    /// Whether the set itself is gone in the end.
    pub deleted: bool,
    /// Pods that go and come back, as their deletion is asked for.
    pub replaced: Batches,
    /// Pods that were not there, as they are created.
    pub created: Batches,
    /// Pods that go and do not come back, as their deletion is asked for.
    pub removed: Batches,
    /// Pods that are the same afterwards, by ordinal.
    pub stays: Vec<i64>,
    /// What would have stopped it: what the set has waited for before it went on.
    pub gates: Vec<Wait>,
    /// Pods that are not Ready in the end, by ordinal.
    pub unready: Vec<i64>,
    /// What the set's controller says in the end; `None` once the set is gone.
    pub verdict: Option<Verdict>,
}

impl SetCourse {
    /// Whether any pod of it goes or comes.
    pub fn moves(&self) -> bool {
        !(self.replaced.is_empty() && self.created.is_empty() && self.removed.is_empty())
    }

    /// Whether the set wants something in the end that it does not get.
    pub fn is_stuck(&self) -> bool {
        !matches!(self.verdict, None | Some(Verdict::Settled { .. } | Verdict::SetTerminating))
    }
}

/// What becomes of the sets that are touched, or that wait in the end.
pub(super) fn of_sets(before: &Server, after: &World, steps: &[Step]) -> Vec<SetCourse> {
    let keys = |server: &Server| server.list::<StatefulSet>("").map(|set| set.key()).collect::<BTreeSet<_>>();
    let sets: BTreeSet<ObjectKey> = keys(before).union(&keys(after.server())).cloned().collect();
    let touched = |set: &ObjectKey| steps.iter().any(|step| step.set.as_ref() == Some(set));
    let courses = sets.into_iter().map(|set| (touched(&set), course(set, before, after, steps)));
    courses.filter(|(touched, course)| *touched || course.is_stuck()).map(|(_, course)| course).collect()
}

fn course(set: ObjectKey, before: &Server, after: &World, steps: &[Step]) -> SetCourse {
    let (old, mut new) = (pods(before, &set), pods(after.server(), &set));
    // A pod that nobody controls any more is still the same pod.
    for (ordinal, pod) in &old {
        let now = after.server().get::<Pod>(pod.namespace(), pod.name());
        new.extend(now.filter(|now| now.uid() == pod.uid()).map(|now| (*ordinal, now.clone())));
    }
    let own: Vec<&Step> = steps
        .iter()
        .filter(|step| step.set.as_ref() == Some(&set) && step.object.kind == Kind::Pod)
        .collect();
    // What terminated before has only its end to tell.
    let gone = first_of_each(&own, |what| matches!(what, What::Terminating(_) | What::Gone));
    let created = first_of_each(&own, |what| matches!(what, What::Created { .. }));
    let is_back = |ordinal: &i64| new.get(ordinal).is_some_and(|pod| !is_same(old.get(ordinal), pod));
    let needs = own.iter().flat_map(|step| &step.after).filter(|wait| wait.needs != Needs::Gone);
    let gates: BTreeSet<Wait> = needs.cloned().collect();
    SetCourse {
        deleted: after.server().object(&set).is_none(),
        replaced: batches(&gone, is_back),
        created: batches(&created, |ordinal| !old.contains_key(ordinal)),
        removed: batches(&gone, |ordinal| !new.contains_key(ordinal)),
        stays: ordinals(&new, |ordinal, pod| is_same(old.get(ordinal), pod)),
        gates: in_order(gates, &gone),
        unready: ordinals(&new, |_, pod| !is_ready(pod)),
        verdict: after.decisions().get(&set).map(|decision| decision.verdict.clone()),
        set,
    }
}

/// The first such step of each pod, with the pod's ordinal.
fn first_of_each<'s>(steps: &[&'s Step], wanted: fn(&What) -> bool) -> Vec<(i64, &'s Step)> {
    let mut seen = BTreeSet::new();
    let wanted = steps.iter().filter(|step| wanted(&step.what));
    let named = wanted.filter_map(|step| Some((ordinal(&step.object.name)?, *step)));
    named.filter(|(ordinal, _)| seen.insert(*ordinal)).collect()
}

/// A step that waits for nothing belongs to the batch before it.
fn batches(steps: &[(i64, &Step)], wanted: impl Fn(&i64) -> bool) -> Batches {
    let mut batches: Batches = Vec::new();
    for (ordinal, step) in steps.iter().filter(|(ordinal, _)| wanted(ordinal)) {
        match batches.last_mut().filter(|_| step.after.is_empty()) {
            Some(batch) => batch.push(*ordinal),
            None => batches.push(vec![*ordinal]),
        }
    }
    batches
}

fn ordinals(pods: &BTreeMap<i64, Arc<Pod>>, wanted: impl Fn(&i64, &Pod) -> bool) -> Vec<i64> {
    pods.iter().filter(|(ordinal, pod)| wanted(ordinal, pod)).map(|(ordinal, _)| *ordinal).collect()
}

/// In the order in which the pods go; the others follow by ordinal.
fn in_order(gates: BTreeSet<Wait>, gone: &[(i64, &Step)]) -> Vec<Wait> {
    let place = |wait: &Wait| {
        let ordinal = ordinal(&wait.pod.name).unwrap_or_default();
        (gone.iter().position(|(o, _)| *o == ordinal).unwrap_or(gone.len()), ordinal)
    };
    let mut gates: Vec<Wait> = gates.into_iter().collect();
    gates.sort_by_key(place);
    gates
}

fn is_same(old: Option<&Arc<Pod>>, new: &Pod) -> bool {
    old.is_some_and(|old| old.uid() == new.uid()) && !is_terminating(new.meta())
}

fn pods(server: &Server, set: &ObjectKey) -> BTreeMap<i64, Arc<Pod>> {
    let is_own = |pod: &Pod| {
        let owner = controller_of(&pod.metadata);
        owner.is_some_and(|owner| owner.kind == Kind::StatefulSet.name() && *owner.name == *set.name)
    };
    let own = server.list::<Pod>(&set.namespace).filter(|pod| is_own(pod));
    own.filter_map(|pod| Some((ordinal(pod.name())?, pod.clone()))).collect()
}

/// The number at the end of a pod's name.
fn ordinal(name: &str) -> Option<i64> {
    name.rsplit_once('-')?.1.parse().ok()
}
