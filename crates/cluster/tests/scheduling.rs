//! Which node a pod gets, and what is said if it gets none.

mod support;

use client::Api;
use client::api::{Request, Verb};
use cluster::{Config, Script, World};
use k8s_openapi::api::core::v1::Pod;
use machinery::decision::Verdict;
use machinery::patch::PatchType;
use machinery::version::{Features, Version};
use machinery::{Kind, ObjectKey};
use serde_json::{Value, json};
use support::*;

const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];

fn node_of(world: &World, pod: &str) -> Option<String> {
    world.server().get::<Pod>("default", pod)?.spec.as_ref()?.node_name.clone()
}

/// The message of the scheduler's decision about the pod.
fn message(world: &World, pod: &str) -> String {
    let decision = world.decisions().get(&ObjectKey::new(Kind::Pod, "default", pod));
    match decision.map(|d| &d.verdict) {
        Some(Verdict::Unschedulable { message, .. }) => message.clone(),
        other => format!("{other:?}"),
    }
}

/// Nothing that preemption could change.
fn lasting(reasons: &str) -> String {
    format!(
        "0/3 nodes are available: {reasons}. no new claims to deallocate, preemption: 0/3 nodes are available: \
         3 Preemption is not helpful for scheduling."
    )
}

#[test]
fn a_pod_that_no_node_takes_is_told_why() {
    let plain = || pod("p", "app:1");
    let wants = |resource: &str, amount: &str| {
        let requests = json!({"requests": {resource: amount}, "limits": {resource: amount}});
        with(plain(), "/spec/containers/0/resources", requests)
    };
    let claim = |name: &str| json!([{"name": "v", "persistentVolumeClaim": {"claimName": name}}]);
    let greedy_init =
        json!([{"name": "i", "image": "i", "resources": {"requests": {"cpu": "9", "memory": "64Gi"}}}]);
    let cases: [(Value, String); 8] = [
        (
            with(plain(), "/spec/nodeSelector", json!({"disk": "ssd"})),
            lasting("3 node(s) didn't match Pod's node affinity/selector"),
        ),
        (wants("cpu", "9"), lasting("3 Insufficient cpu")),
        (wants("ephemeral-storage", "200Gi"), lasting("3 Insufficient ephemeral-storage")),
        (wants("nvidia.com/gpu", "1"), lasting("3 Insufficient nvidia.com/gpu")),
        (
            with(wants("hugepages-2Mi", "4Mi"), "/spec/containers/0/resources/requests/cpu", json!("1")),
            lasting("3 Insufficient hugepages-2Mi"),
        ),
        (
            with(plain(), "/spec/initContainers", greedy_init),
            lasting("3 Insufficient cpu, 3 Insufficient memory"),
        ),
        (
            with(plain(), "/spec/volumes", claim("nope")),
            "0/3 nodes are available: persistentvolumeclaim \"nope\" not found. not found".to_owned(),
        ),
        (
            with(with(plain(), "/spec/volumes", claim("nope")), "/spec/nodeSelector", json!({"disk": "ssd"})),
            "0/3 nodes are available: persistentvolumeclaim \"nope\" not found. not found".to_owned(),
        ),
    ];
    for (object, expected) in cases {
        let mut world = world_of([object]);
        assert!(world.settle(60_000));
        assert_eq!(message(&world, "p"), expected);
        assert_eq!(told(&world, "p"), [format!("FailedScheduling x1: {expected}")]);
        let status =
            world.server().get::<Pod>("default", "p").and_then(|p| p.status.clone()).unwrap_or_default();
        let condition = status.conditions.unwrap_or_default().pop().unwrap_or_default();
        let said = (condition.type_, condition.status, condition.reason, condition.message);
        let text = |text: &str| text.to_owned();
        let wanted = (text("PodScheduled"), text("False"), Some(text("Unschedulable")), Some(expected));
        assert_eq!(said, wanted);
    }
}

/// What is full can be emptied; what is too small could be tried in vain up to 1.33.
#[test]
fn preemption_is_of_no_help_where_a_node_is_too_small() {
    let helpful = "3 No preemption victims found for incoming pod";
    let useless = "3 Preemption is not helpful for scheduling";
    let cases =
        [(Version::V1_36, "5", helpful), (Version::V1_36, "9", useless), (Version::V1_32, "9", helpful)];
    for (version, cpu, expected) in cases {
        let mut world = world(Config { features: Features::of(version), ..Config::default() });
        let names = ["a", "b", "c", "p"];
        for (name, cpu) in names.iter().zip(["5", "5", "5", cpu]) {
            let resources = json!({"requests": {"cpu": cpu}});
            create(&mut world, with(pod(name, "app:1"), "/spec/containers/0/resources", resources));
            assert!(world.settle(60_000));
        }
        let message = message(&world, "p");
        assert!(message.ends_with(&format!("{expected}.")), "{version} {cpu}: {message}");
    }
}

