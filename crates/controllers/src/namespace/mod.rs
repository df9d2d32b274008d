//! Empties namespaces that are asked to go, and lets them go then.
//!
//! Models pkg/controller/namespace/namespace_controller.go and deletion/namespaced_resources_deleter.go (v1.36.2).
//! Invariant: a namespace keeps its finalizer while anything is in it.

mod conditions;

use std::collections::BTreeMap;
use std::sync::Arc;

use client::api::{
    Answer, Change, DeleteOptions, ListOptions, Propagation, Request, Subresource, Verb, WatchEvent,
};
use client::{Client, Context, Error, Key, Listers, Outcome, Reconciler};
use imbl::OrdMap;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Namespace;
use machinery::object::is_terminating;
use machinery::time::{after_ms, ms_between};
use machinery::{Kind, Object, Resource};

use crate::pod::is_pod_terminal;

/// How long it leaves a terminating namespace alone, for servers that have not heard of it (`namespaceDeletionGracePeriod`).
const GRACE_MS: i64 = 5_000;
/// How long finalizers are expected to take, in seconds (`finalizerEstimateSeconds`).
const FINALIZER_ESTIMATE: i64 = 15;
/// What keeps a namespace until this controller is done with it (`FinalizerKubernetes`).
const FINALIZER: &str = "kubernetes";

/// The controller. A clone shares its state.
#[derive(Clone, Debug, Default)]
pub struct NamespaceController {
    /// Terminating namespace → when it is looked at next.
    due: OrdMap<Arc<str>, Timestamp>,
}

/// What is left in a namespace.
#[derive(Default)]
struct Remaining {
    /// Objects by the resource's name and group.
    objects: BTreeMap<String, usize>,
    /// Objects by the finalizer that holds them.
    finalizers: BTreeMap<String, usize>,
    /// In how many seconds it may be gone.
    estimate: i64,
    /// What should have gone and did not.
    problems: Vec<String>,
}

impl NamespaceController {
    fn look_at(&mut self, name: &Arc<str>, at: Timestamp) -> Timestamp {
        let due = self.due.entry(name.clone()).or_insert(at);
        *due = at.min(*due);
        *due
    }
}

impl Reconciler for NamespaceController {
    fn on_event(&mut self, event: &WatchEvent, _listers: &Listers, now: Timestamp) -> Vec<Key> {
        let Object::Namespace(namespace) = &event.object else {
            return Vec::new();
        };
        let key = namespace.key();
        if event.change == Change::Deleted {
            self.due.remove(&key.name);
            return Vec::new();
        }
        if !is_terminating(&namespace.metadata) {
            return Vec::new();
        }
        self.look_at(&key.name, after_ms(now, GRACE_MS));
        vec![key]
    }

    fn sync(&mut self, cx: &mut Context<'_>, key: &Key) -> Result<Outcome, Error> {
        let Some(due) = self.due.get(&key.name).copied() else {
            return Ok(Outcome::Done);
        };
        if due > cx.now {
            return Ok(Outcome::until(due, cx.now));
        }
        self.due.remove(&key.name);
        let estimate = match delete(cx, &key.name) {
            Ok(estimate) => estimate,
            Err(error) => {
                self.look_at(&key.name, cx.now);
                return Err(error);
            }
        };
        if estimate == 0 {
            return Ok(Outcome::Done);
        }
        let due = self.look_at(&key.name, after_ms(cx.now, (estimate / 2 + 1) * 1_000));
        Ok(Outcome::until(due, cx.now))
    }
}

/// Deletes what is in a namespace, and lets it go if that was all; in how many seconds to look again, 0 for never (Delete).
fn delete(cx: &mut Context<'_>, name: &str) -> Result<i64, Error> {
    let namespace = match cx.api.get::<Namespace>("", name) {
        Err(refusal) if refusal.is_not_found() => return Ok(0),
        found => found?,
    };
    let finalizers = namespace.spec.iter().flat_map(|spec| spec.finalizers.iter().flatten());
    let finalizers: Vec<String> = finalizers.cloned().collect();
    if !is_terminating(&namespace.metadata) || finalizers.is_empty() {
        return Ok(0);
    }
    let remaining = delete_all_content(cx, &namespace)?;
    let mut namespace = Arc::unwrap_or_clone(namespace);
    if conditions::update(&mut namespace, &remaining, cx.now) {
        namespace = Arc::unwrap_or_clone(cx.api.update_status(namespace)?);
    }
    if !remaining.problems.is_empty() {
        return Err(Error(remaining.problems.join(", ")));
    }
    if remaining.estimate == 0 {
        let kept = finalizers.into_iter().filter(|finalizer| finalizer != FINALIZER).collect();
        namespace.spec.get_or_insert_default().finalizers = Some(kept);
        cx.api.replace(namespace, Subresource::Finalize)?;
    }
    Ok(remaining.estimate)
}

