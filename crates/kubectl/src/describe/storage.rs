//! Claims and volumes told for people.
//!
//! Models PersistentVolumeClaimDescriber and PersistentVolumeDescriber of kubectl/pkg/describe/describe.go.

use client::api::ListOptions;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use machinery::Kind;
use machinery::object::claim_name;

use super::text::{Text, go_list, phase_or_terminating, time};
use super::volumes;
use crate::context::Context;
use crate::printers::storage::{access_modes, claim_class, volume_class};

/// Adds everything but the events of a claim.
pub(super) fn describe_claim(text: &mut Text, claim: &PersistentVolumeClaim, context: &mut Context<'_, '_>) {
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    let now = context.now();
    text.name(&claim.metadata);
    text.field(0, "StorageClass", claim_class(claim));
    text.field(0, "Status", phase_or_terminating(&claim.metadata, status.phase.as_deref(), now));
    let volume = spec.volume_name.as_deref().unwrap_or_default();
    text.field(0, "Volume", volume);
    text.labels("", "Labels", claim.metadata.labels.as_ref());
    text.annotations("Annotations", claim.metadata.annotations.as_ref());
    text.field(0, "Finalizers", go_list(claim.metadata.finalizers.as_deref()));
    let (mut capacity, mut modes) = (String::new(), String::new());
    if !volume.is_empty() {
        let size = status.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
        capacity = size.map_or_else(|| "0".to_owned(), |quantity| quantity.0.clone());
        modes = access_modes(status.access_modes.as_deref());
    }
    text.field(0, "Capacity", capacity);
    text.field(0, "Access Modes", modes);
    if let Some(mode) = &spec.volume_mode {
        text.field(0, "VolumeMode", mode);
    }
    if let Some(source) = &spec.data_source {
        text.line(0, "DataSource:");
        if let Some(group) = &source.api_group {
            text.field(1, "APIGroup", group);
        }
        text.field(1, "Kind", &source.kind);
        text.field(1, "Name", &source.name);
    }
    let namespace = claim.metadata.namespace.as_deref().unwrap_or_default();
    let users = used_by(context, namespace, claim.metadata.name.as_deref().unwrap_or_default());
    text.several("", "Used By", &users);
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if !conditions.is_empty() {
        text.line(0, "Conditions:");
        text.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage");
        text.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    }
    for condition in conditions {
        let (probed, changed) =
            (time(condition.last_probe_time.as_ref()), time(condition.last_transition_time.as_ref()));
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let (kind, status) = (&condition.type_, &condition.status);
        let (reason, message) = (part(&condition.reason), part(&condition.message));
        text.line(1, format!("{kind} \t{status} \t{probed} \t{changed} \t{reason} \t{message}"));
    }
}

/// The pods that use a claim, by name; none if they cannot be read.
pub(crate) fn used_by(context: &mut Context<'_, '_>, namespace: &str, claim: &str) -> Vec<String> {
    let pods = context.list(Kind::Pod, namespace, ListOptions::default()).map(|(pods, _)| pods);
    let uses = |pod: &&std::sync::Arc<Pod>| {
        let mut volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        volumes.any(|volume| claim_name(pod, volume).is_some_and(|name| name == claim))
    };
    let pods = pods.unwrap_or_default();
    let users = pods.iter().filter_map(|pod| pod.get::<Pod>()).filter(uses);
    let mut names: Vec<String> = users.filter_map(|pod| pod.metadata.name.clone()).collect();
    names.sort();
    names
}

/// Adds everything but the events of a volume.
pub(super) fn describe_volume(text: &mut Text, volume: &PersistentVolume, now: Timestamp) {
    let spec = volume.spec.clone().unwrap_or_default();
    let status = volume.status.clone().unwrap_or_default();
    text.name(&volume.metadata);
    text.labels("", "Labels", volume.metadata.labels.as_ref());
    text.annotations("Annotations", volume.metadata.annotations.as_ref());
    text.field(0, "Finalizers", go_list(volume.metadata.finalizers.as_deref()));
    text.field(0, "StorageClass", volume_class(volume));
    text.field(0, "Status", phase_or_terminating(&volume.metadata, status.phase.as_deref(), now));
    let claim = spec.claim_ref.as_ref().map(|claim| {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{}/{}", part(&claim.namespace), part(&claim.name))
    });
    text.field(0, "Claim", claim.unwrap_or_default());
    text.field(0, "Reclaim Policy", spec.persistent_volume_reclaim_policy.as_deref().unwrap_or_default());
    text.field(0, "Access Modes", access_modes(spec.access_modes.as_deref()));
    if let Some(mode) = &spec.volume_mode {
        text.field(0, "VolumeMode", mode);
    }
    let size = spec.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    text.field(0, "Capacity", size.map_or("0", |quantity| quantity.0.as_str()));
    node_affinity(text, volume);
    text.field(0, "Message", status.message.as_deref().unwrap_or_default());
    text.line(0, "Source:");
    volumes::describe_persistent(text, &spec);
}

fn node_affinity(text: &mut Text, volume: &PersistentVolume) {
    let affinity = volume.spec.as_ref().and_then(|spec| spec.node_affinity.as_ref());
    let Some(affinity) = affinity else {
        text.field(0, "Node Affinity", "<none>");
        return;
    };
    let Some(required) = &affinity.required else {
        text.field(0, "Node Affinity", "<none>");
        return;
    };
    text.field(0, "Node Affinity", "");
    let terms = if required.node_selector_terms.is_empty() { "<none>" } else { "" };
    text.field(1, "Required Terms", terms);
    for (i, term) in required.node_selector_terms.iter().enumerate() {
        let lines: Vec<String> = term
            .match_expressions
            .iter()
            .flatten()
            .map(|requirement| {
                let operator = requirement.operator.to_lowercase();
                let values = requirement.values.as_deref().unwrap_or_default();
                match values {
                    [] => format!("{} {operator}", requirement.key),
                    values => format!("{} {operator} [{}]", requirement.key, values.join(", ")),
                }
            })
            .collect();
        text.several("    ", &format!("Term {i}"), &lines);
    }
}
