//! Keeps a Service's EndpointSlices true to its pods.
//!
//! Models pkg/controller/endpointslice/endpointslice_controller.go (v1.36.2). Departs: a sync on caches that are behind is
//! made up for by the slice's own event, where upstream retries; topology hints are not set.
//! Invariant: slices carry the label of their manager, and no other slice is touched.

mod reconciler;
mod tracker;
mod trigger_time;
mod utils;

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use client::{Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use machinery::labels::Selector;
use machinery::object::is_terminating;
use machinery::{Kind, Object, ObjectKey, Resource};

use tracker::EndpointSliceTracker;
use trigger_time::TriggerTimeTracker;
use utils::{
    CONTROLLER_NAME, MANAGED_BY_LABEL, SERVICE_NAME_LABEL, label, pod_endpoint_changed, service_selector,
};

/// The controller of EndpointSlices.
#[derive(Clone, Debug, Default)]
pub struct EndpointSliceController {
    tracker: EndpointSliceTracker,
    trigger_times: TriggerTimeTracker,
}

impl Reconciler for EndpointSliceController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            Object::Service(service) => vec![service.key()],
            Object::Pod(pod) => services_to_update_on_pod_change(event, listers, pod),
            Object::EndpointSlice(slice) => {
                if label(&slice.metadata, MANAGED_BY_LABEL) != CONTROLLER_NAME {
                    return Vec::new();
                }
                let service = label(&slice.metadata, SERVICE_NAME_LABEL);
                let service = ObjectKey::new(Kind::Service, slice.namespace(), service);
                if event.change == Change::Deleted {
                    self.tracker.handle_deletion(&service, &slice.key());
                }
                vec![service]
            }
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let Some(service) = cx.listers.get::<Service>(&key.namespace, &key.name).cloned() else {
            // The slices of a service that is gone are the garbage collector's.
            self.tracker.delete_service(key);
            self.trigger_times.delete_service(key);
            return Ok(Outcome::Done);
        };
        let Some(selector) = service_selector(&service) else {
            return Ok(Outcome::Done);
        };
        let listers = cx.listers;
        if self.tracker.stale_slices(key, listers) {
            return Ok(Outcome::Done);
        }
        let pods: Vec<&Arc<Pod>> = listers
            .list::<Pod>(&key.namespace)
            .filter(|pod| selector.matches(pod.metadata.labels.as_ref()))
            .collect();
        let slices: Vec<Arc<EndpointSlice>> = listers
            .list::<EndpointSlice>(&key.namespace)
            .filter(|slice| label(&slice.metadata, SERVICE_NAME_LABEL) == service.name())
            .filter(|slice| label(&slice.metadata, MANAGED_BY_LABEL) == CONTROLLER_NAME)
            .filter(|slice| !is_terminating(&slice.metadata))
            .cloned()
            .collect();
        let triggered = self.trigger_times.compute_endpoint_last_change_trigger_time(&service, &pods);
        reconciler::reconcile(cx, &mut self.tracker, &service, &pods, slices, triggered).inspect_err(
            |error| {
                let message = format!(
                    "Error updating Endpoint Slices for Service {}/{}: {error}",
                    key.namespace, key.name
                );
                let about = Object::Service(service.clone());
                cx.event(CONTROLLER_COMPONENT, &about, "Warning", "FailedToUpdateEndpointSlices", &message);
            },
        )?;
        Ok(Outcome::Done)
    }
}

const CONTROLLER_COMPONENT: &str = "endpoint-slice-controller";

/// The services that select the pod, or did before the change (endpointslice/util, GetServicesToUpdateOnPodChange).
fn services_to_update_on_pod_change(event: &WatchEvent, listers: &Listers, pod: &Pod) -> Vec<Key> {
    let old = event.old.as_ref().and_then(Pod::unwrap).filter(|_| event.change == Change::Modified);
    let (changed, relabelled) = match old {
        None => (true, false),
        Some(old) => (pod_endpoint_changed(old, pod), old.metadata.labels != pod.metadata.labels),
    };
    if !changed && !relabelled {
        return Vec::new();
    }
    let selects = |selector: &Selector, pod: &Pod| selector.matches(pod.metadata.labels.as_ref());
    listers
        .list::<Service>(pod.namespace())
        .filter(|service| {
            service_selector(service).is_some_and(|selector| {
                let now = selects(&selector, pod);
                let before = old.map_or(now, |old| selects(&selector, old));
                if changed { now || before } else { now != before }
            })
        })
        .map(|service| service.key())
        .collect()
}
