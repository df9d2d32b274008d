//! J.7: Kubernetes' end-to-end tests of volumes and claims (test/e2e/storage), by name.

use cluster::Defect;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::decision::{Misfit, Verdict};
use machinery::object::is_terminating;
use machinery::{Kind, ObjectKey, Resource};
use node::kubelet::NamePattern;
use serde_json::{Value, json};

use crate::lab::{Lab, and, claim, claims, lab, merge, parallel, set, volume};

const RWO: &[&str] = &["ReadWriteOnce"];

fn pv(lab: &Lab, name: &str) -> Option<PersistentVolume> {
    lab.world().server().get::<PersistentVolume>("", name).map(|volume| (**volume).clone())
}

fn pv_phase(lab: &Lab, name: &str) -> String {
    pv(lab, name).and_then(|volume| volume.status?.phase).unwrap_or_default()
}

/// The volume that the claim is bound to; empty if it waits.
fn bound(lab: &Lab, name: &str) -> String {
    let claim = lab.claim(name);
    let is_bound = claim.status.and_then(|status| status.phase).as_deref() == Some("Bound");
    claim.spec.and_then(|spec| spec.volume_name).filter(|_| is_bound).unwrap_or_default()
}

/// How many claims are bound, how many wait.
fn bound_and_waiting(lab: &Lab) -> (usize, usize) {
    let claims = lab.list::<PersistentVolumeClaim>();
    let bound = claims.iter().filter(|claim| !bound(lab, claim.name()).is_empty()).count();
    (bound, claims.len() - bound)
}

/// A pod that uses a claim.
fn user(name: &str, claim: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {
            "containers": [{"name": "c", "image": "app:a", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}],
        },
    })
}

fn with(mut object: Value, change: Value) -> Value {
    merge(&mut object, change);
    object
}

fn class(name: &str, change: Value) -> Value {
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
        "provisioner": "kubernetes.io/no-provisioner",
    });
    with(class, change)
}

// persistent_volumes.go

#[test]
fn should_create_a_non_pre_bound_pv_and_pvc_test_write_access() {
    let mut lab = Lab::new();
    lab.apply(&volume("pv", "2Gi", RWO));
    lab.apply(&claim("c", json!({})));
    lab.apply(&user("p", "c"));
    lab.pass(30);
    assert_eq!((bound(&lab, "c").as_str(), pv_phase(&lab, "pv").as_str()), ("pv", "Bound"));
    assert_eq!(lab.pods(), ["p:a ready"]);
}

#[test]
fn create_a_pvc_and_non_pre_bound_pv_test_write_access() {
    let mut lab = Lab::new();
    lab.apply(&claim("c", json!({})));
    lab.pass(5);
    assert_eq!(bound(&lab, "c"), "");
    lab.apply(&volume("pv", "2Gi", RWO));
    lab.pass(20);
    assert_eq!(bound(&lab, "c"), "pv", "the claim is looked at again every 15 seconds");
}

#[test]
fn create_a_pvc_and_a_pre_bound_pv_test_write_access() {
    let mut lab = Lab::new();
    lab.apply(&volume("smaller", "1Gi", RWO));
    let reserved = json!({"spec": {"claimRef": {"namespace": "default", "name": "c"}}});
    lab.apply(&with(volume("reserved", "9Gi", RWO), reserved));
    lab.apply(&claim("c", json!({})));
    lab.pass(20);
    assert_eq!(bound(&lab, "c"), "reserved");
    assert_eq!(pv_phase(&lab, "smaller"), "Available");
}

#[test]
fn create_a_pv_and_a_pre_bound_pvc_test_write_access() {
    let mut lab = Lab::new();
    lab.apply(&volume("smaller", "1Gi", RWO));
    lab.apply(&volume("named", "9Gi", RWO));
    lab.apply(&claim("c", json!({"volumeName": "named"})));
    lab.pass(20);
    assert_eq!(bound(&lab, "c"), "named");
}

