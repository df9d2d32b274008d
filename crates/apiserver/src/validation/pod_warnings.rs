//! What is worth a word in pods and their templates, though they are taken.
//!
//! Models pkg/api/pod/warnings.go and pkg/api/node/util.go. Departs: the annotations of AppArmor and seccomp earn nothing.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, EnvVar, NodeSelectorTerm, PodAffinityTerm, PodSpec, Volume,
    WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::field::Path;
use machinery::quantity::Quantity;

use crate::strategy::persistent_volume_claim;

const NO_SELECTOR: &str = "a null labelSelector results in matching no pod";

/// Labels of nodes that have another name by now.
const OLD_LABELS: [(&str, &str); 5] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
];

/// Annotations that do nothing any more.
const OLD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];

/// What is worth a word in a pod; `path` is that of the template it comes from, if it does.
pub fn of_pod(meta: Option<&ObjectMeta>, spec: &PodSpec, path: Option<&Path>) -> Vec<String> {
    let root = |name: &str| path.map_or_else(|| Path::new(name), |path| path.child(name));
    let path = root("spec");
    let mut warnings = placement(spec, &path);
    let annotations = meta.and_then(|meta| meta.annotations.as_ref());
    for (key, why) in OLD_ANNOTATIONS {
        if annotations.is_some_and(|annotations| annotations.contains_key(key)) {
            warnings.push(format!("{}: {why}", root("metadata").child("annotations").key(key)));
        }
    }
    for (i, volume) in spec.volumes.iter().flatten().enumerate() {
        warnings.extend(old_plugins(volume, &path.child("volumes").index(i)));
    }
    warnings.extend(token_paths(spec, &path));
    warnings.extend(lists(spec, &path));
    for (path, container) in containers_in_order(spec, &path) {
        warnings.extend(of_container(container, &path));
    }
    warnings.extend(ports(spec, &path));
    if spec.termination_grace_period_seconds.is_some_and(|s| s < 0) {
        let path = path.child("terminationGracePeriodSeconds");
        warnings.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    warnings.extend(affinity(spec, &path));
    warnings
}

/// The containers in the order of pods.VisitContainersWithPath; pods that are new have no ephemeral ones.
fn containers_in_order<'a>(spec: &'a PodSpec, path: &Path) -> Vec<(Path, &'a Container)> {
    let lists =
        [("initContainers", spec.init_containers.as_deref()), ("containers", Some(&spec.containers[..]))];
    let listed = lists.into_iter().flat_map(|(field, list)| {
        let path = path.child(field);
        let containers = list.unwrap_or_default().iter().enumerate();
        containers.map(move |(i, container)| (path.index(i), container))
    });
    listed.collect()
}

/// A quantity of bytes that is no whole number.
pub fn fractional_bytes(text: &str, path: &Path) -> Option<String> {
    let quantity = Quantity::parse(text).ok()?;
    let why = || format!("{path}: fractional byte value \"{text}\" is invalid, must be an integer");
    (quantity.milli_value() % 1000 != 0).then(why)
}

/// Node labels with another name by now, in a term (GetWarningsForNodeSelectorTerm).
pub fn of_node_term(term: &NodeSelectorTerm, path: &Path) -> Vec<String> {
    let expressions = term.match_expressions.iter().flatten().enumerate();
    let old = expressions.filter_map(|(i, expression)| {
        let path = path.child("matchExpressions").index(i).child("key");
        Some(format!("{path}: {} is {}", expression.key, old_label(&expression.key)?))
    });
    old.collect()
}

fn old_label(key: &str) -> Option<&'static str> {
    OLD_LABELS.into_iter().find(|(old, _)| *old == key).map(|(_, why)| why)
}

fn placement(spec: &PodSpec, path: &Path) -> Vec<String> {
    let selected = spec.node_selector.iter().flatten();
    let old = selected
        .filter_map(|(key, _)| Some(format!("{}: {}", path.child("nodeSelector").key(key), old_label(key)?)));
    let mut warnings: Vec<String> = old.collect();
    if let Some(node) = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref()) {
        let path = path.child("affinity").child("nodeAffinity");
        let required =
            path.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
        let terms = node.required_during_scheduling_ignored_during_execution.iter();
        for (i, term) in terms.flat_map(|required| &required.node_selector_terms).enumerate() {
            warnings.extend(of_node_term(term, &required.index(i)));
        }
        let preferred = path.child("preferredDuringSchedulingIgnoredDuringExecution");
        let terms = node.preferred_during_scheduling_ignored_during_execution.iter().flatten();
        for (i, term) in terms.enumerate() {
            warnings.extend(of_node_term(&term.preference, &preferred.index(i).child("preference")));
        }
    }
    for (i, constraint) in spec.topology_spread_constraints.iter().flatten().enumerate() {
        let path = path.child("topologySpreadConstraints").index(i);
        if let Some(why) = old_label(&constraint.topology_key) {
            warnings.push(format!("{}: {} is {why}", path.child("topologyKey"), constraint.topology_key));
        }
        if constraint.label_selector.is_none() {
            warnings.push(format!("{}: {NO_SELECTOR}", path.child("labelSelector")));
        }
    }
    warnings
}

