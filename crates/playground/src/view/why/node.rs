//! Why, about a node: whether it answers, and who is on it.

use cluster::Defect;
use k8s_openapi::api::core::v1::{Node, Pod};
use machinery::Resource;
use machinery::taints::is_cordoned;

use super::super::Snapshot;
use super::{Reason, Rule, Why, WhyKind};
use crate::commands;

/// Nodes that do not answer while pods are on them.
pub(super) fn troubles(snapshot: Snapshot<'_>) -> Vec<Why> {
    if snapshot.defects.is_empty() {
        return Vec::new();
    }
    let nodes = snapshot.objects.list::<Node>("").filter(|node| is_down(snapshot, node.name()));
    nodes.map(|node| of_node(snapshot, node)).collect()
}

/// Whether the node's kubelet is silent.
pub(super) fn is_down(snapshot: Snapshot<'_>, node: &str) -> bool {
    snapshot.defects.iter().any(|defect| matches!(defect, Defect::NodeDown { node: down } if down == node))
}

pub(super) fn of_node(snapshot: Snapshot<'_>, node: &Node) -> Why {
    let name = node.name().to_owned();
    let on_it =
        |pod: &Pod| pod.spec.as_ref().is_some_and(|spec| spec.node_name.as_deref() == Some(node.name()));
    let pods = snapshot.objects.list::<Pod>("").filter(|pod| on_it(pod)).count();
    let down = snapshot
        .defects
        .iter()
        .find(|defect| matches!(defect, Defect::NodeDown { node: down } if *down == name));
    if down.is_some() {
        let kind = if pods > 0 { WhyKind::Stuck } else { WhyKind::Waiting };
        let why = Why::new(kind, Reason::NodeDown { node: name, pods }).because(Rule::AtMostOne);
        return why.about(&node.key()).or_heal(down);
    }
    let cordoned = is_cordoned(node);
    let why = Why::new(WhyKind::Quiet, Reason::NodeUp { node: name, pods, cordoned });
    let why = why.because(Rule::Scheduling).about(&node.key());
    if cordoned { why.or_command(commands::uncordon(&node.key()), None) } else { why }
}
