//! What kubectl and the API server said to broken and odd manifests (recorded at v1.36.2): the words of syntax errors,
//! of decoding errors and of unknown fields.
//!
//! `parse_error` is the text after `error parsing case.yaml: `, `metadata_error` that after `unable to decode
//! "case.yaml": `, `decode_error` that after `cannot be handled as a KIND: `; `documents` how many objects were made.

use std::fs;

use machinery::decode::{decode_metadata_only, normalize, with_printed_nulls};
use machinery::version::Features;
use machinery::yaml::{documents, to_yaml};
use machinery::{Kind, Object};
use serde_json::{Value, json};

fn data(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).expect("a list of cases")
}

// A long text is a list of pieces with how often each is repeated.
fn manifest(case: &Value) -> String {
    match &case["manifest"] {
        Value::String(text) => text.clone(),
        joined => {
            let pieces = joined["join"].as_array().expect("pieces");
            pieces
                .iter()
                .map(|p| p[0].as_str().expect("text").repeat(p[1].as_u64().expect("times") as usize))
                .collect()
        }
    }
}

fn kind_of(value: &Value) -> Option<Kind> {
    Kind::ALL
        .into_iter()
        .find(|kind| value["kind"] == kind.name() && value["apiVersion"] == kind.api_version())
}

// The items of a list, or the object itself.
fn objects(value: Value) -> Vec<Value> {
    match value["items"].as_array() {
        Some(items) if value["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => items.clone(),
        // kubectl's validation refuses what is no object before it decodes.
        _ if !value.is_object() => Vec::new(),
        _ => vec![value],
    }
}

#[derive(Default)]
struct Outcome {
    parse_error: Option<String>,
    metadata_error: Option<String>,
    decode_error: Option<String>,
    decoded: u64,
}

fn read(name: &str, text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for document in documents(text) {
        let document = match document {
            Ok(document) => document,
            Err(error) => {
                outcome.parse_error.get_or_insert(error.to_string());
                break;
            }
        };
        for value in objects(document.value) {
            if let Err(error) = decode_metadata_only(&value) {
                outcome.metadata_error.get_or_insert(error.to_string());
                continue;
            }
            let Some(kind) = kind_of(&value) else {
                continue;
            };
            let error = match normalize(kind.go_type(), value, Features::default()) {
                Ok(normalized) => {
                    outcome.decoded += 1;
                    let error = normalized.strict_error();
                    Object::from_value(kind, normalized.value).unwrap_or_else(|e| panic!("{name}: {e}"));
                    error
                }
                Err(error) => Some(error.to_string()),
            };
            outcome.decode_error = outcome.decode_error.or(error);
        }
    }
    outcome
}

#[test]
fn errors_are_kubectls() {
    let cases = data("manifests.json");
    let expected_errors = cases.iter().filter(|case| case.get("parse_error").is_some()).count();
    assert!(expected_errors >= 18, "the data file lost cases");
    for case in &cases {
        let name = case["name"].as_str().expect("a name");
        let outcome = read(name, &manifest(case));
        let found = json!({
            "parse_error": outcome.parse_error,
            "metadata_error": outcome.metadata_error,
            "decode_error": outcome.decode_error,
        });
        let expected = json!({
            "parse_error": case.get("parse_error"),
            "metadata_error": case.get("metadata_error"),
            "decode_error": case.get("decode_error"),
        });
        assert_eq!(found, expected, "{name}");
        if let Some(made) = case["documents"].as_u64() {
            assert!(outcome.decoded >= made, "{name}: {} of {made} documents", outcome.decoded);
        }
    }
}

#[test]
fn what_the_api_server_accepts_decodes() {
    for case in data("accepted.json") {
        let name = case["name"].as_str().expect("a name");
        let outcome = read(name, &manifest(&case));
        let errors = [outcome.parse_error, outcome.metadata_error, outcome.decode_error];
        assert_eq!(errors, [None, None, None], "{name}");
        assert!(outcome.decoded > 0, "{name}");
    }
}

#[test]
fn what_kubectl_printed_prints_the_same_again() {
    for case in data("printed.json") {
        let (run, printed) = (case["run"].as_str().expect("a command"), case["out"].as_str().expect("text"));
        let again: Vec<String> = documents(printed)
            .map(|document| to_yaml(&document.expect("kubectl prints valid YAML").value))
            .collect();
        assert_eq!(again.join("---\n"), printed, "{run}");
    }
}

#[test]
fn what_kubectl_printed_has_every_field_that_go_prints() {
    let mut compared = 0;
    for case in data("printed.json") {
        let (run, printed) = (case["run"].as_str().expect("a command"), case["out"].as_str().expect("text"));
        // What is printed without asking the API server keeps what was typed.
        if run.contains("--local") || run.contains("--dry-run") {
            continue;
        }
        for document in documents(printed) {
            for value in objects(document.expect("kubectl prints valid YAML").value) {
                let kind = kind_of(&value).unwrap_or_else(|| panic!("{run}: a kind"));
                let normalized =
                    normalize(kind.go_type(), value.clone(), Features::default()).expect("decodes").value;
                assert_eq!(
                    with_printed_nulls(kind.go_type(), &normalized, Features::default()),
                    value,
                    "{run}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 10, "only {compared} objects");
}
