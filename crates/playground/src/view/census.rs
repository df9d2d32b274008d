//! Who belongs to which set, found in one pass over pods and one over claims.
//!
//! A set that is gone keeps what is left of it: pods by their owner reference, claims by their names.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use machinery::object::controller_of;
use machinery::{Kind, ObjectKey, Resource};

use super::Snapshot;
use super::revision::ordinal_in;
use crate::memory::KnownSet;

/// What belongs to one set, by ordinal.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub pods: BTreeMap<i32, &'a Pod>,
    pub claims: BTreeMap<i32, Vec<&'a PersistentVolumeClaim>>,
}

/// Everybody.
#[derive(Default)]
pub(super) struct Census<'a> {
    /// The sets that are there or were seen.
    pub sets: BTreeMap<ObjectKey, Members<'a>>,
    /// Pods of no set.
    pub pods: Vec<&'a Pod>,
    /// Claims of no set.
    pub claims: Vec<&'a PersistentVolumeClaim>,
}

impl<'a> Census<'a> {
    pub(super) fn of(snapshot: Snapshot<'a>) -> Census<'a> {
        let mut census = Census::default();
        // `data-web` → the set whose claims are named so.
        let mut prefixes: BTreeMap<(String, String), ObjectKey> = BTreeMap::new();
        let mut enter = |key: ObjectKey, known: &KnownSet, census: &mut Census<'a>| {
            for template in &known.templates {
                prefixes.insert((key.namespace.to_string(), format!("{template}-{}", key.name)), key.clone());
            }
            census.sets.entry(key).or_default();
        };
        for (key, known) in snapshot.memory.sets() {
            enter(key.clone(), known, &mut census);
        }
        for set in snapshot.objects.list::<StatefulSet>("") {
            enter(set.key(), &KnownSet::of(set), &mut census);
        }
        for pod in snapshot.objects.list::<Pod>("") {
            match owner(snapshot, pod).and_then(|key| Some((ordinal_in(pod.name(), &key)?, key))) {
                Some((ordinal, key)) if census.sets.contains_key(&key) => {
                    census.sets.entry(key).or_default().pods.insert(ordinal, pod);
                }
                _ => census.pods.push(pod),
            }
        }
        for claim in snapshot.objects.list::<PersistentVolumeClaim>("") {
            let split = claim.name().rsplit_once('-');
            let found = split.and_then(|(prefix, digits)| {
                let key = prefixes.get(&(claim.namespace().to_owned(), prefix.to_owned()))?;
                Some((ordinal_in(&format!("{}-{digits}", key.name), key)?, key.clone()))
            });
            match found {
                Some((ordinal, key)) => {
                    census.sets.entry(key).or_default().claims.entry(ordinal).or_default().push(claim);
                }
                None => census.claims.push(claim),
            }
        }
        census
    }
}

/// The set that controls the pod, or did so before it was deleted.
fn owner(snapshot: Snapshot<'_>, pod: &Pod) -> Option<ObjectKey> {
    let owner = controller_of(&pod.metadata).filter(|owner| owner.kind == "StatefulSet")?;
    let key = ObjectKey::new(Kind::StatefulSet, pod.namespace(), &owner.name);
    let live = snapshot.objects.get::<StatefulSet>(&key.namespace, &key.name);
    live.is_none_or(|live| live.uid() == owner.uid).then_some(key)
}
