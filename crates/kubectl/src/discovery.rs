//! Every type that a real cluster serves, those included of which nothing exists here: asking for them is no mistake.
//!
//! The table is what discovery answers (`kubectl api-resources -o wide`), in the order in which kubectl prints it.

use client::api::ListOptions;
use jiff::Timestamp;
use machinery::Kind;
use machinery::version::Features;

use crate::context::Context;
use crate::printers::age;

const TABLE: &str = include_str!("discovery.tsv");
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
}

impl Resource {
    /// How messages name it: `replicasets.apps`.
    pub fn group_resource(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }

    fn has_name(&self, word: &str) -> bool {
        self.plural == word
            || self.kind.eq_ignore_ascii_case(word)
            || self.short_names.split(',').any(|name| !name.is_empty() && name == word)
    }
}

/// Every type that the version serves.
pub(crate) fn all(features: Features) -> impl Iterator<Item = Resource> {
    TABLE.lines().skip(1).filter_map(move |line| {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let &[plural, short_names, api_version, namespaced, kind, verbs, categories, in_1_32] =
            fields.as_slice()
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
        };
        (in_1_32 == "1" || features.more_types_are_served()).then_some(resource)
    })
}

/// The type that a word names: plural, singular or short name, alone or with its group and version.
pub(crate) fn find(word: &str, features: Features) -> Option<Resource> {
    let word = word.to_ascii_lowercase();
    let (name, group) =
        word.split_once('.').map_or((word.as_str(), None), |(name, group)| (name, Some(group)));
    let in_group = |resource: &Resource| match group {
        None => true,
        Some(group) => {
            group == resource.group
                || group.split_once('.').is_some_and(|(version, group)| {
                    group == resource.group && resource.api_version.ends_with(version)
                })
        }
    };
    all(features).find(|resource| resource.has_name(name) && in_group(resource))
}

/// The types of that name in every group, the preferred one first.
pub(crate) fn named(name: &str, features: Features) -> Vec<Resource> {
    let name = name.to_ascii_lowercase();
    all(features).filter(|resource| resource.has_name(&name)).collect()
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
    let mut versions: Vec<&str> = all(features).map(|resource| resource.api_version).collect();
    // A type is listed in its newest version only.
    versions.push("autoscaling/v1");
    versions.sort_unstable();
    versions.dedup();
    versions
}

#[cfg(test)]
mod tests {
    use machinery::Kind;
    use machinery::version::{Features, Version};

    use super::{all, find};

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
    fn types_are_found_by_every_name() {
        for (word, plural) in
            [("hpa", "horizontalpodautoscalers"), ("Job", "jobs"), ("rs.apps", "replicasets")]
        {
            assert_eq!(
                find(word, Features::of(Version::V1_36)).map(|resource| resource.plural),
                Some(plural)
            );
        }
        assert_eq!(find("pods.apps", Features::default()), None);
        assert_eq!(find("vac", Features::of(Version::V1_32)), None);
    }
}
