//! The scheduler: gives each pod a node, or says why it cannot.
//!
//! Models pkg/scheduler (v1.36.2): the claims first, then each node's filters, then the node with the fewest pods.
//! A pod is tried again when something changed that could help it, after its back-off where an idle scheduler waits for
//! that, and every five minutes. Departs: scores other than the number of pods, priorities and preemption do not exist.
//! Invariant: a pod that has a node is never touched.

mod affinity;
pub(crate) mod cache;
pub(crate) mod claims;
pub(crate) mod filters;
mod hints;
mod spread;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;

use client::api::{Body, Change, Request, Subresource, Verb, WatchEvent};
use client::{Choice, Client, Context, Error, Key, Listers, Outcome, Reconciler, Reporter};
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, PersistentVolumeClaim, Pod, PodCondition};
use machinery::decision::Verdict;
use machinery::object::is_terminating;
use machinery::patch::PatchType;
use machinery::time::seconds;
use machinery::version::Features;
use machinery::{Kind, ObjectKey, Resource};
use serde_json::json;

use cache::{Cache, Load};
use claims::Plan;
use filters::{Candidate, Refusal};
use spread::Spread;
use waiting::{Hope, Waiting};

const COMPONENT: &str = "default-scheduler";
/// The component and the host that it runs on (client-go/tools/events/event_broadcaster.go, NewRecorder).
const INSTANCE: &str = "default-scheduler-control-plane";
/// Unschedulable pods are tried again after so long, whatever happens (flushUnschedulablePodsLeftover).
const FLUSH_MS: u64 = 300_000;
/// Tells a provisioner for which node it is to make the claim's volume.
pub(crate) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// The scheduler. A clone shares its state.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    cache: Cache,
    waiting: Waiting,
    /// The nodes of pods whose volumes are being bound for them.
    assumed: OrdMap<Key, Arc<str>>,
}

/// Where a pod goes, and what its claims get there first.
struct Placement {
    node: String,
    plans: Vec<(ObjectKey, Plan)>,
}

/// Why a pod has no node.
struct Failure {
    hope: Hope,
    claims: Vec<ObjectKey>,
    message: String,
}

impl Scheduler {
    /// The node for the pod.
    fn choose(&self, cx: &mut Context<'_>, pod: &Pod) -> Result<Placement, Failure> {
        if self.cache.nodes().next().is_none() {
            let message = "no nodes available to schedule pods".to_owned();
            return Err(Failure { hope: Hope::Node, claims: Vec::new(), message });
        }
        let volumes = claims::check(pod, &self.cache, cx.listers).map_err(|blocked| Failure {
            hope: Hope::Plugins([blocked.plugin].into()),
            claims: blocked.claims,
            message: all_blocked(self.cache.nodes().count(), &blocked.reason, cx.features),
        })?;
        let mut refusals = Vec::new();
        let mut fewest = i64::MAX;
        let mut best: Vec<&Node> = Vec::new();
        let spread = Spread::of(pod, &self.cache, cx.listers);
        let candidate = Candidate { pod, wanted: Load::of(pod), volumes, spread };
        let assumed = self.assumed.get(&pod.key());
        for (node, space) in self.cache.nodes() {
            let is_assumed = assumed.is_some_and(|assumed| **assumed == *node.name());
            // A node with more pods than the best one is not asked.
            if !best.is_empty() && space.load.pods > fewest && !is_assumed {
                continue;
            }
            let known = (cx.listers, cx.features);
            let refusal = filters::refuse(&candidate, (node, space), &self.cache, known);
            if let Some(refusal) = refusal {
                refusals.push(refusal);
                continue;
            }
            if is_assumed {
                best = vec![node];
                break;
            }
            if space.load.pods < fewest {
                fewest = space.load.pods;
                best.clear();
            }
            if space.load.pods == fewest {
                best.push(node);
            }
        }
        let volumes = candidate.volumes;
        if best.is_empty() {
            let claims = [volumes.delayed, volumes.lost].concat();
            let hope = Hope::Plugins(refusals.iter().map(|refusal| refusal.plugin).collect());
            return Err(Failure { hope, claims, message: summary(&refusals, cx.features) });
        }
        let name = format!("{}/{}", pod.namespace(), pod.name());
        let names: Vec<&str> = best.iter().map(|node| node.name()).collect();
        let index = cx.choices.pick(Choice::Node { pod: &name }, &names);
        let node = best[index.min(best.len() - 1)];
        let mut pick = |claim: &ObjectKey, volumes: &[&str]| {
            let claim = format!("{}/{}", claim.namespace, claim.name);
            cx.choices.pick(Choice::Volume { claim: &claim }, volumes)
        };
        let plans = claims::plan(&volumes.delayed, node, cx.listers, &mut pick).unwrap_or_default();
        Ok(Placement { node: node.name().to_owned(), plans })
    }

