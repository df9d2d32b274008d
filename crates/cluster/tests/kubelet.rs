//! What a kubelet makes of a pod's spec: init containers, probes, restart policies, ends.

mod support;

use client::Api;
use client::api::{Request, Subresource, Verb};
use cluster::{Defect, Fault, World};
use k8s_openapi::api::core::v1::{Event, Pod, PodStatus};
use machinery::patch::PatchType;
use machinery::{Kind, Resource};
use node::kubelet::NamePattern;
use serde_json::{Value, json};
use support::*;

fn status(world: &World, pod: &str) -> PodStatus {
    world.server().get::<Pod>("default", pod).and_then(|pod| pod.status.clone()).expect("the pod is there")
}

/// The condition's status, reason and message.
fn condition(world: &World, pod: &str, kind: &str) -> (String, String, String) {
    let status = status(world, pod);
    let condition = status.conditions.into_iter().flatten().find(|c| c.type_ == kind).expect(kind);
    (condition.status, condition.reason.unwrap_or_default(), condition.message.unwrap_or_default())
}

fn restarts(world: &World, pod: &str) -> i32 {
    status(world, pod).container_statuses.expect("containers")[0].restart_count
}

fn named(pods: &str) -> NamePattern {
    NamePattern(pods.to_owned())
}

fn inject(world: &mut World, fault: Fault) {
    world.inject(&fault).expect("breaks");
}

/// Lets one second pass after the other, and says when something first held.
fn first_second(world: &mut World, limit: i64, holds: impl Fn(&World) -> bool) -> i64 {
    for second in 0..limit {
        if holds(world) {
            return second;
        }
        advance(world, 1_000);
    }
    panic!("not within {limit} s");
}

fn count(world: &World, pod: &str, line: &str) -> i32 {
    let of = |(reason, message, count): (String, String, i32)| {
        (format!("{reason}: {message}") == line).then_some(count)
    };
    events(world, pod).into_iter().find_map(of).unwrap_or(0)
}

#[test]
fn init_containers_run_one_after_the_other_before_the_others() {
    let init = json!([{"name": "first", "image": "busybox:1"}, {"name": "second", "image": "busybox:1"}]);
    let mut world = world_of([with(pod("p", "app:1"), "/spec/initContainers", init)]);
    advance(&mut world, 2_500);
    let waits = ("False".to_owned(), "ContainersNotInitialized".to_owned());
    let (state, reason, message) = condition(&world, "p", "Initialized");
    assert_eq!(
        ((state, reason), message.as_str()),
        (waits, "containers with incomplete status: [first second]")
    );
    assert_eq!(container_state(&world, "p"), "PodInitializing");
    assert_eq!(status(&world, "p").phase.as_deref(), Some("Pending"));
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["p"]));
    let started: Vec<String> = events(&world, "p").into_iter().map(|(reason, ..)| reason).collect();
    let round = ["Created", "Started"];
    let expected = [
        &["Scheduled", "Pulling", "Pulled"],
        &round[..],
        &["Pulled"],
        &round,
        &["Pulling", "Pulled"],
        &round,
    ];
    assert_eq!(started, expected.concat());
    let parts: Vec<String> = world
        .server()
        .list::<Event>("default")
        .filter(|event| event.reason.as_deref() == Some("Started"))
        .filter_map(|event| event.involved_object.field_path.clone())
        .collect();
    assert_eq!(parts, ["spec.initContainers{first}", "spec.initContainers{second}", "spec.containers{c}"]);
    let init = status(&world, "p").init_container_statuses.expect("two");
    assert!(init.iter().all(|c| c.ready && c.state.as_ref().is_some_and(|s| s.terminated.is_some())));
}

#[test]
fn a_sidecar_keeps_running_beside_the_others() {
    let init = json!([{"name": "side", "image": "proxy:1", "restartPolicy": "Always"}]);
    let mut world = world_of([with(pod("p", "app:1"), "/spec/initContainers", init)]);
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["p"]));
    let side = &status(&world, "p").init_container_statuses.expect("one")[0];
    assert!(side.ready && side.state.as_ref().is_some_and(|s| s.running.is_some()));
}

