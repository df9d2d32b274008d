//! Which of a service's slices the caches do not show yet as this controller has written them.
//!
//! Models k8s.io/endpointslice/util/endpointslice_tracker.go: working on older slices would make them twice. Departs: a
//! write is forgotten once the caches show it, so that there is nothing to look up.

use imbl::OrdMap;
use machinery::{EndpointSlice, ObjectKey, Resource};

/// The newest resourceVersion that was written of each slice and not seen yet, by service.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointSliceTracker {
    written: OrdMap<ObjectKey, OrdMap<ObjectKey, u64>>,
}

impl EndpointSliceTracker {
    /// A slice was written.
    pub(super) fn update(&mut self, service: ObjectKey, slice: &EndpointSlice) {
        self.written.entry(service).or_default().insert(slice.key(), version_of(slice));
    }

    /// The caches show a slice; whether it is as this controller wrote it, last or before.
    pub(super) fn seen(&mut self, service: &ObjectKey, slice: &EndpointSlice) -> bool {
        let (key, seen) = (slice.key(), version_of(slice));
        let Some(slices) = self.written.get_mut(service) else {
            return false;
        };
        let Some(written) = slices.get(&key).copied() else {
            return false;
        };
        if written <= seen {
            slices.remove(&key);
        }
        seen <= written
    }

    /// A slice is gone.
    pub(super) fn handle_deletion(&mut self, service: &ObjectKey, slice: &ObjectKey) {
        if let Some(slices) = self.written.get_mut(service) {
            slices.remove(slice);
        }
    }

    pub(super) fn delete_service(&mut self, service: &ObjectKey) {
        self.written.remove(service);
    }

    /// Whether the caches are behind what was written. The event that makes up for it brings the service back.
    pub(super) fn stale_slices(&self, service: &ObjectKey) -> bool {
        self.written.get(service).is_some_and(|slices| !slices.is_empty())
    }
}

fn version_of(slice: &EndpointSlice) -> u64 {
    slice.metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0)
}
