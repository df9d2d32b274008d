//! A cluster of nothing but an API server, caches, and the controllers under test.
//!
//! The node's side is played at once and by the book: a scheduled pod whose image is not bad runs and is Ready, a pod that
//! is being deleted is gone. Everything happens in one order, so that a transcript is exact.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::{BTreeMap, BTreeSet};

use apiserver::{Env, Server};
use client::api::{
    Api, Body, Change, DeleteOptions, ExecOutput, Refusal, Request, Response, Subresource, Verb, WatchEvent,
};
use client::reconcile::Decisions;
use client::{Choice, Choices, Client, Context, Error, Key, Listers, Outcome, Reconciler, Recorder};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod, PodCondition, PodIP};
use machinery::patch::PatchType;
use machinery::time::{after_ms, seconds};
use machinery::version::Features;
use machinery::{Kind, Object, Resource, Status};
use serde_json::{Value, json};

/// First by name; names and uids by number.
#[derive(Default)]
struct Counter(u64);

impl Choices for Counter {
    fn pick(&mut self, _: Choice<'_>, _: &[&str]) -> usize {
        0
    }
    fn suffix(&mut self, _: &str, length: usize) -> String {
        self.0 += 1;
        format!("{:0length$}", self.0)
    }
    fn uid(&mut self) -> String {
        self.0 += 1;
        format!("00000000-0000-0000-0000-{:012}", self.0)
    }
    fn number(&mut self, _: &str, bound: u64) -> u64 {
        self.0 += 1;
        self.0 % bound
    }
}

/// A write of a controller that the API server is to refuse.
#[derive(Clone, Debug)]
pub struct Refuse {
    /// `create`, `update`, `patch` or `delete`; `status` for an update of the status.
    pub verb: &'static str,
    pub kind: Kind,
    /// How many such requests go through before.
    pub after: usize,
    /// How many are refused then.
    pub times: usize,
    pub status: Status,
}

/// What the API server is told to refuse, and what the controllers have asked of it.
#[derive(Default)]
struct Gate {
    refuse: Vec<Refuse>,
    calls: Vec<(&'static str, Kind, String)>,
}

impl Gate {
    fn check(&mut self, request: &Request) -> Result<(), Refusal> {
        let verb = match (&request.verb, request.subresource) {
            (Verb::Get | Verb::List(_), _) => return Ok(()),
            (_, Subresource::Status) => "status",
            (Verb::Create(_), _) => "create",
            (Verb::Update(_), _) => "update",
            (Verb::Patch(..) | Verb::Apply { .. }, _) => "patch",
            (Verb::Delete(_), _) => "delete",
        };
        let name = match &request.verb {
            Verb::Create(Body::Typed(object)) => object.name().to_owned(),
            _ => request.name.clone(),
        };
        self.calls.push((verb, request.kind, name));
        for refuse in self.refuse.iter_mut().filter(|r| r.verb == verb && r.kind == request.kind) {
            if refuse.after > 0 {
                refuse.after -= 1;
            } else if refuse.times > 0 {
                refuse.times -= 1;
                return Err(Box::new(refuse.status.clone()));
            }
        }
        Ok(())
    }
}

struct Live<'a> {
    server: &'a mut Server,
    choices: &'a mut Counter,
    now: Timestamp,
    /// Of the controllers' requests; people's always go through.
    gate: Option<&'a mut Gate>,
}

impl Api for Live<'_> {
    fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        if let Some(gate) = &mut self.gate {
            gate.check(&request)?;
        }
        self.server.call(&mut Env { now: self.now, choices: self.choices }, request)
    }
    fn watch(&self, kind: Kind, namespace: &str, since: u64) -> Result<Vec<WatchEvent>, Refusal> {
        self.server.watch(kind, namespace, since)
    }
    fn resource_version(&self) -> u64 {
        self.server.resource_version()
    }
    fn exec(&mut self, _: &str, _: &str, _: &str, _: &[String]) -> Result<ExecOutput, Refusal> {
        Err(Box::new(Status::internal("no node here")))
    }
}

/// The cluster.
pub struct Cluster {
    pub server: Server,
    pub listers: Listers,
    pub decisions: Decisions,
    pub now: Timestamp,
    features: Features,
    recorder: Recorder,
    choices: Counter,
    delivered: u64,
    controllers: Vec<Box<dyn Reconciler>>,
    queue: BTreeSet<(usize, Key)>,
    timers: BTreeMap<(usize, Key), Timestamp>,
    gate: Gate,
}