fn old_plugins(volume: &Volume, path: &Path) -> Vec<String> {
    let old = [
        (volume.photon_persistent_disk.is_some(), "photonPersistentDisk", "v1.11", "v1.16"),
        (volume.git_repo.is_some(), "gitRepo", "v1.11", ""),
        (volume.scale_io.is_some(), "scaleIO", "v1.16", "v1.22"),
        (volume.flocker.is_some(), "flocker", "v1.22", "v1.25"),
        (volume.storageos.is_some(), "storageOS", "v1.22", "v1.25"),
        (volume.quobyte.is_some(), "quobyte", "v1.22", "v1.25"),
        (volume.glusterfs.is_some(), "glusterfs", "v1.25", "v1.26"),
        (volume.cephfs.is_some(), "cephfs", "v1.28", "v1.31"),
        (volume.rbd.is_some(), "rbd", "v1.28", "v1.31"),
    ];
    let mut warnings: Vec<String> = old
        .into_iter()
        .filter(|(is_used, ..)| *is_used)
        .map(|(_, field, since, until)| match until {
            "" => format!("{}: deprecated in {since}", path.child(field)),
            until => format!("{}: deprecated in {since}, non-functional in {until}+", path.child(field)),
        })
        .collect();
    let template = volume.ephemeral.as_ref().and_then(|source| source.volume_claim_template.as_ref());
    if let Some(template) = template {
        let path = path.child("ephemeral").child("volumeClaimTemplate").child("spec");
        warnings.extend(persistent_volume_claim::spec_warnings(&template.spec, &path));
    }
    warnings
}

/// Files of a projected volume in the place of a token.
fn token_paths(spec: &PodSpec, path: &Path) -> Vec<String> {
    let sources = || {
        let volumes = spec.volumes.iter().flatten().enumerate();
        volumes.flat_map(|(i, volume)| {
            volume.projected.iter().flat_map(|p| p.sources.iter().flatten()).map(move |source| (i, source))
        })
    };
    let tokens = sources().filter_map(|(_, source)| source.service_account_token.as_ref());
    let tokens: BTreeSet<&str> = tokens.map(|token| token.path.as_str()).collect();
    let mut warnings = Vec::new();
    for (i, source) in sources() {
        let config_map = source.config_map.iter().flat_map(|source| source.items.iter().flatten());
        let secret = source.secret.iter().flat_map(|source| source.items.iter().flatten());
        let downward = source.downward_api.iter().flat_map(|source| source.items.iter().flatten());
        let files = config_map.enumerate().map(|(j, item)| ("configMap", j, &item.path));
        let files = files.chain(secret.enumerate().map(|(j, item)| ("secrets", j, &item.path)));
        let files = files.chain(downward.enumerate().map(|(j, item)| ("downwardAPI", j, &item.path)));
        for (field, j, taken) in files.filter(|(.., taken)| tokens.contains(taken.as_str())) {
            let path = path.child("volumes").index(i).child("projected").child("sources");
            let path = path.child(field).index(j);
            warnings.push(format!("{path}: has duplicated path with ServiceAccountToken \"{taken}\""));
        }
    }
    warnings
}

/// Lists that say something twice, or nothing.
fn lists(spec: &PodSpec, path: &Path) -> Vec<String> {
    let ips: Vec<&str> = spec.host_aliases.iter().flatten().map(|alias| alias.ip.as_str()).collect();
    let secrets: Vec<&str> = spec.image_pull_secrets.iter().flatten().map(|s| s.name.as_str()).collect();
    let mut warnings = Vec::new();
    for (list, field, values) in [("hostAliases", "ip", &ips), ("imagePullSecrets", "name", &secrets)] {
        for (i, value) in values.iter().enumerate().filter(|(i, value)| values[..*i].contains(value)) {
            let path = path.child(list).index(i).child(field);
            warnings.push(format!("{path}: duplicate {field} \"{value}\""));
        }
    }
    for i in (0..secrets.len()).filter(|i| secrets[*i].is_empty()) {
        let path = path.child("imagePullSecrets").index(i).child("name");
        warnings.push(format!("{path}: invalid empty name \"\""));
    }
    for name in ["memory", "ephemeral-storage"] {
        let text = spec.overhead.as_ref().and_then(|overhead| overhead.get(name));
        warnings.extend(text.and_then(|text| fractional_bytes(&text.0, &path.child("overhead").key(name))));
    }
    warnings
}

