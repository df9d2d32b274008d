//! A session with short ways to make sets, let time pass, break things and ask what there is.

use cluster::{Defect, Fault, World};
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet, StatefulSetStatus};
use k8s_openapi::api::core::v1::{Event, PersistentVolumeClaim, Pod};
use machinery::decision::Verdict;
use machinery::object::is_terminating;
use machinery::version::Features;
use machinery::{Kind, ObjectKey, Resource};
use node::kubelet::NamePattern;
use serde_json::{Value, json};
use session::{Content, Session, Start, StartWorld};

/// How long everything may take.
const LIMIT_MS: u64 = 600_000;

pub struct Lab {
    pub session: Session,
}

impl Lab {
    pub fn new() -> Lab {
        Lab::with(Features::default())
    }

    /// With gate `MaxUnavailableStatefulSet`.
    pub fn gate_on() -> Lab {
        Lab::with(Features { max_unavailable_stateful_set: true, ..Features::default() })
    }

    pub fn with(features: Features) -> Lab {
        let start = Start { world: StartWorld::Empty, features, ..Start::default() };
        Lab { session: Session::new(start) }
    }

    /// Applies a manifest from a file; what kubectl says.
    pub fn apply(&mut self, object: &Value) -> String {
        self.session.write_file("m.yaml", &object.to_string());
        self.kubectl("apply -f m.yaml")
    }

    /// Runs `kubectl …` to its end; everything that it prints.
    pub fn kubectl(&mut self, arguments: &str) -> String {
        let first = self.session.log().written();
        self.session.run(&format!("kubectl {arguments}"));
        self.session.finish(LIMIT_MS);
        self.printed(first)
    }

    /// What was printed since an entry of the terminal.
    pub fn printed(&self, first: u64) -> String {
        let entries = self.session.log().since(first);
        entries
            .filter_map(|entry| match &entry.content {
                Content::Out(text) | Content::Err(text) => Some(&**text),
                _ => None,
            })
            .collect()
    }

    /// Merges into the set's spec.
    pub fn patch(&mut self, spec: Value) -> String {
        let patch = json!({"spec": spec});
        self.kubectl(&format!("patch sts web --type=merge -p '{patch}'"))
    }

    pub fn set_image(&mut self, image: &str) {
        let said = self.kubectl(&format!("set image sts/web c={image}"));
        assert!(said.contains("image updated"), "{said}");
    }

    pub fn scale(&mut self, replicas: i32) {
        let said = self.kubectl(&format!("scale sts/web --replicas={replicas}"));
        assert!(said.contains("scaled"), "{said}");
    }

    pub fn partition(&mut self, partition: i32) {
        self.patch(json!({"updateStrategy": {"rollingUpdate": {"partition": partition}}}));
    }

    pub fn delete(&mut self, what: &str) {
        let said = self.kubectl(&format!("delete {what} --wait=false"));
        assert!(said.contains("deleted"), "{said}");
    }

    /// Lets time pass until nothing moves by itself any more, as far as that goes.
    pub fn settle(&mut self) {
        self.session.run_until_quiet(LIMIT_MS);
    }

    pub fn pass(&mut self, seconds: u64) {
        self.session.advance(seconds * 1000);
    }

    /// Lets time pass up to the next change, until it is so.
    pub fn until(&mut self, what: &str, is_so: impl Fn(&Lab) -> bool) {
        for _ in 0..5000 {
            if is_so(self) {
                return;
            }
            assert!(self.session.step(), "never: {what}; {:?}", self.pods());
        }
        panic!("not in time: {what}; {:?}", self.pods());
    }

    pub fn break_(&mut self, defect: Defect) {
        self.session.fault(Fault::Break { defect });
    }

    pub fn never_ready(&mut self, pods: &str) {
        self.break_(Defect::FailReadiness { pods: NamePattern(pods.to_owned()) });
    }

    pub fn heal(&mut self) {
        self.session.fault(Fault::HealAll);
    }

    pub fn evict(&mut self, pod: &str) {
        self.session.fault(Fault::Evict { namespace: "default".to_owned(), pod: pod.to_owned() });
    }

    pub fn world(&self) -> &World {
        self.session.world()
    }

    pub fn get<K: Resource>(&self, name: &str) -> Option<K> {
        self.world().server().get::<K>("default", name).map(|object| (**object).clone())
    }

    pub fn list<K: Resource>(&self) -> Vec<K> {
        self.world().server().list::<K>("default").map(|object| (**object).clone()).collect()
    }

    pub fn pod(&self, name: &str) -> Pod {
        self.get(name).unwrap_or_else(|| panic!("no pod {name}: {:?}", self.pods()))
    }

    pub fn claim(&self, name: &str) -> PersistentVolumeClaim {
        self.get(name).unwrap_or_else(|| panic!("no claim {name}"))
    }

    pub fn uid(&self, pod: &str) -> String {
        self.pod(pod).uid().to_owned()
    }

