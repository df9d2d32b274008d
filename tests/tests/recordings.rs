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
