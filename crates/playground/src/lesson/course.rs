//! A lesson that is being taken: at which step, and where that step began.

use std::sync::Arc;

use machinery::version::Features;
use session::Session;

use super::goal::{Mark, Missing};
use super::{Act, Lesson, Step};

/// How long each act of a lesson may take effect before the next one, in virtual milliseconds.
pub(super) const SETTLE_MS: u64 = 60_000;

/// A lesson that is being taken. A clone is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// The step, from 0.
    pub step: usize,
    /// How many of the step's hints are open.
    pub hints: usize,
    /// Whether the step's goal was reached.
    pub reached: bool,
    /// What the step's goals still miss, one for each that is not reached.
    pub missing: Vec<Missing>,
    mark: Mark,
}

impl Course {
    /// The lesson from a step on (from 0; the last one, if there are fewer), and the session to take it in: the steps
    /// before have been done there as their solutions do them.
    pub fn at(lesson: Arc<Lesson>, step: usize, features: Features) -> (Course, Session) {
        let mut session = Session::new(lesson.begin.start(features));
        play(&mut session, &lesson.begin.acts);
        let step = step.min(lesson.steps.len() - 1);
        for done in &lesson.steps[..step] {
            play(&mut session, &done.solution);
        }
        let mark = Mark::here(&session);
        let mut course = Course { lesson, step, hints: 0, reached: false, missing: Vec::new(), mark };
        course.look(&session);
        (course, session)
    }

    /// The step's text, goals and so on.
    pub fn current(&self) -> &Step {
        &self.lesson.steps[self.step]
    }

    /// Whether the last step's goal is reached.
    pub fn is_done(&self) -> bool {
        self.reached && self.step + 1 == self.lesson.steps.len()
    }

    /// Looks whether the step's goal is reached; once it is, it stays so.
    pub fn look(&mut self, session: &Session) {
        if self.reached {
            return;
        }
        // Whoever went back in time beyond the step's begin begins it there.
        if session.world().server().resource_version() < self.mark.resource_version {
            self.mark = Mark::here(session);
        }
        let goals = &self.lesson.steps[self.step].goals;
        self.missing = goals.iter().filter_map(|goal| goal.missing(session, &self.mark)).collect();
        self.reached = self.missing.is_empty();
    }

    /// Opens one more hint, if there is one.
    pub fn hint(&mut self) {
        self.hints = (self.hints + 1).min(self.current().hints.len());
    }

    /// Goes on to the next step, which begins here; false if the goal is not reached, or there is none.
    pub fn next(&mut self, session: &Session) -> bool {
        if !self.reached || self.is_done() {
            return false;
        }
        let mark = Mark::here(session);
        *self = Course { step: self.step + 1, hints: 0, reached: false, mark, ..self.clone() };
        self.look(session);
        true
    }
}

/// Does what a lesson says, one act after the other has taken effect.
pub fn play(session: &mut Session, acts: &[Act]) {
    for act in acts {
        match act {
            Act::Type(line) => {
                session.run(line);
                session.finish(SETTLE_MS);
                session.run_until_quiet(SETTLE_MS);
            }
            Act::Fault(fault) => session.fault(fault.clone()),
            Act::Wait(ms) => session.advance(*ms),
            Act::Write { file, text } => session.write_file(file, text),
        }
    }
}
