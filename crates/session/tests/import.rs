//! A dump of a cluster is the cluster: imported, nothing moves in it that did not move, and a change brings about what it
//! brings about in the original.

use cluster::{Assumption, Fault};
use machinery::version::{Features, Version};
use machinery::{Kind, Object};
use serde_json::{Value, json};
use session::import::{self, Fact, Import, Problem};
use session::predict::{Change, predict};
use session::{Content, Saved, Session, Start, StartWorld};

/// What the page tells people to run.
const DUMP: &str = "kubectl get sts,svc,pod,pvc,pv,controllerrevision -A -o yaml";

/// Worlds, as what is done in them one after the other: lines, `+ SECONDS`, `unready POD`.
const WORLDS: [(&str, &[&str]); 9] = [
    ("at rest", &["kubectl apply -f stateful-demo.yaml", "+ 60"]),
    (
        "partitioned, with two revisions",
        &[
            "kubectl apply -f stateful-demo.yaml",
            "kubectl scale sts myapp --replicas=4",
            "+ 60",
            r#"kubectl patch sts myapp -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":2}}}}'"#,
            "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2",
            "+ 60",
        ],
    ),
    (
        "in the middle of a rollout",
        &[
            "kubectl apply -f stateful-demo.yaml",
            "kubectl scale sts myapp --replicas=4",
            "+ 60",
            "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2",
            "+ 9",
        ],
    ),
    ("with an unready pod", &["kubectl apply -f stateful-demo.yaml", "+ 60", "unready myapp-0", "+ 60"]),
    (
        "stuck on a broken image",
        &[
            "kubectl apply -f stateful-demo.yaml",
            "+ 60",
            "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:bad",
            "+ 300",
        ],
    ),
    (
        "without enough volumes",
        &[
            "kubectl apply -f stateful-demo.yaml",
            "kubectl delete pv pv004 pv005",
            "kubectl scale sts myapp --replicas=5",
            "+ 90",
        ],
    ),
    (
        "scaled down, with claims left",
        &[
            "kubectl apply -f stateful-demo.yaml",
            "kubectl scale sts myapp --replicas=3",
            "+ 60",
            "kubectl scale sts myapp --replicas=1",
            "+ 60",
        ],
    ),
    (
        "OnDelete, in Parallel, with provisioned volumes",
        &["kubectl apply -f parallel.yaml", "+ 60", "kubectl set image sts/web nginx=nginx:1.27", "+ 60"],
    ),
    (
        "rolled back once",
        &[
            "kubectl apply -f stateful-demo.yaml",
            "+ 60",
            "kubectl set image sts/myapp myapp-pod=ikubernetes/myapp:v2",
            "+ 60",
            "kubectl rollout undo sts/myapp",
            "+ 60",
        ],
    ),
];

const PARALLEL: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: csi.example.com
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 3
  serviceName: web
  podManagementPolicy: Parallel
  updateStrategy: {type: OnDelete}
  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete, whenDeleted: Retain}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: nginx, image: 'nginx:1.26', volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
";

const CHANGES: [&str; 8] = [
    "",
    "kubectl scale sts --all --replicas=4",
    "kubectl scale sts --all --replicas=1",
    "kubectl set image sts --all *=nginx:2",
    "kubectl delete pod --all",
    "kubectl rollout undo sts/myapp",
    "kubectl delete sts --all",
    "kubectl set image sts --all *=nginx:bad",
];

fn session(version: Version, acts: &[&str]) -> Session {
    let mut session = Session::new(Start { features: Features::of(version), ..Start::default() });
    session.write_file("parallel.yaml", PARALLEL);
    for act in acts {
        match act.split_once(' ') {
            Some(("+", seconds)) => session.advance(seconds.parse::<u64>().expect("seconds") * 1000),
            Some(("unready", pod)) => {
                let fault = json!({"type": "break", "defect": {"type": "failReadiness", "pods": pod}});
                session.fault(serde_json::from_value::<Fault>(fault).expect("a fault"));
            }
            _ => session.run(act),
        }
    }
    session
}

