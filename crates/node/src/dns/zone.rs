//! What the zone holds: services, their ready endpoints, and the names of their addresses.
//!
//! Models CoreDNS's plugin/kubernetes/{kubernetes,reverse}.go and object/endpoint.go. Only ready endpoints exist for DNS;
//! an endpoint without a hostname is named after its address. Invariant: services by namespace and name, endpoints by slice.

use std::collections::BTreeSet;
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

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) protocol: String,
    pub(super) number: u16,
}

/// A ready endpoint's address.
struct Endpoint {
    hostname: String,
    address: IpAddr,
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
    let base = service_name(service);
    let mut entries = Vec::new();
    for slice in slices_of(listers, service) {
        let ports = ports(slice);
        for endpoint in endpoints(slice) {
            entries.extend(ports.iter().map(|port| Entry {
                name: format!("{}.{base}", endpoint.hostname),
                host: endpoint.address,
                port: port.clone(),
            }));
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

fn endpoints(slice: &EndpointSlice) -> impl Iterator<Item = Endpoint> {
    let ready = slice
        .endpoints
        .iter()
        .flatten()
        .filter(|e| e.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true));
    ready.flat_map(|endpoint| {
        let hostname = endpoint.hostname.as_deref().filter(|name| !name.is_empty());
        endpoint.addresses.iter().filter_map(move |address| {
            let dashed = || address.replace(['.', ':'], "-");
            let hostname = hostname.map_or_else(dashed, str::to_owned);
            Some(Endpoint { hostname, address: address.parse().ok()? })
        })
    })
}

/// The names of an address: the service's whose own it is, otherwise those of all endpoints that have it.
pub(super) fn names_of(listers: &Listers, address: IpAddr) -> Vec<String> {
    let own: Vec<String> = listers
        .list::<Service>("")
        .filter(|s| !is_headless(s) && cluster_entries(s).iter().any(|e| e.host == address))
        .map(|s| service_name(s))
        .collect();
    if !own.is_empty() {
        return own;
    }
    let mut names: Vec<String> = listers
        .list::<Service>("")
        .flat_map(|s| endpoint_entries(listers, s))
        .filter(|e| e.host == address)
        .map(|e| e.name)
        .collect();
    names.sort();
    names.dedup();
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
    let mut records = Vec::new();
    for entry in entries {
        let Some(port) = entry.port.as_ref().filter(|p| !p.name.is_empty()) else {
            continue;
        };
        let name = format!("_{}._{}.{service}", port.name, port.protocol.to_ascii_lowercase());
        let same = entries.iter().filter(|e| e.port.as_ref() == Some(port)).count();
        records.push(service_record(&name, entry, port, same));
    }
    records
}
