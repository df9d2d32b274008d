//! A pod told for people.
//!
//! Models describePod of kubectl/pkg/describe/describe.go.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodSpec, PodStatus};
use machinery::object::controller_of;

use super::text::{Text, time};
use super::{containers, volumes};
use crate::printers::age;

/// Adds everything but the events.
pub(super) fn describe(text: &mut Text, pod: &Pod, now: Timestamp) {
    let spec = pod.spec.clone().unwrap_or_default();
    let status = pod.status.clone().unwrap_or_default();
    head(text, pod, &spec, &status, now);
    containers_and_gates(text, pod, &spec, &status);
    conditions(text, &status);
    volumes::describe(text, spec.volumes.as_deref(), "");
    text.field(0, "QoS Class", status.qos_class.as_deref().unwrap_or_default());
    text.labels("", "Node-Selectors", spec.node_selector.as_ref());
    text.tolerations("", spec.tolerations.as_deref());
    let mut constraints: Vec<_> = spec.topology_spread_constraints.iter().flatten().collect();
    constraints.sort_by_key(|constraint| &constraint.topology_key);
    let constraints: Vec<String> = constraints
        .into_iter()
        .map(|constraint| {
            let selector = constraint.label_selector.as_ref().map(crate::printers::workload::selector);
            let selector = selector.map(|text| format!(" for selector {text}")).unwrap_or_default();
            let (key, when) = (&constraint.topology_key, &constraint.when_unsatisfiable);
            format!("{key}:{when} when max skew {} is exceeded{selector}", constraint.max_skew)
        })
        .collect();
    if !constraints.is_empty() {
        text.several("", "Topology Spread Constraints", &constraints);
    }
}

fn head(text: &mut Text, pod: &Pod, spec: &PodSpec, status: &PodStatus, now: Timestamp) {
    let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    text.name(&pod.metadata);
    if let Some(priority) = spec.priority {
        text.field(0, "Priority", priority.to_string());
    }
    if let Some(class) = given(&spec.priority_class_name) {
        text.field(0, "Priority Class Name", class);
    }
    if let Some(class) = given(&spec.runtime_class_name) {
        text.field(0, "Runtime Class Name", class);
    }
    if let Some(account) = given(&spec.service_account_name) {
        text.field(0, "Service Account", account);
    }
    match given(&spec.node_name) {
        None => text.field(0, "Node", "<none>"),
        Some(node) => {
            text.field(0, "Node", format!("{node}/{}", status.host_ip.as_deref().unwrap_or_default()));
        }
    }
    if status.start_time.is_some() {
        text.field(0, "Start Time", time(status.start_time.as_ref()));
    }
    text.labels("", "Labels", pod.metadata.labels.as_ref());
    text.annotations("Annotations", pod.metadata.annotations.as_ref());
    let phase = status.phase.as_deref().unwrap_or_default();
    let ended = phase == "Failed" || phase == "Succeeded";
    match &pod.metadata.deletion_timestamp {
        Some(since) if status.reason.as_deref() != Some("NodeLost") && !ended => {
            text.field(0, "Status", format!("Terminating (lasts {})", age::since(Some(since), now)));
            let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
            text.field(0, "Termination Grace Period", format!("{grace}s"));
        }
        _ => text.field(0, "Status", phase),
    }
    if let Some(reason) = given(&status.reason) {
        text.field(0, "Reason", reason);
    }
    if let Some(message) = given(&status.message) {
        text.field(0, "Message", message);
    }
    if let Some(profile) = spec.security_context.as_ref().and_then(|context| context.seccomp_profile.as_ref())
    {
        containers::seccomp(text, 0, 0, profile);
    }
    text.field(0, "IP", status.pod_ip.as_deref().unwrap_or_default());
    match status.pod_ips.as_deref().unwrap_or_default() {
        [] => text.field(0, "IPs", "<none>"),
        ips => {
            text.line(0, "IPs:");
            ips.iter().for_each(|ip| text.field(1, "IP", &ip.ip));
        }
    }
    if let Some(owner) = controller_of(&pod.metadata) {
        text.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
    }
    if let Some(node) = given(&status.nominated_node_name) {
        text.field(0, "NominatedNodeName", node);
    }
}

fn containers_and_gates(text: &mut Text, pod: &Pod, spec: &PodSpec, status: &PodStatus) {
    if let Some(resources) = &spec.resources {
        text.line(0, "Resources:");
        containers::describe_resources(text, 1, resources);
    }
    let init = spec.init_containers.as_deref().unwrap_or_default();
    if !init.is_empty() {
        let statuses = status.init_container_statuses.as_deref();
        containers::describe(text, "Init Containers", init, statuses, Some(pod), "");
    }
    let statuses = status.container_statuses.as_deref();
    containers::describe(text, "Containers", &spec.containers, statuses, Some(pod), "");
    let gates = spec.readiness_gates.as_deref().unwrap_or_default();
    if gates.is_empty() {
        return;
    }
    text.line(0, "Readiness Gates:");
    text.line(1, "Type\tStatus");
    for gate in gates {
        let found = status.conditions.iter().flatten().find(|c| c.type_ == gate.condition_type);
        let status = found.map_or("<none>", |condition| condition.status.as_str());
        text.line(1, format!("{} \t{status} ", gate.condition_type));
    }
}

fn conditions(text: &mut Text, status: &PodStatus) {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if conditions.is_empty() {
        return;
    }
    text.line(0, "Conditions:");
    text.line(1, "Type\tStatus");
    for condition in conditions {
        text.line(1, format!("{} \t{} ", condition.type_, condition.status));
    }
}
