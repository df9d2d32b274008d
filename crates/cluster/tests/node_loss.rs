//! A node falls silent: what becomes of it, of its pods and of the set that owns them (spec I12, K28).

mod support;

use cluster::{Config, Defect, Fault, World};
use k8s_openapi::api::core::v1::{Node, Pod};
use machinery::Resource;
use machinery::{Kind, taints};
use serde_json::json;
use support::*;

/// A set of two pods without claims, and the node of its first pod, which has just fallen silent.
fn lost() -> (World, String) {
    let mut world = world(Config::default());
    let set = without(set(2), "/spec/volumeClaimTemplates");
    create(&mut world, with(set, "/spec/template/spec/containers/0/volumeMounts", json!([])));
    assert!(world.settle(60_000));
    let node = node_of(&world, "myapp-0");
    down(&mut world, &node);
    (world, node)
}

fn down(world: &mut World, node: &str) {
    world.inject(&Fault::Break { defect: Defect::NodeDown { node: node.to_owned() } }).expect("breaks");
}

fn node_of(world: &World, pod: &str) -> String {
    let pod = world.server().get::<Pod>("default", pod).expect("is there");
    pod.spec.as_ref().and_then(|s| s.node_name.clone()).expect("has a node")
}

fn node<'a>(world: &'a World, name: &str) -> &'a Node {
    world.server().get::<Node>("", name).expect("is there")
}

fn ready(world: &World, name: &str) -> String {
    let conditions =
        node(world, name).status.as_ref().and_then(|s| s.conditions.as_ref()).expect("conditions");
    conditions.iter().find(|c| c.type_ == "Ready").map(|c| c.status.clone()).expect("Ready")
}

fn is_terminating(world: &World, pod: &str) -> bool {
    let pod = world.server().get::<Pod>("default", pod).expect("is there");
    machinery::object::is_terminating(pod.meta())
}

#[test]
fn a_node_that_is_not_there_cannot_be_lost() {
    let mut world = world(Config::default());
    let fault = Fault::Break { defect: Defect::NodeDown { node: "node-9".to_owned() } };
    assert_eq!(world.inject(&fault), Err("there is no node node-9".to_owned()));
    assert!(world.defects().is_empty());
}

#[test]
fn a_lost_node_is_noticed_tainted_and_its_pods_are_marked_and_stay() {
    let (mut world, lost) = lost();
    advance(&mut world, 39_000);
    assert_eq!(ready(&world, &lost), "True", "a renewal may be ten seconds old, and the grace is fifty");
    advance(&mut world, 20_000);
    assert_eq!(ready(&world, &lost), "Unknown");
    assert_eq!(told(&world, &lost), [format!("NodeNotReady x1: Node {lost} status is now: NodeNotReady")]);
    assert!(told(&world, "myapp-0").contains(&"NodeNotReady x1: Node is not ready".to_owned()));
    assert!(taints::has(node(&world, &lost), taints::UNREACHABLE, "NoSchedule"));
    assert_eq!(pods(&world)[0], ("myapp-0".to_owned(), "Running".to_owned(), false));
    advance(&mut world, 10_000);
    assert!(taints::has(node(&world, &lost), taints::UNREACHABLE, "NoExecute"));
    assert!(!is_terminating(&world, "myapp-0"));
    advance(&mut world, 300_000);
    assert!(is_terminating(&world, "myapp-0"));
    assert!(
        told(&world, "myapp-0")
            .contains(&"TaintManagerEviction x1: Marking for deletion Pod default/myapp-0".to_owned())
    );
    advance(&mut world, 3_600_000);
    assert!(is_terminating(&world, "myapp-0"), "nobody confirms its end, and the set makes no second one");
}

#[test]
fn a_node_that_comes_back_keeps_pods_that_were_not_evicted_yet() {
    let (mut world, lost) = lost();
    advance(&mut world, 120_000);
    assert_eq!(ready(&world, &lost), "Unknown");
    world.inject(&Fault::HealAll).expect("heals");
    advance(&mut world, 20_000);
    assert_eq!(ready(&world, &lost), "True");
    assert!(taints::of(node(&world, &lost)).is_empty());
    assert_eq!(pods(&world), running(&["myapp-0", "myapp-1"]));
    let cancelled = "TaintManagerEviction x1: Cancelling deletion of Pod default/myapp-0".to_owned();
    assert!(told(&world, "myapp-0").contains(&cancelled), "{:?}", told(&world, "myapp-0"));
}

