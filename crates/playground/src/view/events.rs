//! The rows of the Events tab: core/v1 Events, the newest first.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use machinery::{ObjectKey, Resource};

use super::Snapshot;

/// Most rows that are shown.
const ROWS: usize = 200;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The event's name, to tell rows apart.
    pub id: String,
    /// LAST SEEN as kubectl prints it.
    pub last_seen: String,
    /// `Normal` or `Warning`.
    pub kind: String,
    /// REASON.
    pub reason: String,
    /// OBJECT: `pod/myapp-0`.
    pub object: String,
    /// MESSAGE.
    pub message: String,
    /// How often it happened.
    pub count: i32,
}

/// The newest rows, and how many events there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// The rows.
    pub rows: Vec<EventRow>,
    /// All events.
    pub total: usize,
}

/// The table.
pub fn events(snapshot: Snapshot<'_>) -> Events {
    let total = snapshot.objects.list::<Event>("").count();
    // The latest changes name the latest events; everything is sorted only where too much was forgotten.
    let mut found: BTreeSet<ObjectKey> = BTreeSet::new();
    let mut newest: Vec<&Event> = Vec::new();
    for (_, change) in snapshot.objects.dated_changes_since(0).rev() {
        if newest.len() == ROWS.min(total) {
            break;
        }
        let Some(event) = Event::unwrap(&change.object) else { continue };
        if found.insert(event.key())
            && let Some(event) = snapshot.objects.get::<Event>(event.namespace(), event.name())
        {
            newest.push(event);
        }
    }
    if newest.len() < ROWS.min(total) {
        newest = snapshot.objects.list::<Event>("").map(|event| &**event).collect();
    }
    newest.sort_by_key(|event| std::cmp::Reverse((seen(event), version(event))));
    Events { rows: newest.into_iter().take(ROWS).map(|event| row(snapshot, event)).collect(), total }
}

fn seen(event: &Event) -> Timestamp {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|at| at.0);
    let last = event.last_timestamp.as_ref().or(event.first_timestamp.as_ref()).map(|at| at.0);
    series.or(last).or(event.event_time.as_ref().map(|at| at.0)).unwrap_or_default()
}

fn version(event: &Event) -> u64 {
    event.metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0)
}

fn row(snapshot: Snapshot<'_>, event: &Event) -> EventRow {
    let about = &event.involved_object;
    let kind = about.kind.as_deref().unwrap_or_default().to_lowercase();
    let count = event.series.as_ref().and_then(|series| series.count).or(event.count);
    EventRow {
        id: event.name().to_owned(),
        last_seen: snapshot.ago(seen(event)),
        kind: event.type_.clone().unwrap_or_default(),
        reason: event.reason.clone().unwrap_or_default(),
        object: format!("{kind}/{}", about.name.as_deref().unwrap_or_default()),
        message: event.message.clone().unwrap_or_default(),
        count: count.unwrap_or(1).max(1),
    }
}
