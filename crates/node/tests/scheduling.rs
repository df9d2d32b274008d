//! What the scheduler says of a pod, and when it looks at it again; what the provisioner says of a claim.

mod support;

use client::api::{Answer, Api, Body, Change, ExecOutput, Refusal, Request, Response, Verb, WatchEvent};
use client::reconcile::Decisions;
use client::{Context, Error, Key, Listers, Outcome, Reconciler, Recorder};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use machinery::decision::Verdict;
use machinery::version::{Features, Version};
use machinery::{Kind, Object, ObjectKey, Status};
use node::provisioner::Provisioner;
use node::scheduler::Scheduler;
use serde_json::{Value, json};
use support::First;

/// Takes note of bindings and Events; all else is granted and forgotten.
#[derive(Default)]
struct Server {
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
struct Cluster {
    features: Features,
    listers: Listers,
    server: Server,
    recorder: Recorder,
    decisions: Decisions,
    scheduler: Scheduler,
    /// The pods that it looked at, as often as it did.
    tried: Vec<String>,
}

impl Cluster {
    /// Three empty nodes.
    fn new(version: Version) -> Cluster {
        let mut cluster = Cluster { features: Features::of(version), ..Cluster::default() };
        for name in ["node-1", "node-2", "node-3"] {
            cluster.put(Kind::Node, node(name, json!([])));
        }
        cluster
    }

    fn sync(&mut self, reconciler: &mut dyn Reconciler, key: &Key) -> Result<Outcome, Error> {
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
    fn change(&mut self, change: Change, object: Object) {
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

    fn put(&mut self, kind: Kind, value: Value) {
        let object = Object::from_value(kind, value).expect("decodes");
        let known = self.listers.object(&object.key()).is_some();
        self.change(if known { Change::Modified } else { Change::Added }, object);
    }

    fn end(&mut self, pod: &str) {
        let key = ObjectKey::new(Kind::Pod, "default", pod);
        let object = self.listers.object(&key).expect("is there").clone();
        self.change(Change::Deleted, object);
    }

    fn node_of(&self, pod: &str) -> Option<&str> {
        self.listers.get::<Pod>("default", pod)?.spec.as_ref()?.node_name.as_deref()
    }

    /// Why the pod has no node.
    fn message(&self, pod: &str) -> &str {
        match &self.decisions[&ObjectKey::new(Kind::Pod, "default", pod)].verdict {
            Verdict::Unschedulable { message, .. } => message,
            other => panic!("{other:?}"),
        }
    }

    fn said(&self, about: &str) -> Vec<&str> {
        self.server.said.iter().filter(|(of, _)| of == about).map(|(_, text)| text.as_str()).collect()
    }
}

fn node(name: &str, taints: Value) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {"taints": taints},
        "status": {"allocatable": {"cpu": "4", "pods": "10"}},
    })
}

fn pod(name: &str, app: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
        "spec": {"containers": [{"name": "c", "image": "app:1"}]},
    })
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    object.pointer_mut(parent).expect("the parent is there")[field] = value;
    object
}

/// A pod that is `podAffinity` or `podAntiAffinity` to the pods of this app.
fn minding(name: &str, how: &str, app: &str, more: Value) -> Value {
    let mut term =
        json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"});
    for (key, value) in more.as_object().into_iter().flatten() {
        term[key] = value.clone();
    }
    let affinity = json!({how: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
    with(pod(name, "web"), "/spec/affinity", affinity)
}

fn user(name: &str, claims: &[&str]) -> Value {
    let volume = |claim: &&str| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}});
    with(pod(name, "web"), "/spec/volumes", claims.iter().map(volume).collect())
}

fn claim(name: &str, mode: &str, volume: &str) -> Value {
    json!({
        "metadata": {
            "name": name, "namespace": "default", "uid": name,
            "annotations": {"pv.kubernetes.io/bind-completed": "yes"},
        },
        "spec": {"accessModes": [mode], "volumeName": volume},
        "status": {"phase": "Bound"},
    })
}

/// What is said about three nodes.
fn refused(reasons: &str, preemption: &str) -> String {
    format!(
        "0/3 nodes are available: {reasons}. no new claims to deallocate, preemption: 0/3 nodes are available: 3 {preemption}."
    )
}

const USELESS: &str = "Preemption is not helpful for scheduling";
const IN_VAIN: &str = "No preemption victims found for incoming pod";