fn printed(session: &mut Session, line: &str) -> String {
    let first = session.log().written();
    session.run(line);
    let out = session.log().since(first).filter_map(|entry| match &entry.content {
        Content::Out(text) => Some(text.to_string()),
        _ => None,
    });
    out.collect()
}

fn import(text: &str, version: Version) -> Import {
    import::read(text, Features::of(version), None).unwrap_or_else(|error| panic!("{error:?}"))
}

fn open(import: &Import, version: Version) -> Session {
    let world = StartWorld::Imported(import.imported.clone());
    Session::new(Start { world, features: Features::of(version), ..Start::default() })
}

/// The objects that the dump has, as they are now.
fn now(import: &Import, session: &Session) -> Vec<Option<Value>> {
    let stored = |object: &Object| session.world().server().object(&object.key()).map(Object::to_value);
    import.imported.objects().iter().map(stored).collect()
}

#[test]
fn nothing_moves_in_an_imported_world_that_was_at_rest() {
    for version in Version::ALL {
        for (name, acts) in WORLDS.iter().filter(|(name, _)| !name.contains("middle")) {
            let dump = printed(&mut session(version, acts), DUMP);
            let import = import(&dump, version);
            let mut imported = open(&import, version);
            let given: Vec<Option<Value>> =
                import.imported.objects().iter().map(|object| Some(object.to_value())).collect();
            for seconds in [0, 1, 60, 3600] {
                imported.advance(seconds * 1000);
                for (now, given) in now(&import, &imported).into_iter().zip(&given) {
                    // A container that cannot start tries again, and says so.
                    if !name.contains("broken image") || given.as_ref().is_some_and(|o| o["kind"] != "Pod") {
                        assert_eq!(now.as_ref(), given.as_ref(), "{name}, {version}, after {seconds} s");
                    }
                }
            }
        }
    }
}

#[test]
fn a_change_does_to_the_imported_world_what_it_does_to_the_original() {
    let mut moved = 0;
    for version in Version::ALL {
        for (name, acts) in WORLDS {
            let original = session(version, acts);
            let imported = open(&import(&printed(&mut original.clone(), DUMP), version), version);
            // A pod that is made anew is taken to become Ready; here it does not, because of its name.
            let known = |change: &&str| !(name.contains("unready") && change.contains("delete pod"));
            for change in CHANGES.into_iter().filter(known) {
                let parsed = Change::of(change).expect("a change");
                let told = |session: &Session| {
                    let (mut prediction, _) = predict(session, &parsed, "default");
                    for step in &mut prediction.steps {
                        step.at_ms = 0;
                    }
                    prediction
                };
                let (expected, found) = (told(&original), told(&imported));
                let context = format!("{name}, {version}, {change}");
                assert_eq!(found.said, expected.said, "{context}");
                assert_eq!(found.end, expected.end, "{context}");
                moved += found.steps.len();
                let pods = |steps: &[session::predict::Step]| -> Vec<_> {
                    steps.iter().filter(|step| step.object.kind == Kind::Pod).cloned().collect()
                };
                assert_eq!(pods(&found.steps), pods(&expected.steps), "{context}");
            }
        }
    }
    assert!(moved > 500, "{moved}");
}

/// A set of two in namespace prod, with claims, as somebody sees it who may read nothing else.
fn namespaced() -> String {
    let acts = [
        "kubectl create ns prod",
        "kubectl apply -n prod -f parallel.yaml",
        "+ 60",
        "kubectl patch sts web -n prod -p '{\"spec\":{\"updateStrategy\":{\"type\":\"RollingUpdate\"}}}'",
        "+ 60",
    ];
    printed(&mut session(Version::V1_36, &acts), "kubectl get sts,svc,pod,pvc -n prod -o yaml")
}

