//! A server with the namespaces that every cluster has, and chance that is none.

use apiserver::{Env, Server};
use client::api::{Answer, Body, DeleteOptions, Refusal, Request, Response, Subresource, Verb};
use client::choices::{Choice, Choices};
use jiff::Timestamp;
use machinery::patch::PatchType;
use machinery::version::{Features, Version};
use machinery::{Kind, Object};
use serde_json::{Value, json};

/// Takes the first of everything and counts.
#[derive(Default)]
pub struct Counting {
    uids: u64,
    numbers: u64,
}

impl Choices for Counting {
    fn pick(&mut self, _choice: Choice<'_>, _candidates: &[&str]) -> usize {
        0
    }
    fn suffix(&mut self, _base: &str, length: usize) -> String {
        "x".repeat(length)
    }
    fn uid(&mut self) -> String {
        self.uids += 1;
        format!("00000000-0000-4000-8000-{:012}", self.uids)
    }
    fn number(&mut self, _stream: &str, bound: u64) -> u64 {
        self.numbers += 1;
        self.numbers % bound
    }
}

/// A server at a moment.
pub struct Cluster {
    pub server: Server,
    pub now: Timestamp,
    /// What the last request was warned of.
    pub warnings: Vec<String>,
    choices: Counting,
}

impl Cluster {
    pub fn new() -> Cluster {
        Cluster::with(Features::default())
    }

    pub fn with(features: Features) -> Cluster {
        let now = Timestamp::from_second(1_767_225_600).expect("a time");
        let (server, choices) = (Server::new(features), Counting::default());
        let mut cluster = Cluster { server, now, warnings: Vec::new(), choices };
        for name in ["default", "kube-public"] {
            cluster.create(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        }
        cluster
    }

    pub fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        let mut env = Env { now: self.now, choices: &mut self.choices };
        let warnings = request.warnings.clone();
        let answer = self.server.call(&mut env, request);
        self.warnings = warnings.take();
        answer
    }

    /// The request that kubectl makes of a manifest.
    pub fn request(verb: Verb, object: &Value, name: &str) -> Request {
        let kind = object["kind"].as_str().unwrap_or_default();
        let kind = Kind::from_resource(kind).unwrap_or_else(|| panic!("no kind {kind}"));
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
        Request::new(verb, kind, namespace, name)
    }

    pub fn try_create(&mut self, object: Value) -> Result<Response, Refusal> {
        self.call(Cluster::request(Verb::Create(Body::Json(object.clone())), &object, ""))
    }

    pub fn create(&mut self, object: Value) -> Object {
        object_of(self.try_create(object.clone()).unwrap_or_else(|refusal| panic!("{object}: {refusal}")))
    }

    pub fn get(&mut self, kind: Kind, name: &str) -> Option<Object> {
        self.call(Request::new(Verb::Get, kind, "default", name)).ok().map(object_of)
    }

    pub fn value(&mut self, kind: Kind, name: &str) -> Value {
        self.get(kind, name).unwrap_or_else(|| panic!("no {kind} {name}")).to_value()
    }

    pub fn patch(&mut self, kind: Kind, name: &str, patch: Value) -> Result<Response, Refusal> {
        self.patch_part(kind, name, Subresource::None, patch)
    }

    pub fn patch_part(
        &mut self,
        kind: Kind,
        name: &str,
        part: Subresource,
        patch: Value,
    ) -> Result<Response, Refusal> {
        let patch_type = if part == Subresource::Scale { PatchType::Merge } else { PatchType::Strategic };
        self.call(Request::new(Verb::Patch(patch_type, patch), kind, "default", name).of(part))
    }

    pub fn delete(&mut self, kind: Kind, name: &str, options: DeleteOptions) -> Result<Response, Refusal> {
        self.call(Request::new(Verb::Delete(options), kind, "default", name))
    }

    pub fn bind(&mut self, pod: &str, node: &str) -> Result<Response, Refusal> {
        let body = Body::Json(json!({"target": {"name": node}}));
        self.call(Request::new(Verb::Create(body), Kind::Pod, "default", pod).of(Subresource::Binding))
    }
}

/// What was said to a request: its warnings, or the causes of its refusal, a line each.
pub fn said(cluster: &Cluster, refusal: Option<Refusal>) -> String {
    match refusal {
        None => cluster.warnings.join("\n"),
        Some(refusal) if refusal.causes.is_empty() => refusal.message.clone(),
        Some(refusal) => {
            let causes: Vec<String> = refusal.causes.iter().map(ToString::to_string).collect();
            causes.join("\n")
        }
    }
}

/// What the older and the newer version say.
pub type Expected = [&'static str; 2];

/// Both say the same.
pub fn same(text: &'static str) -> Expected {
    [text, text]
}

/// A case in which both say the same.
pub fn both(object: Value, expected: &'static str) -> (Value, Expected) {
    (object, same(expected))
}

/// Creates each object at both versions, and compares what is said.
pub fn check_creation(cases: impl IntoIterator<Item = (Value, Expected)>) {
    let mut failures = Vec::new();
    for (object, expected) in cases {
        for (version, expected) in Version::ALL.into_iter().zip(expected) {
            let mut cluster = Cluster::with(Features::of(version));
            let refusal = cluster.try_create(object.clone()).err();
            let ours = said(&cluster, refusal);
            if ours != expected {
                failures.push(format!("{version}: {object}\n  expected {expected:?}\n  ours     {ours:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A manifest with another merged into it.
pub fn merged(mut object: Value, change: Value) -> Value {
    merge(&mut object, change);
    object
}

pub fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change,
    }
}

pub fn object_of(response: Response) -> Object {
    match response.body {
        Answer::Object(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

pub fn set(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name},
        "spec": {
            "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "nginx", "image": "nginx:1",
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                }]},
            },
            "volumeClaimTemplates": [{
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }],
        },
    })
}

pub fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "nginx", "image": "nginx:1", "ports": [{"containerPort": 80, "name": "web"}]}]},
    })
}

pub fn claim(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    })
}

pub fn volume(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "5Gi"},
            "nfs": {"server": "192.168.1.100", "path": "/data/volumes/v1"},
        },
    })
}

pub fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "name": "web", "targetPort": "web"}]},
    })
}
