//! Strategic merge patch: computing one, as `kubectl apply`, `edit` and `set` do.
//!
//! Models apimachinery/pkg/util/strategicpatch/patch.go (`diffMaps` and below, `CreateThreeWayMergePatch`). Conflicts are
//! always overwritten, which is kubectl's default.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::PatchError;
use super::strategic::{
    DELETE, DELETE_FROM_LIST, DIRECTIVE, MERGE, MergeOptions, Object, REPLACE, RETAIN_KEYS,
    SET_ELEMENT_ORDER, Schema, as_map, deduplicated, elements_are_maps, merge_map, no_merge_key, other,
    ranks, same_key, same_type,
};
use crate::go_text;

#[derive(Clone, Copy)]
struct DiffOptions {
    set_element_order: bool,
    ignore_changes_and_additions: bool,
    ignore_deletions: bool,
    build_retain_keys: bool,
}

/// The patch that makes `modified` of `original`; `{}` if there is nothing to do. `root` as in
/// [`apply`](super::apply).
///
/// # Errors
/// Where a list lacks a merge key, or a changed map is no field of the struct.
pub fn two_way(original: &Value, modified: &Value, root: (&str, &str)) -> Result<Value, PatchError> {
    let options = DiffOptions {
        set_element_order: true,
        ignore_changes_and_additions: false,
        ignore_deletions: false,
        build_retain_keys: false,
    };
    let (original, modified) = (as_map(original)?, as_map(modified)?);
    diff_maps(original, modified, Schema::root(root)?, options).map(Value::Object)
}

/// The patch that `kubectl apply` sends: deletions are what `original` (last applied) has and `modified` has not;
/// additions and changes are what differs between `current` (live) and `modified`.
///
/// # Errors
/// Where a list lacks a merge key, or a changed map is no field of the struct.
pub fn three_way(
    original: &Value,
    modified: &Value,
    current: &Value,
    root: (&str, &str),
) -> Result<Value, PatchError> {
    let schema = Schema::root(root)?;
    let none = Object::new();
    let original = if original.is_null() { &none } else { as_map(original)? };
    let (modified, current) = (as_map(modified)?, as_map(current)?);
    let delta = DiffOptions {
        set_element_order: true,
        ignore_changes_and_additions: false,
        ignore_deletions: true,
        build_retain_keys: false,
    };
    let deletions = DiffOptions { ignore_changes_and_additions: true, ignore_deletions: false, ..delta };
    let delta = diff_maps(current, modified, schema, delta)?;
    let deletions = diff_maps(original, modified, schema, deletions)?;
    let options = MergeOptions { merge_parallel_list: false, ignore_unmatched_nulls: false };
    merge_map(deletions, delta, schema, options).map(Value::Object)
}

fn diff_maps(
    original: &Object,
    modified: &Object,
    schema: Schema,
    options: DiffOptions,
) -> Result<Object, PatchError> {
    let mut patch = Object::new();
    for (key, new) in modified {
        let Some(old) = original.get(key) else {
            if !options.ignore_changes_and_additions {
                patch.insert(key.clone(), new.clone());
            }
            continue;
        };
        if key == DIRECTIVE {
            if !old.is_string() || !new.is_string() {
                return Err(other(format!("invalid value for special key: {DIRECTIVE}")));
            }
            if old != new {
                patch.insert(key.clone(), new.clone());
            }
            continue;
        }
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => {
                diff_field(key, old, new, &mut patch, schema, options)?
            }
            (Value::Array(old), Value::Array(new)) => {
                diff_list_field(key, old, new, &mut patch, schema, options)?
            }
            (old, new) if (!same_type(old, new) || old != new) && !options.ignore_changes_and_additions => {
                patch.insert(key.clone(), new.clone());
            }
            _ => {}
        }
    }
    if !options.ignore_deletions {
        for key in original.keys().filter(|key| !modified.contains_key(*key)) {
            patch.insert(key.clone(), Value::Null);
        }
    }
    if options.build_retain_keys {
        let retained: Vec<Value> = modified
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, _)| key.as_str().into())
            .collect();
        let loses_some = original.iter().any(|(key, value)| !value.is_null() && !modified.contains_key(key));
        if !retained.is_empty() && (!patch.is_empty() || loses_some) {
            patch.insert(RETAIN_KEYS.to_owned(), Value::Array(retained));
        }
    }
    Ok(patch)
}

