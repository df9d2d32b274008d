//! A transcript of commands against the API server alone: no controller runs, so nothing changes by itself.

mod support;

use std::time::Duration;

use client::Api;
use client::api::{Body, Request, Verb};
use k8s_openapi::api::apps::v1::StatefulSet;
use kubectl::Invocation;
use machinery::{Kind, Object, time};
use serde_json::json;
use support::{Cluster, Output};

const TRANSCRIPT: &str = include_str!("data/verbs.txt");
const FILES: [(&str, &str); 6] = [
    ("web.yaml", include_str!("data/web.yaml")),
    (
        "claim.yaml",
        "apiVersion: v1
kind: PersistentVolume
metadata: {name: pv1}
spec:
  nfs: {path: /data/volumes/v1, server: 192.168.1.100}
  accessModes: [ReadWriteMany, ReadWriteOnce]
  capacity: {storage: 2Gi}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
---
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  containers: [{name: c, image: nginx}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]
",
    ),
    (
        "pod.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: nginx}]}}",
    ),
    (
        "multi.yaml",
        "apiVersion: v1
kind: Pod
metadata: {name: multi}
spec:
  containers: [{name: main, image: nginx}, {name: side, image: nginx}]
  initContainers: [{name: init, image: nginx}]
",
    ),
    ("local.yaml", "{apiVersion: v1, kind: Service, metadata: {name: bare}, spec: {ports: [{port: 80}]}}"),
    (
        "own.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: own}, spec: {containers: [{name: c, image: a}]}}",
    ),
];

// What a step of the transcript should look like, from what the command left.
fn shown(output: &Output) -> String {
    let mut text = output.out.trim_end_matches('\n').to_owned();
    if !text.is_empty() {
        text.push('\n');
    }
    text.extend(output.err.lines().map(|line| format!("! {line}\n")));
    match output.exit {
        Some(0) => {}
        Some(code) => text.push_str(&format!("[{code}]\n")),
        None => text.push_str("[waits]\n"),
    }
    text
}