#[test]
fn a_pod_is_tried_again_when_its_partner_has_a_node() {
    let mut cluster = Cluster::new(Version::V1_36);
    cluster.put(Kind::Pod, minding("near", "podAffinity", "db", json!({})));
    assert_eq!(cluster.message("near"), refused("3 node(s) didn't match pod affinity rules", USELESS));
    // Neither who is no partner nor a partner without a node is of any help.
    cluster.put(Kind::Pod, pod("other", "app"));
    cluster.put(Kind::Pod, with(pod("db", "db"), "/spec/nodeSelector", json!({"disk": "ssd"})));
    assert_eq!((cluster.node_of("near"), cluster.said("near").len()), (None, 1));
    cluster.put(Kind::Pod, with(pod("db", "db"), "/spec/nodeName", json!("node-2")));
    assert_eq!(cluster.node_of("near"), Some("node-2"));
}

#[test]
fn a_pod_is_tried_again_when_the_labels_of_a_placed_pod_let_it() {
    let mut cluster = Cluster::new(Version::V1_36);
    let placed = |name: &str, app: &str, node: &str| with(pod(name, app), "/spec/nodeName", json!(node));
    for name in ["node-1", "node-2", "node-3"] {
        cluster.put(Kind::Pod, placed(&format!("on-{name}"), "app", name));
    }
    cluster.put(Kind::Pod, minding("near", "podAffinity", "db", json!({})));
    cluster.put(Kind::Pod, minding("far", "podAntiAffinity", "app", json!({})));
    assert_eq!((cluster.node_of("near"), cluster.node_of("far")), (None, None));
    cluster.put(Kind::Pod, placed("on-node-3", "db", "node-3"));
    assert_eq!((cluster.node_of("near"), cluster.node_of("far")), (Some("node-3"), Some("node-3")));
}

#[test]
fn a_partner_is_of_no_help_where_something_else_is_missing() {
    let mut cluster = Cluster::new(Version::V1_36);
    let picky = minding("near", "podAffinity", "db", json!({}));
    cluster.put(Kind::Pod, with(picky, "/spec/nodeSelector", json!({"disk": "ssd"})));
    cluster.put(Kind::Pod, pod("db", "db"));
    assert_eq!((cluster.node_of("near"), cluster.said("near").len()), (None, 1));
}

