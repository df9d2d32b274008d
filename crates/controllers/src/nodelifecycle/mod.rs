//! Notices kubelets that have fallen silent: the node's conditions, its taints, and the readiness of its pods.
//!
//! Models pkg/controller/nodelifecycle/node_lifecycle_controller.go and pkg/controller/util/node/controller_utils.go
//! (v1.36.2). Departs: leases are not stored; [`NodeLifecycleController::set_silent`] says whose are no longer renewed, so
//! that a heartbeat that nobody misses costs nothing. Taints follow a node's conditions without upstream's queue.
//! Invariant: a node is looked at in whole monitor periods, as upstream's loop does.

mod zone;

use std::sync::Arc;

use client::api::{Change, WatchEvent};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, NodeCondition, Pod, Taint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::time::{after_ms, seconds};
use machinery::{Object, Resource, taints};

use crate::pod::node_name;
use zone::Rates;

const COMPONENT: &str = "node-controller";
/// How often every node is looked at (`--node-monitor-period`).
const MONITOR_PERIOD_MS: i64 = 5_000;
/// How long a lease may go without renewal (`--node-monitor-grace-period`).
const MONITOR_GRACE_MS: i64 = 50_000;
/// The conditions that only a kubelet can vouch for.
const VOUCHED: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
/// Which status of a condition puts which taint on a node that takes new pods (nodeConditionToTaintKeyStatusMap).
const CONDITION_TAINTS: [(&str, &str, &str); 6] = [
    ("Ready", "False", taints::NOT_READY),
    ("Ready", "Unknown", taints::UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// The controller. A clone shares its state.
#[derive(Clone, Debug, Default)]
pub struct NodeLifecycleController {
    /// Node → when its lease was renewed for the last time.
    silent: OrdMap<Arc<str>, Timestamp>,
    /// Node → its uid, of the nodes that were seen at a look (`knownNodeSet`).
    known: OrdMap<Arc<str>, Arc<str>>,
    rates: Rates,
}

impl NodeLifecycleController {
    /// Says that the node's lease is no longer renewed, and when it last was; or that it is renewed again.
    /// The node has to be looked at after this.
    pub fn set_silent(&mut self, node: &str, since: Option<Timestamp>) {
        match since {
            Some(since) => drop(self.silent.insert(node.into(), since)),
            None => drop(self.silent.remove(node)),
        }
    }

    /// Whether the node's lease is not renewed.
    pub fn is_silent(&self, node: &str) -> bool {
        self.silent.contains_key(node)
    }

    /// When the node counts as lost, if its lease is not renewed.
    fn lost_at(&self, node: &Node) -> Option<Timestamp> {
        self.silent.get(node.name()).map(|since| next_look(after_ms(*since, MONITOR_GRACE_MS)))
    }

    /// Tells at a look that a node has come, or says when to look.
    fn register(&mut self, cx: &mut Context<'_>, node: &Node) -> Option<Outcome> {
        if self.known.contains_key(node.name()) {
            return None;
        }
        if !is_look(cx.now) {
            return Some(Outcome::until(next_look(cx.now), cx.now));
        }
        self.known.insert(node.name().into(), node.uid().into());
        let what = format!("Registered Node {} in Controller", node.name());
        tell(cx, (node.name(), node.uid()), "RegisteredNode", &what);
        None
    }

    /// Tells at a look that a node has gone.
    fn forget(&mut self, cx: &mut Context<'_>, name: &str) -> Outcome {
        if !self.known.contains_key(name) {
            return Outcome::Done;
        }
        if !is_look(cx.now) {
            return Outcome::until(next_look(cx.now), cx.now);
        }
        let uid = self.known.remove(name).unwrap_or_default();
        tell(cx, (name, &uid), "RemovingNode", &format!("Removing Node {name} from Controller"));
        Outcome::Done
    }

    /// The taints that evict, by what was seen of the node at the last look (processTaintBaseEviction).
    fn evict_by_taint(&mut self, cx: &mut Context<'_>, node: &Arc<Node>) -> Result<Option<Timestamp>, Error> {
        let (wanted, other) = match ready(node).map(|c| c.status.as_str()) {
            Some("False") => (taints::NOT_READY, taints::UNREACHABLE),
            Some("Unknown") => (taints::UNREACHABLE, taints::NOT_READY),
            _ => return reachable(cx, node),
        };
        if zone::is_everything_lost(cx.listers) {
            return reachable(cx, node);
        }
        if taints::has(node, wanted, "NoExecute") {
            return Ok(None);
        }
        let add = taint_now(wanted, "NoExecute", cx.now);
        if taints::has(node, other, "NoExecute") {
            swap_taints(cx, node, vec![add], &[taints::taint(other, "NoExecute")])?;
            return Ok(None);
        }
        match self.rates.turn(cx.listers, node, cx.now) {
            None => swap_taints(cx, node, vec![add], &[]).map(|()| None),
            Some(later) => Ok(Some(later)),
        }
    }
}

/// A reference to a node that may be gone, with nothing but its name and uid.
fn reference((name, uid): (&str, &str)) -> Object {
    let metadata =
        ObjectMeta { name: Some(name.to_owned()), uid: Some(uid.to_owned()), ..ObjectMeta::default() };
    Node { metadata, ..Node::default() }.into()
}

// RecordNodeEvent
fn tell(cx: &mut Context<'_>, node: (&str, &str), reason: &str, what: &str) {
    let message = format!("Node {} event: {what}", node.0);
    cx.event(COMPONENT, &reference(node), "Normal", reason, &message);
}

/// The first look after a moment.
fn next_look(at: Timestamp) -> Timestamp {
    let rest = at.as_millisecond().rem_euclid(MONITOR_PERIOD_MS);
    after_ms(at, MONITOR_PERIOD_MS - rest)
}

fn is_look(at: Timestamp) -> bool {
    at.as_millisecond().rem_euclid(MONITOR_PERIOD_MS) == 0
}

fn condition<'a>(node: &'a Node, kind: &str) -> Option<&'a NodeCondition> {
    node.status.as_ref()?.conditions.iter().flatten().find(|c| c.type_ == kind)
}

