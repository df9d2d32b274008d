//! What nodes do to pods: images, crashes, probes, faults, places.

mod support;

use client::api::Change;
use cluster::{Config, World};
use k8s_openapi::api::core::v1::Pod;
use machinery::Kind;
use machinery::Resource;
use node::kubelet::{Faults, NamePattern, Profile};
use serde_json::{Value, json};
use support::*;

#[test]
fn an_image_is_pulled_once_on_each_node() {
    let mut world = world_of([pod("first", "nginx:1.25")]);
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["first"]));
    let node =
        world.server().get::<Pod>("default", "first").and_then(|p| p.spec.clone()).and_then(|s| s.node_name);
    let node = node.expect("it is scheduled");
    let second =
        with(pod("second", "nginx:1.25"), "/spec/nodeSelector", json!({"kubernetes.io/hostname": node}));
    create(&mut world, second);
    assert!(world.settle(60_000));
    let first = told(&world, "first");
    assert_eq!(first[1], "Pulling x1: Pulling image \"nginx:1.25\"");
    let pulled = "Pulled x1: Successfully pulled image \"nginx:1.25\" in 800ms (800ms including waiting). Image size: ";
    assert!(first[2].starts_with(pulled), "{}", first[2]);
    assert_eq!(first[3..], ["Created x1: Container created", "Started x1: Container started"]);
    let present =
        "Pulled x1: Container image \"nginx:1.25\" already present on machine and can be accessed by the pod";
    assert_eq!(told(&world, "second")[1], present);
}

#[test]
fn a_missing_image_is_tried_again_ever_later_and_recovers_in_place() {
    let mut world = world_of([pod("p", "app:bad")]);
    let mut states = Vec::new();
    for _ in 0..50 {
        advance(&mut world, 1_000);
        let state = container_state(&world, "p");
        if states.last() != Some(&state) {
            states.push(state);
        }
    }
    // It fails at 2.0 s, 10.8 s after that, and 20.8 s after that.
    let (failed, waits) = ("ErrImagePull", "ImagePullBackOff");
    assert_eq!(states, ["ContainerCreating", failed, waits, failed, waits, failed, waits]);
    let tries = told(&world, "p");
    assert!(tries.contains(&"Pulling x3: Pulling image \"app:bad\"".to_owned()), "{tries:?}");
    assert!(tries.contains(&"BackOff x3: Back-off pulling image \"app:bad\"".to_owned()), "{tries:?}");
    assert_eq!(pods(&world)[0].1, "Pending");
    patch(&mut world, Kind::Pod, "p", json!({"spec": {"containers": [{"name": "c", "image": "app:good"}]}}));
    advance(&mut world, 3_000);
    assert_eq!(pods(&world), running(&["p"]));
}

#[test]
fn a_crashing_container_backs_off_and_is_never_ready() {
    let crashing = with(pod("p", "app:1"), "/metadata/annotations", json!({"playground/crash": "true"}));
    let mut world = world_of([crashing]);
    advance(&mut world, 2_500);
    assert_eq!(container_state(&world, "p"), "Error");
    advance(&mut world, 2_500);
    assert_eq!(container_state(&world, "p"), "CrashLoopBackOff");
    // Exits at 2 s and 3 s, and 10 s after that; the next start is 20 s later.
    advance(&mut world, 25_000);
    let pod = world.server().get::<Pod>("default", "p").cloned().expect("is there");
    let status = pod.status.clone().unwrap_or_default();
    assert_eq!(status.phase.as_deref(), Some("Running"));
    let container = &status.container_statuses.unwrap_or_default()[0];
    assert_eq!((container.restart_count, container.ready), (2, false));
    let message =
        container.state.as_ref().and_then(|s| s.waiting.as_ref()?.message.clone()).unwrap_or_default();
    assert_eq!(message, format!("back-off 20s restarting failed container=c pod=p_default({})", pod.uid()));
    let back_off =
        format!("BackOff x2: Back-off restarting failed container c in pod p_default({})", pod.uid());
    assert!(told(&world, "p").contains(&back_off), "{:?}", told(&world, "p"));
}

