//! A set's pods by ordinal, with the answers that upstream finds by walking over all of them.
//!
//! An OrderedReady set of ten thousand is synced some thirty thousand times, so a sync must not look at every pod. The
//! table is fed by watch events alone, one pod at a time, and keeps a few bits for each ordinal; a question is a search
//! through words of 64. Ordinals are sparse (`ordinals.start`, adopted pods): only words that have pods are there.
//! Invariant: it says of every ordinal what a walk over the caches would say; a clone shares the words.

use std::ops::RangeInclusive;
use std::sync::Arc;

use client::Listers;
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use machinery::Resource;
use machinery::labels::Selector;
use machinery::object::is_terminating;
use machinery::version::Features;

use super::stateful_set_utils::{
    get_claim_templates, get_min_ready_seconds, get_parent_name_and_ordinal, get_pod_revision,
    is_running_and_available, is_running_and_ready,
};

/// Ordinals in a word.
const BITS: i64 = 64;

/// The pods of 64 ordinals. In every word of bits, bit `n` is about ordinal `64 * number + n`.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    number: i64,
    /// There is a pod.
    pub(super) exists: u64,
    /// The last sync that looked at it found everything in order, and nothing about it has changed since.
    pub(super) settled: u64,
    ready: u64,
    /// It has been Ready for `minReadySeconds`, as far as anyone has looked.
    available: u64,
    /// It is Ready; and also available, in versions where a healthy pod has to be.
    sound: u64,
    pub(super) terminating: u64,
    /// It has the current revision.
    current: u64,
    /// It has the update revision.
    pub(super) updated: u64,
    /// 64, or none at all.
    pods: Vec<Option<Arc<Pod>>>,
}

impl Slots {
    /// The pods that count as healthy: Ready, for long enough where that matters, and not about to go (isUnavailable).
    pub(super) fn healthy(&self) -> u64 {
        self.sound & !self.terminating
    }

    fn counts(&self, bit: u64) -> ReplicaCounts {
        let count = |bits: u64| i32::from(bits & bit != 0);
        ReplicaCounts {
            replicas: count(self.exists),
            ready: count(self.ready),
            available: count(self.available),
            current: count(self.current & !self.terminating),
            updated: count(self.updated & !self.terminating),
        }
    }
}

/// How many of a set's pods there are, and of which sort (the sums of computeReplicaStatus).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ReplicaCounts {
    pub(super) replicas: i32,
    pub(super) ready: i32,
    pub(super) available: i32,
    pub(super) current: i32,
    pub(super) updated: i32,
}

impl ReplicaCounts {
    fn add(&mut self, other: ReplicaCounts, sign: i32) {
        self.replicas += sign * other.replicas;
        self.ready += sign * other.ready;
        self.available += sign * other.available;
        self.current += sign * other.current;
        self.updated += sign * other.updated;
    }
}

/// The pods that a set controls, by ordinal. A clone shares its structure.
#[derive(Clone, Debug)]
pub(super) struct ReplicaTable {
    /// In ascending order of their numbers.
    slots: Vec<Arc<Slots>>,
    counts: ReplicaCounts,
    /// Pods that the set controls and does not select: it lets them go.
    pub(super) strays: Vec<Arc<Pod>>,
    set_name: String,
    namespace: String,
    selector: Selector,
    /// The names of claims without the ordinal.
    claim_prefixes: Vec<String>,
    generation: Option<i64>,
    min_ready_seconds: i32,
    health_means_available: bool,
    current: String,
    update: String,
    /// The revision that records the template of this generation, once it is known.
    pub(super) update_revision: Option<Arc<ControllerRevision>>,
}

impl ReplicaTable {
    /// The table of a set, from what the caches show.
    pub(super) fn new(
        set: &StatefulSet,
        selector: &Selector,
        listers: &Listers,
        features: Features,
    ) -> ReplicaTable {
        let prefix = |claim: &_| format!("{}-{}-", Resource::name(claim), set.name());
        let mut table = ReplicaTable {
            slots: Vec::new(),
            counts: ReplicaCounts::default(),
            strays: Vec::new(),
            set_name: set.name().to_owned(),
            namespace: set.namespace().to_owned(),
            selector: selector.clone(),
            claim_prefixes: get_claim_templates(set).iter().map(prefix).collect(),
            generation: set.metadata.generation,
            min_ready_seconds: get_min_ready_seconds(set),
            health_means_available: features.health_means_available(),
            current: String::new(),
            update: String::new(),
            update_revision: None,
        };
        for pod in listers.controlled::<Pod>(set.uid()) {
            table.put(pod);
        }
        table
    }

