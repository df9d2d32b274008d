//! Strategic merge patch: applying one.
//!
//! Models apimachinery/pkg/util/strategicpatch/patch.go (`mergeMap` and below) and meta.go, with struct tags from
//! [`crate::fields`]. Where Go walks a map in random order, this walks it sorted. Recursion is as deep as the values,
//! which reading bounds.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{PatchError, PatchErrorKind};
use crate::fields::{self, GoType, Struct, Type};
use crate::go_text;

pub(super) const DIRECTIVE: &str = "$patch";
pub(super) const DELETE: &str = "delete";
pub(super) const REPLACE: &str = "replace";
pub(super) const MERGE: &str = "merge";
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
pub(super) const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList";
pub(super) const SET_ELEMENT_ORDER: &str = "$setElementOrder";

pub(super) type Object = Map<String, Value>;

/// How two maps are merged.
#[derive(Clone, Copy)]
pub(super) struct MergeOptions {
    /// Whether the first is an object, and directives act on it; otherwise it is a patch, and they are kept.
    pub merge_parallel_list: bool,
    /// Whether a null for what is not there is dropped.
    pub ignore_unmatched_nulls: bool,
}

pub(super) fn apply(target: &Value, patch: &Value, root: (&str, &str)) -> Result<Value, PatchError> {
    let (Value::Object(target), Value::Object(patch)) = (target, patch) else {
        return Err(bad_request("invalid JSON document"));
    };
    let schema = Schema::root(root)?;
    let options = MergeOptions { merge_parallel_list: true, ignore_unmatched_nulls: true };
    merge_map(target.clone(), patch.clone(), schema, options).map(Value::Object)
}