#[test]
fn a_pod_is_ready_once_its_readiness_gates_are_open() {
    let absent = "corresponding condition of pod readiness gate \"a.b/d\" does not exist.";
    let closed = "the status of pod readiness gate \"a.b/d\" is not \"True\", but False";
    let gates = json!([{"conditionType": "a.b/d"}]);
    let mut world = world_of([with(pod("p", "app:1"), "/spec/readinessGates", gates)]);
    let steps = [
        (None, ("False", "ReadinessGatesNotReady", absent)),
        (Some("False"), ("False", "ReadinessGatesNotReady", closed)),
        (Some("True"), ("True", "", "")),
        (Some("False"), ("False", "ReadinessGatesNotReady", closed)),
    ];
    for (set, expected) in steps {
        if let Some(state) = set {
            let status = json!({"status": {"conditions": [{"type": "a.b/d", "status": state}]}});
            let request = Request::new(Verb::Patch(PatchType::Strategic, status), Kind::Pod, "default", "p");
            world.api().call(request.of(Subresource::Status)).expect("is patched");
        }
        assert!(world.settle(60_000));
        let (state, reason, message) = condition(&world, "p", "Ready");
        assert_eq!((state.as_str(), reason.as_str(), message.as_str()), expected, "{set:?}");
        assert_eq!(condition(&world, "p", "ContainersReady").0, "True");
    }
}

#[test]
fn a_failing_readiness_probe_counts_to_its_threshold_and_back() {
    let probe = json!({"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5, "failureThreshold": 3, "successThreshold": 2});
    let mut world = world_of([with(pod("p", "app:1"), "/spec/containers/0/readinessProbe", probe)]);
    let is_ready = |world: &World| pods(world) == running(&["p"]);
    let first = first_second(&mut world, 20, is_ready);
    assert!((7..=8).contains(&first), "two successes, five seconds apart, after a start of two: {first}");
    assert!(world.settle(60_000));
    inject(&mut world, Fault::Break { defect: Defect::FailReadiness { pods: named("p") } });
    let unready = first_second(&mut world, 30, |world| !is_ready(world));
    assert!((11..=16).contains(&unready), "the third failure: {unready}");
    let line = "Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503";
    assert_eq!(count(&world, "p", line), 3);
    let (state, reason, message) = condition(&world, "p", "Ready");
    let expected = ("False", "ContainersNotReady", "containers with unready status: [c]");
    assert_eq!((state.as_str(), reason.as_str(), message.as_str()), expected);
    assert!(world.settle(60_000), "that it says so again and again keeps nobody waiting");
    advance(&mut world, 20_000);
    assert_eq!((count(&world, "p", line), restarts(&world, "p")), (7, 0));
    inject(&mut world, Fault::HealAll);
    let ready = first_second(&mut world, 30, is_ready);
    assert!((6..=11).contains(&ready), "two successes: {ready}");
}

/// The pods that there are in the end, and how many of them are ready, where `myapp-0` and `myapp-1` probe with that command.
#[test]
fn a_probe_that_asks_for_a_name_ends_as_the_name_says() {
    let peer = json!(["nslookup", "myapp-1.myapp-svc"]);
    let line = |line: &str| json!(["sh", "-c", line]);
    for (policy, command, expected) in [
        ("OrderedReady", &peer, (1, 0)),
        ("Parallel", &peer, (2, 2)),
        ("Parallel", &line("nslookup myapp-1.myapp-svc && nslookup myapp-2.myapp-svc"), (2, 0)),
        ("OrderedReady", &line("nslookup myapp-1.myapp-svc || true"), (2, 2)),
        ("OrderedReady", &line("false"), (1, 0)),
        // What cannot be known here succeeds.
        ("OrderedReady", &line("redis-cli ping && false"), (2, 2)),
    ] {
        let world = world_of_peers(policy, command);
        let ready = pods(&world).iter().filter(|(_, _, ready)| *ready).count();
        assert_eq!((pods(&world).len(), ready), expected, "{policy} {command}");
    }
}

#[test]
fn a_name_that_comes_makes_the_pods_ready_that_ask_for_it() {
    let mut world = world_of_peers("Parallel", &json!(["nslookup", "myapp-2.myapp-svc"]));
    let printed = "nslookup: can't resolve '(null)': Name does not resolve\n\n\
                   nslookup: can't resolve 'myapp-2.myapp-svc': Name does not resolve\n";
    assert!(count(&world, "myapp-0", &format!("Unhealthy: Readiness probe failed: {printed}")) > 0);
    patch(&mut world, Kind::StatefulSet, "myapp", json!({"spec": {"replicas": 3}}));
    assert!(world.settle(120_000));
    assert_eq!(pods(&world), running(&["myapp-0", "myapp-1", "myapp-2"]));
}

/// A set of two behind a Service that publishes every name, at rest.
fn world_of_peers(policy: &str, command: &Value) -> World {
    let probe = json!({"exec": {"command": command}, "periodSeconds": 5});
    let mut peers = with(set(2), "/spec/template/spec/containers/0/readinessProbe", probe);
    peers["spec"]["podManagementPolicy"] = policy.into();
    let names = with(service(), "/spec/clusterIP", "None".into());
    let names = with(names, "/spec/publishNotReadyAddresses", true.into());
    let mut world = world_of(volumes().into_iter().chain([names, peers]));
    assert!(world.settle(120_000), "{policy} {command}");
    world
}

#[test]
fn a_failing_liveness_probe_restarts_the_container() {
    let probe = json!({"tcpSocket": {"port": 80}, "periodSeconds": 10, "failureThreshold": 2});
    let mut world = world_of([with(pod("p", "app:1"), "/spec/containers/0/livenessProbe", probe)]);
    assert!(world.settle(60_000));
    inject(&mut world, Fault::Break { defect: Defect::FailLiveness { pods: named("p") } });
    first_second(&mut world, 30, |world| restarts(world, "p") == 1);
    assert_eq!(count(&world, "p", "Killing: Container c failed liveness probe, will be restarted"), 1);
    let failed =
        events(&world, "p").into_iter().find(|(reason, ..)| reason == "Unhealthy").expect("it failed");
    assert!(
        failed.1.starts_with("Liveness probe failed: dial tcp 10.")
            && failed.1.ends_with(":80: connect: connection refused")
    );
    inject(&mut world, Fault::HealAll);
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["p"]));
}