impl Cluster {
    pub fn new(features: Features, controllers: Vec<Box<dyn Reconciler>>) -> Cluster {
        let mut cluster = Cluster {
            server: Server::new(features),
            listers: Listers::default(),
            decisions: Decisions::default(),
            now: "2026-01-01T00:00:00Z".parse().expect("a time"),
            features,
            recorder: Recorder::default(),
            choices: Counter::default(),
            delivered: 0,
            controllers,
            queue: BTreeSet::new(),
            timers: BTreeMap::new(),
            gate: Gate::default(),
        };
        cluster.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}));
        cluster.create(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}));
        cluster
    }

    /// Carries out a request as a person's; panics with the refusal.
    pub fn call(&mut self, request: Request) -> Response {
        self.api().call(request).unwrap_or_else(|status| panic!("{status}"))
    }

    fn api(&mut self) -> Live<'_> {
        Live { server: &mut self.server, choices: &mut self.choices, now: self.now, gate: None }
    }

    /// Carries out a request as a person's.
    pub fn try_call(&mut self, request: Request) -> Result<Response, Refusal> {
        self.api().call(request)
    }

    pub fn create(&mut self, manifest: Value) {
        let (version, kind) = (manifest["apiVersion"].as_str(), manifest["kind"].as_str());
        let kind = Kind::from_api(version.expect("apiVersion"), kind.expect("kind")).expect("a known kind");
        let namespace = if kind.is_namespaced() { "default" } else { "" };
        self.call(Request::new(Verb::Create(Body::Json(manifest)), kind, namespace, ""));
    }

    pub fn patch(&mut self, kind: Kind, name: &str, patch: Value) {
        let namespace = if kind.is_namespaced() { "default" } else { "" };
        self.call(Request::new(Verb::Patch(PatchType::Merge, patch), kind, namespace, name));
    }

    pub fn delete(&mut self, kind: Kind, name: &str, options: DeleteOptions) {
        let namespace = if kind.is_namespaced() { "default" } else { "" };
        self.call(Request::new(Verb::Delete(options), kind, namespace, name));
    }

    /// Hands the changes to caches and queues.
    pub fn deliver(&mut self) {
        let events: Vec<WatchEvent> = self.server.changes_since(self.delivered).cloned().collect();
        self.delivered = self.server.resource_version();
        for event in events {
            self.listers.apply(&event);
            for (index, controller) in self.controllers.iter_mut().enumerate() {
                let keys = controller.on_event(&event, &self.listers, self.now);
                self.queue.extend(keys.into_iter().map(|key| (index, key)));
            }
        }
    }

    /// One sync; false if no work is queued.
    pub fn sync(&mut self) -> bool {
        self.deliver();
        let Some((index, key)) = self.queue.pop_first() else {
            return false;
        };
        let outcome = self.with_context(|cx, controllers| controllers[index].sync(cx, &key));
        match outcome {
            Ok(Outcome::Done) => {}
            Ok(Outcome::After(ms) | Outcome::Again(ms)) => {
                let ms = i64::try_from(ms).expect("a short time");
                self.timers.insert((index, key), after_ms(self.now, ms));
            }
            // Retried when the next time passes.
            Err(error) => {
                println!("{key}: {error}");
                self.timers.insert((index, key), self.now);
            }
        }
        true
    }

    /// Runs `act` as a controller's sync does, with what it may see and touch.
    pub fn with_context<T>(
        &mut self,
        act: impl FnOnce(&mut Context<'_>, &mut [Box<dyn Reconciler>]) -> T,
    ) -> T {
        let mut choices = Counter::default();
        let gate = Some(&mut self.gate);
        let mut api = Live { server: &mut self.server, choices: &mut self.choices, now: self.now, gate };
        let mut cx = Context {
            now: self.now,
            features: self.features,
            listers: &self.listers,
            api: &mut api,
            recorder: &mut self.recorder,
            choices: &mut choices,
            decisions: &mut self.decisions,
        };
        act(&mut cx, &mut self.controllers)
    }

    /// One sync of the first controller for a key, whether it is queued or not; nothing is left in the queue.
    pub fn reconcile(&mut self, key: &Key) -> Result<Outcome, Error> {
        self.deliver();
        self.queue.clear();
        let outcome = self.with_context(|cx, controllers| controllers[0].sync(cx, key));
        self.deliver();
        outcome
    }

    /// The keys that wait for the first controller.
    pub fn queued(&mut self) -> Vec<String> {
        self.deliver();
        std::mem::take(&mut self.queue).into_iter().map(|(_, key)| key.name.to_string()).collect()
    }

    /// Has writes of the controllers refused.
    pub fn refuse(&mut self, refuse: Refuse) {
        self.gate.refuse.push(refuse);
    }

    /// The controllers' writes since the last time this was asked, refused ones included.
    pub fn calls(&mut self) -> Vec<(&'static str, Kind, String)> {
        std::mem::take(&mut self.gate.calls)
    }

    /// Plays the node's part once for every pod; says whether there was anything to do.
    pub fn kubelet(&mut self) -> bool {
        let before = self.server.resource_version();
        let pods: Vec<Pod> = self.server.list::<Pod>("default").map(|pod| (**pod).clone()).collect();
        for pod in pods {
            if pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_none()) {
                self.schedule(&pod);
            } else if pod.metadata.deletion_timestamp.is_some() {
                let options = DeleteOptions { grace_period_seconds: Some(0), ..Default::default() };
                self.delete(Kind::Pod, pod.name(), options);
            } else if pod.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Pending") && !is_bad(&pod)
            {
                self.run(pod);
            }
        }
        self.server.resource_version() != before
    }

    /// Binds the pod to the node, once its claims are bound.
    fn schedule(&mut self, pod: &Pod) {
        let claims = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        let claims = claims.filter_map(|volume| volume.persistent_volume_claim.as_ref());
        for claim in claims {
            let key = machinery::ObjectKey::new(Kind::PersistentVolumeClaim, "default", &claim.claim_name);
            let Some(Object::PersistentVolumeClaim(claim)) = self.server.object(&key) else { return };
            if claim.status.as_ref().and_then(|s| s.phase.as_deref()) != Some("Bound") {
                return;
            }
        }
        let node = self.server.list::<Node>("").next().expect("a node").name().to_owned();
        let body = Body::Json(json!({"target": {"name": node}}));
        let request = Request::new(Verb::Create(body), Kind::Pod, "default", pod.name());
        self.call(request.of(Subresource::Binding));
    }

    fn run(&mut self, mut pod: Pod) {
        let now = seconds(self.now);
        let status = pod.status.get_or_insert_default();
        status.phase = Some("Running".to_owned());
        let ready = PodCondition {
            type_: "Ready".to_owned(),
            status: "True".to_owned(),
            last_transition_time: Some(now),
            ..Default::default()
        };
        let conditions = status.conditions.get_or_insert_default();
        conditions.retain(|condition| condition.type_ != "Ready");
        conditions.push(ready);
        let ordinal = pod.metadata.name.as_deref().and_then(|name| name.rsplit('-').next()).unwrap_or("0");
        let ip = format!("10.244.0.{}", ordinal.parse::<u8>().map_or(99, |n| n + 1));
        status.pod_ip = Some(ip.clone());
        status.pod_ips = Some(vec![PodIP { ip }]);
        self.api().update_status(pod).unwrap_or_else(|status| panic!("{status}"));
    }

    /// Lets everybody finish.
    pub fn settle(&mut self) {
        for _ in 0..10_000 {
            if !self.sync() && !self.kubelet() {
                return;
            }
        }
        panic!("the cluster does not come to rest");
    }

    /// Time passes: timers fire, failed keys are retried, periodic resyncs happen once.
    pub fn wait(&mut self, seconds: i64) {
        self.now = after_ms(self.now, seconds * 1000);
        let due: Vec<(usize, Key)> =
            self.timers.iter().filter(|(_, at)| **at <= self.now).map(|(key, _)| key.clone()).collect();
        for key in due {
            self.timers.remove(&key);
            self.queue.insert(key);
        }
        for (index, controller) in self.controllers.iter().enumerate() {
            if controller
                .resync_period_ms()
                .is_some_and(|ms| i64::try_from(ms).is_ok_and(|ms| ms <= seconds * 1000))
            {
                self.queue.extend(controller.resync_keys(&self.listers).into_iter().map(|key| (index, key)));
            }
        }
    }

    /// The changes since a resourceVersion.
    pub fn changes(&self, since: u64) -> Vec<WatchEvent> {
        self.server.changes_since(since).cloned().collect()
    }
}

fn is_bad(pod: &Pod) -> bool {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers.filter_map(|container| container.image.as_deref()).any(|image| image.starts_with("bad"))
}

/// Whether this change asked the object to go: it is gone, or has just begun to.
pub fn is_deletion(event: &WatchEvent) -> bool {
    let terminating = |object: &Object| object.meta().deletion_timestamp.is_some();
    let began = terminating(&event.object) && !event.old.as_ref().is_some_and(terminating);
    event.change == Change::Deleted && !event.old.as_ref().is_some_and(terminating) || began
}

/// Compares a transcript with the stored one; with `UPDATE_EXPECT=1` stores it instead.
pub fn expect(file: &str, expected: &str, actual: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, actual).expect("the transcript can be written");
        return;
    }
    for (number, (expected, actual)) in expected.lines().zip(actual.lines()).enumerate() {
        assert_eq!(expected, actual, "{file}, line {}", number + 1);
    }
    assert_eq!(expected.lines().count(), actual.lines().count(), "{file} is longer or shorter");
}
