//! One question, one answer.
//!
//! Models CoreDNS's plugin/kubernetes/{handler,parse,kubernetes}.go and plugin/backend_lookup.go.
//! Invariant: an answer without records carries the zone's SOA, unless the server is no authority.

use std::collections::BTreeSet;
use std::net::IpAddr;

use client::Listers;
use k8s_openapi::api::core::v1::{Namespace, Service};

use super::ZONE;
use super::record::{Answer, Data, Rcode, Record, RecordType};
use super::zone::{
    Entry, TTL, address_record, cluster_entries, endpoint_entries, external_name, is_headless, names_of,
    service_record, wanted_entries,
};

/// The version of the DNS specification that CoreDNS follows.
const SCHEMA_VERSION: &str = "1.1.0";
const SCHEMA_VERSION_TTL: u32 = 28_800;
/// A chain of CNAMEs ends after so many.
const CHAIN_MAX: usize = 8;

/// No such name.
struct NoName;

/// What a name stands for.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    /// The target of an ExternalName service.
    external: Option<String>,
}

/// The answer to a question about a name (with or without the final dot).
pub fn query(listers: &Listers, name: &str, record_type: RecordType) -> Answer {
    let qname = format!("{}.", name.trim_end_matches('.'));
    let lower = qname.to_ascii_lowercase();
    let (zone, result) = if let Some(base) = below(&lower, ZONE) {
        (ZONE, forward(listers, &qname, base, record_type))
    } else if let Some(zone) = ["in-addr.arpa", "ip6.arpa"].into_iter().find(|z| below(&lower, z).is_some()) {
        match reverse(listers, &qname, &lower, record_type) {
            // The reverse zones fall through to an upstream server, and there is none.
            Err(NoName) => return refused(),
            found => (zone, found),
        }
    } else {
        return refused();
    };
    let (rcode, mut answer, mut additional) = match result {
        Ok((answer, additional)) => (Rcode::NoError, answer, additional),
        Err(NoName) => (Rcode::NxDomain, Vec::new(), Vec::new()),
    };
    // A chain of CNAMEs keeps its order.
    if !answer.iter().any(|r| matches!(r.data, Data::Cname(_))) {
        answer.sort_by_cached_key(ToString::to_string);
    }
    additional.sort_by_cached_key(ToString::to_string);
    let authority = if answer.is_empty() { vec![soa(listers, zone)] } else { Vec::new() };
    Answer { rcode, authoritative: true, answer, authority, additional }
}

fn refused() -> Answer {
    Answer {
        rcode: Rcode::ServFail,
        authoritative: false,
        answer: Vec::new(),
        authority: Vec::new(),
        additional: Vec::new(),
    }
}

/// The part of a full name before the zone, without its final dot; `None` if it is not in the zone.
fn below<'a>(name: &'a str, zone: &str) -> Option<&'a str> {
    let base = name.strip_suffix('.')?.strip_suffix(zone)?;
    if base.is_empty() { Some(base) } else { base.strip_suffix('.') }
}

fn soa(listers: &Listers, zone: &str) -> Record {
    Record { name: format!("{zone}."), ttl: TTL, data: Data::Soa { serial: listers.resource_version() } }
}

type Records = Result<(Vec<Record>, Vec<Record>), NoName>;

fn forward(listers: &Listers, qname: &str, base: &str, record_type: RecordType) -> Records {
    match record_type {
        RecordType::Txt if base == "dns-version" => {
            let data = Data::Txt(SCHEMA_VERSION.to_owned());
            Ok((vec![Record { name: qname.to_owned(), ttl: SCHEMA_VERSION_TTL, data }], Vec::new()))
        }
        RecordType::Soa if base.is_empty() => Ok((vec![soa(listers, ZONE)], Vec::new())),
        RecordType::Ns if base.is_empty() => {
            let server = format!("ns.dns.{ZONE}.");
            let data = Data::Ns(server.clone());
            let address = super::SERVER.parse().map(|ip| address_record(&server, ip));
            let record = Record { name: format!("{ZONE}."), ttl: TTL, data };
            Ok((vec![record], address.into_iter().collect()))
        }
        RecordType::Srv => Ok(service_records(qname, &find(listers, base)?.entries)),
        RecordType::A | RecordType::Aaaa | RecordType::Cname => {
            Ok((addresses(listers, qname, base, record_type)?, Vec::new()))
        }
        // Nothing of this type exists, but the name may.
        RecordType::Txt | RecordType::Soa | RecordType::Ns | RecordType::Ptr | RecordType::Any => {
            find(listers, base).map(|_| Default::default())
        }
    }
}

