//! Names as a program in a pod resolves them: /etc/hosts, then the search path, then the name itself.
//!
//! Models the files that pkg/kubelet/kubelet_pods.go and network/dns/dns.go write, and musl's resolver
//! (src/network/lookup_name.c). Departs: a name outside the cluster's zone does not exist, as no upstream server does;
//! dnsPolicy Default is like ClusterFirst, as nodes have no resolv.conf of their own.

use std::net::IpAddr;

use client::Listers;
use k8s_openapi::api::core::v1::{Pod, PodDNSConfig};
use machinery::Resource;

use super::query::query;
use super::record::{Data, Rcode, RecordType};
use super::zone::names_of;
use super::{SERVER, ZONE};

/// The option that says from how many dots on a name is tried as it stands first, and its value in the cluster.
const NDOTS: &str = "ndots";
const CLUSTER_NDOTS: &str = "5";
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

/// The name that the kernel has in the pod (kubelet_pods.go, GetNodenameForKernel).
pub(crate) fn kernel_name(pod: &Pod) -> String {
    let is_full = pod.spec.as_ref().and_then(|spec| spec.set_hostname_as_fqdn) == Some(true);
    fqdn(pod).filter(|_| is_full).unwrap_or_else(|| hostname(pod))
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

/// What a pod's resolver is told (network/dns/dns.go, GetPodDNS).
struct Settings {
    servers: Vec<String>,
    searches: Vec<String>,
    /// Names, each with its value, which is empty where it has none.
    options: Vec<(String, String)>,
}

impl Settings {
    /// The cluster's, or none for a pod whose own are all that it wants; then the pod's own.
    fn of(pod: &Pod) -> Settings {
        let spec = pod.spec.as_ref();
        let mut settings = match spec.and_then(|spec| spec.dns_policy.as_deref()) {
            Some("None") => Settings { servers: Vec::new(), searches: Vec::new(), options: Vec::new() },
            _ => Settings {
                servers: vec![SERVER.to_owned()],
                searches: vec![
                    format!("{}.svc.{ZONE}", pod.namespace()),
                    format!("svc.{ZONE}"),
                    ZONE.to_owned(),
                ],
                options: vec![(NDOTS.to_owned(), CLUSTER_NDOTS.to_owned())],
            },
        };
        if let Some(own) = spec.and_then(|spec| spec.dns_config.as_ref()) {
            settings.append(own);
        }
        settings
    }

    /// Adds what is not there yet (appendDNSConfig); an option that is takes the new value.
    fn append(&mut self, own: &PodDNSConfig) {
        let add = |list: &mut Vec<String>, more: &Option<Vec<String>>| {
            for text in more.iter().flatten() {
                if !list.contains(text) {
                    list.push(text.clone());
                }
            }
        };
        add(&mut self.servers, &own.nameservers);
        add(&mut self.searches, &own.searches);
        for option in own.options.iter().flatten() {
            let (name, value) =
                (option.name.clone().unwrap_or_default(), option.value.clone().unwrap_or_default());
            match self.options.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => self.options.push((name, value)),
            }
        }
    }

    /// A name with so many dots is tried as it stands first.
    fn ndots(&self) -> usize {
        let given = self.options.iter().find(|(name, _)| name == NDOTS);
        given.and_then(|(_, value)| value.parse().ok()).unwrap_or(1)
    }
}

