//! A cluster of three nodes with nothing in it but a scheduler.

use client::api::{Answer, Api, Body, Change, ExecOutput, Refusal, Request, Response, Verb, WatchEvent};
use client::reconcile::Decisions;
use client::{Context, Error, Key, Listers, Outcome, Reconciler, Recorder};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use machinery::decision::Verdict;
use machinery::version::{Features, Version};
use machinery::{Kind, Object, ObjectKey, Status};
use node::scheduler::Scheduler;
use serde_json::{Value, json};

use crate::support::First;

/// Takes note of bindings and Events; all else is granted and forgotten.
#[derive(Default)]
pub(crate) struct Server {
    bindings: Vec<(Key, Value)>,
    said: Vec<(String, String)>,
}

impl Api for Server {
    fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        let body = match request.verb {
            Verb::Create(Body::Json(binding)) => {
                let key = ObjectKey::new(request.kind, &request.namespace, &request.name);
                self.bindings.push((key, binding["target"]["name"].clone()));
                Answer::Json(Value::Null)
            }
            Verb::Create(Body::Typed(object)) | Verb::Update(Body::Typed(object)) => {
                if let Object::Event(event) = &object {
                    let about = event.involved_object.name.clone().unwrap_or_default();
                    let (reason, message) = (event.reason.as_deref(), event.message.as_deref());
                    let text = format!("{}: {}", reason.unwrap_or_default(), message.unwrap_or_default());
                    self.said.push((about, text));
                }
                Answer::Object(object)
            }
            _ => return Err(Box::new(Status::internal("nothing is kept"))),
        };
        Ok(Response { body })
    }

    fn watch(&self, _: Kind, _: &str, _: u64) -> Result<Vec<WatchEvent>, Refusal> {
        Ok(Vec::new())
    }

    fn resource_version(&self) -> u64 {
        0
    }

    fn exec(&mut self, _: &str, _: &str, _: &str, _: &[String]) -> Result<ExecOutput, Refusal> {
        Ok(ExecOutput::default())
    }
}

#[derive(Default)]
pub(crate) struct Cluster {
    features: Features,
    pub(crate) listers: Listers,
    server: Server,
    recorder: Recorder,
    decisions: Decisions,
    scheduler: Scheduler,
    /// The pods that it looked at, as often as it did.
    pub(crate) tried: Vec<String>,
}

impl Cluster {
    /// Three empty nodes.
    pub(crate) fn new(version: Version) -> Cluster {
        let mut cluster = Cluster { features: Features::of(version), ..Cluster::default() };
        for name in ["node-1", "node-2", "node-3"] {
            cluster.put(Kind::Node, node(name, json!([])));
        }
        cluster
    }

    pub(crate) fn sync(&mut self, reconciler: &mut dyn Reconciler, key: &Key) -> Result<Outcome, Error> {
        reconciler.sync(
            &mut Context {
                now: Timestamp::UNIX_EPOCH,
                features: self.features,
                listers: &self.listers,
                api: &mut self.server,
                recorder: &mut self.recorder,
                choices: &mut First,
                decisions: &mut self.decisions,
            },
            key,
        )
    }

    /// Lets the scheduler do all that a change leads to.
    pub(crate) fn change(&mut self, change: Change, object: Object) {
        let old = self.listers.object(&object.key()).cloned();
        let event = WatchEvent { change, object, old };
        self.listers.apply(&event);
        let mut scheduler = self.scheduler.clone();
        for key in scheduler.on_event(&event, &self.listers, Timestamp::UNIX_EPOCH) {
            self.sync(&mut scheduler, &key).expect("goes well");
            self.tried.push(key.name.to_string());
        }
        self.scheduler = scheduler;
        for (key, node) in std::mem::take(&mut self.server.bindings) {
            let pod = self.listers.object(&key).expect("is there").to_value();
            self.put(Kind::Pod, with(pod, "/spec/nodeName", node));
        }
    }

    pub(crate) fn put(&mut self, kind: Kind, value: Value) {
        let object = Object::from_value(kind, value).expect("decodes");
        let known = self.listers.object(&object.key()).is_some();
        self.change(if known { Change::Modified } else { Change::Added }, object);
    }

    pub(crate) fn end(&mut self, pod: &str) {
        let key = ObjectKey::new(Kind::Pod, "default", pod);
        let object = self.listers.object(&key).expect("is there").clone();
        self.change(Change::Deleted, object);
    }

    pub(crate) fn node_of(&self, pod: &str) -> Option<&str> {
        self.listers.get::<Pod>("default", pod)?.spec.as_ref()?.node_name.as_deref()
    }

    /// Why the pod has no node.
    pub(crate) fn message(&self, pod: &str) -> &str {
        match &self.decisions[&ObjectKey::new(Kind::Pod, "default", pod)].verdict {
            Verdict::Unschedulable { message, .. } => message,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn said(&self, about: &str) -> Vec<&str> {
        self.server.said.iter().filter(|(of, _)| of == about).map(|(_, text)| text.as_str()).collect()
    }
}

pub(crate) fn node(name: &str, taints: Value) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {"taints": taints},
        "status": {"allocatable": {"cpu": "4", "pods": "10"}},
    })
}

pub(crate) fn pod(name: &str, app: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
        "spec": {"containers": [{"name": "c", "image": "app:1"}]},
    })
}

pub(crate) fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    object.pointer_mut(parent).expect("the parent is there")[field] = value;
    object
}

/// A pod that is `podAffinity` or `podAntiAffinity` to the pods of this app.
pub(crate) fn minding(name: &str, how: &str, app: &str, more: Value) -> Value {
    let mut term =
        json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"});
    for (key, value) in more.as_object().into_iter().flatten() {
        term[key] = value.clone();
    }
    let affinity = json!({how: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
    with(pod(name, "web"), "/spec/affinity", affinity)
}

pub(crate) fn user(name: &str, claims: &[&str]) -> Value {
    let volume = |claim: &&str| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}});
    with(pod(name, "web"), "/spec/volumes", claims.iter().map(volume).collect())
}

pub(crate) fn claim(name: &str, mode: &str, volume: &str) -> Value {
    json!({
        "metadata": {
            "name": name, "namespace": "default", "uid": name,
            "annotations": {"pv.kubernetes.io/bind-completed": "yes"},
        },
        "spec": {"accessModes": [mode], "volumeName": volume},
        "status": {"phase": "Bound"},
    })
}

pub(crate) fn placed(name: &str, node: &str) -> Value {
    with(pod(name, "app"), "/spec/nodeName", json!(node))
}

/// A pod whose like are to be spread over the nodes.
pub(crate) fn spread(name: &str, more: Value) -> Value {
    let mut constraint = json!({
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "app"}},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        constraint[key] = value.clone();
    }
    with(pod(name, "app"), "/spec/topologySpreadConstraints", json!([constraint]))
}

/// What is said about three nodes.
pub(crate) fn refused(reasons: &str, preemption: &str) -> String {
    format!(
        "0/3 nodes are available: {reasons}. no new claims to deallocate, preemption: 0/3 nodes are available: 3 {preemption}."
    )
}

pub(crate) const USELESS: &str = "Preemption is not helpful for scheduling";
pub(crate) const IN_VAIN: &str = "No preemption victims found for incoming pod";
