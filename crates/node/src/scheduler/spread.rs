//! How evenly a pod and its like are spread.
//!
//! Models pkg/scheduler/framework/plugins/podtopologyspread with its queueing hints (v1.36.2): the constraints that forbid.
//! Invariant: a domain counts although it is empty, if one of its nodes does.

use std::collections::BTreeMap;

use client::Listers;
use k8s_openapi::api::core::v1::{Node, Pod, TopologySpreadConstraint};
use machinery::labels::{Labels, Operator, Selector};
use machinery::object::is_terminating;
use machinery::{Resource, taints};

use super::cache::Cache;
use super::filters::{Refusal, repelling, selects};
use super::hints::Plugin;

const UNEVEN: &str = "node(s) didn't match pod topology spread constraints";

/// A constraint that keeps pods from nodes.
struct Constraint<'p> {
    of: &'p TopologySpreadConstraint,
    /// Selects the pods that are counted; without one they are none.
    selector: Option<Selector>,
}

impl<'p> Constraint<'p> {
    /// Those of the pod; what is known of its revision narrows the selector (matchLabelKeys).
    fn all_of(pod: &'p Pod) -> Vec<Constraint<'p>> {
        let spec = pod.spec.iter();
        let constraints = spec.flat_map(|spec| spec.topology_spread_constraints.iter().flatten());
        let forbidding = constraints.filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule");
        forbidding.map(|of| Constraint { of, selector: selector(of, pod.metadata.labels.as_ref()) }).collect()
    }

    fn counts(&self, pod: &Pod) -> bool {
        self.selector.as_ref().is_some_and(|selector| selector.matches(pod.metadata.labels.as_ref()))
    }

    fn domain<'n>(&self, node: &'n Node) -> Option<&'n String> {
        node.metadata.labels.as_ref()?.get(&self.of.topology_key)
    }

    /// Whether the node is one of those over which the pod is to be spread (matchNodeInclusionPolicies).
    fn includes(&self, pod: &Pod, node: &Node) -> bool {
        let honors_affinity = self.of.node_affinity_policy.as_deref() != Some("Ignore");
        let honors_taints = self.honors_taints();
        (!honors_affinity || selects(pod, node)) && (!honors_taints || repelling(pod, node).is_none())
    }

    fn honors_taints(&self) -> bool {
        self.of.node_taints_policy.as_deref() == Some("Honor")
    }
}

fn selector(of: &TopologySpreadConstraint, labels: Option<&Labels>) -> Option<Selector> {
    let mut selector = Selector::from_spec(of.label_selector.as_ref()?)?;
    for key in of.match_label_keys.iter().flatten() {
        if let Some(value) = labels.and_then(|labels| labels.get(key)) {
            selector.push(key.clone(), Operator::In(vec![value.clone()]));
        }
    }
    Some(selector)
}

/// Whether the node is in a domain of each constraint.
fn is_in_all(constraints: &[Constraint<'_>], node: &Node) -> bool {
    constraints.iter().all(|constraint| constraint.domain(node).is_some())
}

/// What the constraints of a pod count.
pub(super) struct Spread<'p> {
    /// Each constraint with the number of pods in each of its domains.
    counted: Vec<(Constraint<'p>, BTreeMap<String, i64>)>,
}

impl<'p> Spread<'p> {
    /// Counts the pods, but for that one.
    pub(super) fn of(pod: &'p Pod, cache: &Cache, listers: &Listers) -> Spread<'p> {
        let constraints = Constraint::all_of(pod);
        if constraints.is_empty() {
            return Spread { counted: Vec::new() };
        }
        let nodes: Vec<&Node> = cache.nodes().map(|(node, _)| &**node).collect();
        let others = listers.list::<Pod>(pod.namespace()).filter(|other| !is_terminating(other.meta()));
        let placed: Vec<(&Pod, &Node)> =
            others.filter_map(|other| Some((&**other, cache.home_of(other)?))).collect();
        let count = |constraint: &Constraint<'_>| {
            let includes = |node: &Node| is_in_all(&constraints, node) && constraint.includes(pod, node);
            let domain = |node| constraint.domain(node).filter(|_| includes(node)).cloned();
            let mut pods: BTreeMap<String, i64> =
                nodes.iter().filter_map(|node| Some((domain(node)?, 0))).collect();
            // A selector that holds for everything counts nothing (countPodsMatchSelector).
            let selects_some = constraint.selector.as_ref().is_some_and(|selector| !selector.is_empty());
            let counted = placed.iter().filter(|(other, _)| selects_some && constraint.counts(other));
            for domain in counted.filter_map(|(_, node)| domain(node)) {
                *pods.entry(domain).or_default() += 1;
            }
            pods
        };
        let counts: Vec<_> = constraints.iter().map(count).collect();
        Spread { counted: constraints.into_iter().zip(counts).collect() }
    }

    /// Why the pod would be spread too unevenly if it went to the node.
    pub(super) fn refuse(&self, pod: &Pod, node: &Node) -> Option<Refusal> {
        self.counted.iter().find_map(|(constraint, pods)| {
            let Some(domain) = constraint.domain(node) else {
                let reason = format!("{UNEVEN} (missing required label)");
                return Some(Refusal::lasting(Plugin::PodTopologySpread, reason));
            };
            let wanted = constraint.of.min_domains.unwrap_or(1);
            let has_few = i64::try_from(pods.len()).is_ok_and(|domains| domains < wanted.into());
            let fewest = if has_few { 0 } else { pods.values().copied().min().unwrap_or(i64::MAX) };
            let here = pods.get(domain).copied().unwrap_or(0) + i64::from(constraint.counts(pod));
            let is_uneven = here.saturating_sub(fewest) > constraint.of.max_skew.into();
            is_uneven.then(|| Refusal::passing(Plugin::PodTopologySpread, UNEVEN))
        })
    }
}

/// Whether the pod may be let in now that another one, which has a node, is as it is; `None` is no pod with a node
/// (isSchedulableAfterPodChange).
pub(super) fn is_helped_by_pod(pod: &Pod, before: Option<&Pod>, after: Option<&Pod>) -> bool {
    let is_near = |other: &&Pod| other.namespace() == pod.namespace();
    let (before, after) = (before.filter(is_near), after.filter(is_near));
    let is_counted = |constraint: &Constraint<'_>, other: Option<&Pod>| {
        other.is_some_and(|other| constraint.counts(other))
    };
    Constraint::all_of(pod).iter().any(|c| is_counted(c, before) != is_counted(c, after))
}

/// Whether the pod may be let in now that a node is as it is, came or went (isSchedulableAfterNodeChange).
pub(super) fn is_helped_by_node(pod: &Pod, before: Option<&Node>, after: Option<&Node>) -> bool {
    let constraints = Constraint::all_of(pod);
    let counted = |node: &&Node| is_in_all(&constraints, node);
    match (before.filter(counted), after.filter(counted)) {
        (Some(before), Some(after)) => {
            let moves = |constraint: &Constraint<'_>| constraint.domain(before) != constraint.domain(after);
            constraints.iter().any(moves) || taints::of(before) != taints::of(after)
        }
        (before, after) => before.is_some() || after.is_some(),
    }
}

/// Whether it depends on the pod's tolerations over which nodes it is to be spread.
pub(super) fn minds_taints(pod: &Pod) -> bool {
    Constraint::all_of(pod).iter().any(|constraint| constraint.honors_taints())
}