/// The node's Ready condition.
fn ready(node: &Node) -> Option<&NodeCondition> {
    condition(node, "Ready")
}

fn is_ready(node: &Node) -> bool {
    ready(node).is_some_and(|c| c.status == "True")
}

fn taint_now(key: &str, effect: &str, now: Timestamp) -> Taint {
    Taint { time_added: Some(seconds(now)), ..taints::taint(key, effect) }
}

/// Takes the evicting taints away (markNodeAsReachable).
fn reachable(cx: &mut Context<'_>, node: &Arc<Node>) -> Result<Option<Timestamp>, Error> {
    let gone =
        [taints::taint(taints::UNREACHABLE, "NoExecute"), taints::taint(taints::NOT_READY, "NoExecute")];
    swap_taints(cx, node, Vec::new(), &gone).map(|()| None)
}

/// Adds and removes taints, if that changes anything (SwapNodeControllerTaint).
fn swap_taints(cx: &mut Context<'_>, node: &Node, add: Vec<Taint>, remove: &[Taint]) -> Result<(), Error> {
    let is_in =
        |taint: &Taint, list: &[Taint]| list.iter().any(|t| t.key == taint.key && t.effect == taint.effect);
    let old = taints::of(node);
    let kept: Vec<Taint> = old.iter().filter(|t| !is_in(t, remove) && !is_in(t, &add)).cloned().collect();
    let taints = [kept, add].concat();
    if taints == old {
        return Ok(());
    }
    let mut changed = node.clone();
    changed.spec.get_or_insert_default().taints = (!taints.is_empty()).then_some(taints);
    cx.api.update(changed)?;
    Ok(())
}

/// The taints that keep new pods away, by the node's conditions and its cordon (doNoScheduleTaintingPass).
fn keep_new_pods_away(cx: &mut Context<'_>, node: &Node) -> Result<(), Error> {
    let managed =
        |key: &str| key == taints::UNSCHEDULABLE || CONDITION_TAINTS.iter().any(|(_, _, k)| *k == key);
    let holds =
        |(kind, status, _): &&(&str, &str, &str)| condition(node, kind).is_some_and(|c| c.status == *status);
    let mut wanted: Vec<&str> = CONDITION_TAINTS.iter().filter(holds).map(|(_, _, key)| *key).collect();
    if taints::is_cordoned(node) {
        wanted.push(taints::UNSCHEDULABLE);
    }
    let is_there = |key: &&str| taints::has(node, key, "NoSchedule");
    let add =
        wanted.iter().filter(|key| !is_there(key)).map(|key| taint_now(key, "NoSchedule", cx.now)).collect();
    let stale = |t: &&Taint| t.effect == "NoSchedule" && managed(&t.key) && !wanted.contains(&t.key.as_str());
    let remove: Vec<Taint> = taints::of(node).iter().filter(stale).cloned().collect();
    swap_taints(cx, node, add, &remove)
}