#[test]
fn force_deletion_the_end_of_the_node_or_its_return_free_the_ordinal() {
    for way in ["force", "node deleted", "out of service", "back"] {
        let (mut world, lost) = lost();
        advance(&mut world, 400_000);
        let uid = world.server().get::<Pod>("default", "myapp-0").map(|p| p.uid().to_owned());
        match way {
            "force" => force_delete(&mut world, "myapp-0"),
            "node deleted" => delete(&mut world, Kind::Node, &lost),
            "out of service" => {
                let taint =
                    json!({"key": taints::OUT_OF_SERVICE, "value": "nodeshutdown", "effect": "NoExecute"});
                let kept = taints::of(node(&world, &lost)).to_vec();
                let mut list = serde_json::to_value(kept).expect("plain data");
                list.as_array_mut().expect("a list").push(taint);
                patch(&mut world, Kind::Node, &lost, json!({"spec": {"taints": list}}));
            }
            _ => world.inject(&Fault::HealAll).expect("heals"),
        }
        assert!(world.settle(120_000), "{way}");
        assert_eq!(pods(&world), running(&["myapp-0", "myapp-1"]), "{way}");
        assert_ne!(world.server().get::<Pod>("default", "myapp-0").map(|p| p.uid().to_owned()), uid, "{way}");
        if way != "back" {
            assert_ne!(node_of(&world, "myapp-0"), lost, "{way}");
        }
    }
}

#[test]
fn nobody_is_evicted_when_every_node_is_lost() {
    let (mut world, _) = lost();
    for n in 1..=3 {
        down(&mut world, &format!("node-{n}"));
    }
    advance(&mut world, 1_000_000);
    assert!(!is_terminating(&world, "myapp-0") && !is_terminating(&world, "myapp-1"));
    assert!((1..=3).all(|n| ready(&world, &format!("node-{n}")) == "Unknown"));
    world.inject(&Fault::HealAll).expect("heals");
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["myapp-0", "myapp-1"]));
}

#[test]
fn a_cordoned_node_is_tainted_and_takes_no_pods() {
    let mut world = world(Config { nodes: 1, ..Config::default() });
    patch(&mut world, Kind::Node, "node-1", json!({"spec": {"unschedulable": true}}));
    create(&mut world, pod("p", "app:1"));
    advance(&mut world, 5_000);
    assert!(taints::has(node(&world, "node-1"), taints::UNSCHEDULABLE, "NoSchedule"));
    assert_eq!(pods(&world), [("p".to_owned(), "Pending".to_owned(), false)]);
    patch(&mut world, Kind::Node, "node-1", json!({"spec": {"unschedulable": false}}));
    assert!(world.settle(60_000));
    assert!(taints::of(node(&world, "node-1")).is_empty());
    assert_eq!(pods(&world), running(&["p"]));
}

#[test]
fn a_taint_that_evicts_deletes_pods_that_do_not_tolerate_it() {
    let mut world = world(Config { nodes: 1, ..Config::default() });
    let tolerant =
        json!([{"key": "maintenance", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}]);
    create(&mut world, pod("p", "app:1"));
    create(&mut world, with(pod("q", "app:1"), "/spec/tolerations", tolerant));
    assert!(world.settle(60_000));
    let taint = json!([{"key": "maintenance", "effect": "NoExecute"}]);
    patch(&mut world, Kind::Node, "node-1", json!({"spec": {"taints": taint}}));
    advance(&mut world, 10_000);
    assert_eq!(pods(&world), running(&["q"]));
    advance(&mut world, 30_000);
    assert_eq!(pods(&world), []);
}

#[test]
fn a_node_that_is_deleted_cancels_no_eviction_but_the_end_of_the_pod_does() {
    let (mut world, lost) = lost();
    advance(&mut world, 120_000);
    delete(&mut world, Kind::Node, &lost);
    advance(&mut world, 5_000);
    let cancelled = "TaintManagerEviction x1: Cancelling deletion of Pod default/myapp-0".to_owned();
    assert!(!told(&world, "myapp-0").contains(&cancelled), "{:?}", told(&world, "myapp-0"));
    advance(&mut world, 80_000);
    assert!(told(&world, "myapp-0").contains(&cancelled), "{:?}", told(&world, "myapp-0"));
    assert_eq!(pods(&world), running(&["myapp-0", "myapp-1"]), "the collector has removed it");
}

#[test]
fn what_is_planned_for_a_pod_outlives_its_node() {
    let mut world = world(Config::default());
    let toleration = json!([{
        "key": taints::UNREACHABLE, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 20,
    }]);
    create(&mut world, with(pod("p", "app:1"), "/spec/tolerations", toleration));
    assert!(world.settle(60_000));
    let lost = node_of(&world, "p");
    down(&mut world, &lost);
    while !taints::has(node(&world, &lost), taints::UNREACHABLE, "NoExecute") {
        advance(&mut world, 1_000);
    }
    advance(&mut world, 1_000);
    delete(&mut world, Kind::Node, &lost);
    advance(&mut world, 25_000);
    let marked = "TaintManagerEviction x1: Marking for deletion Pod default/p".to_owned();
    assert!(told(&world, "p").contains(&marked), "{:?}", told(&world, "p"));
    assert!(is_terminating(&world, "p"));
}