// handleMapDiff
fn diff_field(
    key: &str,
    old: &Object,
    new: &Object,
    patch: &mut Object,
    schema: Schema,
    options: DiffOptions,
) -> Result<(), PatchError> {
    let meta = match schema.field(key) {
        Err(_) if old == new => return Ok(()),
        found => found?,
    };
    if meta.strategy == REPLACE {
        if !options.ignore_changes_and_additions {
            patch.insert(key.to_owned(), Value::Object(new.clone()));
        }
        return Ok(());
    }
    let options = DiffOptions { build_retain_keys: meta.retain_keys, ..options };
    let changed = diff_maps(old, new, meta.schema, options)?;
    if !changed.is_empty() {
        patch.insert(key.to_owned(), Value::Object(changed));
    }
    Ok(())
}

// handleSliceDiff
fn diff_list_field(
    key: &str,
    old: &[Value],
    new: &[Value],
    patch: &mut Object,
    schema: Schema,
    options: DiffOptions,
) -> Result<(), PatchError> {
    let meta = match schema.list(key) {
        Err(_) if old == new => return Ok(()),
        found => found?,
    };
    if meta.strategy != MERGE {
        if !options.ignore_changes_and_additions && old != new {
            patch.insert(key.to_owned(), Value::Array(new.to_vec()));
        }
        return Ok(());
    }
    let options = DiffOptions { build_retain_keys: meta.retain_keys, ..options };
    let lists = diff_lists(old, new, meta.schema, meta.merge_key, options)?;
    let keyed = [
        (key.to_owned(), lists.changes),
        (format!("{DELETE_FROM_LIST}/{key}"), lists.deletions),
        (format!("{SET_ELEMENT_ORDER}/{key}"), lists.order),
    ];
    patch.extend(
        keyed.into_iter().filter(|(_, list)| !list.is_empty()).map(|(key, list)| (key, Value::Array(list))),
    );
    Ok(())
}

#[derive(Default)]
struct ListDiff {
    changes: Vec<Value>,
    deletions: Vec<Value>,
    order: Vec<Value>,
}

// diffLists
fn diff_lists(
    original: &[Value],
    modified: &[Value],
    schema: Schema,
    merge_key: &str,
    options: DiffOptions,
) -> Result<ListDiff, PatchError> {
    if original.is_empty() {
        let added = if options.ignore_changes_and_additions { Vec::new() } else { modified.to_vec() };
        return Ok(ListDiff { changes: added, ..ListDiff::default() });
    }
    if !elements_are_maps(original, modified)? {
        return Ok(diff_lists_of_scalars(original, modified, options));
    }
    let (mut changes, deletions) = diff_lists_of_maps(original, modified, schema, merge_key, options)?;
    let order = ranks(modified.iter().map(|item| item.get(merge_key).cloned().unwrap_or_default()));
    changes
        .sort_by_cached_key(|item| item.get(merge_key).and_then(|key| order.get(&key.to_string()).copied()));
    let order_is_same = order_is_same(original, modified, merge_key)?;
    changes.extend(deletions);
    let is_ordered = options.set_element_order
        && ((!options.ignore_changes_and_additions && (!changes.is_empty() || !order_is_same))
            || (!options.ignore_deletions && !changes.is_empty()));
    let order = if is_ordered {
        modified.iter().map(|item| json!({merge_key: item[merge_key]})).collect()
    } else {
        Vec::new()
    };
    Ok(ListDiff { changes, deletions: Vec::new(), order })
}

