//! What the zone holds: services, their ready endpoints, and the names of their addresses.
//!
//! Models CoreDNS's plugin/kubernetes/{kubernetes,reverse}.go and object/endpoint.go. Only ready endpoints exist for DNS;
//! an endpoint without a hostname is named after its address. Invariant: services by namespace and name, endpoints by slice.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use client::Listers;
use k8s_openapi::api::core::v1::Service;
use machinery::{EndpointSlice, Resource};

use super::ZONE;
use super::record::{Data, Record};

/// Seconds for which an answer may be kept.
pub(super) const TTL: u32 = 30;
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// A name's address on one port.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The full name, with the final dot.
    pub(super) name: String,
    pub(super) host: IpAddr,
    /// `None` where neither service nor endpoints declare one.
    pub(super) port: Option<Port>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) protocol: String,
    pub(super) number: u16,
}

/// A ready endpoint's address.
pub(super) struct Endpoint<'a> {
    pub(super) hostname: Cow<'a, str>,
    /// As the slice has it; parsed where the endpoint is wanted.
    address: &'a str,
}

/// `NAME.NAMESPACE.svc.cluster.local.`.
pub(super) fn service_name(service: &Service) -> String {
    format!("{}.{}.svc.{ZONE}.", service.name(), service.namespace())
}

/// Whether the service has no address of its own.
pub(super) fn is_headless(service: &Service) -> bool {
    service.spec.as_ref().and_then(|s| s.cluster_ip.as_deref()) == Some("None")
}

/// The name for which a service of type ExternalName stands.
pub(super) fn external_name(service: &Service) -> Option<&str> {
    let spec = service.spec.as_ref()?;
    (spec.type_.as_deref() == Some("ExternalName")).then_some(spec.external_name.as_deref()?)
}

/// The service's own addresses on each of its ports.
pub(super) fn cluster_entries(service: &Service) -> Vec<Entry> {
    let Some(spec) = service.spec.as_ref() else {
        return Vec::new();
    };
    let own = spec.cluster_ips.clone().or_else(|| spec.cluster_ip.clone().map(|ip| vec![ip]));
    let addresses: Vec<IpAddr> = own.into_iter().flatten().filter_map(|ip| ip.parse().ok()).collect();
    let name = service_name(service);
    let mut entries = Vec::new();
    for port in spec.ports.iter().flatten() {
        let port = Port {
            name: port.name.clone().unwrap_or_default(),
            protocol: port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
            number: u16::try_from(port.port).unwrap_or(0),
        };
        entries.extend(addresses.iter().map(|host| Entry {
            name: name.clone(),
            host: *host,
            port: Some(port.clone()),
        }));
    }
    entries
}

/// The service's ready endpoints on each of their ports.
pub(super) fn endpoint_entries(listers: &Listers, service: &Service) -> Vec<Entry> {
    wanted_entries(listers, service, |_| true)
}

/// Those of the service's ready endpoints that are wanted, on each of their ports.
pub(super) fn wanted_entries(
    listers: &Listers,
    service: &Service,
    is_wanted: impl Fn(&Endpoint<'_>) -> bool,
) -> Vec<Entry> {
    let base = service_name(service);
    let mut entries = Vec::new();
    for slice in slices_of(listers, service) {
        let ports = ports(slice);
        for endpoint in endpoints(slice).filter(&is_wanted) {
            let Ok(host) = endpoint.address.parse() else {
                continue;
            };
            let name = format!("{}.{base}", endpoint.hostname);
            entries.extend(ports.iter().map(|port| Entry { name: name.clone(), host, port: port.clone() }));
        }
    }
    entries
}

/// Where a connection to one of the service's ports may go: its ready endpoints.
pub(crate) fn endpoints_of_port(listers: &Listers, service: &Service, number: u16) -> Vec<(IpAddr, u16)> {
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    let names = ports.filter(|port| port.port == i32::from(number)).map(|port| port.name.as_deref());
    let Some(name) = names.map(Option::unwrap_or_default).next() else {
        return Vec::new();
    };
    let entries = endpoint_entries(listers, service).into_iter();
    entries
        .filter_map(|e| e.port.filter(|port| port.name == name).map(|port| (e.host, port.number)))
        .collect()
}

fn slices_of<'a>(listers: &'a Listers, service: &'a Service) -> impl Iterator<Item = &'a EndpointSlice> {
    let of_service = |slice: &&EndpointSlice| {
        slice.metadata.labels.as_ref().and_then(|l| l.get(SERVICE_NAME)).is_some_and(|n| n == service.name())
    };
    listers.list::<EndpointSlice>(service.namespace()).map(|slice| &**slice).filter(of_service)
}

/// The slice's ports; one unnamed place without a number if it has none, so that its addresses exist all the same.
fn ports(slice: &EndpointSlice) -> Vec<Option<Port>> {
    let ports: Vec<Option<Port>> = slice
        .ports
        .iter()
        .flatten()
        .map(|p| {
            Some(Port {
                name: p.name.clone().unwrap_or_default(),
                protocol: p.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
                number: p.port.and_then(|n| u16::try_from(n).ok())?,
            })
        })
        .collect();
    if ports.is_empty() { vec![None] } else { ports }
}

fn endpoints(slice: &EndpointSlice) -> impl Iterator<Item = Endpoint<'_>> {
    let ready = slice
        .endpoints
        .iter()
        .flatten()
        .filter(|e| e.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true));
    ready.flat_map(|endpoint| {
        let hostname = endpoint.hostname.as_deref().filter(|name| !name.is_empty());
        endpoint.addresses.iter().map(move |address| {
            let dashed = || Cow::Owned(address.replace(['.', ':'], "-"));
            Endpoint { hostname: hostname.map_or_else(dashed, Cow::Borrowed), address }
        })
    })
}