#[test]
fn a_pod_with_gates_is_scheduled_once_they_are_gone() {
    let gates = json!([{"name": "a.b/c"}, {"name": "a.b/d"}]);
    let mut world = world_of([with(pod("p", "app:1"), "/spec/schedulingGates", gates)]);
    let condition = |world: &World| {
        let pod = world.server().get::<Pod>("default", "p").expect("is there");
        let conditions = pod.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
        let of = conditions.into_iter().find(|c| c.type_ == "PodScheduled").expect("is said");
        (of.status, of.reason.unwrap_or_default(), of.message.unwrap_or_default())
    };
    let blocked = ("False", "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates");
    let steps = [(2, blocked), (1, blocked), (0, ("True", "", ""))];
    for (left, expected) in steps {
        let path = "/spec/schedulingGates";
        let patch =
            if left == 2 { json!([]) } else { json!([{"op": "remove", "path": format!("{path}/0")}]) };
        let request = Request::new(Verb::Patch(PatchType::Json, patch), Kind::Pod, "default", "p");
        world.api().call(request).expect("is patched");
        assert!(world.settle(60_000));
        let (state, reason, message) = condition(&world);
        assert_eq!((state.as_str(), reason.as_str(), message.as_str()), expected, "{left}");
        assert_eq!(node_of(&world, "p").is_some(), left == 0);
        let scheduling = events(&world, "p").into_iter().any(|(reason, ..)| reason == "FailedScheduling");
        assert!(!scheduling, "nobody tries");
    }
}

#[test]
fn a_port_of_a_node_is_taken_once() {
    let taker = |name: &str| {
        with(pod(name, "app:1"), "/spec/containers/0/ports", json!([{"containerPort": 80, "hostPort": 8080}]))
    };
    let mut world = world_of(["a", "b", "c", "p"].map(taker));
    assert!(world.settle(60_000));
    let expected = "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports. \
                    no new claims to deallocate, preemption: 0/3 nodes are available: \
                    3 No preemption victims found for incoming pod.";
    let left = |world: &World| ["a", "b", "c", "p"].into_iter().find(|pod| node_of(world, pod).is_none());
    let waiting = left(&world).expect("one has no node");
    assert_eq!(message(&world, waiting), expected);
    let placed = if waiting == "a" { "b" } else { "a" };
    delete(&mut world, Kind::Pod, placed);
    assert!(world.settle(60_000));
    assert!(node_of(&world, waiting).is_some());
}

#[test]
fn a_pod_waits_for_a_node_that_is_open() {
    let mut world = world_of([]);
    for node in NODES {
        patch(&mut world, Kind::Node, node, json!({"spec": {"unschedulable": true}}));
    }
    let taint = json!([{"key": "a", "value": "b", "effect": "NoSchedule"}]);
    patch(&mut world, Kind::Node, "node-1", json!({"spec": {"unschedulable": null, "taints": taint}}));
    create(&mut world, pod("p", "app:1"));
    assert!(world.settle(60_000));
    let expected = lasting("1 node(s) had untolerated taint(s), 2 node(s) were unschedulable");
    assert_eq!(message(&world, "p"), expected);
    patch(&mut world, Kind::Node, "node-2", json!({"spec": {"unschedulable": null}}));
    assert!(world.settle(60_000));
    assert_eq!(node_of(&world, "p").as_deref(), Some("node-2"));
    assert!(!world.decisions().contains_key(&ObjectKey::new(Kind::Pod, "default", "p")));
    let tolerant = with(pod("q", "app:1"), "/spec/tolerations", json!([{"operator": "Exists"}]));
    let tied = with(tolerant, "/spec/nodeSelector", json!({"kubernetes.io/hostname": "node-1"}));
    create(&mut world, tied);
    assert!(world.settle(60_000));
    assert_eq!(node_of(&world, "q").as_deref(), Some("node-1"));
}