/// So many volumes and claims.
fn many(volumes: usize, claims: usize) -> (usize, usize) {
    let mut lab = Lab::new();
    for number in 0..volumes {
        lab.apply(&volume(&format!("pv{number}"), "1Gi", RWO));
    }
    for number in 0..claims {
        lab.apply(&claim(&format!("c{number}"), json!({})));
    }
    lab.pass(40);
    let mut used: Vec<String> =
        lab.list::<PersistentVolumeClaim>().iter().map(|c| bound(&lab, c.name())).collect();
    used.retain(|volume| !volume.is_empty());
    used.sort();
    let before = used.len();
    used.dedup();
    assert_eq!(used.len(), before, "one volume, one claim");
    bound_and_waiting(&lab)
}

#[test]
fn should_create_2_pvs_and_4_pvcs_test_write_access() {
    assert_eq!(many(2, 4), (2, 2));
}

#[test]
fn should_create_3_pvs_and_3_pvcs_test_write_access() {
    assert_eq!(many(3, 3), (3, 0));
}

#[test]
fn should_create_4_pvs_and_2_pvcs_test_write_access() {
    assert_eq!(many(4, 2), (2, 0));
}

#[test]
fn should_test_that_a_pv_becomes_available_and_is_clean_after_the_pvc_is_deleted() {
    let mut lab = Lab::new();
    lab.apply(&with(volume("pv", "1Gi", RWO), json!({"spec": {"persistentVolumeReclaimPolicy": "Recycle"}})));
    lab.apply(&claim("c", json!({})));
    lab.pass(20);
    assert_eq!(bound(&lab, "c"), "pv");
    lab.delete("pvc c");
    lab.pass(40);
    assert_eq!(pv_phase(&lab, "pv"), "Available");
    lab.apply(&claim("d", json!({})));
    lab.pass(20);
    assert_eq!(bound(&lab, "d"), "pv", "by another claim");
}

#[test]
fn should_run_through_the_lifecycle_of_a_pv_and_a_pvc() {
    let mut lab = Lab::new();
    lab.apply(&volume("pv", "1Gi", RWO));
    lab.kubectl("label pv pv e2e=x");
    lab.apply(&claim("c", json!({"selector": {"matchLabels": {"e2e": "x"}}})));
    lab.pass(20);
    assert_eq!(lab.kubectl("get pv -l e2e=x -o name"), "persistentvolume/pv\n");
    assert_eq!(bound(&lab, "c"), "pv");
    lab.delete("pvc c");
    lab.settle();
    assert_eq!(pv_phase(&lab, "pv"), "Released");
    lab.delete("pv pv");
    lab.settle();
    assert_eq!(lab.kubectl("get pv,pvc"), "No resources found\n");
}

#[test]
fn stateful_set_should_be_reschedulable() {
    let mut lab = lab(&set(2, claims()));
    let volumes = |lab: &Lab| [bound(lab, "data-web-0"), bound(lab, "data-web-1")];
    let before = volumes(&lab);
    // Away from its node and back: the pod may go anywhere, its volume comes with it.
    let node = lab.pod("web-0").spec.and_then(|spec| spec.node_name).expect("a node");
    lab.kubectl(&format!("cordon {node}"));
    lab.delete("pod web-0");
    lab.settle();
    assert_eq!(lab.pods(), ["web-0:a ready", "web-1:a ready"]);
    assert_ne!(lab.pod("web-0").spec.and_then(|spec| spec.node_name), Some(node));
    assert_eq!(volumes(&lab), before);
    lab.scale(0);
    lab.settle();
    lab.scale(2);
    lab.settle();
    assert_eq!(volumes(&lab), before);
}

// pvc_protection.go

#[test]
fn verify_immediate_deletion_of_a_pvc_that_is_not_in_active_use_by_a_pod() {
    let mut lab = Lab::new();
    lab.apply(&volume("pv", "1Gi", RWO));
    lab.apply(&claim("c", json!({})));
    lab.pass(20);
    assert_eq!(
        lab.claim("c").metadata.finalizers.as_deref(),
        Some(&["kubernetes.io/pvc-protection".to_owned()][..])
    );
    lab.delete("pvc c");
    lab.settle();
    assert!(lab.get::<PersistentVolumeClaim>("c").is_none());
}

/// A claim that a running pod uses.
fn used_claim() -> Lab {
    let mut lab = Lab::new();
    lab.apply(&volume("pv", "1Gi", RWO));
    lab.apply(&claim("c", json!({})));
    lab.apply(&user("p", "c"));
    lab.pass(30);
    assert_eq!(lab.pods(), ["p:a ready"]);
    lab
}

