//! What a change would bring about: it is made in a copy of the session, which then runs until nothing moves any more.
//!
//! Invariant: the session itself is not touched; however much happens, it ends.

mod change;
mod course;
mod steps;

use cluster::World;
use jiff::Timestamp;
use machinery::decision::{Lack, Verdict};
use machinery::time::{after_ms, ms_between};
use machinery::{Kind, ObjectKey};

pub use change::{CHANGE_FILE, COMMAND_LIMIT, Change, ChangeError};
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
    let mut forecast = Forecast::begin(session, change, namespace);
    while !forecast.advance(MOMENT_LIMIT) {}
    forecast.finish()
}

/// A prediction that is being made, in pieces: a copy of a session, with the change, on its way to where nothing moves.
#[derive(Clone)]
pub struct Forecast {
    fork: Session,
    before: World,
    watcher: Watcher,
    lines: Vec<String>,
    /// What was written in the terminal before.
    written: u64,
    /// Up to when nothing may happen for it to be the end.
    horizon: Timestamp,
    moments: usize,
    end: Option<End>,
}

impl Forecast {
    /// Makes the change in a copy of the session.
    pub fn begin(session: &Session, change: &Change, namespace: &str) -> Forecast {
        let mut fork = session.clone();
        fork.seek(fork.end());
        while fork.running().is_some() {
            fork.interrupt();
        }
        let before = fork.world().clone();
        let mut watcher = Watcher::new(&fork);
        if let Change::Manifest(text) = change {
            fork.write_file(CHANGE_FILE, text);
        }
        let written = fork.log().written();
        let lines = change.lines(namespace);
        for line in &lines {
            fork.run(line);
            watcher.look(&fork);
        }
        let horizon = after_ms(fork.now(), IDLE_MS);
        Forecast { fork, before, watcher, lines, written, horizon, moments: 0, end: None }
    }

    /// Lets time pass, through at most so many moments in which something happens; whether it has come to its end.
    pub fn advance(&mut self, moments: usize) -> bool {
        for _ in 0..moments {
            if self.end.is_some() {
                break;
            }
            self.end = self.step();
        }
        self.end.is_some()
    }

    fn step(&mut self) -> Option<End> {
        self.moments += 1;
        if self.watcher.steps.len() >= STEP_LIMIT || self.moments > MOMENT_LIMIT {
            return Some(End::CutShort);
        }
        if self.fork.is_quiet(self.horizon) {
            return Some(End::Quiet);
        }
        let Some(at) = self.fork.next_moment() else { return Some(End::Quiet) };
        if at > self.horizon {
            match awaited(&self.fork) {
                Some(awaited) if awaited > self.horizon => self.horizon = awaited,
                _ => return Some(End::Retrying),
            }
        }
        self.fork.play_to(at);
        if self.watcher.look(&self.fork) {
            self.horizon = after_ms(self.fork.now(), IDLE_MS);
        }
        None
    }

    /// How many steps there are so far.
    pub fn steps(&self) -> usize {
        self.watcher.steps.len()
    }

    /// What is known by now: all, if it has come to its end. With it the session in which it has happened.
    pub fn finish(self) -> (Prediction, Session) {
        let steps = self.watcher.steps;
        let sets = course::of_sets(self.before.server(), self.fork.world(), &steps);
        let said = said(&self.fork, self.lines, self.written);
        (Prediction { said, steps, sets, end: self.end.unwrap_or(End::CutShort) }, self.fork)
    }
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
