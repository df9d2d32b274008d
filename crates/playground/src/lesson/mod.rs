//! Lessons: what a lesson file says, what its goals ask of the world, and how far somebody has come.
//!
//! A lesson is data (`crates/playground/lessons/*.yaml`, described in `docs/src/lessons.md`): where it starts, and steps with
//! a goal, hints and a solution. A goal is a predicate over the cluster and its history, never over the words typed.
//! [`read`] reads a file, [`goal`] decides, [`course`] keeps the place, [`check`] proves that a lesson can be taken.

pub mod check;
pub mod course;
pub mod goal;
mod outline;
pub mod panel;
pub mod read;

use std::fmt;

use cluster::Fault;
use machinery::version::Features;
use session::{Start, StartWorld};

use crate::locales::Locale;
use goal::Goal;

pub use course::Course;
pub use read::{Problem, read};

/// A text in the languages of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// In English.
    pub en: String,
    /// In Chinese; the same as in English if the file gives one text only.
    pub zh: String,
}

impl Text {
    /// The text in a language.
    pub fn of(&self, locale: Locale) -> &str {
        match locale {
            Locale::English => &self.en,
            Locale::Chinese => &self.zh,
        }
    }
}

/// Something that is done in the course of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A line is typed in the terminal.
    Type(String),
    /// So many milliseconds of virtual time pass.
    Wait(u64),
    /// Something breaks or is healed.
    Fault(Fault),
    /// A file is written, as the editor does.
    Write {
        /// Its name.
        file: String,
        /// Its text.
        text: String,
    },
}

impl fmt::Display for Act {
    /// As a lesson file has it, without the text of a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Type(line) => f.write_str(line),
            Act::Wait(ms) => write!(f, "+ {}s", ms / 1000),
            Act::Fault(fault) => write!(f, "fault: {fault}"),
            Act::Write { file, .. } => write!(f, "{file}: …"),
        }
    }
}

/// Where a lesson starts: a world, and what was done in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Begin {
    /// The world.
    pub world: StartWorld,
    /// Whether the gate `MaxUnavailableStatefulSet` is on.
    pub max_unavailable: bool,
    /// What happened before the first step, in order.
    pub acts: Vec<Act>,
}

impl Begin {
    /// The start of the session that the lesson is taken in.
    pub fn start(&self, features: Features) -> Start {
        let features = Features { max_unavailable_stateful_set: self.max_unavailable, ..features };
        Start { world: self.world.clone(), features, ..Start::default() }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is to be done, and why.
    pub text: Text,
    /// All of it must hold.
    pub goals: Vec<Goal>,
    /// From the gentlest to the plainest.
    pub hints: Vec<Text>,
    /// One way to the goal.
    pub solution: Vec<Act>,
    /// What to see in what happened, once the goal is reached.
    pub after: Option<Text>,
}

/// A lesson.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lesson {
    /// What links and stored progress call it.
    pub id: String,
    /// Its title.
    pub title: Text,
    /// What it is about, in a sentence or two.
    pub about: Text,
    /// Where it starts.
    pub begin: Begin,
    /// Its steps, at least one.
    pub steps: Vec<Step>,
}