fn of_container(container: &Container, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    let resources = container.resources.as_ref();
    let lists = [
        ("limits", resources.and_then(|r| r.limits.as_ref())),
        ("requests", resources.and_then(|r| r.requests.as_ref())),
    ];
    for name in ["memory", "ephemeral-storage"] {
        for (list, quantities) in lists {
            let text = quantities.and_then(|list| list.get(name));
            let path = path.child("resources").child(list).key(name);
            warnings.extend(text.and_then(|text| fractional_bytes(&text.0, &path)));
        }
    }
    let env = container.env.as_deref().unwrap_or_default();
    // X: $(X)123 builds on the X before it.
    let builds_on = |variable: &EnvVar| {
        let (reference, value) =
            (format!("$({})", variable.name), variable.value.as_deref().unwrap_or_default());
        variable.value_from.is_none() && value != reference && value.contains(&reference)
    };
    for (i, variable) in env.iter().enumerate() {
        if env[..i].iter().any(|other| other.name == variable.name) && !builds_on(variable) {
            let (path, name) = (path.child("env").index(i), &variable.name);
            warnings.push(format!(
                "{path}: hides previous definition of \"{name}\", which may be dropped when using apply"
            ));
        }
    }
    warnings
}

/// Ports of all containers that are in each other's way.
fn ports(spec: &PodSpec, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut earlier: BTreeMap<(i32, &str), Vec<(Path, &ContainerPort)>> = BTreeMap::new();
    for (path, container) in containers_in_order(spec, path) {
        for (i, port) in container.ports.iter().flatten().enumerate() {
            let path = path.child("ports").index(i);
            let (ip, host_port) = host_side(port);
            let protocol = port.protocol.as_deref().unwrap_or_default();
            if !ip.is_empty() && host_port == 0 {
                let (name, number) = (port.name.as_deref().unwrap_or_default(), port.container_port);
                let whole = format!(
                    "{{Name:{name} HostPort:0 ContainerPort:{number} Protocol:{protocol} HostIP:{ip}}}"
                );
                warnings.push(format!("{path}: hostIP set without hostPort: {whole}"));
            }
            let others = earlier.entry((port.container_port, protocol)).or_default();
            let conflicts = others.iter().filter_map(|(other, with)| {
                Some(format!("{path}: {} port definition with {other}", conflict(port, with)?))
            });
            warnings.extend(conflicts);
            others.push((path, port));
        }
    }
    warnings
}

fn host_side(port: &ContainerPort) -> (&str, i32) {
    (port.host_ip.as_deref().unwrap_or_default(), port.host_port.unwrap_or(0))
}

fn conflict(a: &ContainerPort, b: &ContainerPort) -> Option<&'static str> {
    let ((a_ip, a_port), (b_ip, b_port)) = (host_side(a), host_side(b));
    if (a_ip, a_port) == (b_ip, b_port) {
        Some("duplicate")
    } else if a_port == 0 || b_port == 0 {
        Some("overlapping")
    } else {
        (a_port == b_port && a_ip.is_empty() != b_ip.is_empty()).then_some("dangerously ambiguous")
    }
}

fn affinity(spec: &PodSpec, path: &Path) -> Vec<String> {
    let Some(affinity) = &spec.affinity else {
        return Vec::new();
    };
    let path = path.child("affinity");
    let near = affinity.pod_affinity.as_ref();
    let far = affinity.pod_anti_affinity.as_ref();
    type Terms<'a> = (Option<&'a Vec<PodAffinityTerm>>, Option<&'a Vec<WeightedPodAffinityTerm>>);
    let kinds: [(&str, Terms<'_>); 2] = [
        (
            "podAffinity",
            (
                near.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref()),
                near.and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_ref()),
            ),
        ),
        (
            "podAntiAffinity",
            (
                far.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref()),
                far.and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_ref()),
            ),
        ),
    ];
    let mut warnings = Vec::new();
    for (kind, (required, preferred)) in kinds {
        let list = path.child(kind).child("requiredDuringSchedulingIgnoredDuringExecution");
        for (i, term) in required.into_iter().flatten().enumerate() {
            if term.label_selector.is_none() {
                warnings.push(format!("{}: {NO_SELECTOR}", list.index(i).child("labelSelector")));
            }
        }
        let list = path.child(kind).child("preferredDuringSchedulingIgnoredDuringExecution");
        for (i, term) in preferred.into_iter().flatten().enumerate() {
            if term.pod_affinity_term.label_selector.is_none() {
                let path = list.index(i).child("podAffinityTerm").child("labelSelector");
                warnings.push(format!("{path}: {NO_SELECTOR}"));
            }
        }
    }
    warnings
}