#[test]
fn what_a_namespace_does_not_show_is_assumed_and_nothing_moves() {
    let import = import(&namespaced(), Version::V1_36);
    let assumed: Vec<&Assumption> = import
        .notes
        .iter()
        .map(|note| match &note.fact {
            Fact::Assumed(assumption) => assumption,
            other => panic!("{other:?}"),
        })
        .collect();
    let is = |wanted: fn(&Assumption) -> bool| assumed.iter().filter(|a| wanted(a)).count();
    assert_eq!(is(|a| matches!(a, Assumption::VolumeMade { .. })), 3, "{assumed:?}");
    assert_eq!(is(|a| matches!(a, Assumption::RevisionMade { .. })), 1, "{assumed:?}");
    assert_eq!(
        is(
            |a| matches!(a, Assumption::ClassMade { class, provisioner, .. } if class == "fast" && provisioner == "csi.example.com")
        ),
        1,
        "{assumed:?}"
    );
    assert!(is(|a| matches!(a, Assumption::NodeMade { room: true, .. })) >= 1, "{assumed:?}");
    let mut world = open(&import, Version::V1_36);
    world.advance(3_600_000);
    let given: Vec<Option<Value>> = import.imported.objects().iter().map(|o| Some(o.to_value())).collect();
    assert_eq!(now(&import, &world), given);
    let change = Change::of("kubectl scale sts web --replicas=4").expect("a change");
    let (prediction, end) = predict(&world, &change, "prod");
    assert_eq!(prediction.said[0].out, "statefulset.apps/web scaled\n");
    assert_eq!(prediction.sets[0].created, [[3]]);
    assert_eq!(prediction.sets[0].stays, [0, 1, 2]);
    assert!(!prediction.sets[0].is_stuck());
    let claim =
        end.world().server().get::<k8s_openapi::api::core::v1::PersistentVolumeClaim>("prod", "data-web-3");
    let phase = claim.and_then(|claim| claim.status.as_ref()?.phase.clone());
    assert_eq!(phase.as_deref(), Some("Bound"), "its class is known from the other claims");
}

#[test]
fn accounts_and_priority_classes_that_pods_have_are_there() {
    let file = PARALLEL.replace("      containers:", "      serviceAccountName: robot\n      containers:");
    assert_ne!(file, PARALLEL);
    let mut original = session(Version::V1_36, &["kubectl create sa robot"]);
    original.write_file("robot.yaml", &file);
    original.run("kubectl apply -f robot.yaml");
    original.advance(60_000);
    let mut dump: Value =
        serde_json::from_str(&printed(&mut original, "kubectl get sts,svc,pod,pvc,pv -o json"))
            .expect("JSON");
    // No world of ours has other classes than the system's.
    for item in dump["items"].as_array_mut().expect("items") {
        match item["kind"].as_str() {
            Some("Pod") => {
                item["spec"]["priorityClassName"] = "high".into();
                item["spec"]["priority"] = 7.into();
            }
            Some("StatefulSet") => item["spec"]["template"]["spec"]["priorityClassName"] = "high".into(),
            _ => {}
        }
    }
    let mut world = open(&import(&dump.to_string(), Version::V1_36), Version::V1_36);
    world.run("kubectl delete pod --all");
    world.advance(60_000);
    let said = "kubectl get pods -o jsonpath='{range .items[*]}{.spec.serviceAccountName} {.spec.priority} {.status.phase}{\"\\n\"}{end}'";
    assert_eq!(printed(&mut world, said), "robot 7 Running\n".repeat(3));
}