fn addresses(listers: &Listers, qname: &str, base: &str, wanted: RecordType) -> Result<Vec<Record>, NoName> {
    let mut records = Vec::new();
    let mut found = find(listers, base)?;
    let mut owner = qname.to_owned();
    while let Some(target) = found.external.take() {
        let target = format!("{}.", target.trim_end_matches('.'));
        let name = std::mem::replace(&mut owner, target.clone());
        let next = target.to_ascii_lowercase();
        records.push(Record { name, ttl: TTL, data: Data::Cname(target) });
        // A target outside the zone would be asked of an upstream server.
        match below(&next, ZONE).map(|base| find(listers, base)) {
            Some(Ok(next)) if records.len() < CHAIN_MAX && wanted != RecordType::Cname => found = next,
            _ => break,
        }
    }
    let mut seen = BTreeSet::new();
    let hosts = found.entries.iter().map(|e| e.host).filter(|host| seen.insert(*host));
    records.extend(hosts.map(|host| address_record(&owner, host)).filter(|r| r.data.record_type() == wanted));
    Ok(records)
}

fn service_records(qname: &str, entries: &[Entry]) -> (Vec<Record>, Vec<Record>) {
    let (mut answer, mut additional) = (Vec::new(), Vec::new());
    let (mut targets, mut hosts) = (BTreeSet::new(), BTreeSet::new());
    for entry in entries {
        let Some(port) = &entry.port else {
            continue;
        };
        if targets.insert((&entry.name, port.number)) {
            answer.push(service_record(qname, entry, port, entries.len()));
        }
        if hosts.insert((&entry.name, entry.host)) {
            additional.push(address_record(&entry.name, entry.host));
        }
    }
    (answer, additional)
}

/// What `base` (a lower-case name without the zone) stands for: `[PORT.PROTOCOL.|ENDPOINT.]SERVICE.NAMESPACE.svc`, or
/// `A-D-D-R.NAMESPACE.pod`.
fn find(listers: &Listers, base: &str) -> Result<Found, NoName> {
    let mut labels: Vec<&str> = if base.is_empty() { Vec::new() } else { base.split('.').collect() };
    let tree = labels.pop();
    match tree {
        None => return Ok(Found::default()),
        Some("svc" | "pod") => {}
        Some(_) => return Err(NoName),
    }
    let Some(namespace) = labels.pop() else {
        return Ok(Found::default());
    };
    let exists = listers.get::<Namespace>("", namespace).is_some();
    let Some(name) = labels.pop().filter(|_| exists) else {
        return if exists { Ok(Found::default()) } else { Err(NoName) };
    };
    let entries = if tree == Some("pod") {
        vec![pod_entry(base, name)?]
    } else {
        let service = listers.get::<Service>(namespace, name).ok_or(NoName)?;
        if let Some(target) = external_name(service) {
            return if labels.is_empty() {
                Ok(Found { entries: Vec::new(), external: Some(target.to_owned()) })
            } else {
                Err(NoName)
            };
        }
        service_entries(listers, service, &labels)?
    };
    if entries.is_empty() { Err(NoName) } else { Ok(Found { entries, external: None }) }
}

/// The service's entries that the labels before its name select.
fn service_entries(listers: &Listers, service: &Service, labels: &[&str]) -> Result<Vec<Entry>, NoName> {
    let all =
        || if is_headless(service) { endpoint_entries(listers, service) } else { cluster_entries(service) };
    let entries = match labels {
        [] => all(),
        [endpoint] => wanted_entries(listers, service, |e| e.hostname.eq_ignore_ascii_case(endpoint)),
        [port, protocol] => {
            let bare = |label: &str| label.strip_prefix('_').unwrap_or(label).to_owned();
            let (port, protocol) = (bare(port), bare(protocol));
            let matches = |e: &Entry| {
                let of_port = e.port.as_ref().map_or(("", ""), |p| (p.name.as_str(), p.protocol.as_str()));
                of_port.0.eq_ignore_ascii_case(&port) && of_port.1.eq_ignore_ascii_case(&protocol)
            };
            let mut entries = all();
            entries.retain(matches);
            entries
        }
        _ => return Err(NoName),
    };
    Ok(entries)
}

/// The address that a pod's name spells, whether or not such a pod exists.
fn pod_entry(base: &str, name: &str) -> Result<Entry, NoName> {
    let dashes = name.matches('-').count();
    let separator = if dashes == 3 && !name.contains("--") { "." } else { ":" };
    let host = name.replace('-', separator).parse().map_err(|_| NoName)?;
    Ok(Entry { name: format!("{base}.{ZONE}."), host, port: None })
}

fn reverse(listers: &Listers, qname: &str, lower: &str, record_type: RecordType) -> Records {
    let address = address_of(lower).ok_or(NoName)?;
    let names = names_of(listers, &[address]).remove(&address).ok_or(NoName)?;
    if record_type != RecordType::Ptr {
        return Ok(Default::default());
    }
    let record = |name| Record { name: qname.to_owned(), ttl: TTL, data: Data::Ptr(name) };
    Ok((names.into_iter().map(record).collect(), Vec::new()))
}

/// The address that a reverse name spells.
fn address_of(name: &str) -> Option<IpAddr> {
    if let Some(base) = below(name, "in-addr.arpa") {
        let parts: Vec<&str> = base.split('.').rev().collect();
        return parts.join(".").parse().ok().filter(IpAddr::is_ipv4);
    }
    let digits: Vec<char> = below(name, "ip6.arpa")?.split('.').rev().flat_map(str::chars).collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(":").parse().ok().filter(IpAddr::is_ipv6)
}
