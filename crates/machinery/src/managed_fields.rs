//! Who manages which fields of an object: `metadata.managedFields`, read, written and kept up.
//!
//! Models apimachinery/pkg/util/managedfields/internal (managedfields.go, buildmanagerinfo.go, managedfieldsupdater.go,
//! stripmeta.go, capmanagers.go) and structured-merge-diff's merge/update.go. Objects are JSON as Go prints them.
//! Departs in one point: every kind has one version, so an entry of another one is treated like the rest.

mod apply;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry, Time};

use crate::structured_merge::{Comparison, FieldSet};

pub use apply::{Conflict, Terms, apply};

/// So many managers of updates are remembered; older ones become one (fieldmanager.go, DefaultMaxUpdateManagers).
const MAX_UPDATE_MANAGERS: usize = 10;
/// What the older ones become.
const ANCIENT: &str = "ancient-changes";

/// How a manager writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// In any other way.
    Update,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

/// Who writes, and what part of the object; the order is upstream's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    /// The name.
    pub name: String,
    /// How.
    pub operation: Operation,
    /// The version of the object that is written; of no meaning, hence empty, where it is applied.
    pub api_version: String,
    /// `status`, `scale` or empty.
    pub subresource: String,
}

impl Manager {
    /// A manager; a nameless one is `unknown`.
    pub fn new(name: &str, operation: Operation, api_version: &str, subresource: &str) -> Manager {
        let api_version = if operation == Operation::Apply { "" } else { api_version };
        Manager {
            name: if name.is_empty() { "unknown" } else { name }.to_owned(),
            operation,
            api_version: api_version.to_owned(),
            subresource: subresource.to_owned(),
        }
    }
}

/// What a manager has.
#[derive(Clone, Debug, PartialEq)]
pub struct Managed {
    /// The version of the object that the fields belong to.
    pub api_version: String,
    /// The fields.
    pub fields: FieldSet,
    /// When the manager last changed something.
    pub time: Option<Time>,
}

/// The managers of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ManagedFields(pub BTreeMap<Manager, Managed>);

impl ManagedFields {
    /// Reads an object's managedFields; `None` if an entry is none.
    pub fn decode(entries: &[ManagedFieldsEntry]) -> Option<ManagedFields> {
        let mut managers = BTreeMap::new();
        for entry in entries {
            let operation = match entry.operation.as_deref() {
                Some("Apply") => Operation::Apply,
                Some("Update") => Operation::Update,
                _ => return None,
            };
            let api_version = entry.api_version.as_deref().filter(|version| !version.is_empty())?;
            entry.fields_type.as_deref().filter(|fields_type| *fields_type == "FieldsV1")?;
            let subresource = entry.subresource.as_deref().unwrap_or_default();
            let manager = Manager::new(
                entry.manager.as_deref().unwrap_or_default(),
                operation,
                api_version,
                subresource,
            );
            let fields = entry.fields_v1.as_ref().map(|fields| FieldSet::from_fields_v1(&fields.0));
            let fields = fields.unwrap_or_default();
            let managed = Managed { api_version: api_version.to_owned(), fields, time: entry.time.clone() };
            managers.insert(manager, managed);
        }
        Some(ManagedFields(managers))
    }

