//! Which slices to create, update and delete so that every endpoint stands in exactly one, with few changes.
//!
//! Models k8s.io/endpointslice/reconciler.go. Departs: endpoints that are new come in the order of their pods' names, where
//! upstream takes them out of a map.

use std::collections::BTreeMap;
use std::sync::Arc;

use client::{Client, Context, Error};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use machinery::object::is_terminating;
use machinery::shared::Shared;
use machinery::time::seconds;
use machinery::{EndpointSlice, Kind, Resource};

use super::tracker::EndpointSliceTracker;
use super::utils::{
    endpoint_key, endpoint_slice_labels, get_address_types_for_service, get_endpoint_ports,
    new_endpoint_slice, pod_to_endpoint, port_map_key, should_pod_be_in_endpoints,
};
use crate::controller_utils::aggregate;
use crate::pod::node_name;

/// Endpoints in one slice (--max-endpoints-per-slice).
const MAX_ENDPOINTS_PER_SLICE: usize = 100;
const LAST_CHANGE_TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// The pods that resolve the service's ports to the same numbers.
#[derive(Default)]
struct Group {
    ports: Vec<EndpointPort>,
    existing: Vec<Arc<EndpointSlice>>,
    desired: Vec<Shared<Endpoint>>,
}

/// A pod's ports and its endpoint.
pub(super) type Desired = (Vec<EndpointPort>, Shared<Endpoint>);

/// What is to be written.
#[derive(Default)]
pub(super) struct Changes {
    create: Vec<EndpointSlice>,
    update: Vec<EndpointSlice>,
    delete: Vec<Arc<EndpointSlice>>,
}

/// Makes the stored slices say what the pods are; gives back the slices that there are then.
///
/// # Errors
/// The API's refusals, and pods on nodes that do not exist.
pub(super) fn reconcile(
    cx: &mut Context<'_>,
    tracker: &mut EndpointSliceTracker,
    service: &Service,
    pods: &[&Arc<Pod>],
    existing: Vec<Arc<EndpointSlice>>,
    triggered: Option<Timestamp>,
) -> Result<Vec<Arc<EndpointSlice>>, Error> {
    let types = get_address_types_for_service(service);
    let (mut errors, mut slices) = (Vec::new(), Vec::new());
    let (kept, unsupported): (Vec<_>, Vec<_>) =
        existing.into_iter().partition(|slice| types.contains(&slice.address_type.as_str()));
    for slice in unsupported {
        errors.extend(delete(cx, &slice).err());
    }
    for address_type in types {
        let existing: Vec<_> =
            kept.iter().filter(|slice| slice.address_type == address_type).cloned().collect();
        let mut changes =
            reconcile_by_address_type(cx, service, pods, existing.clone(), address_type, &mut errors);
        reuse_deleted(service, &mut changes);
        let written = changes.update.iter().map(|slice| slice.name());
        let written: Vec<String> =
            written.chain(changes.delete.iter().map(|slice| slice.name())).map(str::to_owned).collect();
        slices.extend(existing.into_iter().filter(|slice| written.iter().all(|name| name != slice.name())));
        match finalize(cx, tracker, service, changes, triggered) {
            Ok(stored) => slices.extend(stored),
            Err(error) => errors.push(error),
        }
    }
    aggregate(errors).map(|()| slices)
}

/// The pod's ports and endpoint as they should stand in a slice; `None` if it belongs in none.
///
/// # Errors
/// Where the pod's node does not exist.
pub(super) fn desired_endpoint(
    cx: &Context<'_>,
    service: &Service,
    pod: &Pod,
    address_type: &str,
) -> Result<Option<Desired>, Error> {
    if !should_pod_be_in_endpoints(pod) {
        return Ok(None);
    }
    let node = node_name(pod).and_then(|name| cx.listers.get::<Node>("", name)).map(Arc::as_ref);
    let publishes = service.spec.as_ref().and_then(|spec| spec.publish_not_ready_addresses);
    if node.is_none() && publishes != Some(true) {
        let (name, node) = (pod.name(), node_name(pod).unwrap_or_default());
        let service = format!("{}/{}", service.namespace(), service.name());
        return Err(Error(format!("skipping Pod {name} for Service {service}: Node {node} Not Found")));
    }
    let endpoint = pod_to_endpoint(pod, node, service, address_type);
    Ok(endpoint.map(|endpoint| (get_endpoint_ports(service, pod), endpoint.into())))
}

