//! Keeps a Service's EndpointSlices true to its pods.
//!
//! Models pkg/controller/endpointslice/endpointslice_controller.go (v1.36.2). Departs: a sync on caches that are behind is
//! made up for by the slice's own event, where upstream retries; topology hints are not set.
//! Invariant: slices carry the label of their manager, and no other slice is touched.

mod changed_pods;
mod reconciler;
mod tracker;
mod trigger_time;
mod utils;

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use client::{Context, Error, Key, Listers, Outcome, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod, Service};
use machinery::labels::Selector;
use machinery::object::is_terminating;
use machinery::{EndpointSlice, Kind, Object, ObjectKey, Resource};

use changed_pods::{Placed, reconcile_changed};
use imbl::OrdMap;
use tracker::EndpointSliceTracker;
use trigger_time::{TriggerTimes, compute_endpoint_last_change_trigger_time};
use utils::{CONTROLLER_NAME, pod_endpoint_changed, service_selector};
pub(crate) use utils::{MANAGED_BY_LABEL, SERVICE_NAME_LABEL, label};

/// The controller of EndpointSlices.
#[derive(Clone, Debug, Default)]
pub struct EndpointSliceController {
    tracker: EndpointSliceTracker,
    services: OrdMap<ObjectKey, Known>,
}

/// What is remembered of a service between its syncs.
#[derive(Clone, Debug, Default)]
struct Known {
    trigger_times: TriggerTimes,
    /// Where its pods stand; `None` if all of them have to be looked at.
    placed: Option<Placed>,
    /// The pods that have changed since the last sync.
    changed: Vec<Key>,
}

impl EndpointSliceController {
    /// The service is looked at as a whole next time.
    fn forget_places(&mut self, service: &ObjectKey) {
        if let Some(known) = self.services.get_mut(service) {
            known.placed = None;
        }
    }
}

impl Reconciler for EndpointSliceController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            Object::Service(service) => {
                self.forget_places(&service.key());
                vec![service.key()]
            }
            Object::Pod(pod) => {
                let services = services_to_update_on_pod_change(event, listers, pod);
                for service in &services {
                    if let Some(known) = self.services.get_mut(service) {
                        known.changed.push(pod.key());
                    }
                }
                services
            }
            // Endpoints say whether their node is there, and its zone.
            Object::Node(node) => {
                let old =
                    event.old.as_ref().and_then(Node::unwrap).filter(|_| event.change == Change::Modified);
                if old.is_none_or(|old| old.metadata.labels != node.metadata.labels) {
                    let services: Vec<ObjectKey> = self.services.keys().cloned().collect();
                    services.iter().for_each(|service| self.forget_places(service));
                }
                Vec::new()
            }
            Object::EndpointSlice(slice) => {
                if label(&slice.metadata, MANAGED_BY_LABEL) != CONTROLLER_NAME {
                    return Vec::new();
                }
                let service = label(&slice.metadata, SERVICE_NAME_LABEL);
                let service = ObjectKey::new(Kind::Service, slice.namespace(), service);
                if event.change == Change::Deleted {
                    self.tracker.handle_deletion(&service, &slice.key());
                    self.forget_places(&service);
                } else if !self.tracker.seen(&service, slice) {
                    self.forget_places(&service);
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
            self.services.remove(key);
            return Ok(Outcome::Done);
        };
        let Some(selector) = service_selector(&service) else {
            return Ok(Outcome::Done);
        };
        if self.tracker.stale_slices(key) {
            return Ok(Outcome::Done);
        }
        let mut known = self.services.remove(key).unwrap_or_default();
        let synced = sync_service(cx, &mut self.tracker, &service, &selector, &mut known);
        // After an error all pods have to be looked at.
        let (placed, synced) = synced.map_or_else(|e| (None, Err(e)), |placed| (placed, Ok(Outcome::Done)));
        self.services.insert(key.clone(), Known { placed, ..known });
        synced.inspect_err(|error| {
            let message =
                format!("Error updating Endpoint Slices for Service {}/{}: {error}", key.namespace, key.name);
            let about = Object::Service(service.clone());
            cx.event(CONTROLLER_COMPONENT, &about, "Warning", "FailedToUpdateEndpointSlices", &message);
        })
    }
}

/// Brings the service's slices to what its pods are; gives back where the pods stand then.
fn sync_service(
    cx: &mut Context<'_>,
    tracker: &mut EndpointSliceTracker,
    service: &Service,
    selector: &Selector,
    known: &mut Known,
) -> Result<Option<Placed>, Error> {
    let (listers, namespace) = (cx.listers, service.namespace());
    let selected = |pod: &&Arc<Pod>| selector.matches(pod.metadata.labels.as_ref());
    let mut changed = std::mem::take(&mut known.changed);
    let mut triggered = None;
    if let Some(placed) = known.placed.take() {
        if changed.is_empty() {
            return Ok(Some(placed));
        }
        changed.sort_unstable();
        changed.dedup();
        let pods = changed.iter().map(|pod| (&*pod.name, listers.get(namespace, &pod.name).filter(selected)));
        let pods = pods.map(|(name, pod)| (name, pod.map(Arc::as_ref)));
        let times = &mut known.trigger_times;
        triggered = compute_endpoint_last_change_trigger_time(times, service, pods, false);
        let placed = reconcile_changed(cx, tracker, service, selector, placed, &changed, triggered)?;
        if placed.is_some() {
            return Ok(placed);
        }
    }
    let pods: Vec<&Arc<Pod>> = listers.list::<Pod>(namespace).filter(selected).collect();
    let slices: Vec<Arc<EndpointSlice>> = listers
        .list::<EndpointSlice>(namespace)
        .filter(|slice| label(&slice.metadata, SERVICE_NAME_LABEL) == service.name())
        .filter(|slice| label(&slice.metadata, MANAGED_BY_LABEL) == CONTROLLER_NAME)
        .filter(|slice| !is_terminating(&slice.metadata))
        .cloned()
        .collect();
    let named = pods.iter().map(|pod| (pod.name(), Some(&***pod)));
    let times = &mut known.trigger_times;
    let changed_now = compute_endpoint_last_change_trigger_time(times, service, named, true);
    let slices = reconciler::reconcile(cx, tracker, service, &pods, slices, triggered.or(changed_now))?;
    Ok(Placed::new(service, &slices))
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
