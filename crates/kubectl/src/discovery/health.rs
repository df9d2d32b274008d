//! `/healthz`, `/livez`, `/readyz`: the checks of an API server, all of which pass here.
//!
//! Models apiserver/pkg/server/healthz/healthz.go; the checks stand in the order in which kube-apiserver's three servers
//! register them (apiserver/pkg/server/config.go, pkg/controlplane, kube-aggregator/pkg/apiserver).

use machinery::version::Features;

use crate::go_value;

/// Where checks are asked for.
pub(crate) const ENDPOINTS: [&str; 3] = ["/healthz", "/livez", "/readyz"];

/// A check: those of readiness alone are marked with `!`, those that 1.32 lacks with `+`.
const CHECKS: &str = "ping log etcd !etcd-readiness !informer-sync \
    poststarthook/start-apiserver-admission-initializer poststarthook/generic-apiserver-start-informers \
    poststarthook/priority-and-fairness-config-consumer poststarthook/priority-and-fairness-filter \
    poststarthook/storage-object-count-tracker-hook poststarthook/start-apiextensions-informers \
    poststarthook/start-apiextensions-controllers poststarthook/crd-informer-synced \
    poststarthook/start-system-namespaces-controller +poststarthook/peer-endpoint-reconciler-controller \
    poststarthook/start-cluster-authentication-info-controller \
    poststarthook/start-kube-apiserver-identity-lease-controller \
    poststarthook/start-kube-apiserver-identity-lease-garbage-collector +poststarthook/storage-readiness \
    poststarthook/start-legacy-token-tracking-controller poststarthook/start-service-ip-repair-controllers \
    poststarthook/rbac/bootstrap-roles poststarthook/scheduling/bootstrap-system-priority-classes \
    poststarthook/priority-and-fairness-config-producer poststarthook/bootstrap-controller \
    +poststarthook/start-kubernetes-service-cidr-controller poststarthook/aggregator-reload-proxy-client-cert \
    poststarthook/start-kube-aggregator-informers poststarthook/apiservice-status-local-available-controller \
    poststarthook/apiservice-status-remote-available-controller poststarthook/apiservice-registration-controller \
    poststarthook/apiservice-discovery-controller poststarthook/kube-apiserver-autoregistration \
    autoregister-completion poststarthook/apiservice-openapi-controller \
    poststarthook/apiservice-openapiv3-controller !shutdown";

/// The names of an endpoint's checks.
pub(crate) fn checks(endpoint: &str, features: Features) -> impl Iterator<Item = &'static str> {
    let asks_readiness = endpoint == "/readyz";
    CHECKS.split_whitespace().filter_map(move |check| match check.split_at(1) {
        ("!", check) => asks_readiness.then_some(check),
        ("+", check) => features.more_parts_are_checked().then_some(check),
        _ => Some(check),
    })
}

/// What an endpoint, or one of its checks, answers; `None` if the path is neither.
pub(crate) fn at(path: &str, query: &str, features: Features) -> Option<String> {
    let is_within = |endpoint: &&str| {
        path.strip_prefix(*endpoint).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let endpoint = ENDPOINTS.into_iter().find(is_within)?;
    if path != endpoint {
        let check = &path[endpoint.len() + 1..];
        return checks(endpoint, features).any(|name| name == check).then(|| "ok".to_owned());
    }
    let parameters = || query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    if !parameters().any(|(name, _)| name == "verbose") {
        return Some("ok".to_owned());
    }
    let mut excluded: Vec<&str> =
        parameters().filter(|(name, _)| *name == "exclude").map(|(_, check)| check).collect();
    excluded.sort_unstable();
    excluded.dedup();
    let mut text = String::new();
    for check in checks(endpoint, features) {
        let is_excluded = excluded.contains(&check);
        excluded.retain(|name| *name != check);
        text += &format!("[+]{check}{} ok\n", if is_excluded { " excluded:" } else { "" });
    }
    if !excluded.is_empty() {
        let unknown: Vec<String> = excluded.into_iter().map(go_value::quote).collect();
        let unknown = unknown.join(",");
        text += &format!("warn: some health checks cannot be excluded: no matches for {unknown}\n");
    }
    Some(format!("{text}{} check passed\n", &endpoint[1..]))
}

#[cfg(test)]
mod tests {
    use machinery::version::{Features, Version};

    use super::at;

    #[test]
    fn endpoints_and_single_checks_answer() {
        let cases = [
            ("/healthz", "", Some("ok")),
            ("/readyz", "exclude=etcd", Some("ok")),
            ("/readyz/etcd", "", Some("ok")),
            ("/readyz/poststarthook/rbac/bootstrap-roles", "verbose", Some("ok")),
            ("/livez/ping", "", Some("ok")),
            ("/livez/shutdown", "", None),
            ("/readyz/", "", None),
            ("/readyz/nope", "", None),
            ("/readyzz", "", None),
        ];
        for (path, query, text) in cases {
            assert_eq!(at(path, query, Features::default()).as_deref(), text, "{path}?{query}");
        }
    }

    #[test]
    fn checks_are_told_one_by_one() {
        let verbose = |path, query, version| at(path, query, Features::of(version)).expect("an endpoint");
        let ready = verbose("/readyz", "verbose", Version::V1_36);
        assert!(
            ready.starts_with(
                "[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]etcd-readiness ok\n[+]informer-sync ok\n"
            )
        );
        assert!(ready.ends_with("[+]shutdown ok\nreadyz check passed\n"));
        assert_eq!(ready.lines().count(), 38);
        assert_eq!(verbose("/livez", "verbose", Version::V1_36).lines().count(), 35);
        assert_eq!(verbose("/readyz", "verbose", Version::V1_32).lines().count(), 35);
        let without = verbose("/livez", "verbose&exclude=etcd&exclude=x&exclude=a", Version::V1_36);
        assert!(without.contains("[+]etcd excluded: ok\n"));
        let end =
            "warn: some health checks cannot be excluded: no matches for \"a\",\"x\"\nlivez check passed\n";
        assert!(without.ends_with(end));
    }
}