/// The Go type at a place in the object.
#[derive(Clone, Copy)]
pub(super) enum Schema {
    Struct(&'static Struct),
    Type(&'static GoType),
}

/// A field's patch tags.
pub(super) struct Meta {
    pub schema: Schema,
    /// `merge`, `replace` or empty.
    pub strategy: &'static str,
    pub retain_keys: bool,
    pub merge_key: &'static str,
}

impl Schema {
    pub(super) fn root(root: (&str, &str)) -> Result<Schema, PatchError> {
        let found = fields::lookup(root.0, root.1).map(Schema::Struct);
        found.ok_or_else(|| bad_request("strategic merge patch format is not supported"))
    }

    fn of(go_type: &'static GoType) -> Schema {
        match &go_type.kind {
            Type::Struct(group, name) => {
                fields::lookup(group, name).map_or(Schema::Type(go_type), Schema::Struct)
            }
            _ => Schema::Type(go_type),
        }
    }

    fn go_kind(self) -> &'static str {
        match self {
            Schema::Struct(_) => "struct",
            Schema::Type(go_type) => match go_type.kind {
                Type::String => "string",
                Type::Bool => "bool",
                Type::Int32 => "int32",
                Type::Int64 => "int64",
                Type::List(_) | Type::Bytes => "slice",
                Type::Map(_) => "map",
                _ => "struct",
            },
        }
    }

    /// LookupPatchMetadataForStruct
    pub(super) fn field(self, key: &str) -> Result<Meta, PatchError> {
        let (name, known) = match self {
            Schema::Struct(go_struct) => (go_struct.name, go_struct.fields.as_slice()),
            Schema::Type(go_type) if self.go_kind() == "struct" => {
                (go_type.name.rsplit('.').next().unwrap_or_default(), [].as_slice())
            }
            Schema::Type(_) => {
                let kind = self.go_kind();
                return Err(other(format!(
                    "merging an object in json but data type is not struct, instead is: {kind}"
                )));
            }
        };
        let exact = known.iter().find(|field| field.name == key);
        let Some(field) = exact.or_else(|| known.iter().find(|field| field.name.eq_ignore_ascii_case(key)))
        else {
            let key = go_text::quote(key);
            return Err(other(format!("unable to find api field in struct {name} for the json field {key}")));
        };
        let strategies = || field.patch_strategy.split(',');
        Ok(Meta {
            schema: Schema::of(&field.go_type),
            strategy: strategies().find(|s| *s != "retainKeys").unwrap_or(""),
            retain_keys: strategies().any(|s| s == "retainKeys"),
            merge_key: field.merge_key,
        })
    }

    /// LookupPatchMetadataForSlice
    pub(super) fn list(self, key: &str) -> Result<Meta, PatchError> {
        let meta = self.field(key)?;
        match meta.schema {
            Schema::Type(GoType { kind: Type::List(element), .. }) => {
                Ok(Meta { schema: Schema::of(element), ..meta })
            }
            _ => Err(other(format!("expected slice or array type, but got: {}", self.go_kind()))),
        }
    }
}

pub(super) fn other(message: String) -> PatchError {
    PatchError::new(PatchErrorKind::Other, message)
}

pub(super) fn bad_request(message: &str) -> PatchError {
    PatchError::new(PatchErrorKind::BadRequest, message)
}

fn bad_order() -> PatchError {
    bad_request("invalid patch format of setElementOrder list")
}

pub(super) fn no_merge_key(map: &Object, key: &str) -> PatchError {
    let map = go_text::display(&Value::Object(map.clone()));
    other(format!("map: {map} does not contain declared merge key: {key}"))
}

fn bad_type(expected: &str, actual: &Value) -> PatchError {
    other(format!("expected a {expected}, but received a {}", go_type_name(actual)))
}

pub(super) fn as_map(value: &Value) -> Result<&Object, PatchError> {
    value.as_object().ok_or_else(|| bad_type("map[string]interface {}", value))
}

fn as_list(value: Value) -> Result<Vec<Value>, PatchError> {
    match value {
        Value::Array(items) => Ok(items),
        value => Err(bad_type("[]interface {}", &value)),
    }
}

fn go_type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "%!s(<nil>)",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

pub(super) fn same_type(a: &Value, b: &Value) -> bool {
    go_type_name(a) == go_type_name(b)
}

/// sliceElementType: whether the elements of both lists are maps.
pub(super) fn elements_are_maps(a: &[Value], b: &[Value]) -> Result<bool, PatchError> {
    let mut elements = a.iter().chain(b);
    let Some(first) = elements.next() else {
        return Err(other("no elements in any of the given slices".to_owned()));
    };
    if first.is_array() {
        return Err(PatchError::new(PatchErrorKind::Unprocessable, "lists of lists are not supported"));
    }
    if elements.any(|element| !same_type(first, element)) {
        let lists = [a, b].map(|list| go_text::display(&Value::Array(list.to_vec())));
        return Err(other(format!("list element types are not identical: [{}]", lists.join(" "))));
    }
    Ok(first.is_object())
}

/// Merges the patch into the original.
pub(super) fn merge_map(
    mut original: Object,
    mut patch: Object,
    schema: Schema,
    options: MergeOptions,
) -> Result<Object, PatchError> {
    if let Some(directive) = patch.get(DIRECTIVE).cloned() {
        return whole_map_directive(&directive, patch);
    }
    apply_retain_keys(&mut original, &mut patch, options)?;
    merge_ordered_lists(&mut original, &mut patch, schema, options)?;
    for (key, value) in patch {
        let deletes = key.starts_with(DELETE_FROM_LIST);
        if deletes && !options.merge_parallel_list {
            original.insert(key, value);
            continue;
        }
        let name = if deletes {
            let rest = key.strip_prefix(DELETE_FROM_LIST).and_then(|rest| rest.strip_prefix('/'));
            rest.ok_or_else(|| bad_request("invalid patch format of primitive list"))?.to_owned()
        } else {
            key
        };
        if value.is_null() {
            original.remove(&name);
            if options.ignore_unmatched_nulls {
                continue;
            }
        }
        match original.remove(&name) {
            Some(current) if same_type(&current, &value) => {
                if let Some(merged) = merge_value(&name, current, value, deletes, schema, options)? {
                    original.insert(name, merged);
                }
            }
            Some(current) if deletes => {
                original.insert(name, current);
            }
            None if deletes => {}
            _ => {
                let value = if options.ignore_unmatched_nulls { discard_nulls(value) } else { value };
                if let Some(value) = remove_directives(value) {
                    original.insert(name, value);
                }
            }
        }
    }
    Ok(original)
}

fn merge_value(
    name: &str,
    current: Value,
    patch: Value,
    deletes: bool,
    schema: Schema,
    options: MergeOptions,
) -> Result<Option<Value>, PatchError> {
    match (current, patch) {
        (Value::Object(current), Value::Object(patch)) => {
            let meta = schema.field(name)?;
            if meta.strategy == REPLACE {
                return Ok(Some(Value::Object(patch)));
            }
            merge_map(current, patch, meta.schema, options).map(|map| Some(Value::Object(map)))
        }
        (Value::Array(current), Value::Array(patch)) => {
            let meta = schema.list(name)?;
            merge_list(current, patch, &meta, deletes, options).map(|list| Some(Value::Array(list)))
        }
        (_, patch) => Ok(remove_directives(patch)),
    }
}

fn whole_map_directive(directive: &Value, mut patch: Object) -> Result<Object, PatchError> {
    match directive.as_str() {
        Some(REPLACE) => {
            patch.remove(DIRECTIVE);
            Ok(patch)
        }
        Some(DELETE) => Ok(Object::new()),
        _ => Err(bad_directive(directive, &patch)),
    }
}

fn bad_directive(directive: &Value, map: &Object) -> PatchError {
    let map = go_text::display(&Value::Object(map.clone()));
    other(format!("unknown patch type: {} in map: {map}", go_text::display(directive)))
}

// applyRetainKeysDirective
fn apply_retain_keys(
    original: &mut Object,
    patch: &mut Object,
    options: MergeOptions,
) -> Result<(), PatchError> {
    let Some(retained) = patch.remove(RETAIN_KEYS) else {
        return Ok(());
    };
    if !options.merge_parallel_list {
        match original.get(RETAIN_KEYS) {
            Some(own) if *own != retained => {
                let (own, retained) = (go_text::display(own), go_text::display(&retained));
                return Err(other(format!(
                    "{own} and {retained} are not deep equal: this may happen when calculating the 3-way diff patch"
                )));
            }
            Some(_) => {}
            None => {
                original.insert(RETAIN_KEYS.to_owned(), retained);
            }
        }
        return Ok(());
    }
    let bad = || bad_request("invalid patch format of retainKeys");
    let retained = retained.as_array().ok_or_else(bad)?;
    let is_retained = |key: &String| retained.iter().any(|kept| kept == key.as_str());
    let is_parallel = |key: &String| key.starts_with(DELETE_FROM_LIST) || key.starts_with(SET_ELEMENT_ORDER);
    if patch.iter().any(|(key, value)| !value.is_null() && !is_parallel(key) && !is_retained(key)) {
        return Err(bad());
    }
    original.retain(|key, _| is_retained(key));
    Ok(())
}

// mergePatchIntoOriginal: lists for which the patch has an order.
fn merge_ordered_lists(
    original: &mut Object,
    patch: &mut Object,
    schema: Schema,
    options: MergeOptions,
) -> Result<(), PatchError> {
    let keys: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ELEMENT_ORDER)).cloned().collect();
    for key in keys {
        let order = patch.remove(&key).unwrap_or_default();
        if !options.merge_parallel_list {
            match original.get(&key) {
                Some(own) if *own != order => return Err(bad_order()),
                Some(_) => {}
                None => {
                    original.insert(key.clone(), order.clone());
                }
            }
        }
        let order = as_list(order)?;
        let rest = key.strip_prefix(SET_ELEMENT_ORDER).and_then(|rest| rest.strip_prefix('/'));
        let name = rest.ok_or_else(bad_order)?;
        let current = original.get(name).cloned().map(as_list).transpose()?;
        let patched = patch.get(name).cloned().map(as_list).transpose()?;
        let meta = schema.list(name)?;
        check_order(patched.as_deref().unwrap_or_default(), &order, meta.merge_key)?;
        let merged = match (current.clone(), patched.clone()) {
            (None, None) => continue,
            (Some(current), None) => current,
            (None, Some(patched)) => patched.into_iter().filter_map(remove_directives).collect(),
            (Some(current), Some(patched)) => merge_list(current, patched, &meta, false, options)?,
        };
        let current = current.unwrap_or_default();
        let are_maps = elements_are_maps(&current, &patched.unwrap_or_default())?;
        let merged = in_order(merged, &order, &current, are_maps, meta.merge_key)?;
        original.insert(name.to_owned(), Value::Array(merged));
        patch.remove(name);
    }
    Ok(())
}

