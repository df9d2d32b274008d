//! What an API server says about itself: `/`, `/api`, `/apis`, `/api/v1`, `/apis/GROUP`, `/apis/GROUP/VERSION`.
//!
//! Models apiserver/pkg/endpoints/discovery, kube-aggregator/pkg/apiserver/handler_apis.go and apiserver/pkg/server/routes;
//! fields are in the order of apimachinery/pkg/apis/meta/v1/types.go (`APIResourceList` and its neighbours).

use machinery::decode::encode_base64;
use machinery::json;
use machinery::version::Features;
use sha2::{Digest, Sha256};

use super::{Resource, health, served};

/// What a subresource can do that says nothing else.
const PART_VERBS: &str = "get,patch,update";
/// How many bytes of its sum identify a storage version.
const HASH_BYTES: usize = 8;

/// The document at a path; `server` tells the address of the API server, with its port.
pub(crate) fn at(path: &str, features: Features, server: impl FnOnce() -> String) -> Option<String> {
    let words: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').skip(1).collect();
    let text = match words.as_slice() {
        [] | ["index.html"] => return Some(root(features)),
        ["api"] => format!(
            "{{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],\"serverAddressByClientCIDRs\":[{{\"clientCIDR\":\"0.0.0.0/0\",\"serverAddress\":{}}}]}}",
            json::quote(&server())
        ),
        ["api", "v1"] => resources("v1", features)?,
        ["apis"] => {
            let groups: Vec<String> =
                groups(features).into_iter().map(|name| group(name, features)).collect();
            format!("{{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{}]}}", groups.join(","))
        }
        ["apis", name] if groups(features).contains(name) => {
            group(name, features).replacen('{', "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",", 1)
        }
        ["apis", group, version] => resources(&format!("{group}/{version}"), features)?,
        _ => return None,
    };
    Some(text + "\n")
}

/// The named groups, in the order of their priority.
fn groups(features: Features) -> Vec<&'static str> {
    let mut groups: Vec<&str> =
        served(features).map(|of| of.group).filter(|group| !group.is_empty()).collect();
    groups.dedup();
    groups
}

fn group(name: &str, features: Features) -> String {
    let mut of_group: Vec<Resource> = served(features).filter(|of| of.group == name).collect();
    of_group.dedup_by_key(|of| of.api_version);
    let versions: Vec<String> = of_group
        .iter()
        .map(|of| {
            let (group_version, version) = (json::quote(of.api_version), json::quote(of.version()));
            format!("{{\"groupVersion\":{group_version},\"version\":{version}}}")
        })
        .collect();
    let preferred = versions.first().map_or("{}", String::as_str);
    format!(
        "{{\"name\":{},\"versions\":[{}],\"preferredVersion\":{preferred}}}",
        json::quote(name),
        versions.join(",")
    )
}

/// The types of an API version with their subresources; the core's list does not say of which version it is itself.
fn resources(api_version: &str, features: Features) -> Option<String> {
    let entries: Vec<String> = served(features)
        .filter(|of| of.api_version == api_version)
        .flat_map(|of| {
            let parts = of.subresources.split(';').filter_map(move |part| subresource(&of, part, features));
            std::iter::once(entry(&of, "", &storage_version_hash(&of))).chain(parts)
        })
        .collect();
    let of_list = if api_version == "v1" { "" } else { "\"apiVersion\":\"v1\"," };
    (!entries.is_empty()).then(|| {
        let (group_version, entries) = (json::quote(api_version), entries.join(","));
        format!("{{\"kind\":\"APIResourceList\",{of_list}\"groupVersion\":{group_version},\"resources\":[{entries}]}}")
    })
}

/// The list that kubectl makes of types of several API versions, each of which says its own.
pub(crate) fn list(types: &[Resource]) -> String {
    let entries = types.iter().map(|of| entry(of, &group_and_version(of.group, of.version()), ""));
    let entries = match entries.collect::<Vec<_>>().join(",") {
        none if none.is_empty() => "null".to_owned(),
        entries => format!("[{entries}]"),
    };
    format!(
        "{{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"\",\"resources\":{entries}}}"
    )
}

/// A type; `version` are the fields of its group and version, where they are said.
fn entry(of: &Resource, version: &str, hash: &str) -> String {
    let list = |name: &str, words: &str| match words {
        "" => String::new(),
        words => format!(",\"{name}\":{}", quoted(words)),
    };
    format!(
        "{{\"name\":\"{}\",\"singularName\":\"{}\",\"namespaced\":{},{version}\"kind\":\"{}\",\"verbs\":{}{}{}{hash}}}",
        of.plural,
        of.kind.to_ascii_lowercase(),
        of.namespaced,
        of.kind,
        quoted(of.verbs),
        list("shortNames", of.short_names),
        list("categories", of.categories),
    )
}