/// What happens, and whether the pod that waits is looked at because of it.
type Happening = (&'static str, fn(&mut Cluster), bool);

/// Lets a pod wait, and what is said to happen happen, each alone.
#[track_caller]
fn expect_tries(waiting: &dyn Fn(&mut Cluster), happenings: &[Happening]) {
    for (what, happen, expected) in happenings {
        let mut cluster = Cluster::new(Version::V1_36);
        waiting(&mut cluster);
        assert_eq!(cluster.node_of("p"), None, "{what}");
        let before = cluster.tried.iter().filter(|name| *name == "p").count();
        happen(&mut cluster);
        let after = cluster.tried.iter().filter(|name| *name == "p").count();
        assert_eq!(after > before, *expected, "{what}");
    }
}

fn placed(name: &str, node: &str) -> Value {
    with(pod(name, "app"), "/spec/nodeName", json!(node))
}

const A_POD_ENDS: Happening = ("another pod ends", |cluster| cluster.end("other"), false);
const A_VOLUME_COMES: Happening = (
    "a volume comes",
    |cluster| cluster.put(Kind::PersistentVolume, json!({"metadata": {"name": "pv"}})),
    false,
);
const A_NODE_FAILS: Happening = (
    "the condition of a node changes",
    |cluster| {
        let ready = json!([{"type": "Ready", "status": "Unknown"}]);
        cluster.put(Kind::Node, with(node("node-1", json!([])), "/status/conditions", ready));
    },
    false,
);
const A_LIKE_NODE_COMES: Happening =
    ("a node like the others comes", |cluster| cluster.put(Kind::Node, node("node-4", json!([]))), false);

#[test]
fn a_pod_that_selects_nodes_is_tried_again_for_one_that_it_selects() {
    let waiting = |cluster: &mut Cluster| {
        cluster.put(Kind::Pod, placed("other", "node-1"));
        cluster.put(Kind::Pod, with(pod("p", "web"), "/spec/nodeSelector", json!({"disk": "ssd"})));
    };
    let cases: [Happening; 6] = [
        A_POD_ENDS,
        A_VOLUME_COMES,
        A_NODE_FAILS,
        A_LIKE_NODE_COMES,
        (
            "a node gets another label",
            |cluster| {
                let other = with(node("node-1", json!([])), "/metadata/labels/disk", json!("hdd"));
                cluster.put(Kind::Node, other);
            },
            false,
        ),
        (
            "a node gets the label",
            |cluster| {
                let fitting = with(node("node-1", json!([])), "/metadata/labels/disk", json!("ssd"));
                cluster.put(Kind::Node, fitting);
            },
            true,
        ),
    ];
    expect_tries(&waiting, &cases);
}

#[test]
fn a_pod_that_wants_much_is_tried_again_when_there_is_more() {
    let cpu = |name: &str, cpu: &str| {
        with(pod(name, "web"), "/spec/containers/0/resources", json!({"requests": {"cpu": cpu}}))
    };
    let waiting = |cluster: &mut Cluster| {
        cluster.put(Kind::Pod, with(cpu("other", "3"), "/spec/nodeName", json!("node-1")));
        cluster.put(Kind::Pod, cpu("p", "6"));
    };
    let cases: [Happening; 6] = [
        ("another pod ends", A_POD_ENDS.1, true),
        A_VOLUME_COMES,
        A_NODE_FAILS,
        ("a node that is too small comes", A_LIKE_NODE_COMES.1, false),
        (
            "a node gives more, but not enough",
            |cluster| {
                let more = with(node("node-1", json!([])), "/status/allocatable/cpu", json!("5"));
                cluster.put(Kind::Node, more);
            },
            false,
        ),
        (
            "a node gives enough",
            |cluster| {
                let more = with(node("node-1", json!([])), "/status/allocatable/cpu", json!("8"));
                cluster.put(Kind::Node, more);
            },
            true,
        ),
    ];
    expect_tries(&waiting, &cases);
}

#[test]
fn a_pod_that_wants_cpu_is_tried_again_when_another_takes_less_of_it() {
    let cpu = |name: &str, resource: &str, much: &str| {
        with(pod(name, "web"), "/spec/containers/0/resources", json!({"requests": {resource: much}}))
    };
    let waiting = |cluster: &mut Cluster| {
        let both = with(cpu("other", "cpu", "3"), "/spec/nodeName", json!("node-1"));
        let memory = "/spec/containers/0/resources/requests/memory";
        cluster.put(Kind::Pod, with(both, memory, json!("2Gi")));
        cluster.put(Kind::Pod, cpu("p", "cpu", "6"));
    };
    fn resized(cluster: &mut Cluster, requests: Value) {
        let resources = json!({"requests": requests});
        cluster.put(Kind::Pod, with(placed("other", "node-1"), "/spec/containers/0/resources", resources));
    }
    let cases: [Happening; 3] = [
        ("it takes less", |cluster| resized(cluster, json!({"cpu": "2", "memory": "2Gi"})), true),
        (
            "it takes less of something else",
            |cluster| resized(cluster, json!({"cpu": "3", "memory": "1Gi"})),
            false,
        ),
        ("it takes more", |cluster| resized(cluster, json!({"cpu": "4", "memory": "2Gi"})), false),
    ];
    expect_tries(&waiting, &cases);
}

#[test]
fn a_pod_that_cannot_reach_its_volume_is_tried_again_for_volumes_and_labels() {
    let affinity = json!({"required": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]},
    ]}});
    let waiting = |cluster: &mut Cluster| {
        let volume = json!({"metadata": {"name": "pv"}, "spec": {"nodeAffinity": affinity}});
        cluster.put(Kind::PersistentVolume, volume);
        cluster.put(Kind::PersistentVolumeClaim, claim("data", "ReadWriteOnce", "pv"));
        cluster.put(Kind::Pod, placed("other", "node-1"));
        cluster.put(Kind::Pod, user("p", &["data"]));
    };
    let cases: [Happening; 5] = [
        A_POD_ENDS,
        A_NODE_FAILS,
        ("its volume changes", A_VOLUME_COMES.1, true),
        (
            "another volume goes",
            |cluster| {
                let gone = json!({"metadata": {"name": "pv2"}});
                let object = Object::from_value(Kind::PersistentVolume, gone).expect("decodes");
                cluster.change(Change::Deleted, object);
            },
            false,
        ),
        (
            "a node gets a label",
            |cluster| {
                let other = with(node("node-1", json!([])), "/metadata/labels/disk", json!("hdd"));
                cluster.put(Kind::Node, other);
            },
            true,
        ),
    ];
    expect_tries(&waiting, &cases);
}

