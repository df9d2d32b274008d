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

/// Most checkpoints; older ones are thinned.
const CHECKPOINT_LIMIT: usize = 64;
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

/// The log. A clone shares its structure.
#[derive(Clone)]
pub(crate) struct Timeline {
    pub inputs: Vector<Dated>,
    /// The latest moment that was ever reached on this course.
    pub end: Timestamp,
    pub branches: Vector<Branch>,
    checkpoints: Vector<Arc<Checkpoint>>,
}

impl Timeline {
    pub fn new(start: State) -> Timeline {
        Timeline {
            inputs: Vector::new(),
            end: start.now(),
            branches: Vector::new(),
            checkpoints: Vector::unit(Arc::new(Checkpoint { applied: 0, state: start })),
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
        if self.checkpoints.len() > CHECKPOINT_LIMIT {
            self.thin();
        }
    }

    /// Drops every second checkpoint of the older half; the first one stays.
    fn thin(&mut self) {
        let old = self.checkpoints.len() / 2;
        let kept = self.checkpoints.iter().enumerate().filter(|(index, _)| *index >= old || index % 2 == 0);
        self.checkpoints = kept.map(|(_, checkpoint)| checkpoint.clone()).collect();
    }

    /// The last checkpoint with at most so many inputs and up to that time.
    pub fn before(&self, applied: usize, at: Timestamp) -> Option<&Arc<Checkpoint>> {
        self.checkpoints.iter().rev().find(|c| c.applied <= applied && c.state.now() <= at)
    }

    /// How many writes there were at the last checkpoint up to that time.
    pub fn writes_before(&self, at: Timestamp) -> u64 {
        self.before(usize::MAX, at).map_or(0, |c| c.state.world.server().resource_version())
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
