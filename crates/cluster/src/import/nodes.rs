//! Nodes that pods run on and the dump does not have.
//!
//! Invariant: every pod that runs on a node made here could be scheduled to it again.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    Node, NodeSelectorRequirement, NodeSelectorTerm, PersistentVolume, PersistentVolumeClaim, Pod,
};
use machinery::object::claim_names;
use machinery::{Kind, Resource};
use serde_json::json;

use super::{Assumption, Import, volume_of};
use crate::bootstrap;
use crate::world::Config;

/// What a node gives of which nothing is known.
const ROOM: [(&str, &str); 4] =
    [("cpu", "1k"), ("ephemeral-storage", "64Ti"), ("memory", "64Ti"), ("pods", "250")];

pub(super) fn settle(import: &mut Import, config: &Config) {
    let known: BTreeSet<&str> = import.list::<Node>().map(|node| node.name()).collect();
    let mut pods: BTreeMap<String, Vec<Pod>> = BTreeMap::new();
    for pod in import.list::<Pod>() {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
        if !node.is_empty() && !known.contains(node) {
            pods.entry(node.to_owned()).or_default().push(pod.clone());
        }
    }
    let room = !import.list::<Pod>().any(lacks_room);
    let mut ranges = Ranges::of(&pods);
    for (number, (name, pods)) in (1..).zip(&pods) {
        let labels = labels(import, pods);
        let mut node = bootstrap::node(number, config);
        node["metadata"] = json!({
            "name": name,
            "labels": node["metadata"]["labels"],
            "creationTimestamp": pods.iter().filter_map(|pod| pod.metadata.creation_timestamp.clone()).min(),
        });
        for own in ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] {
            node["metadata"]["labels"].as_object_mut().map(|labels| labels.remove(own));
        }
        node["metadata"]["labels"]["kubernetes.io/hostname"] = name.as_str().into();
        for (key, value) in &labels {
            node["metadata"]["labels"][key] = value.as_str().into();
        }
        let range = ranges.take(name, number);
        node["spec"] = json!({"podCIDR": range, "podCIDRs": [range]});
        let host = pods.iter().find_map(|pod| pod.status.as_ref()?.host_ip.clone());
        if let Some(host) = host {
            node["status"]["addresses"][0]["address"] = host.into();
        }
        let mut given: BTreeMap<&str, String> = ROOM.map(|(name, room)| (name, room.to_owned())).into();
        for name in pods.iter().flat_map(requested) {
            let room = if name.starts_with("hugepages-") { "64Ti" } else { "1k" };
            given.entry(name).or_insert_with(|| room.to_owned());
        }
        if !room {
            given.insert("pods", pods.len().to_string());
        }
        node["status"]["allocatable"] = json!(given);
        node["status"]["capacity"] = json!(given);
        import.make(Kind::Node, node);
        import.assume(Assumption::NodeMade { node: name.clone(), labels, room });
    }
}

/// The names of the resources that the pod requests.
fn requested(pod: &Pod) -> impl Iterator<Item = &str> {
    let containers =
        pod.spec.iter().flat_map(|spec| spec.containers.iter().chain(spec.init_containers.iter().flatten()));
    let requests = containers.filter_map(|container| container.resources.as_ref()?.requests.as_ref());
    requests.flat_map(|requests| requests.keys().map(String::as_str))
}

/// Whether the pod waits because no node has room for it.
fn lacks_room(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let mut messages = conditions.filter(|c| c.type_ == "PodScheduled").filter_map(|c| c.message.as_deref());
    messages.any(|message| message.contains("Insufficient") || message.contains("Too many pods"))
}

/// The labels that the node must have for these pods to be there.
fn labels(import: &Import, pods: &[Pod]) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for pod in pods {
        let Some(spec) = pod.spec.as_ref() else { continue };
        labels.extend(spec.node_selector.clone().unwrap_or_default());
        let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        let required = affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref());
        add(&mut labels, required.map(|required| &*required.node_selector_terms));
        for volume in volumes(import, pod) {
            let affinity = volume.spec.as_ref().and_then(|spec| spec.node_affinity.as_ref());
            let required = affinity.and_then(|affinity| affinity.required.as_ref());
            add(&mut labels, required.map(|required| &*required.node_selector_terms));
        }
    }
    labels
}

/// What the first of the alternatives wants; of several values the first.
fn add(labels: &mut BTreeMap<String, String>, terms: Option<&[NodeSelectorTerm]>) {
    let wanted = terms.and_then(|terms| terms.first()?.match_expressions.as_deref());
    let value = |wanted: &NodeSelectorRequirement| match wanted.operator.as_str() {
        "In" => wanted.values.as_ref()?.first().cloned(),
        "Exists" => Some(String::new()),
        _ => None,
    };
    for wanted in wanted.unwrap_or_default() {
        if let Some(value) = value(wanted) {
            labels.entry(wanted.key.clone()).or_insert(value);
        }
    }
}

/// The volumes that the pod's claims are bound to.
fn volumes<'i>(import: &'i Import, pod: &'i Pod) -> impl Iterator<Item = &'i PersistentVolume> {
    claim_names(pod).filter_map(move |name| {
        let is_it = |c: &&PersistentVolumeClaim| c.namespace() == pod.namespace() && c.name() == name;
        let volume = volume_of(import.list::<PersistentVolumeClaim>().find(is_it)?)?;
        import.list::<PersistentVolume>().find(|v| v.name() == volume)
    })
}

/// The ranges of addresses that nodes give to pods.
struct Ranges {
    /// Those that pods of a node have an address of.
    by_node: BTreeMap<String, BTreeSet<String>>,
    taken: BTreeSet<String>,
}

impl Ranges {
    fn of(pods: &BTreeMap<String, Vec<Pod>>) -> Ranges {
        let range = |pod: &Pod| {
            let (status, spec) = (pod.status.as_ref()?, pod.spec.as_ref()?);
            let (prefix, _) = status.pod_ip.as_deref()?.rsplit_once('.')?;
            (spec.host_network != Some(true)).then(|| format!("{prefix}.0/24"))
        };
        let ranges = |pods: &Vec<Pod>| pods.iter().filter_map(range).collect();
        let by_node = pods.iter().map(|(node, pods)| (node.clone(), ranges(pods))).collect();
        Ranges { by_node, taken: BTreeSet::new() }
    }

    /// The node's own range: one that its pods alone are in, or a free one.
    fn take(&mut self, node: &str, number: u32) -> String {
        let others: BTreeSet<&String> =
            self.by_node.iter().filter(|(other, _)| *other != node).flat_map(|(_, ranges)| ranges).collect();
        let is_free = |range: &String| !others.contains(range) && !self.taken.contains(range);
        let own = self.by_node.get(node).into_iter().flatten().find(|range| is_free(range)).cloned();
        let made = || (number..).map(bootstrap::pod_range).find(|range| is_free(range));
        let range = own.or_else(made).unwrap_or_default();
        self.taken.insert(range.clone());
        range
    }
}
