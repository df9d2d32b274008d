//! Which nodes take a pod, and what is said of those that do not.

use machinery::version::Version;
use machinery::{Kind, ObjectKey};
use node::provisioner::Provisioner;
use serde_json::json;

use crate::cluster::{
    Cluster, IN_VAIN, USELESS, claim, minding, node, placed, pod, refused, spread, user, with,
};

#[test]
fn a_volume_keeps_its_pod_in_its_zone() {
    let cases = [
        (json!({}), true),
        (json!({"topology.kubernetes.io/zone": "a"}), true),
        (json!({"topology.kubernetes.io/zone": "x__a"}), true),
        (json!({"failure-domain.beta.kubernetes.io/zone": "a"}), true),
        (json!({"topology.kubernetes.io/zone": "b"}), false),
        (json!({"topology.kubernetes.io/region": "a"}), false),
    ];
    for (labels, fits) in cases {
        let mut cluster = Cluster::default();
        for name in ["node-1", "node-2", "node-3"] {
            let zone = json!({"topology.kubernetes.io/zone": "a"});
            cluster.put(Kind::Node, with(node(name, json!([])), "/metadata/labels", zone));
        }
        cluster.put(Kind::PersistentVolume, json!({"metadata": {"name": "pv", "labels": labels}}));
        cluster.put(Kind::PersistentVolumeClaim, claim("data", "ReadWriteOnce", "pv"));
        cluster.put(Kind::Pod, user("p", &["data"]));
        assert_eq!(cluster.node_of("p").is_some(), fits, "{labels}");
        if !fits {
            let expected = refused("3 node(s) had no available volume zone", USELESS);
            assert_eq!(cluster.message("p"), expected, "{labels}");
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
