//! A StatefulSet told for people, and pod templates.
//!
//! Models StatefulSetDescriber and DescribePodTemplate of kubectl/pkg/describe/describe.go.

use client::api::ListOptions;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use machinery::Kind;
use machinery::labels::Selector;
use machinery::object::controller_of;
use machinery::version::Features;

use super::text::{Text, go_list, time};
use super::{containers, volumes};
use crate::context::Context;
use crate::failure::Failure;
use crate::printers::storage::claim_class;
use crate::printers::workload;

/// Adds everything but the events.
///
/// # Errors
/// If its pods cannot be read.
pub(super) fn describe(
    text: &mut Text,
    set: &StatefulSet,
    context: &mut Context<'_, '_>,
) -> Result<(), Failure> {
    let spec = set.spec.clone().unwrap_or_default();
    text.name(&set.metadata);
    text.field(0, "CreationTimestamp", time(set.metadata.creation_timestamp.as_ref()));
    text.field(0, "Selector", workload::selector(&spec.selector));
    text.labels("", "Labels", set.metadata.labels.as_ref());
    text.annotations("Annotations", set.metadata.annotations.as_ref());
    let total = set.status.as_ref().map_or(0, |status| status.replicas);
    text.field(0, "Replicas", format!("{} desired | {total} total", spec.replicas.unwrap_or(0)));
    let strategy = spec.update_strategy.unwrap_or_default();
    text.field(0, "Update Strategy", strategy.type_.unwrap_or_default());
    if let Some(partition) = strategy.rolling_update.as_ref().and_then(|rolling| rolling.partition) {
        text.field(1, "Partition", partition.to_string());
        match strategy.rolling_update.and_then(|rolling| rolling.max_unavailable) {
            Some(IntOrString::Int(number)) => text.field(1, "MaxUnavailable", number.to_string()),
            Some(IntOrString::String(percent)) => text.field(1, "MaxUnavailable", percent),
            None => {}
        }
    }
    text.field(0, "Pods Status", pods_status(set, context)?);
    template(text, &spec.template);
    claims(text, spec.volume_claim_templates.as_deref().unwrap_or_default());
    Ok(())
}

fn pods_status(set: &StatefulSet, context: &mut Context<'_, '_>) -> Result<String, Failure> {
    let labels = set.spec.as_ref().and_then(|spec| Selector::from_spec(&spec.selector)).unwrap_or_default();
    let namespace = set.metadata.namespace.as_deref().unwrap_or_default();
    let (pods, _) = context.list(Kind::Pod, namespace, ListOptions { labels, fields: Vec::new() })?;
    let uid = set.metadata.uid.as_ref();
    let owned = pods
        .iter()
        .filter_map(|pod| pod.get::<Pod>())
        .filter(|pod| controller_of(&pod.metadata).is_some_and(|owner| Some(&owner.uid) == uid));
    let phases: Vec<String> =
        owned.filter_map(|pod| pod.status.as_ref().and_then(|status| status.phase.clone())).collect();
    let count = |wanted: &str| phases.iter().filter(|phase| *phase == wanted).count();
    Ok(format!(
        "{} Running / {} Waiting / {} Succeeded / {} Failed",
        count("Running"),
        count("Pending"),
        count("Succeeded"),
        count("Failed")
    ))
}

/// A pod template as `rollout history` prints it: its cells are not aligned.
pub(crate) fn template_text(template: &PodTemplateSpec, features: Features) -> String {
    let mut text = Text::new(features);
    self::template(&mut text, template);
    text.into_string()
}

fn template(text: &mut Text, template: &PodTemplateSpec) {
    let spec = template.spec.clone().unwrap_or_default();
    let meta = template.metadata.clone().unwrap_or_default();
    text.line(0, "Pod Template:");
    text.labels("  ", "Labels", meta.labels.as_ref());
    if meta.annotations.as_ref().is_some_and(|annotations| !annotations.is_empty()) {
        text.annotations("  Annotations", meta.annotations.as_ref());
    }
    if let Some(account) = spec.service_account_name.as_deref().filter(|account| !account.is_empty()) {
        text.field(1, "Service Account", account);
    }
    let init = spec.init_containers.as_deref().unwrap_or_default();
    if !init.is_empty() {
        containers::describe(text, "Init Containers", init, None, None, "  ");
    }
    containers::describe(text, "Containers", &spec.containers, None, None, "  ");
    volumes::describe(text, spec.volumes.as_deref(), "  ");
    if let Some(class) = spec.priority_class_name.as_deref().filter(|class| !class.is_empty()) {
        text.field(1, "Priority Class Name", class);
    }
    text.labels("  ", "Node-Selectors", spec.node_selector.as_ref());
    text.tolerations("  ", spec.tolerations.as_deref());
}

fn claims(text: &mut Text, templates: &[PersistentVolumeClaim]) {
    if templates.is_empty() {
        text.field(0, "Volume Claims", "<none>");
        return;
    }
    text.line(0, "Volume Claims:");
    for claim in templates {
        let spec = claim.spec.clone().unwrap_or_default();
        text.field(1, "Name", claim.metadata.name.as_deref().unwrap_or_default());
        text.field(1, "StorageClass", claim_class(claim));
        text.labels("  ", "Labels", claim.metadata.labels.as_ref());
        text.labels("  ", "Annotations", claim.metadata.annotations.as_ref());
        let requests = spec.resources.and_then(|resources| resources.requests);
        let capacity =
            requests.and_then(|requests| requests.get("storage").map(|quantity| quantity.0.clone()));
        text.field(1, "Capacity", capacity.unwrap_or_else(|| "<default>".to_owned()));
        text.field(1, "Access Modes", go_list(spec.access_modes.as_deref()));
    }
}
