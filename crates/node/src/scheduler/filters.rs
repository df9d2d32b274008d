//! Why a node does not take a pod.
//!
//! Models the Filter plugins of pkg/scheduler/framework/plugins in their order (v1.36.2); those about other pods have files of
//! their own. A node's first failing plugin speaks for it.

use client::Listers;
use k8s_openapi::api::core::v1::{Container, Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint};
use machinery::labels::{Labels, Selector};
use machinery::version::Features;
use machinery::{Resource, taints};

use super::affinity;
use super::cache::{Cache, Load, Space};
use super::claims::{self, Volumes};
use super::hints::Plugin;
use super::spread::Spread;

/// The address that stands for all of a node's addresses (DefaultBindAllHostIP).
const ANY_ADDRESS: &str = "0.0.0.0";
/// What is said of a node that the pod's selector or affinity does not fit (nodeaffinity.ErrReasonPod).
pub(crate) const NOT_SELECTED: &str = "node(s) didn't match Pod's node affinity/selector";
/// What is said of a node whose ports others have (nodeports.ErrReason).
pub(crate) const NO_FREE_PORTS: &str = "node(s) didn't have free ports for the requested pod ports";
/// The resources that every node has, in upstream's order.
const BASIC: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// The effects of taints that keep new pods away.
const KEEPING_AWAY: [&str; 2] = ["NoSchedule", "NoExecute"];

/// A node's refusal.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    /// Who speaks for the node.
    pub(super) plugin: Plugin,
    /// What the node says, one reason or more.
    pub(super) reasons: Vec<String>,
    /// Whether the pod would fit if others left the node.
    pub(super) preemption_helps: bool,
}

impl Refusal {
    /// Whatever leaves the node.
    pub(super) fn lasting(plugin: Plugin, reason: impl Into<String>) -> Refusal {
        Refusal { plugin, reasons: vec![reason.into()], preemption_helps: false }
    }

    /// Until others leave the node.
    pub(super) fn passing(plugin: Plugin, reason: impl Into<String>) -> Refusal {
        Refusal { preemption_helps: true, ..Refusal::lasting(plugin, reason) }
    }
}

/// What is known of a pod before any node is asked.
pub(super) struct Candidate<'p> {
    pub(super) pod: &'p Pod,
    pub(super) wanted: Load,
    pub(super) volumes: Volumes,
    pub(super) spread: Spread<'p>,
}

/// Why the node, which has that much left, does not take the pod; `None` if it does.
pub(super) fn refuse(
    candidate: &Candidate<'_>,
    (node, space): (&Node, &Space),
    cache: &Cache,
    (listers, features): (&Listers, Features),
) -> Option<Refusal> {
    let Candidate { pod, wanted, volumes, spread } = candidate;
    if taints::is_cordoned(node) && !tolerates_cordon(pod) {
        return Some(Refusal::lasting(Plugin::NodeUnschedulable, "node(s) were unschedulable"));
    }
    if let Some(Taint { key, value, .. }) = repelling(pod, node) {
        let reason = if features.untolerated_taints_are_unnamed() {
            "node(s) had untolerated taint(s)".to_owned()
        } else {
            format!("node(s) had untolerated taint {{{key}: {}}}", value.as_deref().unwrap_or_default())
        };
        return Some(Refusal::lasting(Plugin::TaintToleration, reason));
    }
    if !selects(pod, node) {
        return Some(Refusal::lasting(Plugin::NodeAffinity, NOT_SELECTED));
    }
    if takes_ports(pod, node, cache, listers) {
        return Some(Refusal::passing(Plugin::NodePorts, NO_FREE_PORTS));
    }
    let reasons: Vec<String> = shortages(wanted, space).map(|shortage| shortage.reason()).collect();
    if !reasons.is_empty() {
        let is_too_small = wanted.resources.iter().any(|(name, amount)| *amount > space.room.get(name));
        let preemption_helps = !(is_too_small && features.too_small_nodes_are_given_up());
        return Some(Refusal { plugin: Plugin::NodeResourcesFit, reasons, preemption_helps });
    }
    if volumes.taken {
        let reason =
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";
        return Some(Refusal::passing(Plugin::VolumeRestrictions, reason));
    }
    let reasons = missing(volumes, node, listers);
    if !reasons.is_empty() {
        return Some(Refusal { plugin: Plugin::VolumeBinding, reasons, preemption_helps: false });
    }
    if volumes.bound.iter().flatten().any(|volume| !claims::is_in_zone(volume, node)) {
        return Some(Refusal::lasting(Plugin::VolumeZone, "node(s) had no available volume zone"));
    }
    spread.refuse(pod, node).or_else(|| affinity::refuse(pod, node, cache, listers))
}

