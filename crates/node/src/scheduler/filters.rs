//! Why a node does not take a pod.
//!
//! Models the Filter plugins of pkg/scheduler/framework/plugins in their order: nodeunschedulable, tainttoleration,
//! nodeaffinity, nodeports, noderesources, volumerestrictions, volumebinding, interpodaffinity (v1.36.2). A node's first failing
//! plugin speaks for it.

use std::sync::Arc;

use client::Listers;
use k8s_openapi::api::core::v1::{
    Container, Namespace, Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodAffinityTerm, Taint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use machinery::labels::{Labels, Selector};
use machinery::version::Features;
use machinery::{Resource, taints};

use super::cache::{Cache, Load, Space};
use super::claims::{self, Volumes};

/// The address that stands for all of a node's addresses (DefaultBindAllHostIP).
const ANY_ADDRESS: &str = "0.0.0.0";

/// A node's refusal.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Refusal {
    /// What the node says, one reason or more.
    pub(super) reasons: Vec<String>,
    /// Whether the pod would fit if others left the node.
    pub(super) preemption_helps: bool,
    /// Whether it is because of where other pods are.
    pub(super) minds_pods: bool,
}

impl Refusal {
    /// Whatever leaves the node.
    fn lasting(reason: impl Into<String>) -> Refusal {
        Refusal { reasons: vec![reason.into()], ..Refusal::default() }
    }

    /// Until others leave the node.
    fn passing(reason: &str) -> Refusal {
        Refusal { preemption_helps: true, ..Refusal::lasting(reason) }
    }
}

