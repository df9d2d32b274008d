//! Who manages which fields: noted with each write, worked out when somebody asks.
//!
//! Models apimachinery/pkg/util/managedfields and the reset fields of the strategies (GetResetFields). A write keeps the
//! objects before and after it, which are shared, and nothing is compared until it has to be: controllers write far more
//! often than anyone looks.
//! Departs in one point: of several writes by the same writer with nothing in between, what the first found and the last
//! left counts, not what came and went on the way.

use std::borrow::Cow;

use client::api::Subresource;
use jiff::Timestamp;
use machinery::decode;
use machinery::managed_fields::{ManagedFields, Manager, Operation};
use machinery::structured_merge::{Comparison, FieldSet, Shape, compare};
use machinery::time::seconds;
use machinery::version::Features;
use machinery::{Kind, Object};
use serde_json::{Map, Value};

use crate::strategy;

/// So many writes are kept before they are worked out.
const MAX_WRITES: usize = 64;

/// Who writes, and which part of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The field manager.
    pub name: Cow<'static, str>,
    /// The part.
    pub part: Subresource,
}

/// One write, or several of the same writer.
#[derive(Clone, Debug)]
struct Write {
    by: Writer,
    at: Timestamp,
    /// None if the object is new.
    before: Option<Object>,
    after: Object,
}

/// Who wrote an object since it was made.
#[derive(Clone, Debug, Default)]
pub struct Writes {
    known: ManagedFields,
    /// What came after, oldest first.
    noted: Vec<Write>,
}

impl Writes {
    /// What is known already, with nothing to work out.
    pub fn known(known: ManagedFields) -> Writes {
        Writes { known, noted: Vec::new() }
    }

    /// Notes a write.
    pub fn note(
        &mut self,
        by: Writer,
        at: Timestamp,
        before: Option<Object>,
        after: Object,
        features: Features,
    ) {
        if let (Some(last), Some(found)) = (self.noted.last_mut(), &before)
            && last.by == by
            && last.after.is_same(found)
        {
            last.after = after;
            last.at = at;
            return;
        }
        // Most objects have one writer or two.
        self.noted.reserve_exact(1);
        self.noted.push(Write { by, at, before, after });
        if self.noted.len() > MAX_WRITES {
            *self = Writes::known(self.managed_fields(features));
        }
    }

    /// The managers now.
    pub fn managed_fields(&self, features: Features) -> ManagedFields {
        let mut managers = self.known.clone();
        for write in &self.noted {
            let before = match &write.before {
                // Who has no managers gets none by an update (skipnonapplied.go).
                Some(_) if managers.0.is_empty() => continue,
                Some(before) => printed(before, features),
                None => nothing(write.after.kind(), features),
            };
            update(&mut managers, &write.by, write.at, &before, &write.after, features);
        }
        managers
    }
}

/// Takes over into the managers what an update has changed.
pub fn update(
    managers: &mut ManagedFields,
    by: &Writer,
    at: Timestamp,
    before: &Value,
    after: &Object,
    features: Features,
) {
    let kind = after.kind();
    let changes = compare(Shape::root(kind.go_type()), before, &printed(after, features));
    let version = kind.api_version();
    let manager = Manager::new(&by.name, Operation::Update, version, part_name(by.part));
    let (changes, time) = match by.part {
        // Seen from a Scale there is one field, and the handler loses the time (scalehandler.go, ToParent).
        Subresource::Scale => (only_replicas(&changes), None),
        part => (changes.without(&ignored(kind, part)), Some(seconds(at))),
    };
    managers.update(&manager, version, time.as_ref(), &changes);
}

/// The name of a part, as managedFields have it.
pub fn part_name(part: Subresource) -> &'static str {
    match part {
        Subresource::Status => "status",
        Subresource::Scale => "scale",
        Subresource::Eviction => "eviction",
        Subresource::Binding => "binding",
        Subresource::Finalize => "finalize",
        Subresource::None => "",
    }
}

/// The fields that cannot be written through a part.
pub fn ignored(kind: Kind, part: Subresource) -> FieldSet {
    match part {
        Subresource::Status if kind == Kind::Pod => {
            FieldSet::of(&[&["spec"], &["metadata", "deletionTimestamp"], &["metadata", "ownerReferences"]])
        }
        Subresource::Status if kind == Kind::Deployment => {
            FieldSet::of(&[&["spec"], &["metadata", "labels"]])
        }
        Subresource::Status => FieldSet::of(&[&["spec"]]),
        _ if strategy::has_status(kind) => FieldSet::of(&[&["status"]]),
        _ => FieldSet::default(),
    }
}

fn only_replicas(changes: &Comparison) -> Comparison {
    let replicas = FieldSet::of(&[&["spec", "replicas"]]);
    Comparison {
        removed: changes.removed.intersection(&replicas),
        modified: changes.modified.intersection(&replicas),
        added: changes.added.intersection(&replicas),
    }
}

/// The object as Go prints it.
pub fn printed(object: &Object, features: Features) -> Value {
    decode::with_printed_nulls(object.kind().go_type(), &object.to_value(), features)
}

/// What Go prints of an object of which nothing is set.
pub fn nothing(kind: Kind, features: Features) -> Value {
    decode::with_printed_nulls(kind.go_type(), &Value::Object(Map::new()), features)
}