    /// Whether the table was made for the set's present spec.
    pub(super) fn is_of(&self, set: &StatefulSet) -> bool {
        self.generation == set.metadata.generation
    }

    /// Takes in a pod of the set, new or changed.
    pub(super) fn put(&mut self, pod: &Arc<Pod>) {
        self.remove(pod);
        let member = self.ordinal_of(pod).filter(|_| self.selector.matches(pod.metadata.labels.as_ref()));
        let Some(ordinal) = member else {
            self.strays.push(pod.clone());
            return;
        };
        let (revision, ready) = (get_pod_revision(pod), is_running_and_ready(pod));
        let facts = [
            ready,
            is_terminating(&pod.metadata),
            revision == self.current,
            revision == self.update,
            ready && !self.health_means_available,
        ];
        self.change(ordinal, |slots, bit| {
            let set = |word: &mut u64, holds: bool| *word = if holds { *word | bit } else { *word & !bit };
            set(&mut slots.exists, true);
            set(&mut slots.settled, false);
            set(&mut slots.available, false);
            set(&mut slots.ready, facts[0]);
            set(&mut slots.terminating, facts[1]);
            set(&mut slots.current, facts[2]);
            set(&mut slots.updated, facts[3]);
            set(&mut slots.sound, facts[4]);
            slots.pods[bit.trailing_zeros() as usize] = Some(pod.clone());
        });
    }

    /// Forgets a pod.
    pub(super) fn remove(&mut self, pod: &Pod) {
        self.strays.retain(|stray| stray.name() != pod.name());
        let Some(ordinal) = self.ordinal_of(pod).filter(|ordinal| self.get(*ordinal).is_some()) else {
            return;
        };
        self.change(ordinal, |slots, bit| {
            let words = [
                &mut slots.exists,
                &mut slots.settled,
                &mut slots.ready,
                &mut slots.available,
                &mut slots.sound,
                &mut slots.terminating,
                &mut slots.current,
                &mut slots.updated,
            ];
            words.into_iter().for_each(|word| *word &= !bit);
            slots.pods[bit.trailing_zeros() as usize] = None;
        });
    }

    /// The ordinal in the name of a pod of this set; `None` for a name that no ordinal of the set has.
    fn ordinal_of(&self, pod: &Pod) -> Option<i64> {
        let (parent, ordinal) = get_parent_name_and_ordinal(pod.name())?;
        (parent == self.set_name && ordinal >= 0).then_some(ordinal)
    }

    /// A claim has changed: the pod that it is for is looked at again.
    pub(super) fn claim_changed(&mut self, namespace: &str, claim: &str) {
        if namespace != self.namespace {
            return;
        }
        let ordinal = |prefix: &String| claim.strip_prefix(prefix.as_str())?.parse::<u32>().ok();
        let changed: Vec<u32> = self.claim_prefixes.iter().filter_map(ordinal).collect();
        for ordinal in changed.into_iter().map(i64::from) {
            if self.get(ordinal).is_some() {
                self.change(ordinal, |slots, bit| slots.settled &= !bit);
            }
        }
    }

    /// A sync has looked at this pod and found everything in order.
    pub(super) fn settle(&mut self, ordinal: i64) {
        self.change(ordinal, |slots, bit| slots.settled |= bit);
    }

    /// Sees which pods have been Ready for long enough by now, and which have one of these revisions.
    pub(super) fn refresh(&mut self, current: &str, update: &str, now: Timestamp) {
        if self.current != current || self.update != update {
            (self.current, self.update) = (current.to_owned(), update.to_owned());
            let all: Vec<Arc<Pod>> = self.pods().cloned().collect();
            self.slots.clear();
            self.counts = ReplicaCounts::default();
            all.iter().for_each(|pod| self.put(pod));
        }
        let mut next = 0;
        while let Some(ordinal) = self.first(&(next..=i64::MAX), |slots| slots.ready & !slots.available) {
            let min = self.min_ready_seconds;
            if self.get(ordinal).is_some_and(|pod| is_running_and_available(pod, min, now)) {
                self.change(ordinal, |slots, bit| {
                    slots.available |= bit;
                    slots.sound |= bit;
                });
            }
            next = ordinal + 1;
        }
    }

