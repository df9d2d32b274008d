//! What a terminating namespace says of its end.
//!
//! Models pkg/controller/namespace/deletion/status_condition_utils.go.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition};
use machinery::time::seconds;

use super::Remaining;

const CONTENT_FAILURE: &str = "NamespaceDeletionContentFailure";
const CONTENT_REMAINING: &str = "NamespaceContentRemaining";
const FINALIZERS_REMAINING: &str = "NamespaceFinalizersRemaining";

/// Type, reason and message of each while nothing is wrong.
const GOOD: [(&str, &str, &str); 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (CONTENT_FAILURE, "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
    (CONTENT_REMAINING, "ContentRemoved", "All content successfully removed"),
    (FINALIZERS_REMAINING, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

/// Says in the conditions what is left; whether that is new (`updateConditions`).
pub(super) fn update(namespace: &mut Namespace, remaining: &Remaining, now: Timestamp) -> bool {
    let told = namespace.status.get_or_insert_default().conditions.get_or_insert_default();
    let mut is_new = false;
    for (kind, reason, message) in GOOD {
        let bad = bad(kind, remaining);
        let (status, reason, message) = match &bad {
            Some((reason, message)) => ("True", *reason, message.as_str()),
            None => ("False", reason, message),
        };
        let position = told.iter().position(|condition| condition.type_ == kind).unwrap_or(told.len());
        if position == told.len() {
            told.push(NamespaceCondition { type_: kind.to_owned(), ..Default::default() });
        }
        let condition = &mut told[position];
        if condition.status != status {
            condition.last_transition_time = Some(seconds(now));
        }
        let says = (condition.status.as_str(), condition.reason.as_deref(), condition.message.as_deref());
        if says != (status, Some(reason), Some(message)) {
            is_new = true;
            condition.status = status.to_owned();
            condition.reason = Some(reason.to_owned());
            condition.message = Some(message.to_owned());
        }
    }
    is_new
}

/// Reason and message of a condition that holds.
fn bad(kind: &str, remaining: &Remaining) -> Option<(&'static str, String)> {
    match kind {
        CONTENT_FAILURE if !remaining.problems.is_empty() => {
            let (count, problems) = (remaining.problems.len(), remaining.problems.join(", "));
            let message = format!("Failed to delete all resource types, {count} remaining: {problems}");
            Some(("ContentDeletionFailed", message))
        }
        CONTENT_REMAINING if !remaining.objects.is_empty() => {
            let of = remaining.objects.iter();
            let of: Vec<String> =
                of.map(|(what, count)| format!("{what} has {count} resource instances")).collect();
            Some(("SomeResourcesRemain", format!("Some resources are remaining: {}", of.join(", "))))
        }
        FINALIZERS_REMAINING if !remaining.finalizers.is_empty() => {
            let of = remaining.finalizers.iter();
            let of: Vec<String> =
                of.map(|(what, count)| format!("{what} in {count} resource instances")).collect();
            let message =
                format!("Some content in the namespace has finalizers remaining: {}", of.join(", "));
            Some(("SomeFinalizersRemain", message))
        }
        _ => None,
    }
}
