//! Names as a program in a pod resolves them: /etc/hosts, then the search path, then the name itself.
//!
//! Models the files that pkg/kubelet/kubelet_pods.go and network/dns/dns.go write for dnsPolicy ClusterFirst, and musl's
//! resolver (src/network/lookup_name.c). Departs: a name outside the cluster's zone does not exist, as no upstream server does.

use std::net::IpAddr;

use client::Listers;
use k8s_openapi::api::core::v1::Pod;
use machinery::Resource;

use super::query::query;
use super::record::{Data, Rcode, RecordType};
use super::zone::reverse_name;
use super::{SERVER, ZONE};

/// A name with so many dots is tried as it stands first.
const NDOTS: usize = 5;
/// The longest host name, in bytes.
const HOSTNAME_MAX: usize = 63;
const HOSTS_HEAD: [&str; 6] = [
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
];

/// The pod's host name: its own, or its name cut to 63 bytes.
pub fn hostname(pod: &Pod) -> String {
    let named = pod.spec.as_ref().and_then(|s| s.hostname.as_deref()).filter(|name| !name.is_empty());
    let name = named.unwrap_or(pod.name());
    name.chars().take(HOSTNAME_MAX).collect::<String>().trim_end_matches(['-', '.']).to_owned()
}

/// The pod's full name; `None` without a subdomain.
fn fqdn(pod: &Pod) -> Option<String> {
    let subdomain = pod.spec.as_ref()?.subdomain.as_deref().filter(|name| !name.is_empty())?;
    Some(format!("{}.{subdomain}.{}.svc.{ZONE}", hostname(pod), pod.namespace()))
}

/// The pod's /etc/hosts.
pub fn hosts_file(pod: &Pod) -> String {
    let mut lines = vec!["# Kubernetes-managed hosts file.".to_owned()];
    lines.extend(HOSTS_HEAD.map(str::to_owned));
    for ip in pod.status.iter().flat_map(|s| s.pod_ips.iter().flatten()) {
        let names: Vec<String> = fqdn(pod).into_iter().chain([hostname(pod)]).collect();
        lines.push(format!("{}\t{}", ip.ip, names.join("\t")));
    }
    let aliases = pod.spec.as_ref().and_then(|s| s.host_aliases.as_deref()).unwrap_or_default();
    if !aliases.is_empty() {
        lines.push(String::new());
        lines.push("# Entries added by HostAliases.".to_owned());
    }
    for alias in aliases {
        lines.push(format!("{}\t{}", alias.ip, alias.hostnames.clone().unwrap_or_default().join("\t")));
    }
    lines.join("\n") + "\n"
}

fn search_path(pod: &Pod) -> [String; 3] {
    [format!("{}.svc.{ZONE}", pod.namespace()), format!("svc.{ZONE}"), ZONE.to_owned()]
}

/// The pod's /etc/resolv.conf.
pub fn resolv_conf(pod: &Pod) -> String {
    format!("search {}\nnameserver {SERVER}\noptions ndots:{NDOTS}\n", search_path(pod).join(" "))
}

/// Looks names up as a program in `pod` does.
#[derive(Clone, Copy, Debug)]
pub struct Resolver<'a> {
    /// What the name server knows.
    pub listers: &'a Listers,
    /// The pod.
    pub pod: &'a Pod,
}

impl Resolver<'_> {
    /// The addresses of a name; none if it does not resolve.
    pub fn addresses(&self, name: &str) -> Vec<IpAddr> {
        if let Ok(address) = name.parse() {
            return vec![address];
        }
        let local: Vec<IpAddr> = self
            .hosts()
            .into_iter()
            .filter(|(_, names)| names.iter().any(|n| n == name))
            .map(|h| h.0)
            .collect();
        if !local.is_empty() {
            return local;
        }
        let absolute = name.ends_with('.') || name.matches('.').count() >= NDOTS;
        let searched = if absolute { Vec::new() } else { search_path(self.pod).to_vec() };
        for domain in searched {
            // A name that exists without an address ends the search.
            if let Some(found) = self.ask(&format!("{name}.{domain}.")) {
                return found;
            }
        }
        self.ask(name).unwrap_or_default()
    }

    /// The addresses that the name server has for a full name; `None` if the name does not exist.
    fn ask(&self, name: &str) -> Option<Vec<IpAddr>> {
        let answers = [RecordType::A, RecordType::Aaaa].map(|wanted| query(self.listers, name, wanted));
        if answers.iter().any(|a| a.rcode != Rcode::NoError) {
            return None;
        }
        let addresses = answers.iter().flat_map(|a| &a.answer).filter_map(|record| match record.data {
            Data::A(ip) => Some(ip.into()),
            Data::Aaaa(ip) => Some(ip.into()),
            _ => None,
        });
        Some(addresses.collect())
    }

    /// The name of an address, from /etc/hosts or the reverse zone; without the final dot.
    pub fn name_of(&self, address: IpAddr) -> Option<String> {
        let local = self.hosts().into_iter().find(|(ip, _)| *ip == address);
        if let Some(name) = local.and_then(|(_, names)| names.into_iter().next()) {
            return Some(name);
        }
        let answer = query(self.listers, &reverse_name(address), RecordType::Ptr);
        answer.answer.into_iter().find_map(|record| match record.data {
            Data::Ptr(name) => Some(name.trim_end_matches('.').to_owned()),
            _ => None,
        })
    }

    /// The lines of /etc/hosts: address and names.
    fn hosts(&self) -> Vec<(IpAddr, Vec<String>)> {
        let file = hosts_file(self.pod);
        let entry = |line: &str| {
            let mut words = line.split_whitespace();
            let address = words.next()?.parse().ok()?;
            Some((address, words.map(str::to_owned).collect()))
        };
        file.lines().filter_map(entry).collect()
    }
}