#[test]
fn verbs_say_what_they_do() {
    let mut cluster = Cluster::new();
    for (name, text) in FILES {
        cluster.files.0.insert(name.to_owned(), text.to_owned());
    }
    let mut waiting: Option<Invocation> = None;
    let mut found = String::new();
    for line in TRANSCRIPT.lines() {
        let output = if let Some(command) = line.strip_prefix("$ ") {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let mut invocation = Invocation::new(&words, None);
            let output = cluster.resume(&mut invocation);
            waiting = output.exit.is_none().then_some(invocation);
            output
        } else if let Some(seconds) = line.strip_prefix("+ ") {
            let seconds = seconds.trim_end_matches('s').parse().expect("seconds");
            let passed = Duration::from_secs(seconds).as_millis();
            cluster.now = time::after_ms(cluster.now, i64::try_from(passed).expect("milliseconds"));
            match &mut waiting {
                Some(invocation) => {
                    // A clone goes on as the original would.
                    let clone = cluster.resume(&mut invocation.clone());
                    let output = cluster.resume(invocation);
                    assert_eq!(clone, output);
                    waiting = output.exit.is_none().then(|| invocation.clone());
                    output
                }
                None => Output { exit: Some(0), ..Output::default() },
            }
        } else {
            if line.starts_with('#') {
                found.push_str(&format!("\n{line}\n"));
            }
            continue;
        };
        found.push_str(&format!("{line}\n{}", shown(&output)));
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/verbs.txt");
        std::fs::write(path, &found).expect("the transcript can be written");
        return;
    }
    // Blank lines are for readers.
    let squeeze = |text: &str| text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let (expected, found) = (squeeze(TRANSCRIPT), squeeze(&found));
    for (i, (e, f)) in expected.lines().zip(found.lines()).enumerate() {
        let before: Vec<&str> = found.lines().take(i + 1).filter(|line| line.starts_with("$ ")).collect();
        assert_eq!(f, e, "after {:?}", before.last());
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}

#[test]
fn a_refused_request_leaves_its_warnings() {
    let mut cluster = Cluster::new();
    cluster.files.0.insert("web.yaml".to_owned(), FILES[0].1.to_owned());
    let mut run = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        cluster.resume(&mut Invocation::new(&words, None)).err
    };
    assert_eq!(run("create -f web.yaml"), "");
    assert_eq!(
        run(r#"patch sts web -p {"spec":{"foo":1,"replicas":-1,"revisionHistoryLimit":-1}}"#),
        "Warning: unknown field \"spec.foo\"\nThe StatefulSet \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n"
    );
    assert_eq!(
        run("get endpoints nope"),
        "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\nError from server (NotFound): endpoints \"nope\" not found\n"
    );
    let scaled = run("scale sts web --replicas=2147483648");
    let begin = r#"The request is invalid: patch: Invalid value: "{\"apiVersion\":\"autoscaling/v1\",\"kind\":\"Scale\","#;
    let end = "}\": json: cannot unmarshal number 2147483648 into Go struct field ScaleSpec.spec.replicas of type int32\n";
    assert!(scaled.starts_with(begin) && scaled.ends_with(end), "{scaled}");
}

#[test]
fn a_history_has_each_number_once() {
    let mut cluster = Cluster::new();
    cluster.files.0.insert("web.yaml".to_owned(), FILES[0].1.to_owned());
    let run = |cluster: &mut Cluster, line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        cluster.resume(&mut Invocation::new(&words, None)).out
    };
    run(&mut cluster, "create -f web.yaml");
    let set = cluster.server.get::<StatefulSet>("default", "web").expect("it was created").clone();
    let spec = set.spec.as_ref().expect("a spec");
    for (name, revision, cause) in [("web-b", 1, "second"), ("web-a", 1, "first"), ("web-c", 2, "third")] {
        let value = json!({
            "metadata": {
                "name": name, "namespace": "default", "labels": spec.selector.match_labels,
                "annotations": {"kubernetes.io/change-cause": cause},
                "ownerReferences": [{
                    "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": set.metadata.uid,
                    "controller": true,
                }],
            },
            "revision": revision,
            "data": {"spec": {"template": {"metadata": {"annotations": {"cause": cause}}, "$patch": "replace"}}},
        });
        let revision = Object::from_value(Kind::ControllerRevision, value).expect("a revision");
        let verb = Verb::Create(Body::Typed(revision));
        cluster.call(Request::new(verb, Kind::ControllerRevision, "default", "")).expect("allowed");
    }
    assert_eq!(
        run(&mut cluster, "rollout history sts/web"),
        "statefulset.apps/web \nREVISION  CHANGE-CAUSE\n1         second\n2         third\n\n"
    );
    let one = run(&mut cluster, "rollout history sts/web --revision=1");
    assert!(one.contains("cause: second"), "{one}");
    let json =
        run(&mut cluster, "rollout history sts/web -o jsonpath={.spec.template.metadata.annotations.cause},");
    assert_eq!(json, "second,third,");
}

#[test]
fn a_watch_prints_each_change_below_its_header() {
    let mut cluster = Cluster::new();
    cluster.files.0.insert("pod.yaml".to_owned(), FILES[2].1.to_owned());
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut all = Invocation::new(&words("get pods -w -L tier"), None);
    let mut selected =
        Invocation::new(&words("get pods -w -l tier=db --output-watch-events --no-headers"), None);
    let waits = Output::default();
    assert_eq!((cluster.resume(&mut all), cluster.resume(&mut selected)), (waits, Output::default()));
    let steps = [
        (
            "create -f pod.yaml",
            "NAME   READY   STATUS    RESTARTS   AGE   TIER\np      0/1     Pending   0          0s    \n",
            "",
        ),
        (
            "label pod p tier=db",
            "p      0/1     Pending   0          0s    db\n",
            "ADDED   p     0/1   Pending   0     0s\n",
        ),
        (
            "label pod p tier-",
            "p      0/1     Pending   0          0s    \n",
            "DELETED   p     0/1   Pending   0     0s\n",
        ),
        (
            "label pod p tier=db",
            "p      0/1     Pending   0          0s    db\n",
            "ADDED     p     0/1   Pending   0     0s\n",
        ),
        (
            "delete pod p --force",
            "p      0/1     Terminating   0          0s    db\np      0/1     Terminating   0          0s    db\n",
            "MODIFIED   p     0/1   Terminating   0     0s\nDELETED    p     0/1   Terminating   0     0s\n",
        ),
        ("get pods", "", ""),
    ];
    for (command, row, selected_row) in steps {
        cluster.resume(&mut Invocation::new(&words(command), None));
        let (of_all, of_selected) = (cluster.resume(&mut all), cluster.resume(&mut selected));
        assert_eq!((of_all.out.as_str(), of_selected.out.as_str()), (row, selected_row), "{command}");
        assert_eq!((of_all.exit, of_selected.exit), (None, None));
    }
}
