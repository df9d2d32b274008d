//! What happened, as ticks on rows by kind: commands, faults, pods, storage, sets.
//!
//! What people did is read from the session's inputs, the rest from the store's changes.
//! Invariant: bounded, the oldest ticks of the cluster go first; on one course of events it only grows, so that from the
//! past the future can be seen.

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use imbl::Vector;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::time::ms_between;
use machinery::{Object, ObjectKey, Resource};
use session::{Dated, Input, Session};

use crate::view::pod::{is_ready, waiting_message};

/// Most ticks of the cluster.
const LIMIT: usize = 4000;

/// On which row a tick stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// What a person typed.
    Commands,
    /// What was broken on purpose.
    Faults,
    /// StatefulSets and Deployments.
    Sets,
    /// Pods.
    Pods,
    /// Claims and volumes.
    Storage,
}

impl Row {
    /// From top to bottom.
    pub const ALL: [Row; 5] = [Row::Commands, Row::Faults, Row::Sets, Row::Pods, Row::Storage];
}

/// What a tick means; where several stand at one place, the last of them here is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Its spec was changed.
    Changed,
    /// Something new.
    Born,
    /// A claim or a volume has found the other.
    Bound,
    /// A pod is Ready.
    Ready,
    /// Its deletion was asked for.
    Leaving,
    /// Something gone.
    Gone,
    /// A pod is Ready no longer.
    Unready,
    /// A pod cannot run.
    Broken,
    /// A person did something.
    Act,
}

/// What a tick is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A line that was typed.
    Line(Arc<str>),
    /// A file that was written.
    File(Arc<str>),
    /// Ctrl-C.
    Interrupt,
    /// Something was broken or healed on purpose, in the words of the terminal.
    Fault(Arc<str>),
    /// An object.
    Object(ObjectKey),
}

/// A tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Milliseconds since the session began.
    pub at_ms: u64,
    /// Where.
    pub row: Row,
    /// What.
    pub mark: Mark,
    /// About what.
    pub subject: Subject,
}

/// The cluster's ticks. A clone shares its structure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    course: u64,
    seen: u64,
    ticks: Vector<Tick>,
}

impl Track {
    /// Takes in what has happened since; from the start, where the course of events is another.
    pub fn follow(&mut self, session: &Session) {
        let server = session.world().server();
        if self.course != session.course() {
            *self = Track { course: session.course(), ..Track::default() };
        }
        for (at, event) in server.dated_changes_since(self.seen).filter(|(at, _)| *at >= session.began()) {
            let Some((row, mark)) = read(event) else { continue };
            let at_ms = ms_between(session.began(), *at).unsigned_abs();
            self.ticks.push_back(Tick { at_ms, row, mark, subject: Subject::Object(event.object.key()) });
        }
        if self.ticks.len() > LIMIT {
            self.ticks = self.ticks.skip(self.ticks.len() - LIMIT);
        }
        self.seen = self.seen.max(server.resource_version());
    }

    /// Every tick with what people did, by time.
    pub fn ticks(&self, session: &Session) -> Vec<Tick> {
        let mut ticks: Vec<Tick> = session.inputs().filter_map(|dated| act(session, dated)).collect();
        ticks.extend(self.ticks.iter().cloned());
        ticks.sort_by_key(|tick| tick.at_ms);
        ticks
    }
}

fn act(session: &Session, dated: &Dated) -> Option<Tick> {
    let (row, subject) = match &dated.input {
        Input::Command { line } => (Row::Commands, Subject::Line(line.clone())),
        Input::WriteFile { name, .. } => (Row::Commands, Subject::File(name.clone())),
        Input::Interrupt => (Row::Commands, Subject::Interrupt),
        Input::Fault(fault) => (Row::Faults, Subject::Fault(fault.to_string().into())),
        // A saved text belongs to the command that opened the editor.
        Input::EditSaved { .. } | Input::Script(_) => return None,
    };
    let at_ms = ms_between(session.began(), dated.at).unsigned_abs();
    Some(Tick { at_ms, row, mark: Mark::Act, subject })
}

fn read(event: &WatchEvent) -> Option<(Row, Mark)> {
    match &event.object {
        Object::Pod(pod) => Some((Row::Pods, pod_mark(event, pod)?)),
        Object::PersistentVolumeClaim(claim) => {
            let phase = |claim: &PersistentVolumeClaim| claim.status.as_ref().and_then(|s| s.phase.clone());
            Some((Row::Storage, storage_mark(event, &**claim, phase)?))
        }
        Object::PersistentVolume(volume) => {
            let phase = |volume: &PersistentVolume| volume.status.as_ref().and_then(|s| s.phase.clone());
            Some((Row::Storage, storage_mark(event, &**volume, phase)?))
        }
        Object::StatefulSet(set) => Some((Row::Sets, set_mark(event, set)?)),
        _ => None,
    }
}

/// What the change means whatever the kind is; `None` if the kind has to say.
fn common(event: &WatchEvent) -> Option<Mark> {
    let leaves = |object: &Object| object.meta().deletion_timestamp.is_some();
    match event.change {
        Change::Added => Some(Mark::Born),
        Change::Deleted => Some(Mark::Gone),
        Change::Modified => {
            let left = event.old.as_ref().is_some_and(leaves);
            (leaves(&event.object) && !left).then_some(Mark::Leaving)
        }
    }
}

fn pod_mark(event: &WatchEvent, pod: &Pod) -> Option<Mark> {
    let old = event.old.as_ref().and_then(Pod::unwrap);
    common(event).or_else(|| match (old.is_some_and(|old| is_ready(old)), is_ready(pod)) {
        (false, true) => Some(Mark::Ready),
        (true, false) => Some(Mark::Unready),
        _ => {
            let was_broken = old.is_some_and(|old| waiting_message(old).is_some());
            (waiting_message(pod).is_some() && !was_broken).then_some(Mark::Broken)
        }
    })
}

fn storage_mark<K: Resource>(event: &WatchEvent, new: &K, phase: fn(&K) -> Option<String>) -> Option<Mark> {
    common(event).or_else(|| {
        let old = event.old.as_ref().and_then(K::unwrap).and_then(|old| phase(old));
        let new = phase(new);
        (old != new).then(|| if new.as_deref() == Some("Bound") { Mark::Bound } else { Mark::Changed })
    })
}

fn set_mark(event: &WatchEvent, set: &StatefulSet) -> Option<Mark> {
    let old = event.old.as_ref().and_then(StatefulSet::unwrap);
    let changed = old.is_some_and(|old| old.metadata.generation != set.metadata.generation);
    common(event).or(changed.then_some(Mark::Changed))
}