#[test]
fn verify_that_pvc_in_active_use_by_a_pod_is_not_removed_immediately() {
    let mut lab = used_claim();
    lab.delete("pvc c");
    lab.pass(600);
    assert!(is_terminating(&lab.claim("c").metadata));
    assert!(lab.kubectl("get pvc c").contains("Terminating"));
    let key = ObjectKey::new(Kind::PersistentVolumeClaim, "default", "c");
    let why = lab.world().decisions().get(&key).expect("a decision").verdict.clone();
    assert_eq!(why, Verdict::InUse { by: vec![ObjectKey::new(Kind::Pod, "default", "p")] });
    assert_eq!(lab.pods(), ["p:a ready"], "the pod goes on");
    lab.delete("pod p");
    lab.settle();
    assert!(lab.get::<PersistentVolumeClaim>("c").is_none());
}

#[test]
fn verify_that_scheduling_of_a_pod_that_uses_pvc_that_is_being_deleted_fails_and_the_pod_becomes_unschedulable()
 {
    let mut lab = used_claim();
    lab.delete("pvc c");
    lab.apply(&user("q", "c"));
    lab.pass(30);
    assert_eq!(lab.pods(), ["p:a ready", "q:a pending"]);
    let said = lab.events("q");
    assert!(said.iter().any(|e| e.contains("persistentvolumeclaim \"c\" is being deleted")), "{said:?}");
    // A pod that never got a node is no user: the claim goes with the one that runs.
    lab.delete("pod p");
    lab.settle();
    assert!(lab.get::<PersistentVolumeClaim>("c").is_none());
}

// pv_protection.go

#[test]
fn verify_immediate_deletion_of_a_pv_that_is_not_bound_to_a_pvc() {
    let mut lab = Lab::new();
    lab.apply(&volume("pv", "1Gi", RWO));
    lab.settle();
    let finalizers = pv(&lab, "pv").and_then(|volume| volume.metadata.finalizers);
    assert_eq!(finalizers, Some(vec!["kubernetes.io/pv-protection".to_owned()]));
    lab.delete("pv pv");
    lab.settle();
    assert!(pv(&lab, "pv").is_none());
}

#[test]
fn verify_that_pv_bound_to_a_pvc_is_not_removed_immediately() {
    let mut lab = Lab::new();
    lab.apply(&volume("pv", "1Gi", RWO));
    lab.apply(&claim("c", json!({})));
    lab.pass(20);
    lab.delete("pv pv");
    lab.pass(600);
    assert!(pv(&lab, "pv").is_some_and(|volume| is_terminating(&volume.metadata)));
    assert_eq!(bound(&lab, "c"), "pv");
    lab.delete("pvc c");
    lab.settle();
    assert!(pv(&lab, "pv").is_none(), "it goes even with policy Retain");
}

// pvc_storageclass.go

