//! Why a node does not take a pod.
//!
//! Models the Filter plugins of pkg/scheduler/framework/plugins in their order: nodeunschedulable, tainttoleration,
//! nodeaffinity, noderesources, volumebinding, interpodaffinity (v1.36.2). A node's first failing plugin speaks for it.

use std::sync::Arc;

use client::Listers;
use k8s_openapi::api::core::v1::{
    Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodAffinityTerm, Taint,
};
use machinery::labels::{Labels, Selector};
use machinery::{Resource, taints};

use super::cache::{Cache, Load, Space};
use super::claims::{self, Volumes};

/// A node's refusal.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    /// What the node says, one reason or more.
    pub(super) reasons: Vec<String>,
    /// Whether the pod would fit if others left the node.
    pub(super) preemption_helps: bool,
}

impl Refusal {
    fn lasting(reason: &str) -> Refusal {
        Refusal { reasons: vec![reason.to_owned()], preemption_helps: false }
    }
}

/// Why the node, which has that much left, does not take the pod, which wants that much and uses these volumes; `None` if
/// it does.
pub(super) fn refuse(
    (pod, wanted): (&Pod, Load),
    (node, space): (&Node, Space),
    volumes: &Volumes,
    cache: &Cache,
    listers: &Listers,
) -> Option<Refusal> {
    let spec = node.spec.as_ref();
    let cordoned = spec.and_then(|s| s.unschedulable) == Some(true);
    if cordoned && !tolerates(pod, &taints::taint(taints::UNSCHEDULABLE, "NoSchedule")) {
        return Some(Refusal::lasting("node(s) were unschedulable"));
    }
    let repels = |t: &&Taint| matches!(t.effect.as_str(), "NoSchedule" | "NoExecute") && !tolerates(pod, t);
    if taints::of(node).iter().any(|t| repels(&t)) {
        return Some(Refusal::lasting("node(s) had untolerated taint(s)"));
    }
    if !selects(pod, node) {
        return Some(Refusal::lasting("node(s) didn't match Pod's node affinity/selector"));
    }
    let lacking = lacking(wanted, space);
    if !lacking.is_empty() {
        return Some(Refusal { reasons: lacking, preemption_helps: true });
    }
    if !volumes.lost.is_empty() {
        let reason = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
        return Some(Refusal::lasting(reason));
    }
    if !volumes.bound.iter().all(|volume| claims::is_reachable(volume, node)) {
        return Some(Refusal::lasting("node(s) didn't match PersistentVolume's node affinity"));
    }
    if claims::plan(&volumes.delayed, node, listers, &mut |_, _| 0).is_none() {
        return Some(Refusal::lasting("node(s) didn't find available persistent volumes to bind"));
    }
    affinity(pod, node, cache, listers).or_else(|| anti_affinity(pod, node, cache, listers))
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
fn lacking(wanted: Load, Space { load, room }: Space) -> Vec<String> {
    let short = |wanted: i64, load: i64, room: i64| wanted > 0 && load.saturating_add(wanted) > room;
    let checks = [
        ("Too many pods", short(wanted.pods, load.pods, room.pods)),
        ("Insufficient cpu", short(wanted.cpu_milli, load.cpu_milli, room.cpu_milli)),
        ("Insufficient memory", short(wanted.memory_bytes, load.memory_bytes, room.memory_bytes)),
    ];
    checks.into_iter().filter(|(_, short)| *short).map(|(reason, _)| reason.to_owned()).collect()
}

/// The node of a pod that was placed.
fn place<'l>(pod: &Pod, cache: &Cache, listers: &'l Listers) -> Option<&'l Node> {
    listers.get::<Node>("", cache.node_of(&pod.key())?).map(Arc::as_ref)
}

/// Required affinity: for each term a pod that all of them select is near; the first of a group goes anywhere.
fn affinity(pod: &Pod, node: &Node, cache: &Cache, listers: &Listers) -> Option<Refusal> {
    let affinity = pod.spec.as_ref().and_then(|s| s.affinity.as_ref()?.pod_affinity.as_ref());
    let terms = affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_deref())?;
    let wanted = |other: &Pod| terms.iter().all(|term| selects_pod(term, pod, other));
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
    let refusal = |reason: &str| Some(Refusal { reasons: vec![reason.to_owned()], preemption_helps: true });
    let avoids = |owner: &Pod, selected: &Pod, placed: &Pod| {
        let mut terms = anti_terms(owner).iter().filter(|term| selects_pod(term, owner, selected)).peekable();
        terms.peek().is_some()
            && place(placed, cache, listers).is_some_and(|there| terms.any(|term| share(term, node, there)))
    };
    // Nobody looks at all pods for a pod that minds none of them.
    if !anti_terms(pod).is_empty() && listers.list::<Pod>("").any(|other| avoids(pod, other, other)) {
        return refusal("node(s) didn't match pod anti-affinity rules");
    }
    let mut repelling =
        cache.repelling().iter().filter_map(|key| listers.get::<Pod>(&key.namespace, &key.name));
    if repelling.any(|other| avoids(other, pod, other)) {
        return refusal("node(s) didn't satisfy existing pods anti-affinity rules");
    }
    None
}

/// The pod's required anti-affinity terms.
pub(super) fn anti_terms(pod: &Pod) -> &[PodAffinityTerm] {
    let affinity = pod.spec.as_ref().and_then(|s| s.affinity.as_ref()?.pod_anti_affinity.as_ref());
    affinity
        .and_then(|a| a.required_during_scheduling_ignored_during_execution.as_deref())
        .unwrap_or_default()
}

/// Whether `owner`'s term is about `other`.
fn selects_pod(term: &PodAffinityTerm, owner: &Pod, other: &Pod) -> bool {
    let namespaces = term.namespaces.as_deref().unwrap_or_default();
    let in_scope = if namespaces.is_empty() {
        owner.namespace() == other.namespace()
    } else {
        namespaces.iter().any(|n| n == other.namespace())
    };
    let selector = term.label_selector.as_ref().and_then(Selector::from_spec);
    in_scope && selector.is_some_and(|s| s.matches(other.metadata.labels.as_ref()))
}

/// The part of the cluster that the term's topology puts the node in.
fn topology<'n>(term: &PodAffinityTerm, node: &'n Node) -> Option<&'n String> {
    node.metadata.labels.as_ref()?.get(&term.topology_key)
}

fn share(term: &PodAffinityTerm, here: &Node, there: &Node) -> bool {
    topology(term, here).is_some_and(|place| topology(term, there) == Some(place))
}
