//! The JS API in a browser and in Node: what it answers, and that the seed's transcripts come out as natively, to the byte.
//!
//! `cargo xtask test` says in which of the two.

#![cfg(target_arch = "wasm32")]

use petset::{Cluster, RunResult, Schema, Snapshot};
use tests::transcript::{Transcript, difference};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

fn options(json: &str) -> JsValue {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    serde::Serialize::serialize(&value, &serializer).expect("a plain object")
}

fn cluster(json: &str) -> Cluster {
    Cluster::new(options(json)).map_err(JsValue::from).expect("a cluster")
}

fn run(cluster: &mut Cluster, line: &str) -> RunResult {
    let result = cluster.run(&line.into(), JsValue::UNDEFINED).map_err(JsValue::from).expect("a result");
    serde_wasm_bindgen::from_value(result).expect("a RunResult")
}

fn snapshot(cluster: &Cluster) -> Snapshot {
    let snapshot = cluster.snapshot().map_err(JsValue::from).expect("a snapshot");
    serde_wasm_bindgen::from_value(snapshot).expect("a Snapshot")
}

fn message<T>(result: Result<T, wasm_bindgen::JsError>) -> String {
    let error = JsValue::from(result.err().expect("an error"));
    format!("{error:?}")
}

#[wasm_bindgen_test]
fn a_set_comes_up_and_is_seen() {
    let mut cluster = cluster(r#"{"seed": 7, "version": "1.36", "world": "manifest"}"#);
    assert_eq!(cluster.now(), "2026-01-01T00:01:00Z");
    let created = run(&mut cluster, "kubectl create -f stateful-demo.yaml");
    assert_eq!(created.stdout, "service/myapp-svc created\nstatefulset.apps/myapp created\n");
    assert_eq!((created.stderr.as_str(), created.exit_code, created.waiting_for), ("", 0, None));
    cluster.advance(10.0).map_err(JsValue::from).expect("time passes");
    let seen = snapshot(&cluster);
    assert_eq!((seen.elapsed_seconds, seen.time.as_str()), (10.0, "2026-01-01T00:01:10Z"));
    let names: Vec<_> = seen.objects["Pod"].iter().map(|pod| pod["metadata"]["name"].clone()).collect();
    assert_eq!(names, ["myapp-0", "myapp-1"]);
    assert_eq!(seen.objects["PersistentVolume"].len(), 5);
    let pod = cluster
        .get(&"Pod".into(), &"default".into(), &"myapp-1".into())
        .map_err(JsValue::from)
        .expect("a pod");
    let pod: serde_json::Value = serde_wasm_bindgen::from_value(pod).expect("JSON");
    assert_eq!((&pod["kind"], &pod["status"]["phase"]), (&"Pod".into(), &"Running".into()));
    assert_eq!(pod, seen.objects["Pod"][1]);
    assert!(
        cluster
            .get(&"Pod".into(), &"default".into(), &"myapp-2".into())
            .map_err(JsValue::from)
            .expect("no error")
            .is_undefined()
    );
}

const WEB: &str = "apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'ikubernetes/myapp:v1'}]}
";

/// What a call answered, as plain data.
fn plain(answer: Result<JsValue, wasm_bindgen::JsError>) -> serde_json::Value {
    serde_wasm_bindgen::from_value(answer.map_err(JsValue::from).expect("an answer")).expect("plain data")
}

#[wasm_bindgen_test]
fn objects_events_decisions_and_names_are_read() {
    let mut cluster = cluster(r#"{"world": "empty"}"#);
    let applied = plain(cluster.apply(&WEB.into()));
    assert_eq!(applied["stdout"], "service/web created\nstatefulset.apps/web created\n");
    assert!(cluster.settle(None).map_err(JsValue::from).expect("time passes"));

    let pods = plain(cluster.list(&"Pod".into(), &"default".into()));
    let names: Vec<_> = pods.as_array().expect("a list").iter().map(|pod| &pod["metadata"]["name"]).collect();
    assert_eq!(names, ["web-0", "web-1"]);
    assert_eq!(plain(cluster.list(&"Pod".into(), &"kube-public".into())), serde_json::json!([]));
    let events = plain(cluster.list(&"Event".into(), &JsValue::UNDEFINED));
    assert!(events.as_array().expect("a list").iter().any(|event| event["reason"] == "SuccessfulCreate"));

    let decisions = plain(cluster.decisions());
    let about = |decision: &&serde_json::Value| decision["about"]["kind"] == "StatefulSet";
    let why = decisions.as_array().expect("a list").iter().find(about).expect("a decision");
    assert_eq!((&why["verdict"], &why["details"]["rollout"]), (&"settled".into(), &"complete".into()));

    let address = pods[1]["status"]["podIP"].as_str().expect("an address");
    let found = cluster
        .resolve(&"default".into(), &"web-0".into(), &"web-1.web".into())
        .map_err(JsValue::from)
        .expect("a pod asks");
    assert_eq!(found, [address]);
    let answer = plain(cluster.dig(&"web-1.web.default.svc.cluster.local".into(), &JsValue::NULL));
    assert_eq!(answer["rcode"], "NOERROR");
    assert!(answer["answer"][0].as_str().expect("a record").ends_with(address), "{answer}");
    let services = plain(cluster.dig(&"_http._tcp.web.default.svc.cluster.local".into(), &"SRV".into()));
    assert_eq!(services["answer"].as_array().map(Vec::len), Some(2), "{services}");

    assert!(
        message(cluster.list(&"Gadget".into(), &JsValue::UNDEFINED))
            .contains("there is no kind \"Gadget\" here")
    );
    assert!(
        message(cluster.resolve(&"default".into(), &"web-9".into(), &"web-0.web".into()))
            .contains("there is no pod \"web-9\"")
    );
    assert!(message(cluster.dig(&"web".into(), &"MARS".into())).contains("there is no record type \"MARS\""));
    assert!(message(cluster.settle(Some(-1.0))).contains("limitSeconds: -1 is not between 0 and"));
}

#[wasm_bindgen_test]
fn the_same_acts_give_the_same_digests_as_natively() {
    let native = option_env!("PETSET_DIGESTS");
    let native = native.expect("`cargo xtask test --only wasm` says what the digests of a native build are");
    assert_eq!(tests::determinism::digests(), native);
}

#[wasm_bindgen_test]
fn files_and_failures() {
    let mut cluster = Cluster::new(JsValue::UNDEFINED).map_err(JsValue::from).expect("a cluster");
    cluster.write_file(&"a.yaml".into(), &"kind: [".into()).map_err(JsValue::from).expect("written");
    let failed = run(&mut cluster, "kubectl apply -f a.yaml");
    assert_eq!((failed.stdout.as_str(), failed.exit_code), ("", 1));
    assert!(failed.stderr.starts_with("error: error parsing a.yaml: "), "{}", failed.stderr);
    let watched = run(&mut cluster, "kubectl get pv -w");
    assert_eq!((watched.exit_code, watched.waiting_for.is_some()), (130, true));
}

#[wasm_bindgen_test]
fn wrong_calls_throw_errors_that_say_what_is_wrong() {
    assert!(message(Cluster::new(options(r#"{"colour": "red"}"#))).contains("unknown field `colour`"));
    assert!(message(Cluster::new(options(r#"{"version": "1.20"}"#))).contains("is not simulated"));
    assert!(message(Cluster::new(options(r#"{"seed": 1.5}"#))).contains("options: invalid type"));
    assert!(message(Cluster::new(JsValue::from_str("tutorial"))).contains("options: invalid type: string"));
    assert!(message(Cluster::new(options(r#"{"world": "mars"}"#))).contains("no start world is called"));
    let mut cluster = cluster("{}");
    assert!(message(cluster.write_file(&"a/b".into(), &"".into())).contains("no slash"));
    let number = cluster.run(&5.into(), JsValue::UNDEFINED);
    assert!(message(number).contains("line: a string is wanted here, not JsValue(5)"));
    assert!(message(cluster.apply(&JsValue::UNDEFINED)).contains("manifest: a string is wanted here"));
    assert!(message(cluster.list(&"Pod".into(), &7.into())).contains("namespace: a string is wanted here"));
    assert!(message(cluster.advance(-1.0)).contains("-1 is not between 0 and"));
    assert!(message(cluster.advance(f64::NAN)).contains("NaN is not between 0 and"));
    assert!(
        message(cluster.get(&"Gadget".into(), &"".into(), &"x".into()))
            .contains("there is no kind \"Gadget\" here")
    );
    let timeout = options(r#"{"timeoutSeconds": 1e300}"#);
    assert!(message(cluster.run(&"true".into(), timeout)).contains("timeoutSeconds"));
}

fn same_as_natively(text: &str) {
    let played = Transcript::parse(text).expect("a transcript").play();
    assert_eq!(difference(text, &played), None);
}

#[wasm_bindgen_test]
fn the_seed_from_the_top() {
    same_as_natively(include_str!("../../../tests/transcripts/seed-prelude.txt"));
}

#[wasm_bindgen_test]
fn the_seed() {
    same_as_natively(include_str!("../../../tests/transcripts/seed-demo.txt"));
}

#[wasm_bindgen_test]
fn the_seed_with_a_headless_service() {
    same_as_natively(include_str!("../../../tests/transcripts/seed-demo-headless.txt"));
}

#[wasm_bindgen_test]
fn the_partition_first() {
    same_as_natively(include_str!("../../../tests/transcripts/seed-partition-first.txt"));
}

#[wasm_bindgen_test]
fn faults_break_and_heal() {
    let mut cluster = cluster("{}");
    let down = r#"{"type": "break", "defect": {"type": "nodeDown", "node": "node-1"}}"#;
    cluster.fault(options(down)).map_err(JsValue::from).expect("a fault");
    let broken = cluster.defects().map_err(JsValue::from).expect("defects");
    let broken: Vec<::cluster::Defect> = serde_wasm_bindgen::from_value(broken).expect("defects");
    assert_eq!(broken, [::cluster::Defect::NodeDown { node: "node-1".to_owned() }]);
    cluster.fault(options(r#"{"type": "healAll"}"#)).map_err(JsValue::from).expect("healed");
    assert!(message(cluster.fault(options(r#"{"type": "crash", "pod": "web-0"}"#))).contains("does not run"));
    assert!(message(cluster.fault(options(r#"{"type": "melt"}"#))).contains("unknown variant"));
}

#[wasm_bindgen_test]
fn explain_reads_the_schema_that_it_is_given() {
    let mut cluster = cluster("{}");
    let missed = run(&mut cluster, "kubectl explain cm");
    assert_eq!((missed.exit_code, missed.notes.len()), (1, 1));
    assert!(missed.notes[0].contains("useSchema"), "{}", missed.notes[0]);
    let document = r#"{"components": {"schemas": {"io.k8s.api.core.v1.ConfigMap": {
        "description": "It holds configuration.", "type": "object",
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "ConfigMap"}]}}}}"#;
    cluster.use_schema(&Schema::new(&document.into()).map_err(JsValue::from).expect("a schema"));
    let told = run(&mut cluster, "kubectl explain cm");
    assert!(told.stdout.contains("It holds configuration."), "{}", told.stdout);
    assert!(message(Schema::new(&"{".into())).contains("schema: EOF"));
}
