//! What the page shows, computed from a cluster: plain data, compared to know what to draw again.
//!
//! Invariant: pure. Everything is a function of a [`Snapshot`], and holds no words but Kubernetes' own.

pub mod acts;
pub mod claim;
pub mod dns;
pub mod events;
pub mod pod;
pub mod revision;
pub mod stage;
pub mod volume;
pub mod why;

use std::rc::Rc;

use client::Listers;
use client::reconcile::Decisions;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use machinery::ObjectKey;

use crate::memory::Memory;
use acts::Act;
use dns::Record;
use events::Events;
use stage::Stage;
use why::Why;

/// What a view reads.
#[derive(Clone, Copy)]
pub struct Snapshot<'a> {
    /// The time.
    pub now: Timestamp,
    /// The objects.
    pub objects: &'a Listers,
    /// Why something waits.
    pub decisions: &'a Decisions,
    /// What was before.
    pub memory: &'a Memory,
}

impl Snapshot<'_> {
    /// The age as kubectl prints it.
    fn age(&self, since: Option<&Time>) -> String {
        since.map(|since| self.ago(since.0)).unwrap_or_default()
    }

    /// How long ago that was, as kubectl prints it.
    fn ago(&self, then: Timestamp) -> String {
        kubectl::human_duration(machinery::time::ms_between(then, self.now))
    }

    /// Whole seconds until then, rounded up; 0 if it has passed.
    fn seconds_until(&self, then: Timestamp) -> i64 {
        let ms = machinery::time::ms_between(self.now, then).max(0);
        ms / 1000 + i64::from(ms % 1000 > 0)
    }
}

/// Everything that is shown of a cluster at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The stage.
    pub stage: Rc<Stage>,
    /// Why, the most urgent first.
    pub whys: Rc<Vec<Why>>,
    /// Why, about the selected object.
    pub selected: Option<Rc<Why>>,
    /// The Events tab.
    pub events: Rc<Events>,
    /// The DNS tab.
    pub zone: Rc<Vec<Record>>,
    /// What to try next.
    pub acts: Rc<Vec<Act>>,
}

impl Page {
    /// The page of a cluster, with one object selected, after these lines were run.
    pub fn of<'a>(
        snapshot: Snapshot<'_>,
        selected: Option<&ObjectKey>,
        lines: impl Iterator<Item = &'a str>,
    ) -> Page {
        let stage = Stage::of(snapshot);
        Page {
            whys: Rc::new(why::all(snapshot, &stage)),
            selected: selected.and_then(|key| why::of_object(snapshot, &stage, key)).map(Rc::new),
            events: Rc::new(events::events(snapshot)),
            zone: Rc::new(dns::zone(snapshot)),
            acts: Rc::new(acts::acts(&stage, lines)),
            stage: Rc::new(stage),
        }
    }
}
