//! What is stored: the objects, the resourceVersion, and the latest changes.
//!
//! Models etcd as the API server sees it (apiserver/pkg/storage/etcd3/store.go) and the watch cache's memory.
//! Invariant: a clone shares its structure; every change has its own resourceVersion, one greater than the one before.

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use imbl::{OrdMap, Vector};
use jiff::Timestamp;
use machinery::version::Features;
use machinery::{KeyRef, Kind, Object, ObjectKey};

use crate::field_manager::{Writer, Writes};

/// How many changes a watch can look back.
const REMEMBERED: usize = 10_000;

/// An object, and who wrote it.
#[derive(Clone, Debug)]
struct Stored {
    object: Object,
    writes: Arc<Writes>,
}

/// What a write means for who manages which fields.
#[derive(Clone, Debug)]
pub(crate) enum Credit {
    /// Nothing: the server's own doing, deletion, and what goes through a subresource without fields.
    Nobody,
    /// The writer manages what differs between what was there and what it sent (`None`: what is stored).
    Writer(Writer, Option<Object>),
    /// It is worked out already.
    Known(Writes),
}

/// The objects and their latest changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    objects: OrdMap<ObjectKey, Stored>,
    resource_version: u64,
    /// With the time of each.
    changes: Vector<(Timestamp, WatchEvent)>,
    forgotten: u64,
    now: Timestamp,
    features: Features,
}

impl Store {
    /// An empty store of a cluster.
    pub fn new(features: Features) -> Store {
        Store { features, ..Store::default() }
    }

    /// What is stored from here on is stored at this time.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The newest resourceVersion.
    pub fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// The resourceVersion up to which changes were forgotten.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// One object.
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Object> {
        self.objects.get(&KeyRef { kind, namespace, name }).map(|stored| &stored.object)
    }

    /// Who wrote an object.
    pub fn writes(&self, key: &ObjectKey) -> Option<&Writes> {
        self.objects.get(key).map(|stored| &*stored.writes)
    }

    /// How many objects there are.
    pub fn count(&self) -> u64 {
        self.objects.len() as u64
    }

    /// Every object, by kind, namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Object> {
        self.objects.values().map(|stored| &stored.object)
    }

    /// The objects of a kind in a namespace (in all, if it is empty), by namespace and name.
    pub fn list<'a>(&'a self, kind: Kind, namespace: &'a str) -> impl Iterator<Item = &'a Object> {
        let from = KeyRef { kind, namespace, name: "" };
        let objects = self.objects.range(from..).map(|(_, stored)| &stored.object);
        objects.take_while(move |o| o.kind() == kind && (namespace.is_empty() || o.namespace() == namespace))
    }

    /// Stores an object and gives it the next resourceVersion.
    pub fn put(&mut self, mut object: Object, credit: Credit) -> Object {
        self.resource_version += 1;
        object.meta_mut().resource_version = Some(self.resource_version.to_string());
        let old = match self.objects.get_mut(&object.key_ref()) {
            Some(stored) => {
                let old = std::mem::replace(&mut stored.object, object.clone());
                let before = Some(old.clone());
                stored.credit(credit, before, self.now, self.features);
                Some(old)
            }
            None => {
                let mut stored = Stored { object: object.clone(), writes: Arc::default() };
                stored.credit(credit, None, self.now, self.features);
                self.objects.insert(object.key(), stored);
                None
            }
        };
        let change = if old.is_some() { Change::Modified } else { Change::Added };
        self.remember(WatchEvent { change, object: object.clone(), old });
        object
    }

    /// Stores an object as it was elsewhere, without a change to remember; without a resourceVersion it gets the next one.
    /// What was remembered before is forgotten, as after a compaction.
    pub fn restore(&mut self, mut object: Object) -> Object {
        if object.resource_version() == 0 {
            object.meta_mut().resource_version = Some((self.resource_version + 1).to_string());
        }
        self.resource_version = self.resource_version.max(object.resource_version());
        self.objects.insert(object.key(), Stored { object: object.clone(), writes: Arc::default() });
        self.changes.clear();
        self.forgotten = self.resource_version;
        object
    }

    /// Takes in an object that was made when it was read, so that what is done to it next is a change of it.
    pub fn adopt(&mut self, made: &Object) {
        if !self.objects.contains_key(&made.key_ref()) {
            self.objects.insert(made.key(), Stored { object: made.clone(), writes: Arc::default() });
        }
    }

    /// Removes an object; it is returned as it last was, with the resourceVersion of its removal.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<Object> {
        let old = self.objects.remove(key)?.object;
        self.resource_version += 1;
        let mut object = old.clone();
        object.meta_mut().resource_version = Some(self.resource_version.to_string());
        self.remember(WatchEvent { change: Change::Deleted, object: object.clone(), old: Some(old) });
        Some(object)
    }

    /// The remembered changes after a resourceVersion with their times, oldest first.
    pub fn changes_since(&self, since: u64) -> impl DoubleEndedIterator<Item = &(Timestamp, WatchEvent)> {
        // Every change has its own resourceVersion, so the distance from the end is known.
        let newer = usize::try_from(self.resource_version.saturating_sub(since)).unwrap_or(usize::MAX);
        let from = self.changes.len().saturating_sub(newer);
        // By index: to skip would walk over everything that is remembered.
        (from..self.changes.len()).filter_map(|index| self.changes.get(index))
    }

    fn remember(&mut self, event: WatchEvent) {
        self.changes.push_back((self.now, event));
        if self.changes.len() > REMEMBERED
            && let Some((_, event)) = self.changes.pop_front()
        {
            self.forgotten = event.object.resource_version();
        }
    }
}

