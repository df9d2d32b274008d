//! What nodes do to pods: images, crashes, probes, faults, places.

mod support;

use client::api::Change;
use cluster::{Component, Config, Defect, Fault, World, Write};
use k8s_openapi::api::core::v1::{Node, Pod};
use machinery::Kind;
use machinery::Resource;
use node::kubelet::{NamePattern, Profile};
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

fn named(pattern: &str) -> NamePattern {
    NamePattern(pattern.to_owned())
}

fn break_(world: &mut World, defect: Defect) {
    world.inject(&Fault::Break { defect }).expect("breaks");
}

fn crash(pod: &str) -> Fault {
    Fault::Crash { namespace: "default".to_owned(), pod: pod.to_owned(), container: None, exit_code: 137 }
}

#[test]
fn a_container_that_crashes_once_is_started_again() {
    let mut world = world_of([pod("p", "app:1")]);
    assert!(world.inject(&crash("p")).is_err(), "it does not run yet");
    assert!(world.settle(60_000));
    world.inject(&crash("p")).expect("it runs");
    advance(&mut world, 500);
    assert_eq!(container_state(&world, "p"), "Error");
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["p"]));
    let status = world.server().get::<Pod>("default", "p").and_then(|p| p.status.clone()).unwrap_or_default();
    let container = &status.container_statuses.unwrap_or_default()[0];
    let last = container.last_state.as_ref().and_then(|s| s.terminated.clone()).expect("it ended");
    assert_eq!((container.restart_count, last.exit_code), (1, 137));
}

#[test]
fn an_evicted_pod_fails_and_stays() {
    let mut world = world_of([pod("p", "app:1")]);
    assert!(world.settle(60_000));
    world.inject(&Fault::Evict { namespace: "default".to_owned(), pod: "p".to_owned() }).expect("evicts");
    assert!(world.settle(60_000));
    let status = world.server().get::<Pod>("default", "p").and_then(|p| p.status.clone()).unwrap_or_default();
    assert_eq!((status.phase.as_deref(), status.reason.as_deref()), (Some("Failed"), Some("Evicted")));
}

#[test]
fn writes_that_fail_change_nothing_until_they_are_healed() {
    let mut world = world_of([]);
    let fails = Defect::FailWrites { kind: Kind::Pod, write: Some(Write::Create), name: Some(named("p")) };
    break_(&mut world, fails.clone());
    let object = machinery::Object::from_value(Kind::Pod, pod("p", "app:1")).expect("a pod");
    let refused =
        client::Client::create::<Pod>(&mut world.api(), (**object.get::<Pod>().expect("a pod")).clone());
    assert_eq!(refused.expect_err("refused").message, "etcdserver: request timed out");
    create(&mut world, pod("q", "app:1"));
    world.inject(&Fault::Heal { defect: fails }).expect("heals");
    create(&mut world, pod("p", "app:1"));
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["p", "q"]));
}

#[test]
fn a_late_component_sees_the_past() {
    let mut world = world_of([]);
    break_(&mut world, Defect::CacheLag { component: Component::Scheduler, ms: 30_000 });
    create(&mut world, pod("p", "app:1"));
    advance(&mut world, 29_000);
    assert_eq!(pods(&world), [("p".to_owned(), "Pending".to_owned(), false)]);
    assert!(told(&world, "p").is_empty(), "the scheduler has not heard of it");
    advance(&mut world, 5_000);
    assert_eq!(pods(&world), running(&["p"]));
    create(&mut world, pod("q", "app:1"));
    world.inject(&Fault::HealAll).expect("heals");
    assert!(world.settle(20_000), "what was held back is heard at once");
    assert_eq!(pods(&world), running(&["p", "q"]));
}

#[test]
fn faults_hold_pods_until_they_are_healed() {
    for profile in [Profile::Default, Profile::Recorder] {
        let mut world = world(Config { profile, ..Config::default() });
        break_(&mut world, Defect::FailReadiness { pods: named("p") });
        break_(&mut world, Defect::StuckDeletion { pods: named("q.*") });
        create(&mut world, pod("p", "app:1"));
        create(&mut world, pod("q-1", "app:1"));
        assert!(world.settle(60_000));
        let unready = ("p".to_owned(), "Running".to_owned(), false);
        assert_eq!(pods(&world), [vec![unready], running(&["q-1"])].concat(), "{profile:?}");
        delete(&mut world, Kind::Pod, "q-1");
        advance(&mut world, 60_000);
        assert_eq!(pods(&world).len(), 2, "{profile:?}: q-1 is stuck");
        world.inject(&Fault::HealAll).expect("heals");
        assert!(world.settle(60_000));
        assert_eq!(pods(&world), running(&["p"]), "{profile:?}");
    }
}

#[test]
fn a_node_says_where_it_is_reached() {
    let known = [
        (Profile::Default, vec!["InternalIP", "Hostname"], 10_250),
        (Profile::Recorder, vec!["InternalIP", "Hostname", "InternalDNS"], 0),
    ];
    for (profile, expected, port) in known {
        let world = world(Config { profile, ..Config::default() });
        let status = world.server().get::<Node>("", "node-1").and_then(|node| node.status.clone());
        let status = status.expect("a status");
        let kinds: Vec<String> =
            status.addresses.into_iter().flatten().map(|address| address.type_).collect();
        assert_eq!(kinds, expected, "{profile:?}");
        let kubelet = status.daemon_endpoints.and_then(|daemons| daemons.kubelet_endpoint);
        assert_eq!(kubelet.map(|endpoint| endpoint.port), Some(port), "{profile:?}");
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
        break_(&mut world, Defect::SlowReady { pods: named("p"), ms: 5_000 });
        break_(&mut world, Defect::SlowStart { ms: 1_000 });
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
    for n in 1..=3 {
        break_(&mut world, Defect::NodeDown { node: format!("node-{n}") });
    }
    delete(&mut world, Kind::Pod, "p");
    advance(&mut world, 300_000);
    assert_eq!(pods(&world), [("p".to_owned(), "Running".to_owned(), false)], "nobody ends it");
    world.inject(&Fault::HealAll).expect("heals");
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), []);
}
