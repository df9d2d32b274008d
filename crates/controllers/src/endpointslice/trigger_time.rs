//! Since when a service's slices are out of date: the moment of the oldest change that they do not show yet.
//!
//! Models k8s.io/endpointslice/util/trigger_time_tracker.go.

use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, Service};

use crate::pod::ready_transition;

/// What a service's slices showed last: since when each pod is Ready or not. `None` before the first sync.
pub(super) type TriggerTimes = Option<OrdMap<String, Timestamp>>;

/// The oldest change since the last call for this service; its creation at the first call. `pods` are all that the service
/// selects, or else those alone that have changed since; `None` for one that it selects no more.
pub(super) fn compute_endpoint_last_change_trigger_time<'p>(
    shown: &mut TriggerTimes,
    service: &Service,
    pods: impl Iterator<Item = (&'p str, Option<&'p Pod>)>,
    all: bool,
) -> Option<Timestamp> {
    let Some(before) = shown else {
        let times = pods.filter_map(|(name, pod)| Some((name.to_owned(), ready_transition(pod?)?)));
        *shown = Some(times.collect());
        return service.metadata.creation_timestamp.as_ref().map(|time| time.0);
    };
    let mut oldest: Option<Timestamp> = None;
    let mut all_times = OrdMap::new();
    for (name, pod) in pods {
        let at = pod.and_then(ready_transition);
        let known = before.get(name).copied();
        if let Some(at) = at.filter(|at| known.is_none_or(|known| *at > known)) {
            oldest = oldest.into_iter().chain([at]).min();
        }
        match at {
            Some(at) if all => drop(all_times.insert(name.to_owned(), at)),
            // In place: a copy of the map would be one of all names beside it.
            Some(at) if known != Some(at) => drop(before.insert(name.to_owned(), at)),
            None if !all => drop(before.remove(name)),
            _ => {}
        }
    }
    if all {
        *before = all_times;
    }
    oldest
}