/// The names of each address: the service's whose own it is, otherwise those of all endpoints that have it.
pub(super) fn names_of(listers: &Listers, addresses: &[IpAddr]) -> BTreeMap<IpAddr, BTreeSet<String>> {
    let mut names: BTreeMap<IpAddr, BTreeSet<String>> = BTreeMap::new();
    let mut sought: BTreeSet<IpAddr> = addresses.iter().copied().collect();
    let services = || listers.list::<Service>("");
    let own = services().filter(|s| !is_headless(s)).flat_map(|s| cluster_entries(s));
    for entry in own.filter(|e| sought.contains(&e.host)) {
        names.entry(entry.host).or_default().insert(entry.name);
    }
    sought.retain(|address| !names.contains_key(address));
    let is_sought = |e: &Endpoint<'_>| e.address.parse().is_ok_and(|address| sought.contains(&address));
    for entry in services().flat_map(|s| wanted_entries(listers, s, is_sought)) {
        names.entry(entry.host).or_default().insert(entry.name);
    }
    names
}

/// `4.1.244.10.in-addr.arpa.` of `10.244.1.4`; for IPv6 its nibbles under `ip6.arpa.`.
pub(super) fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(ip) => {
            let nibbles = ip.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).chain(["ip6.arpa.".to_owned()]).collect()
        }
    }
}

/// The address record of a name.
pub(super) fn address_record(name: &str, host: IpAddr) -> Record {
    let data = match host {
        IpAddr::V4(ip) => Data::A(ip),
        IpAddr::V6(ip) => Data::Aaaa(ip),
    };
    Record { name: name.to_owned(), ttl: TTL, data }
}

/// The service record of a name for one of several entries of the same name.
pub(super) fn service_record(name: &str, entry: &Entry, port: &Port, entries: usize) -> Record {
    // CoreDNS divides 100 among all entries, duplicates included, and gives each at least 1.
    let weight = u16::try_from(100 / entries.max(1)).unwrap_or(0).max(1);
    let data = Data::Srv { weight, port: port.number, target: entry.name.clone() };
    Record { name: name.to_owned(), ttl: TTL, data }
}

/// Every record of the zone and of its reverse zones, service by service: addresses, named ports, reverse names.
pub fn records(listers: &Listers) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for service in listers.list::<Service>("") {
        let name = service_name(service);
        if let Some(target) = external_name(service) {
            let data = Data::Cname(format!("{}.", target.trim_end_matches('.')));
            records.push(Record { name, ttl: TTL, data });
            continue;
        }
        let headless = is_headless(service);
        let endpoints = endpoint_entries(listers, service);
        let own = if headless { endpoints.clone() } else { cluster_entries(service) };
        let addresses = own.iter().map(|e| address_record(&name, e.host));
        let hosts = endpoints.iter().map(|e| address_record(&e.name, e.host));
        let reverse = own.iter().chain(&endpoints).map(|e| Record {
            name: reverse_name(e.host),
            ttl: TTL,
            data: Data::Ptr(e.name.clone()),
        });
        records.extend(addresses.chain(named_ports(&name, &own)).chain(hosts).chain(reverse));
    }
    // An endpoint on two ports, or with a headless service's address, is said once.
    let mut seen = BTreeSet::new();
    records.retain(|record| seen.insert(record.to_string()));
    records
}

/// `_PORT._PROTOCOL.SERVICE` for each named port.
fn named_ports(service: &str, entries: &[Entry]) -> Vec<Record> {
    let named = || entries.iter().filter_map(|e| Some((e, e.port.as_ref().filter(|p| !p.name.is_empty())?)));
    let mut same: BTreeMap<&Port, usize> = BTreeMap::new();
    for (_, port) in named() {
        *same.entry(port).or_default() += 1;
    }
    let record = |(entry, port): (&Entry, &Port)| {
        let name = format!("_{}._{}.{service}", port.name, port.protocol.to_ascii_lowercase());
        service_record(&name, entry, port, same[port])
    };
    named().map(record).collect()
}