/// What a pod waits for whose claims, if there are any, keep it from all nodes.
fn expect_tries_for_claims(claims: &[Value], happenings: &[Happening]) {
    let waiting = |cluster: &mut Cluster| {
        cluster.put(Kind::StorageClass, class("slow", "Immediate", json!([])));
        for claim in claims {
            cluster.put(Kind::PersistentVolumeClaim, claim.clone());
        }
        cluster.put(Kind::Pod, placed("other", "node-1"));
        cluster.put(Kind::Pod, user("p", &["data"]));
    };
    expect_tries(&waiting, happenings);
}

fn class(name: &str, mode: &str, zones: Value) -> Value {
    json!({
        "metadata": {"name": name}, "provisioner": "example.com/ssd", "volumeBindingMode": mode,
        "allowedTopologies": zones,
    })
}

#[test]
fn a_pod_whose_claim_is_not_bound_is_tried_again_for_volumes_nodes_and_classes() {
    let cases: [Happening; 8] = [
        A_POD_ENDS,
        A_NODE_FAILS,
        ("a volume comes", A_VOLUME_COMES.1, true),
        (A_LIKE_NODE_COMES.0, A_LIKE_NODE_COMES.1, true),
        (
            "a class comes",
            |cluster| cluster.put(Kind::StorageClass, class("new", "Immediate", json!([]))),
            true,
        ),
        (
            "a class is for other zones",
            |cluster| {
                let zones = json!([{"matchLabelExpressions": [{"key": "zone", "values": ["a"]}]}]);
                cluster.put(Kind::StorageClass, class("slow", "Immediate", zones));
            },
            true,
        ),
        (
            "a class stays as it is",
            |cluster| cluster.put(Kind::StorageClass, class("slow", "Immediate", json!([]))),
            false,
        ),
        (
            "its claim is bound",
            |cluster| {
                cluster.put(Kind::PersistentVolume, json!({"metadata": {"name": "pv"}}));
                cluster.put(Kind::PersistentVolumeClaim, claim("data", "ReadWriteOnce", "pv"));
            },
            true,
        ),
    ];
    expect_tries_for_claims(&[claim("data", "ReadWriteOnce", "")], &cases);
}

#[test]
fn a_pod_whose_claim_is_missing_is_tried_again_for_that_claim_alone() {
    let cases: [Happening; 3] = [
        A_VOLUME_COMES,
        (
            "a class comes",
            |cluster| cluster.put(Kind::StorageClass, class("new", "Immediate", json!([]))),
            false,
        ),
        (
            "its claim comes",
            |cluster| cluster.put(Kind::PersistentVolumeClaim, claim("data", "ReadWriteOnce", "")),
            true,
        ),
    ];
    expect_tries_for_claims(&[], &cases);
}

#[test]
fn a_volume_keeps_its_pod_in_its_zone() {
    let cases = [
        (json!({}), None),
        (json!({"topology.kubernetes.io/zone": "a"}), None),
        (json!({"topology.kubernetes.io/zone": "x__a"}), None),
        (json!({"failure-domain.beta.kubernetes.io/zone": "a"}), None),
        (json!({"topology.kubernetes.io/zone": "b"}), Some(3)),
        (json!({"topology.kubernetes.io/region": "a"}), Some(3)),
    ];
    for (labels, refusals) in cases {
        let mut cluster = Cluster::default();
        for name in ["node-1", "node-2", "node-3"] {
            let zone = json!({"topology.kubernetes.io/zone": "a"});
            cluster.put(Kind::Node, with(node(name, json!([])), "/metadata/labels", zone));
        }
        cluster.put(Kind::PersistentVolume, json!({"metadata": {"name": "pv", "labels": labels}}));
        cluster.put(Kind::PersistentVolumeClaim, claim("data", "ReadWriteOnce", "pv"));
        cluster.put(Kind::Pod, user("p", &["data"]));
        match refusals {
            None => assert_eq!(cluster.node_of("p"), Some("node-1"), "{labels}"),
            Some(n) => {
                let reason = format!("{n} node(s) had no available volume zone");
                assert_eq!(cluster.message("p"), refused(&reason, USELESS), "{labels}");
            }
        }
    }
    // A node that says nothing of zones is in all of them.
    let mut cluster = Cluster::new(Version::V1_36);
    let labels = json!({"topology.kubernetes.io/zone": "b"});
    cluster.put(Kind::PersistentVolume, json!({"metadata": {"name": "pv", "labels": labels}}));
    cluster.put(Kind::PersistentVolumeClaim, claim("data", "ReadWriteOnce", "pv"));
    cluster.put(Kind::Pod, user("p", &["data"]));
    assert!(cluster.node_of("p").is_some());
}

