//! How many nodes of a zone may be emptied in what time, and whether any.
//!
//! Models ComputeZoneState, setLimiterInZone and handleDisruption of
//! pkg/controller/nodelifecycle/node_lifecycle_controller.go, with its flags' defaults.

use std::sync::Arc;

use client::Listers;
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use machinery::time::after_ms;

use super::{is_ready, next_look};

/// Between two nodes of a zone that are emptied (`--node-eviction-rate` of 0.1 in a second).
const PERIOD_MS: i64 = 10_000;
/// The same in a large zone that is lost in part (`--secondary-node-eviction-rate` of 0.01).
const SECONDARY_PERIOD_MS: i64 = 100_000;
/// A zone of more nodes is large (`--large-cluster-size-threshold`).
const LARGE: usize = 50;
/// From this part of lost nodes on, in percent, a zone is lost in part (`--unhealthy-zone-threshold`).
const UNHEALTHY_PERCENT: usize = 55;

/// When a node of each zone was last allowed to be emptied.
#[derive(Clone, Debug, Default)]
pub(super) struct Rates {
    last: OrdMap<Arc<str>, Timestamp>,
}

impl Rates {
    /// Takes the zone's turn; or says when to ask again.
    pub(super) fn turn(&mut self, listers: &Listers, node: &Node, now: Timestamp) -> Option<Timestamp> {
        let zone = key(node);
        let Some(period_ms) = period_ms(listers, &zone) else {
            // None is emptied before the zone has changed; a look costs little.
            return Some(next_look(now));
        };
        let last = self.last.get(&*zone).map(|last| after_ms(*last, period_ms));
        if let Some(later) = last.filter(|later| *later > now) {
            return Some(next_look(after_ms(later, -1)));
        }
        self.last.insert(zone.as_str().into(), now);
        None
    }
}

/// Whether no node of any zone is ready: then the fault is on this side, and nobody is evicted.
pub(super) fn is_everything_lost(listers: &Listers) -> bool {
    !listers.list::<Node>("").any(|node| is_ready(node))
}

/// Milliseconds between two nodes of the zone; `None` if none is to be emptied.
fn period_ms(listers: &Listers, zone: &str) -> Option<i64> {
    let of_zone = || listers.list::<Node>("").filter(|node| key(node) == zone);
    let (all, lost) = (of_zone().count(), of_zone().filter(|node| !is_ready(node)).count());
    let in_part = lost < all && lost > 2 && lost * 100 >= all * UNHEALTHY_PERCENT;
    match in_part {
        false => Some(PERIOD_MS),
        true => (all > LARGE).then_some(SECONDARY_PERIOD_MS),
    }
}

/// Region and zone (GetZoneKey).
fn key(node: &Node) -> String {
    let label = |name: &str| node.metadata.labels.as_ref().and_then(|labels| labels.get(name)).cloned();
    let region = label("topology.kubernetes.io/region").unwrap_or_default();
    let zone = label("topology.kubernetes.io/zone").unwrap_or_default();
    format!("{region}:\0:{zone}")
}