#[test]
fn what_pods_are_configured_by_is_there() {
    let environment = "envFrom: [{configMapRef: {name: conf}}], \
        env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}], volumeMounts";
    let file = PARALLEL.replace("volumeMounts", environment);
    assert_ne!(file, PARALLEL);
    let set_up =
        ["kubectl create cm conf", "kubectl create secret generic db --from-literal=password=sesame"];
    let mut original = session(Version::V1_36, &set_up);
    original.write_file("configured.yaml", &file);
    original.run("kubectl apply -f configured.yaml");
    original.advance(60_000);
    for kinds in ["sts,svc,pod,pvc,pv", "sts,svc,pod,pvc,pv,secret"] {
        let import = import(&printed(&mut original, &format!("kubectl get {kinds} -o yaml")), Version::V1_36);
        let made = import.notes.iter().filter_map(|note| match &note.fact {
            Fact::Assumed(Assumption::SettingsMade { object }) => Some(object.name.to_string()),
            _ => None,
        });
        let expected = if kinds.ends_with("secret") { vec!["conf"] } else { vec!["conf", "db"] };
        assert_eq!(made.collect::<Vec<_>>(), expected);
        let mut world = open(&import, Version::V1_36);
        world.run("kubectl delete pod --all");
        world.advance(60_000);
        let phases = "kubectl get pods -o jsonpath='{.items[*].status.phase}'";
        assert_eq!(printed(&mut world, phases), "Running Running Running");
        assert_eq!(printed(&mut world, "kubectl get secret db -o jsonpath='{.data}'"), r#"{"password":""}"#);
    }
}

#[test]
fn a_missing_set_or_owner_removes_nothing() {
    let dump = printed(&mut session(Version::V1_36, WORLDS[0].1), "kubectl get pod,pvc,pv -o yaml");
    let import = import(&dump, Version::V1_36);
    assert!(
        import.notes.iter().any(|note| matches!(&note.fact, Fact::Assumed(Assumption::Ownerless { .. })))
    );
    let mut world = open(&import, Version::V1_36);
    world.advance(600_000);
    assert!(now(&import, &world).iter().all(Option::is_some));
}

#[test]
fn a_set_that_lacks_its_defaults_has_the_revision_that_its_status_names() {
    let mut dump: Value = serde_json::from_str(&printed(
        &mut session(Version::V1_36, WORLDS[0].1),
        "kubectl get sts,svc,pod,pvc,pv -o json",
    ))
    .expect("JSON");
    let set = dump["items"].as_array_mut().expect("items").iter_mut().find(|o| o["kind"] == "StatefulSet");
    let set = set.expect("a set");
    set["spec"]["template"]["spec"]
        .as_object_mut()
        .expect("a spec")
        .retain(|field, _| field == "containers" || field == "volumes");
    let import = import(&dump.to_string(), Version::V1_36);
    let (prediction, _) = predict(&open(&import, Version::V1_36), &Change::Nothing, "default");
    assert_eq!(prediction.steps, []);
}

#[test]
fn a_readiness_gate_is_told_and_left_out_of_account() {
    let gated = PARALLEL.replace(
        "      containers:",
        "      readinessGates: [{conditionType: example.com/lb}]\n      containers:",
    );
    let mut original = Session::new(Start::default());
    original.write_file("gated.yaml", &gated);
    original.run("kubectl apply -f gated.yaml");
    original.advance(60_000);
    let import = import(&printed(&mut original, DUMP), Version::V1_36);
    let gate = "example.com/lb".to_owned();
    let told = import
        .notes
        .iter()
        .filter(|note| note.fact == Fact::Assumed(Assumption::GateIgnored { gate: gate.clone() }));
    assert_eq!(told.count(), 1, "{:?}", import.notes);
}

#[test]
fn the_clock_begins_with_the_newest_moment_or_the_given_one() {
    let original = session(Version::V1_36, WORLDS[0].1);
    let dump = printed(&mut original.clone(), DUMP);
    let read = |at: Option<&str>| {
        import::read(&dump, Features::default(), at.map(|at| at.parse().expect("a time")))
            .map(|import| import.imported.at().to_string())
    };
    assert_eq!(read(Some("2026-01-01T05:00:00Z")), Ok("2026-01-01T05:00:00Z".to_owned()));
    let newest = read(None).expect("reads");
    assert!(newest < original.now().to_string() && newest > original.began().to_string(), "{newest}");
    let error = read(Some("2020-01-01T00:00:00Z")).expect_err("earlier than what is known");
    assert!(matches!(error.problem, Problem::TooEarly { .. }));
}

#[test]
fn an_imported_world_is_kept_and_replayed() {
    let import = import(&printed(&mut session(Version::V1_36, WORLDS[1].1), DUMP), Version::V1_36);
    let mut live = open(&import, Version::V1_36);
    live.advance(1000);
    live.run("kubectl scale sts myapp --replicas=2");
    live.advance(30_000);
    let text = Saved::whole(&live).to_text();
    let saved = Saved::from_text(&text).expect("reads");
    assert_eq!(saved.imported(), Some(import.imported.objects().len()));
    let (mut again, at_ms) = saved.open().expect("opens");
    again.advance(at_ms);
    assert_eq!((again.now(), again.digest()), (live.now(), live.digest()));
    assert_eq!(Saved::whole(&again).to_text(), text);
    again.seek(again.began());
    assert_eq!(again.digest(), open(&import, Version::V1_36).digest());
}

#[test]
fn what_is_left_out_is_told_with_its_line() {
    let dump = "apiVersion: v1
kind: List
items:
- apiVersion: policy/v1
  kind: PodDisruptionBudget
  metadata: {name: web}
- apiVersion: v1
  kind: Secret
  metadata: {name: s, namespace: prod}
  data: {password: c2VjcmV0}
- apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec:
    clusterIP: None
    fromTheFuture: 1
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: Not_A_Name}
";
    let import = import(dump, Version::V1_36);
    let told: Vec<(Option<usize>, String)> =
        import.notes.iter().map(|note| (note.line, format!("{:?}", note.fact))).collect();
    let line = |word: &str| told.iter().find(|(_, fact)| fact.contains(word)).map(|(line, _)| *line);
    for (word, expected) in [
        ("PodDisruptionBudget", 5),
        ("Emptied", 10),
        ("fromTheFuture", 16),
        ("Repeated", 13),
        ("Not_A_Name", 25),
    ] {
        assert_eq!(line(word), Some(Some(expected)), "{word} in {told:?}");
    }
    assert!(!format!("{:?}", import.imported).contains("c2VjcmV0"), "no Secret is kept");
    assert_eq!(import.imported.objects().len(), 3);
}