/// The pod's /etc/resolv.conf.
pub fn resolv_conf(pod: &Pod) -> String {
    let settings = Settings::of(pod);
    let option = |(name, value): &(String, String)| {
        if value.is_empty() { name.clone() } else { format!("{name}:{value}") }
    };
    let options: Vec<String> = settings.options.iter().map(option).collect();
    let servers = settings.servers.iter().map(|server| format!("nameserver {server}\n"));
    let line = |word: &str, words: &[String]| {
        if words.is_empty() { String::new() } else { format!("{word} {}\n", words.join(" ")) }
    };
    [line("search", &settings.searches), servers.collect(), line("options", &options)].concat()
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
        self.attempts(name).pop().map(|(_, addresses)| addresses).unwrap_or_default()
    }

    /// What is tried for a name: names without the final dot, each with its addresses. The last one is the answer.
    pub fn attempts(&self, name: &str) -> Vec<(String, Vec<IpAddr>)> {
        let local = name.parse().map_or_else(|_| self.local(name), |address| vec![address]);
        if !local.is_empty() {
            return vec![(name.to_owned(), local)];
        }
        let settings = Settings::of(self.pod);
        let absolute = name.ends_with('.') || name.matches('.').count() >= settings.ndots();
        let asks_cluster = settings.servers.iter().any(|server| server == SERVER);
        let searched = settings.searches.into_iter().filter(|_| !absolute);
        let along = searched.map(|domain| format!("{name}.{domain}"));
        let mut attempts = Vec::new();
        for name in along.chain([name.trim_end_matches('.').to_owned()]) {
            let found = self.ask(&name).filter(|_| asks_cluster);
            // A name that exists without an address ends the search.
            let is_last = found.is_some();
            attempts.push((name, found.unwrap_or_default()));
            if is_last {
                break;
            }
        }
        attempts
    }

    /// The addresses that /etc/hosts has for a name.
    fn local(&self, name: &str) -> Vec<IpAddr> {
        let of_name =
            |(address, names): (IpAddr, Vec<String>)| names.iter().any(|n| n == name).then_some(address);
        self.hosts().into_iter().filter_map(of_name).collect()
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
        self.names_of(&[address]).pop().flatten()
    }

    /// The names of addresses as [`Resolver::name_of`] has them, with one pass over the zone for all.
    pub fn names_of(&self, addresses: &[IpAddr]) -> Vec<Option<String>> {
        let hosts = self.hosts();
        let zone = names_of(self.listers, addresses);
        let name = |address| {
            let local = hosts.iter().find(|(ip, _)| ip == address).and_then(|(_, names)| names.first());
            let first = || Some(zone.get(address)?.first()?.trim_end_matches('.'));
            local.map(String::as_str).or_else(first).map(str::to_owned)
        };
        addresses.iter().map(name).collect()
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

#[cfg(test)]
mod tests {
    use client::api::{Change, WatchEvent};
    use machinery::{Kind, Object};
    use serde_json::{Value, json};

    use super::*;
    use crate::dns::records;

    /// A headless service of so many pods, all ready, 100 to a slice.
    fn web(pods: usize) -> Listers {
        let mut listers = Listers::default();
        let mut add = |kind, value: Value| {
            let object = Object::from_value(kind, value).expect("an object");
            listers.apply(&WatchEvent { change: Change::Added, object, old: None });
        };
        add(Kind::Namespace, json!({"metadata": {"name": "default"}}));
        add(
            Kind::Service,
            json!({"metadata": {"name": "web", "namespace": "default"}, "spec": {"clusterIP": "None"}}),
        );
        let endpoint = |n: usize| json!({"addresses": [format!("10.244.{}.{}", n / 256, n % 256)], "hostname": format!("web-{n}")});
        for first in (0..pods).step_by(100) {
            let endpoints: Vec<Value> = (first..pods.min(first + 100)).map(endpoint).collect();
            let labels = json!({"kubernetes.io/service-name": "web"});
            add(
                Kind::EndpointSlice,
                json!({
                    "metadata": {"name": format!("web-{first}"), "namespace": "default", "labels": labels},
                    "addressType": "IPv4",
                    "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
                    "endpoints": endpoints,
                }),
            );
        }
        listers
    }

    fn pod() -> Pod {
        let pod = json!({
            "metadata": {"name": "web-0", "namespace": "default"},
            "spec": {"hostname": "web-0", "subdomain": "web", "containers": []},
            "status": {"podIPs": [{"ip": "10.244.0.0"}]},
        });
        serde_json::from_value(pod).expect("a pod")
    }

    #[test]
    fn a_service_of_many_pods_is_looked_up() {
        const PODS: usize = 5000;
        let listers = web(PODS);
        let pod = pod();
        let resolver = Resolver { listers: &listers, pod: &pod };
        let addresses = resolver.addresses("web");
        assert_eq!(addresses.len(), PODS);
        for (address, name) in addresses.iter().zip(resolver.names_of(&addresses)) {
            let name = name.expect("each has a name");
            let host = name.strip_suffix(".web.default.svc.cluster.local").expect("a name in the service");
            let IpAddr::V4(ip) = address else { panic!("{address}") };
            let [.., high, low] = ip.octets();
            assert_eq!(host, format!("web-{}", usize::from(high) * 256 + usize::from(low)));
        }
        let srv = query(&listers, "_http._tcp.web.default.svc.cluster.local", RecordType::Srv);
        assert_eq!((srv.answer.len(), srv.additional.len()), (PODS, PODS));
        // An address and a service record of the service, an address and a reverse name of each pod.
        assert_eq!(records(&listers).len(), 4 * PODS);
    }

    #[test]
    fn a_pod_has_settings_of_its_own() {
        let cluster = "search default.svc.cluster.local svc.cluster.local cluster.local";
        let own = json!({
            "nameservers": ["10.96.0.10", "1.1.1.1"], "searches": ["cluster.local", "example.com"],
            "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}],
        });
        let cases = [
            (json!({}), format!("{cluster}\nnameserver 10.96.0.10\noptions ndots:5\n")),
            (
                json!({"dnsConfig": own}),
                format!(
                    "{cluster} example.com\nnameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:2 edns0\n"
                ),
            ),
            (
                json!({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"]}}),
                "nameserver 1.1.1.1\n".to_owned(),
            ),
        ];
        for (more, expected) in cases {
            let mut spec = more.clone();
            spec["containers"] = json!([]);
            let pod = json!({"metadata": {"name": "p", "namespace": "default"}, "spec": spec});
            let pod: Pod = serde_json::from_value(pod).expect("a pod");
            assert_eq!(resolv_conf(&pod), expected, "{more}");
        }
    }

    #[test]
    fn a_name_is_searched_for_as_the_pod_is_told() {
        let listers = web(2);
        let cases: [(&str, Value, &[&str]); 3] = [
            (
                "web-1.web.default",
                json!({"dnsConfig": {"options": [{"name": "ndots", "value": "2"}]}}),
                &["web-1.web.default"],
            ),
            (
                "web-1",
                json!({"dnsPolicy": "None", "dnsConfig": {
                    "nameservers": ["10.96.0.10"], "searches": ["web.default.svc.cluster.local"],
                }}),
                &["web-1.web.default.svc.cluster.local"],
            ),
            (
                "web",
                json!({"dnsPolicy": "None", "dnsConfig": {
                    "nameservers": ["1.1.1.1"], "searches": ["default.svc.cluster.local"],
                }}),
                &["web.default.svc.cluster.local", "web"],
            ),
        ];
        for (name, more, tried) in cases {
            let mut spec = more.clone();
            spec["containers"] = json!([]);
            let pod = json!({"metadata": {"name": "p", "namespace": "default"}, "spec": spec});
            let pod: Pod = serde_json::from_value(pod).expect("a pod");
            let attempts = Resolver { listers: &listers, pod: &pod }.attempts(name);
            assert_eq!(attempts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), tried, "{more}");
        }
    }

    #[test]
    fn what_is_tried_ends_with_what_answers() {
        let listers = web(2);
        let pod = pod();
        let cases: [(&str, &[&str], &[&str]); 7] = [
            ("10.0.0.1", &["10.0.0.1"], &["10.0.0.1"]),
            ("localhost", &["localhost"], &["127.0.0.1", "::1"]),
            ("web-0", &["web-0"], &["10.244.0.0"]),
            ("web-1.web", &["web-1.web.default.svc.cluster.local"], &["10.244.0.1"]),
            (
                "web-7.web",
                &[
                    "web-7.web.default.svc.cluster.local",
                    "web-7.web.svc.cluster.local",
                    "web-7.web.cluster.local",
                    "web-7.web",
                ],
                &[],
            ),
            ("web-7.web.", &["web-7.web"], &[]),
            // The namespace's name exists, without an address.
            (
                "default.svc",
                &[
                    "default.svc.default.svc.cluster.local",
                    "default.svc.svc.cluster.local",
                    "default.svc.cluster.local",
                ],
                &[],
            ),
        ];
        for (name, tried, answer) in cases {
            let attempts = Resolver { listers: &listers, pod: &pod }.attempts(name);
            assert_eq!(attempts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), tried, "{name}");
            let last = attempts.last().expect("something is tried");
            assert_eq!(last.1.iter().map(ToString::to_string).collect::<Vec<_>>(), answer, "{name}");
        }
    }
}