#[test]
fn what_a_pod_wants_as_a_whole_comes_before_what_its_containers_want() {
    let small = json!([{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]);
    let spec = json!({"containers": small, "resources": {"requests": {"cpu": "100"}}});
    let mut cluster = Cluster::new(Version::V1_36);
    cluster.put(Kind::Pod, with(pod("p", "web"), "/spec", spec));
    assert_eq!(cluster.message("p"), refused("3 Insufficient cpu", USELESS));
}

#[test]
fn a_pod_that_minds_others_is_tried_again_when_nodes_or_those_others_move() {
    let rack = |cluster: &mut Cluster, name: &str, rack: &str| {
        cluster.put(Kind::Node, with(node(name, json!([])), "/metadata/labels/rack", json!(rack)));
    };
    let waiting = |cluster: &mut Cluster| {
        for name in ["node-1", "node-2", "node-3"] {
            rack(cluster, name, "a");
        }
        // It keeps the pod away that waits, which itself minds nobody.
        let avoiding = minding("other", "podAntiAffinity", "web", json!({"topologyKey": "rack"}));
        cluster.put(Kind::Pod, with(avoiding, "/spec/nodeName", json!("node-1")));
        cluster.put(Kind::Pod, pod("p", "web"));
    };
    expect_tries(&waiting, &[("who avoids it ends", |cluster| cluster.end("other"), true)]);

    let waiting = |cluster: &mut Cluster| {
        for name in ["node-1", "node-2", "node-3"] {
            rack(cluster, name, "a");
        }
        cluster.put(Kind::Pod, placed("other", "node-1"));
        cluster.put(Kind::Pod, minding("p", "podAntiAffinity", "app", json!({"topologyKey": "rack"})));
    };
    let cases: [Happening; 4] = [
        ("whom it avoids ends", |cluster| cluster.end("other"), true),
        A_VOLUME_COMES,
        (
            "a node gets another label",
            |cluster| {
                let labels = json!({"kubernetes.io/hostname": "node-2", "rack": "a", "disk": "ssd"});
                cluster.put(Kind::Node, with(node("node-2", json!([])), "/metadata/labels", labels));
            },
            false,
        ),
        (
            "a node moves",
            |cluster| {
                let moved = with(node("node-2", json!([])), "/metadata/labels/rack", json!("b"));
                cluster.put(Kind::Node, moved);
            },
            true,
        ),
    ];
    expect_tries(&waiting, &cases);
}

#[test]
fn a_pod_that_nodes_repel_is_tried_again_when_one_does_not() {
    let taint = || json!([{"key": "a", "effect": "NoSchedule"}]);
    let waiting = |cluster: &mut Cluster| {
        for name in ["node-1", "node-2", "node-3"] {
            cluster.put(Kind::Node, node(name, taint()));
        }
        cluster.put(Kind::Pod, placed("other", "node-1"));
        cluster.put(Kind::Pod, pod("p", "web"));
    };
    let cases: [Happening; 5] = [
        A_POD_ENDS,
        A_VOLUME_COMES,
        (
            "a node has another taint",
            |cluster| {
                let taint = json!([{"key": "b", "effect": "NoExecute"}]);
                cluster.put(Kind::Node, node("node-1", taint));
            },
            false,
        ),
        ("a taint goes", |cluster| cluster.put(Kind::Node, node("node-1", json!([]))), true),
        (
            "the pod tolerates it now",
            |cluster| {
                let tolerations = json!([{"key": "a", "operator": "Exists"}]);
                cluster.put(Kind::Pod, with(pod("p", "web"), "/spec/tolerations", tolerations));
            },
            true,
        ),
    ];
    expect_tries(&waiting, &cases);
}

#[test]
fn a_pod_that_found_all_nodes_cordoned_is_tried_again_for_one_that_is_not() {
    let cordoned = |name: &str| with(node(name, json!([])), "/spec/unschedulable", json!(true));
    let waiting = |cluster: &mut Cluster| {
        for name in ["node-1", "node-2", "node-3"] {
            cluster.put(Kind::Node, cordoned(name));
        }
        cluster.put(Kind::Pod, placed("other", "node-1"));
        cluster.put(Kind::Pod, pod("p", "web"));
    };
    let cases: [Happening; 4] = [
        A_POD_ENDS,
        A_VOLUME_COMES,
        (
            "a cordoned node gets a label",
            |cluster| {
                let node = with(node("node-1", json!([])), "/spec/unschedulable", json!(true));
                cluster.put(Kind::Node, with(node, "/metadata/labels/disk", json!("ssd")));
            },
            false,
        ),
        ("a node is uncordoned", |cluster| cluster.put(Kind::Node, node("node-1", json!([]))), true),
    ];
    expect_tries(&waiting, &cases);
}

#[test]
fn a_pod_that_wants_a_port_is_tried_again_when_it_may_be_free() {
    let exposed = |name: &str, port: u16| {
        let ports = json!([{"containerPort": 80, "hostPort": port, "protocol": "TCP"}]);
        with(pod(name, "web"), "/spec/containers/0/ports", ports)
    };
    let waiting = |cluster: &mut Cluster| {
        for name in ["node-1", "node-2", "node-3"] {
            let taking = with(exposed(&format!("on-{name}"), 80), "/spec/nodeName", json!(name));
            cluster.put(Kind::Pod, taking);
        }
        cluster.put(Kind::Pod, with(exposed("other", 81), "/spec/nodeName", json!("node-1")));
        cluster.put(Kind::Pod, exposed("p", 80));
    };
    let cases: [Happening; 3] = [
        A_POD_ENDS,
        A_NODE_FAILS,
        ("the pod that has the port ends", |cluster| cluster.end("on-node-2"), true),
    ];
    expect_tries(&waiting, &cases);
}

/// A pod whose like are to be spread over the nodes.
fn spread(name: &str, more: Value) -> Value {
    let mut constraint = json!({
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "app"}},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        constraint[key] = value.clone();
    }
    with(pod(name, "app"), "/spec/topologySpreadConstraints", json!([constraint]))
}