#[test]
fn what_cannot_be_read_says_where() {
    let many = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".repeat(2)
        + &(0..5_001)
            .map(|n| format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a{n}}}\n"))
            .collect::<String>();
    let deep =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {}", "[".repeat(20_000));
    let cases: [(&str, &str, Option<usize>); 11] = [
        ("  \n", "nothing", None),
        ("NAME   READY   STATUS\nweb-0  1/1  Running\n", "table", Some(1)),
        ("a: [\n", "did not find", Some(1)),
        ("just words\n", "no object", Some(1)),
        ("apiVersion: v1\nkind: Pod\n", "no object", Some(1)),
        ("apiVersion: v1\nkind: List\nitems: []\n", "nothing", None),
        (
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec:\n  replicas: three\n",
            "replicas",
            Some(5),
        ),
        ("apiVersion: x/v1\nkind: Thing\nmetadata: {name: a}\n", "simulated", None),
        (&" ".repeat(5 << 20), "at most 4 MiB", None),
        (&many, "more than 5000 objects", Some(20_006)),
        (&deep, "", None),
    ];
    for (text, expected, line) in cases {
        let error = import::read(text, Features::default(), None).expect_err(expected);
        let said = error.problem.to_string();
        assert!(said.contains(expected), "{said} does not say {expected}");
        if !expected.is_empty() {
            assert_eq!(error.line, line, "{said}");
        }
    }
}