fn reconcile_by_address_type(
    cx: &Context<'_>,
    service: &Service,
    pods: &[&Arc<Pod>],
    existing: Vec<Arc<EndpointSlice>>,
    address_type: &str,
    errors: &mut Vec<Error>,
) -> Changes {
    let mut groups: BTreeMap<Vec<[String; 4]>, Group> = BTreeMap::new();
    let number_existing = existing.len();
    // Those of a service that had the name before are about to go.
    let (ours, others): (Vec<_>, Vec<_>) =
        existing.into_iter().partition(|slice| is_owned_by(slice, service));
    for slice in ours {
        let ports = slice.ports.clone().unwrap_or_default();
        groups.entry(port_map_key(&ports)).or_default().existing.push(slice);
    }
    for pod in pods {
        match desired_endpoint(cx, service, pod, address_type) {
            Ok(None) => {}
            Ok(Some((ports, endpoint))) => {
                let group = groups.entry(port_map_key(&ports)).or_default();
                group.ports = ports;
                group.desired.push(endpoint);
            }
            Err(error) => errors.push(error),
        }
    }
    let mut changes = Changes { delete: others, ..Changes::default() };
    for group in groups.into_values() {
        reconcile_by_port_mapping(service, address_type, group, &mut changes);
    }
    // A service without endpoints keeps one empty slice without ports.
    if number_existing == changes.delete.len() && changes.create.is_empty() {
        let placeholder = new_endpoint_slice(service, address_type, &[]);
        match &changes.delete[..] {
            [only] if is_placeholder(only, &placeholder) => changes.delete.clear(),
            _ => changes.create.push(placeholder),
        }
    }
    changes
}

fn is_owned_by(slice: &EndpointSlice, service: &Service) -> bool {
    let is_service = |owner: &OwnerReference| {
        owner.uid == service.uid() && owner.kind == "Service" && owner.api_version == "v1"
    };
    slice.metadata.owner_references.iter().flatten().any(is_service)
}

fn is_placeholder(slice: &EndpointSlice, placeholder: &EndpointSlice) -> bool {
    slice.endpoints.iter().flatten().next().is_none()
        && slice.ports.iter().flatten().next().is_none()
        && slice.metadata.labels == placeholder.metadata.labels
        && slice.metadata.owner_references == placeholder.metadata.owner_references
}

/// Places the desired endpoints of one group: first where they stand, then in slices that are written anyway, then in
/// the fullest slice that has room for all, at last in new ones.
fn reconcile_by_port_mapping(service: &Service, address_type: &str, group: Group, changes: &mut Changes) {
    let labels = endpoint_slice_labels(service);
    let mut desired: Vec<Option<Shared<Endpoint>>> = group.desired.into_iter().map(Some).collect();
    let places: BTreeMap<_, usize> = desired
        .iter()
        .enumerate()
        .filter_map(|(index, endpoint)| Some((endpoint_key(endpoint.as_ref()?), index)))
        .collect();
    let (mut updated, mut unchanged) = (Vec::new(), Vec::new());
    for slice in group.existing {
        let stored = slice.endpoints.as_deref().unwrap_or_default();
        let kept: Vec<Shared<Endpoint>> = stored
            .iter()
            .filter_map(|endpoint| desired[*places.get(&endpoint_key(endpoint))?].take())
            .collect();
        if kept != stored && kept.is_empty() || stored.is_empty() {
            changes.delete.push(slice);
        } else if kept != stored || slice.metadata.labels.as_ref() != Some(&labels) {
            let mut changed = (*slice).clone();
            changed.endpoints = Some(kept);
            changed.metadata.labels = Some(labels.clone());
            updated.push(changed);
        } else {
            unchanged.push(slice);
        }
    }
    let left = desired.into_iter().flatten().collect();
    let fullest = |more| {
        let roomy = unchanged.iter().filter(|slice| has_room(len(slice), more));
        let fullest = roomy.max_by_key(|slice| (len(slice), slice.name().to_owned()));
        fullest.map(|slice| with_room(slice, more))
    };
    spread(service, address_type, &group.ports, left, updated, fullest, changes);
}

