//! The tutorial's set from end to end: pods, claims, volumes, names.

mod support;

use client::Api;
use client::api::Stream;
use cluster::Config;
use k8s_openapi::api::core::v1::PersistentVolume;
use machinery::{Kind, Resource};
use node::kubelet::Profile;
use serde_json::json;
use support::*;

const MINUTE_MS: u64 = 60_000;

fn recorder() -> Config {
    Config { profile: Profile::Recorder, ..Config::default() }
}

fn bound(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(claim, volume)| ((*claim).to_owned(), (*volume).to_owned())).collect()
}

#[test]
fn two_pods_run_on_the_recorded_volumes() {
    for config in [Config::default(), recorder()] {
        let mut world = seed(config, 2);
        assert!(world.settle(MINUTE_MS), "the world comes to rest");
        assert_eq!(pods(&world), running(&["myapp-0", "myapp-1"]));
        let expected = bound(&[("myappdata-myapp-0", "pv002"), ("myappdata-myapp-1", "pv001")]);
        assert_eq!(claims(&world), expected);
        let phases: Vec<String> = world
            .server()
            .list::<PersistentVolume>("")
            .map(|pv| pv.status.as_ref().and_then(|s| s.phase.clone()).unwrap_or_default())
            .collect();
        assert_eq!(phases, ["Bound", "Bound", "Available", "Available", "Available"]);
    }
}

#[test]
fn the_scheduler_first_sees_an_unbound_claim() {
    let mut world = seed(recorder(), 1);
    assert!(world.settle(MINUTE_MS));
    let reasons: Vec<String> = events(&world, "myapp-0").into_iter().map(|e| e.0).collect();
    assert_eq!(reasons, ["FailedScheduling", "Scheduled", "Pulled", "Created", "Started"]);
    let told = events(&world, "myapp-0");
    let unbound = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found";
    assert_eq!(told[0].1, unbound);
    assert!(told[1].1.starts_with("Successfully assigned default/myapp-0 to node-"), "{}", told[1].1);
}

#[test]
fn pods_go_at_once_with_their_set_and_come_back_to_their_claims() {
    let mut world = seed(Config::default(), 2);
    assert!(world.settle(MINUTE_MS));
    delete(&mut world, Kind::StatefulSet, "myapp");
    assert!(world.settle(MINUTE_MS));
    assert_eq!(pods(&world), running(&[]));
    let before = claims(&world);
    assert_eq!(before.len(), 2);
    create(&mut world, set(2));
    assert!(world.settle(MINUTE_MS));
    assert_eq!(pods(&world), running(&["myapp-0", "myapp-1"]));
    assert_eq!(claims(&world), before);
}

#[test]
fn scaling_goes_up_in_order_and_down_from_the_highest() {
    let mut world = seed(Config::default(), 2);
    assert!(world.settle(MINUTE_MS));
    patch(&mut world, Kind::StatefulSet, "myapp", json!({"spec": {"replicas": 5}}));
    assert!(world.settle(MINUTE_MS));
    assert_eq!(pods(&world), running(&["myapp-0", "myapp-1", "myapp-2", "myapp-3", "myapp-4"]));
    patch(&mut world, Kind::StatefulSet, "myapp", json!({"spec": {"replicas": 3}}));
    advance(&mut world, 1000);
    let terminating: Vec<String> = world
        .server()
        .list::<k8s_openapi::api::core::v1::Pod>("default")
        .filter(|pod| pod.metadata.deletion_timestamp.is_some())
        .map(|pod| pod.name().to_owned())
        .collect();
    assert_eq!(terminating, ["myapp-4"]);
    assert!(world.settle(MINUTE_MS));
    assert_eq!(pods(&world), running(&["myapp-0", "myapp-1", "myapp-2"]));
    assert_eq!(claims(&world).len(), 5);
}

#[test]
fn a_pod_resolves_its_own_name_and_its_ready_peers() {
    let mut world = seed(Config::default(), 2);
    assert!(world.settle(MINUTE_MS));
    let mut lookup = |name: &str| {
        let command = ["nslookup".to_owned(), name.to_owned()];
        let output = world.api().exec("default", "myapp-0", "", &command).expect("the container runs");
        (output.text(Stream::Out), output.text(Stream::Err), output.exit_code)
    };
    let server = "nslookup: can't resolve '(null)': Name does not resolve\n";
    let (stdout, stderr, code) = lookup("myapp-0");
    assert_eq!((stderr.as_str(), code), (server, 0));
    assert!(stdout.starts_with("\nName:      myapp-0\nAddress 1: 10.244."), "{stdout}");
    assert!(stdout.ends_with(" myapp-0.myapp-svc.default.svc.cluster.local\n"), "{stdout}");
    let refused = format!("{server}nslookup: can't resolve 'myapp-1': Name does not resolve\n");
    assert_eq!(lookup("myapp-1"), ("\n".to_owned(), refused, 1));
    for name in ["myapp-1.myapp-svc", "myapp-1.myapp-svc.default.svc.cluster.local"] {
        let (stdout, _, code) = lookup(name);
        assert_eq!(code, 0, "{name}");
        assert!(stdout.starts_with(&format!("\nName:      {name}\nAddress 1: 10.244.")), "{stdout}");
        assert!(stdout.ends_with(" myapp-1.myapp-svc.default.svc.cluster.local\n"), "{stdout}");
    }
}

#[test]
fn a_claim_without_a_volume_leaves_the_world_quiet() {
    let mut world = world(Config::default());
    create(&mut world, service());
    create(&mut world, set(1));
    assert!(world.settle(MINUTE_MS), "nothing but resyncs is left");
    assert_eq!(claims(&world), bound(&[("myappdata-myapp-0", "")]));
    assert!(world.next_due().is_some(), "resyncs go on");
    advance(&mut world, 600_000);
    assert!(world.settle(MINUTE_MS));
    create(&mut world, volume("late", "8Gi", RWO));
    advance(&mut world, 60_000);
    assert_eq!(pods(&world), running(&["myapp-0"]));
}
