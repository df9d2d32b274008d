//! What a kubelet says and writes of a pod, from its arrival on its node to its end.

mod support;

use client::api::{
    Answer, Api, Body, Change, ExecOutput, Refusal, Request, Response, Subresource, Verb, WatchEvent,
};
use client::{Context, Key, Listers, Outcome, Reconciler, Recorder};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerState, Event, Pod, PodStatus};
use machinery::version::{Features, Version};
use machinery::{Kind, Object, Resource, Status};
use node::kubelet::{Kubelet, Pace, Profile};
use serde_json::{Value, json};
use support::First;

/// An API server that stores whatever a kubelet sends.
#[derive(Default)]
struct Server {
    changes: Vec<WatchEvent>,
    /// What Events say, once for each time it is said.
    said: Vec<String>,
}

impl Api for Server {
    fn call(&mut self, request: Request) -> Result<Response, Refusal> {
        let object = match request.verb {
            Verb::Create(Body::Typed(object)) => {
                let event = object.get::<Event>().expect("a kubelet creates Events");
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                self.said.push(format!("{}: {}", text(&event.reason), text(&event.message)));
                object
            }
            Verb::Update(Body::Typed(object)) if request.subresource == Subresource::Status => {
                self.changes.push(WatchEvent { change: Change::Modified, object: object.clone(), old: None });
                object
            }
            // An Event that is said again comes without its reason: it starts anew.
            _ => return Err(Box::new(Status::internal("refused"))),
        };
        Ok(Response { body: Answer::Object(object) })
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

/// A node with one pod, `p`.
struct Node {
    kubelet: Kubelet,
    listers: Listers,
    recorder: Recorder,
    server: Server,
    features: Features,
    now: Timestamp,
    /// When the pod is to be looked at again.
    due: Option<Timestamp>,
    /// The pod's rows, as [`Node::row`] has them: each that differs from the one before.
    rows: Vec<String>,
}

fn node(spec: &Value) -> Node {
    let mut node = Node {
        kubelet: Kubelet::default(),
        listers: Listers::default(),
        recorder: Recorder::default(),
        server: Server::default(),
        features: Features::default(),
        now: Timestamp::UNIX_EPOCH,
        due: None,
        rows: Vec::new(),
    };
    node.add(
        Kind::Node,
        json!({
            "metadata": {"name": "node-1", "labels": {"disk": "ssd"}},
            "spec": {"podCIDR": "10.244.1.0/24"},
            "status": {
                "allocatable": {"cpu": "8", "memory": "32Gi", "ephemeral-storage": "100Gi", "pods": "3"},
                "addresses": [{"type": "InternalIP", "address": "172.18.0.3"}],
            },
        }),
    );
    node.add(Kind::Pod, pod("p", spec));
    node
}

fn pod(name: &str, spec: &Value) -> Value {
    let mut pod = json!({
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {"nodeName": "node-1", "terminationGracePeriodSeconds": 30},
    });
    pod["spec"].as_object_mut().expect("a spec").extend(spec.as_object().expect("a spec").clone());
    pod
}

fn key(pod: &str) -> Key {
    Key { kind: Kind::Pod, namespace: "default".into(), name: pod.into() }
}

impl Node {
    fn add(&mut self, kind: Kind, value: Value) {
        let object = Object::from_value(kind, value).expect("decodes");
        self.hear(&WatchEvent { change: Change::Added, object, old: None });
    }

    fn hear(&mut self, event: &WatchEvent) {
        self.listers.apply(event);
        if self.kubelet.on_event(event, &self.listers, self.now).contains(&key("p")) {
            self.due = Some(self.now);
        }
        let row = self.listers.get::<Pod>("default", "p").map(|_| self.row()).unwrap_or_default();
        if self.rows.last() != Some(&row) {
            self.rows.push(row);
        }
    }

    fn sync(&mut self, pod: &str) -> Option<Timestamp> {
        let mut cx = Context {
            now: self.now,
            features: self.features,
            listers: &self.listers,
            api: &mut self.server,
            recorder: &mut self.recorder,
            choices: &mut First,
            decisions: &mut Default::default(),
        };
        let outcome = self.kubelet.sync(&mut cx, &key(pod)).expect("syncs");
        for change in std::mem::take(&mut self.server.changes) {
            self.hear(&change);
        }
        match outcome {
            Outcome::Done => None,
            Outcome::After(ms) | Outcome::Again(ms) => Some(self.in_ms(ms)),
        }
    }

    fn in_ms(&self, ms: u64) -> Timestamp {
        self.now + SignedDuration::from_millis(ms.try_into().expect("a short span"))
    }

    fn advance(&mut self, ms: u64) {
        let end = self.in_ms(ms);
        while let Some(due) = self.due.take_if(|due| *due <= end) {
            self.now = due;
            let next = self.sync("p");
            self.due = self.due.into_iter().chain(next).min();
        }
        self.now = end;
    }

    fn crash(&mut self, exit_code: i32) {
        self.kubelet.crash(&key("p"), None, exit_code).expect("it runs");
        self.due = Some(self.now);
    }

    fn delete(&mut self) {
        self.change(|pod| {
            pod["metadata"]["deletionTimestamp"] = json!("1970-01-01T01:00:00Z");
            pod["metadata"]["deletionGracePeriodSeconds"] = json!(30);
        });
    }

    fn change(&mut self, change: impl Fn(&mut Value)) {
        let pod = self.listers.get::<Pod>("default", "p").expect("it is there");
        let mut value = Pod::wrap(pod.clone()).to_value();
        change(&mut value);
        let object = Object::from_value(Kind::Pod, value).expect("decodes");
        self.hear(&WatchEvent { change: Change::Modified, object, old: None });
    }

    fn status(&self) -> PodStatus {
        self.listers.get::<Pod>("default", "p").expect("it is there").status.clone().unwrap_or_default()
    }

    /// The generations that the status and its conditions tell of.
    fn generations(&self) -> Vec<Option<i64>> {
        let status = self.status();
        let conditions = status.conditions.into_iter().flatten();
        [status.observed_generation].into_iter().chain(conditions.map(|c| c.observed_generation)).collect()
    }

    /// The phase, then each container's state and restarts; how the run before ended stands in brackets.
    fn row(&self) -> String {
        let status = self.status();
        let mut row = status.phase.unwrap_or_default();
        let init = status.init_container_statuses.into_iter().flatten();
        for c in init.chain(status.container_statuses.into_iter().flatten()) {
            let last = c.last_state.as_ref().map(reason).filter(|last| !last.is_empty());
            let last = last.map(|last| format!("[{last}]")).unwrap_or_default();
            row += &format!(" {}:{}{last}:{}", c.name, reason(&c.state.unwrap_or_default()), c.restart_count);
        }
        row
    }

    /// What was said since the last time, of those reasons.
    fn heard(&mut self, reasons: &[&str]) -> Vec<String> {
        let said = std::mem::take(&mut self.server.said);
        said.into_iter().filter(|line| reasons.iter().any(|reason| line.starts_with(reason))).collect()
    }
}

fn reason(state: &ContainerState) -> String {
    let waiting = state.waiting.as_ref().and_then(|waiting| waiting.reason.clone());
    let ended = || state.terminated.as_ref().and_then(|ended| ended.reason.clone());
    let running = || state.running.as_ref().map(|_| "Running".to_owned());
    waiting.or_else(ended).or_else(running).unwrap_or_default()
}

fn container() -> Value {
    json!({"name": "c", "image": "nginx", "imagePullPolicy": "Always"})
}

fn sidecar() -> Value {
    json!({"name": "s", "image": "proxy", "restartPolicy": "Always"})
}

#[test]
fn while_an_image_is_pulled_again_the_state_before_stays_in_view() {
    let mut node = node(&json!({"containers": [container()]}));
    node.advance(10_000);
    node.rows.clear();
    for exit_code in [0, 1] {
        node.crash(exit_code);
        node.advance(15_000);
    }
    let expected = [
        "Running c:Completed:0",
        "Running c:Running[Completed]:1",
        "Running c:Error:1",
        "Running c:CrashLoopBackOff[Error]:1",
        "Running c:Running[Error]:2",
    ];
    assert_eq!(node.rows, expected);
}

#[test]
fn what_does_not_run_is_not_stopped() {
    let hooked = json!({
        "name": "c", "image": "nginx", "lifecycle": {"preStop": {"sleep": {"seconds": 20}}},
    });
    let mut node = node(&json!({"containers": [hooked]}));
    node.advance(10_000);
    for _ in 0..2 {
        node.crash(1);
        node.advance(5_000);
    }
    assert_eq!(node.row(), "Running c:CrashLoopBackOff[Error]:1");
    node.delete();
    node.advance(2_000);
    assert_eq!(node.row(), "Failed c:Error[Error]:1");
    assert_eq!(node.heard(&["Killing"]), [""; 0]);
}

#[test]
fn every_container_that_runs_is_stopped() {
    let init = json!([sidecar(), {"name": "i", "image": "busybox"}]);
    let mut node = node(&json!({"initContainers": init, "containers": [container()]}));
    // The init container runs for a second.
    while node.row() != "Pending s:Running:0 i:Running:0 c:PodInitializing:0" {
        node.advance(100);
    }
    let mut later =
        Node { kubelet: node.kubelet.clone(), listers: node.listers.clone(), ..self::node(&json!({})) };
    (later.now, later.due, later.recorder) = (node.now, node.due, node.recorder.clone());
    node.delete();
    node.advance(2_000);
    assert_eq!(node.heard(&["Killing"]), ["s", "i"].map(|c| format!("Killing: Stopping container {c}")));
    later.advance(10_000);
    later.delete();
    later.advance(2_000);
    assert_eq!(later.heard(&["Killing"]), ["s", "c"].map(|c| format!("Killing: Stopping container {c}")));
    assert_eq!(later.row(), "Succeeded s:Completed:0 i:Completed:0 c:Completed:0");
    let ready: Vec<bool> =
        later.status().init_container_statuses.into_iter().flatten().map(|c| c.ready).collect();
    assert_eq!(ready, [false, true]);
}

#[test]
fn what_runs_of_an_evicted_pod_is_stopped_and_blamed() {
    let low = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 84Mi. ";
    let excess = |name: &str| {
        format!("Container {name} was using 212356Ki, request is 0, has larger consumption of memory. ")
    };
    let init = json!([sidecar(), {"name": "i", "image": "busybox"}]);
    let cases = [
        (100, low.to_owned(), vec![], "Failed s:PodInitializing:0"),
        (10_000, [low, &excess("s"), &excess("c")].concat(), vec!["s", "c"], "Failed s:Error:0"),
    ];
    for (after_ms, message, stopped, row) in cases {
        let mut node = node(&json!({"initContainers": init, "containers": [container()]}));
        node.advance(after_ms);
        node.kubelet.evict(&key("p")).expect("it is on the node");
        node.due = Some(node.now);
        node.advance(100);
        let stopped = stopped.iter().map(|name| format!("Killing: Stopping container {name}"));
        let expected: Vec<String> = [format!("Evicted: {message}")].into_iter().chain(stopped).collect();
        assert_eq!(node.heard(&["Evicted", "Killing"]), expected);
        assert_eq!(node.status().message, Some(message));
        assert!(node.row().starts_with(row), "{}", node.row());
    }
}

#[test]
fn a_sidecar_ends_after_what_it_runs_beside() {
    for (policy, exit_code, reason, phase) in [
        ("Never", 0, "Completed", "Succeeded"),
        ("Never", 1, "Error", "Failed"),
        ("OnFailure", 0, "Completed", "Succeeded"),
    ] {
        let init = json!([sidecar()]);
        let spec = json!({"restartPolicy": policy, "initContainers": init, "containers": [container()]});
        let mut node = node(&spec);
        node.advance(10_000);
        node.rows.clear();
        node.crash(exit_code);
        node.advance(60_000);
        let expected =
            [format!("Running s:Running:0 c:{reason}:0"), format!("{phase} s:Completed:0 c:{reason}:0")];
        assert_eq!(node.rows, expected, "{policy} {exit_code}");
        assert_eq!(node.heard(&["Killing"]), ["Killing: Stopping container s"]);
    }
}

#[test]
fn a_container_has_a_restart_policy_and_rules_of_its_own() {
    let rule =
        |operator: &str| json!([{"action": "Restart", "exitCodes": {"operator": operator, "values": [42]}}]);
    let (again, failed) = ("Running c:Running[Error]:1", "Failed c:Error:0");
    let cases = [
        ("Never", json!({"restartPolicy": "OnFailure"}), 1, again),
        ("Never", json!({"restartPolicy": "OnFailure"}), 0, "Succeeded c:Completed:0"),
        ("Always", json!({"restartPolicy": "Never"}), 1, failed),
        ("Never", json!({"restartPolicy": "Never", "restartPolicyRules": rule("In")}), 42, again),
        ("Never", json!({"restartPolicy": "Never", "restartPolicyRules": rule("In")}), 1, failed),
        ("Never", json!({"restartPolicy": "Never", "restartPolicyRules": rule("NotIn")}), 1, again),
    ];
    for (policy, own, exit_code, expected) in cases {
        let mut container = container();
        container.as_object_mut().expect("a container").extend(own.as_object().expect("fields").clone());
        let mut node = node(&json!({"restartPolicy": policy, "containers": [container]}));
        node.advance(10_000);
        node.crash(exit_code);
        node.advance(5_000);
        assert_eq!(node.row(), expected, "{policy} {own} {exit_code}");
    }
}

#[test]
fn a_sidecar_ends_when_the_pod_could_not_be_initialized() {
    let failing = json!({"name": "i", "image": "busybox", "command": ["sh", "-c", "exit 3"]});
    let init = json!([sidecar(), failing]);
    let spec = json!({"restartPolicy": "Never", "initContainers": init, "containers": [container()]});
    let mut node = node(&spec);
    node.advance(60_000);
    let last_two = &node.rows[node.rows.len() - 2..];
    let expected = [
        "Pending s:Running:0 i:Error:0 c:PodInitializing:0",
        "Failed s:Completed:0 i:Error:0 c:PodInitializing:0",
    ];
    assert_eq!(last_two, expected);
}

#[test]
fn an_image_that_is_not_there_is_looked_for_again() {
    let never = json!({"name": "c", "image": "nginx", "imagePullPolicy": "Never"});
    let mut node = node(&json!({"containers": [never]}));
    let failures = [
        "ErrImageNeverPull: Container image \"nginx\" is not present with pull policy of Never",
        "Failed: Error: ErrImageNeverPull",
    ];
    node.advance(5_000);
    for _ in 0..3 {
        assert_eq!(node.heard(&["Failed", "ErrImageNeverPull"]), failures);
        node.advance(10_000);
    }
    assert_eq!(node.row(), "Pending c:ErrImageNeverPull:0");
    node.add(Kind::Pod, pod("other", &json!({"containers": [container()]})));
    for _ in 0..4 {
        node.sync("other");
        node.advance(5_000);
    }
    assert_eq!(node.row(), "Running c:Running:0");
}

#[test]
fn a_name_that_no_image_can_have_is_complained_of_again() {
    let mut node = node(&json!({"containers": [{"name": "c", "image": "Up"}]}));
    node.advance(5_000);
    for _ in 0..3 {
        let heard = node.heard(&["Failed", "InspectFailed"]);
        assert!(heard.len() == 2 && heard[0].starts_with("InspectFailed: Failed to apply default image tag"));
        assert_eq!(heard[1], "Failed: Error: InvalidImageName");
        node.advance(10_000);
    }
    assert_eq!(node.row(), "Pending c:InvalidImageName:0");
}

#[test]
fn a_pod_that_no_scheduler_saw_has_been_scheduled_too() {
    let mut node = node(&json!({"containers": [container()]}));
    node.advance(10_000);
    let conditions = node.status().conditions.unwrap_or_default();
    let scheduled = conditions.iter().find(|condition| condition.type_ == "PodScheduled");
    assert_eq!(scheduled.map(|condition| condition.status.as_str()), Some("True"));
}

/// A container that requests that much.
fn wanting(requests: &Value) -> Value {
    json!([{"name": "c", "image": "nginx", "resources": {"requests": requests}}])
}

#[test]
fn a_pod_that_its_node_has_no_room_for_fails_before_it_begins() {
    let wants = |requests: Value| json!({"containers": wanting(&requests)});
    let lack = |numbers: &str| format!("Node didn't have enough resource: {numbers}");
    let cases = [
        (wants(json!({"cpu": "9"})), "OutOfcpu", lack("cpu, requested: 9000, used: 500, capacity: 8000")),
        (
            wants(json!({"memory": "33Gi"})),
            "OutOfmemory",
            lack("memory, requested: 35433480192, used: 1073741824, capacity: 34359738368"),
        ),
        (
            wants(json!({"ephemeral-storage": "1Ti", "memory": "33Gi"})),
            "OutOfmemory",
            lack("memory, requested: 35433480192, used: 1073741824, capacity: 34359738368"),
        ),
        (
            wants(json!({"hugepages-2Mi": "2Mi"})),
            "OutOfhugepages-2Mi",
            lack("hugepages-2Mi, requested: 2097152, used: 0, capacity: 0"),
        ),
        (
            json!({"nodeSelector": {"disk": "hdd"}, "containers": [container()]}),
            "NodeAffinity",
            "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector".to_owned(),
        ),
        (
            json!({"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]}),
            "NodePorts",
            "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
                .to_owned(),
        ),
        (
            json!({"os": {"name": "windows"}, "containers": [container()]}),
            "PodOSNotSupported",
            "Failed to admit pod as the OS field doesn't match node OS".to_owned(),
        ),
    ];
    for (spec, reason, message) in cases {
        let mut node = node(&spec);
        let mut other = wanting(&json!({"cpu": "500m", "memory": "1Gi"}));
        other[0]["ports"] = json!([{"containerPort": 80, "hostPort": 80}]);
        node.add(Kind::Pod, pod("other", &json!({"containers": other})));
        node.sync("other");
        node.change(|pod| {
            pod["status"]["conditions"] = json!([
                {"type": "PodScheduled", "status": "True"},
                {"type": "example.com/gate", "status": "True"},
            ]);
        });
        node.advance(10_000);
        assert_eq!(node.server.said.last(), Some(&format!("{reason}: {message}")));
        let status = serde_json::to_value(node.status()).expect("encodes");
        let expected = json!({
            "phase": "Failed", "reason": reason, "message": format!("Pod was rejected: {message}"),
            "startTime": status["startTime"],
            "conditions": [{"type": "example.com/gate", "status": "True"}],
        });
        assert_eq!(status, expected);
    }
}

#[test]
fn a_node_takes_as_many_pods_as_it_can_run() {
    let mut node = node(&json!({"containers": [container()]}));
    for name in ["one", "two", "three"] {
        node.add(Kind::Pod, pod(name, &json!({"containers": [container()]})));
        node.sync(name);
    }
    node.advance(10_000);
    let message = "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3";
    assert_eq!(node.heard(&["OutOf"]), [format!("OutOfpods: {message}")]);
    assert_eq!(node.row(), "Failed");
}

#[test]
fn a_node_takes_what_only_a_scheduler_would_mind() {
    let unknown = json!({"containers": wanting(&json!({"example.com/gpu": "1"}))});
    for (spec, taint, expected) in [
        (unknown, None, "Running c:Running:0"),
        (json!({"containers": [container()]}), Some("NoSchedule"), "Running c:Running:0"),
        (json!({"containers": [container()]}), Some("NoExecute"), "Failed"),
    ] {
        let mut node = node(&spec);
        let mut tainted =
            node.listers.get::<k8s_openapi::api::core::v1::Node>("", "node-1").map(|node| (**node).clone());
        if let Some(node) = tainted.as_mut() {
            let taints = taint.map(|effect| vec![machinery::taints::taint("key", effect)]);
            node.spec.get_or_insert_default().taints = taints;
            node.spec.get_or_insert_default().unschedulable = Some(true);
        }
        let value = serde_json::to_value(tainted).expect("encodes");
        node.add(Kind::Node, value);
        node.advance(10_000);
        assert_eq!(node.row(), expected, "{spec} {taint:?}");
    }
}

/// A pod with a volume of that kind, which its container mounts.
fn mounting(volume: &Value) -> Value {
    let container =
        json!({"name": "c", "image": "nginx", "volumeMounts": [{"name": "data", "mountPath": "/data"}]});
    let mut volume = volume.clone();
    volume["name"] = json!("data");
    json!({"volumes": [volume], "containers": [container]})
}

fn claim(phase: &str) -> Value {
    json!({
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {"volumeName": "pv"}, "status": {"phase": phase},
    })
}

fn volume(hostname: &str) -> Value {
    let requirement = json!({"key": "disk", "operator": "In", "values": [hostname]});
    let required = json!({"nodeSelectorTerms": [{"matchExpressions": [requirement]}]});
    json!({"metadata": {"name": "pv"}, "spec": {"nodeAffinity": {"required": required}}})
}

#[test]
fn a_pod_waits_for_its_claims_and_for_volumes_within_reach() {
    let unbound = "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], \
                   failed to process volumes=[data]: error processing PVC default/data: ";
    let mut terminating = claim("Bound");
    terminating["metadata"]["deletionTimestamp"] = json!("1970-01-01T00:00:00Z");
    let far = "MountVolume.NodeAffinity check failed for volume \"pv\" : no matching NodeSelectorTerms";
    let missing = "failed to fetch PVC from API server: persistentvolumeclaims \"data\" not found";
    let cases = [
        (None, "ssd", format!("{unbound}{missing}")),
        (Some(claim("Pending")), "ssd", format!("{unbound}PVC is not bound")),
        (Some(terminating), "ssd", format!("{unbound}PVC is being deleted")),
        (Some(claim("Bound")), "hdd", far.to_owned()),
    ];
    for (found, reach, expected) in cases {
        let mut node = node(&mounting(&json!({"persistentVolumeClaim": {"claimName": "data"}})));
        node.add(Kind::PersistentVolume, volume(reach));
        if let Some(claim) = found {
            node.add(Kind::PersistentVolumeClaim, claim);
        }
        node.advance(5_000);
        assert_eq!(node.heard(&["FailedMount"]).first(), Some(&format!("FailedMount: {expected}")));
        assert_eq!(node.row(), "Pending c:ContainerCreating:0");
        node.add(Kind::PersistentVolume, volume("ssd"));
        node.add(Kind::PersistentVolumeClaim, claim("Bound"));
        node.advance(20_000);
        assert_eq!(node.row(), "Running c:Running:0", "{expected}");
    }
}

#[test]
fn a_sync_gives_up_on_volumes_after_two_minutes() {
    let mut node = node(&mounting(&json!({"configMap": {"name": "none"}})));
    node.advance(122_000);
    let failed = "FailedMount: MountVolume.SetUp failed for volume \"data\" : configmap \"none\" not found";
    assert!(node.heard(&["FailedMount"]).iter().all(|line| line == failed));
    node.advance(10_000);
    let expected = "FailedMount: Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], \
                    failed to process volumes=[]: context deadline exceeded";
    assert!(node.heard(&["FailedMount"]).iter().any(|line| line == expected));
}

#[test]
fn a_volume_that_no_container_mounts_is_not_missed() {
    let mut spec = mounting(&json!({"configMap": {"name": "none"}}));
    spec["containers"] = json!([container()]);
    let mut node = node(&spec);
    node.advance(10_000);
    assert_eq!(node.row(), "Running c:Running:0");
}

#[test]
fn a_pod_in_the_network_of_its_node_has_its_address() {
    let mut node = node(&json!({"hostNetwork": true, "containers": [container()]}));
    for after_ms in [100, 10_000] {
        node.advance(after_ms);
        let status = node.status();
        assert_eq!((status.pod_ip.as_deref(), status.host_ip), (Some("172.18.0.3"), status.pod_ip.clone()));
        assert_eq!(status.pod_ips.map(|ips| ips.len()), Some(1));
    }
}

/// The first container's status, without what it does.
fn told(node: &Node) -> Value {
    let status = node.status().container_statuses.unwrap_or_default().swap_remove(0);
    let mut value = serde_json::to_value(status).expect("encodes");
    let fields = value.as_object_mut().expect("an object");
    fields.retain(|name, _| ["volumeMounts", "resources", "allocatedResources"].contains(&name.as_str()));
    value
}

#[test]
fn a_status_tells_of_mounts_and_resources() {
    let mounts = json!([
        {"name": "data", "mountPath": "/data"},
        {"name": "token", "mountPath": "/token", "readOnly": true},
        {"name": "deep", "mountPath": "/deep", "readOnly": true, "recursiveReadOnly": "IfPossible"},
    ]);
    let mounted = json!([
        {"name": "data", "mountPath": "/data"},
        {"name": "token", "mountPath": "/token", "readOnly": true, "recursiveReadOnly": "Disabled"},
        {"name": "deep", "mountPath": "/deep", "readOnly": true, "recursiveReadOnly": "Enabled"},
    ]);
    let resources = json!({"limits": {"memory": "1Gi"}, "requests": {"memory": "1Gi", "cpu": "100m"}});
    let requests = &resources["requests"];
    let plain = container();
    let mut full = container();
    (full["volumeMounts"], full["resources"]) = (mounts, resources.clone());
    let whole = json!({"volumeMounts": mounted, "resources": resources, "allocatedResources": requests});
    let cases = [
        (Profile::Default, Version::V1_36, &plain, json!({}), json!({"resources": {}})),
        (Profile::Default, Version::V1_36, &full, json!({"volumeMounts": mounted}), whole),
        (Profile::Default, Version::V1_32, &plain, json!({}), json!({})),
        (
            Profile::Default,
            Version::V1_32,
            &full,
            json!({"volumeMounts": mounted}),
            json!({"volumeMounts": mounted}),
        ),
        (Profile::Recorder, Version::V1_36, &full, json!({}), json!({})),
    ];
    for (profile, version, container, waiting, running) in cases {
        let mut node = node(&json!({"containers": [container]}));
        (node.kubelet, node.features) = (Kubelet::new(profile), Features::of(version));
        node.advance(100);
        assert_eq!(told(&node), waiting, "{profile:?} {version}");
        node.advance(10_000);
        assert_eq!(told(&node), running, "{profile:?} {version}");
        node.delete();
        node.advance(Pace::of(profile).stop_ms);
        assert_eq!(told(&node), running, "{profile:?} {version}");
    }
}

#[test]
fn a_status_and_its_conditions_tell_which_generation_they_are_of() {
    for (profile, expected) in [(Profile::Default, Some(1)), (Profile::Recorder, None)] {
        let mut node = node(&json!({"containers": [container()]}));
        node.kubelet = Kubelet::new(profile);
        node.change(|pod| pod["metadata"]["generation"] = json!(1));
        for after_ms in [100, 10_000] {
            node.advance(after_ms);
            assert_eq!(node.generations(), [expected; 6], "{profile:?}");
        }
        node.change(|pod| pod["metadata"]["generation"] = json!(2));
        node.delete();
        node.advance(Pace::of(profile).stop_ms);
        assert_eq!(node.generations(), [expected.map(|first| first + 1); 6], "{profile:?}");
    }
}
