//! What happened, as ticks on a track: commands, pods, storage.
//!
//! Invariant: bounded; the oldest ticks go first.

use client::api::{Change, WatchEvent};
use imbl::Vector;
use machinery::Kind;

/// Most ticks.
const LIMIT: usize = 2000;

/// On which row a tick stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// What a person typed.
    Commands,
    /// Pods.
    Pods,
    /// Claims and volumes.
    Storage,
}

impl Row {
    /// From top to bottom.
    pub const ALL: [Row; 3] = [Row::Commands, Row::Pods, Row::Storage];
}

/// What a tick means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A command.
    Typed,
    /// Something new.
    Born,
    /// Something gone.
    Gone,
}

/// A tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Milliseconds since the session began.
    pub at_ms: u64,
    /// Where.
    pub row: Row,
    /// What.
    pub mark: Mark,
}

/// The track. A clone shares its structure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    ticks: Vector<Tick>,
    seen: u64,
}

impl Track {
    /// A track that begins after this resourceVersion.
    pub fn after(resource_version: u64) -> Track {
        Track { ticks: Vector::new(), seen: resource_version }
    }

    /// The newest resourceVersion on it.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The ticks, oldest first.
    pub fn ticks(&self) -> impl Iterator<Item = &Tick> {
        self.ticks.iter()
    }

    /// Takes in a command.
    pub fn typed(&mut self, at_ms: u64) {
        self.push(Tick { at_ms, row: Row::Commands, mark: Mark::Typed });
    }

    /// Takes in a change.
    pub fn changed(&mut self, at_ms: u64, event: &WatchEvent) {
        self.seen = self.seen.max(event.object.resource_version());
        let row = match event.object.kind() {
            Kind::Pod => Row::Pods,
            Kind::PersistentVolumeClaim | Kind::PersistentVolume => Row::Storage,
            _ => return,
        };
        let mark = match event.change {
            Change::Added => Mark::Born,
            Change::Deleted => Mark::Gone,
            Change::Modified => return,
        };
        self.push(Tick { at_ms, row, mark });
    }

    fn push(&mut self, tick: Tick) {
        self.ticks.push_back(tick);
        if self.ticks.len() > LIMIT {
            self.ticks.pop_front();
        }
    }
}
