//! An object as JSON, as the API server sends it and as kubectl prints what it makes itself.
//!
//! Models encoding/json over the structs of k8s.io/api: what is empty and not to be omitted prints as `null`, `{}` or a
//! zero, which k8s-openapi's types leave out.

use machinery::fields::{self, Field, GoType, Struct, Type};
use machinery::version::Features;
use machinery::{Kind, Object, decode, json};
use serde_json::Value;

/// An object of the server.
pub fn value(object: &Object, features: Features) -> Value {
    decode::with_printed_nulls(object.kind().go_type(), &object.to_value(), features)
}

/// A manifest, as its Go type prints.
pub(crate) fn typed(kind: Kind, value: Value, features: Features) -> Value {
    let mut typed = decode::with_printed_nulls(kind.go_type(), &value, features);
    typed["apiVersion"] = kind.api_version().into();
    typed["kind"] = kind.name().into();
    typed
}

/// The JSON text of an object that says its kind, as encoding/json writes the kind's Go type.
pub(crate) fn encoded(value: &Value) -> String {
    let text = |field: &str| value[field].as_str().unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let group = version.split_once('/').map_or("core", |(group, _)| group.split('.').next().unwrap_or(group));
    in_order(fields::lookup(group, kind), value)
}

/// The JSON text of a struct: its fields in the order of their declaration, maps by key, all by key where the struct is
/// not known.
pub(crate) fn in_order(owner: Option<&'static Struct>, value: &Value) -> String {
    let (Some(owner), Value::Object(map)) = (owner, value) else {
        return json::to_string(value);
    };
    let mut entries: Vec<_> = map.iter().map(|(name, value)| (owner.field(name), name, value)).collect();
    entries.sort_by_key(|(field, name, _)| (field.map_or(usize::MAX, |field| field.declared_at), *name));
    let text = |(field, name, value): (Option<&'static Field>, &String, &Value)| {
        let text = field.map_or_else(|| json::to_string(value), |field| of_type(&field.go_type, value));
        format!("{}:{text}", json::quote(name))
    };
    format!("{{{}}}", entries.into_iter().map(text).collect::<Vec<_>>().join(","))
}

fn of_type(go_type: &'static GoType, value: &Value) -> String {
    match (&go_type.kind, value) {
        (Type::Struct(group, name), value) => in_order(fields::lookup(group, name), value),
        (Type::List(element), Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| of_type(element, item)).collect();
            format!("[{}]", items.join(","))
        }
        (Type::Map(element), Value::Object(map)) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}:{}", json::quote(key), of_type(element, value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(","))
        }
        _ => json::to_string(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_come_as_they_are_declared() {
        let cases = [
            (
                json!({
                    "apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "x", "name": "a"}], "volumes": []},
                    "metadata": {"labels": {"b": "1", "a": "<"}, "name": "p"},
                }),
                r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","labels":{"a":"\u003c","b":"1"}},"spec":{"volumes":[],"containers":[{"name":"a","image":"x"}]}}"#,
            ),
            (
                json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "x", "metadata": {}}),
                r#"{"kind":"StorageClass","apiVersion":"storage.k8s.io/v1","metadata":{},"provisioner":"x"}"#,
            ),
            (
                json!({"apiVersion": "v1", "kind": "EventList", "items": [{"type": "Normal", "metadata": {}}]}),
                r#"{"kind":"EventList","apiVersion":"v1","items":[{"metadata":{},"type":"Normal"}]}"#,
            ),
            (
                json!({"apiVersion": "example.com/v1", "kind": "Other", "b": 1, "a": 2}),
                r#"{"a":2,"apiVersion":"example.com/v1","b":1,"kind":"Other"}"#,
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(encoded(&value), expected);
        }
    }
}