#[test]
fn hostile_objects_stop_nothing() {
    let object = |kind: &str, rest: Value| {
        let mut object = json!({"apiVersion": if kind == "StatefulSet" { "apps/v1" } else { "v1" }, "kind": kind, "metadata": {"name": "a"}});
        for (key, value) in rest.as_object().expect("fields") {
            object[key] = value.clone();
        }
        object.to_string()
    };
    let template =
        json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let texts = [
        object(
            "Pod",
            json!({"metadata": {"name": "a", "resourceVersion": "99999999999999999999999"}, "spec": {"containers": [{"name": "c", "image": "i"}], "nodeName": "n"}, "status": {"startTime": "2026-01-01T00:00:00Z", "podIP": "....."}}),
        ),
        object(
            "Pod",
            json!({"metadata": {"name": "a", "resourceVersion": "18446744073709551615", "creationTimestamp": "0001-01-01T00:00:00Z"}, "spec": {"containers": []}}),
        ),
        object(
            "Pod",
            json!({"spec": {"containers": [{"name": "c", "image": "i"}], "nodeName": "n"}, "status": {"startTime": "9999-12-31T23:59:59Z", "podIP": "10.0.0.1", "containerStatuses": [{"name": "c", "image": "i", "imageID": "", "ready": true, "restartCount": -5, "state": {"running": {"startedAt": "9999-12-31T23:59:59Z"}}}]}}),
        ),
        object(
            "StatefulSet",
            json!({"spec": {"replicas": 2_000_000_000, "podManagementPolicy": "Parallel", "serviceName": "a", "selector": {"matchLabels": {"a": "b"}}, "template": template}}),
        ),
        object(
            "StatefulSet",
            json!({"spec": {"replicas": -1, "serviceName": "a", "selector": {"matchLabels": {"a": "b"}}, "template": template}}),
        ),
        object(
            "StatefulSet",
            json!({"spec": {"serviceName": "a", "ordinals": {"start": 2_147_483_647}, "replicas": 3, "selector": {"matchLabels": {"a": "b"}}, "template": template}, "status": {"replicas": -3, "updateRevision": "", "observedGeneration": 0}}),
        ),
        object(
            "PersistentVolumeClaim",
            json!({"spec": {"volumeName": "../../x"}, "status": {"phase": "Bound"}}),
        ),
        object(
            "Node",
            json!({"spec": {"podCIDR": "...."}, "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}),
        ),
    ];
    for text in texts {
        let Ok(import) = import::read(&text, Features::default(), None) else { continue };
        let world = open(&import, Version::V1_36);
        let (prediction, end) = predict(&world, &Change::Nothing, "default");
        assert_eq!(end.world().failure(), None, "{text}: {:?}", prediction.end);
    }
}

#[test]
fn the_answer_of_a_partitioned_update() {
    let session = session(
        Version::V1_36,
        &[
            "kubectl apply -f parallel.yaml",
            r#"kubectl patch sts web -p '{"spec":{"replicas":5,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":3}}}}'"#,
            "+ 90",
        ],
    );
    let change = Change::of("kubectl set image sts/web nginx=nginx:1.27").expect("a change");
    let (prediction, _) = predict(&session, &change, "");
    let [set] = prediction.sets.as_slice() else { panic!("{:?}", prediction.sets) };
    assert_eq!((&set.replaced, &set.stays), (&vec![vec![4], vec![3]], &vec![0, 1, 2]));
    let gates: Vec<&str> = set.gates.iter().map(|gate| &*gate.pod.name).collect();
    assert_eq!(gates, ["web-4"]);
    assert!(set.created.is_empty() && set.removed.is_empty() && !set.is_stuck());
    let (refused, _) =
        predict(&session, &Change::of("kubectl scale sts nope --replicas=1").expect("a change"), "");
    assert!(refused.is_refused() && refused.sets.is_empty() && refused.steps.is_empty());
    assert!(refused.said[0].err.contains("not found"), "{:?}", refused.said);
}
