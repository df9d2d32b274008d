//! The kinds that exist here: their groups, versions, resources and short names.
//!
//! Models the discovery that kubectl does, and runtime.Scheme (apimachinery/pkg/runtime/scheme.go).
//! Invariant: the order of `Kind` is the order in which `kubectl get all` and discovery list resources of a group.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// core/v1 ConfigMap: stored, acted on by nobody.
    ConfigMap,
    /// core/v1 Endpoints: made when read, from pods and services.
    Endpoints,
    /// core/v1 Event.
    Event,
    /// core/v1 Namespace.
    Namespace,
    /// core/v1 Node.
    Node,
    /// core/v1 PersistentVolumeClaim.
    PersistentVolumeClaim,
    /// core/v1 PersistentVolume.
    PersistentVolume,
    /// core/v1 Pod.
    Pod,
    /// core/v1 Secret: stored, acted on by nobody.
    Secret,
    /// core/v1 ServiceAccount: a pod's has to be there.
    ServiceAccount,
    /// core/v1 Service.
    Service,
    /// apps/v1 ControllerRevision.
    ControllerRevision,
    /// apps/v1 Deployment.
    Deployment,
    /// apps/v1 ReplicaSet.
    ReplicaSet,
    /// apps/v1 StatefulSet.
    StatefulSet,
    /// discovery.k8s.io/v1 EndpointSlice.
    EndpointSlice,
    /// storage.k8s.io/v1 StorageClass.
    StorageClass,
}

/// What discovery says of a kind.
#[derive(Debug)]
pub struct KindInfo {
    /// The API group; empty for core.
    pub group: &'static str,
    /// The kind's name, also the Go struct's.
    pub name: &'static str,
    /// The resource, as in URLs.
    pub plural: &'static str,
    /// The resource's singular.
    pub singular: &'static str,
    /// Short names.
    pub short_names: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Whether `kubectl get all` shows it.
    pub in_all: bool,
}