/// Why the node, which has that much left, does not take the pod, which wants that much and uses these volumes; `None` if
/// it does.
pub(super) fn refuse(
    (pod, wanted): (&Pod, &Load),
    (node, space): (&Node, &Space),
    volumes: &Volumes,
    cache: &Cache,
    (listers, features): (&Listers, Features),
) -> Option<Refusal> {
    if taints::is_cordoned(node) && !tolerates(pod, &taints::taint(taints::UNSCHEDULABLE, "NoSchedule")) {
        return Some(Refusal::lasting("node(s) were unschedulable"));
    }
    let repels = |t: &&Taint| matches!(t.effect.as_str(), "NoSchedule" | "NoExecute") && !tolerates(pod, t);
    if let Some(Taint { key, value, .. }) = taints::of(node).iter().find(repels) {
        return Some(if features.untolerated_taints_are_unnamed() {
            Refusal::lasting("node(s) had untolerated taint(s)")
        } else {
            let value = value.as_deref().unwrap_or_default();
            Refusal::lasting(format!("node(s) had untolerated taint {{{key}: {value}}}"))
        });
    }
    if !selects(pod, node) {
        return Some(Refusal::lasting("node(s) didn't match Pod's node affinity/selector"));
    }
    if takes_ports(pod, node, cache, listers) {
        return Some(Refusal::passing("node(s) didn't have free ports for the requested pod ports"));
    }
    let lacking = lacking(wanted, space);
    if !lacking.is_empty() {
        let is_too_small = wanted.resources.iter().any(|(name, amount)| *amount > space.room.get(name));
        let preemption_helps = !(is_too_small && features.too_small_nodes_are_given_up());
        return Some(Refusal { reasons: lacking, preemption_helps, ..Refusal::default() });
    }
    if volumes.taken {
        let reason =
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";
        return Some(Refusal::passing(reason));
    }
    let missing = missing(volumes, node, listers);
    if !missing.is_empty() {
        return Some(Refusal { reasons: missing, ..Refusal::default() });
    }
    let refusal = affinity(pod, node, cache, listers).or_else(|| anti_affinity(pod, node, cache, listers));
    refusal.map(|refusal| Refusal { minds_pods: true, ..refusal })
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

fn selects(pod: &Pod, node: &Node) -> bool {
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

/// Of what the node has too little left.
fn lacking(wanted: &Load, Space { load, room }: &Space) -> Vec<String> {
    let short = |wanted: i64, load: i64, room: i64| wanted > 0 && load.saturating_add(wanted) > room;
    let pods = short(wanted.pods, load.pods, room.pods).then(|| "Too many pods".to_owned());
    let resources =
        wanted.resources.iter().filter(|(name, wanted)| short(**wanted, load.get(name), room.get(name)));
    pods.into_iter().chain(resources.map(|(name, _)| format!("Insufficient {name}"))).collect()
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
fn takes_ports(pod: &Pod, node: &Node, cache: &Cache, listers: &Listers) -> bool {
    if host_ports(pod).next().is_none() {
        return false;
    }
    let others =
        cache.exposed_on(node.name()).filter_map(|key| listers.get::<Pod>(&key.namespace, &key.name));
    let taken: Vec<HostPort<'_>> = others.flat_map(|other| host_ports(other)).collect();
    host_ports(pod).any(|port| taken.iter().any(|other| port.conflicts(other)))
}

/// The node of a pod that was placed.
fn place<'l>(pod: &Pod, cache: &Cache, listers: &'l Listers) -> Option<&'l Node> {
    listers.get::<Node>("", cache.node_of(&pod.key())?).map(Arc::as_ref)
}

/// Required affinity: for each term a pod that all of them select is near; the first of a group goes anywhere.
fn affinity(pod: &Pod, node: &Node, cache: &Cache, listers: &Listers) -> Option<Refusal> {
    let terms = near_terms(pod);
    if terms.is_empty() {
        return None;
    }
    let wanted = |other: &Pod| all_select(terms, pod, other, listers);
    let others = listers.list::<Pod>("").filter(|other| wanted(other));
    let near: Vec<&Node> = others.filter_map(|other| place(other, cache, listers)).collect();
    let is_first = near.is_empty() && wanted(pod);
    let fits = |term: &PodAffinityTerm| match is_first {
        true => topology(term, node).is_some(),
        false => near.iter().any(|there| share(term, node, there)),
    };
    (!terms.iter().all(fits)).then(|| Refusal::lasting("node(s) didn't match pod affinity rules"))
}

/// Required anti-affinity, of the pod against those placed and of those placed against the pod.
fn anti_affinity(pod: &Pod, node: &Node, cache: &Cache, listers: &Listers) -> Option<Refusal> {
    let avoids = |owner: &Pod, selected: &Pod, placed: &Pod| {
        let terms = anti_terms(owner).iter();
        let mut terms = terms.filter(|term| selects_pod(term, owner, selected, listers)).peekable();
        terms.peek().is_some()
            && place(placed, cache, listers).is_some_and(|there| terms.any(|term| share(term, node, there)))
    };
    // Nobody looks at all pods for a pod that minds none of them.
    if !anti_terms(pod).is_empty() && listers.list::<Pod>("").any(|other| avoids(pod, other, other)) {
        return Some(Refusal::passing("node(s) didn't match pod anti-affinity rules"));
    }
    let mut repelling =
        cache.repelling().iter().filter_map(|key| listers.get::<Pod>(&key.namespace, &key.name));
    if repelling.any(|other| avoids(other, pod, other)) {
        return Some(Refusal::passing("node(s) didn't satisfy existing pods anti-affinity rules"));
    }
    None
}

/// Whether the pod may be let in now that another one, which has a node, is as it is; before it was otherwise or had none
/// (InterPodAffinity, isSchedulableAfterPodChange).
pub(super) fn is_helped(pod: &Pod, before: Option<&Pod>, now: &Pod, listers: &Listers) -> bool {
    let (near, anti) = (near_terms(pod), anti_terms(pod));
    let selects = |terms, other: &Pod| all_select(terms, pod, other, listers);
    let was = |terms| before.is_some_and(|before| selects(terms, before));
    selects(near, now) && !was(near) || was(anti) && !selects(anti, now)
}

/// The pod's required affinity terms.
fn near_terms(pod: &Pod) -> &[PodAffinityTerm] {
    let affinity = pod.spec.as_ref().and_then(|s| s.affinity.as_ref()?.pod_affinity.as_ref());
    affinity
        .and_then(|a| a.required_during_scheduling_ignored_during_execution.as_deref())
        .unwrap_or_default()
}

/// The pod's required anti-affinity terms.
pub(super) fn anti_terms(pod: &Pod) -> &[PodAffinityTerm] {
    let affinity = pod.spec.as_ref().and_then(|s| s.affinity.as_ref()?.pod_anti_affinity.as_ref());
    affinity
        .and_then(|a| a.required_during_scheduling_ignored_during_execution.as_deref())
        .unwrap_or_default()
}

/// Whether there are terms, and all of `owner`'s are about `other`.
fn all_select(terms: &[PodAffinityTerm], owner: &Pod, other: &Pod, listers: &Listers) -> bool {
    !terms.is_empty() && terms.iter().all(|term| selects_pod(term, owner, other, listers))
}

/// Whether `owner`'s term is about `other` (AffinityTerm.Matches): in the namespaces that it names or selects, or in its
/// owner's if it does neither.
fn selects_pod(term: &PodAffinityTerm, owner: &Pod, other: &Pod, listers: &Listers) -> bool {
    let matches = |selector: &LabelSelector, labels: Option<&Labels>| {
        Selector::from_spec(selector).is_some_and(|selector| selector.matches(labels))
    };
    let named = term.namespaces.as_deref().unwrap_or_default();
    let in_scope = match &term.namespace_selector {
        None if named.is_empty() => owner.namespace() == other.namespace(),
        _ if named.iter().any(|name| name == other.namespace()) => true,
        selector => {
            let namespace = listers.get::<Namespace>("", other.namespace());
            let labels = namespace.and_then(|namespace| namespace.metadata.labels.as_ref());
            selector.as_ref().is_some_and(|selector| matches(selector, labels))
        }
    };
    let selector = term.label_selector.as_ref();
    in_scope && selector.is_some_and(|selector| matches(selector, other.metadata.labels.as_ref()))
}

/// The part of the cluster that the term's topology puts the node in.
fn topology<'n>(term: &PodAffinityTerm, node: &'n Node) -> Option<&'n String> {
    node.metadata.labels.as_ref()?.get(&term.topology_key)
}

fn share(term: &PodAffinityTerm, here: &Node, there: &Node) -> bool {
    topology(term, here).is_some_and(|place| topology(term, there) == Some(place))
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
            let conflict = host_ports(&pods[0]).any(|a| host_ports(&pods[1]).any(|b| a.conflicts(&b)));
            assert_eq!(conflict, expected, "{one:?} {other:?}");
        }
    }
}
