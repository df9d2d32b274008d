//! Deployments and ReplicaSets: sizes, steps of a rollout, adoption, history, ends.

mod support;

use client::api::{DeleteOptions, Propagation, Request, Verb};
use cluster::{Component, Config, Defect, Fault, World, Write};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use machinery::object::{controller_of, is_terminating};
use machinery::version::{Features, Version};
use machinery::{Kind, Resource};
use node::kubelet::NamePattern;
use serde_json::{Value, json};
use support::*;

fn deployment(replicas: i32, strategy: Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "strategy": strategy,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "app:1"}]},
            },
        },
    })
}

fn rolling(surge: i32, unavailable: i32) -> Value {
    json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}})
}

fn set_image(world: &mut World, image: &str) {
    let template = json!({"spec": {"containers": [{"name": "c", "image": image}]}});
    patch(world, Kind::Deployment, "web", json!({"spec": {"template": template}}));
}

fn scale(world: &mut World, replicas: i32) {
    patch(world, Kind::Deployment, "web", json!({"spec": {"replicas": replicas}}));
}

/// Each ReplicaSet's image, revision, wanted and ready pods; the oldest revision first.
fn sets(world: &World) -> Vec<(String, String, i32, i32)> {
    let mut sets: Vec<_> = world.server().list::<ReplicaSet>("default").cloned().collect();
    let revision = |set: &ReplicaSet| {
        set.metadata.annotations.clone().unwrap_or_default()["deployment.kubernetes.io/revision"].clone()
    };
    sets.sort_by_key(|set| revision(set).parse::<i64>().unwrap_or(0));
    let row = |set: &std::sync::Arc<ReplicaSet>| {
        let spec = set.spec.clone().unwrap_or_default();
        let image = spec.template.and_then(|t| t.spec?.containers[0].image.clone()).unwrap_or_default();
        let ready = set.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or(0);
        (image, revision(set), spec.replicas.unwrap_or(0), ready)
    };
    sets.iter().map(row).collect()
}

fn expected(rows: &[(&str, &str, i32, i32)]) -> Vec<(String, String, i32, i32)> {
    rows.iter()
        .map(|(image, revision, wanted, ready)| {
            ((*image).to_owned(), (*revision).to_owned(), *wanted, *ready)
        })
        .collect()
}

fn reason(world: &World, kind: &str) -> String {
    let status =
        world.server().get::<Deployment>("default", "web").and_then(|d| d.status.clone()).expect("a status");
    let condition = status.conditions.into_iter().flatten().find(|c| c.type_ == kind);
    condition.and_then(|c| c.reason).unwrap_or_default()
}

/// Lets the world go on until it is quiet, and returns the most and the fewest ready pods, and the most pods, at any moment.
fn watch(world: &mut World) -> (usize, usize) {
    let (mut most, mut fewest) = (0, usize::MAX);
    for _ in 0..300 {
        let pods: Vec<_> = world
            .server()
            .list::<Pod>("default")
            .filter(|pod| !is_terminating(pod.meta()))
            .cloned()
            .collect();
        let is_ready = |pod: &std::sync::Arc<Pod>| {
            pod.status
                .iter()
                .flat_map(|s| s.conditions.iter().flatten())
                .any(|c| c.type_ == "Ready" && c.status == "True")
        };
        most = most.max(pods.len());
        fewest = fewest.min(pods.iter().filter(|pod| is_ready(pod)).count());
        advance(world, 100);
    }
    (most, fewest)
}

#[test]
fn a_rollout_keeps_to_its_fenceposts() {
    // surge, unavailable, the most pods and the fewest ready ones
    for (surge, unavailable, most, fewest) in [(1, 0, 5, 4), (0, 1, 4, 3), (2, 1, 6, 3), (4, 0, 8, 4)] {
        let mut world = world_of([deployment(4, rolling(surge, unavailable))]);
        assert!(world.settle(60_000));
        set_image(&mut world, "app:2");
        assert_eq!(watch(&mut world), (most, fewest), "{surge} {unavailable}");
        assert!(world.settle(60_000));
        assert_eq!(sets(&world), expected(&[("app:1", "1", 0, 0), ("app:2", "2", 4, 4)]));
        assert_eq!(reason(&world, "Progressing"), "NewReplicaSetAvailable");
    }
}