#[test]
fn nothing_else_is_probed_before_a_container_has_started_up() {
    let slow = json!({"exec": {"command": ["true"]}, "initialDelaySeconds": 6});
    let mut object = with(pod("p", "app:1"), "/spec/containers/0/startupProbe", slow);
    object = with(object, "/spec/containers/0/readinessProbe", json!({"httpGet": {"path": "/", "port": 80}}));
    let mut world = world_of([object]);
    let ready = first_second(&mut world, 30, |world| pods(world) == running(&["p"]));
    assert!((8..=9).contains(&ready), "{ready}");
}

#[test]
fn a_restart_policy_decides_what_an_exit_leads_to() {
    let cases = [
        ("Always", 0, "Running", 1),
        ("OnFailure", 0, "Succeeded", 0),
        ("OnFailure", 1, "Running", 1),
        ("Never", 0, "Succeeded", 0),
        ("Never", 1, "Failed", 0),
    ];
    for (policy, exit_code, phase, expected) in cases {
        let mut world = world_of([with(pod("p", "app:1"), "/spec/restartPolicy", policy.into())]);
        assert!(world.settle(60_000));
        let (namespace, pod) = ("default".to_owned(), "p".to_owned());
        inject(&mut world, Fault::Crash { namespace, pod, container: None, exit_code });
        assert!(world.settle(60_000));
        let is = (status(&world, "p").phase.unwrap_or_default(), restarts(&world, "p"));
        assert_eq!(is, (phase.to_owned(), expected), "{policy} {exit_code}");
        let reason = condition(&world, "p", "Ready").1;
        let wanted = match phase {
            "Succeeded" => "PodCompleted",
            "Failed" => "PodFailed",
            _ => "",
        };
        assert_eq!(reason, wanted, "{policy} {exit_code}");
    }
}

