//! Names: what the DNS answers for each identity, and the whole zone as a table.
//!
//! The answers are `node::dns`'s, and so is the broken link where a name has none.

use machinery::ObjectKey;
use machinery::decision::BrokenLink;
use node::dns::{RecordType, ZONE, broken_link, query, records};

use super::Snapshot;

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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Every record of the zone and its reverse zones.
pub fn zone(snapshot: Snapshot<'_>) -> Vec<Record> {
    let row = |record: node::dns::Record| Record {
        kind: record.data.record_type().to_string(),
        data: record.data.to_string(),
        name: record.name,
        ttl: record.ttl,
    };
    records(snapshot.names).into_iter().map(row).collect()
}