// validatePatchWithSetOrderList
fn check_order(patch: &[Value], order: &[Value], merge_key: &str) -> Result<(), PatchError> {
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter();
    for item in patch {
        if !merge_key.is_empty() && as_map(item)?.contains_key(DIRECTIVE) {
            continue;
        }
        let mut found = false;
        for candidate in rest.by_ref() {
            if same_key(item, candidate, merge_key)? {
                found = true;
                break;
            }
        }
        if !found {
            let [patch, order] = [patch, order].map(|list| go_text::display(&Value::Array(list.to_vec())));
            let message = format!(
                "The order in patch list:\n{patch}\n doesn't match {SET_ELEMENT_ORDER} list:\n{order}\n"
            );
            return Err(other(message));
        }
    }
    Ok(())
}

// mergeKeyValueEqual
pub(super) fn same_key(left: &Value, right: &Value, merge_key: &str) -> Result<bool, PatchError> {
    if merge_key.is_empty() {
        return Ok(left == right);
    }
    let (left, right) = (as_map(left)?, as_map(right)?);
    let left = left.get(merge_key).ok_or_else(|| no_merge_key(left, merge_key))?;
    Ok(left == right.get(merge_key).ok_or_else(|| no_merge_key(right, merge_key))?)
}

// mergeSliceHandler, mergeSlice
fn merge_list(
    original: Vec<Value>,
    patch: Vec<Value>,
    meta: &Meta,
    deletes: bool,
    options: MergeOptions,
) -> Result<Vec<Value>, PatchError> {
    if meta.strategy != MERGE && !deletes {
        return Ok(patch);
    }
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    let are_maps = elements_are_maps(&original, &patch)?;
    if !are_maps && deletes {
        return Ok(original.into_iter().filter(|item| !patch.contains(item)).collect());
    }
    let (merged, order, server_order) = if are_maps {
        if meta.merge_key.is_empty() {
            return Err(other(format!("cannot merge lists without merge key for {}", meta.schema.go_kind())));
        }
        let (kept, patch) = apply_list_directives(original, patch, meta.merge_key)?;
        let mut merged = kept.clone();
        for item in &patch {
            merge_item(&mut merged, as_map(item)?, meta, options)?;
        }
        (merged, patch, kept)
    } else {
        let both = original.iter().chain(&patch).cloned().collect();
        (deduplicated(both), patch, original)
    };
    in_order(merged, &order, &server_order, are_maps, meta.merge_key)
}

