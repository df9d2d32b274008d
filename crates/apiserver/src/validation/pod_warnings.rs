//! What is worth a word in pods and their templates, though they are taken.
//!
//! Models pkg/api/pod/warnings.go and pkg/api/node/util.go (v1.36.2).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, EnvVar, NodeSelectorTerm, PodAffinityTerm, PodSpec, Volume,
    WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::field::Path;
use machinery::names;
use machinery::quantity::Quantity;
use machinery::version::Features;

use super::pod_annotations::{APP_ARMOR_OF, SECCOMP_OF, SECCOMP_OF_POD};
use super::pod_spec::containers_with_paths;
use super::{COMPARED, Seen, addresses, volume_files};
use crate::strategy::persistent_volume_claim;

const SECCOMP: &str = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
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
pub fn of_pod(
    meta: Option<&ObjectMeta>,
    spec: &PodSpec,
    features: Features,
    path: Option<&Path>,
) -> Vec<String> {
    let root = |name: &str| path.map_or_else(|| Path::new(name), |path| path.child(name));
    let annotations =
        Annotations { given: meta.and_then(|m| m.annotations.as_ref()), path: root("metadata") };
    let is_template = path.is_some();
    let path = root("spec");
    let mut warnings = placement(spec, features, &path);
    warnings.extend(OLD_ANNOTATIONS.iter().filter_map(|(key, why)| annotations.warning(key, why)));
    for (i, volume) in spec.volumes.iter().flatten().enumerate() {
        warnings.extend(old_plugins(volume, features, &path.child("volumes").index(i)));
    }
    warnings.extend(volume_files::overlaps(spec.volumes.as_deref().unwrap_or_default()));
    warnings.extend(lists(spec, &path));
    warnings.extend(profiles(spec, &annotations));
    for (path, container) in containers_with_paths(spec, &path) {
        warnings.extend(profiles_of_container(container, spec, &annotations, is_template));
        warnings.extend(of_container(container, &path));
    }
    warnings.extend(ports(spec, &path));
    if features.duplicate_port_names_earn_a_warning() {
        warnings.extend(port_names(spec, &path));
    }
    if spec.termination_grace_period_seconds.is_some_and(|s| s < 0) {
        let path = path.child("terminationGracePeriodSeconds");
        warnings.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    warnings.extend(affinity(spec, &path));
    let has_addresses = spec.dns_config.is_some() || spec.host_aliases.is_some();
    if has_addresses && features.odd_addresses_earn_a_warning() {
        warnings.extend(odd_addresses(spec, features, &path));
    }
    warnings
}

/// A pod's annotations, and the path of its metadata.
struct Annotations<'a> {
    given: Option<&'a BTreeMap<String, String>>,
    path: Path,
}

impl Annotations<'_> {
    /// What there is to say about an annotation, if it is given.
    fn warning(&self, key: &str, why: &str) -> Option<String> {
        let path = || self.path.child("annotations").key(key);
        self.given?.contains_key(key).then(|| format!("{}: {why}", path()))
    }
}

/// The annotation for what has a field by now.
fn profiles(spec: &PodSpec, annotations: &Annotations<'_>) -> Option<String> {
    let context = spec.security_context.as_ref();
    if context.is_some_and(|context| context.seccomp_profile.is_some()) {
        return None;
    }
    annotations.warning(SECCOMP_OF_POD, SECCOMP)
}

/// The same of a container; AppArmor's of a pod are seen to where its field is filled in.
fn profiles_of_container(
    container: &Container,
    spec: &PodSpec,
    annotations: &Annotations<'_>,
    is_template: bool,
) -> Vec<String> {
    let (of_pod, context) = (spec.security_context.as_ref(), container.security_context.as_ref());
    let mut warnings = Vec::new();
    if context.is_none_or(|context| context.seccomp_profile.is_none()) {
        let key = format!("{SECCOMP_OF}{}", container.name);
        warnings.extend(annotations.warning(&key, SECCOMP));
    }
    let has_profile = of_pod.is_some_and(|context| context.app_armor_profile.is_some())
        || context.is_some_and(|context| context.app_armor_profile.is_some());
    if is_template && !has_profile {
        let why = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
        warnings.extend(annotations.warning(&format!("{APP_ARMOR_OF}{}", container.name), why));
    }
    warnings
}

/// IPv6 addresses in another form than the canonical one (GetWarningsForIP); other odd ones are refused.
fn odd_addresses(spec: &PodSpec, features: Features, path: &Path) -> Vec<String> {
    let servers = spec.dns_config.as_ref().and_then(|config| config.nameservers.as_deref());
    let at = path.child("dnsConfig").child("nameservers");
    let servers = servers.unwrap_or_default().iter().enumerate().map(|(i, ip)| (at.index(i), ip));
    let at = path.child("hostAliases");
    let aliases = spec.host_aliases.iter().flatten().enumerate();
    let aliases = aliases.map(|(i, alias)| (at.index(i).child("ip"), &alias.ip));
    servers.chain(aliases).filter_map(|(path, ip)| addresses::ip_warning(ip, features, &path)).collect()
}

/// A quantity of bytes that is no whole number.
pub fn fractional_bytes(text: &str, path: &Path) -> Option<String> {
    let quantity = Quantity::parse(text).ok()?;
    let why = || format!("{path}: fractional byte value \"{text}\" is invalid, must be an integer");
    (quantity.milli_value() % 1000 != 0).then(why)
}

/// Node labels with another name by now, in a term (GetWarningsForNodeSelectorTerm).
pub fn of_node_term(term: &NodeSelectorTerm, path: &Path) -> Vec<String> {
    node_term(term, None, path)
}

