//! Every type that a real cluster serves, those included of which nothing exists here: asking for them is no mistake.
//!
//! The table is what discovery answers, in its order: groups by their priority (pkg/controlplane/apiserver/aggregator.go),
//! their preferred version first. The [documents] are made of it, and so is the meaning of the words that people type.

pub(crate) mod documents;
pub(crate) mod health;

use client::api::ListOptions;
use jiff::Timestamp;
use machinery::Kind;
use machinery::version::Features;

use crate::context::Context;
use crate::printers::age;

const TABLE: &str = include_str!("resources.tsv");
/// What most types can do.
const ALL_VERBS: &str = "create,delete,deletecollection,get,list,patch,update,watch";

/// A type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Resource {
    /// As in URLs.
    pub plural: &'static str,
    /// Short names, separated by commas.
    pub short_names: &'static str,
    /// The API group; empty for core.
    pub group: &'static str,
    /// `v1`, `apps/v1`.
    pub api_version: &'static str,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// The kind's name.
    pub kind: &'static str,
    /// What it can do, separated by commas.
    pub verbs: &'static str,
    /// The categories that it is in, separated by commas.
    pub categories: &'static str,
    /// Its subresources, separated by semicolons: `NAME[:KIND[:VERBS]]`, a `+` before those that 1.32 lacks.
    subresources: &'static str,
    /// The API version that its objects are stored in, `*` for its own; empty if there are no objects.
    stored: &'static str,
}

impl Resource {
    /// How messages name it: `replicasets.apps`.
    pub fn group_resource(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// `v1`, of `apps/v1`.
    pub fn version(&self) -> &'static str {
        self.api_version.rsplit('/').next().unwrap_or_default()
    }

    /// The simulated kind whose objects these are, maybe in the words of another group: an `events.k8s.io/v1 Event` is stored
    /// as a `v1 Event` (AddCohabitatingResources).
    pub fn simulated(&self) -> Option<Kind> {
        Kind::from_api(self.storage_version(), self.kind)
    }

    fn storage_version(&self) -> &'static str {
        if self.stored == "*" { self.api_version } else { self.stored }
    }

    /// Whether a word is its plural or singular form, in whatever case.
    fn is_named(&self, word: &str) -> bool {
        self.plural.eq_ignore_ascii_case(word) || self.kind.eq_ignore_ascii_case(word)
    }

    /// Short names are as they are.
    fn is_short_for(&self, word: &str) -> bool {
        self.short_names.split(',').any(|name| !name.is_empty() && name == word)
    }
}

/// Every type that the version serves, in each of its API versions.
pub(crate) fn served(features: Features) -> impl Iterator<Item = Resource> {
    TABLE.lines().skip(1).filter_map(move |line| {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let &[
            plural,
            short_names,
            api_version,
            namespaced,
            kind,
            verbs,
            categories,
            in_1_32,
            subresources,
            stored,
        ] = fields.as_slice()
        else {
            return None;
        };
        let resource = Resource {
            plural,
            short_names,
            group: api_version.split_once('/').map_or("", |(group, _)| group),
            api_version,
            namespaced: namespaced == "1",
            kind,
            verbs: if verbs == "*" { ALL_VERBS } else { verbs },
            categories,
            subresources,
            stored,
        };
        (in_1_32 == "1" || features.more_types_are_served()).then_some(resource)
    })
}

/// Every type that the version serves, in the preferred one of its API versions.
pub(crate) fn all(features: Features) -> impl Iterator<Item = Resource> {
    let mut seen = Vec::new();
    served(features).filter(move |resource| {
        let of = (resource.group, resource.plural);
        let is_new = !seen.contains(&of);
        seen.push(of);
        is_new
    })
}

/// The type that a word names: plural, singular or short name, alone, with its group or the beginning of it, or with version
/// and group (Builder.mappingFor in cli-runtime/pkg/resource/builder.go).
pub(crate) fn find(word: &str, features: Features) -> Option<Resource> {
    let types: Vec<Resource> = served(features).collect();
    let (name, rest) = word.split_once('.').unwrap_or((word, ""));
    let in_full = rest.split_once('.').and_then(|(version, group)| matching(&types, name, version, group));
    in_full.or_else(|| matching(&types, name, "", rest))
}