/// Nobody has heard of the node for too long (tryUpdateNodeHealth).
fn mark_unknown(cx: &mut Context<'_>, node: &Node) -> Result<(), Error> {
    let mut changed = node.clone();
    let conditions = changed.status.get_or_insert_default().conditions.get_or_insert_default();
    for kind in VOUCHED {
        let unknown = |reason: &str, message: &str| NodeCondition {
            type_: kind.to_owned(),
            status: "Unknown".to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            last_transition_time: Some(seconds(cx.now)),
            last_heartbeat_time: None,
        };
        match conditions.iter_mut().find(|c| c.type_ == kind) {
            None => {
                let never = unknown("NodeStatusNeverUpdated", "Kubelet never posted node status.");
                let last_heartbeat_time = node.metadata.creation_timestamp.clone();
                conditions.push(NodeCondition { last_heartbeat_time, ..never });
            }
            Some(known) if known.status != "Unknown" => {
                let stopped = unknown("NodeStatusUnknown", "Kubelet stopped posting node status.");
                *known = NodeCondition { last_heartbeat_time: known.last_heartbeat_time.clone(), ..stopped };
            }
            Some(_) => {}
        }
    }
    cx.api.update_status(changed)?;
    Ok(())
}

/// The pods of a lost node are not ready (MarkPodsNotReady).
fn mark_pods_not_ready(cx: &mut Context<'_>, node: &str) -> Result<(), Error> {
    let pods: Vec<Arc<Pod>> =
        cx.listers.list::<Pod>("").filter(|pod| node_name(pod) == Some(node)).cloned().collect();
    for pod in pods {
        let mut changed = (*pod).clone();
        let conditions = changed.status.iter_mut().flat_map(|status| status.conditions.iter_mut().flatten());
        let Some(ready) = conditions.into_iter().find(|c| c.type_ == "Ready" && c.status != "False") else {
            continue;
        };
        ready.status = "False".to_owned();
        ready.last_transition_time = Some(seconds(cx.now));
        match cx.api.update_status(changed) {
            Err(refusal) if refusal.is_not_found() => continue,
            Err(refusal) => return Err(refusal.into()),
            Ok(_) => cx.event(COMPONENT, &Pod::wrap(pod), "Warning", "NodeNotReady", "Node is not ready"),
        }
    }
    Ok(())
}

impl Reconciler for NodeLifecycleController {
    /// The nodes of the first list have been there for longer than Events are kept.
    fn initialize(&mut self, listers: &Listers) {
        let seen = |node: &Arc<Node>| (Arc::from(node.name()), Arc::from(node.uid()));
        self.known = listers.list::<Node>("").map(seen).collect();
    }

    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        let Some(node) = Node::unwrap(&event.object) else {
            return Vec::new();
        };
        if event.change == Change::Added {
            return vec![node.key()];
        }
        // How many nodes are lost decides over the others that are.
        let lost = listers.list::<Node>("").filter(|other| !is_ready(other)).map(|other| other.key());
        std::iter::once(node.key()).chain(lost).collect()
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let Some(node) = cx.listers.get::<Node>("", &key.name).cloned() else {
            return Ok(self.forget(cx, &key.name));
        };
        keep_new_pods_away(cx, &node)?;
        if let Some(later) = self.register(cx, &node) {
            return Ok(later);
        }
        let was_ready = is_ready(&node);
        let lost_at = self.lost_at(&node).filter(|_| ready(&node).is_none_or(|c| c.status != "Unknown"));
        if let Some(at) = lost_at {
            if at > cx.now {
                return Ok(Outcome::until(at, cx.now));
            }
            mark_unknown(cx, &node)?;
            if was_ready {
                let message = format!("Node {} status is now: NodeNotReady", node.name());
                let about = reference((node.name(), node.uid()));
                cx.event(COMPONENT, &about, "Normal", "NodeNotReady", &message);
                mark_pods_not_ready(cx, node.name())?;
            }
            // What this look changed is acted on at the next one.
            return Ok(Outcome::until(next_look(cx.now), cx.now));
        }
        let evicts = taints::has(&node, taints::UNREACHABLE, "NoExecute")
            || taints::has(&node, taints::NOT_READY, "NoExecute");
        if was_ready && !evicts {
            return Ok(Outcome::Done);
        }
        if !is_look(cx.now) {
            return Ok(Outcome::until(next_look(cx.now), cx.now));
        }
        let later = self.evict_by_taint(cx, &node)?;
        Ok(later.map_or(Outcome::Done, |later| Outcome::until(later, cx.now)))
    }
}