    /// The pod with this ordinal.
    pub(super) fn get(&self, ordinal: i64) -> Option<&Arc<Pod>> {
        let at = self.find(ordinal.div_euclid(BITS)).ok()?;
        self.slots[at].pods.get(usize::try_from(ordinal.rem_euclid(BITS)).ok()?)?.as_ref()
    }

    /// Every pod, by ordinal.
    pub(super) fn pods(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.slots.iter().flat_map(|slots| &slots.pods).flatten()
    }

    /// What computeReplicaStatus counts in a loop over all pods.
    pub(super) fn counts(&self) -> ReplicaCounts {
        self.counts
    }

    /// The first ordinal of a range at which processReplica has something to look at, in place of its loop over all
    /// replicas: a pod that is missing, or was not found in order since it last changed.
    pub(super) fn first_unsettled(&self, range: &RangeInclusive<i64>) -> Option<i64> {
        self.first(range, |slots| !slots.settled)
    }

    /// The highest ordinal of a range at which a rolling update does not simply go on, in place of its loop downwards: a
    /// pod that is missing, outdated or unavailable.
    pub(super) fn last_stale(&self, range: &RangeInclusive<i64>) -> Option<i64> {
        self.last(range, |slots| !(slots.updated & slots.healthy()))
    }

    /// The lowest ordinal of a range that is missing or unavailable, in place of the loop that finds the first unhealthy
    /// pod.
    pub(super) fn first_unhealthy(&self, range: &RangeInclusive<i64>) -> Option<i64> {
        self.first(range, |slots| !slots.healthy())
    }

    /// The pods that have neither the current nor the update revision.
    pub(super) fn of_other_revisions(&self) -> impl Iterator<Item = &Arc<Pod>> {
        let ordinals = self.ordinals(0..=i64::MAX, |slots| slots.exists & !slots.current & !slots.updated);
        ordinals.filter_map(|ordinal| self.get(ordinal))
    }

    /// The pods that are Ready and not available yet.
    pub(super) fn maturing(&self) -> impl Iterator<Item = &Arc<Pod>> {
        let ordinals = self.ordinals(0..=i64::MAX, |slots| slots.ready & !slots.available);
        ordinals.filter_map(|ordinal| self.get(ordinal))
    }

    /// How many ordinals of a range have a bit in the words that `of` gives.
    pub(super) fn count(&self, range: RangeInclusive<i64>, of: fn(&Slots) -> u64) -> i64 {
        let counts = self.slots.iter().map(|slots| (of(slots) & mask(slots.number, &range)).count_ones());
        counts.map(i64::from).sum()
    }

    /// The ordinals of a range that have a bit in the words that `of` gives, ascending.
    pub(super) fn ordinals(
        &self,
        range: RangeInclusive<i64>,
        of: fn(&Slots) -> u64,
    ) -> impl Iterator<Item = i64> {
        let mut next = *range.start();
        std::iter::from_fn(move || {
            let found = self.first(&(next..=*range.end()), of)?;
            next = found.saturating_add(1);
            Some(found)
        })
    }

    /// The first ordinal of a range with a bit in the words that `of` gives; of an ordinal without a pod `of` says what
    /// it says of empty slots.
    pub(super) fn first(&self, range: &RangeInclusive<i64>, of: fn(&Slots) -> u64) -> Option<i64> {
        let gaps = of(&Slots::default()) != 0;
        let mut next = *range.start();
        let from = self.find(next.div_euclid(BITS)).unwrap_or_else(|at| at);
        for slots in &self.slots[from..] {
            let begin = slots.number * BITS;
            if gaps && next < begin || begin > *range.end() {
                break;
            }
            let bits = of(slots) & mask(slots.number, range);
            if bits != 0 {
                return Some(begin + i64::from(bits.trailing_zeros()));
            }
            next = begin + BITS;
        }
        (gaps && next <= *range.end()).then_some(next)
    }