    /// Gives the claims that waited for a node their volumes; the pod follows once they are bound.
    fn bind_volumes(&mut self, cx: &mut Context<'_>, pod: &Pod, placement: Placement) -> Result<(), Error> {
        let claims: Vec<ObjectKey> = placement.plans.iter().map(|(claim, _)| claim.clone()).collect();
        for (claim, plan) in placement.plans.iter().cloned() {
            let Some(claim) = cx.listers.get::<PersistentVolumeClaim>(&claim.namespace, &claim.name) else {
                continue;
            };
            match plan {
                Plan::Volume(volume) => drop(cx.api.update(claims::bound_to(&volume, claim))?),
                Plan::Provision => {
                    let selected = json!({"metadata": {"annotations": {SELECTED_NODE: placement.node}}});
                    cx.api.patch::<PersistentVolumeClaim>(claim.meta(), PatchType::Merge, selected)?;
                }
            }
        }
        self.waiting.insert(pod, Hope::Claims);
        self.assumed.insert(pod.key(), placement.node.as_str().into());
        self.cache.place(pod, &placement.node);
        cx.decide(pod.key(), Verdict::Unschedulable { claims, message: String::new() });
        Ok(())
    }

    fn bind(&mut self, cx: &mut Context<'_>, pod: &Arc<Pod>, node: &str) -> Result<(), Error> {
        let target = Body::Json(json!({"target": {"name": node}}));
        let request = Request::new(Verb::Create(target), Kind::Pod, pod.namespace(), pod.name());
        cx.api.call(request.of(Subresource::Binding))?;
        self.waiting.remove(&pod.key());
        self.assumed.remove(&pod.key());
        cx.decide_nothing(&pod.key());
        let message = format!("Successfully assigned {}/{} to {node}", pod.namespace(), pod.name());
        cx.event(about_to("Binding"), &Pod::wrap(pod.clone()), "Normal", "Scheduled", &message);
        Ok(())
    }

    fn fail(&mut self, cx: &mut Context<'_>, pod: &Arc<Pod>, failure: Failure) -> Result<(), Error> {
        let message = failure.message;
        self.assumed.remove(&pod.key());
        self.waiting.failed(pod, failure.hope, cx.now);
        cx.event(about_to("Scheduling"), &Pod::wrap(pod.clone()), "Warning", "FailedScheduling", &message);
        let verdict = Verdict::Unschedulable { claims: failure.claims, message: message.clone() };
        cx.decide(pod.key(), verdict);
        let mut status = pod.status.clone().unwrap_or_default();
        let conditions = status.conditions.get_or_insert_default();
        let old = conditions.iter().position(|c| c.type_ == "PodScheduled");
        let since = old.and_then(|at| {
            let old = &conditions[at];
            old.last_transition_time.clone().filter(|_| old.status == "False")
        });
        let condition = PodCondition {
            type_: "PodScheduled".to_owned(),
            status: "False".to_owned(),
            reason: Some("Unschedulable".to_owned()),
            message: Some(message),
            last_transition_time: Some(since.unwrap_or_else(|| seconds(cx.now))),
            observed_generation: pod.metadata.generation,
            ..Default::default()
        };
        match old {
            Some(at) => conditions[at] = condition,
            None => conditions.push(condition),
        }
        if pod.status.as_ref() != Some(&status) {
            cx.api.update_status(Pod { status: Some(status), ..(**pod).clone() })?;
        }
        Ok(())
    }
}

