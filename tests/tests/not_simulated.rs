//! What README.md says is not simulated, is not: each example in its table is fed to the simulator.
//!
//! | what happens | the example is | and |
//! |---|---|---|
//! | `kept` | a field of the Service or the StatefulSet of [`manifest`], as `Kind.path: value` | it is stored, and everything that can be seen of the cluster is as without it |
//! | refused: WORDS | an object, or a command line | to apply it, or to run it, fails with these words |

use serde_json::{Value, json};
use session::{Session, Start, outcome};

const README: &str = include_str!("../../README.md");
const LIMIT_MS: u64 = 600_000;

/// What is done and looked at in either world.
const STORY: [&str; 9] = [
    "kubectl get pods,pvc,pv,svc,endpointslices -o wide",
    "kubectl exec web-0 -- nslookup web-1.web",
    "kubectl exec web-0 -- env",
    "kubectl exec web-1 -- wget -qO- web-0.web",
    "kubectl delete pod web-0 --wait=false; kubectl get pods -o wide",
    "kubectl scale sts web --replicas=3; kubectl get pods -o wide",
    "kubectl rollout restart sts/web; kubectl get pods -o wide",
    "kubectl get events",
    "kubectl get pods,pvc,pv,svc,endpointslices -o wide",
];

struct Row {
    examples: Vec<String>,
    outcome: String,
}

/// The rows of the table.
fn rows() -> Vec<Row> {
    let (_, section) = README.split_once("\n## What is not simulated\n").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, examples, outcome] = cells[..] else { panic!("three cells: {line}") };
        Row { examples: quoted(examples), outcome: outcome.to_owned() }
    };
    lines.map(row).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn manifest() -> Vec<Value> {
    let labels = json!({"app": "web"});
    let container = json!({
        "name": "web", "image": "ikubernetes/myapp:v1", "ports": [{"containerPort": 80}],
        "volumeMounts": [{"name": "data", "mountPath": "/usr/share/nginx/html"}],
    });
    let claim = json!({
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
    });
    vec![
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"clusterIP": "None", "selector": labels, "ports": [{"port": 80}]},
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"},
            "spec": {
                "serviceName": "web", "replicas": 2, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
                "volumeClaimTemplates": [claim],
            },
        }),
    ]
}

/// The keys of `spec.template.spec.containers[0].env`.
fn keys(path: &str) -> Vec<&str> {
    path.split(['.', '[', ']']).filter(|key| !key.is_empty()).collect()
}

fn at<'v>(value: &'v mut Value, path: &str) -> &'v mut Value {
    keys(path).into_iter().fold(value, |value, key| match key.parse::<usize>() {
        Ok(index) => &mut value[index],
        Err(_) => &mut value[key],
    })
}

/// Whether the stored value says all that the wanted one does; defaults may have been added.
fn holds(stored: &Value, wanted: &Value) -> bool {
    match (stored, wanted) {
        (Value::Object(stored), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| stored.get(key).is_some_and(|stored| holds(stored, value)))
        }
        (Value::Array(stored), Value::Array(wanted)) => {
            stored.len() == wanted.len() && stored.iter().zip(wanted).all(|(s, w)| holds(s, w))
        }
        _ => stored == wanted,
    }
}

/// Applies the objects and lets the story happen: the session, and all that was printed.
fn play(objects: &[Value]) -> (Session, String) {
    let mut session = Session::new(Start::default());
    let documents: Vec<String> = objects.iter().map(Value::to_string).collect();
    session.write_file("web.yaml", &documents.join("\n---\n"));
    let mut seen = String::new();
    for line in ["kubectl apply -f web.yaml"].iter().chain(&STORY) {
        let result = outcome::run(&mut session, line, LIMIT_MS);
        seen += &format!("$ {line}\n{}{}", result.stdout, result.stderr);
        session.run_until_quiet(LIMIT_MS);
    }
    (session, seen)
}

/// What is wrong with saying that this field is kept and does nothing.
fn is_kept(example: &str, usual: &str) -> Result<(), String> {
    let (field, value) = example.split_once(": ").ok_or("it is no `Kind.path: value`")?;
    let (kind, path) = field.split_once('.').ok_or("it names no kind")?;
    let wanted: Value = serde_json::from_str(value).map_err(|error| format!("its value: {error}"))?;
    let mut objects = manifest();
    let object =
        objects.iter_mut().find(|object| object["kind"] == kind).ok_or("no such kind in the manifest")?;
    *at(object, path) = wanted.clone();
    let (session, seen) = play(&objects);
    let mut snapshot =
        serde_json::to_value(outcome::Snapshot::of(&session)).map_err(|error| error.to_string())?;
    let name = json!("web");
    let mut all = snapshot["objects"][kind].as_array_mut().into_iter().flatten();
    let stored = all.find(|object| object["metadata"]["name"] == name).ok_or("it was not stored")?;
    if !holds(at(stored, path), &wanted) {
        return Err(format!("it was not kept: {}\n{seen}", at(stored, path)));
    }
    let differ = usual.lines().zip(seen.lines()).find(|(usual, seen)| usual != seen);
    differ.map_or(Ok(()), |(usual, seen)| Err(format!("it has an effect:\n- {usual}\n+ {seen}")))
}

/// What is wrong with saying that this object or command is refused so.
fn is_refused(example: &str, outcome: &str) -> Result<(), String> {
    let (mut session, _) = play(&manifest());
    let line = if example.starts_with('{') {
        session.write_file("object.yaml", example);
        "kubectl apply -f object.yaml"
    } else {
        example
    };
    let result = outcome::run(&mut session, line, LIMIT_MS);
    let printed = format!("{}{}{}", result.stdout, result.stderr, result.notes.join("\n"));
    let words = quoted(outcome).pop().ok_or("no words are given")?;
    if printed.contains(&words) && result.exit_code != 0 {
        return Ok(());
    }
    Err(format!("exit {}: {printed}", result.exit_code))
}

#[test]
fn what_is_said_not_to_be_simulated_is_not() {
    let (_, usual) = play(&manifest());
    let rows = rows();
    assert!(rows.len() > 10, "the table is there");
    let mut wrong = String::new();
    for Row { examples, outcome } in &rows {
        assert!(!examples.is_empty(), "a row without an example: {outcome}");
        for example in examples {
            let result = match outcome.split([' ', ':']).next().unwrap_or_default() {
                "kept" => is_kept(example, &usual),
                "refused" => is_refused(example, outcome),
                other => Err(format!("{other:?} is neither kept nor refused")),
            };
            if let Err(problem) = result {
                wrong += &format!("\n{example}\n    {problem}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_simulated_is_found_out() {
    let (_, usual) = play(&manifest());
    for (example, problem) in [
        ("StatefulSet.spec.podManagementPolicy: \"Parallel\"", "it has an effect"),
        ("StatefulSet.spec.template.spec.nodeSelector: {\"disk\": \"ssd\"}", "it has an effect"),
        ("StatefulSet.spec.template.spec.colour: \"red\"", "it was not"),
    ] {
        let found = is_kept(example, &usual).expect_err(example);
        assert!(found.starts_with(problem), "{example}: {found}");
    }
}
