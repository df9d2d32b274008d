//! Deletes pods from nodes whose taints they do not tolerate, or no longer.
//!
//! Models pkg/controller/tainteviction/taint_eviction.go and timed_workers.go (v1.36.2).
//! Invariant: a pod is deleted once; what is planned for it ends with it.

use std::sync::Arc;

use client::api::{Change, DeleteOptions, WatchEvent};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod, PodCondition, Taint, Toleration};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::time::after_ms;
use machinery::{Kind, Object, Resource, taints};

use crate::pod::{node_name, update_pod_condition};

const COMPONENT: &str = "taint-eviction-controller";

/// The controller. A clone shares its state.
#[derive(Clone, Debug, Default)]
pub struct TaintEvictionController {
    /// Node → its taints that evict; only nodes that have some.
    tainted: OrdMap<Arc<str>, Vec<Taint>>,
    planned: OrdMap<Key, Plan>,
}

/// What is planned for a pod.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plan {
    /// Its deletion, then.
    Delete(Timestamp),
    /// It was deleted.
    Done,
}

impl TaintEvictionController {
    /// Carries a plan out when its time has come.
    fn follow(&mut self, cx: &mut Context<'_>, key: &Key, pod: &Pod) -> Result<Outcome, Error> {
        match self.planned.get(key) {
            Some(&Plan::Delete(at)) if at <= cx.now => self.delete(cx, key, pod),
            Some(&Plan::Delete(at)) => Ok(Outcome::until(at, cx.now)),
            Some(Plan::Done) | None => Ok(Outcome::Done),
        }
    }

    /// Drops a plan, with an Event if it was still to be carried out (cancelWorkWithEvent).
    fn cancel(&mut self, cx: &mut Context<'_>, key: &Key) {
        if let Some(Plan::Delete(_)) = self.planned.remove(key) {
            tell(cx, key, &format!("Cancelling deletion of Pod {}/{}", key.namespace, key.name));
        }
    }

    /// addConditionAndDeletePod.
    fn delete(&mut self, cx: &mut Context<'_>, key: &Key, pod: &Pod) -> Result<Outcome, Error> {
        if self.planned.get(key) == Some(&Plan::Done) {
            return Ok(Outcome::Done);
        }
        tell(cx, key, &format!("Marking for deletion Pod {}/{}", key.namespace, key.name));
        self.planned.insert(key.clone(), Plan::Done);
        let mut changed = pod.clone();
        let condition = PodCondition {
            type_: "DisruptionTarget".to_owned(),
            status: "True".to_owned(),
            reason: Some("DeletionByTaintManager".to_owned()),
            message: Some("Taint manager: deleting due to NoExecute taint".to_owned()),
            observed_generation: pod.metadata.generation,
            ..Default::default()
        };
        if update_pod_condition(changed.status.get_or_insert_default(), condition, cx.now) {
            cx.api.update_status(changed)?;
        }
        cx.api.delete(Kind::Pod, &key.namespace, &key.name, DeleteOptions::default())?;
        Ok(Outcome::Done)
    }
}

/// Says something about a pod that may be gone: the Event names it without its uid.
fn tell(cx: &mut Context<'_>, key: &Key, message: &str) {
    let metadata = ObjectMeta {
        name: Some(key.name.to_string()),
        namespace: Some(key.namespace.to_string()),
        ..Default::default()
    };
    let about = Object::from(Pod { metadata, ..Default::default() });
    cx.event(COMPONENT, &about, "Normal", "TaintManagerEviction", message);
}

fn evicting(node: &Node) -> Vec<Taint> {
    taints::of(node).iter().filter(|taint| taint.effect == "NoExecute").cloned().collect()
}

fn tolerations(pod: &Pod) -> &[Toleration] {
    pod.spec.as_ref().and_then(|spec| spec.tolerations.as_deref()).unwrap_or_default()
}

/// How long the pod may stay with these taints.
#[derive(Debug, PartialEq)]
enum Stay {
    /// For ever.
    Always,
    /// So many seconds.
    Seconds(i64),
}

