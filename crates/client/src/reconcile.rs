//! The contract between a controller and whoever drives it.
//!
//! Models the controller loop of client-go's work queue: keys in, one `sync` per key, retry on error.
//! Invariant: `sync` takes the time as a value and sees the same caches from its start to its end.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use machinery::decision::{Decision, Verdict};
use machinery::time::ms_between;
use machinery::version::Features;
use machinery::{Object, ObjectKey, Status};

use crate::api::{Api, WatchEvent};
use crate::choices::Choices;
use crate::listers::Listers;
use crate::record::{Recorder, Reporter};

/// What a queue holds: usually the key of an object, for some controllers the object that causes work on others.
pub type Key = ObjectKey;

/// The latest decision about each object.
pub type Decisions = OrdMap<ObjectKey, Arc<Decision>>;

/// Everything a sync may see and touch.
pub struct Context<'a> {
    /// The time of this sync.
    pub now: Timestamp,
    /// The version and gates of the cluster.
    pub features: Features,
    /// The caches, as they were when the sync began.
    pub listers: &'a Listers,
    /// The API server, live.
    pub api: &'a mut dyn Api,
    /// Event correlation; write events with [`Context::event`].
    pub recorder: &'a mut Recorder,
    /// What upstream leaves open.
    pub choices: &'a mut dyn Choices,
    /// Why.
    pub decisions: &'a mut Decisions,
}

impl Context<'_> {
    /// Records an Event about an object. Failures to store it are dropped, as upstream does.
    ///
    /// `kind` is `Normal` or `Warning`; `reporter` the source, e.g. `statefulset-controller`.
    pub fn event<'r>(
        &mut self,
        reporter: impl Into<Reporter<'r>>,
        about: &Object,
        kind: &'static str,
        reason: &str,
        message: &str,
    ) {
        self.recorder.record(self.api, self.now, reporter.into(), about, "", kind, reason, message);
    }

    /// Records an Event about a part of an object, e.g. `spec.containers{nginx}`.
    pub fn event_about_part<'r>(
        &mut self,
        reporter: impl Into<Reporter<'r>>,
        (about, field_path): (&Object, &str),
        kind: &'static str,
        reason: &str,
        message: &str,
    ) {
        self.recorder.record(self.api, self.now, reporter.into(), about, field_path, kind, reason, message);
    }

    /// Replaces the decision about an object.
    pub fn decide(&mut self, about: ObjectKey, verdict: Verdict) {
        // Saying the same again keeps the moment when it was first said.
        if self.decisions.get(&about).is_none_or(|d| d.verdict != verdict) {
            self.decisions.insert(about, Arc::new(Decision { at: self.now, verdict }));
        }
    }

    /// Drops the decision about an object.
    pub fn decide_nothing(&mut self, about: &ObjectKey) {
        self.decisions.remove(about);
    }
}

/// How a sync ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more to do before the next event.
    Done,
    /// Look again after so many milliseconds, whatever happens in between.
    After(u64),
    /// The same, but only to say again what has been said: nobody waits for it.
    Again(u64),
}

impl Outcome {
    /// Look again at that moment, at once if it has passed.
    pub fn until(at: Timestamp, now: Timestamp) -> Outcome {
        Outcome::After(u64::try_from(ms_between(now, at)).unwrap_or(0))
    }
}

/// How a sync failed; it is retried with the queue's back-off.
#[derive(Clone, Debug, PartialEq)]
pub struct Error(pub String);

impl From<Box<Status>> for Error {
    fn from(status: Box<Status>) -> Error {
        Error(status.message)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// A controller: which changes concern it, and what it does about a key.
pub trait Reconciler {
    /// Fills caches of the controller's own from the first list, before it hears of any event.
    fn initialize(&mut self, _listers: &Listers) {}

    /// The keys that a change puts into the queue. The caches already hold the change.
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, now: Timestamp) -> Vec<Key>;

    /// Brings the world one step closer to what the object under `key` asks for.
    ///
    /// # Errors
    /// Whatever stopped it; the key is retried with back-off.
    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error>;

    /// Milliseconds after which every key from [`Reconciler::resync_keys`] is queued again; `None` for never.
    fn resync_period_ms(&self) -> Option<u64> {
        None
    }

    /// The keys of a periodic resync.
    fn resync_keys(&self, _listers: &Listers) -> Vec<Key> {
        Vec::new()
    }
}