    /// `web-0:a ready` and so on, by name: the image's tag, and `ready`, `unready`, `pending`, `terminating` or a phase.
    pub fn pods(&self) -> Vec<String> {
        self.list::<Pod>().iter().map(told).collect()
    }

    pub fn status(&self) -> StatefulSetStatus {
        self.set("web").status.unwrap_or_default()
    }

    /// Replicas, ready, current and updated replicas.
    pub fn counts(&self) -> [i32; 4] {
        let status = self.status();
        let counts = [status.ready_replicas, status.current_replicas, status.updated_replicas];
        let [ready, current, updated] = counts.map(|count| count.unwrap_or(0));
        [status.replicas, ready, current, updated]
    }

    /// Whether the set's update has completed.
    pub fn is_complete(&self) -> bool {
        let status = self.status();
        status.current_revision == status.update_revision
    }

    pub fn set(&self, name: &str) -> StatefulSet {
        self.get(name).unwrap_or_else(|| panic!("no set {name}"))
    }

    /// Why the set does what it does.
    pub fn verdict(&self) -> Verdict {
        let key = ObjectKey::new(Kind::StatefulSet, "default", "web");
        self.world().decisions().get(&key).expect("a decision").verdict.clone()
    }

    /// Numbers of the revisions, by name.
    pub fn revisions(&self) -> Vec<(String, i64)> {
        let revisions = self.list::<ControllerRevision>();
        revisions.iter().map(|revision| (revision.name().to_owned(), revision.revision)).collect()
    }

    /// `REASON xCOUNT: MESSAGE` of the events about an object.
    pub fn events(&self, about: &str) -> Vec<String> {
        let events = self.list::<Event>();
        let about = events.iter().filter(|event| event.involved_object.name.as_deref() == Some(about));
        about
            .map(|event| {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("{} x{}: {}", text(&event.reason), event.count.unwrap_or(1), text(&event.message))
            })
            .collect()
    }

    /// Whether the name has an address, asked from a pod.
    pub fn resolves(&self, name: &str) -> bool {
        let fqdn = format!("{name}.default.svc.cluster.local");
        let answer = node::dns::query(self.world().listers(), &fqdn, node::dns::RecordType::A);
        !answer.answer.is_empty()
    }

    /// Runs a command in a pod; its standard output.
    pub fn exec(&mut self, pod: &str, command: &str) -> String {
        self.kubectl(&format!("exec {pod} -- {command}"))
    }
}

/// The pod in short.
pub fn told(pod: &Pod) -> String {
    let image = pod.spec.as_ref().and_then(|spec| spec.containers.first()?.image.clone()).unwrap_or_default();
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let status = pod.status.clone().unwrap_or_default();
    let is_ready = status.conditions.iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True");
    let state = match status.phase.as_deref() {
        _ if is_terminating(&pod.metadata) => "terminating",
        Some("Running") if is_ready => "ready",
        Some("Running") => "unready",
        Some("Pending") => "pending",
        Some("Failed") => "failed",
        _ => "succeeded",
    };
    format!("{}:{tag} {state}", pod.name())
}

/// A headless Service for the set's pods.
pub fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]},
    })
}

/// The set `web`, with image `app:a` and without claims; `spec` is merged into its own.
pub fn set(replicas: i32, spec: Value) -> Value {
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "app:a"}]},
            },
        },
    });
    merge(&mut set["spec"], spec);
    set
}

/// The claim template `data` of a set.
pub fn claims() -> Value {
    json!({"volumeClaimTemplates": [{
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }]})
}

pub fn volume(name: &str, size: &str, modes: &[&str]) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": size}, "accessModes": modes,
            "nfs": {"server": "nfs", "path": format!("/{name}")},
        },
    })
}

pub fn claim(name: &str, spec: Value) -> Value {
    let mut claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    merge(&mut claim["spec"], spec);
    claim
}

pub fn merge(to: &mut Value, from: Value) {
    match (to, from) {
        (Value::Object(to), Value::Object(from)) => {
            for (key, value) in from {
                merge(to.entry(key).or_insert(Value::Null), value);
            }
        }
        (to, from) => *to = from,
    }
}

/// A lab with volumes enough and the set, at rest.
pub fn lab(set: &Value) -> Lab {
    on(Lab::new(), set)
}

/// The same in a given lab.
pub fn on(mut lab: Lab, set: &Value) -> Lab {
    if set["spec"].get("volumeClaimTemplates").is_some() {
        for number in 1..=8 {
            lab.apply(&volume(&format!("pv{number}"), "5Gi", &["ReadWriteOnce"]));
        }
    }
    lab.apply(set);
    lab.settle();
    lab
}

pub fn parallel() -> Value {
    json!({"podManagementPolicy": "Parallel"})
}

pub fn partition(partition: i32) -> Value {
    json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}})
}

/// One spec of several parts.
pub fn and(parts: impl IntoIterator<Item = Value>) -> Value {
    let mut whole = json!({});
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}
