//! When the scheduler looks again at a pod that found no node (the plugins' queueing hints).

use client::api::Change;
use machinery::version::Version;
use machinery::{Kind, Object};
use serde_json::{Value, json};

use crate::cluster::{Cluster, USELESS, claim, minding, node, placed, pod, refused, spread, user, with};

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