#[test]
fn a_readiness_probe_is_waited_for() {
    let probe = json!({"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 7});
    let mut world = world_of([with(pod("p", "app:1"), "/spec/containers/0/readinessProbe", probe)]);
    advance(&mut world, 8_000);
    assert_eq!(pods(&world), [("p".to_owned(), "Running".to_owned(), false)]);
    advance(&mut world, 2_000);
    assert_eq!(pods(&world), running(&["p"]));
}

#[test]
fn faults_hold_pods_until_they_are_healed() {
    for profile in [Profile::Default, Profile::Recorder] {
        let mut world = world(Config { profile, ..Config::default() });
        let pattern = |name: &str| vec![NamePattern(name.to_owned())];
        world.set_faults(Faults {
            never_ready: pattern("p"),
            stuck_delete: pattern("q.*"),
            ..Faults::default()
        });
        create(&mut world, pod("p", "app:1"));
        create(&mut world, pod("q-1", "app:1"));
        assert!(world.settle(60_000));
        let unready = ("p".to_owned(), "Running".to_owned(), false);
        assert_eq!(pods(&world), [vec![unready], running(&["q-1"])].concat(), "{profile:?}");
        delete(&mut world, Kind::Pod, "q-1");
        advance(&mut world, 60_000);
        assert_eq!(pods(&world).len(), 2, "{profile:?}: q-1 is stuck");
        world.set_faults(Faults::default());
        assert!(world.settle(60_000));
        assert_eq!(pods(&world), running(&["p"]), "{profile:?}");
    }
}

#[test]
fn a_deleted_pod_succeeds_before_it_is_gone() {
    let mut world = world_of([pod("p", "app:1")]);
    assert!(world.settle(60_000));
    let since = world.server().resource_version();
    delete(&mut world, Kind::Pod, "p");
    assert!(world.settle(60_000));
    let changes = world.server().watch(Kind::Pod, "default", since).expect("remembered");
    let mut phases: Vec<String> =
        changes.iter().filter_map(|event| event.object.get::<Pod>()?.status.clone()?.phase).collect();
    phases.dedup();
    assert_eq!(phases, ["Running", "Succeeded"]);
    assert_eq!(changes.last().map(|event| event.change), Some(Change::Deleted));
    assert!(told(&world, "p").contains(&"Killing x1: Stopping container c".to_owned()));
}

fn recorder(objects: impl IntoIterator<Item = Value>) -> World {
    let mut world = world(Config { profile: Profile::Recorder, ..Config::default() });
    for object in objects {
        create(&mut world, object);
    }
    world
}

#[test]
fn the_stand_in_fails_a_pull_once() {
    let mut world = recorder([pod("p", "ikubernetes/myapp:bad")]);
    assert!(world.settle(60_000), "it does not try again");
    assert_eq!(container_state(&world, "p"), "ImagePullBackOff");
    let name = "docker.io/ikubernetes/myapp:bad";
    let failed = format!(
        "Failed x1: Failed to pull image \"ikubernetes/myapp:bad\": rpc error: code = NotFound desc = failed to pull \
         and unpack image \"{name}\": failed to resolve reference \"{name}\": {name}: not found"
    );
    let expected = [
        "Pulling x1: Pulling image \"ikubernetes/myapp:bad\"",
        &failed,
        "Failed x1: Error: ErrImagePull",
        "BackOff x1: Back-off pulling image \"ikubernetes/myapp:bad\"",
        "Failed x1: Error: ImagePullBackOff",
    ];
    assert_eq!(told(&world, "p")[1..], expected);
}

#[test]
fn the_stand_in_crashes_three_times() {
    let crashing = with(pod("p", "app:1"), "/metadata/annotations", json!({"playground/crash": "true"}));
    let mut world = recorder([crashing]);
    assert!(world.settle(60_000));
    let pod = world.server().get::<Pod>("default", "p").cloned().expect("is there");
    let status = pod.status.clone().unwrap_or_default();
    let container = &status.container_statuses.unwrap_or_default()[0];
    assert_eq!((container.restart_count, container.ready), (3, false));
    let place = format!("p_default({})", pod.uid());
    let waiting = container.state.as_ref().and_then(|s| s.waiting.as_ref()?.message.clone());
    assert_eq!(waiting, Some(format!("back-off 40s restarting failed container=c pod={place}")));
    let last = told(&world, "p").pop();
    assert_eq!(last, Some(format!("BackOff x3: Back-off restarting failed container c in pod {place}")));
}

#[test]
fn a_slow_pod_is_ready_late() {
    for profile in [Profile::Default, Profile::Recorder] {
        let mut world = world(Config { profile, ..Config::default() });
        let slow = vec![(NamePattern("p".to_owned()), 5_000)];
        world.set_faults(Faults { slow_ready: slow, start_delay_ms: Some(1_000), ..Faults::default() });
        create(&mut world, pod("p", "app:1"));
        // Scheduled, started after 1 s, in the default profile pulled for 0.8 s.
        advance(&mut world, 5_900);
        assert_eq!(pods(&world), [("p".to_owned(), "Running".to_owned(), false)], "{profile:?}");
        advance(&mut world, 1_000);
        assert_eq!(pods(&world), running(&["p"]), "{profile:?}");
    }
}

#[test]
fn a_silent_node_leaves_its_pods_as_they_are() {
    let mut world = world_of([pod("p", "app:1")]);
    assert!(world.settle(60_000));
    let nodes = (1..=3).map(|n| format!("node-{n}")).collect();
    world.set_faults(Faults { dead_nodes: nodes, ..Faults::default() });
    delete(&mut world, Kind::Pod, "p");
    advance(&mut world, 300_000);
    assert_eq!(pods(&world), running(&["p"]), "nobody ends it");
    world.set_faults(Faults::default());
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), []);
}
