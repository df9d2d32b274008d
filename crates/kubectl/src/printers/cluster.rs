//! Rows of nodes, namespaces, events, service accounts, config maps and secrets.
//!
//! Models printNode, printNamespace, printEvent, printConfigMap and printSecret of
//! pkg/printers/internalversion/printers.go.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    ConfigMap, Event, Namespace, Node, ObjectReference, Secret, ServiceAccount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use machinery::taints::is_cordoned;
use machinery::version::Features;

use super::age;

const NONE: &str = "<none>";

/// NAME DATA AGE.
pub(crate) fn config_map(config_map: &ConfigMap, now: Timestamp) -> Vec<String> {
    let data = config_map.data.as_ref().map_or(0, |data| data.len());
    let binary = config_map.binary_data.as_ref().map_or(0, |data| data.len());
    vec![
        config_map.metadata.name.clone().unwrap_or_default(),
        (data + binary).to_string(),
        age::since(config_map.metadata.creation_timestamp.as_ref(), now),
    ]
}

/// NAME TYPE DATA AGE.
pub(crate) fn secret(secret: &Secret, now: Timestamp) -> Vec<String> {
    vec![
        secret.metadata.name.clone().unwrap_or_default(),
        secret.type_.clone().unwrap_or_default(),
        secret.data.as_ref().map_or(0, |data| data.len()).to_string(),
        age::since(secret.metadata.creation_timestamp.as_ref(), now),
    ]
}

/// NAME AGE, with SECRETS between them before 1.33.
pub(crate) fn service_account(account: &ServiceAccount, now: Timestamp, features: Features) -> Vec<String> {
    let mut cells = vec![account.metadata.name.clone().unwrap_or_default()];
    if !features.service_accounts_have_no_secrets() {
        cells.push(account.secrets.as_ref().map_or(0, Vec::len).to_string());
    }
    cells.push(age::since(account.metadata.creation_timestamp.as_ref(), now));
    cells
}

/// NAME STATUS AGE.
pub(crate) fn namespace(namespace: &Namespace, now: Timestamp) -> Vec<String> {
    vec![
        namespace.metadata.name.clone().unwrap_or_default(),
        namespace.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default(),
        age::since(namespace.metadata.creation_timestamp.as_ref(), now),
    ]
}

/// NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME.
pub(crate) fn node(node: &Node, now: Timestamp, features: Features) -> Vec<String> {
    let status = node.status.clone().unwrap_or_default();
    let info = status.node_info.unwrap_or_default();
    let address = |kind: &str| {
        let found = status.addresses.iter().flatten().find(|address| address.type_ == kind);
        found.map_or(NONE, |address| address.address.as_str()).to_owned()
    };
    let or_unknown = |text: String| if text.is_empty() { "<unknown>".to_owned() } else { text };
    let mut kernel = or_unknown(info.kernel_version);
    if features.nodes_tell_their_architecture() && !info.architecture.is_empty() {
        kernel = format!("{kernel} ({})", info.architecture);
    }
    vec![
        node.metadata.name.clone().unwrap_or_default(),
        node_status(node),
        node_roles(node),
        age::since(node.metadata.creation_timestamp.as_ref(), now),
        info.kubelet_version,
        address("InternalIP"),
        address("ExternalIP"),
        or_unknown(info.os_image),
        kernel,
        or_unknown(info.container_runtime_version),
    ]
}

fn node_status(node: &Node) -> String {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.into_iter().find(|condition| condition.type_ == "Ready");
    let mut words = vec![match ready {
        Some(condition) if condition.status == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }];
    if is_cordoned(node) {
        words.push("SchedulingDisabled");
    }
    words.join(",")
}

/// The roles that labels give a node, or `<none>`.
pub(crate) fn node_roles(node: &Node) -> String {
    let mut roles: Vec<&str> = Vec::new();
    for (key, value) in node.metadata.labels.iter().flatten() {
        match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => roles.push(role),
            None if key == "kubernetes.io/role" && !value.is_empty() => roles.push(value),
            _ => {}
        }
    }
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() { NONE.to_owned() } else { roles.join(",") }
}

/// LAST-SEEN TYPE REASON OBJECT SUBOBJECT SOURCE MESSAGE FIRST-SEEN COUNT NAME.
pub(crate) fn event(event: &Event, now: Timestamp) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (first, last) = event_times(event);
    let series = event.series.as_ref().and_then(|series| series.count);
    let count = series.or(event.count).unwrap_or(0).max(1);
    vec![
        age::since(last.as_ref(), now),
        text(&event.type_),
        text(&event.reason),
        involved(&event.involved_object),
        text(&event.involved_object.field_path),
        source(event),
        text(&event.message).trim().to_owned(),
        age::since(first.as_ref(), now),
        count.to_string(),
        text(&event.metadata.name),
    ]
}

/// When an event was first and last seen.
pub(crate) fn event_times(event: &Event) -> (Option<Time>, Option<Time>) {
    let event_time = event.event_time.as_ref().map(|time| Time(time.0));
    let first = event.first_timestamp.clone().or(event_time.clone());
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref());
    let last = match series {
        Some(time) => Some(Time(time.0)),
        None => event.last_timestamp.clone().or(first.clone()),
    };
    (first, last)
}

fn involved(object: &ObjectReference) -> String {
    let kind = object.kind.as_deref().unwrap_or_default().to_ascii_lowercase();
    let name = object.name.as_deref().unwrap_or_default();
    if kind.is_empty() { name.to_owned() } else { format!("{kind}/{name}") }
}

// `component, host`; the newer fields if the old ones are empty.
fn source(event: &Event) -> String {
    let old = event.source.clone().unwrap_or_default();
    let component = old.component.or_else(|| event.reporting_component.clone()).unwrap_or_default();
    let host = old.host.or_else(|| event.reporting_instance.clone()).unwrap_or_default();
    if host.is_empty() { component } else { format!("{component}, {host}") }
}