#[test]
fn recreate_ends_all_old_pods_before_the_first_new_one() {
    let mut world = world_of([deployment(3, json!({"type": "Recreate"}))]);
    assert!(world.settle(60_000));
    set_image(&mut world, "app:2");
    let (most, fewest) = watch(&mut world);
    assert_eq!((most, fewest), (3, 0));
    assert_eq!(sets(&world), expected(&[("app:1", "1", 0, 0), ("app:2", "2", 3, 3)]));
    let told = told(&world, "web");
    let old = world
        .server()
        .list::<ReplicaSet>("default")
        .find(|set| sets(&world)[0].0 == "app:1" && set.spec.as_ref().and_then(|s| s.replicas) == Some(0))
        .expect("the old one")
        .name()
        .to_owned();
    assert!(
        told.contains(&format!("ScalingReplicaSet x1: Scaled down replica set {old} from 3 to 0")),
        "{told:?}"
    );
}

#[test]
fn a_rollback_takes_the_old_replica_set_up_again() {
    let mut world = world_of([deployment(2, rolling(1, 0))]);
    assert!(world.settle(60_000));
    set_image(&mut world, "app:2");
    assert!(world.settle(60_000));
    set_image(&mut world, "app:1");
    assert!(world.settle(60_000));
    assert_eq!(sets(&world), expected(&[("app:2", "2", 0, 0), ("app:1", "3", 2, 2)]));
    let back = world
        .server()
        .list::<ReplicaSet>("default")
        .find(|set| set.spec.as_ref().and_then(|s| s.replicas) == Some(2));
    let annotations = back.and_then(|set| set.metadata.annotations.clone()).expect("annotations");
    assert_eq!(annotations["deployment.kubernetes.io/revision-history"], "1");
}

#[test]
fn a_stuck_rollout_is_called_so_and_keeps_the_old_pods() {
    let mut object = deployment(4, rolling(1, 1));
    object["spec"]["progressDeadlineSeconds"] = 60.into();
    let mut world = world_of([object]);
    assert!(world.settle(60_000));
    set_image(&mut world, "app:bad");
    advance(&mut world, 30_000);
    assert_eq!(sets(&world), expected(&[("app:1", "1", 3, 3), ("app:bad", "2", 2, 0)]));
    assert_eq!(reason(&world, "Progressing"), "ReplicaSetUpdated");
    advance(&mut world, 60_000);
    assert_eq!(
        (reason(&world, "Progressing"), reason(&world, "Available")),
        ("ProgressDeadlineExceeded".to_owned(), "MinimumReplicasAvailable".to_owned())
    );
    set_image(&mut world, "app:1");
    assert!(world.settle(60_000));
    assert_eq!(sets(&world), expected(&[("app:bad", "2", 0, 0), ("app:1", "3", 4, 4)]));
}

#[test]
fn a_lost_pod_is_replaced_at_once_by_another_name() {
    let mut world = world_of([deployment(2, rolling(1, 0))]);
    assert!(world.settle(60_000));
    let names = |world: &World| {
        world.server().list::<Pod>("default").map(|pod| pod.name().to_owned()).collect::<Vec<_>>()
    };
    let before = names(&world);
    world
        .inject(&Fault::Break { defect: Defect::StuckDeletion { pods: NamePattern(".*".to_owned()) } })
        .expect("breaks");
    delete(&mut world, Kind::Pod, &before[0]);
    assert!(world.settle(60_000));
    assert_eq!(names(&world).len(), 3, "the old one terminates, and its successor is there already");
}

#[test]
fn the_youngest_of_equal_pods_go_when_the_size_shrinks() {
    // On several nodes the crowded ones would come first.
    let mut world = world(Config { nodes: 1, ..Config::default() });
    create(&mut world, deployment(2, rolling(1, 0)));
    advance(&mut world, 600_000);
    let old: Vec<String> = world.server().list::<Pod>("default").map(|pod| pod.name().to_owned()).collect();
    scale(&mut world, 5);
    assert!(world.settle(60_000));
    scale(&mut world, 2);
    assert!(world.settle(60_000));
    let left: Vec<String> = world.server().list::<Pod>("default").map(|pod| pod.name().to_owned()).collect();
    assert_eq!(left, old);
}

#[test]
fn history_is_cut_to_its_limit() {
    let mut object = deployment(1, rolling(1, 0));
    object["spec"]["revisionHistoryLimit"] = 1.into();
    let mut world = world_of([object]);
    for image in ["app:1", "app:2", "app:3", "app:4"] {
        set_image(&mut world, image);
        assert!(world.settle(60_000));
    }
    assert_eq!(sets(&world), expected(&[("app:3", "3", 0, 0), ("app:4", "4", 1, 1)]));
}

