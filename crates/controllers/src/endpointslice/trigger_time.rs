//! Since when a service's slices are out of date: the moment of the oldest change that they do not show yet.
//!
//! Models k8s.io/endpointslice/util/trigger_time_tracker.go.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, Service};
use machinery::{ObjectKey, Resource};

use crate::pod::ready_transition;

/// What each service's slices showed last.
#[derive(Clone, Debug, Default)]
pub(super) struct TriggerTimeTracker {
    services: OrdMap<ObjectKey, OrdMap<String, Timestamp>>,
}

impl TriggerTimeTracker {
    /// The oldest change since the last call for this service; its creation at the first call.
    pub(super) fn compute_endpoint_last_change_trigger_time(
        &mut self,
        service: &Service,
        pods: &[&Arc<Pod>],
    ) -> Option<Timestamp> {
        let times: OrdMap<String, Timestamp> =
            pods.iter().filter_map(|pod| Some((pod.name().to_owned(), ready_transition(pod)?))).collect();
        match self.services.insert(service.key(), times.clone()) {
            None => service.metadata.creation_timestamp.as_ref().map(|time| time.0),
            Some(before) => {
                let changed = times.iter().filter(|(name, at)| before.get(*name).is_none_or(|b| *at > b));
                changed.map(|(_, at)| *at).min()
            }
        }
    }

    pub(super) fn delete_service(&mut self, service: &ObjectKey) {
        self.services.remove(service);
    }
}