    /// The last ordinal of a range with a bit in the words that `of` gives.
    pub(super) fn last(&self, range: &RangeInclusive<i64>, of: fn(&Slots) -> u64) -> Option<i64> {
        let gaps = of(&Slots::default()) != 0;
        let mut next = *range.end();
        let to = self.find(next.div_euclid(BITS)).map_or_else(|at| at, |at| at + 1);
        for slots in self.slots[..to].iter().rev() {
            let begin = slots.number * BITS;
            if gaps && next >= begin + BITS || begin + BITS <= *range.start() {
                break;
            }
            let bits = of(slots) & mask(slots.number, range);
            if bits != 0 {
                return Some(begin + i64::from(bits.ilog2()));
            }
            next = begin - 1;
        }
        (gaps && next >= *range.start()).then_some(next)
    }

    fn find(&self, number: i64) -> Result<usize, usize> {
        self.slots.binary_search_by_key(&number, |slots| slots.number)
    }

    /// Changes the bits of one ordinal, and counts anew.
    fn change(&mut self, ordinal: i64, edit: impl FnOnce(&mut Slots, u64)) {
        let number = ordinal.div_euclid(BITS);
        let at = self.find(number).unwrap_or_else(|at| {
            let empty = Slots { number, pods: vec![None; BITS as usize], ..Slots::default() };
            self.slots.insert(at, Arc::new(empty));
            at
        });
        let bit = 1 << ordinal.rem_euclid(BITS);
        let slots = Arc::make_mut(&mut self.slots[at]);
        self.counts.add(slots.counts(bit), -1);
        edit(slots, bit);
        self.counts.add(slots.counts(bit), 1);
    }
}

/// The bits of a word that stand for ordinals of the range.
fn mask(number: i64, range: &RangeInclusive<i64>) -> u64 {
    let begin = number * BITS;
    let (low, high) = ((range.start() - begin).max(0), (range.end() - begin).min(BITS - 1));
    if low > high { 0 } else { u64::MAX << low & u64::MAX >> (BITS - 1 - high) }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    use super::*;

    fn table(ordinals: &[i64]) -> ReplicaTable {
        let mut set = StatefulSet::default();
        set.metadata.name = Some("web".to_owned());
        let mut table =
            ReplicaTable::new(&set, &Selector::default(), &Listers::default(), Features::default());
        for ordinal in ordinals {
            let name = Some(format!("web-{ordinal}"));
            table.put(&Arc::new(Pod {
                metadata: ObjectMeta { name, ..Default::default() },
                ..Default::default()
            }));
        }
        table
    }

    #[test]
    fn searches_find_what_a_walk_would() {
        let pods = [0, 1, 2, 5, 63, 64, 66, 200, 2_000_000_000];
        let table = table(&pods);
        let bounds = [0, 1, 3, 5, 62, 63, 64, 65, 127, 128, 199, 200, 201, 1_999_999_999, 2_000_000_001];
        for (from, to) in bounds.iter().flat_map(|from| bounds.map(|to| (*from, to))) {
            let (inside, range) = (|ordinal: &&i64| (from..=to).contains(*ordinal), from..=to);
            assert_eq!(table.first(&range, |s| s.exists), pods.iter().find(inside).copied(), "{range:?}");
            assert_eq!(table.last(&range, |s| s.exists), pods.iter().rfind(inside).copied(), "{range:?}");
            assert_eq!(table.count(range.clone(), |s| s.exists), pods.iter().filter(inside).count() as i64);
            let missing = (from..=to).find(|ordinal| !pods.contains(ordinal));
            assert_eq!(table.first(&range, |s| !s.exists), missing, "{range:?}");
            let missing = (from..=to).rev().find(|ordinal| !pods.contains(ordinal));
            assert_eq!(table.last(&range, |s| !s.exists), missing, "{range:?}");
        }
    }

    #[test]
    fn a_pod_that_changes_is_looked_at_again() {
        let mut table = table(&[0, 1, 2]);
        (0..3).for_each(|ordinal| table.settle(ordinal));
        assert_eq!(table.first_unsettled(&(0..=2)), None);
        assert_eq!(table.first_unsettled(&(0..=9)), Some(3), "a pod that is not there");
        let pod = table.get(1).cloned().expect("it is there");
        table.put(&pod);
        assert_eq!(table.first_unsettled(&(0..=9)), Some(1));
        table.remove(&pod);
        assert_eq!((table.get(1), table.counts().replicas, table.pods().count()), (None, 2, 2));
    }
}
