//! The events at the end of a description.
//!
//! Models DescribeEvents of kubectl/pkg/describe/describe.go.

use client::api::ListOptions;
use k8s_openapi::api::core::v1::Event;
use machinery::{Kind, Object};

use super::text::Text;
use crate::context::Context;
use crate::failure::Failure;
use crate::printers::age;
use crate::printers::cluster::event_times;

/// Adds the events about the object, oldest first.
///
/// # Errors
/// If they cannot be read.
pub(super) fn describe(
    text: &mut Text,
    object: &Object,
    context: &mut Context<'_, '_>,
) -> Result<(), Failure> {
    // A kubelet gives its node's name for the uid.
    let is_node = object.kind() == Kind::Node;
    // Those about cluster-scoped objects can be in any namespace.
    let (events, _) = context.list(Kind::Event, object.namespace(), ListOptions::default())?;
    let about = |event: &&std::sync::Arc<Event>| {
        let involved = &event.involved_object;
        involved.kind.as_deref() == Some(object.kind().name())
            && involved.name.as_deref() == Some(object.name())
            // One that names no uid, as the eviction of a pod from its node, is not found.
            && involved.uid.as_deref().is_some_and(|uid| uid == object.uid() || is_node && uid == object.name())
    };
    let mut events: Vec<_> =
        events.iter().filter_map(|event| event.get::<Event>()).filter(about).cloned().collect();
    if events.is_empty() {
        text.field(0, "Events", "<none>");
        return Ok(());
    }
    events.sort_by_key(|event| event.last_timestamp.as_ref().map(|time| time.0));
    text.line(0, "Events:");
    text.line(1, "Type\tReason\tAge\tFrom\tMessage");
    text.line(1, "----\t------\t----\t----\t-------");
    for event in events {
        let text_of = |text: &Option<String>| text.clone().unwrap_or_default();
        let (first, last) = event_times(&event);
        let (first, last) =
            (age::since(first.as_ref(), context.now()), age::since(last.as_ref(), context.now()));
        let count = event.series.as_ref().and_then(|series| series.count).or(event.count).unwrap_or(1);
        let interval = if count > 1 || event.series.is_some() {
            format!("{last} (x{count} over {first})")
        } else {
            first
        };
        let component = event.source.as_ref().and_then(|source| source.component.clone());
        let from = component.or_else(|| event.reporting_component.clone()).unwrap_or_default();
        let mut message = text_of(&event.message).trim().to_owned();
        let place = event.involved_object.field_path.as_deref().filter(|path| !path.is_empty());
        if let Some(path) = place.filter(|_| text.features.events_tell_their_field()) {
            message = format!("{path}: {message}");
        }
        text.line(1, [text_of(&event.type_), text_of(&event.reason), interval, from, message].join("\t"));
    }
    Ok(())
}
