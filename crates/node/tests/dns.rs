//! What CoreDNS 1.13 answered beside a real control plane (v1.36.2), question by question.

use client::Listers;
use client::api::{Change, WatchEvent};
use machinery::{Kind, Object};
use node::dns::{self, RecordType};
use serde_json::{Value, json};

const RECORDING: &str = include_str!("data/dns.json");

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn add(listers: &mut Listers, kind: Kind, value: Value) {
    let object = Object::from_value(kind, value).expect("the recording's objects decode");
    listers.apply(&WatchEvent { change: Change::Added, object, old: None });
}

/// The service as it was applied: the recording's summary leaves the ports to the slices.
fn service(summary: &Value, slices: &Value) -> Value {
    let name = text(summary, "name");
    let mut ports = items(slices, "endpointslices").filter(|s| text(s, "service") == name).flat_map(|s| {
        let ports: Vec<Value> = items(s, "ports").cloned().collect();
        ports
    });
    // A set scaled to none leaves slices without ports; every service of the recording but one calls its port `web`.
    let port_name = if name == "web-hl2" { "x" } else { "web" };
    let port = ports.next().unwrap_or_else(|| json!({"name": port_name, "protocol": "TCP", "port": 80}));
    let ip = text(summary, "clusterIP");
    json!({
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"clusterIP": ip, "clusterIPs": [ip], "ports": [port]},
    })
}

fn listers(state: &Value) -> Listers {
    let mut listers = Listers::default();
    for namespace in ["default", "kube-system"] {
        add(&mut listers, Kind::Namespace, json!({"metadata": {"name": namespace}}));
    }
    let kubernetes = json!({
        "metadata": {"name": "kubernetes", "namespace": "default"},
        "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "protocol": "TCP"}]},
    });
    add(&mut listers, Kind::Service, kubernetes);
    for summary in items(state, "services") {
        add(&mut listers, Kind::Service, service(summary, state));
    }
    for slice in items(state, "endpointslices") {
        let value = json!({
            "metadata": {"name": slice["name"], "namespace": "default", "labels": slice["labels"]},
            "addressType": "IPv4",
            "ports": slice.get("ports").cloned().unwrap_or_else(|| json!([])),
            "endpoints": slice["endpoints"],
        });
        add(&mut listers, Kind::EndpointSlice, value);
    }
    listers
}

/// The recorded records; the serial of an authority is the time of the recording.
fn recorded(query: &Value, section: &str) -> Vec<String> {
    items(query, section).map(|r| without_serial(r.as_str().unwrap_or_default())).collect()
}

fn without_serial(record: &str) -> String {
    let mut words: Vec<&str> = record.split(' ').collect();
    if words.get(3) == Some(&"SOA") {
        words[6] = "SERIAL";
    }
    words.join(" ")
}

#[test]
fn every_recorded_question_has_the_recorded_answer() {
    let recording: Value = serde_json::from_str(RECORDING).expect("the recording is JSON");
    let (mut asked, mut wrong) = (0, Vec::new());
    for state in items(&recording, "states") {
        let listers = listers(state);
        for query in items(state, "queries") {
            let record_type = RecordType::parse(text(query, "type")).expect("a known type");
            let answer = dns::query(&listers, text(query, "name"), record_type);
            let section = |records: &[dns::Record]| -> Vec<String> {
                records.iter().map(|r| without_serial(&r.to_string())).collect()
            };
            let ours = (
                answer.rcode.to_string(),
                answer.authoritative,
                section(&answer.answer),
                section(&answer.authority),
                section(&answer.additional),
            );
            let theirs = (
                text(query, "rcode").to_owned(),
                query["aa"] == true,
                recorded(query, "answer"),
                recorded(query, "authority"),
                recorded(query, "additional"),
            );
            asked += 1;
            if ours != theirs {
                wrong.push(format!(
                    "{}: {} {}\n  ours   {ours:?}\n  theirs {theirs:?}",
                    text(state, "description"),
                    text(query, "name"),
                    text(query, "type")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} answers differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 500, "only {asked} questions were asked");
}
