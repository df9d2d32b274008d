//! Broken and odd manifests, and what `create` and `apply` of a real control plane (v1.36.2) said to each.

mod support;

use kubectl::Invocation;
use serde_json::Value;
use support::{Cluster, Output};

const CASES: &str = include_str!("data/raw-manifests.json");

fn manifest(case: &Value) -> String {
    match &case["manifest"] {
        Value::String(text) => text.clone(),
        // A long one is pieces, each so many times.
        joined => {
            let piece = |piece: &Value| {
                let times = piece[1].as_u64().and_then(|times| usize::try_from(times).ok());
                piece[0].as_str().expect("a text").repeat(times.expect("a number"))
            };
            joined["join"].as_array().expect("pieces").iter().map(piece).collect()
        }
    }
}

#[test]
fn every_manifest_gets_the_recorded_answer() {
    let cases: Vec<Value> = serde_json::from_str(CASES).expect("the data are JSON");
    let mut wrong = Vec::new();
    for case in &cases {
        let text = manifest(case);
        for verb in ["create", "apply"] {
            let mut cluster = Cluster::new();
            cluster.files.0.insert("case.yaml".to_owned(), text.clone());
            let found =
                cluster.resume(&mut Invocation::new(&[verb, "-f", "case.yaml"].map(str::to_owned), None));
            let recorded = &case[verb];
            let expected = Output {
                out: recorded["stdout"].as_str().expect("a text").to_owned(),
                err: recorded["stderr"].as_str().expect("a text").to_owned(),
                exit: recorded["exit_code"].as_i64().and_then(|code| i32::try_from(code).ok()),
            };
            if found != expected {
                wrong.push(format!(
                    "{} ({verb})\n  expected {expected:?}\n  found    {found:?}",
                    case["name"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), 2 * cases.len(), wrong.join("\n"));
}
