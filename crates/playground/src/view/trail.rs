//! The Trail: every change of every object, the newest first. Also what the timeline's picture says, as a table.

use client::api::Change;
use machinery::time::ms_between;
use machinery::{Kind, ObjectKey};
use session::Session;

use super::change::{FieldChange, field_changes};

/// Most rows.
const ROWS: usize = 150;
/// Most fields that a row shows.
const FIELDS: usize = 3;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailRow {
    /// Its resourceVersion.
    pub version: u64,
    /// Milliseconds since the session began; negative for what was before.
    pub at_ms: i64,
    /// What happened to the object: `ADDED`, `MODIFIED`, `DELETED`, as `kubectl get --output-watch-events` has it.
    pub verb: &'static str,
    /// Which object.
    pub key: ObjectKey,
    /// The first fields that changed.
    pub fields: Vec<FieldChange>,
    /// How many more did.
    pub more: usize,
}

/// The newest changes, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// The rows.
    pub rows: Vec<TrailRow>,
    /// All changes that are remembered.
    pub total: u64,
}

/// The changes of everything but Events, or of one object alone.
pub fn trail(session: &Session, about: Option<&ObjectKey>) -> Trail {
    let server = session.world().server();
    let shown = server.dated_changes_since(0).rev().filter(|(_, event)| match about {
        Some(key) => event.object.kind() == key.kind && event.object.key() == *key,
        None => event.object.kind() != Kind::Event,
    });
    let row = |(at, event): &(jiff::Timestamp, client::api::WatchEvent)| {
        let fields = match (&event.old, event.change) {
            (Some(old), Change::Modified) => field_changes(old, &event.object),
            _ => Vec::new(),
        };
        TrailRow {
            version: event.object.resource_version(),
            at_ms: ms_between(session.began(), *at),
            verb: match event.change {
                Change::Added => "ADDED",
                Change::Modified => "MODIFIED",
                Change::Deleted => "DELETED",
            },
            key: event.object.key(),
            more: fields.len().saturating_sub(FIELDS),
            fields: fields.into_iter().take(FIELDS).collect(),
        }
    };
    Trail { rows: shown.take(ROWS).map(row).collect(), total: server.resource_version() - server.forgotten() }
}