fn order_is_same(original: &[Value], modified: &[Value], merge_key: &str) -> Result<bool, PatchError> {
    if original.len() != modified.len() {
        return Ok(false);
    }
    for (old, new) in original.iter().zip(modified) {
        if !same_key(old, new, merge_key)? {
            return Ok(false);
        }
    }
    Ok(true)
}

// diffListsOfScalars; like upstream it compares the sorted original with the modified list to see a change of order.
fn diff_lists_of_scalars(original: &[Value], modified: &[Value], options: DiffOptions) -> ListDiff {
    let original = sorted_by_text(original.to_vec());
    let sorted = sorted_by_text(modified.to_vec());
    let (mut changes, mut deletions) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (original.iter().peekable(), sorted.iter().peekable());
    loop {
        match side(old.peek().map(|v| go_text::display(v)), new.peek().map(|v| go_text::display(v))) {
            None => break,
            Some(Ordering::Equal) => {
                old.next();
                new.next();
            }
            Some(Ordering::Less) => deletions.extend(old.next().cloned()),
            Some(Ordering::Greater) => changes.extend(new.next().cloned()),
        }
    }
    if options.ignore_deletions {
        deletions.clear();
    }
    if options.ignore_changes_and_additions {
        changes.clear();
    }
    let order = ranks(modified.iter().cloned());
    changes.sort_by_cached_key(|item| order.get(&item.to_string()).copied());
    let deletions = deduplicated(deletions);
    let is_ordered = options.set_element_order
        && ((!options.ignore_deletions && !deletions.is_empty())
            || (!options.ignore_changes_and_additions && original != modified));
    ListDiff { changes, deletions, order: if is_ordered { modified.to_vec() } else { Vec::new() } }
}

// Which of two sorted lists is behind: less is the first; None if both are at their end.
fn side(old: Option<String>, new: Option<String>) -> Option<Ordering> {
    match (old, new) {
        (None, None) => None,
        (Some(_), None) => Some(Ordering::Less),
        (None, Some(_)) => Some(Ordering::Greater),
        (Some(old), Some(new)) => Some(old.cmp(&new)),
    }
}

fn sorted_by_text(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by_cached_key(go_text::display);
    items
}

// diffListsOfMaps: changed and added elements, then those to delete.
fn diff_lists_of_maps(
    original: &[Value],
    modified: &[Value],
    schema: Schema,
    merge_key: &str,
    options: DiffOptions,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let original = sorted_by_key(original, merge_key)?;
    let modified = sorted_by_key(modified, merge_key)?;
    let (mut changes, mut deletions) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (original.iter().peekable(), modified.iter().peekable());
    loop {
        match side(old.peek().map(|(text, _)| text.clone()), new.peek().map(|(text, _)| text.clone())) {
            None => break,
            Some(Ordering::Equal) => {
                if let (Some((_, old)), Some((_, new))) = (old.next(), new.next()) {
                    let mut changed = diff_maps(old, new, schema, options)?;
                    if !changed.is_empty() {
                        changed.insert(merge_key.to_owned(), new[merge_key].clone());
                        changes.push(Value::Object(changed));
                    }
                }
            }
            Some(Ordering::Less) => {
                let gone = old.next().filter(|_| !options.ignore_deletions);
                deletions.extend(gone.map(|(_, map)| json!({merge_key: map[merge_key], DIRECTIVE: DELETE})));
            }
            Some(Ordering::Greater) => {
                let added = new.next().filter(|_| !options.ignore_changes_and_additions);
                changes.extend(added.map(|(_, map)| Value::Object((*map).clone())));
            }
        }
    }
    Ok((changes, deletions))
}

fn sorted_by_key<'a>(items: &'a [Value], merge_key: &str) -> Result<Vec<(String, &'a Object)>, PatchError> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let map = as_map(item)?;
        let key = map.get(merge_key).ok_or_else(|| no_merge_key(map, merge_key))?;
        keyed.push((go_text::display(key), map));
    }
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(keyed)
}