#[test]
fn pods_are_spread_as_evenly_as_they_ask_for() {
    let cordoned = |name: &str| with(node(name, json!([])), "/spec/unschedulable", json!(true));
    let uneven = "node(s) didn't match pod topology spread constraints";
    let (preempts, useless) = ("No preemption victims found for incoming pod", USELESS);
    let both = |reasons: String| {
        format!(
            "0/3 nodes are available: {reasons}. no new claims to deallocate, preemption: 0/3 nodes are available: \
             1 {preempts}, 2 {useless}."
        )
    };
    let away = both(format!("1 {uneven}, 2 node(s) were unschedulable"));
    let cases = [
        // One pod is on node-1, and the others take none.
        (json!({}), Err(away.clone())),
        (json!({"maxSkew": 2}), Ok("node-1")),
        (json!({"whenUnsatisfiable": "ScheduleAnyway"}), Ok("node-1")),
        (json!({"labelSelector": {"matchLabels": {"app": "db"}}}), Ok("node-1")),
        (json!({"labelSelector": null}), Ok("node-1")),
        // Cordoned nodes have no taint here; with one they need not be counted.
        (json!({"nodeTaintsPolicy": "Honor"}), Err(away.clone())),
        (json!({"minDomains": 4, "maxSkew": 2}), Ok("node-1")),
        (json!({"matchLabelKeys": ["app"]}), Err(away)),
        (
            json!({"topologyKey": "zone"}),
            Err(format!(
                "0/3 nodes are available: 1 {uneven} (missing required label), 2 node(s) were unschedulable. \
                 no new claims to deallocate, preemption: 0/3 nodes are available: 3 {useless}."
            )),
        ),
    ];
    for (constraint, expected) in cases {
        let mut cluster = Cluster::new(Version::V1_36);
        for name in ["node-2", "node-3"] {
            cluster.put(Kind::Node, cordoned(name));
        }
        cluster.put(Kind::Pod, placed("first", "node-1"));
        cluster.put(Kind::Pod, spread("p", constraint.clone()));
        match expected {
            Ok(node) => assert_eq!(cluster.node_of("p"), Some(node), "{constraint}"),
            Err(message) => assert_eq!(cluster.message("p"), message, "{constraint}"),
        }
    }
}