/// A copy of the slice that so many more endpoints can be added to without moving those that are there.
pub(super) fn with_room(slice: &EndpointSlice, more: usize) -> EndpointSlice {
    let mut endpoints = Vec::with_capacity(len(slice) + more);
    endpoints.extend(slice.endpoints.iter().flatten().cloned());
    EndpointSlice {
        metadata: slice.metadata.clone(),
        address_type: slice.address_type.clone(),
        endpoints: Some(endpoints),
        ports: slice.ports.clone(),
    }
}

/// Whether a slice of that length has room for so many more.
pub(super) fn has_room(len: usize, more: usize) -> bool {
    len + more <= MAX_ENDPOINTS_PER_SLICE
}

/// Places new endpoints: in slices that are written anyway, then in the `fullest` other one with room for all that are
/// left, at last in new ones.
pub(super) fn spread(
    service: &Service,
    address_type: &str,
    ports: &[EndpointPort],
    left: Vec<Shared<Endpoint>>,
    mut updated: Vec<EndpointSlice>,
    fullest: impl Fn(usize) -> Option<EndpointSlice>,
    changes: &mut Changes,
) {
    let mut left = left.into_iter();
    // The fullest first; equally full ones in the order of their names.
    updated.sort_by(|a, b| len(b).cmp(&len(a)).then_with(|| a.name().cmp(b.name())));
    for slice in &mut updated {
        fill(slice, &mut left);
    }
    while left.len() > 0 {
        if let Some(mut slice) = fullest(left.len()) {
            fill(&mut slice, &mut left);
            updated.push(slice);
        } else {
            let mut slice = new_endpoint_slice(service, address_type, ports);
            fill(&mut slice, &mut left);
            changes.create.push(slice);
        }
    }
    changes.update.extend(updated);
}

pub(super) fn len(slice: &EndpointSlice) -> usize {
    slice.endpoints.as_ref().map_or(0, Vec::len)
}

fn fill(slice: &mut EndpointSlice, left: &mut std::vec::IntoIter<Shared<Endpoint>>) {
    let room = MAX_ENDPOINTS_PER_SLICE.saturating_sub(len(slice));
    slice.endpoints.get_or_insert_default().extend(left.by_ref().take(room));
}

/// Turns pairs of a creation and a deletion into updates.
fn reuse_deleted(service: &Service, changes: &mut Changes) {
    let mut deleted = Vec::new();
    for old in changes.delete.drain(..) {
        let ours = is_owned_by(&old, service);
        match changes.create.pop_if(|new| ours && new.address_type == old.address_type) {
            Some(mut new) => {
                new.metadata.name = old.metadata.name.clone();
                changes.update.push(new);
            }
            None => deleted.push(old),
        }
    }
    changes.delete = deleted;
}

/// Writes the changes, stamped with the moment that caused them; gives back what is stored.
///
/// # Errors
/// The API's refusals.
pub(super) fn finalize(
    cx: &mut Context<'_>,
    tracker: &mut EndpointSliceTracker,
    service: &Service,
    changes: Changes,
    triggered: Option<Timestamp>,
) -> Result<Vec<Arc<EndpointSlice>>, Error> {
    let (mut errors, mut written) = (Vec::new(), Vec::new());
    // The garbage collector is about to take the slices of a service that is being deleted.
    let create = if is_terminating(&service.metadata) { Vec::new() } else { changes.create };
    for mut slice in create {
        add_trigger_time_annotation(&mut slice, triggered);
        match cx.api.create(slice) {
            Ok(stored) => written.push(stored),
            Err(status) => errors.push(status.into()),
        }
    }
    for mut slice in changes.update {
        add_trigger_time_annotation(&mut slice, triggered);
        match cx.api.update(slice) {
            Ok(stored) => written.push(stored),
            Err(status) => errors.push(status.into()),
        }
    }
    for slice in &written {
        // A write that changes nothing makes no event to wait for.
        let cached = cx.listers.get::<EndpointSlice>(slice.namespace(), slice.name());
        if cached.is_none_or(|cached| cached.metadata.resource_version != slice.metadata.resource_version) {
            tracker.update(service.key(), slice);
        }
    }
    for slice in changes.delete {
        errors.extend(delete(cx, &slice).err());
    }
    aggregate(errors).map(|()| written)
}