#[test]
fn a_replica_set_adopts_matching_pods_and_releases_others() {
    let mut stray = pod("stray", "app:1");
    stray["metadata"]["labels"] = json!({"app": "web"});
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app:1"}]},
        }},
    });
    let mut world = world_of([stray, set]);
    assert!(world.settle(60_000));
    let owner = |world: &World, name: &str| {
        world
            .server()
            .get::<Pod>("default", name)
            .and_then(|pod| controller_of(&pod.metadata).map(|o| o.name.clone()))
    };
    assert_eq!((owner(&world, "stray").as_deref(), pods(&world).len()), (Some("web"), 2));
    patch(&mut world, Kind::Pod, "stray", json!({"metadata": {"labels": {"app": "other"}}}));
    assert!(world.settle(60_000));
    assert_eq!((owner(&world, "stray"), pods(&world).len()), (None, 3));
}

#[test]
fn pods_that_cannot_be_made_are_reported_up_to_the_deployment() {
    let mut world = world_of([]);
    let fails = Defect::FailWrites { kind: Kind::Pod, write: Some(Write::Create), name: None };
    world.inject(&Fault::Break { defect: fails }).expect("breaks");
    create(&mut world, deployment(8, rolling(1, 0)));
    advance(&mut world, 3_000);
    assert_eq!(reason(&world, "ReplicaFailure"), "FailedCreate");
    let set = world.server().list::<ReplicaSet>("default").next().expect("one").name().to_owned();
    let failed = told(&world, &set);
    assert!(
        failed.iter().all(|line| line.ends_with("Error creating: etcdserver: request timed out")),
        "{failed:?}"
    );
    world.inject(&Fault::HealAll).expect("heals");
    assert!(world.settle(60_000));
    assert_eq!((sets(&world)[0].3, reason(&world, "ReplicaFailure").as_str()), (8, ""));
}

#[test]
fn a_controller_that_sees_the_past_makes_no_pod_twice() {
    let mut world = world(Config::default());
    let lag = Defect::CacheLag { component: Component::ReplicaSet, ms: 3_000 };
    world.inject(&Fault::Break { defect: lag }).expect("breaks");
    create(&mut world, deployment(3, rolling(1, 0)));
    let (most, _) = watch(&mut world);
    assert_eq!(most, 3);
}

#[test]
fn what_a_deployment_owns_goes_with_it_or_stays() {
    for (policy, pods_left) in
        [(Propagation::Background, 0), (Propagation::Foreground, 0), (Propagation::Orphan, 2)]
    {
        let mut world = world_of([deployment(2, rolling(1, 0))]);
        assert!(world.settle(60_000));
        let options = DeleteOptions { propagation: Some(policy), ..Default::default() };
        let request = Request::new(Verb::Delete(options), Kind::Deployment, "default", "web");
        client::Api::call(&mut world.api(), request).expect("is deleted");
        assert!(world.settle(60_000));
        assert!(world.server().get::<Deployment>("default", "web").is_none());
        assert_eq!(pods(&world).len(), pods_left, "{policy:?}");
        let owned = |set: &std::sync::Arc<ReplicaSet>| controller_of(&set.metadata).is_some();
        assert!(!world.server().list::<ReplicaSet>("default").any(owned), "{policy:?}");
        if policy == Propagation::Orphan {
            create(&mut world, deployment(2, rolling(1, 0)));
            assert!(world.settle(60_000));
            assert_eq!(sets(&world).len(), 1, "the new one takes them over");
            assert_eq!(pods(&world).len(), 2);
        }
    }
}

#[test]
fn pods_that_terminate_are_counted_from_1_35_on() {
    for (version, expected) in [(Version::V1_36, [Some(0), Some(2), Some(0)]), (Version::V1_32, [None; 3])] {
        let mut world = world(Config { features: Features::of(version), ..Config::default() });
        create(&mut world, deployment(3, rolling(1, 0)));
        let mut counts = Vec::new();
        for replicas in [3, 1, 1] {
            scale(&mut world, replicas);
            advance(&mut world, 100);
            let set = world.server().list::<ReplicaSet>("default").next().expect("one").status.clone();
            let of_set = set.expect("a status").terminating_replicas;
            let deployment = world.server().get::<Deployment>("default", "web").expect("is there");
            let status = deployment.status.clone().expect("a status");
            assert_eq!(status.terminating_replicas, of_set, "{version}");
            counts.push(of_set);
            assert!(world.settle(60_000));
        }
        assert_eq!(counts, expected, "{version}");
    }
}