#[test]
fn a_pod_backs_off_where_an_idle_scheduler_waits_for_that() {
    for version in [Version::V1_32, Version::V1_36] {
        let mut world = world(Config { features: Features::of(version), ..Config::default() });
        let tied = with(pod("p", "app:1"), "/spec/nodeSelector", json!({"disk": "ssd"}));
        patch(&mut world, Kind::Node, "node-1", json!({"spec": {"unschedulable": true}}));
        create(&mut world, tied);
        assert!(world.settle(60_000));
        // The first back-off is over long since: the pod is tried at once, in vain, and backs off for twice as long.
        advance(&mut world, 60_000);
        patch(&mut world, Kind::Node, "node-1", json!({"metadata": {"labels": {"disk": "ssd"}}}));
        advance(&mut world, 500);
        patch(&mut world, Kind::Node, "node-1", json!({"spec": {"unschedulable": null}}));
        advance(&mut world, 1_000);
        assert_eq!(node_of(&world, "p").is_none(), version == Version::V1_32, "{version:?}");
        advance(&mut world, 1_000);
        assert_eq!(node_of(&world, "p").as_deref(), Some("node-1"), "{version:?}");
    }
}

#[test]
fn pods_spread_over_the_nodes() {
    let mut world = world_of((0..9).map(|n| pod(&format!("p{n}"), "app:1")));
    assert!(world.settle(60_000));
    let on =
        |node: &str| (0..9).filter(|n| node_of(&world, &format!("p{n}")).as_deref() == Some(node)).count();
    assert_eq!(NODES.map(on), [3, 3, 3]);
}

#[test]
fn pods_that_avoid_each_other_get_a_node_each() {
    let term = json!({
        "labelSelector": {"matchLabels": {"app": "zk"}},
        "topologyKey": "kubernetes.io/hostname",
    });
    let affinity = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}});
    let zookeeper = |n: usize| {
        let labelled = with(pod(&format!("zk-{n}"), "zk:1"), "/metadata/labels", json!({"app": "zk"}));
        with(labelled, "/spec/affinity", affinity.clone())
    };
    let mut world = world_of((0..4).map(zookeeper));
    assert!(world.settle(60_000));
    let mut nodes: Vec<_> = (0..3).map(|n| node_of(&world, &format!("zk-{n}"))).collect();
    nodes.sort();
    assert_eq!(nodes, NODES.map(|node| Some(node.to_owned())));
    let expected = "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. \
         no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
    assert_eq!(message(&world, "zk-3"), expected);
    let freed = node_of(&world, "zk-1");
    delete(&mut world, Kind::Pod, "zk-1");
    assert!(world.settle(60_000));
    assert_eq!(node_of(&world, "zk-3"), freed);
}

#[test]
fn a_claim_gets_its_volume_where_its_pod_goes() {
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": "local"},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    });
    let local = |name: &str, size: &str, node: &str| {
        let expression = json!({"key": "kubernetes.io/hostname", "operator": "In", "values": [node]});
        let affinity = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}});
        let plain = with(volume(name, size, RWO), "/spec/storageClassName", json!("local"));
        with(plain, "/spec/nodeAffinity", affinity)
    };
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": RWO,
            "storageClassName": "local",
            "resources": {"requests": {"storage": "5Gi"}},
        },
    });
    let user = with(
        pod("p", "app:1"),
        "/spec/volumes",
        json!([{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]),
    );
    let mut world = world_of([class, local("small", "1Gi", "node-1"), claim, user]);
    advance(&mut world, 30_000);
    let expected = lasting("3 node(s) didn't find available persistent volumes to bind");
    assert_eq!(message(&world, "p"), expected);
    create(&mut world, local("large", "9Gi", "node-3"));
    advance(&mut world, 30_000);
    assert_eq!(node_of(&world, "p").as_deref(), Some("node-3"));
    assert_eq!(claims(&world), [("data".to_owned(), "large".to_owned())]);
    assert_eq!(pods(&world), running(&["p"]));
}

#[test]
fn a_script_chooses_among_equal_nodes() {
    let mut world = world(Config::default());
    let mut script = Script::default();
    for (index, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        script.nodes.insert(format!("default/{name}"), NODES[2 - index % 3].to_owned());
    }
    world.script(script);
    for name in ["a", "b", "c", "d"] {
        create(&mut world, pod(name, "app:1"));
    }
    assert!(world.settle(60_000));
    let pods = world.server().list::<Pod>("default");
    let addresses: Vec<String> = pods.filter_map(|pod| pod.status.clone()?.pod_ip).collect();
    assert_eq!(addresses, ["10.244.3.2", "10.244.2.2", "10.244.1.2", "10.244.3.3"]);
}