/// A subresource, as the table writes it; `None` if the version does not serve it.
fn subresource(of: &Resource, part: &str, features: Features) -> Option<String> {
    let (part, is_new) = part.strip_prefix('+').map_or((part, false), |part| (part, true));
    if part.is_empty() || is_new && !features.more_types_are_served() {
        return None;
    }
    let mut fields = part.split(':');
    let name = fields.next().unwrap_or_default();
    let kind = fields.next().filter(|kind| !kind.is_empty()).unwrap_or(of.kind);
    let verbs = quoted(fields.next().unwrap_or(PART_VERBS));
    let (version, kind) = match kind.split('/').collect::<Vec<_>>().as_slice() {
        &[group, version, kind] => (group_and_version(group, version), kind),
        _ => (String::new(), kind),
    };
    let (plural, namespaced) = (of.plural, of.namespaced);
    Some(format!(
        "{{\"name\":\"{plural}/{name}\",\"singularName\":\"\",\"namespaced\":{namespaced},{version}\"kind\":\"{kind}\",\"verbs\":{verbs}}}"
    ))
}

fn group_and_version(group: &str, version: &str) -> String {
    let group = if group.is_empty() { String::new() } else { format!("\"group\":\"{group}\",") };
    format!("{group}\"version\":\"{version}\",")
}

/// `a,b` as a list of JSON.
fn quoted(words: &str) -> String {
    format!("[\"{}\"]", words.replace(',', "\",\""))
}

/// The field that changes when the storage version does (apiserver/pkg/endpoints/discovery/storageversionhash.go).
fn storage_version_hash(of: &Resource) -> String {
    let stored = of.storage_version();
    if stored.is_empty() {
        return String::new();
    }
    let slash = if stored.contains('/') { "" } else { "/" };
    let sum = Sha256::digest(format!("{slash}{stored}/{}", of.kind));
    format!(",\"storageVersionHash\":\"{}\"", encode_base64(&sum[..HASH_BYTES]))
}

