//! Storage classes: who makes a volume, when and where.

mod support;

use cluster::{Config, Defect, Fault, World};
use k8s_openapi::api::core::v1::{Node, PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::{Kind, Resource};
use serde_json::{Value, json};
use support::*;

fn class(name: &str, provisioner: &str, mode: &str) -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
        "provisioner": provisioner, "volumeBindingMode": mode,
    })
}

fn claim(name: &str, class: Option<&str>) -> Value {
    let mut claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    if let Some(class) = class {
        claim["spec"]["storageClassName"] = class.into();
    }
    claim
}

fn user(name: &str, of: &str) -> Value {
    with(
        pod(name, "app:1"),
        "/spec/volumes",
        json!([{"name": "v", "persistentVolumeClaim": {"claimName": of}}]),
    )
}

fn volume_of(world: &World, claim: &str) -> Option<PersistentVolume> {
    let claim = world.server().get::<PersistentVolumeClaim>("default", claim)?;
    let name = claim.spec.as_ref()?.volume_name.clone()?;
    world.server().get::<PersistentVolume>("", &name).map(|volume| (**volume).clone())
}

fn zone(world: &World, node: &str) -> String {
    world.server().get::<Node>("", node).and_then(|n| n.metadata.labels.clone()).expect("labels")
        ["topology.kubernetes.io/zone"]
        .clone()
}

fn zone_of(volume: &PersistentVolume) -> String {
    let affinity =
        volume.spec.as_ref().and_then(|s| s.node_affinity.as_ref()?.required.as_ref()).expect("a place");
    affinity.node_selector_terms[0]
        .match_expressions
        .as_ref()
        .and_then(|e| e[0].values.clone())
        .expect("values")[0]
        .clone()
}

#[test]
fn a_volume_is_made_for_a_claim_and_goes_with_it() {
    let mut world = world_of([class("fast", "example.com/ssd", "Immediate"), claim("c", Some("fast"))]);
    advance(&mut world, 3_000);
    let volume = volume_of(&world, "c").expect("bound");
    let uid = world.server().get::<PersistentVolumeClaim>("default", "c").expect("is there").uid().to_owned();
    assert_eq!(volume.name(), format!("pvc-{uid}"));
    assert_eq!(
        volume.spec.as_ref().and_then(|s| s.persistent_volume_reclaim_policy.as_deref()),
        Some("Delete")
    );
    let events = told(&world, "c");
    assert!(
        events[0].starts_with("ExternalProvisioning x1: Waiting for a volume to be created"),
        "{events:?}"
    );
    assert_eq!(
        events[1..],
        [
            "Provisioning x1: External provisioner is provisioning volume for claim \"default/c\"".to_owned(),
            format!("ProvisioningSucceeded x1: Successfully provisioned volume pvc-{uid}"),
        ]
    );
    delete(&mut world, Kind::PersistentVolumeClaim, "c");
    advance(&mut world, 5_000);
    assert_eq!(world.server().list::<PersistentVolume>("").count(), 0, "its policy is Delete");
}

#[test]
fn a_class_that_waits_has_the_volume_made_where_the_pod_goes() {
    let mut world =
        world_of([class("local", "example.com/disk", "WaitForFirstConsumer"), claim("c", Some("local"))]);
    advance(&mut world, 5_000);
    assert_eq!(volume_of(&world, "c"), None);
    assert_eq!(
        told(&world, "c"),
        ["WaitForFirstConsumer x1: waiting for first consumer to be created before binding"]
    );
    create(&mut world, user("p", "c"));
    assert!(world.settle(60_000));
    let node =
        world.server().get::<Pod>("default", "p").and_then(|p| p.spec.clone()?.node_name).expect("scheduled");
    let volume = volume_of(&world, "c").expect("bound");
    assert_eq!(zone_of(&volume), zone(&world, &node));
    let claim = world
        .server()
        .get::<PersistentVolumeClaim>("default", "c")
        .and_then(|c| c.metadata.annotations.clone());
    assert_eq!(claim.expect("annotations")["volume.kubernetes.io/selected-node"], node);
    assert_eq!(pods(&world), running(&["p"]));
}

#[test]
fn a_volume_in_another_zone_keeps_its_pod_from_starting() {
    let mut world = world_of([class("fast", "example.com/ssd", "Immediate"), claim("c", Some("fast"))]);
    advance(&mut world, 3_000);
    let zone = zone_of(&volume_of(&world, "c").expect("bound"));
    let elsewhere = ["zone-a", "zone-b", "zone-c"].into_iter().find(|z| *z != zone).expect("another");
    let selector = json!({"topology.kubernetes.io/zone": elsewhere});
    create(&mut world, with(user("p", "c"), "/spec/nodeSelector", selector));
    advance(&mut world, 5_000);
    let conflict = "FailedScheduling x1: 0/3 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, \
                    2 node(s) didn't match Pod's node affinity/selector.";
    assert!(told(&world, "p")[0].starts_with(conflict), "{:?}", told(&world, "p"));
}

