//! The work of one pod for the change of one pod: a service whose slices are known is not looked at as a whole.
//!
//! Upstream builds every endpoint of a service in each sync and compares. Here the controller remembers which slice holds
//! which pod, and does for the changed pods alone what `reconciler` would do for all. Whatever is out of the ordinary (two
//! address families, pods with different ports, a slice that becomes empty, somebody else's write) is left to it.
//! Invariant: the slices that come of it are those that a look at all pods would give.

use std::sync::Arc;

use client::{Context, Error, Key};
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort};
use machinery::labels::Selector;
use machinery::shared::Shared;
use machinery::{EndpointSlice, Resource};

use super::reconciler::{Changes, desired_endpoint, finalize, len, spread, with_room};
use super::tracker::EndpointSliceTracker;
use super::utils::{endpoint_key, get_address_types_for_service, port_map_key};

/// Where the pods of a service stand.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    address_type: &'static str,
    /// Of every slice and every pod.
    ports: Vec<EndpointPort>,
    /// Names and lengths, in no order.
    slices: Vec<(Arc<str>, usize)>,
    /// Pod → its slice's index.
    places: OrdMap<Key, u64>,
}

impl Placed {
    /// What a look at all pods has left; `None` if it is out of the ordinary.
    pub(super) fn new(service: &Service, slices: &[Arc<EndpointSlice>]) -> Option<Placed> {
        let [address_type] = get_address_types_for_service(service)[..] else {
            return None;
        };
        let ports = slices.first()?.ports.clone().unwrap_or_default();
        let mut placed = Placed { address_type, ports, slices: Vec::new(), places: OrdMap::new() };
        let key = port_map_key(&placed.ports);
        for slice in slices {
            if port_map_key(slice.ports.as_deref().unwrap_or_default()) != key
                || slice.address_type != address_type
            {
                return None;
            }
            let index = placed.slices.len() as u64;
            for endpoint in slice.endpoints.iter().flatten() {
                placed.places.insert(pod_of(slice, endpoint)?, index);
            }
            placed.slices.push((slice.name().into(), len(slice)));
        }
        Some(placed)
    }

    /// The fullest of the slices that are not `taken` with room for so many more; of equally full ones the last by name.
    fn fullest(&self, taken: &[u64], more: usize) -> Option<&str> {
        let free = (0_u64..).zip(&self.slices).filter(|(index, _)| !taken.contains(index));
        let roomy = free.map(|(_, slice)| slice).filter(|(_, len)| super::reconciler::has_room(*len, more));
        roomy.max_by_key(|(name, len)| (*len, name.clone())).map(|(name, _)| &**name)
    }

    /// Takes in a slice as it was written; the pods in `new` may have come to it.
    fn written(&mut self, slice: &EndpointSlice, new: &[Key]) -> Option<()> {
        let known = self.slices.iter().position(|(name, _)| **name == *slice.name());
        let index = known.unwrap_or(self.slices.len());
        if known.is_none() {
            self.slices.push((slice.name().into(), 0));
        }
        self.slices[index].1 = len(slice);
        // What is new stands at the end.
        for endpoint in slice.endpoints.iter().flatten().rev() {
            let pod = pod_of(slice, endpoint)?;
            if !new.contains(&pod) {
                break;
            }
            self.places.insert(pod, index as u64);
        }
        Some(())
    }
}

fn pod_of(slice: &EndpointSlice, endpoint: &Endpoint) -> Option<Key> {
    let name = endpoint.target_ref.as_ref()?.name.as_deref()?;
    Some(Key::new(machinery::Kind::Pod, slice.namespace(), name))
}

/// Brings the slices to what the changed pods are. `None` if that takes a look at all pods; nothing is written then.
///
/// # Errors
/// The API's refusals.
pub(super) fn reconcile_changed(
    cx: &mut Context<'_>,
    tracker: &mut EndpointSliceTracker,
    service: &Service,
    selector: &Selector,
    mut placed: Placed,
    changed: &[Key],
    triggered: Option<Timestamp>,
) -> Result<Option<Placed>, Error> {
    let Some((changes, new, gone)) = changes(cx, service, selector, &placed, changed) else {
        return Ok(None);
    };
    let stored = finalize(cx, tracker, service, changes, triggered)?;
    for pod in &gone {
        placed.places.remove(pod);
    }
    Ok(stored.iter().try_for_each(|slice| placed.written(slice, &new)).map(|()| placed))
}