// mergeSliceWithoutSpecialElements, one element
fn merge_item(
    merged: &mut Vec<Value>,
    item: &Object,
    meta: &Meta,
    options: MergeOptions,
) -> Result<(), PatchError> {
    let key = item.get(meta.merge_key).ok_or_else(|| no_merge_key(item, meta.merge_key))?;
    match merged.iter_mut().find(|current| current.get(meta.merge_key) == Some(key)) {
        Some(Value::Object(current)) => {
            *current = merge_map(std::mem::take(current), item.clone(), meta.schema, options)?;
        }
        _ => merged.push(Value::Object(item.clone())),
    }
    Ok(())
}

// mergeSliceWithSpecialElements
fn apply_list_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    merge_key: &str,
) -> Result<(Vec<Value>, Vec<Value>), PatchError> {
    let mut plain = Vec::new();
    let mut replace = false;
    for item in patch {
        let map = as_map(&item)?;
        let Some(directive) = map.get(DIRECTIVE) else {
            plain.push(item);
            continue;
        };
        match directive.as_str() {
            Some(DELETE) => {
                let key = map.get(merge_key).ok_or_else(|| no_merge_key(map, merge_key))?;
                original.retain(|current| current.get(merge_key) != Some(key));
            }
            Some(REPLACE) => replace = true,
            Some(MERGE) => {
                return Err(other("merging lists cannot yet be specified in the patch".to_owned()));
            }
            _ => return Err(bad_directive(directive, map)),
        }
    }
    Ok(if replace { (plain, Vec::new()) } else { (original, plain) })
}

