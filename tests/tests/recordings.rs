//! The engine does what a real control plane did: the recordings in `tests/conformance`, replayed.

use std::fs;
use std::path::Path;

use tests::conformance::{Trace, replay};

#[test]
fn every_recorded_scenario_is_replayed_without_a_difference() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/1.36/traces");
    let mut files: Vec<_> =
        fs::read_dir(&folder).expect("the recordings").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no recordings in {}", folder.display());
    let mut failures = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("a readable recording");
        let trace = Trace::parse(&text).expect("a recording");
        if let Err(difference) = replay(&trace) {
            failures.push(format!("{}\n{difference}", trace.name));
        }
    }
    assert!(failures.is_empty(), "{} of {} differ\n{}", failures.len(), files.len(), failures.join("\n\n"));
}

/// A replay that overlooks a change of its recording proves nothing.
#[test]
fn a_recording_that_was_tampered_with_is_noticed() {
    let text = include_str!("../conformance/1.36/traces/02-scale-up-ordered.json");
    let untouched = Trace::parse(text).expect("a recording");
    assert!(replay(&untouched).is_ok());
    type Tamper = fn(&mut Trace);
    let tampered: [(&str, Tamper); 5] = [
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
        ("state", |trace| {
            let state = trace.steps.iter_mut().find_map(|step| step.state.as_mut()).expect("a state");
            state.insert("pv".to_owned(), [("pv999".to_owned(), serde_json::json!({}))].into());
        }),
    ];
    for (what, tamper) in tampered {
        let mut trace = untouched.clone();
        tamper(&mut trace);
        assert!(replay(&trace).is_err(), "a changed {what} went unnoticed");
    }
}