/// What is to be written for the changed pods, which of them come to a slice, and which leave theirs.
fn changes(
    cx: &Context<'_>,
    service: &Service,
    selector: &Selector,
    placed: &Placed,
    changed: &[Key],
) -> Option<(Changes, Vec<Key>, Vec<Key>)> {
    let ports = port_map_key(&placed.ports);
    let mut left: Vec<(Key, Shared<Endpoint>)> = Vec::new();
    let mut edits: Vec<(u64, &Key, Option<Shared<Endpoint>>)> = Vec::new();
    for key in changed {
        let pod = cx.listers.get::<Pod>(&key.namespace, &key.name);
        let pod = pod.filter(|pod| selector.matches(pod.metadata.labels.as_ref()));
        let endpoint = match pod.map(|pod| desired_endpoint(cx, service, pod, placed.address_type)) {
            None | Some(Ok(None)) => None,
            Some(Ok(Some((of_pod, endpoint)))) if port_map_key(&of_pod) == ports => Some(endpoint),
            Some(_) => return None,
        };
        match (placed.places.get(key), endpoint) {
            (Some(&index), endpoint) => edits.push((index, key, endpoint)),
            (None, Some(endpoint)) => left.push((key.clone(), endpoint)),
            (None, None) => {}
        }
    }
    edits.sort_by_key(|(index, ..)| *index);
    let (mut changes, mut updated, mut taken, mut gone) =
        (Changes::default(), Vec::new(), Vec::new(), Vec::new());
    for edits in edits.chunk_by_mut(|a, b| a.0 == b.0) {
        let index = edits[0].0;
        let (name, _) = &placed.slices[usize::try_from(index).ok()?];
        let stored = cx.listers.get::<EndpointSlice>(service.namespace(), name)?;
        if let Some(slice) = edited(stored, edits, &mut left, &mut gone)? {
            updated.push(slice);
            taken.push(index);
        }
    }
    left.sort_by(|a, b| a.0.cmp(&b.0));
    let (new, endpoints): (Vec<Key>, Vec<Shared<Endpoint>>) = left.into_iter().unzip();
    let fullest = |more| {
        let name = placed.fullest(&taken, more)?;
        cx.listers.get::<EndpointSlice>(service.namespace(), name).map(|slice| with_room(slice, more))
    };
    spread(service, placed.address_type, &placed.ports, endpoints, updated, fullest, &mut changes);
    Some((changes, new, gone))
}

/// The slice with its changed endpoints; `Some(None)` if none has changed, `None` if it is to become empty.
fn edited(
    stored: &EndpointSlice,
    edits: &mut [(u64, &Key, Option<Shared<Endpoint>>)],
    left: &mut Vec<(Key, Shared<Endpoint>)>,
    gone: &mut Vec<Key>,
) -> Option<Option<EndpointSlice>> {
    let old = stored.endpoints.as_deref().unwrap_or_default();
    let place = |pod: &Key| {
        old.iter().position(|e| e.target_ref.as_ref().and_then(|r| r.name.as_deref()) == Some(&*pod.name))
    };
    // What replaces which endpoint.
    let mut changes: Vec<(usize, Option<Shared<Endpoint>>)> = Vec::new();
    for (_, pod, endpoint) in edits {
        let at = place(pod)?;
        if endpoint.as_ref() == Some(&old[at]) {
            continue;
        }
        let stays = endpoint.as_ref().is_some_and(|new| endpoint_key(new) == endpoint_key(&old[at]));
        if !stays {
            gone.push((*pod).clone());
            // With another address it is another endpoint.
            left.extend(endpoint.take().map(|new| ((*pod).clone(), new)));
        }
        changes.push((at, endpoint.take()));
    }
    if changes.is_empty() {
        return Some(None);
    }
    let mut slice = with_room(stored, left.len());
    let endpoints = slice.endpoints.get_or_insert_default();
    // From the end, so that the places of those before stay.
    changes.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    for (at, endpoint) in changes {
        match endpoint {
            Some(endpoint) => endpoints[at] = endpoint,
            None => drop(endpoints.remove(at)),
        }
    }
    if endpoints.is_empty() { None } else { Some(Some(slice)) }
}
