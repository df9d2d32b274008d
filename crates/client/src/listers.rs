//! The shared informer cache: every object as the watch stream last showed it, with the indices that controllers ask for.
//!
//! Models client-go/tools/cache. Derived from watch events alone, so that a remote API server could feed the same cache.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::Pod;
use machinery::object::controller_of;
use machinery::{KeyRef, Kind, Object, ObjectKey, Resource};

use crate::api::{Change, WatchEvent};

/// The uid of no owner.
const NOBODY: &str = "";

/// The cache. A clone shares its structure.
#[derive(Clone, Debug, Default)]
pub struct Listers {
    objects: OrdMap<ObjectKey, Object>,
    /// uid of an owner → its dependents. Under the empty uid stand the pods that nobody controls.
    dependents: OrdMap<Arc<str>, OrdSet<ObjectKey>>,
    resource_version: u64,
}

impl Listers {
    /// Takes one change in. Events are not kept: no component asks for them.
    pub fn apply(&mut self, event: &WatchEvent) {
        self.resource_version = self.resource_version.max(event.object.resource_version());
        if event.object.kind() == Kind::Event {
            return;
        }
        // Most changes leave the owners as they are.
        if event.change != Change::Deleted
            && let Some(known) = self.objects.get_mut(&event.object.key_ref())
            && known.meta().owner_references == event.object.meta().owner_references
        {
            *known = event.object.clone();
            return;
        }
        let key = event.object.key();
        let (old, new) = if event.change == Change::Deleted {
            (self.objects.remove(&key), None)
        } else {
            (self.objects.insert(key.clone(), event.object.clone()), Some(&event.object))
        };
        if let Some(old) = &old {
            self.unindex(&key, old);
        }
        if let Some(new) = new {
            self.index(&key, new);
        }
    }

    /// The newest resourceVersion taken in.
    pub fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// One object.
    pub fn get<K: Resource>(&self, namespace: &str, name: &str) -> Option<&Arc<K>> {
        self.objects.get(&KeyRef { kind: K::KIND, namespace, name }).and_then(K::unwrap)
    }

    /// One object of any kind.
    pub fn object(&self, key: &ObjectKey) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The objects of a kind in a namespace (in all, if it is empty), by namespace and name.
    pub fn list<'a, K: Resource>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<K>> {
        self.objects
            .range(KeyRef { kind: K::KIND, namespace, name: "" }..)
            .map(|(_, object)| object)
            .take_while(move |o| o.kind() == K::KIND && (namespace.is_empty() || o.namespace() == namespace))
            .filter_map(K::unwrap)
    }

    /// Every object, by kind, namespace and name.
    pub fn all(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// The objects that name this uid among their owners.
    pub fn dependents<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Object> {
        self.dependents.get(uid).into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    /// The objects of a kind whose controller has this uid, by name.
    pub fn controlled<'a, K: Resource>(&'a self, uid: &'a str) -> impl Iterator<Item = &'a Arc<K>> {
        self.dependents(uid)
            .filter_map(K::unwrap)
            .filter(move |o| controller_of(o.meta()).is_some_and(|c| c.uid == uid))
    }

    /// The pods without a controller, by namespace and name.
    pub fn uncontrolled_pods(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.dependents(NOBODY).filter_map(Pod::unwrap)
    }

    fn index(&mut self, key: &ObjectKey, object: &Object) {
        for uid in owner_uids(object) {
            self.dependents.entry(uid.into()).or_default().insert(key.clone());
        }
    }

    fn unindex(&mut self, key: &ObjectKey, object: &Object) {
        for uid in owner_uids(object) {
            let Some(keys) = self.dependents.get_mut(uid) else {
                continue;
            };
            keys.remove(key);
            if keys.is_empty() {
                self.dependents.remove(uid);
            }
        }
    }
}

/// The owners under which an object is found.
fn owner_uids(object: &Object) -> impl Iterator<Item = &str> {
    let owners = object.meta().owner_references.iter().flatten().map(|owner| owner.uid.as_str());
    let is_orphan = object.kind() == Kind::Pod && controller_of(object.meta()).is_none();
    owners.chain(is_orphan.then_some(NOBODY))
}
