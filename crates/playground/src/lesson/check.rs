//! Proves that a lesson can be taken: every solution reaches its goal, and nothing less does.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use machinery::version::Features;
use session::Session;

use super::course::{Course, SETTLE_MS, play};
use super::goal::Missing;
use super::{Act, Lesson};
use crate::locales::Locale;

/// How often the goal is looked at while a part of a solution takes effect, in virtual milliseconds.
const LOOK_MS: u64 = 250;

/// What is wrong with a lesson when it is taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The goal is reached before anything was done.
    NothingToDo {
        /// The step, from 1.
        step: usize,
    },
    /// The goal is reached, if only for a moment, although only a part of the solution was done.
    PartIsEnough {
        /// The step, from 1.
        step: usize,
        /// What was not done.
        left_out: Vec<Act>,
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
            Failure::PartIsEnough { step, left_out } => {
                write!(f, "step {step}: a part of the solution is enough; the goal is reached without")?;
                left_out.iter().try_for_each(|act| write!(f, "\n  {act}"))
            }
            Failure::NotReached { step, missing, shown } => {
                write!(f, "step {step}: the solution does not reach the goal:")?;
                let say = Locale::English.lesson_words().missing;
                missing.iter().try_for_each(|missing| write!(f, "\n  {}", say(missing)))?;
                write!(f, "\nThe terminal shows at last:\n{shown}")
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
        } else {
            let enough = parts(&current.solution).into_iter();
            let enough = enough.filter(|left_out| is_reached_without(left_out, &course, &session));
            failures.extend(enough.map(|left_out| {
                let left_out = left_out.into_iter().map(|act| current.solution[act].clone()).collect();
                Failure::PartIsEnough { step, left_out }
            }));
        }
        play(&mut session, &current.solution);
        course.look(&session);
        if !course.reached {
            let missing = course.missing.clone();
            failures.push(Failure::NotReached { step, missing, shown: last_lines(&session) });
            course.reached = true;
        }
        course.next(&session);
    }
    failures
}

/// What can be left out of a solution: everything from an act on, or an act alone, by their indices. Waiting is no act.
fn parts(solution: &[Act]) -> BTreeSet<Vec<usize>> {
    let is_act = |&index: &usize| !matches!(solution[index], Act::Wait(_));
    let acts: Vec<usize> = (0..solution.len()).filter(is_act).collect();
    let from = (0..acts.len()).map(|first| acts[first..].to_vec());
    let alone = acts.iter().map(|&act| vec![act]);
    from.chain(alone).collect()
}

/// Whether the step's goal is reached at any moment while the rest of its solution takes effect.
fn is_reached_without(left_out: &[usize], course: &Course, session: &Session) -> bool {
    let (mut course, mut session) = (course.clone(), session.clone());
    let solution = &course.lesson.clone().steps[course.step].solution;
    let done = solution.iter().enumerate().filter(|(index, _)| !left_out.contains(index));
    done.for_each(|(_, act)| watch(&mut course, &mut session, act));
    course.reached
}

/// Does what an act says and looks at the goal while it takes effect.
fn watch(course: &mut Course, session: &mut Session, act: &Act) {
    let ms = match act {
        Act::Type(line) => {
            session.run(line);
            SETTLE_MS
        }
        Act::Wait(ms) => *ms,
        Act::Fault(_) | Act::Write { .. } => {
            play(session, std::slice::from_ref(act));
            0
        }
    };
    course.look(session);
    for _ in 0..ms.div_ceil(LOOK_MS) {
        if matches!(act, Act::Type(_)) && session.run_towards_quiet(0, SETTLE_MS) {
            break;
        }
        session.advance(LOOK_MS);
        course.look(session);
    }
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