#[test]
fn a_class_without_provisioner_waits_for_a_volume_that_people_make() {
    let class = class("manual", "kubernetes.io/no-provisioner", "WaitForFirstConsumer");
    let mut world = world_of([class, claim("c", Some("manual")), user("p", "c")]);
    advance(&mut world, 5_000);
    assert!(told(&world, "p")[0].contains("3 node(s) didn't find available persistent volumes to bind"));
    let mut local = volume("disk", "5Gi", RWO);
    local["spec"]["storageClassName"] = "manual".into();
    local["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-2"]},
    ]}]}});
    create(&mut world, local);
    assert!(world.settle(60_000));
    assert_eq!(claims(&world), [("c".to_owned(), "disk".to_owned())]);
    let node = world.server().get::<Pod>("default", "p").and_then(|p| p.spec.clone()?.node_name);
    assert_eq!(node.as_deref(), Some("node-2"));
}

#[test]
fn a_class_that_becomes_the_default_serves_claims_that_waited() {
    for mark in
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
    {
        let mut world = world_of([claim("c", None)]);
        advance(&mut world, 20_000);
        assert!(told(&world, "c")[0].starts_with("FailedBinding"));
        let class = class("fast", "example.com/ssd", "Immediate");
        create(&mut world, with(class, "/metadata/annotations", json!({mark: "true"})));
        advance(&mut world, 20_000);
        assert!(volume_of(&world, "c").is_some(), "{mark}");
    }
}

#[test]
fn a_provisioner_that_is_down_leaves_claims_waiting() {
    let mut world = world(Config::default());
    let defect = Defect::ProvisionerDown { provisioner: "example.com/ssd".to_owned() };
    world.inject(&Fault::Break { defect: defect.clone() }).expect("breaks");
    create(&mut world, class("fast", "example.com/ssd", "Immediate"));
    create(&mut world, claim("c", Some("fast")));
    advance(&mut world, 60_000);
    assert_eq!(volume_of(&world, "c"), None);
    assert_eq!(told(&world, "c").len(), 1);
    world.inject(&Fault::Heal { defect }).expect("heals");
    advance(&mut world, 3_000);
    assert!(volume_of(&world, "c").is_some());
}

#[test]
fn a_claim_that_asks_for_more_is_told_who_has_to_make_its_volume_larger() {
    let mut class = class("fast", "example.com/ssd", "Immediate");
    class["allowVolumeExpansion"] = true.into();
    let mut world = world_of([class, claim("c", Some("fast"))]);
    advance(&mut world, 3_000);
    let defect = Defect::ProvisionerDown { provisioner: "example.com/ssd".to_owned() };
    world.inject(&Fault::Break { defect }).expect("breaks");
    for (size, times) in [("2Gi", 1), ("2Gi", 1), ("3Gi", 2)] {
        let more = json!({"spec": {"resources": {"requests": {"storage": size}}}});
        patch(&mut world, Kind::PersistentVolumeClaim, "c", more);
        advance(&mut world, 20_000);
        let events = told(&world, "c");
        let expected =
            format!("ExternalExpanding x{times}: waiting for an external controller to expand this PVC");
        assert_eq!((events.len(), events.last()), (4, Some(&expected)), "{size}: {events:?}");
    }
    let claim = world.server().get::<PersistentVolumeClaim>("default", "c").and_then(|c| c.status.clone());
    assert_eq!(claim.and_then(|status| status.conditions), None, "nobody has begun");
}

fn ephemeral_user(name: &str) -> Value {
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": claim("", Some("fast"))["spec"]});
    let volume = json!([{"name": "v", "ephemeral": {"volumeClaimTemplate": template}}]);
    with(pod(name, "app:1"), "/spec/volumes", volume)
}

#[test]
fn the_claim_of_an_ephemeral_volume_comes_and_goes_with_its_pod() {
    let class = class("fast", "example.com/ssd", "Immediate");
    let mut world = world_of([class, ephemeral_user("p")]);
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["p"]));
    let made = world.server().get::<PersistentVolumeClaim>("default", "p-v").expect("made").clone();
    let pod_uid = world.server().get::<Pod>("default", "p").expect("is there").uid().to_owned();
    let owner = json!([{
        "apiVersion": "v1", "kind": "Pod", "name": "p", "uid": pod_uid,
        "controller": true, "blockOwnerDeletion": true,
    }]);
    assert_eq!(json!(made.metadata.owner_references), owner);
    assert_eq!(json!(made.metadata.labels), json!({"a": "b"}));
    delete(&mut world, Kind::Pod, "p");
    assert!(world.settle(60_000));
    assert_eq!(claims(&world), []);
}

#[test]
fn an_ephemeral_volume_does_not_take_the_claim_of_somebody_else() {
    let class = class("fast", "example.com/ssd", "Immediate");
    let mut world = world_of([class, claim("p-v", Some("fast")), ephemeral_user("p")]);
    advance(&mut world, 5_000);
    assert!(volume_of(&world, "p-v").is_some());
    let why = "PVC default/p-v was not created for pod default/p (pod is not owner)";
    let scheduling = format!("FailedScheduling x1: 0/3 nodes are available: {why}. not found");
    let binding = format!("ephemeral volume v: {why}");
    let events = told(&world, "p");
    assert!(events.contains(&scheduling), "{events:?}");
    let is_binding = |told: &String| told.starts_with("FailedBinding x") && told.ends_with(&binding);
    assert!(events.iter().any(is_binding), "{events:?}");
    delete(&mut world, Kind::PersistentVolumeClaim, "p-v");
    advance(&mut world, 30_000);
    assert_eq!(pods(&world), running(&["p"]), "its own is made instead");
}
