//! The Nodes tab: every node, who is on it, and whether it answers.

use std::collections::BTreeMap;

use cluster::Defect;
use k8s_openapi::api::core::v1::{Node, Pod};
use machinery::taints::is_cordoned;
use machinery::{ObjectKey, Resource};

use super::Snapshot;
use super::pod::{Shape, shape_of};

/// Most pods of a node that are named.
const NAMED: usize = 40;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Which node.
    pub key: ObjectKey,
    /// Whether its condition Ready is True.
    pub ready: bool,
    /// Whether new pods are kept away.
    pub cordoned: bool,
    /// That its kubelet is silent, if somebody has pulled its plug.
    pub down: Option<Defect>,
    /// `topology.kubernetes.io/zone`; empty if it has none.
    pub zone: String,
    /// Its taints: `KEY:EFFECT`.
    pub taints: Vec<String>,
    /// The first pods on it.
    pub pods: Vec<(ObjectKey, Shape)>,
    /// How many more there are.
    pub more: usize,
}

/// The rows, by name.
pub fn nodes(snapshot: Snapshot<'_>) -> Vec<NodeRow> {
    let mut by_node: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
    for pod in snapshot.objects.list::<Pod>("") {
        if let Some(name) = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) {
            by_node.entry(name).or_default().push(pod);
        }
    }
    let row = |node: &Node| {
        let name = node.name();
        let pods = by_node.get(name).map(Vec::as_slice).unwrap_or_default();
        let spec = node.spec.as_ref();
        let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
        let labels = node.metadata.labels.as_ref();
        NodeRow {
            key: node.key(),
            ready: conditions.clone().any(|c| c.type_ == "Ready" && c.status == "True"),
            cordoned: is_cordoned(node),
            down: snapshot
                .defects
                .iter()
                .find(|defect| matches!(defect, Defect::NodeDown { node } if node == name))
                .cloned(),
            zone: labels.and_then(|l| l.get("topology.kubernetes.io/zone")).cloned().unwrap_or_default(),
            taints: spec
                .iter()
                .flat_map(|spec| spec.taints.iter().flatten())
                .map(|taint| format!("{}:{}", taint.key, taint.effect))
                .collect(),
            more: pods.len().saturating_sub(NAMED),
            pods: pods.iter().take(NAMED).map(|pod| (pod.key(), shape_of(pod))).collect(),
        }
    };
    snapshot.objects.list::<Node>("").map(|node| row(node)).collect()
}
