//! What happens, change by change, and what each change had to wait for.
//!
//! A step is read from the store's changes, its cause and what it waited for from the decisions of the set's controller.

use std::collections::{BTreeMap, BTreeSet};

use client::api::{Change as Verb, WatchEvent};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::decision::{Lack, Source, Verdict};
use machinery::object::{controller_of, is_terminating};
use machinery::{Kind, Object, ObjectKey, Resource};

use super::since;
use crate::session::Session;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Milliseconds since the change, at the simulated pace.
    pub at_ms: u64,
    /// To what.
    pub object: ObjectKey,
    /// The set whose pod or claim it is.
    pub set: Option<ObjectKey>,
    /// What.
    pub what: What,
    /// What had to come first: without it this step does not happen.
    pub after: Vec<Wait>,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The object is new. A pod of a set says from which revision.
    Created {
        /// The revision's name.
        revision: Option<String>,
        /// Why that one.
        from: Option<Source>,
    },
    /// Its spec is changed.
    Changed,
    /// Its deletion is asked for.
    Terminating(Cause),
    /// It is gone.
    Gone,
    /// The pod is Ready.
    Ready,
    /// The pod is Ready no longer, and not because it terminates.
    Unready,
    /// A container of the pod cannot run: the reason that its status gives.
    Failing(String),
    /// The claim has this volume.
    Bound(String),
    /// The volume's claim is gone; the data is still there.
    Released,
}

/// Why a pod is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// To come back at the update revision.
    Update,
    /// It is beyond the replicas.
    ScaleDown,
    /// It has ended, and is made anew.
    Replacement,
    /// Somebody, or something else, wants it so.
    Other,
}

/// What a step waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait {
    /// The pod.
    pub pod: ObjectKey,
    /// What it has to be.
    pub needs: Needs,
}

/// What a pod has to be for a set to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Gone.
    Gone,
    /// Ready.
    Ready,
    /// Ready for `minReadySeconds`.
    Available,
}

impl Needs {
    fn of(lack: Lack) -> Needs {
        match lack {
            Lack::Gone => Needs::Gone,
            Lack::Available { .. } => Needs::Available,
            Lack::Scheduled | Lack::Running | Lack::Ready | Lack::Node => Needs::Ready,
        }
    }
}

/// Looks at a session as it goes on.
#[derive(Clone)]
pub(super) struct Watcher {
    pub steps: Vec<Step>,
    began: Timestamp,
    seen: u64,
    /// What each set has waited for since its last act.
    waits: BTreeMap<ObjectKey, BTreeSet<Wait>>,
    /// What has been told of which pod (by its uid) that may come again and again.
    told: BTreeSet<(String, Come)>,
}

/// What may come again and again while a pod fails and is tried again: it is told once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Come {
    Ready,
    Unready,
    Failing,
}

impl Come {
    fn of(what: &What) -> Option<Come> {
        match what {
            What::Ready => Some(Come::Ready),
            What::Unready => Some(Come::Unready),
            What::Failing(_) => Some(Come::Failing),
            _ => None,
        }
    }
}

impl Watcher {
    pub fn new(session: &Session) -> Watcher {
        let seen = session.world().server().resource_version();
        let (waits, told) = (BTreeMap::new(), BTreeSet::new());
        Watcher { steps: Vec::new(), began: session.now(), seen, waits, told }
    }

    /// Takes in what has happened since; whether that was anything.
    pub fn look(&mut self, session: &Session) -> bool {
        let before = self.steps.len();
        let server = session.world().server();
        let changes: Vec<&(Timestamp, WatchEvent)> = server.dated_changes_since(self.seen).collect();
        self.seen = server.resource_version();
        for (at, event) in changes {
            self.take(session, *at, event);
        }
        for set in server.list::<StatefulSet>("").map(|set| set.key()) {
            if let Some(wait) = session.world().decisions().get(&set).and_then(|d| wait(&d.verdict)) {
                self.waits.entry(set).or_default().insert(wait);
            }
        }
        self.steps.len() > before
    }

    fn take(&mut self, session: &Session, at: Timestamp, event: &WatchEvent) {
        let object = event.object.key();
        let set = set_of(&event.object);
        let verdict = set.as_ref().and_then(|set| session.world().decisions().get(set)).map(|d| &d.verdict);
        let Some(what) = what(event, verdict) else { return };
        let come = Come::of(&what).map(|come| (event.object.uid().to_owned(), come));
        if come.is_some_and(|come| !self.told.insert(come)) {
            return;
        }
        let is_act = matches!(
            what,
            What::Created { .. } | What::Terminating(Cause::Update | Cause::ScaleDown | Cause::Replacement)
        );
        let acts = set.as_ref().filter(|_| is_act && object.kind == Kind::Pod);
        let after = acts.map(|set| strongest(self.waits.get(set))).unwrap_or_default();
        self.steps.push(Step { at_ms: since(self.began, at), object, set: set.clone(), what, after });
        if let Some(set) = acts {
            self.waits.remove(set);
        }
    }
}