// Partitions by whether `order` names an item, sorts both parts, and puts them together (normalizeElementOrder).
fn in_order(
    merged: Vec<Value>,
    order: &[Value],
    server_order: &[Value],
    are_maps: bool,
    merge_key: &str,
) -> Result<Vec<Value>, PatchError> {
    let key_of =
        |item: &Value| if are_maps { item.get(merge_key).cloned().unwrap_or_default() } else { item.clone() };
    if are_maps {
        for item in merged.iter().chain(order).chain(server_order) {
            let map = as_map(item)?;
            map.get(merge_key).ok_or_else(|| no_merge_key(map, merge_key))?;
        }
    }
    let patch_ranks = ranks(order.iter().map(key_of));
    let server_ranks = ranks(server_order.iter().map(key_of));
    let rank = |ranks: &BTreeMap<String, usize>, item: &Value| ranks.get(&key_of(item).to_string()).copied();
    let (mut patch, mut server): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|item| rank(&patch_ranks, item).is_some());
    patch.sort_by_cached_key(|item| rank(&patch_ranks, item));
    server.sort_by_cached_key(|item| rank(&server_ranks, item));

    let mut all = Vec::with_capacity(patch.len() + server.len());
    let mut left = server.into_iter().peekable();
    for right in patch {
        let right_rank = rank(&server_ranks, &right);
        while let Some(item) = left.next_if(|item| match (rank(&server_ranks, item), right_rank) {
            (Some(left), Some(right)) => left < right,
            _ => false,
        }) {
            all.push(item);
        }
        all.push(right);
    }
    all.extend(left);
    Ok(all)
}

// By JSON text, which tells values apart; the first of equal ones counts.
pub(super) fn ranks(keys: impl Iterator<Item = Value>) -> BTreeMap<String, usize> {
    let mut ranks = BTreeMap::new();
    for (index, key) in keys.enumerate() {
        ranks.entry(key.to_string()).or_insert(index);
    }
    ranks
}

// deduplicateScalars: a duplicate's place is taken by the last item.
pub(super) fn deduplicated(mut items: Vec<Value>) -> Vec<Value> {
    let mut i = 0;
    while i < items.len() {
        let mut j = i + 1;
        while j < items.len() {
            if items[i] == items[j] {
                items.swap_remove(j);
            } else {
                j += 1;
            }
        }
        i += 1;
    }
    items
}

// None if the value is itself a directive.
fn remove_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(DIRECTIVE) => None,
        Value::Object(map) => Some(Value::Object(
            map.into_iter().filter_map(|(key, value)| Some((key, remove_directives(value)?))).collect(),
        )),
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(remove_directives).collect())),
        other => Some(other),
    }
}

fn discard_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, discard_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(discard_nulls).collect()),
        other => other,
    }
}
