//! What the page remembers of the cluster's past: a revision's tone, a pod's earlier address, a set that is gone.
//!
//! Invariant: a function of the changes up to the moment that is shown, so that the past remembers nothing of the future.

use std::sync::Arc;

use apiserver::Server;
use imbl::{OrdMap, Vector};
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use machinery::object::controller_of;
use machinery::{Object, ObjectKey, Resource};

/// How many tones there are: colours with their patterns, `web/styles/revision.css`.
pub const TONES: usize = 6;

/// The address that a pod's name stands for, and the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Address {
    now: String,
    was: Option<String>,
}

/// What is needed to draw a set's claims once the set is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSet {
    /// `spec.serviceName`.
    pub service: String,
    /// Names of `spec.volumeClaimTemplates`.
    pub templates: Vec<String>,
}

/// The memory. A clone shares its structure.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    course: u64,
    seen: u64,
    // The revisions of a set (by its uid), in the order in which they appeared.
    revisions: OrdMap<String, Vector<String>>,
    addresses: OrdMap<ObjectKey, Address>,
    sets: OrdMap<ObjectKey, KnownSet>,
}

impl Memory {
    /// Takes in what has changed; from the start, where the course of events is another or the moment an earlier one.
    pub fn follow(&mut self, server: &Server, course: u64) {
        if self.course != course || server.resource_version() < self.seen {
            *self = Memory { course, ..Memory::default() };
        }
        if self.seen < server.forgotten() {
            self.take_all(server);
        }
        for event in server.changes_since(self.seen) {
            self.take(&event.object);
        }
        self.seen = server.resource_version();
    }

    /// Takes in what is there: what it was before is not told any more.
    fn take_all(&mut self, server: &Server) {
        let mut revisions: Vec<&Arc<ControllerRevision>> = server.list("").collect();
        revisions.sort_by_key(|revision| revision.revision);
        for revision in revisions {
            self.take_revision(revision);
        }
        for object in server.all() {
            self.take(object);
        }
    }

    fn take(&mut self, object: &Object) {
        match object {
            Object::StatefulSet(set) => {
                self.sets.insert(set.key(), KnownSet::of(set));
            }
            Object::ControllerRevision(revision) => self.take_revision(revision),
            Object::Pod(pod) => self.take_pod(pod),
            _ => {}
        }
    }

    fn take_revision(&mut self, revision: &ControllerRevision) {
        let Some(owner) = controller_of(&revision.metadata) else { return };
        let known = self.revisions.entry(owner.uid.clone()).or_default();
        if !known.iter().any(|name| name == revision.name()) {
            known.push_back(revision.name().to_owned());
        }
    }

    fn take_pod(&mut self, pod: &Pod) {
        let Some(ip) = pod.status.as_ref().and_then(|status| status.pod_ip.as_deref()) else { return };
        let key = pod.key();
        let before = self.addresses.get(&key).map(|address| address.now.as_str());
        if before != Some(ip) {
            let address = Address { now: ip.to_owned(), was: before.map(str::to_owned) };
            self.addresses.insert(key, address);
        }
    }

    /// The tone of a set's revision: the same as long as the set lives.
    pub fn tone(&self, set_uid: &str, revision: &str) -> usize {
        let known = self.revisions.get(set_uid);
        known.and_then(|names| names.iter().position(|name| name == revision)).unwrap_or(0) % TONES
    }

    /// The address that the pod's name had before the present one.
    pub fn earlier_address(&self, pod: &ObjectKey) -> Option<&str> {
        self.addresses.get(pod).and_then(|address| address.was.as_deref())
    }

    /// What is known of a set.
    pub fn set(&self, key: &ObjectKey) -> Option<&KnownSet> {
        self.sets.get(key)
    }

    /// Every set that was ever seen.
    pub fn sets(&self) -> impl Iterator<Item = (&ObjectKey, &KnownSet)> {
        self.sets.iter()
    }
}

impl KnownSet {
    /// What the set's spec says.
    pub fn of(set: &StatefulSet) -> KnownSet {
        let spec = set.spec.as_ref();
        let templates = spec.and_then(|spec| spec.volume_claim_templates.as_deref()).unwrap_or_default();
        KnownSet {
            service: spec.and_then(|spec| spec.service_name.clone()).unwrap_or_default(),
            templates: templates.iter().map(|claim| claim.name().to_owned()).collect(),
        }
    }
}
