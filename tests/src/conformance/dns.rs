//! What a DNS server answered in several states of a cluster.
//!
//! The recording holds the objects themselves, so no cluster is needed to ask again.

use client::Listers;
use client::api::{Change, WatchEvent};
use machinery::{Kind, Object};
use node::dns::{self, RecordType};
use serde::Deserialize;
use serde_json::{Value, json};

use super::compare::lines_differ;
use super::run::{Outcome, guarded};

/// A recording of answers.
#[derive(Clone, Debug, Deserialize)]
pub struct Dns {
    /// The cluster at several moments.
    pub states: Vec<State>,
}

/// A cluster, and questions.
#[derive(Clone, Debug, Deserialize)]
pub struct State {
    /// What is particular about it.
    pub description: String,
    #[serde(default)]
    services: Vec<Service>,
    #[serde(default)]
    endpointslices: Vec<Slice>,
    /// The questions.
    pub queries: Vec<Query>,
}

#[derive(Clone, Debug, Deserialize)]
struct Service {
    name: String,
    #[serde(rename = "clusterIP")]
    cluster_ip: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Slice {
    name: String,
    service: String,
    labels: Value,
    #[serde(default)]
    ports: Vec<Value>,
    endpoints: Vec<Value>,
}

/// A question and its answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Query {
    name: String,
    #[serde(rename = "type")]
    record_type: String,
    rcode: String,
    aa: Option<bool>,
    #[serde(default)]
    answer: Vec<String>,
    #[serde(default)]
    authority: Vec<String>,
    #[serde(default)]
    additional: Vec<String>,
}

impl Dns {
    /// Asks the questions of one state.
    pub fn play(&self, state: usize) -> Outcome {
        let state = &self.states[state];
        let ask = || {
            let listers = self.listers(state);
            state.queries.iter().find_map(|query| query.difference(&listers))
        };
        Outcome { name: state.description.clone(), steps: state.queries.len(), difference: guarded(ask) }
    }

    fn listers(&self, state: &State) -> Listers {
        let mut listers = Listers::default();
        for namespace in ["default", "kube-system"] {
            add(&mut listers, Kind::Namespace, json!({"metadata": {"name": namespace}}));
        }
        let api = json!([{"name": "https", "port": 443, "protocol": "TCP"}]);
        add(&mut listers, Kind::Service, service("kubernetes", "10.96.0.1", api));
        for Service { name, cluster_ip } in &state.services {
            add(&mut listers, Kind::Service, service(name, cluster_ip, self.ports(state, name)));
        }
        for slice in &state.endpointslices {
            let value = json!({
                "metadata": {"name": slice.name, "namespace": "default", "labels": slice.labels},
                "addressType": "IPv4",
                "ports": slice.ports,
                "endpoints": slice.endpoints,
            });
            add(&mut listers, Kind::EndpointSlice, value);
        }
        listers
    }

    /// A service's ports, which the recording leaves to its slices; one without endpoints had them in another state.
    fn ports(&self, state: &State, service: &str) -> Value {
        let states = std::iter::once(state).chain(&self.states);
        let mut slices = states.flat_map(|state| &state.endpointslices).filter(|s| s.service == service);
        slices.find(|slice| !slice.ports.is_empty()).map_or_else(|| json!([]), |slice| json!(slice.ports))
    }
}

fn service(name: &str, ip: &str, ports: Value) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"clusterIP": ip, "clusterIPs": [ip], "ports": ports},
    })
}

fn add(listers: &mut Listers, kind: Kind, value: Value) {
    if let Ok(object) = Object::from_value(kind, value) {
        listers.apply(&WatchEvent { change: Change::Added, object, old: None });
    }
}

impl Query {
    fn difference(&self, listers: &Listers) -> Option<String> {
        let what = format!("{} {}", self.name, self.record_type);
        let Some(record_type) = RecordType::parse(&self.record_type) else {
            return Some(format!("{what}: this type of record cannot be asked for"));
        };
        let answer = dns::query(listers, &self.name, record_type);
        let section = |records: &[dns::Record]| records.iter().map(ToString::to_string).collect::<Vec<_>>();
        let ours = [
            vec![answer.rcode.to_string(), format!("aa {}", answer.authoritative)],
            section(&answer.answer),
            section(&answer.authority),
            section(&answer.additional),
        ];
        let recorded = [
            vec![self.rcode.clone(), format!("aa {}", self.aa.unwrap_or(answer.authoritative))],
            self.answer.clone(),
            self.authority.clone(),
            self.additional.clone(),
        ];
        lines_differ(&what, &text(&recorded), &text(&ours))
    }
}

fn text(sections: &[Vec<String>; 4]) -> String {
    let titles = ["status", "answer", "authority", "additional"];
    let section = |(title, records): (&str, &Vec<String>)| {
        let records = records.iter().map(|record| format!("  {}\n", without_serial(record)));
        format!("{title}\n{}", records.collect::<String>())
    };
    titles.into_iter().zip(sections).map(section).collect()
}

/// The record; the serial of an authority is the time of the recording.
fn without_serial(record: &str) -> String {
    let mut words: Vec<&str> = record.split(' ').collect();
    if words.get(3) == Some(&"SOA") && words.len() > 6 {
        words[6] = "<time>";
    }
    words.join(" ")
}