/// The first type of a name in a version and a group, each of which may be empty (DefaultRESTMapper.KindsFor in
/// apimachinery/pkg/api/meta/restmapper.go).
fn matching(types: &[Resource], name: &str, version: &str, group: &str) -> Option<Resource> {
    let (name, version, group) = expanded(types, name, version, group);
    let mut named = types.iter().filter(|of| of.is_named(name));
    let found = match (group, version) {
        ("", "") => named.next(),
        ("", version) => named.find(|of| of.version() == version),
        (group, "") => {
            let exact = named.clone().find(|of| of.group == group);
            exact.or_else(|| named.find(|of| of.group.starts_with(group)))
        }
        (group, version) => named.find(|of| of.group == group && of.version() == version),
    };
    found.copied()
}

/// The same with a short name spelled out, which then loses its version (shortcutExpander.expandResourceShortcut in
/// client-go/restmapper/shortcut.go).
fn expanded<'a>(
    types: &[Resource],
    name: &'a str,
    version: &'a str,
    group: &'a str,
) -> (&'a str, &'a str, &'a str) {
    let mut in_group = types.iter().filter(|of| group.is_empty() || of.group == group);
    if in_group.clone().any(|of| of.plural == name || of.kind.to_ascii_lowercase() == name) {
        return (name, version, group);
    }
    if let Some(found) = in_group.find(|of| of.is_short_for(name)) {
        return (found.plural, "", found.group);
    }
    match types.iter().find(|of| of.group.starts_with(group) && of.is_short_for(name)) {
        Some(found) => (found.plural, version, found.group),
        None => (name, version, group),
    }
}

/// The types of that name in every group, the preferred one first.
pub(crate) fn named(name: &str, features: Features) -> Vec<Resource> {
    all(features).filter(|of| of.is_named(name) || of.is_short_for(name)).collect()
}

/// The types of a category, as messages name them.
pub(crate) fn in_category(category: &str, features: Features) -> Vec<String> {
    let is_in = |of: &Resource| of.categories.split(',').any(|name| !name.is_empty() && name == category);
    all(features).filter(is_in).map(|of| of.group_resource()).collect()
}

/// Whether a real cluster has objects of a type from its beginning, in a namespace (empty for all), that are not here.
pub(crate) fn has_objects_elsewhere(resource: &Resource, namespace: &str) -> bool {
    match resource.plural {
        "apiservices"
        | "clusterroles"
        | "clusterrolebindings"
        | "componentstatuses"
        | "csinodes"
        | "flowschemas"
        | "ipaddresses"
        | "priorityclasses"
        | "prioritylevelconfigurations"
        | "servicecidrs" => true,
        "leases" => ["", "kube-node-lease", "kube-system"].contains(&namespace),
        "roles" | "rolebindings" => ["", "kube-public", "kube-system"].contains(&namespace),
        _ => false,
    }
}

/// The rows of the few types whose objects every cluster has from its beginning and that nothing here acts on.
pub(crate) fn fixed_rows(context: &mut Context<'_, '_>, resource: &Resource) -> Option<String> {
    let age = age::since_timestamp(began(context), context.now());
    let text = match resource.plural {
        "componentstatuses" => {
            context.err("Warning: v1 ComponentStatus is deprecated in v1.19+\n");
            let rows = ["scheduler", "etcd-0", "controller-manager"];
            let rows: String = rows.iter().map(|name| format!("{name}\tHealthy\tok\t\n")).collect();
            format!("NAME\tSTATUS\tMESSAGE\tERROR\n{rows}")
        }
        "priorityclasses" => {
            let row =
                |name: &str, value: &str| format!("{name}\t{value}\tfalse\t{age}\tPreemptLowerPriority\n");
            format!(
                "NAME\tVALUE\tGLOBAL-DEFAULT\tAGE\tPREEMPTIONPOLICY\n{}{}",
                row("system-cluster-critical", "2000000000"),
                row("system-node-critical", "2000001000")
            )
        }
        "apiservices" => {
            let mut names: Vec<String> = versions(context.env.features)
                .into_iter()
                .filter(|name| !name.starts_with("apiregistration.k8s.io"))
                .map(|name| match name.split_once('/') {
                    Some((group, version)) => format!("{version}.{group}"),
                    None => format!("{name}."),
                })
                .collect();
            names.sort();
            let rows: String = names.iter().map(|name| format!("{name}\tLocal\tTrue\t{age}\n")).collect();
            format!("NAME\tSERVICE\tAVAILABLE\tAGE\n{rows}")
        }
        _ => return None,
    };
    Some(text)
}