#[test]
fn a_pod_fails_when_it_is_past_its_deadline() {
    let limited = |seconds: i64| with(pod("p", "app:1"), "/spec/activeDeadlineSeconds", seconds.into());
    // The deadline at first, the one that is set after ten seconds, and when the pod has failed.
    let cases = [(limited(20), None, 22), (limited(60), Some(15), 17), (pod("p", "app:1"), Some(5), 12)];
    for (object, later, expected) in cases {
        let mut world = world_of([object]);
        advance(&mut world, 10_000);
        if let Some(seconds) = later {
            patch(&mut world, Kind::Pod, "p", json!({"spec": {"activeDeadlineSeconds": seconds}}));
        }
        let failed = |world: &World| status(world, "p").phase.as_deref() == Some("Failed");
        let second = 10 + first_second(&mut world, 60, failed);
        assert!((expected..=expected + 1).contains(&second), "{later:?}: {second}");
        let message = "Pod was active on the node longer than the specified deadline";
        let status = status(&world, "p");
        let said = (status.reason.as_deref(), status.message.as_deref());
        assert_eq!(said, (Some("DeadlineExceeded"), Some(message)));
        assert_eq!(count(&world, "p", &format!("DeadlineExceeded: {message}")), 1);
        assert_eq!(count(&world, "p", "Killing: Stopping container c"), 1);
        assert_eq!(condition(&world, "p", "Ready").1, "PodFailed");
        assert!(world.settle(60_000));
    }
}

#[test]
fn a_pod_that_has_ended_knows_its_containers() {
    let mut held = pod("p", "app:1");
    held["metadata"]["finalizers"] = json!(["a.b/hold"]);
    let mut world = world_of([held]);
    assert!(world.settle(60_000));
    let id = |world: &World| status(world, "p").container_statuses.expect("one")[0].container_id.clone();
    let before = id(&world);
    delete(&mut world, Kind::Pod, "p");
    assert!(world.settle(60_000));
    assert_eq!(status(&world, "p").phase.as_deref(), Some("Succeeded"));
    assert!(before.is_some() && id(&world) == before, "{:?}", id(&world));
}

#[test]
fn no_kubelet_has_a_pod_of_a_node_that_is_not_there() {
    let mut world = world_of([with(pod("p", "app:1"), "/spec/nodeName", "nope".into())]);
    advance(&mut world, 5_000);
    let untouched = status(&world, "p");
    let begun = (untouched.start_time.is_some(), untouched.container_statuses.is_some());
    assert_eq!((untouched.phase.as_deref(), begun), (Some("Pending"), (false, false)));
    let gone = |world: &World| world.server().get::<Pod>("default", "p").is_none();
    first_second(&mut world, 120, gone);
}

#[test]
fn a_node_that_comes_has_the_pods_that_wait_for_it() {
    let mut world = world_of([with(pod("p", "app:1"), "/spec/nodeName", "node-9".into())]);
    advance(&mut world, 5_000);
    let node = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-9"}, "spec": {"podCIDR": "10.244.9.0/24"},
        "status": {"allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110"}},
    });
    create(&mut world, node);
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["p"]));
}

#[test]
fn a_container_ends_as_its_command_does_where_that_is_known() {
    let line = |line: &str| json!(["sh", "-c", line]);
    // The restart policy, the command, then the phase and what its container is doing after eight seconds.
    let cases = [
        ("Never", json!(["echo", "hi"]), "Succeeded", "Completed", Some(0)),
        ("Never", json!(["/bin/false"]), "Failed", "Error", Some(1)),
        ("Never", line("echo $(hostname) && exit 3; echo no"), "Failed", "Error", Some(3)),
        ("Never", json!(["printenv", "$(NOPE)"]), "Failed", "Error", Some(1)),
        ("OnFailure", json!(["true"]), "Succeeded", "Completed", Some(0)),
        ("OnFailure", json!(["false"]), "Running", "CrashLoopBackOff", Some(1)),
        ("Always", json!(["true"]), "Running", "CrashLoopBackOff", Some(0)),
        ("Never", json!(["sleep", "1"]), "Running", "Running", None),
        ("Never", json!(["exit", "1"]), "Running", "Running", None),
        ("Never", line("echo hi; sleep 1"), "Running", "Running", None),
        ("Never", line("echo $(date)"), "Running", "Running", None),
        ("Never", line("echo hi > /data/x"), "Running", "Running", None),
        ("Never", line("true | false"), "Running", "Running", None),
    ];
    for (policy, command, phase, doing, code) in cases {
        let object = with(pod("p", "app:1"), "/spec/restartPolicy", policy.into());
        let mut world = world_of([with(object, "/spec/containers/0/command", command.clone())]);
        advance(&mut world, 8_000);
        let status = status(&world, "p");
        let container = &status.container_statuses.as_ref().expect("one")[0];
        let ended = [&container.state, &container.last_state]
            .into_iter()
            .find_map(|state| state.as_ref()?.terminated.as_ref().map(|ended| ended.exit_code));
        let is = (status.phase.as_deref().unwrap_or_default(), container_state(&world, "p"), ended);
        assert_eq!(is, (phase, doing.to_owned(), code), "{policy} {command}");
    }
}

