//! Server-side apply: an object with a configuration merged in, without what its manager applied before and no more.
//!
//! Models structured-merge-diff's merge/update.go (`Apply`, `prune`) and merge/conflict.go.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::{Managed, ManagedFields, Manager, Operation, stripped};
use crate::go_text;
use crate::structured_merge::{FieldSet, Path, Shape, compare, field_set, merge, remove};

/// A field that someone else manages, and the configuration changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Who.
    pub manager: Manager,
    /// What.
    pub path: Path,
}

impl Conflict {
    /// Whose field it is, as messages name it: `"kubectl" with subresource "scale" using apps/v1`.
    pub fn owner(&self) -> String {
        let mut text = go_text::quote(&self.manager.name);
        if !self.manager.subresource.is_empty() {
            text.push_str(&format!(" with subresource {}", go_text::quote(&self.manager.subresource)));
        }
        if self.manager.operation == Operation::Update {
            text.push_str(&format!(" using {}", self.manager.api_version));
        }
        text
    }

    /// Which field it is: `.spec.replicas`.
    pub fn field(&self) -> String {
        self.path.iter().map(ToString::to_string).collect()
    }

    /// What the server says of all of them (conflict.go, getConflictMessage).
    pub fn message(conflicts: &[Conflict]) -> String {
        if let [one] = conflicts {
            return format!("Apply failed with 1 conflict: {one}");
        }
        let mut by_manager: BTreeMap<&Manager, Vec<&Conflict>> = BTreeMap::new();
        for conflict in conflicts {
            by_manager.entry(&conflict.manager).or_default().push(conflict);
        }
        let mut lines = Vec::new();
        for conflicts in by_manager.values() {
            lines.extend(conflicts.first().map(|first| format!("conflicts with {}:", first.owner())));
            lines.extend(conflicts.iter().map(|conflict| format!("- {}", conflict.field())));
        }
        format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conflict with {}: {}", self.owner(), self.field())
    }
}

/// On which terms a configuration is applied.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// By whom.
    pub manager: &'a Manager,
    /// To which version.
    pub api_version: &'a str,
    /// Whether fields of others are taken over.
    pub force: bool,
    /// The fields that cannot be written in this way.
    pub ignored: &'a FieldSet,
}

/// The object with the configuration applied, and its managers then; the time of the applying one is as it was.
///
/// # Errors
/// The fields of others that would change, unless they are to be taken over.
pub fn apply(
    shape: Shape,
    live: &Value,
    config: &Value,
    managers: &ManagedFields,
    terms: Terms<'_>,
) -> Result<(Value, ManagedFields), Vec<Conflict>> {
    let mut managers = managers.clone();
    let mut object = merge(shape, live, config);
    let last = managers.0.get(terms.manager).map(|managed| managed.fields.clone());
    let time = managers.0.get(terms.manager).and_then(|managed| managed.time.clone());
    let fields = field_set(shape, config).recursive_difference(terms.ignored);
    let managed = Managed { api_version: terms.api_version.to_owned(), fields, time };
    managers.0.insert(terms.manager.clone(), managed);
    if let Some(last) = last.filter(|last| !last.is_empty()) {
        object = pruned(shape, &object, &managers, &last);
    }
    let changes = compare(shape, live, &object).without(terms.ignored);
    let changed = changes.changed();
    let others = managers.0.iter().filter(|(manager, _)| *manager != terms.manager);
    let conflicts: Vec<Conflict> = others
        .flat_map(|(manager, managed)| {
            let paths = managed.fields.intersection(&changed).paths();
            paths.into_iter().map(|path| Conflict { manager: manager.clone(), path })
        })
        .collect();
    if !terms.force && !conflicts.is_empty() {
        return Err(conflicts);
    }
    managers.take(&changed, &changes.removed, Some(terms.manager));
    if let Some(managed) = managers.0.get_mut(terms.manager) {
        managed.fields = managed.fields.difference(&stripped());
    }
    managers.0.retain(|_, managed| !managed.fields.is_empty());
    Ok((object, managers))
}

// What was applied last and is not any more goes, unless someone manages it.
fn pruned(shape: Shape, merged: &Value, managers: &ManagedFields, last: &FieldSet) -> Value {
    let named = |set: &FieldSet| set.with_named_fields(shape);
    let all = named(&field_set(shape, merged));
    let last = named(last);
    let left = named(&field_set(shape, &remove(shape, merged, &last)));
    let owned = managers.0.values().fold(FieldSet::default(), |all, managed| all.union(&managed.fields));
    let object = remove(shape, merged, &all.difference(&left.union(&named(&owned))));
    // An item that others have put below one that was applied stays.
    let left = named(&field_set(shape, &object));
    remove(shape, merged, &all.difference(&left).intersection(&last))
}
