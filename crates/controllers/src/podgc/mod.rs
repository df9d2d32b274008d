//! Removes pods whose node is gone for good.
//!
//! Models gcOrphaned and gcTerminating of pkg/controller/podgc/gc_controller.go (v1.36.2). Departs: pods that have ended are
//! kept, as there are never as many as upstream's threshold; a pod that terminates without ever having had a node is the API
//! server's to remove.
//! Invariant: a pod is removed without grace only where no kubelet can ever confirm its end.

use std::sync::Arc;

use client::api::{Change, DeleteOptions, WatchEvent};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod, PodCondition};
use machinery::object::is_terminating;
use machinery::time::after_ms;
use machinery::{Kind, Object, ObjectKey, Resource, taints};

use crate::pod::{is_pod_terminal, node_name, update_pod_condition};

/// How often the collector looks.
const PERIOD_MS: i64 = 20_000;
/// How long a node has to be missing before its pods go.
const QUARANTINE_MS: i64 = 40_000;

/// The collector. A clone shares its state.
#[derive(Clone, Debug, Default)]
pub struct PodGcController {
    /// Node that pods name and that is not there → when their pods go.
    missing: OrdMap<Arc<str>, Timestamp>,
}

/// The first look from a moment on.
fn next_look(at: Timestamp) -> Timestamp {
    after_ms(at, (-at.as_millisecond()).rem_euclid(PERIOD_MS))
}

/// Whether people have said that the node will not come back, and nobody has heard of it.
fn is_out_of_service(node: &Node) -> bool {
    let ready = node.status.iter().flat_map(|s| s.conditions.iter().flatten()).find(|c| c.type_ == "Ready");
    taints::of(node).iter().any(|t| t.key == taints::OUT_OF_SERVICE)
        && ready.is_none_or(|c| c.status != "True")
}

fn pods_on(listers: &Listers, node: &str) -> Vec<Arc<Pod>> {
    listers.list::<Pod>("").filter(|pod| node_name(pod) == Some(node)).cloned().collect()
}

/// markFailedAndDeletePodWithCondition.
fn remove(cx: &mut Context<'_>, pod: &Pod, condition: Option<PodCondition>) -> Result<(), Error> {
    if !is_pod_terminal(pod) {
        let mut changed = pod.clone();
        let status = changed.status.get_or_insert_default();
        status.phase = Some("Failed".to_owned());
        if let Some(condition) = condition {
            update_pod_condition(status, condition, cx.now);
        }
        cx.api.update_status(changed)?;
    }
    let options = DeleteOptions { grace_period_seconds: Some(0), ..Default::default() };
    match cx.api.delete(Kind::Pod, pod.namespace(), pod.name(), options) {
        Err(refusal) if !refusal.is_not_found() => Err(refusal.into()),
        _ => Ok(()),
    }
}

impl Reconciler for PodGcController {
    fn on_event(&mut self, event: &WatchEvent, listers: &Listers, _now: Timestamp) -> Vec<Key> {
        match &event.object {
            Object::Node(node) if event.change == Change::Deleted || is_out_of_service(node) => {
                vec![node.key()]
            }
            Object::Pod(pod) if event.change != Change::Deleted => {
                let Some(name) = node_name(pod) else { return Vec::new() };
                let is_bad = |node: Option<&Arc<Node>>| node.is_none_or(|node| is_out_of_service(node));
                let concerned = is_bad(listers.get::<Node>("", name));
                concerned.then(|| ObjectKey::new(Kind::Node, "", name)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let pods = pods_on(cx.listers, &key.name);
        let node = cx.listers.get::<Node>("", &key.name).cloned();
        if let Some(node) = node {
            self.missing.remove(&key.name);
            let gone = || pods.iter().filter(|pod| is_terminating(pod.meta()));
            if !is_out_of_service(&node) || gone().next().is_none() {
                return Ok(Outcome::Done);
            }
            if next_look(cx.now) > cx.now {
                return Ok(Outcome::until(next_look(cx.now), cx.now));
            }
            return gone().try_for_each(|pod| remove(cx, pod, None)).map(|()| Outcome::Done);
        }
        if pods.is_empty() {
            self.missing.remove(&key.name);
            return Ok(Outcome::Done);
        }
        let due = after_ms(next_look(cx.now), QUARANTINE_MS);
        let due = *self.missing.entry(key.name.clone()).or_insert(due);
        if due > cx.now {
            return Ok(Outcome::until(due, cx.now));
        }
        self.missing.remove(&key.name);
        for pod in &pods {
            let condition = PodCondition {
                type_: "DisruptionTarget".to_owned(),
                status: "True".to_owned(),
                reason: Some("DeletionByPodGC".to_owned()),
                message: Some("PodGC: node no longer exists".to_owned()),
                observed_generation: pod.metadata.generation,
                ..Default::default()
            };
            remove(cx, pod, Some(condition))?;
        }
        Ok(Outcome::Done)
    }
}