/// The same, and where the values' `rules` are given, those that no label can have.
fn node_term(term: &NodeSelectorTerm, rules: Option<Features>, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    for (i, expression) in term.match_expressions.iter().flatten().enumerate() {
        let path = path.child("matchExpressions").index(i);
        if let Some(why) = old_label(&expression.key) {
            warnings.push(format!("{}: {} is {why}", path.child("key"), expression.key));
        }
        let Some(features) = rules else {
            continue;
        };
        for (i, value) in expression.values.iter().flatten().enumerate() {
            let (path, broken) = (path.child("values").index(i), names::label_value(value, features));
            warnings.extend(broken.iter().map(|why| format!("{path}: {value} is invalid, {why}")));
        }
    }
    warnings
}

/// What there is to say about the label of a node, if it has another name by now.
pub fn old_label(key: &str) -> Option<&'static str> {
    OLD_LABELS.into_iter().find(|(old, _)| *old == key).map(|(_, why)| why)
}

fn placement(spec: &PodSpec, features: Features, path: &Path) -> Vec<String> {
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
            let rules = Some(features).filter(|features| features.impossible_preferences_earn_a_warning());
            warnings.extend(node_term(&term.preference, rules, &preferred.index(i).child("preference")));
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

fn old_plugins(volume: &Volume, features: Features, path: &Path) -> Vec<String> {
    let git = match features.git_repositories_are_off() {
        true => "deprecated in v1.11, and disabled by default in v1.33+",
        false => "deprecated in v1.11",
    };
    let old = [
        (
            volume.photon_persistent_disk.is_some(),
            "photonPersistentDisk",
            "deprecated in v1.11, non-functional in v1.16+",
        ),
        (volume.git_repo.is_some(), "gitRepo", git),
        (volume.scale_io.is_some(), "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        (volume.flocker.is_some(), "flocker", "deprecated in v1.22, non-functional in v1.25+"),
        (volume.storageos.is_some(), "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
        (volume.quobyte.is_some(), "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        (volume.glusterfs.is_some(), "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        (volume.cephfs.is_some(), "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        (volume.rbd.is_some(), "rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ];
    let used = old.into_iter().filter(|(is_used, ..)| *is_used);
    let mut warnings: Vec<String> =
        used.map(|(_, field, why)| format!("{}: {why}", path.child(field))).collect();
    let template = volume.ephemeral.as_ref().and_then(|source| source.volume_claim_template.as_ref());
    if let Some(template) = template {
        let path = path.child("ephemeral").child("volumeClaimTemplate").child("spec");
        warnings.extend(persistent_volume_claim::spec_warnings(&template.spec, &path));
    }
    warnings
}

/// Lists that say something twice, or nothing.
fn lists(spec: &PodSpec, path: &Path) -> Vec<String> {
    let ips: Vec<&str> = spec.host_aliases.iter().flatten().map(|alias| alias.ip.as_str()).collect();
    let secrets: Vec<&str> = spec.image_pull_secrets.iter().flatten().map(|s| s.name.as_str()).collect();
    let mut warnings = Vec::new();
    for (list, field, values) in [("hostAliases", "ip", &ips), ("imagePullSecrets", "name", &secrets)] {
        let mut seen = Seen::default();
        for (i, value) in values.iter().enumerate().filter(|(_, value)| seen.again(value)) {
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
    let mut seen = Seen::default();
    for (i, variable) in env.iter().enumerate() {
        if seen.again(&variable.name) && !builds_on(variable) {
            let (path, name) = (path.child("env").index(i), &variable.name);
            warnings.push(format!(
                "{path}: hides previous definition of \"{name}\", which may be dropped when using apply"
            ));
        }
    }
    warnings
}

/// The ports of all containers, as far as they are compared.
fn ports_with_paths<'a>(
    spec: &'a PodSpec,
    path: &'a Path,
) -> impl Iterator<Item = (Path, &'a ContainerPort)> {
    let ports = containers_with_paths(spec, path).into_iter().flat_map(|(path, container)| {
        let path = path.child("ports");
        container.ports.iter().flatten().enumerate().map(move |(i, port)| (path.index(i), port))
    });
    ports.take(COMPARED)
}

/// Ports that are in each other's way.
fn ports(spec: &PodSpec, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut earlier: Vec<(Path, &ContainerPort)> = Vec::new();
    for (path, port) in ports_with_paths(spec, path) {
        let (ip, host_port) = host_side(port);
        let protocol = port.protocol.as_deref().unwrap_or_default();
        if !ip.is_empty() && host_port == 0 {
            let (name, number) = (port.name.as_deref().unwrap_or_default(), port.container_port);
            let whole =
                format!("{{Name:{name} HostPort:0 ContainerPort:{number} Protocol:{protocol} HostIP:{ip}}}");
            warnings.push(format!("{path}: hostIP set without hostPort: {whole}"));
        }
        let is_same = |other: &ContainerPort| {
            other.container_port == port.container_port && other.protocol == port.protocol
        };
        let conflicts = earlier.iter().filter(|(_, other)| is_same(other)).filter_map(|(other, with)| {
            Some(format!("{path}: {} port definition with {other}", conflict(port, with)?))
        });
        warnings.extend(conflicts);
        earlier.push((path, port));
    }
    warnings
}

/// Names of ports that something before them has already.
fn port_names(spec: &PodSpec, path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut earlier: Vec<(&str, Path)> = Vec::new();
    for (path, port) in ports_with_paths(spec, path) {
        let name = port.name.as_deref().unwrap_or_default();
        match earlier.iter().find(|(known, _)| *known == name) {
            _ if name.is_empty() => {}
            Some((_, other)) => {
                let effect = format!("services and probes that select ports by name will use {other}");
                warnings.push(format!("{path}: duplicate port name \"{name}\" with {other}, {effect}"));
            }
            None => earlier.push((name, path)),
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