/// The strongest of what is needed of each pod.
fn strongest(waits: Option<&BTreeSet<Wait>>) -> Vec<Wait> {
    let by_pod: BTreeMap<&ObjectKey, Needs> =
        waits.into_iter().flatten().map(|w| (&w.pod, w.needs)).collect();
    by_pod.into_iter().map(|(pod, needs)| Wait { pod: pod.clone(), needs }).collect()
}

fn wait(verdict: &Verdict) -> Option<Wait> {
    match verdict {
        Verdict::Waiting { pod, lacks, .. } | Verdict::Frozen { pod, lacks } => {
            Some(Wait { pod: pod.clone(), needs: Needs::of(*lacks) })
        }
        _ => None,
    }
}

/// The set whose pod it is.
fn set_of(object: &Object) -> Option<ObjectKey> {
    if object.kind() == Kind::StatefulSet {
        return Some(object.key());
    }
    let owner = controller_of(object.meta()).filter(|owner| owner.kind == Kind::StatefulSet.name())?;
    Some(ObjectKey::new(Kind::StatefulSet, object.namespace(), &owner.name))
}

/// What the change means; `None` if it is only the way to something.
fn what(event: &WatchEvent, verdict: Option<&Verdict>) -> Option<What> {
    let (object, old) = (&event.object, event.old.as_ref());
    if matches!(object.kind(), Kind::Event | Kind::EndpointSlice | Kind::Endpoints | Kind::Node) {
        return None;
    }
    match event.change {
        Verb::Added => Some(created(object, verdict)),
        Verb::Deleted => Some(What::Gone),
        Verb::Modified if is_terminating(object.meta()) && !old.is_some_and(|o| is_terminating(o.meta())) => {
            Some(What::Terminating(cause(&object.key(), verdict)))
        }
        Verb::Modified => match (object, old?) {
            (Object::Pod(new), Object::Pod(old)) => pod_step(old, new),
            (Object::PersistentVolumeClaim(new), Object::PersistentVolumeClaim(old)) => {
                let is_new = claim_phase(old) != claim_phase(new) && claim_phase(new) == Some("Bound");
                let volume = new.spec.as_ref().and_then(|spec| spec.volume_name.clone());
                volume.filter(|_| is_new).map(What::Bound)
            }
            (Object::PersistentVolume(new), Object::PersistentVolume(old)) => {
                let is_new = volume_phase(old) != volume_phase(new) && volume_phase(new) == Some("Released");
                is_new.then_some(What::Released)
            }
            (new, old) => (new.meta().generation != old.meta().generation).then_some(What::Changed),
        },
    }
}

fn created(object: &Object, verdict: Option<&Verdict>) -> What {
    let label = |pod: &Pod| pod.metadata.labels.as_ref()?.get("controller-revision-hash").cloned();
    let from = match verdict {
        Some(Verdict::Creating { pods }) => {
            pods.iter().find(|created| created.pod == object.key()).map(|created| created.from)
        }
        _ => None,
    };
    What::Created { revision: object.get::<Pod>().and_then(|pod| label(pod)), from }
}

fn cause(pod: &ObjectKey, verdict: Option<&Verdict>) -> Cause {
    match verdict {
        Some(Verdict::Updating { pods }) if pods.contains(pod) => Cause::Update,
        Some(Verdict::ScalingDown { pods }) if pods.contains(pod) => Cause::ScaleDown,
        Some(Verdict::Replacing { pod: replaced }) if replaced == pod => Cause::Replacement,
        _ => Cause::Other,
    }
}

fn pod_step(old: &Pod, new: &Pod) -> Option<What> {
    match (is_ready(old), is_ready(new)) {
        (false, true) => Some(What::Ready),
        (true, false) if !is_terminating(new.meta()) => Some(What::Unready),
        _ => {
            let reason = failure(new)?;
            (failure(old).as_ref() != Some(&reason)).then_some(What::Failing(reason))
        }
    }
}

pub(super) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Why a container cannot run: what keeps it waiting beyond its start.
fn failure(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    let mut reasons = containers.filter_map(|c| c.state.as_ref()?.waiting.as_ref()?.reason.clone());
    reasons.find(|reason| !matches!(reason.as_str(), "ContainerCreating" | "PodInitializing"))
}

fn claim_phase(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim.status.as_ref()?.phase.as_deref()
}

fn volume_phase(volume: &PersistentVolume) -> Option<&str> {
    volume.status.as_ref()?.phase.as_deref()
}
