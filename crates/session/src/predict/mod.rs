//! What a change would bring about: it is made in a copy of the session, which then runs until nothing moves any more.
//!
//! Invariant: the session itself is not touched; however much happens, it ends.

mod change;
mod course;
mod steps;

use jiff::Timestamp;
use machinery::decision::{Lack, Verdict};
use machinery::time::{after_ms, ms_between};
use machinery::{Kind, ObjectKey};

pub use change::{CHANGE_FILE, Change, Unclear};
pub use course::{Batches, SetCourse};
pub use steps::{Cause, Needs, Step, Wait, What};

use crate::session::Session;
use steps::Watcher;

/// How long nothing may happen before it counts as all that happens, in milliseconds: longer than any back-off, and than
/// a lost node's pods are tolerated.
const IDLE_MS: i64 = 15 * 60_000;
/// Most steps of a prediction.
const STEP_LIMIT: usize = 5_000;
/// Most moments that are gone through.
const MOMENT_LIMIT: usize = 100_000;

/// A command line and what it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The line.
    pub line: String,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
    /// Its exit status; `None` if it still waited at the end.
    pub exit: Option<i32>,
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing moves any more.
    Quiet,
    /// Only what is tried again and again moves.
    Retrying,
    /// Too much happens: the rest is not told.
    CutShort,
}

/// What would happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The commands of the change.
    pub said: Vec<Said>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// The same for each set that is touched, or still waits for something.
    pub sets: Vec<SetCourse>,
    /// How it ends.
    pub end: End,
}

impl Prediction {
    /// The claims that are deleted, and with them, where their volumes are not retained, what lies on these.
    pub fn claims_gone(&self) -> Vec<&ObjectKey> {
        let is_claim = |step: &&Step| step.object.kind == Kind::PersistentVolumeClaim;
        let gone = self.steps.iter().filter(is_claim).filter(|step| step.what == What::Gone);
        gone.map(|step| &step.object).collect()
    }

    /// Whether a command of the change failed.
    pub fn is_refused(&self) -> bool {
        self.said.iter().any(|said| said.exit.is_some_and(|exit| exit != 0))
    }
}

/// What the change would bring about, with the session in which it has; commands go to that namespace if they name none.
pub fn predict(session: &Session, change: &Change, namespace: &str) -> (Prediction, Session) {
    let mut fork = session.clone();
    fork.seek(fork.end());
    while fork.running().is_some() {
        fork.interrupt();
    }
    let before = fork.world().clone();
    let mut watcher = Watcher::new(&fork);
    let lines = change.lines(namespace);
    if let Change::Manifest(text) = change {
        fork.write_file(CHANGE_FILE, text);
    }
    let first = fork.log().written();
    for line in &lines {
        fork.run(line);
        watcher.look(&fork);
    }
    let end = run(&mut fork, &mut watcher);
    let steps = watcher.steps;
    let sets = course::of_sets(before.server(), fork.world(), &steps);
    (Prediction { said: said(&fork, lines, first), steps, sets, end }, fork)
}

/// Lets time pass until nothing moves.
fn run(fork: &mut Session, watcher: &mut Watcher) -> End {
    let mut horizon = after_ms(fork.now(), IDLE_MS);
    for _ in 0..MOMENT_LIMIT {
        if fork.is_quiet(horizon) {
            return End::Quiet;
        }
        let Some(at) = fork.next_moment() else { return End::Quiet };
        if at > horizon {
            match awaited(fork) {
                Some(awaited) if awaited > horizon => horizon = awaited,
                _ => return End::Retrying,
            }
        }
        fork.play_to(at);
        if watcher.look(fork) {
            horizon = after_ms(fork.now(), IDLE_MS);
        }
        if watcher.steps.len() >= STEP_LIMIT {
            break;
        }
    }
    End::CutShort
}

/// The latest moment in which a pod that a set waits for will be Available.
fn awaited(fork: &Session) -> Option<Timestamp> {
    let at = |verdict: &Verdict| match verdict {
        Verdict::Waiting { lacks: Lack::Available { at }, .. }
        | Verdict::Frozen { lacks: Lack::Available { at }, .. } => Some(*at),
        _ => None,
    };
    fork.world().decisions().values().filter_map(|decision| at(&decision.verdict)).max()
}

fn said(fork: &Session, lines: Vec<String>, first: u64) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    for entry in fork.log().since(first) {
        if let crate::Content::Command(line) = &entry.content {
            let (out, err) = (String::new(), String::new());
            said.push(Said { line: line.to_string(), out, err, exit: None });
        }
        if let Some(last) = said.last_mut() {
            entry.collect(&mut last.out, &mut last.err, &mut last.exit);
        }
    }
    // What waits behind a command that does not end was never begun.
    let unsaid = lines.into_iter().skip(said.len());
    let unsaid = unsaid.map(|line| Said { line, out: String::new(), err: String::new(), exit: None });
    unsaid.for_each(|one| said.push(one));
    said
}

/// Milliseconds since the change.
fn since(began: Timestamp, at: Timestamp) -> u64 {
    u64::try_from(ms_between(began, at)).unwrap_or(0)
}
