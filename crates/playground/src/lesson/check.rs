//! Proves that a lesson can be taken: every solution reaches its goal, and nothing less does.

use std::fmt;
use std::sync::Arc;

use machinery::version::Features;
use session::Session;

use super::course::{Course, play};
use super::goal::Missing;
use super::{Act, Lesson};

/// What is wrong with a lesson when it is taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The goal is reached before anything was done.
    NothingToDo {
        /// The step, from 1.
        step: usize,
    },
    /// The goal is reached although only a part of the solution was done.
    HalfIsEnough {
        /// The step, from 1.
        step: usize,
        /// The last act that was done.
        after: Act,
    },
    /// The solution does not reach the goal.
    NotReached {
        /// The step, from 1.
        step: usize,
        /// What it misses.
        missing: Vec<Missing>,
        /// The end of what the terminal shows then.
        shown: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NothingToDo { step } => {
                write!(f, "step {step}: the goal is reached before anything was done")
            }
            Failure::HalfIsEnough { step, after } => {
                write!(f, "step {step}: the goal is reached after a part of the solution, up to {after:?}")
            }
            Failure::NotReached { step, missing, shown } => {
                write!(f, "step {step}: the solution does not reach the goal: {missing:?}\n{shown}")
            }
        }
    }
}

/// Takes the lesson by its own solutions. What is wrong, step by step; none is good.
pub fn check(lesson: &Arc<Lesson>, features: Features) -> Vec<Failure> {
    let mut failures = Vec::new();
    let (mut course, mut session) = Course::at(lesson.clone(), 0, features);
    for (index, current) in lesson.steps.iter().enumerate() {
        let step = index + 1;
        if course.reached {
            failures.push(Failure::NothingToDo { step });
        }
        let last = current.solution.iter().rposition(|act| !matches!(act, Act::Wait(_)));
        for (done, act) in current.solution.iter().enumerate() {
            play(&mut session, std::slice::from_ref(act));
            course.look(&session);
            if course.reached && last.is_some_and(|last| done < last) {
                failures.push(Failure::HalfIsEnough { step, after: act.clone() });
                course.reached = false;
            }
        }
        if !course.reached {
            let missing = course.missing.clone();
            failures.push(Failure::NotReached { step, missing, shown: last_lines(&session) });
            course.reached = true;
        }
        course.next(&session);
    }
    failures
}

/// The last lines of the terminal.
fn last_lines(session: &Session) -> String {
    let (mut out, mut exit) = (String::new(), None);
    for entry in session.log().iter() {
        let mut err = String::new();
        entry.collect(&mut out, &mut err, &mut exit);
        out.push_str(&err);
    }
    let lines: Vec<&str> = out.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