#[test]
fn nodes_that_keep_a_pod_away_are_counted_unless_it_honors_their_taints() {
    for (policy, expected) in [("Ignore", None), ("Honor", Some("node-1"))] {
        let mut cluster = Cluster::new(Version::V1_36);
        for name in ["node-2", "node-3"] {
            cluster.put(Kind::Node, node(name, json!([{"key": "a", "effect": "NoSchedule"}])));
        }
        cluster.put(Kind::Pod, placed("first", "node-1"));
        cluster.put(Kind::Pod, spread("p", json!({"nodeTaintsPolicy": policy})));
        assert_eq!(cluster.node_of("p"), expected, "{policy}");
    }
}

#[test]
fn fewer_domains_than_wanted_count_as_if_one_were_empty() {
    for (domains, expected) in [(3, true), (4, false)] {
        let mut cluster = Cluster::new(Version::V1_36);
        for name in ["node-1", "node-2", "node-3"] {
            cluster.put(Kind::Pod, placed(&format!("on-{name}"), name));
        }
        cluster.put(Kind::Pod, spread("p", json!({"minDomains": domains})));
        assert_eq!(cluster.node_of("p").is_some(), expected, "{domains}");
    }
}

#[test]
fn a_pod_that_would_be_uneven_is_tried_again_when_its_like_are_elsewhere() {
    let waiting = |cluster: &mut Cluster| {
        for name in ["node-2", "node-3"] {
            cluster.put(Kind::Node, node(name, json!([{"key": "a", "effect": "NoSchedule"}])));
        }
        cluster.put(Kind::Pod, placed("first", "node-1"));
        cluster.put(Kind::Pod, with(pod("other", "db"), "/spec/nodeName", json!("node-1")));
        cluster.put(Kind::Pod, spread("p", json!({})));
    };
    let cases: [Happening; 6] = [
        A_POD_ENDS,
        A_VOLUME_COMES,
        A_NODE_FAILS,
        ("one of its like ends", |cluster| cluster.end("first"), true),
        ("one of its like comes", |cluster| cluster.put(Kind::Pod, placed("second", "node-2")), true),
        ("a node comes", A_LIKE_NODE_COMES.1, true),
    ];
    expect_tries(&waiting, &cases);
}

#[test]
fn a_claim_for_one_pod_is_used_by_one_pod() {
    let mut cluster = Cluster::new(Version::V1_36);
    cluster.put(Kind::PersistentVolume, json!({"metadata": {"name": "pv"}}));
    cluster.put(Kind::PersistentVolumeClaim, claim("data", "ReadWriteOncePod", "pv"));
    cluster.put(Kind::Pod, user("a", &["data"]));
    cluster.put(Kind::Pod, user("b", &["data"]));
    assert_eq!(cluster.node_of("a"), Some("node-1"));
    let reason =
        "3 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";
    assert_eq!(cluster.message("b"), refused(reason, IN_VAIN));
    cluster.end("a");
    assert!(cluster.node_of("b").is_some());
}

#[test]
fn terms_are_about_the_namespaces_that_they_name_or_select() {
    let cases = [
        (json!({}), false),
        (json!({"namespaces": ["b"]}), false),
        (json!({"namespaces": ["a"]}), true),
        (json!({"namespaceSelector": {}}), true),
        (json!({"namespaceSelector": {"matchLabels": {"team": "a"}}}), true),
        (json!({"namespaceSelector": {"matchLabels": {"team": "b"}}}), false),
        (json!({"namespaceSelector": {"matchLabels": {"team": "b"}}, "namespaces": ["a"]}), true),
    ];
    for (scope, expected) in cases {
        let mut cluster = Cluster::new(Version::V1_36);
        for name in ["a", "b"] {
            cluster.put(Kind::Namespace, json!({"metadata": {"name": name, "labels": {"team": name}}}));
        }
        let db = with(pod("db", "db"), "/metadata/namespace", json!("a"));
        cluster.put(Kind::Pod, with(db, "/spec/nodeName", json!("node-2")));
        cluster.put(Kind::Pod, minding("near", "podAffinity", "db", scope.clone()));
        assert_eq!(cluster.node_of("near").is_some(), expected, "{scope}");
    }
}