impl Stored {
    fn credit(&mut self, credit: Credit, before: Option<Object>, at: Timestamp, features: Features) {
        match credit {
            Credit::Nobody => {}
            Credit::Writer(writer, sent) => {
                let after = sent.unwrap_or_else(|| self.object.clone());
                Arc::make_mut(&mut self.writes).note(writer, at, before, after, features);
            }
            Credit::Known(writes) => self.writes = Arc::new(writes),
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use machinery::Resource;

    use super::*;

    fn map(name: &str) -> Object {
        let mut map = ConfigMap::default();
        map.meta_mut().name = Some(name.to_owned());
        map.into()
    }

    #[test]
    fn every_change_has_its_own_version_and_knows_what_was_before() {
        let mut store = Store::default();
        let stored = store.put(map("a"), Credit::Nobody);
        store.put(map("a"), Credit::Nobody);
        let removed = store.remove(&stored.key()).expect("it was there");
        let changes: Vec<_> = store.changes_since(0).collect();
        assert_eq!(changes.iter().map(|(_, c)| c.object.resource_version()).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(changes.iter().map(|(_, c)| c.old.is_some()).collect::<Vec<_>>(), [false, true, true]);
        assert_eq!(removed.resource_version(), 3);
        assert_eq!(store.changes_since(2).count(), 1);
        assert!(store.remove(&stored.key()).is_none());
    }

    #[test]
    fn what_comes_from_elsewhere_keeps_its_version_and_later_changes_follow() {
        let mut store = Store::default();
        store.put(map("own"), Credit::Nobody);
        let mut other = map("other");
        other.meta_mut().resource_version = Some("4711".to_owned());
        assert_eq!(store.restore(other).resource_version(), 4711);
        assert_eq!(store.restore(map("without")).resource_version(), 4712);
        assert_eq!((store.forgotten(), store.changes_since(0).count()), (4712, 0));
        store.put(map("own"), Credit::Nobody);
        let changes: Vec<u64> = store.changes_since(4712).map(|(_, c)| c.object.resource_version()).collect();
        assert_eq!(changes, [4713]);
    }

    #[test]
    fn old_changes_are_forgotten() {
        let mut store = Store::default();
        for _ in 0..REMEMBERED + 5 {
            store.put(map("a"), Credit::Nobody);
        }
        assert_eq!((store.forgotten(), store.changes_since(0).count()), (5, REMEMBERED));
    }
}
