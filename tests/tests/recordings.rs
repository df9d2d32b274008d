//! The engine does what a real control plane did: the recordings in `tests/conformance`, replayed.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use machinery::version::Version;
use serde_json::{Value, json};
use tests::conformance::commands::Commands;
use tests::conformance::{Mode, Report, Source, Trace, collect, replay, run};

/// Recordings that the engine does not follow to their end yet, and what is missing.
const OPEN: [(&str, &str); 1] =
    [("1.36/traces/20-immutable-fields.json", "the line number in a difference of Go structs")];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

/// What came of all recordings that are not open.
fn report() -> &'static Report {
    static REPORT: LazyLock<Report> = LazyLock::new(|| {
        let files = collect(&[folder()]).expect("the recordings");
        let is_open = |file: &&PathBuf| OPEN.iter().any(|(open, _)| file.ends_with(open));
        let sources: Vec<Source> =
            files.iter().filter(|file| !is_open(file)).map(|file| Source::read(file, None)).collect();
        run(&sources, false)
    });
    &REPORT
}

#[test]
fn every_recording_is_replayed_without_a_difference() {
    let report = report();
    let failed = report.scenarios.iter().filter(|scenario| !scenario.passed);
    let differences: Vec<String> = failed
        .map(|s| format!("{}: {}\n{}", s.file, s.name, s.first_difference.as_deref().unwrap_or_default()))
        .collect();
    assert!(differences.is_empty(), "{} differ\n{}", report.failed, differences.join("\n\n"));
    assert!(report.passed > 600, "only {} scenarios were found", report.passed);
}

/// What the docs say of the recordings: for each version how many come out, and what is open.
fn table() -> String {
    let mut table =
        "| recorded at | come out without a difference | do not yet |\n|---|---:|---:|\n".to_owned();
    for version in Version::ALL.into_iter().rev() {
        let of_version = |file: &str| Path::new(file).iter().any(|part| part == version.name());
        let passed = report().scenarios.iter().filter(|s| s.passed && of_version(&s.file)).count();
        let open = OPEN.iter().filter(|(file, _)| of_version(file)).count();
        table += &format!("| Kubernetes v{} | {passed} | {open} |\n", version.name());
    }
    table += "\nWhat is missing in those that do not:\n\n";
    OPEN.iter().for_each(|(file, missing)| table += &format!("- `{file}`: {missing}\n"));
    table
}

#[test]
fn the_docs_say_what_came_out() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/fidelity.md");
    let text = std::fs::read_to_string(&path).expect("the docs");
    let (begin, end) = ("<!-- begin: recordings -->\n", "<!-- end: recordings -->\n");
    let (before, rest) = text.split_once(begin).expect("where the table begins");
    let (told, after) = rest.split_once(end).expect("where it ends");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, [before, begin, &table(), end, after].concat()).expect("written");
        return;
    }
    assert_eq!(
        told,
        table(),
        "run UPDATE_EXPECT=1 cargo test -p tests --test recordings, and look at the diff"
    );
}

/// What the engine has learnt to follow is no longer open, and what is open is a recording.
#[test]
fn what_is_open_still_differs() {
    for (open, missing) in OPEN {
        let report = run(&[Source::read(&folder().join(open), None)], false);
        let scenario = &report.scenarios[0];
        assert!(!scenario.passed, "{open} is replayed without a difference: it is not open any more");
        let difference = scenario.first_difference.as_deref().unwrap_or_default();
        assert!(difference.contains("step"), "{open} ({missing}): {difference}");
    }
}

#[test]
fn what_cannot_be_replayed_fails_and_says_why() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let report = run(&[Source::read(&path, None)], false);
    assert_eq!((report.passed, report.failed), (0, 1));
    assert!(report.scenarios[0].first_difference.as_ref().is_some_and(|text| text.contains("not JSON")));
    assert!(collect(&[folder().join("nothing-here")]).is_err_and(|error| error.contains("nothing-here")));
}

