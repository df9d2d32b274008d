//! Which of a service's slices the caches do not show yet as this controller has written them.
//!
//! Models k8s.io/endpointslice/util/endpointslice_tracker.go: working on older slices would make them twice.

use client::Listers;
use imbl::OrdMap;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use machinery::{Object, ObjectKey, Resource};

/// The newest resourceVersion that was written of each slice, by service.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointSliceTracker {
    written: OrdMap<ObjectKey, OrdMap<ObjectKey, u64>>,
}

impl EndpointSliceTracker {
    /// A slice was written.
    pub(super) fn update(&mut self, service: ObjectKey, slice: &EndpointSlice) {
        let version = slice.metadata.resource_version.as_deref().and_then(|version| version.parse().ok());
        self.written.entry(service).or_default().insert(slice.key(), version.unwrap_or(0));
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
    pub(super) fn stale_slices(&self, service: &ObjectKey, listers: &Listers) -> bool {
        self.written.get(service).into_iter().flatten().any(|(slice, &version)| {
            listers.object(slice).map(Object::resource_version).is_none_or(|cached| cached < version)
        })
    }
}