#[test]
fn taints_had_names_up_to_1_32() {
    let taint = |key: &str, value: &str| json!({"key": key, "value": value, "effect": "NoSchedule"});
    let unnamed = refused("3 node(s) had untolerated taint(s)", USELESS);
    let named = "0/3 nodes are available: 1 node(s) had untolerated taint {a: c}, 1 node(s) had untolerated taint {d: }, \
                 1 node(s) had untolerated taint {e: b}. preemption: 0/3 nodes are available: \
                 3 Preemption is not helpful for scheduling.";
    for (version, expected) in [(Version::V1_36, unnamed.as_str()), (Version::V1_32, named)] {
        let mut cluster = Cluster::new(version);
        cluster.put(Kind::Node, node("node-1", json!([taint("e", "b"), taint("a", "b")])));
        cluster.put(Kind::Node, node("node-2", json!([taint("a", "c")])));
        cluster.put(Kind::Node, node("node-3", json!([taint("d", "")])));
        cluster.put(Kind::Pod, pod("p", "web"));
        assert_eq!(cluster.message("p"), expected, "{version}");
    }
}

#[test]
fn the_claim_of_an_ephemeral_volume_is_waited_for() {
    let mut cluster = Cluster::new(Version::V1_36);
    let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    let volume = json!({"name": "d", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}});
    cluster.put(Kind::Pod, with(pod("ephe", "web"), "/spec/volumes", json!([volume])));
    let expected = "0/3 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim \
                    \"ephe-d\". not found";
    assert_eq!(cluster.message("ephe"), expected);
}

#[test]
fn a_node_says_all_that_is_wrong_with_the_volumes() {
    let requirement = json!({"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-1"]});
    let on_one_node = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [requirement]}]}});
    let mut cluster = Cluster::new(Version::V1_36);
    cluster.put(
        Kind::StorageClass,
        json!({
            "metadata": {"name": "local"}, "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer",
        }),
    );
    cluster.put(
        Kind::PersistentVolume,
        json!({"metadata": {"name": "pv"}, "spec": {"nodeAffinity": on_one_node}}),
    );
    cluster.put(Kind::PersistentVolumeClaim, claim("bound", "ReadWriteOnce", "pv"));
    cluster.put(Kind::PersistentVolumeClaim, claim("lost", "ReadWriteOnce", "nope"));
    let waits = with(claim("waits", "ReadWriteOnce", ""), "/spec/storageClassName", json!("local"));
    cluster.put(Kind::PersistentVolumeClaim, with(waits, "/status", json!({"phase": "Pending"})));
    let elsewhere = "node(s) didn't match PersistentVolume's node affinity";
    let lost = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
    let none = "3 node(s) didn't find available persistent volumes to bind";
    // Of the bound ones the first that does not suit the node speaks for all.
    let cases: [(&[&str], String); 4] = [
        (&["bound", "waits"], format!("2 {elsewhere}, {none}")),
        (&["waits", "lost"], format!("{none}, 3 {lost}")),
        (&["bound", "lost", "waits"], format!("1 {lost}, 2 {elsewhere}, {none}")),
        (&["lost", "bound"], format!("3 {lost}")),
    ];
    for (claims, expected) in cases {
        let name = claims.join("-");
        cluster.put(Kind::Pod, user(&name, claims));
        assert_eq!(cluster.message(&name), refused(&expected, USELESS));
    }
}

#[test]
fn no_volume_is_made_for_a_claim_that_selects() {
    let mut cluster = Cluster::default();
    let class = json!({"metadata": {"name": "fast"}, "provisioner": "example.com/ssd"});
    cluster.put(Kind::StorageClass, class);
    cluster.put(
        Kind::PersistentVolumeClaim,
        json!({
            "metadata": {
                "name": "c", "namespace": "default", "uid": "c",
                "annotations": {"volume.kubernetes.io/storage-provisioner": "example.com/ssd"},
            },
            "spec": {"storageClassName": "fast", "selector": {"matchLabels": {"disk": "new"}}},
        }),
    );
    let (mut provisioner, key) =
        (Provisioner::new(true), ObjectKey::new(Kind::PersistentVolumeClaim, "default", "c"));
    let expected = [
        "Provisioning: External provisioner is provisioning volume for claim \"default/c\"",
        "ProvisioningFailed: failed to provision volume with StorageClass \"fast\": claim Selector is not supported",
    ];
    for tries in 1..3 {
        cluster.sync(&mut provisioner, &key).expect_err("is tried again");
        assert_eq!(cluster.said("c"), expected.repeat(tries));
    }
}