/// What the pod's volumes want of the node in vain (binder.go, FindPodVolumes): of those that it has, the first that is
/// missing or out of reach; of those that it is to get, any.
fn missing(volumes: &Volumes, node: &Node, listers: &Listers) -> Vec<String> {
    let bound = volumes.bound.iter().find_map(|volume| match volume {
        None => Some("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
        Some(volume) if claims::is_reachable(volume, node) => None,
        Some(_) => Some("node(s) didn't match PersistentVolume's node affinity"),
    });
    let plan = claims::plan(&volumes.delayed, node, listers, &mut |_, _| 0);
    let unbound = plan.is_none().then_some("node(s) didn't find available persistent volumes to bind");
    bound.into_iter().chain(unbound).map(str::to_owned).collect()
}

fn tolerates(pod: &Pod, taint: &Taint) -> bool {
    let tolerations = pod.spec.iter().flat_map(|s| s.tolerations.iter().flatten());
    tolerations.into_iter().any(|t| taints::tolerates(t, taint))
}

/// Whether the pod goes to nodes that are cordoned.
pub(super) fn tolerates_cordon(pod: &Pod) -> bool {
    tolerates(pod, &taints::taint(taints::UNSCHEDULABLE, "NoSchedule"))
}

/// The node's first taint that keeps the pod away.
pub(super) fn repelling<'n>(pod: &Pod, node: &'n Node) -> Option<&'n Taint> {
    untolerated(pod, node, &KEEPING_AWAY)
}

/// The node's first taint of these effects that the pod does not tolerate (FindMatchingUntoleratedTaint).
pub(crate) fn untolerated<'n>(pod: &Pod, node: &'n Node, effects: &[&str]) -> Option<&'n Taint> {
    let counts = |taint: &Taint| effects.contains(&taint.effect.as_str());
    taints::of(node).iter().find(|taint| counts(taint) && !tolerates(pod, taint))
}

/// Whether the pod's selector and its required node affinity fit the node.
pub(crate) fn selects(pod: &Pod, node: &Node) -> bool {
    let Some(spec) = pod.spec.as_ref() else {
        return true;
    };
    let wanted = spec.node_selector.as_ref();
    if wanted.is_some_and(|wanted| !Selector::from_map(wanted).matches(node.metadata.labels.as_ref())) {
        return false;
    }
    let affinity = spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref());
    let required = affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref());
    required.is_none_or(|required| fits_terms(&required.node_selector_terms, node))
}

/// Whether one of the terms fits the node; a term without requirements fits none.
pub(super) fn fits_terms(terms: &[NodeSelectorTerm], node: &Node) -> bool {
    let empty = Labels::new();
    let labels = node.metadata.labels.as_ref().unwrap_or(&empty);
    terms.iter().any(|term| {
        let expressions = term.match_expressions.as_deref().unwrap_or_default();
        let fields = term.match_fields.as_deref().unwrap_or_default();
        let named = |r: &NodeSelectorRequirement| r.key == "metadata.name" && fits(r, Some(node.name()));
        !(expressions.is_empty() && fields.is_empty())
            && expressions.iter().all(|r| fits(r, labels.get(&r.key).map(String::as_str)))
            && fields.iter().all(named)
    })
}

fn fits(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let listed = || value.is_some_and(|value| values.iter().any(|v| v == value));
    let numbers = || Some((value?.parse::<i64>().ok()?, values.first()?.parse::<i64>().ok()?));
    match requirement.operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => numbers().is_some_and(|(own, bound)| own > bound),
        "Lt" => numbers().is_some_and(|(own, bound)| own < bound),
        _ => false,
    }
}

/// Something that a node has too little of (InsufficientResource).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shortage<'a> {
    pub(crate) resource: &'a str,
    pub(crate) requested: i64,
    pub(crate) used: i64,
    pub(crate) capacity: i64,
}

impl Shortage<'_> {
    /// The same in the scheduler's words.
    fn reason(&self) -> String {
        match self.resource {
            "pods" => "Too many pods".to_owned(),
            resource => format!("Insufficient {resource}"),
        }
    }
}