macro_rules! info {
    ($group:literal, $name:literal, $plural:literal, $singular:literal, [$($short:literal),*], $namespaced:literal, $in_all:literal) => {
        KindInfo {
            group: $group,
            name: $name,
            plural: $plural,
            singular: $singular,
            short_names: &[$($short),*],
            namespaced: $namespaced,
            in_all: $in_all,
        }
    };
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Kind; 17] = [
        Kind::ConfigMap,
        Kind::Endpoints,
        Kind::Event,
        Kind::Namespace,
        Kind::Node,
        Kind::PersistentVolumeClaim,
        Kind::PersistentVolume,
        Kind::Pod,
        Kind::Secret,
        Kind::ServiceAccount,
        Kind::Service,
        Kind::ControllerRevision,
        Kind::Deployment,
        Kind::ReplicaSet,
        Kind::StatefulSet,
        Kind::EndpointSlice,
        Kind::StorageClass,
    ];

    /// What discovery says of this kind.
    pub fn info(self) -> &'static KindInfo {
        match self {
            Kind::ConfigMap => &info!("", "ConfigMap", "configmaps", "configmap", ["cm"], true, false),
            Kind::Endpoints => &info!("", "Endpoints", "endpoints", "endpoints", ["ep"], true, false),
            Kind::Event => &info!("", "Event", "events", "event", ["ev"], true, false),
            Kind::Namespace => &info!("", "Namespace", "namespaces", "namespace", ["ns"], false, false),
            Kind::Node => &info!("", "Node", "nodes", "node", ["no"], false, false),
            Kind::PersistentVolumeClaim => &info!(
                "",
                "PersistentVolumeClaim",
                "persistentvolumeclaims",
                "persistentvolumeclaim",
                ["pvc"],
                true,
                false
            ),
            Kind::PersistentVolume => {
                &info!("", "PersistentVolume", "persistentvolumes", "persistentvolume", ["pv"], false, false)
            }
            Kind::Pod => &info!("", "Pod", "pods", "pod", ["po"], true, true),
            Kind::Secret => &info!("", "Secret", "secrets", "secret", [], true, false),
            Kind::ServiceAccount => {
                &info!("", "ServiceAccount", "serviceaccounts", "serviceaccount", ["sa"], true, false)
            }
            Kind::Service => &info!("", "Service", "services", "service", ["svc"], true, true),
            Kind::ControllerRevision => &info!(
                "apps",
                "ControllerRevision",
                "controllerrevisions",
                "controllerrevision",
                [],
                true,
                false
            ),
            Kind::Deployment => {
                &info!("apps", "Deployment", "deployments", "deployment", ["deploy"], true, true)
            }
            Kind::ReplicaSet => &info!("apps", "ReplicaSet", "replicasets", "replicaset", ["rs"], true, true),
            Kind::StatefulSet => {
                &info!("apps", "StatefulSet", "statefulsets", "statefulset", ["sts"], true, true)
            }
            Kind::EndpointSlice => &info!(
                "discovery.k8s.io",
                "EndpointSlice",
                "endpointslices",
                "endpointslice",
                [],
                true,
                false
            ),
            Kind::StorageClass => &info!(
                "storage.k8s.io",
                "StorageClass",
                "storageclasses",
                "storageclass",
                ["sc"],
                false,
                false
            ),
        }
    }

    /// `Pod`, `StatefulSet`, …
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// `v1`, `apps/v1`, …: every group here is at v1.
    pub fn api_version(self) -> &'static str {
        match self.info().group {
            "apps" => "apps/v1",
            "discovery.k8s.io" => "discovery.k8s.io/v1",
            "storage.k8s.io" => "storage.k8s.io/v1",
            _ => "v1",
        }
    }

    /// `pods`, `statefulsets.apps`: how messages name the resource.
    pub fn group_resource(self) -> String {
        with_group(self.info().plural, self.info().group)
    }

    /// `Pod`, `StatefulSet.apps`: how messages name the kind.
    pub fn group_kind(self) -> String {
        with_group(self.info().name, self.info().group)
    }

    /// `pod`, `statefulset.apps`: how kubectl names an object's type in `type/name`.
    pub fn type_name(self) -> String {
        with_group(&self.info().name.to_ascii_lowercase(), self.info().group)
    }

    /// Whether objects of this kind live in a namespace.
    pub fn is_namespaced(self) -> bool {
        self.info().namespaced
    }

    /// The group as `fields.tsv` calls it (`core` for the empty one), with the Go struct: the root for decoding.
    pub fn go_type(self) -> (&'static str, &'static str) {
        let group = match self.info().group {
            "" => "core",
            "discovery.k8s.io" => "discovery",
            "storage.k8s.io" => "storage",
            group => group,
        };
        (group, self.info().name)
    }

    /// The kind that a manifest names; `None` if no such kind exists here.
    pub fn from_api(api_version: &str, kind: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.api_version() == api_version && k.name() == kind)
    }

    /// The kind that a person names on a command line: plural, singular or kind in whatever case, or short name,
    /// each also with its group (`sts`, `statefulset.apps`, `statefulsets.v1.apps`).
    pub fn from_resource(word: &str) -> Option<Kind> {
        let (resource, group) = word.split_once('.').map_or((word, None), |(r, g)| (r, Some(g)));
        Kind::ALL.into_iter().find(|kind| {
            let info = kind.info();
            let named = resource.eq_ignore_ascii_case(info.plural)
                || resource.eq_ignore_ascii_case(info.singular)
                || info.short_names.contains(&resource);
            let grouped = match group {
                None => true,
                Some(g) => g == info.group || g.strip_prefix("v1.").is_some_and(|g| g == info.group),
            };
            named && grouped
        })
    }
}

fn with_group(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn resources_are_found_by_every_name_people_type() {
        let cases = [
            ("sts", Some(Kind::StatefulSet)),
            ("StatefulSet", Some(Kind::StatefulSet)),
            ("statefulsets.apps", Some(Kind::StatefulSet)),
            ("statefulsets.v1.apps", Some(Kind::StatefulSet)),
            ("statefulsets.batch", None),
            ("po", Some(Kind::Pod)),
            ("PODS", Some(Kind::Pod)),
            ("PO", None),
            ("pods.v1.", Some(Kind::Pod)),
            ("pods.v1", None),
            ("pods.apps", None),
            ("pods.APPS", None),
            ("foo", None),
        ];
        for (word, kind) in cases {
            assert_eq!(Kind::from_resource(word), kind, "{word}");
        }
    }

    #[test]
    fn the_order_of_all_is_the_order_of_kind() {
        assert!(Kind::ALL.is_sorted());
    }
}