/// Every path that the server lists, over several lines (`RootPaths`).
fn root(features: Features) -> String {
    let own = [
        "/.well-known/openid-configuration",
        "/api",
        "/apis",
        // The handler of CustomResourceDefinitions.
        "/apis/",
        "/logs",
        "/metrics",
        "/metrics/slis",
        "/openapi/v2",
        "/openapi/v3",
        "/openapi/v3/",
        "/openid/v1/jwks",
        "/version",
    ];
    let mut paths: Vec<String> = own.into_iter().map(str::to_owned).collect();
    if features.components_have_pages() {
        paths.extend(["/flagz", "/statusz"].map(str::to_owned));
    }
    paths.extend(groups(features).into_iter().map(|group| format!("/apis/{group}")));
    paths.extend(super::versions(features).into_iter().map(|version| {
        let root = if version.contains('/') { "apis" } else { "api" };
        format!("/{root}/{version}")
    }));
    for endpoint in health::ENDPOINTS {
        paths.push(endpoint.to_owned());
        paths.extend(health::checks(endpoint, features).map(|check| format!("{endpoint}/{check}")));
    }
    paths.sort();
    let lines: Vec<String> = paths.iter().map(|path| format!("    {}", json::quote(path))).collect();
    format!("{{\n  \"paths\": [\n{}\n  ]\n}}", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use machinery::version::{Features, Version};
    use serde_json::Value;

    use super::at;

    fn server() -> String {
        "192.168.1.10:6443".to_owned()
    }

    fn document(path: &str, version: Version) -> String {
        at(path, Features::of(version), server).unwrap_or_else(|| panic!("nothing at {path}"))
    }

    fn resource(path: &str, name: &str, version: Version) -> Option<Value> {
        let list: Value = serde_json::from_str(&document(path, version)).expect("JSON");
        list["resources"].as_array()?.iter().find(|of| of["name"] == name).cloned()
    }

    #[test]
    fn documents_are_written_as_the_server_writes_them() {
        let cases = [
            (
                "/api/",
                "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/0\",\"serverAddress\":\"192.168.1.10:6443\"}]}\n",
            ),
            (
                "/apis/autoscaling",
                "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",\"name\":\"autoscaling\",\"versions\":[{\"groupVersion\":\"autoscaling/v2\",\"version\":\"v2\"},{\"groupVersion\":\"autoscaling/v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"autoscaling/v2\",\"version\":\"v2\"}}\n",
            ),
            (
                "/apis/policy/v1",
                "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"policy/v1\",\"resources\":[{\"name\":\"poddisruptionbudgets\",\"singularName\":\"poddisruptionbudget\",\"namespaced\":true,\"kind\":\"PodDisruptionBudget\",\"verbs\":[\"create\",\"delete\",\"deletecollection\",\"get\",\"list\",\"patch\",\"update\",\"watch\"],\"shortNames\":[\"pdb\"],\"storageVersionHash\":\"EVWiDmWqyJw=\"},{\"name\":\"poddisruptionbudgets/status\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"PodDisruptionBudget\",\"verbs\":[\"get\",\"patch\",\"update\"]}]}\n",
            ),
        ];
        for (path, text) in cases {
            assert_eq!(document(path, Version::V1_36), text, "{path}");
        }
        assert!(document("/api/v1", Version::V1_36).starts_with(
            "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"bindings\",\"singularName\":\"binding\",\"namespaced\":true,\"kind\":\"Binding\",\"verbs\":[\"create\"]},"
        ));
        assert!(document("/apis", Version::V1_36).starts_with(
            "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"apiregistration.k8s.io\",\"versions\":["
        ));
        for path in
            ["/apis/nope", "/apis/apps/v9", "/api/v2", "/apis/", "/nope", "//", "/apis/apps/v1/statefulsets"]
        {
            assert_eq!(at(path, Features::default(), server).is_some(), path == "/apis/", "{path}");
        }
    }

    // From api/discovery of kubernetes/kubernetes.
    #[test]
    fn storage_versions_have_upstreams_hashes() {
        let cases = [
            ("/api/v1", "pods", "xPOwRZ+Yhw8="),
            ("/api/v1", "events", "r2yiGXH7wu8="),
            ("/apis/events.k8s.io/v1", "events", "r2yiGXH7wu8="),
            ("/apis/autoscaling/v1", "horizontalpodautoscalers", "qwQve8ut294="),
            ("/apis/autoscaling/v2", "horizontalpodautoscalers", "qwQve8ut294="),
            ("/apis/networking.k8s.io/v1", "servicecidrs", "gNLvruQhW2g="),
            ("/apis/storage.k8s.io/v1", "volumeattributesclasses", "tIjydgKBC5w="),
            ("/apis/resource.k8s.io/v1", "deviceclasses", "Yk2PTc1Ybxk="),
        ];
        for (path, name, hash) in cases {
            let found = resource(path, name, Version::V1_36).map(|of| of["storageVersionHash"].clone());
            assert_eq!(found, Some(hash.into()), "{path} {name}");
        }
        let binding = resource("/api/v1", "bindings", Version::V1_36).expect("bindings");
        assert_eq!(binding.get("storageVersionHash"), None);
    }

    #[test]
    fn subresources_say_their_kind_and_verbs() {
        let cases = [
            ("/api/v1", "pods/exec", "PodExecOptions", "", r#"["create","get"]"#),
            ("/api/v1", "pods/log", "Pod", "", r#"["get"]"#),
            ("/api/v1", "pods/eviction", "Eviction", "policy/v1", r#"["create"]"#),
            ("/api/v1", "namespaces/finalize", "Namespace", "", r#"["update"]"#),
            ("/api/v1", "serviceaccounts/token", "TokenRequest", "authentication.k8s.io/v1", r#"["create"]"#),
            ("/apis/apps/v1", "statefulsets/scale", "Scale", "autoscaling/v1", r#"["get","patch","update"]"#),
            ("/apis/apps/v1", "statefulsets/status", "StatefulSet", "", r#"["get","patch","update"]"#),
        ];
        for (path, name, kind, group_version, verbs) in cases {
            let found = resource(path, name, Version::V1_32).unwrap_or_else(|| panic!("no {name}"));
            let of = found["group"]
                .as_str()
                .map(|group| format!("{group}/{}", found["version"].as_str().unwrap_or("")));
            let of = of.unwrap_or_default();
            assert_eq!((found["kind"].as_str(), of.as_str()), (Some(kind), group_version), "{name}");
            assert_eq!(found["verbs"].to_string(), verbs, "{name}");
        }
        let resize = |version| resource("/api/v1", "pods/resize", version).is_some();
        assert!(resize(Version::V1_36) && !resize(Version::V1_32));
    }

    #[test]
    fn the_root_lists_what_can_be_asked() {
        let root: Value = serde_json::from_str(&document("/", Version::V1_36)).expect("JSON");
        let paths: Vec<&str> =
            root["paths"].as_array().expect("paths").iter().filter_map(Value::as_str).collect();
        assert!(paths.is_sorted());
        for path in
            ["/api/v1", "/apis", "/apis/", "/apis/apps", "/apis/autoscaling/v1", "/readyz/etcd", "/statusz"]
        {
            assert!(paths.contains(&path), "{path}");
        }
        for path in paths.iter().filter(|path| path.starts_with("/api")) {
            document(path, Version::V1_36);
        }
        assert!(!document("/", Version::V1_32).contains("/statusz"));
    }
}