/// A replay that overlooks a change of its recording proves nothing.
#[test]
fn a_recording_that_was_tampered_with_is_noticed() {
    let text = include_str!("../conformance/1.36/traces/03-scale-down-ordered.json");
    let untouched = Trace::parse(text).expect("a recording");
    assert!(replay(&untouched, Mode::default()).is_ok());
    type Tamper = fn(&mut Trace);
    let tampered: [(&str, Tamper); 6] = [
        ("exit status", |trace| trace.steps[0].exit += 1),
        ("output", |trace| trace.steps[0].out.push_str("one line more\n")),
        ("trail", |trace| drop(trace.steps[0].trail.remove(0))),
        ("order of the pods", |trace| {
            let trails = trace.steps.iter_mut().map(|step| &mut step.trail);
            let is_born = |line: &String| line.starts_with("+ pod/");
            let mut births = trails.filter(|trail| trail.iter().filter(|line| is_born(line)).count() > 1);
            let trail = births.next().expect("two pods are born in one step");
            let at = trail.iter().position(is_born).expect("a pod is born");
            let first = trail.remove(at);
            trail.push(first);
        }),
        ("Event", |trace| {
            let mut events = trace.steps.iter_mut().filter_map(|step| step.events.as_mut());
            let event = events.next().and_then(|events| events.iter_mut().find(|e| e.1 == "Created"));
            event.expect("an Event").4 += 1;
        }),
        ("state", |trace| {
            let state = trace.steps.iter_mut().find_map(|step| step.state.as_mut()).expect("a state");
            state.insert("pv".to_owned(), [("pv999".to_owned(), serde_json::json!({}))].into());
        }),
    ];
    for (what, tamper) in tampered {
        let mut trace = untouched.clone();
        tamper(&mut trace);
        assert!(replay(&trace, Mode::default()).is_err(), "a changed {what} went unnoticed");
    }
}

/// Of a second run of the same cluster a claim may have the other one of two equal volumes, and nothing else.
#[test]
fn only_equal_volumes_stand_for_one_another() {
    let volume = |name: &str, size: &str| {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name, "labels": {"name": name}},
            "spec": {
                "capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "a",
                "hostPath": {"path": format!("/{name}")},
            },
        })
    };
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
        "spec": {
            "storageClassName": "a", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
        },
    });
    let items = [volume("pv1", "1Gi"), volume("pv2", "1Gi"), volume("pv3", "2Gi"), claim];
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    // Which volumes have the claim.
    let listing = |bound: &[&str]| -> Value {
        let row = |(name, size): (&str, &str)| {
            let (status, claim) =
                if bound.contains(&name) { ("Bound", "default/data") } else { ("Available", "") };
            format!(
                "{name:<7}{size:<11}RWO            Retain           {status:<12}{claim:<15}a              <unset>                          1s\n"
            )
        };
        let header = "NAME   CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS      CLAIM          STORAGECLASS   VOLUMEATTRIBUTESCLASS   REASON   AGE\n";
        let rows = [("pv1", "1Gi"), ("pv2", "1Gi"), ("pv3", "2Gi")].map(row).concat();
        json!({"run": "kubectl get pv", "out": format!("{header}{rows}")})
    };
    let cases: [(&[&str], bool); 5] =
        [(&["pv1"], true), (&["pv2"], true), (&["pv3"], false), (&["pv1", "pv2"], false), (&[], false)];
    for (bound, is_free) in cases {
        let commands = json!({
            "files": {"all.json": list.to_string()}, "setup": ["kubectl create -f all.json"],
            "commands": [listing(&["pv1"]), listing(bound)],
        });
        let commands: Commands = serde_json::from_value(commands).expect("a recording");
        let [first, second] = &commands.play(Mode::default())[..] else { panic!("two commands") };
        assert_eq!(first.difference, None);
        assert_eq!(second.difference.is_none(), is_free, "{bound:?}: {:?}", second.difference);
    }
}
