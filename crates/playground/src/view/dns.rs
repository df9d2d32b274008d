//! Names: what the DNS answers for each identity, and the whole zone as a table.
//!
//! The answers are `node::dns`'s, and so is the broken link where a name has none.

use std::collections::BTreeSet;

use client::Listers;
use machinery::ObjectKey;
use machinery::decision::BrokenLink;
use node::dns::{RecordType, ZONE, broken_link, query, records};

use super::Snapshot;
use super::lookup::{Lookup, Question, lookup};
use super::objects::State;

/// A pod's name and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameView {
    /// `myapp-0.myapp-svc`; the pod's name alone if there is no Service's name.
    pub name: String,
    /// The name with namespace and domain.
    pub fqdn: String,
    /// The addresses, or why there are none (NXDOMAIN).
    pub answer: Result<Vec<String>, BrokenLink>,
}

/// A record of the zone. Names are fully qualified, with the final dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// Whom it is about.
    pub name: String,
    /// `A`, `SRV`, `PTR`, ….
    pub kind: String,
    /// For how many seconds it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: String,
}

/// The name of one identity of a set.
pub fn name_of(snapshot: Snapshot<'_>, pod: &ObjectKey, service: &str) -> NameView {
    let fqdn = format!("{}.{service}.{}.svc.{ZONE}", pod.name, pod.namespace);
    let name = if service.is_empty() { pod.name.to_string() } else { format!("{}.{service}", pod.name) };
    let answers = [RecordType::A, RecordType::Aaaa].map(|kind| query(snapshot.names, &fqdn, kind));
    let addresses: Vec<String> =
        answers.iter().flat_map(|answer| &answer.answer).map(|record| record.data.to_string()).collect();
    let answer =
        if addresses.is_empty() { Err(broken_link(snapshot.names, pod, service)) } else { Ok(addresses) };
    NameView { name, fqdn, answer }
}

/// Most rows of the zone.
const ROWS: usize = 300;

/// The zone as a table, those that changed first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    /// The rows, each with what has become of it.
    pub rows: Vec<(State, Record)>,
    /// How many records are left out.
    pub more: usize,
    /// The name that is looked up.
    pub lookup: Lookup,
}

/// The zone and its reverse zones, compared with what they were before, and the answer to a question.
pub fn zone(snapshot: Snapshot<'_>, before: &Listers, question: &Question) -> Zone {
    let row = |record: node::dns::Record| Record {
        kind: record.data.record_type().to_string(),
        data: record.data.to_string(),
        name: record.name,
        ttl: record.ttl,
    };
    // The zone's serial changes with everything.
    let table = |names: &Listers| -> BTreeSet<Record> {
        records(names).into_iter().map(row).filter(|record| record.kind != "SOA").collect()
    };
    let now = table(snapshot.names);
    let mut rows = Vec::new();
    if before.resource_version() == snapshot.names.resource_version() {
        rows.extend(now.into_iter().map(|record| (State::Same, record)));
    } else {
        let before = table(before);
        let state = |record: &Record| if before.contains(record) { State::Same } else { State::New };
        rows.extend(before.difference(&now).map(|record| (State::Gone, record.clone())));
        rows.extend(now.iter().map(|record| (state(record), record.clone())));
        rows.sort_by(|a, b| (a.0 == State::Same, &a.1).cmp(&(b.0 == State::Same, &b.1)));
    }
    Zone {
        more: rows.len().saturating_sub(ROWS),
        rows: rows.into_iter().take(ROWS).collect(),
        lookup: lookup(snapshot, question),
    }
}
