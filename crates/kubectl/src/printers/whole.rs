//! An object as the API server sends it: with the `null`s that Go prints.
//!
//! Models encoding/json over the structs of k8s.io/api: a time, a list or a map that is empty and not to be omitted
//! prints as `null`, which k8s-openapi's types leave out. Recursion is as deep as the structs nest.

use machinery::Object;
use machinery::fields::{self, Field, GoType, Struct, Type};
use serde_json::{Map, Value};

/// The object's JSON, nulls included.
pub fn value(object: &Object) -> Value {
    let mut value = object.to_value();
    let (group, name) = object.kind().go_type();
    if let (Some(root), Value::Object(entries)) = (fields::lookup(group, name), &mut value) {
        fill(root, entries);
    }
    value
}

fn fill(go_struct: &Struct, entries: &mut Map<String, Value>) {
    for field in &go_struct.fields {
        match entries.get_mut(field.name) {
            Some(value) => descend(&field.go_type, value),
            None if prints_null(field) => {
                entries.insert(field.name.to_owned(), Value::Null);
            }
            None => {}
        }
    }
}

fn descend(go_type: &GoType, value: &mut Value) {
    match (&go_type.kind, value) {
        (Type::Struct(group, name), Value::Object(entries)) => {
            if let Some(go_struct) = fields::lookup(group, name) {
                fill(go_struct, entries);
            }
        }
        (Type::List(element), Value::Array(items)) => {
            items.iter_mut().for_each(|item| descend(element, item))
        }
        (Type::Map(element), Value::Object(entries)) => {
            entries.values_mut().for_each(|item| descend(element, item));
        }
        _ => {}
    }
}

fn prints_null(field: &Field) -> bool {
    match field.go_type.kind {
        _ if field.pointer => !field.omitempty,
        // To encoding/json a struct is never empty: only `omitzero` leaves a time out.
        Type::Time | Type::MicroTime => !field.omitzero,
        Type::List(_) | Type::Map(_) | Type::Bytes => !field.omitempty && !field.omitzero,
        _ => false,
    }
}