#[test]
fn an_init_container_that_fails_keeps_the_others_from_starting() {
    let cases = [("Never", "Failed", "Error"), ("Always", "Pending", "CrashLoopBackOff")];
    for (policy, phase, doing) in cases {
        let init = json!([{"name": "i", "image": "busybox:1", "command": ["sh", "-c", "exit 3"]}]);
        let object = with(pod("p", "app:1"), "/spec/restartPolicy", policy.into());
        let mut world = world_of([with(object, "/spec/initContainers", init)]);
        advance(&mut world, 8_000);
        let status = status(&world, "p");
        assert_eq!(status.phase.as_deref(), Some(phase), "{policy}");
        let state = status.init_container_statuses.expect("one")[0].state.clone().unwrap_or_default();
        let waiting = state.waiting.and_then(|waiting| waiting.reason);
        assert_eq!(waiting.or(state.terminated.and_then(|ended| ended.reason)).as_deref(), Some(doing));
        assert_eq!(container_state(&world, "p"), "PodInitializing");
        let (state, reason, message) = condition(&world, "p", "Initialized");
        let expected = ("False", "ContainersNotInitialized", "containers with incomplete status: [i]");
        assert_eq!((state.as_str(), reason.as_str(), message.as_str()), expected);
    }
}

#[test]
fn a_container_that_ran_for_long_is_restarted_at_once() {
    let mut world = world_of([pod("p", "app:1")]);
    assert!(world.settle(60_000));
    let crash = || Fault::Crash {
        namespace: "default".to_owned(),
        pod: "p".to_owned(),
        container: None,
        exit_code: 1,
    };
    let back = |world: &mut World| {
        inject(world, crash());
        first_second(world, 400, |world| {
            pods(world) == running(&["p"]) && container_state(world, "p") == "Running"
        })
    };
    let mut waits = Vec::new();
    for _ in 0..3 {
        advance(&mut world, 1_000);
        inject(&mut world, crash());
        advance(&mut world, 500);
        waits.push(first_second(&mut world, 400, |world| pods(world) == running(&["p"])));
    }
    assert_eq!(waits, [1, 10, 20]);
    advance(&mut world, 601_000);
    assert!(back(&mut world) <= 2);
}

#[test]
fn a_hook_delays_the_end_and_the_grace_period_bounds_it() {
    let hook = |seconds: i64| json!({"preStop": {"sleep": {"seconds": seconds}}});
    let hooked = |seconds| with(pod("p", "app:1"), "/spec/containers/0/lifecycle", hook(seconds));
    let with_grace =
        |object: Value, grace: i64| with(object, "/spec/terminationGracePeriodSeconds", grace.into());
    let cases = [
        (pod("p", "app:1"), 2, "Succeeded"),
        (hooked(10), 12, "Succeeded"),
        (with_grace(hooked(10), 11), 11, "Failed"),
        (with_grace(pod("p", "app:1"), 1), 1, "Failed"),
    ];
    for (object, seconds, phase) in cases {
        let mut world = world_of([object]);
        assert!(world.settle(60_000));
        let since = world.server().resource_version();
        delete(&mut world, Kind::Pod, "p");
        let took = first_second(&mut world, 60, |world| pods(world).is_empty());
        assert!((seconds..=seconds + 1).contains(&took), "{seconds}: {took}");
        let changes = world.server().watch(Kind::Pod, "default", since).expect("remembered");
        let last = changes.last().and_then(|e| e.object.get::<Pod>()?.status.clone()?.phase);
        assert_eq!(last.as_deref(), Some(phase), "{seconds}");
    }
}