/// GetMatchingTolerations and getMinTolerationTime.
fn stay(tolerations: &[Toleration], taints: &[Taint]) -> Stay {
    let mut seconds = None;
    for taint in taints {
        let Some(toleration) = tolerations.iter().find(|t| taints::tolerates(t, taint)) else {
            return Stay::Seconds(0);
        };
        let limit = toleration.toleration_seconds.map(|limit| limit.max(0));
        seconds = seconds.into_iter().chain(limit).min();
    }
    seconds.map_or(Stay::Always, Stay::Seconds)
}

impl Reconciler for TaintEvictionController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            // What is planned for the pods of a node that is gone stays planned.
            Object::Node(node) if event.change == Change::Deleted => {
                self.tainted.remove(node.name());
                Vec::new()
            }
            Object::Node(node) => {
                let taints = evicting(node);
                let before = self.tainted.get(node.name()).cloned().unwrap_or_default();
                if taints == before {
                    return Vec::new();
                }
                if taints.is_empty() {
                    self.tainted.remove(node.name());
                } else {
                    self.tainted.insert(node.name().into(), taints);
                }
                let on_node = |pod: &&Arc<Pod>| node_name(pod) == Some(node.name());
                listers.list::<Pod>("").filter(on_node).map(|pod| pod.key()).collect()
            }
            // Nothing is tainted but for moments of trouble: nobody looks at every pod.
            Object::Pod(pod) if !(self.tainted.is_empty() && self.planned.is_empty()) => {
                let old = event.old.as_ref().and_then(Pod::unwrap);
                let alike = old.is_some_and(|old| {
                    tolerations(old) == tolerations(pod) && node_name(old) == node_name(pod)
                });
                if alike && event.change == Change::Modified { Vec::new() } else { vec![pod.key()] }
            }
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let pod = cx.listers.get::<Pod>(&key.namespace, &key.name).cloned();
        let node = pod.as_ref().and_then(|pod| node_name(pod));
        let is_there = node.is_none_or(|node| cx.listers.get::<Node>("", node).is_some());
        let taints = node.and_then(|node| self.tainted.get(node)).cloned();
        let Some(pod) = pod.as_ref().filter(|_| taints.is_some() || !is_there) else {
            self.cancel(cx, key);
            return Ok(Outcome::Done);
        };
        let Some(taints) = taints else {
            return self.follow(cx, key, pod);
        };
        match stay(tolerations(pod), &taints) {
            Stay::Always => {
                self.cancel(cx, key);
                Ok(Outcome::Done)
            }
            Stay::Seconds(0) => {
                self.cancel(cx, key);
                self.delete(cx, key, pod)
            }
            Stay::Seconds(seconds) => {
                let at = after_ms(cx.now, seconds.saturating_mul(1000));
                self.planned.entry(key.clone()).or_insert(Plan::Delete(at));
                self.follow(cx, key, pod)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_toleration_counts_and_a_missing_one_ends_it() {
        let toleration = |key: &str, seconds| Toleration {
            key: Some(key.to_owned()),
            operator: Some("Exists".to_owned()),
            toleration_seconds: seconds,
            ..Default::default()
        };
        let tainted =
            |keys: &[&str]| keys.iter().map(|key| taints::taint(key, "NoExecute")).collect::<Vec<_>>();
        let own = [toleration("a", Some(300)), toleration("b", Some(5)), toleration("c", None)];
        let cases = [
            (&["a"][..], Stay::Seconds(300)),
            (&["a", "b"], Stay::Seconds(5)),
            (&["c"], Stay::Always),
            (&["c", "a"], Stay::Seconds(300)),
            (&["a", "d"], Stay::Seconds(0)),
        ];
        for (keys, expected) in cases {
            assert_eq!(stay(&own, &tainted(keys)), expected, "{keys:?}");
        }
        assert_eq!(stay(&[toleration("a", Some(-1))], &tainted(&["a"])), Stay::Seconds(0));
    }
}