fn began(context: &mut Context<'_, '_>) -> Timestamp {
    let namespaces = context.list(Kind::Namespace, "", ListOptions::default());
    let namespaces = namespaces.map(|(namespaces, _)| namespaces).unwrap_or_default();
    let first = namespaces.iter().filter_map(|namespace| namespace.meta().creation_timestamp.as_ref()).min();
    first.map_or(context.now(), |time| time.0)
}

/// Every API version that the cluster serves: `apps/v1`, `v1`.
pub(crate) fn versions(features: Features) -> Vec<&'static str> {
    let mut versions: Vec<&str> = served(features).map(|resource| resource.api_version).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

#[cfg(test)]
mod tests {
    use machinery::Kind;
    use machinery::version::{Features, Version};

    use super::{all, find, served};

    #[test]
    fn every_simulated_kind_is_served_under_its_own_names() {
        for kind in Kind::ALL {
            let info = kind.info();
            let served = all(Features::of(Version::V1_32))
                .find(|resource| Kind::from_api(resource.api_version, resource.kind) == Some(kind));
            let served = served.unwrap_or_else(|| panic!("{kind} is not served"));
            let names = (served.plural, served.group, served.namespaced, served.short_names);
            assert_eq!(
                names,
                (info.plural, info.group, info.namespaced, info.short_names.join(",").as_str())
            );
        }
    }

    #[test]
    fn types_are_found_by_the_words_that_kubectl_understands() {
        let cases = [
            ("hpa", Some("autoscaling/v2")),
            ("horizontalpodautoscalers.v1.autoscaling", Some("autoscaling/v1")),
            ("hpa.v1.autoscaling", Some("autoscaling/v2")),
            ("Job", Some("batch/v1")),
            ("JOBS", Some("batch/v1")),
            ("rs.apps", Some("apps/v1")),
            ("rs.ap", Some("apps/v1")),
            ("storageclass.storage", Some("storage.k8s.io/v1")),
            ("statefulsets.", Some("apps/v1")),
            ("statefulsets.v1.", Some("apps/v1")),
            ("StatefulSet.v1.apps", Some("apps/v1")),
            ("statefulsets.v9.apps", None),
            // A short name is spelled out without its version.
            ("sts.v9.apps", Some("apps/v1")),
            ("STS", None),
            ("events", Some("v1")),
            ("ev", Some("v1")),
            ("events.events.k8s.io", Some("events.k8s.io/v1")),
            ("ev.events", Some("events.k8s.io/v1")),
            ("pods.v1", None),
            ("pods.v1.", Some("v1")),
            ("pods.apps", None),
            ("crds", Some("apiextensions.k8s.io/v1")),
            ("", None),
            (".", None),
        ];
        for (word, api_version) in cases {
            let found = find(word, Features::of(Version::V1_36));
            assert_eq!(found.map(|resource| resource.api_version), api_version, "{word:?}");
        }
        assert_eq!(find("vac", Features::of(Version::V1_32)), None);
    }

    #[test]
    fn every_type_is_listed_once_and_in_its_preferred_version() {
        let listed: Vec<_> =
            all(Features::default()).map(|of| (of.group_resource(), of.api_version)).collect();
        let hpa = listed.iter().filter(|(name, _)| name == "horizontalpodautoscalers.autoscaling");
        assert_eq!(hpa.map(|(_, version)| *version).collect::<Vec<_>>(), ["autoscaling/v2"]);
        assert_eq!(listed.len() + 1, served(Features::default()).count());
    }

    #[test]
    fn events_of_both_groups_are_the_same_objects() {
        let kind = |word| find(word, Features::default()).and_then(|of| of.simulated());
        assert_eq!(kind("events.events.k8s.io"), Some(Kind::Event));
        assert_eq!((kind("sts"), kind("hpa"), kind("bindings")), (Some(Kind::StatefulSet), None, None));
    }
}
