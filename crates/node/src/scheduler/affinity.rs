//! Which pods a pod wants to be near, and which it avoids.
//!
//! Models pkg/scheduler/framework/plugins/interpodaffinity with its queueing hints (v1.36.2): required terms alone.

use client::Listers;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod, PodAffinityTerm};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use machinery::Resource;
use machinery::labels::{Labels, Selector};

use super::cache::Cache;
use super::filters::Refusal;
use super::hints::Plugin;

/// Why the node is not where the pod wants to be.
pub(super) fn refuse(pod: &Pod, node: &Node, cache: &Cache, listers: &Listers) -> Option<Refusal> {
    affinity(pod, node, cache, listers).or_else(|| anti_affinity(pod, node, cache, listers))
}

/// Required affinity: for each term a pod that all of them select is near; the first of a group goes anywhere.
fn affinity(pod: &Pod, node: &Node, cache: &Cache, listers: &Listers) -> Option<Refusal> {
    let terms = near_terms(pod);
    if terms.is_empty() {
        return None;
    }
    let wanted = |other: &Pod| all_select(terms, pod, other, listers);
    let others = listers.list::<Pod>("").filter(|other| wanted(other));
    let near: Vec<&Node> = others.filter_map(|other| cache.home_of(other)).collect();
    let is_first = near.is_empty() && wanted(pod);
    let fits = |term: &PodAffinityTerm| match is_first {
        true => topology(term, node).is_some(),
        false => near.iter().any(|there| share(term, node, there)),
    };
    let reason = "node(s) didn't match pod affinity rules";
    (!terms.iter().all(fits)).then(|| Refusal::lasting(Plugin::InterPodAffinity, reason))
}

/// Required anti-affinity, of the pod against those placed and of those placed against the pod.
fn anti_affinity(pod: &Pod, node: &Node, cache: &Cache, listers: &Listers) -> Option<Refusal> {
    let avoids = |owner: &Pod, selected: &Pod, placed: &Pod| {
        let terms = anti_terms(owner).iter();
        let mut terms = terms.filter(|term| selects_pod(term, owner, selected, listers)).peekable();
        terms.peek().is_some()
            && cache.home_of(placed).is_some_and(|there| terms.any(|term| share(term, node, there)))
    };
    // Nobody looks at all pods for a pod that minds none of them.
    if !anti_terms(pod).is_empty() && listers.list::<Pod>("").any(|other| avoids(pod, other, other)) {
        let reason = "node(s) didn't match pod anti-affinity rules";
        return Some(Refusal::passing(Plugin::InterPodAffinity, reason));
    }
    let mut repelling =
        cache.repelling().iter().filter_map(|key| listers.get::<Pod>(&key.namespace, &key.name));
    if repelling.any(|other| avoids(other, pod, other)) {
        let reason = "node(s) didn't satisfy existing pods anti-affinity rules";
        return Some(Refusal::passing(Plugin::InterPodAffinity, reason));
    }
    None
}

/// Whether the pod may be let in now that another one, which has a node, is as it is; `None` is no pod with a node
/// (isSchedulableAfterPodChange).
pub(super) fn is_helped_by_pod(
    pod: &Pod,
    before: Option<&Pod>,
    after: Option<&Pod>,
    listers: &Listers,
) -> bool {
    let (near, anti) = (near_terms(pod), anti_terms(pod));
    let selects = |terms, other: Option<&Pod>| other.is_some_and(|o| all_select(terms, pod, o, listers));
    let came = selects(near, after) && !selects(near, before);
    let went = selects(anti, before) && !selects(anti, after);
    // Who avoids the pod, and is gone.
    let avoids = |other: &Pod| anti_terms(other).iter().any(|term| selects_pod(term, other, pod, listers));
    came || went || after.is_none() && before.is_some_and(avoids)
}

/// Whether the pod may be let in now that a node is as it is, or that there is one (isSchedulableAfterNodeChange).
pub(super) fn is_helped_by_node(pod: &Pod, before: Option<&Node>, after: &Node) -> bool {
    let places = |term| (before.and_then(|before| topology(term, before)), topology(term, after));
    let joins = |term| matches!(places(term), (was, Some(is)) if was != Some(is));
    let leaves = |term| matches!(places(term), (Some(was), is) if Some(was) != is);
    let anti = anti_terms(pod);
    near_terms(pod).iter().any(joins) || anti.iter().any(leaves) || before.is_none() && !anti.is_empty()
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
