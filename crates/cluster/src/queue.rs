//! The work of all components, ordered by time, rank and key.
//!
//! Models client-go/util/workqueue: a queue, its delays and its exponential rate limiter (5 ms doubling to 1,000 s).
//! Invariant: for each component, key and lane there is at most one item, the earliest that was asked for; a sync that went
//! well replaces what the one before it wanted to wait for.

use client::Key;
use imbl::{OrdMap, OrdSet};

use crate::latency::Component;

/// The first delay of a retry; each failure doubles it.
const RETRY_FIRST_MS: i64 = 5;
/// The longest delay of a retry.
const RETRY_MAX_MS: i64 = 1_000_000;
/// A retry that is delayed for so long belongs to something that waits for people: the world counts as quiet.
const RETRY_QUIET_MS: i64 = 10_000;

/// Why an item is there. An item of one lane never replaces one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Something changed.
    Event,
    /// A sync asked to be called again.
    Timer,
    /// A sync failed.
    Retry,
    /// The periodic resync.
    Resync,
}

/// One sync to come. The order of the fields is the order of the work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) due_ms: i64,
    pub(crate) component: Component,
    pub(crate) key: Key,
    pub(crate) lane: Lane,
}

/// All work to come. A clone shares its structure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    items: OrdSet<Item>,
    due_ms: OrdMap<(Component, Key, Lane), i64>,
    failures: OrdMap<(Component, Key), u32>,
}

impl Queue {
    /// Adds an item, unless the same one is due earlier.
    pub(crate) fn add(&mut self, item: Item) {
        let place = (item.component, item.key.clone(), item.lane);
        if let Some(due_ms) = self.due_ms.get(&place).copied() {
            if due_ms <= item.due_ms {
                return;
            }
            self.items.remove(&Item { due_ms, ..item.clone() });
        }
        self.due_ms.insert(place, item.due_ms);
        self.items.insert(item);
    }

    /// The next item.
    pub(crate) fn first(&self) -> Option<&Item> {
        self.items.get_min()
    }

    /// Takes the next item out.
    pub(crate) fn pop(&mut self) -> Option<Item> {
        let (item, rest) = self.items.without_min();
        let item = item?;
        self.items = rest;
        self.due_ms.remove(&(item.component, item.key.clone(), item.lane));
        Some(item)
    }

    /// Nothing is waited for any more by the last sync of this key.
    pub(crate) fn forget_timer(&mut self, component: Component, key: &Key) {
        let place = (component, key.clone(), Lane::Timer);
        if let Some(due_ms) = self.due_ms.remove(&place) {
            let (component, key, lane) = place;
            self.items.remove(&Item { due_ms, component, key, lane });
        }
    }

    /// The sync of this key failed at that time: it is tried again later.
    pub(crate) fn retry(&mut self, component: Component, key: Key, now_ms: i64) {
        let failures = self.failures.entry((component, key.clone())).or_default();
        let due_ms = now_ms.saturating_add(retry_delay_ms(*failures));
        *failures = failures.saturating_add(1);
        self.add(Item { due_ms, component, key, lane: Lane::Retry });
    }

    /// The sync of this key went well.
    pub(crate) fn forget_failures(&mut self, component: Component, key: &Key) {
        self.failures.remove(&(component, key.clone()));
    }

    /// Whether nothing is left but resyncs and retries that wait for people.
    pub(crate) fn is_quiet(&self) -> bool {
        self.items.iter().all(|item| match item.lane {
            Lane::Event | Lane::Timer => false,
            Lane::Resync => true,
            Lane::Retry => {
                let failures = self.failures.get(&(item.component, item.key.clone())).copied();
                retry_delay_ms(failures.unwrap_or(0).saturating_sub(1)) >= RETRY_QUIET_MS
            }
        })
    }
}

/// The delay after so many earlier failures (ItemExponentialFailureRateLimiter).
fn retry_delay_ms(failures: u32) -> i64 {
    // Beyond 2^18 the longest delay is reached.
    RETRY_FIRST_MS.saturating_mul(1 << failures.min(18)).min(RETRY_MAX_MS)
}

#[cfg(test)]
mod tests {
    use machinery::{Kind, ObjectKey};

    use super::*;

    fn item(due_ms: i64, component: Component, name: &str, lane: Lane) -> Item {
        Item { due_ms, component, key: ObjectKey::new(Kind::Pod, "default", name), lane }
    }

    #[test]
    fn work_comes_by_time_then_rank_then_key() {
        let mut queue = Queue::default();
        for (due_ms, component, name) in [
            (2, Component::StatefulSet, "0"),
            (1, Component::Kubelet, "a"),
            (1, Component::StatefulSet, "b"),
            (1, Component::StatefulSet, "a"),
        ] {
            queue.add(item(due_ms, component, name, Lane::Event));
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.pop())
            .map(|i| (i.due_ms, i.component, i.key.name.to_string()))
            .collect();
        let expected = [
            (1, Component::StatefulSet, "a"),
            (1, Component::StatefulSet, "b"),
            (1, Component::Kubelet, "a"),
            (2, Component::StatefulSet, "0"),
        ];
        assert_eq!(order, expected.map(|(ms, c, name)| (ms, c, name.to_owned())));
    }

    #[test]
    fn the_earliest_of_equal_items_stays_and_lanes_are_apart() {
        let mut queue = Queue::default();
        for (due_ms, lane) in [(5, Lane::Event), (3, Lane::Event), (9, Lane::Event), (7, Lane::Timer)] {
            queue.add(item(due_ms, Component::Kubelet, "a", lane));
        }
        let due: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|i| (i.due_ms, i.lane)).collect();
        assert_eq!(due, [(3, Lane::Event), (7, Lane::Timer)]);
    }

    #[test]
    fn a_forgotten_timer_leaves_the_other_lanes() {
        let mut queue = Queue::default();
        for lane in [Lane::Event, Lane::Timer] {
            queue.add(item(5, Component::Kubelet, "a", lane));
        }
        let key = ObjectKey::new(Kind::Pod, "default", "a");
        queue.forget_timer(Component::Kubelet, &key);
        queue.forget_timer(Component::Kubelet, &key);
        assert_eq!(queue.pop().map(|i| i.lane), Some(Lane::Event));
        assert!(queue.pop().is_none());
    }

    #[test]
    fn retries_double_until_they_count_as_quiet() {
        let mut queue = Queue::default();
        let key = ObjectKey::new(Kind::Pod, "default", "a");
        let mut delays = Vec::new();
        while delays.len() < 20 {
            queue.retry(Component::Kubelet, key.clone(), 0);
            let due_ms = queue.first().map_or(0, |i| i.due_ms);
            assert_eq!(queue.is_quiet(), due_ms >= RETRY_QUIET_MS);
            delays.push(due_ms);
            queue.pop();
        }
        assert_eq!(delays[..4], [5, 10, 20, 40]);
        assert_eq!(delays[18..], [1_000_000, 1_000_000]);
        queue.forget_failures(Component::Kubelet, &key);
        queue.retry(Component::Kubelet, key, 0);
        assert_eq!(queue.first().map(|i| i.due_ms), Some(5));
    }
}