fn delete(cx: &mut Context<'_>, slice: &EndpointSlice) -> Result<(), Error> {
    match cx.api.delete(Kind::EndpointSlice, slice.namespace(), slice.name(), Default::default()) {
        Err(status) if !status.is_not_found() => Err(status.into()),
        _ => Ok(()),
    }
}

fn add_trigger_time_annotation(slice: &mut EndpointSlice, triggered: Option<Timestamp>) {
    let mut annotations = slice.metadata.annotations.take().unwrap_or_default();
    match triggered {
        Some(at) => {
            annotations.insert(LAST_CHANGE_TRIGGER_TIME.to_owned(), seconds(at).0.to_string());
        }
        None => drop(annotations.remove(LAST_CHANGE_TRIGGER_TIME)),
    }
    slice.metadata.annotations = (!annotations.is_empty()).then_some(annotations);
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ObjectReference;

    use super::*;

    fn endpoints(range: std::ops::Range<usize>) -> Vec<Shared<Endpoint>> {
        range
            .map(|n| Endpoint {
                addresses: vec![format!("10.0.0.{n}")],
                target_ref: Some(ObjectReference { name: Some(format!("web-{n}")), ..Default::default() }),
                ..Default::default()
            })
            .map(Shared::from)
            .collect()
    }

    fn slice(name: &str, range: std::ops::Range<usize>) -> Arc<EndpointSlice> {
        let mut slice = new_endpoint_slice(&Service::default(), "IPv4", &[]);
        slice.metadata.name = Some(name.to_owned());
        slice.endpoints = Some(endpoints(range));
        Arc::new(slice)
    }

    /// Which slices of which lengths come of it: created, updated, deleted.
    fn run(existing: Vec<Arc<EndpointSlice>>, desired: Vec<Shared<Endpoint>>) -> [Vec<(String, usize)>; 3] {
        let mut changes = Changes::default();
        let group = Group { ports: Vec::new(), existing, desired };
        reconcile_by_port_mapping(&Service::default(), "IPv4", group, &mut changes);
        let told = |slice: &EndpointSlice| (slice.name().to_owned(), len(slice));
        [
            changes.create.iter().map(told).collect(),
            changes.update.iter().map(told).collect(),
            changes.delete.iter().map(|slice| told(slice)).collect(),
        ]
    }

    #[test]
    fn endpoints_move_as_little_as_possible() {
        let named = |name: &str, len: usize| vec![(name.to_owned(), len)];
        let new = |lens: &[usize]| lens.iter().map(|&len| (String::new(), len)).collect::<Vec<_>>();
        let none = Vec::new;
        let cases = [
            ("nothing changes", vec![slice("a", 0..3)], 0..3, [none(), none(), none()]),
            ("one goes", vec![slice("a", 0..3)], 0..2, [none(), named("a", 2), none()]),
            ("one comes", vec![slice("a", 0..3)], 0..4, [none(), named("a", 4), none()]),
            ("all go", vec![slice("a", 0..3)], 0..0, [none(), none(), named("a", 3)]),
            ("new slices", vec![], 0..250, [new(&[100, 100, 50]), none(), none()]),
            ("no room", vec![slice("a", 0..100)], 0..101, [new(&[1]), none(), none()]),
            (
                "the fullest with room",
                vec![slice("a", 0..10), slice("b", 10..60)],
                0..70,
                [none(), named("b", 60), none()],
            ),
        ];
        for (what, existing, desired, expected) in cases {
            assert_eq!(run(existing, endpoints(desired)), expected, "{what}");
        }
    }
}