#[test]
fn a_pod_whose_sandbox_fails_stays_where_it_is() {
    let mut world = world_of([]);
    inject(&mut world, Fault::Break { defect: Defect::NeverStart { pods: named("p") } });
    create(&mut world, pod("p", "app:1"));
    advance(&mut world, 25_000);
    assert!(world.settle(1), "nobody waits for it");
    assert_eq!(container_state(&world, "p"), "ContainerCreating");
    let failed = events(&world, "p").into_iter().find(|(reason, ..)| reason == "FailedCreatePodSandBox");
    assert_eq!(failed.map(|(_, _, count)| count), Some(3));
    inject(&mut world, Fault::HealAll);
    assert!(world.settle(60_000));
    assert_eq!(pods(&world), running(&["p"]));
    assert_eq!(world.server().get::<Pod>("default", "p").map(|p| p.uid().is_empty()), Some(false));
}

/// The pod with these volumes, which its container mounts.
fn mounting(pod: Value, volumes: Value) -> Value {
    let mount = |volume: &Value| json!({"name": volume["name"], "mountPath": format!("/{}", volume["name"])});
    let mounts = volumes.as_array().into_iter().flatten().map(mount).collect();
    with(with(pod, "/spec/containers/0/volumeMounts", mounts), "/spec/volumes", volumes)
}

fn settings(kind: &str, name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data})
}

/// The reason for which the only container waits, with its message.
fn waiting(world: &World, pod: &str) -> (String, String) {
    let states = status(world, pod).container_statuses.into_iter().flatten().filter_map(|s| s.state);
    let waiting = states.filter_map(|state| state.waiting).next().expect("it waits");
    (waiting.reason.unwrap_or_default(), waiting.message.unwrap_or_default())
}

#[test]
fn a_container_is_not_started_without_what_its_environment_is_made_of() {
    let from =
        |kind: &str, key: &str| json!({"name": "V", "valueFrom": {kind: {"name": "conf", "key": key}}});
    let optional =
        json!({"name": "W", "valueFrom": {"secretKeyRef": {"name": "no", "key": "k", "optional": true}}});
    let cases = [
        ("env", json!([optional, from("configMapKeyRef", "k")]), "ConfigMap", true),
        ("env", json!([optional, from("secretKeyRef", "k")]), "Secret", true),
        ("envFrom", json!([{"configMapRef": {"name": "conf"}}]), "ConfigMap", false),
        ("envFrom", json!([{"secretRef": {"name": "conf"}}]), "Secret", false),
    ];
    for (field, value, kind, needs_key) in cases {
        let mut world = world_of([with(pod("p", "app:1"), &format!("/spec/containers/0/{field}"), value)]);
        advance(&mut world, 30_000);
        let error = format!("{} \"conf\" not found", kind.to_lowercase());
        assert_eq!(waiting(&world, "p"), ("CreateContainerConfigError".to_owned(), error.clone()));
        assert_eq!(status(&world, "p").phase.as_deref(), Some("Pending"));
        assert_eq!(count(&world, "p", &format!("Failed: Error: {error}")), 3, "once every ten seconds");
        create(&mut world, settings(kind, "conf", json!({})));
        advance(&mut world, 10_000);
        if needs_key {
            let error = format!("couldn't find key k in {kind} default/conf");
            assert_eq!(waiting(&world, "p"), ("CreateContainerConfigError".to_owned(), error));
            patch(
                &mut world,
                Kind::from_api("v1", kind).expect("a kind"),
                "conf",
                json!({"data": {"k": "dg=="}}),
            );
            advance(&mut world, 10_000);
        }
        assert_eq!(container_state(&world, "p"), "Running", "{field} of a {kind}");
        assert_eq!(restarts(&world, "p"), 0);
    }
}

