//! A StatefulSet told for people.
//!
//! Models StatefulSetDescriber of kubectl/pkg/describe/describe.go.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

use super::text::{Text, go_list, time};
use super::workload::{int_or_string, pods_status, template};
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
        if let Some(number) = strategy.rolling_update.and_then(|rolling| rolling.max_unavailable) {
            text.field(1, "MaxUnavailable", int_or_string(&number));
        }
    }
    text.field(0, "Pods Status", pods_status(&set.metadata, &spec.selector, context)?);
    template(text, &spec.template);
    claims(text, spec.volume_claim_templates.as_deref().unwrap_or_default());
    Ok(())
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