/// What the node has too little left of, in the order of upstream's questions (noderesources.Fits).
pub(crate) fn shortages<'a>(wanted: &'a Load, space: &'a Space) -> impl Iterator<Item = Shortage<'a>> {
    let Space { load, room } = space;
    let pods = Shortage { resource: "pods", requested: wanted.pods, used: load.pods, capacity: room.pods };
    let shortage = |resource: &'a str| Shortage {
        resource,
        requested: wanted.get(resource),
        used: load.get(resource),
        capacity: room.get(resource),
    };
    let others = wanted.resources.keys().map(|name| &**name).filter(|name| !BASIC.contains(name));
    let resources = BASIC.into_iter().chain(others).map(shortage);
    [pods]
        .into_iter()
        .chain(resources)
        .filter(|s| s.requested > 0 && s.used.saturating_add(s.requested) > s.capacity)
}

/// An init container that keeps running beside the others.
pub(super) fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// A port of a node.
#[derive(Debug)]
pub(super) struct HostPort<'p> {
    address: &'p str,
    protocol: &'p str,
    number: i32,
}

impl HostPort<'_> {
    /// Whether two pods cannot have these ports on the same node (HostPortInfo.CheckConflict).
    fn conflicts(&self, other: &HostPort<'_>) -> bool {
        (self.protocol, self.number) == (other.protocol, other.number)
            && (self.address == other.address || [self.address, other.address].contains(&ANY_ADDRESS))
    }
}

/// The ports of its node that the pod takes (GetHostPorts).
pub(super) fn host_ports(pod: &Pod) -> impl Iterator<Item = HostPort<'_>> {
    let spec = pod.spec.iter();
    let containers = spec.flat_map(|spec| {
        spec.containers.iter().chain(spec.init_containers.iter().flatten().filter(|c| is_sidecar(c)))
    });
    containers.flat_map(|c| c.ports.iter().flatten()).filter_map(|port| {
        let address = port.host_ip.as_deref().filter(|ip| !ip.is_empty()).unwrap_or(ANY_ADDRESS);
        let protocol = port.protocol.as_deref().filter(|protocol| !protocol.is_empty()).unwrap_or("TCP");
        let number = port.host_port.filter(|number| *number > 0)?;
        Some(HostPort { address, protocol, number })
    })
}

/// Whether the pod wants a port of the node that another pod has taken.
pub(crate) fn takes_ports(pod: &Pod, node: &Node, cache: &Cache, listers: &Listers) -> bool {
    if host_ports(pod).next().is_none() {
        return false;
    }
    let mut others =
        cache.exposed_on(node.name()).filter_map(|key| listers.get::<Pod>(&key.namespace, &key.name));
    others.any(|other| share_a_port(pod, other))
}

/// Whether the pods cannot be on the same node, as they want the same port of it.
pub(super) fn share_a_port(one: &Pod, other: &Pod) -> bool {
    host_ports(one).any(|port| host_ports(other).any(|other| port.conflicts(&other)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ports_conflict_by_address_protocol_and_number() {
        let port = |address: &str, protocol: &str, number: i32| {
            let port =
                json!({"containerPort": 80, "hostIP": address, "protocol": protocol, "hostPort": number});
            let spec = json!({"containers": [{"name": "c", "ports": [port]}]});
            serde_json::from_value::<Pod>(json!({"metadata": {}, "spec": spec})).expect("a pod")
        };
        let cases = [
            (("", "TCP", 80), ("", "TCP", 80), true),
            (("", "TCP", 80), ("", "TCP", 81), false),
            (("", "TCP", 80), ("", "UDP", 80), false),
            (("", "", 80), ("10.0.0.1", "TCP", 80), true),
            (("10.0.0.1", "TCP", 80), ("0.0.0.0", "TCP", 80), true),
            (("10.0.0.1", "TCP", 80), ("10.0.0.1", "TCP", 80), true),
            (("10.0.0.1", "TCP", 80), ("10.0.0.2", "TCP", 80), false),
            (("", "TCP", 0), ("", "TCP", 0), false),
        ];
        for (one, other, expected) in cases {
            let pods = [one, other].map(|(address, protocol, number)| port(address, protocol, number));
            assert_eq!(share_a_port(&pods[0], &pods[1]), expected, "{one:?} {other:?}");
        }
    }
}