/// Deletes everything, from 1.33 on the pods first and nothing else before they are gone (deleteAllContent).
fn delete_all_content(cx: &mut Context<'_>, namespace: &Namespace) -> Result<Remaining, Error> {
    let mut remaining = Remaining::default();
    let pods_first = cx.features.namespaces_lose_their_pods_first();
    if pods_first {
        delete_all_of(cx, Kind::Pod, namespace, &mut remaining)?;
        if !remaining.objects.is_empty() {
            return Ok(remaining);
        }
    }
    // Upstream's order is that of a Go map. Here a service goes before what follows from it.
    for kind in Kind::ALL.into_iter().rev().filter(|kind| kind.is_namespaced()) {
        if kind != Kind::Pod || !pods_first {
            delete_all_of(cx, kind, namespace, &mut remaining)?;
        }
    }
    Ok(remaining)
}

/// Deletes every object of a kind, and counts what stays (deleteAllContentForGroupVersionResource).
fn delete_all_of(
    cx: &mut Context<'_>,
    kind: Kind,
    namespace: &Namespace,
    remaining: &mut Remaining,
) -> Result<(), Error> {
    let name = namespace.name();
    let objects = list(cx, kind, name)?;
    let estimate = graceful_estimate(&objects, namespace, cx.now);
    for object in &objects {
        let options = DeleteOptions { propagation: Some(Propagation::Background), ..Default::default() };
        match cx.api.delete(kind, name, object.name(), options) {
            Err(refusal) if !refusal.is_not_found() => return Err(refusal.into()),
            _ => {}
        }
    }
    let left = list(cx, kind, name)?;
    if left.is_empty() {
        return Ok(());
    }
    let info = kind.info();
    remaining.objects.insert(format!("{}.{}", info.plural, info.group), left.len());
    let mut is_held = false;
    for finalizer in left.iter().flat_map(|object| object.meta().finalizers.iter().flatten()) {
        is_held = true;
        *remaining.finalizers.entry(finalizer.clone()).or_default() += 1;
    }
    match (estimate, is_held) {
        (0, false) => {
            let version = kind.api_version();
            let group_version =
                if version.contains('/') { version.to_owned() } else { format!("/{version}") };
            remaining.problems.push(format!(
                "unexpected items still remain in namespace: {name} for gvr: {group_version}, Resource={}",
                info.plural
            ));
        }
        (0, true) => remaining.estimate = remaining.estimate.max(FINALIZER_ESTIMATE),
        _ => remaining.estimate = remaining.estimate.max(estimate),
    }
    Ok(())
}

/// In how many seconds the pods among the objects have ended, 0 once they should have (estimateGracefulTerminationForPods).
fn graceful_estimate(objects: &[Object], namespace: &Namespace, now: Timestamp) -> i64 {
    let grace = objects.iter().filter_map(|object| match object {
        Object::Pod(pod) if !is_pod_terminal(pod) => pod.spec.as_ref()?.termination_grace_period_seconds,
        _ => None,
    });
    let estimate = grace.max().unwrap_or(0);
    let asked = namespace.metadata.deletion_timestamp.as_ref().map_or(now, |asked| asked.0);
    if ms_between(asked, now) >= estimate.saturating_mul(1_000) { 0 } else { estimate }
}

/// The objects as the server has them: no cache knows those that it makes when they are read.
fn list(cx: &mut Context<'_>, kind: Kind, namespace: &str) -> Result<Vec<Object>, Error> {
    let request = Request::new(Verb::List(ListOptions::default()), kind, namespace, "");
    match cx.api.call(request)?.body {
        Answer::List(objects, _) => Ok(objects),
        _ => Err(Error("the answer is no list".to_owned())),
    }
}