/// The message about nodes that all refuse (pkg/scheduler/framework/types.go, FitError): each reason with its count, in
/// the order of the text, and what preemption would do, in the same way.
fn summary(refusals: &[Refusal], features: Features) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in refusals.iter().flat_map(|r| &r.reasons) {
        *counts.entry(reason).or_default() += 1;
    }
    let mut reasons: Vec<String> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    reasons.sort();
    let helped = refusals.iter().filter(|r| r.preemption_helps).count();
    let mut preemption: Vec<String> = [
        (helped, "No preemption victims found for incoming pod"),
        (refusals.len() - helped, "Preemption is not helpful for scheduling"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, text)| format!("{n} {text}"))
    .collect();
    preemption.sort();
    let available = format!("0/{} nodes are available", refusals.len());
    let devices = if features.devices_can_be_claimed() { "no new claims to deallocate, " } else { "" };
    format!(
        "{available}: {}. {devices}preemption: {available}: {}.",
        reasons.join(", "),
        preemption.join(", ")
    )
}

/// The message about a pod that was refused before any node was looked at. The part that deallocates devices complains
/// that it was not asked before, where there is that part.
fn all_blocked(nodes: usize, reason: &str, features: Features) -> String {
    let available = format!("0/{nodes} nodes are available");
    if features.devices_can_be_claimed() {
        return format!("{available}: {reason}. not found");
    }
    format!(
        "{available}: {reason}. preemption: {available}: {nodes} Preemption is not helpful for scheduling."
    )
}

/// The scheduler in the midst of an action, as its Events name it.
fn about_to(action: &'static str) -> Reporter<'static> {
    Reporter { component: COMPONENT, instance: INSTANCE, action: Some(action) }
}

/// Whether this scheduler is to find the pod a node.
fn is_ours(pod: &Pod) -> bool {
    pod.spec.as_ref().is_some_and(|spec| {
        spec.node_name.as_deref().unwrap_or_default().is_empty()
            && matches!(spec.scheduler_name.as_deref(), None | Some(COMPONENT))
            && spec.scheduling_gates.as_deref().unwrap_or_default().is_empty()
    }) && !is_terminating(pod.meta())
}

impl Reconciler for Scheduler {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match Node::unwrap(&event.object) {
            Some(node) if event.change == Change::Deleted => self.cache.remove_node(node.name()),
            Some(node) => self.cache.put_node(node),
            None => {}
        }
        let mut keys = self.waiting.helped_by(event, listers);
        if let Some(pod) = Pod::unwrap(&event.object) {
            let key = pod.key();
            if event.change == Change::Deleted {
                self.cache.remove(&key);
                self.assumed.remove(&key);
            } else if let Some(node) = self.assumed.get(&key).filter(|_| is_ours(pod)) {
                self.cache.place(pod, node);
            } else {
                self.cache.put(pod);
            }
            let known = self.waiting.contains(&key);
            if event.change == Change::Deleted || !is_ours(pod) {
                self.waiting.remove(&key);
            } else if !known {
                keys.push(key);
            }
        }
        keys
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let Some(pod) = cx.listers.get::<Pod>(&key.namespace, &key.name).cloned() else {
            cx.decide_nothing(key);
            return Ok(Outcome::Done);
        };
        if !is_ours(&pod) {
            return Ok(Outcome::Done);
        }
        if !cx.features.back_off_ends_when_idle()
            && let Some(back_off_ms) = self.waiting.back_off_ms(key, cx.now)
        {
            return Ok(Outcome::After(back_off_ms));
        }
        // A pod that is assumed to be on a node does not stand in its own way.
        self.cache.remove(key);
        match self.choose(cx, &pod) {
            Ok(placement) if placement.plans.is_empty() => self.bind(cx, &pod, &placement.node)?,
            Ok(placement) => self.bind_volumes(cx, &pod, placement)?,
            Err(failure) => self.fail(cx, &pod, failure)?,
        }
        Ok(Outcome::Done)
    }

    fn resync_period_ms(&self) -> Option<u64> {
        Some(FLUSH_MS)
    }

    fn resync_keys(&self, _listers: &Listers) -> Vec<Key> {
        self.waiting.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_and_sorted_as_text() {
        let refusal = |reason: &str, helps| Refusal {
            reasons: vec![reason.to_owned()],
            preemption_helps: helps,
            plugin: hints::Plugin::NodeUnschedulable,
        };
        let refusals = [
            refusal("node(s) were unschedulable", false),
            refusal("Insufficient cpu", true),
            refusal("Insufficient cpu", true),
        ];
        let expected = "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. \
             no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, \
             2 No preemption victims found for incoming pod.";
        assert_eq!(summary(&refusals, Features::default()), expected);
    }
}
