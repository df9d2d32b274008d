//! Types that a real cluster serves and of which this one has no object: asking for them is no mistake.
//!
//! The words are those of discovery (`kubectl api-resources`).

/// A type without objects.
#[derive(Debug)]
pub(crate) struct AbsentType {
    /// Plural, singular and short names.
    names: &'static [&'static str],
    /// The API group; empty for core.
    group: &'static str,
    /// Whether objects would live in a namespace.
    pub namespaced: bool,
}

const fn absent(names: &'static [&'static str], group: &'static str, namespaced: bool) -> AbsentType {
    AbsentType { names, group, namespaced }
}

const TYPES: &[AbsentType] = &[
    absent(&["limitranges", "limitrange", "limits"], "", true),
    absent(&["podtemplates", "podtemplate"], "", true),
    absent(&["replicationcontrollers", "replicationcontroller", "rc"], "", true),
    absent(&["resourcequotas", "resourcequota", "quota"], "", true),
    absent(&["daemonsets", "daemonset", "ds"], "apps", true),
    absent(&["replicasets", "replicaset", "rs"], "apps", true),
    absent(&["horizontalpodautoscalers", "horizontalpodautoscaler", "hpa"], "autoscaling", true),
    absent(&["cronjobs", "cronjob", "cj"], "batch", true),
    absent(&["jobs", "job"], "batch", true),
    absent(&["certificatesigningrequests", "certificatesigningrequest", "csr"], "certificates.k8s.io", false),
    absent(&["leases", "lease"], "coordination.k8s.io", true),
    absent(
        &["customresourcedefinitions", "customresourcedefinition", "crd", "crds"],
        "apiextensions.k8s.io",
        false,
    ),
    absent(&["ingressclasses", "ingressclass"], "networking.k8s.io", false),
    absent(&["ingresses", "ingress", "ing"], "networking.k8s.io", true),
    absent(&["networkpolicies", "networkpolicy", "netpol"], "networking.k8s.io", true),
    absent(&["poddisruptionbudgets", "poddisruptionbudget", "pdb"], "policy", true),
    absent(&["rolebindings", "rolebinding"], "rbac.authorization.k8s.io", true),
    absent(&["roles", "role"], "rbac.authorization.k8s.io", true),
    absent(&["csidrivers", "csidriver"], "storage.k8s.io", false),
    absent(&["csinodes", "csinode"], "storage.k8s.io", false),
    absent(&["csistoragecapacities", "csistoragecapacity"], "storage.k8s.io", true),
    absent(&["volumeattachments", "volumeattachment"], "storage.k8s.io", false),
    absent(&["volumeattributesclasses", "volumeattributesclass", "vac"], "storage.k8s.io", false),
];

/// The type that a word names, alone or with its group.
pub(crate) fn find(word: &str) -> Option<&'static AbsentType> {
    let word = word.to_ascii_lowercase();
    let (name, group) =
        word.split_once('.').map_or((word.as_str(), None), |(name, group)| (name, Some(group)));
    TYPES.iter().find(|kind| kind.names.contains(&name) && group.is_none_or(|group| group == kind.group))
}

impl AbsentType {
    /// How messages name the resource: `replicasets.apps`.
    pub fn group_resource(&self) -> String {
        match self.group {
            "" => self.names[0].to_owned(),
            group => format!("{}.{group}", self.names[0]),
        }
    }
}
