//! What the page shows, computed from a cluster: plain data, compared to know what to draw again.
//!
//! Reads the store, not what the controllers' caches hold, which may lag behind; but names as the name server knows them.
//! Invariant: pure. Everything is a function of a [`Snapshot`], and holds no words but Kubernetes' own.

pub mod acts;
mod census;
pub mod change;
pub mod claim;
pub mod deployment;
pub mod dns;
pub mod events;
pub mod lookup;
pub mod nodes;
pub mod objects;
pub mod pod;
pub mod revision;
pub mod set;
pub mod stage;
pub mod timeline;
pub mod trail;
pub mod volume;
pub mod why;

use std::collections::BTreeSet;
use std::rc::Rc;

use apiserver::Server;
use client::Listers;
use client::reconcile::Decisions;
use cluster::Defect;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use machinery::Resource;
use machinery::object::controller_of;

use crate::memory::Memory;
use acts::Act;
use dns::Zone;
use events::Events;
use nodes::NodeRow;
use objects::Objects;
use stage::{Parts, Stage};
use trail::Trail;
use why::{Said, Topic, Why};

/// What a view reads.
#[derive(Clone, Copy)]
pub struct Snapshot<'a> {
    /// The time.
    pub now: Timestamp,
    /// The objects that are stored.
    pub objects: &'a Server,
    /// What components have seen: the name server and the kubelets go by it.
    pub names: &'a Listers,
    /// What is broken on purpose.
    pub defects: &'a BTreeSet<Defect>,
    /// The last command.
    pub said: &'a Said,
    /// Why something waits.
    pub decisions: &'a Decisions,
    /// What was before.
    pub memory: &'a Memory,
}

impl<'a> Snapshot<'a> {
    /// The objects of a kind that the owner controls, by name.
    fn controlled<K: Resource>(self, owner: &'a ObjectMeta) -> impl Iterator<Item = &'a K> {
        let of_namespace = self.objects.list::<K>(owner.namespace.as_deref().unwrap_or_default());
        of_namespace.map(|object| &**object).filter(|object| {
            controller_of(object.meta()).is_some_and(|controller| Some(&controller.uid) == owner.uid.as_ref())
        })
    }

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

/// What the open tab below the stage shows; the others are not made.
#[derive(Clone, Debug, PartialEq)]
pub enum Details {
    /// Events.
    Events(Rc<Events>),
    /// Every change.
    Trail(Rc<Trail>),
    /// The DNS zone.
    Dns(Rc<Zone>),
    /// The objects.
    Objects(Rc<Objects>),
    /// The nodes.
    Nodes(Rc<Vec<NodeRow>>),
}

impl Default for Details {
    fn default() -> Details {
        Details::Events(Rc::default())
    }
}

/// Everything that is shown of a cluster at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The stage.
    pub stage: Rc<Stage>,
    /// Why, the most urgent first.
    pub whys: Rc<Vec<Why>>,
    /// Why, about what one asks about.
    pub selected: Option<Rc<Why>>,
    /// How many Events there are.
    pub events: usize,
    /// The open tab below the stage.
    pub details: Details,
    /// What to try next.
    pub acts: Rc<Vec<Act>>,
}

impl Page {
    /// The page of a cluster, with one thing asked about and a tab open, after these lines were run.
    pub fn of<'a>(
        snapshot: Snapshot<'_>,
        parts: &Parts,
        topic: Option<&Topic>,
        details: Details,
        lines: impl Iterator<Item = &'a str>,
    ) -> Page {
        let stage = Stage::of(snapshot, parts);
        Page {
            whys: Rc::new(why::all(snapshot, &stage)),
            selected: topic.and_then(|topic| why::about(snapshot, &stage, topic)).map(Rc::new),
            events: snapshot.objects.list::<Event>("").count(),
            details,
            acts: Rc::new(acts::acts(&stage, lines)),
            stage: Rc::new(stage),
        }
    }
}
