//! The log of inputs, with checkpoints, and the branches that were left.
//!
//! To go to a moment is to restore the last checkpoint before it and to replay the inputs after it. A new input in the
//! past forks: what came after it is kept as a branch.
//! Invariant: checkpoints lie in order, and each is the state after exactly its number of inputs and all work up to its time.

use std::sync::Arc;

use cluster::{Fault, Script};
use imbl::Vector;
use jiff::Timestamp;

use crate::state::State;

/// What all checkpoints may hold, in bytes by estimate; beyond it they are thinned.
const CHECKPOINT_BYTES: u64 = 48 * 1024 * 1024;
/// What a checkpoint holds for each write since the one before: an object's older version, and its place in the maps.
const BYTES_PER_WRITE: u64 = 4096;
/// What it holds at least.
const BYTES_OF_ITS_OWN: u64 = 16 * 1024;
/// Most branches; the oldest goes first.
const BRANCH_LIMIT: usize = 16;

/// An act from outside: the only way to change a session besides letting time pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A file is written, whole.
    WriteFile {
        /// The file's name.
        name: Arc<str>,
        /// Its text.
        text: Arc<str>,
    },
    /// A command line is typed.
    Command {
        /// The line.
        line: Arc<str>,
    },
    /// Ctrl-C.
    Interrupt,
    /// The text that a command has open in the editor is saved.
    EditSaved {
        /// The text.
        text: Arc<str>,
    },
    /// What Kubernetes leaves open is decided from here on.
    Script(Script),
    /// Something is broken on purpose, or healed.
    Fault(Fault),
}

/// An input and when it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Dated {
    /// The virtual time.
    pub at: Timestamp,
    /// The input.
    pub input: Input,
}

/// A course of events that was left for another.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its inputs, from the session's start.
    pub inputs: Vector<Dated>,
    /// How far it had come.
    pub end: Timestamp,
    /// Where the other course left it.
    pub forked_at: Timestamp,
}

#[derive(Clone)]
pub(crate) struct Checkpoint {
    /// How many inputs were applied.
    pub applied: usize,
    pub state: State,
}

impl Checkpoint {
    fn writes(&self) -> u64 {
        self.state.world.server().resource_version()
    }
}

/// The log. A clone shares its structure.
#[derive(Clone)]
pub(crate) struct Timeline {
    pub inputs: Vector<Dated>,
    /// The latest moment that was ever reached on this course.
    pub end: Timestamp,
    pub branches: Vector<Branch>,
    checkpoints: Vector<Arc<Checkpoint>>,
    limit_bytes: u64,
}

impl Timeline {
    pub fn new(start: State) -> Timeline {
        Timeline {
            inputs: Vector::new(),
            end: start.now(),
            branches: Vector::new(),
            checkpoints: Vector::unit(Arc::new(Checkpoint { applied: 0, state: start })),
            limit_bytes: CHECKPOINT_BYTES,
        }
    }

    /// Keeps a state, unless one of that very moment is kept.
    pub fn keep(&mut self, applied: usize, state: &State) {
        let place = (state.now(), applied);
        let index = self.checkpoints.iter().position(|c| (c.state.now(), c.applied) >= place);
        let index = index.unwrap_or(self.checkpoints.len());
        if self.checkpoints.get(index).is_some_and(|c| (c.state.now(), c.applied) == place) {
            return;
        }
        self.checkpoints.insert(index, Arc::new(Checkpoint { applied, state: state.clone() }));
        while self.bytes() > self.limit_bytes && self.checkpoints.len() > 2 {
            self.thin();
        }
    }

    /// An estimate of what the checkpoints hold. They share what did not change between them.
    fn bytes(&self) -> u64 {
        let pairs = self.checkpoints.iter().zip(self.checkpoints.iter().skip(1));
        let own = |(before, after): (&Arc<Checkpoint>, &Arc<Checkpoint>)| {
            let changed = (after.writes() - before.writes()).min(after.state.world.server().count());
            BYTES_OF_ITS_OWN + changed * BYTES_PER_WRITE
        };
        pairs.map(own).sum()
    }

    /// Drops the checkpoint that is missed least: with the fewest writes between its neighbours for its age. The first and
    /// the last one stay.
    fn thin(&mut self) {
        let newest = self.checkpoints.last().map_or(0, |c| c.writes());
        let missed = |index: &usize| {
            let writes = |index: usize| self.checkpoints.get(index).map_or(0, |c| c.writes());
            let age = newest - writes(*index) + 1;
            ((writes(index + 1) - writes(index - 1)) * 1024) / age
        };
        if let Some(index) = (1..self.checkpoints.len() - 1).min_by_key(missed) {
            self.checkpoints.remove(index);
        }
    }

    /// The last checkpoint with at most so many inputs and up to that time.
    pub fn before(&self, applied: usize, at: Timestamp) -> Option<&Arc<Checkpoint>> {
        self.checkpoints.iter().rev().find(|c| c.applied <= applied && c.state.now() <= at)
    }

    /// How many writes there were at the last checkpoint up to that time.
    pub fn writes_before(&self, at: Timestamp) -> u64 {
        self.before(usize::MAX, at).map_or(0, |c| c.writes())
    }

    /// Removes the last input.
    pub fn forget_last(&mut self) {
        self.inputs.pop_back();
        self.checkpoints.retain(|c| c.applied <= self.inputs.len());
    }

    /// Leaves the present course after so many inputs at this time, and keeps it as a branch.
    pub fn fork(&mut self, applied: usize, at: Timestamp) {
        self.branches.push_back(Branch { inputs: self.inputs.clone(), end: self.end, forked_at: at });
        if self.branches.len() > BRANCH_LIMIT {
            self.branches.pop_front();
        }
        self.inputs.truncate(applied);
        self.end = at;
        self.checkpoints.retain(|c| c.applied <= applied && c.state.now() <= at);
    }
}

#[cfg(test)]
mod tests {
    use machinery::time::after_ms;

    use super::*;
    use crate::worlds::{self, Start};

    #[test]
    fn checkpoints_stay_within_their_bytes_and_old_ones_lie_further_apart() {
        let mut state = worlds::build(&Start::default());
        let mut timeline = Timeline { limit_bytes: 512 * 1024, ..Timeline::new(state.clone()) };
        for number in 0..100 {
            let line = format!("kubectl label node node-1 node-2 node-3 at={number} --overwrite").into();
            state.apply(&Input::Command { line });
            state.pass_to(after_ms(state.now(), 100));
            timeline.keep(0, &state);
        }
        assert!(timeline.bytes() <= timeline.limit_bytes);
        let times: Vec<Timestamp> = timeline.checkpoints.iter().map(|c| c.state.now()).collect();
        assert!(times.is_sorted() && (8..50).contains(&times.len()), "{}", times.len());
        assert_eq!(times.last().copied(), Some(state.now()), "the newest one stays");
        let gap = |index: usize| times[index + 1].as_millisecond() - times[index].as_millisecond();
        assert!(gap(0) > gap(times.len() - 2), "{times:?}");
    }
}