#[test]
fn should_assign_default_storage_class_to_pvcs_retroactively() {
    let mut lab = Lab::new();
    lab.apply(&claim("early", json!({})));
    lab.apply(&claim("none", json!({"storageClassName": ""})));
    lab.pass(20);
    let annotations =
        json!({"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}});
    lab.apply(&class("standard", annotations));
    lab.apply(&claim("late", json!({})));
    lab.pass(20);
    let of = |name: &str| lab.claim(name).spec.and_then(|spec| spec.storage_class_name);
    assert_eq!(of("early").as_deref(), Some("standard"));
    assert_eq!(of("late").as_deref(), Some("standard"));
    assert_eq!(of("none").as_deref(), Some(""), "the empty class stays empty");
}

#[test]
fn a_claim_without_a_volume_says_why_of_each() {
    let mut lab = Lab::new();
    lab.apply(&volume("small", "1Gi", RWO));
    lab.apply(&volume("shared", "9Gi", &["ReadOnlyMany"]));
    lab.apply(&with(volume("gold", "9Gi", RWO), json!({"spec": {"storageClassName": "gold"}})));
    lab.apply(&volume("taken", "9Gi", RWO));
    lab.apply(&claim("first", json!({"volumeName": "taken"})));
    lab.pass(20);
    lab.apply(&claim("c", json!({"resources": {"requests": {"storage": "2Gi"}}})));
    lab.pass(20);
    let key = ObjectKey::new(Kind::PersistentVolumeClaim, "default", "c");
    let Verdict::NoVolume { misfits } =
        lab.world().decisions().get(&key).expect("a decision").verdict.clone()
    else {
        panic!("{:?}", lab.world().decisions().get(&key));
    };
    let expected = [
        ("gold", Misfit::StorageClass),
        ("shared", Misfit::AccessModes),
        ("small", Misfit::TooSmall),
        ("taken", Misfit::Taken),
    ];
    assert_eq!(misfits.into_iter().collect::<Vec<_>>(), expected.map(|(name, why)| (name.to_owned(), why)));
}

// persistent_volumes-local.go

/// A local volume on each of the three nodes, a class that waits for a pod, and the set's spec.
fn local(lab: &mut Lab) {
    lab.apply(&class("local", json!({"volumeBindingMode": "WaitForFirstConsumer"})));
    for node in ["node-1", "node-2", "node-3"] {
        for number in 0..3 {
            lab.apply(&json!({
                "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": format!("{node}-{number}")},
                "spec": {
                    "capacity": {"storage": "1Gi"}, "accessModes": RWO, "storageClassName": "local",
                    "local": {"path": format!("/mnt/{number}")},
                    "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{
                        "key": "kubernetes.io/hostname", "operator": "In", "values": [node],
                    }]}]}},
                },
            }));
        }
    }
    lab.settle();
}

fn local_claims() -> Value {
    let mut spec = claims();
    spec["volumeClaimTemplates"][0]["spec"]["storageClassName"] = json!("local");
    spec
}

fn affinity(kind: &str) -> Value {
    let term =
        json!({"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"});
    json!({"template": {"spec": {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}}})
}

/// The nodes of the pods, and whether each one's volume is on its node.
fn nodes(lab: &Lab) -> Vec<String> {
    lab.list::<Pod>()
        .iter()
        .map(|pod| {
            let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default();
            let volume = bound(lab, &format!("data-{}", pod.name()));
            assert!(volume.starts_with(&node) && !node.is_empty(), "{} on {node} with {volume}", pod.name());
            node
        })
        .collect()
}

#[test]
fn should_use_volumes_spread_across_nodes_when_pod_has_anti_affinity() {
    for policy in [json!({}), parallel()] {
        let mut lab = Lab::new();
        local(&mut lab);
        lab.apply(&set(3, and([local_claims(), affinity("podAntiAffinity"), policy])));
        lab.settle();
        let mut nodes = nodes(&lab);
        nodes.sort();
        assert_eq!(nodes, ["node-1", "node-2", "node-3"]);
    }
}

#[test]
fn should_use_volumes_on_one_node_when_pod_has_affinity() {
    for policy in [json!({}), parallel()] {
        let mut lab = Lab::new();
        local(&mut lab);
        lab.apply(&set(3, and([local_claims(), affinity("podAffinity"), policy])));
        lab.settle();
        let nodes = nodes(&lab);
        assert!(nodes.len() == 3 && nodes.iter().all(|node| *node == nodes[0]), "{nodes:?}");
    }
}

#[test]
fn should_use_volumes_spread_across_nodes_when_pod_management_is_parallel_and_pod_has_anti_affinity() {
    // A local volume ties its pod to its node: a pod whose node takes nobody waits there, whatever else is free.
    let mut lab = Lab::new();
    local(&mut lab);
    lab.apply(&set(3, and([local_claims(), affinity("podAntiAffinity"), parallel()])));
    lab.settle();
    let before = nodes(&lab);
    lab.kubectl(&format!("cordon {}", before[1]));
    lab.break_(Defect::SlowStop { ms: 100 });
    lab.delete("pod web-1");
    lab.pass(60);
    assert_eq!(lab.pods()[1], "web-1:a pending");
    lab.kubectl(&format!("uncordon {}", before[1]));
    lab.pass(60);
    assert_eq!(nodes(&lab), before);
    lab.break_(Defect::StuckDeletion { pods: NamePattern("web-0".to_owned()) });
    lab.delete("pod web-0");
    lab.pass(60);
    assert_eq!(nodes(&lab), before, "nor does a terminating pod let its place go");
}