#[test]
fn a_volume_is_not_mounted_without_what_it_shows() {
    let items = json!([{"key": "k", "path": "p"}]);
    let cases = [
        (json!({"configMap": {"name": "conf"}}), "ConfigMap", None),
        (json!({"secret": {"secretName": "conf"}}), "Secret", None),
        (
            json!({"configMap": {"name": "conf", "items": items}}),
            "ConfigMap",
            Some("configmap references non-existent config key: k"),
        ),
        (
            json!({"projected": {"sources": [{"secret": {"name": "conf", "items": items}}]}}),
            "Secret",
            Some("references non-existent secret key: k"),
        ),
    ];
    for (source, kind, without_key) in cases {
        let mut volume = json!({"name": "settings"});
        volume.as_object_mut().expect("a volume").extend(source.as_object().expect("a source").clone());
        let mut world = world_of([mounting(pod("p", "app:1"), json!([volume]))]);
        advance(&mut world, 10_000);
        assert_eq!(waiting(&world, "p"), ("ContainerCreating".to_owned(), String::new()));
        let failed = |problem: &str| {
            format!("FailedMount: MountVolume.SetUp failed for volume \"settings\" : {problem}")
        };
        let error = format!("{} \"conf\" not found", kind.to_lowercase());
        assert_eq!(count(&world, "p", &failed(&error)), 5, "at once, and after 0.5, 1, 2 and 4 seconds more");
        create(&mut world, settings(kind, "conf", json!({})));
        advance(&mut world, 10_000);
        if let Some(problem) = without_key {
            assert_eq!(count(&world, "p", &failed(problem)), 1);
            patch(
                &mut world,
                Kind::from_api("v1", kind).expect("a kind"),
                "conf",
                json!({"data": {"k": "dg=="}}),
            );
            advance(&mut world, 20_000);
        }
        assert_eq!(container_state(&world, "p"), "Running", "{volume}");
    }
}

#[test]
fn a_pod_whose_settings_have_come_keeps_the_world_from_being_at_rest() {
    let volume = json!([{"name": "v", "configMap": {"name": "conf"}}]);
    let whole = json!([{"configMapRef": {"name": "conf"}}]);
    let root = json!([{"name": "V", "valueFrom": {"configMapKeyRef": {"name": "kube-root-ca.crt", "key": "ca.crt"}}}]);
    let mut world = world_of([
        mounting(pod("mounts", "app:1"), volume),
        with(pod("reads", "app:1"), "/spec/containers/0/envFrom", whole),
        with(pod("root", "app:1"), "/spec/containers/0/env", root),
    ]);
    assert!(world.settle(600_000));
    assert_eq!(container_state(&world, "mounts"), "ContainerCreating");
    assert_eq!(container_state(&world, "reads"), "CreateContainerConfigError");
    create(&mut world, settings("ConfigMap", "conf", json!({})));
    assert!(world.settle(600_000));
    for pod in ["mounts", "reads", "root"] {
        assert_eq!(container_state(&world, pod), "Running", "{pod}");
    }
}

#[test]
fn what_a_container_lacks_stays_in_view_and_is_no_restart() {
    let secret = || settings("Secret", "conf", json!({"k": "dg=="}));
    let whole = json!([{"secretRef": {"name": "conf"}}]);
    let always = with(pod("p", "app:1"), "/spec/containers/0/imagePullPolicy", "Always".into());
    let mut world = world_of([with(always, "/spec/containers/0/envFrom", whole)]);
    let lacks = |world: &World| container_state(world, "p") == "CreateContainerConfigError";
    first_second(&mut world, 10, lacks);
    for _ in 0..250 {
        advance(&mut world, 100);
        assert!(lacks(&world), "while the image is pulled again, too");
    }
    create(&mut world, secret());
    first_second(&mut world, 15, |world| container_state(world, "p") == "Running");
    delete(&mut world, Kind::Secret, "conf");
    let (namespace, pod) = ("default".to_owned(), "p".to_owned());
    inject(&mut world, Fault::Crash { namespace, pod, container: None, exit_code: 1 });
    first_second(&mut world, 15, lacks);
    assert_eq!(restarts(&world, "p"), 0);
    create(&mut world, secret());
    first_second(&mut world, 15, |world| container_state(world, "p") == "Running");
    assert_eq!(restarts(&world, "p"), 1);
}
