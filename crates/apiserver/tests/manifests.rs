//! Broken and odd manifests, with what the API server of a real cluster (v1.36.2) said or stored.
//!
//! `data/manifests.json`: each case has the manifest as JSON, and either the refusal (its causes where it is `Invalid`,
//! else its message) or, where the recording kept it, the stored spec.

// Not every test file uses every helper.
#[allow(dead_code, reason = "shared by several test binaries")]
mod common;

use common::{Cluster, object_of};
use machinery::status::Reason;
use serde_json::{Value, json};

#[test]
fn every_manifest_is_answered_as_recorded() {
    let recording: Value = serde_json::from_str(include_str!("data/manifests.json")).expect("JSON");
    let cases = recording["cases"].as_array().expect("cases");
    let mut failures = Vec::new();
    for case in cases {
        let mut cluster = Cluster::new();
        let mut kubernetes = common::service("kubernetes");
        kubernetes["spec"]["clusterIP"] = json!("10.96.0.1");
        cluster.create(kubernetes);
        let before = cluster.server.resource_version();
        let answer = cluster.try_create(case["object"].clone());
        let (mut expected, mut ours) = (json!({}), json!({}));
        match answer {
            Ok(response) => {
                ours["warnings"] = json!(cluster.warnings);
                expected["warnings"] = case.get("warnings").cloned().unwrap_or(json!([]));
                expected["refusal"] = case.get("refusal").cloned().unwrap_or_default();
                ours["refusal"] = Value::Null;
                if let Some(stored) = case.get("stored_spec") {
                    expected["spec"] = stored.clone();
                    ours["spec"] = object_of(response).to_value()["spec"].clone();
                }
            }
            Err(refusal) => {
                expected["refusal"] = case.get("refusal").cloned().unwrap_or_default();
                ours["refusal"] = json!({"reason": refusal.reason.to_string()});
                if refusal.reason == Reason::Invalid {
                    let causes: Vec<String> = refusal.causes.iter().map(ToString::to_string).collect();
                    ours["refusal"]["causes"] = json!(causes);
                } else {
                    ours["refusal"]["message"] = json!(refusal.message);
                }
                assert_eq!(
                    cluster.server.resource_version(),
                    before,
                    "{}: refused, yet written",
                    case["name"]
                );
            }
        }
        if expected != ours {
            failures.push(format!("{}\n  expected {expected}\n  ours     {ours}", case["name"]));
        }
    }
    assert!(cases.len() > 200, "{} cases", cases.len());
    assert!(failures.is_empty(), "{} of {} differ\n{}", failures.len(), cases.len(), failures.join("\n"));
}