    /// As an object has it: by operation and time; `None` if there are no managers.
    pub fn encode(&self) -> Option<Vec<ManagedFieldsEntry>> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut sorted: Vec<(&Manager, &Managed)> = self.0.iter().collect();
        sorted.sort_by_key(|(manager, managed)| (manager.operation, seconds(managed), *manager));
        let entry = |(manager, managed): (&Manager, &Managed)| ManagedFieldsEntry {
            api_version: some(&managed.api_version),
            fields_type: Some("FieldsV1".to_owned()),
            fields_v1: Some(FieldsV1(managed.fields.to_fields_v1())),
            manager: some(&manager.name),
            operation: Some(manager.operation.name().to_owned()),
            subresource: some(&manager.subresource),
            time: managed.time.clone(),
        };
        (!sorted.is_empty()).then(|| sorted.into_iter().map(entry).collect())
    }

    /// Takes over what an update has changed; `changes` is without the fields that the manager could not write. Without a
    /// time the manager's stays as it was.
    pub fn update(
        &mut self,
        manager: &Manager,
        api_version: &str,
        time: Option<&Time>,
        changes: &Comparison,
    ) {
        let changed = changes.changed();
        self.take(&changed, &changes.removed, None);
        let taken = changed.difference(&stripped());
        if !taken.is_empty() {
            let none =
                Managed { api_version: api_version.to_owned(), fields: FieldSet::default(), time: None };
            let managed = self.0.entry(manager.clone()).or_insert(none);
            managed.fields = managed.fields.union(&taken);
            managed.time = time.cloned().or_else(|| managed.time.take());
        }
        self.cap();
    }

    /// Turns the manager `old` of updates into `new` of applies, as the first server-side apply of what client-side apply
    /// has made wants it (client-go/util/csaupgrade).
    pub fn upgrade(&mut self, old: &str, new: &str) {
        let is_old = |manager: &Manager| {
            manager.name == old && manager.operation == Operation::Update && manager.subresource.is_empty()
        };
        let Some((_, managed)) = self.0.iter().find(|(manager, _)| is_old(manager)) else {
            return;
        };
        let managed = managed.clone();
        self.0.retain(|manager, _| !is_old(manager));
        match self.0.entry(Manager::new(new, Operation::Apply, "", "")) {
            Entry::Occupied(mut own) => {
                let fields = own.get().fields.union(&managed.fields);
                own.get_mut().fields = fields;
            }
            Entry::Vacant(place) => drop(place.insert(managed)),
        }
    }

    /// Whether both say the same, save for when it was.
    pub fn differs_in_time_only(&self, other: &ManagedFields) -> bool {
        let fields = |managers: &ManagedFields| -> Vec<(Manager, FieldSet)> {
            managers.0.iter().map(|(manager, managed)| (manager.clone(), managed.fields.clone())).collect()
        };
        fields(self) == fields(other)
    }

    /// Takes fields from everyone but `except`, and forgets who has none left.
    fn take(&mut self, changed: &FieldSet, removed: &FieldSet, except: Option<&Manager>) {
        self.0.retain(|manager, managed| {
            if Some(manager) != except {
                managed.fields = managed.fields.difference(changed).difference(removed);
            }
            !managed.fields.is_empty()
        });
    }

    /// Joins the oldest updates while there are too many managers (capmanagers.go).
    fn cap(&mut self) {
        let mut updaters: Vec<Manager> =
            self.0.keys().filter(|manager| manager.operation == Operation::Update).cloned().collect();
        let mut excess = updaters.len().saturating_sub(MAX_UPDATE_MANAGERS);
        if excess == 0 {
            return;
        }
        updaters.sort_by_key(|manager| (self.0.get(manager).map_or(0, seconds), manager.clone()));
        let mut first: Option<Manager> = None;
        for manager in updaters {
            if excess == 0 {
                return;
            }
            let Some(oldest) = &first else {
                first = Some(manager);
                continue;
            };
            let bucket = Manager::new(ANCIENT, Operation::Update, &manager.api_version, "");
            if !self.0.contains_key(&bucket)
                && let Some(managed) = self.0.remove(oldest)
            {
                self.0.insert(bucket.clone(), managed);
            }
            if let Some(managed) = self.0.remove(&manager)
                && let Some(joined) = self.0.get_mut(&bucket)
            {
                joined.fields = joined.fields.union(&managed.fields);
                joined.time = managed.time;
            }
            excess -= 1;
        }
    }
}

fn seconds(managed: &Managed) -> i64 {
    managed.time.as_ref().map_or(0, |time| time.0.as_second())
}

/// What nobody manages (stripmeta.go).
fn stripped() -> FieldSet {
    FieldSet::of(&[
        &["apiVersion"],
        &["kind"],
        &["metadata"],
        &["metadata", "name"],
        &["metadata", "namespace"],
        &["metadata", "creationTimestamp"],
        &["metadata", "selfLink"],
        &["metadata", "uid"],
        &["metadata", "clusterName"],
        &["metadata", "generation"],
        &["metadata", "managedFields"],
        &["metadata", "resourceVersion"],
    ])
}
