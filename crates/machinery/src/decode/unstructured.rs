//! From decoded JSON to Go's structs without going through text, as the API server does after a strategic merge patch.
//!
//! Models apimachinery/pkg/runtime/converter.go (`fromUnstructured`), whose errors are not those of decoding.

use serde_json::Value;

use super::{DecodeError, Decoder, decode_base64};
use crate::fields::{self, GoType, Type};

/// Whether the value fits the struct. An integer over its type's range does: it wraps, as Go's conversion of integers does.
///
/// # Errors
/// The converter's, for the first field that does not fit; it names no field.
pub fn check_unstructured(root: (&str, &str), value: &mut Value) -> Result<(), DecodeError> {
    let Some(root) = fields::lookup(root.0, root.1) else {
        return Ok(());
    };
    let kind = Type::Struct(root.group, root.name);
    check(&GoType { kind, name: root.go_name() }, value, &mut String::new())
}

fn check(go_type: &GoType, value: &mut Value, path: &mut String) -> Result<(), DecodeError> {
    let error = |message: String| Err(DecodeError { message, path: path.clone() });
    let found = go_kind(value);
    match (&go_type.kind, &mut *value) {
        (_, Value::Null) | (Type::String, Value::String(_)) | (Type::Bool, Value::Bool(_)) => Ok(()),
        (Type::Int32 | Type::Int64, Value::Number(number)) => {
            let float = number.as_f64().unwrap_or_default();
            if float.trunc() != float {
                return error(format!("cannot convert float64 to {}", go_type.name));
            }
            if go_type.kind == Type::Int32 {
                *value = (number.as_i64().unwrap_or(float as i64) as i32).into();
            }
            Ok(())
        }
        (Type::String, Value::Number(number)) if !number.is_f64() => {
            error(format!("cannot convert int64 to {}", go_type.name))
        }
        (Type::String, _) => error("unrecognized type: string".to_owned()),
        (Type::Bool, _) => error("unrecognized type: bool".to_owned()),
        (Type::Int32, _) => error("unrecognized type: int32".to_owned()),
        (Type::Int64, _) => error("unrecognized type: int64".to_owned()),
        (Type::Quantity | Type::IntOrString | Type::Time | Type::MicroTime | Type::Raw, value) => {
            let mut decoder = Decoder { path: path.clone(), ..Decoder::default() };
            decoder.value(go_type, value.clone()).map(|_| ())
        }
        (Type::Bytes, Value::String(text)) => match decode_base64(text) {
            Ok(_) => Ok(()),
            Err(offset) => {
                error(format!("error decoding from json: illegal base64 data at input byte {offset}"))
            }
        },
        (Type::List(element), Value::Array(items)) => {
            items.iter_mut().enumerate().try_for_each(|(index, item)| {
                let len = path.len();
                path.push_str(&format!("[{index}]"));
                check(element, item, path)?;
                path.truncate(len);
                Ok(())
            })
        }
        (Type::Map(element), Value::Object(entries)) => {
            entries.iter_mut().try_for_each(|(key, value)| at_key(key, element, value, path))
        }
        (Type::Struct(group, name), Value::Object(map)) => {
            let known = fields::lookup(group, name).map(|s| s.fields.as_slice()).unwrap_or_default();
            known.iter().try_for_each(|field| match map.get_mut(field.name) {
                Some(value) => at_key(field.name, &field.go_type, value, path),
                None => Ok(()),
            })
        }
        (Type::List(_) | Type::Bytes, _) => error(format!("cannot restore slice from {found}")),
        (Type::Map(_), _) => error(format!("cannot restore map from {found}")),
        (Type::Struct(..), _) => error(format!("cannot restore struct from: {found}")),
    }
}

fn at_key(key: &str, go_type: &GoType, value: &mut Value, path: &mut String) -> Result<(), DecodeError> {
    let len = path.len();
    if len > 0 {
        path.push('.');
    }
    path.push_str(key);
    check(go_type, value, path)?;
    path.truncate(len);
    Ok(())
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn errors_are_the_converters() {
        let cases = [
            (json!({"spec": {"replicas": "3"}}), Some("unrecognized type: int32")),
            (json!({"spec": {"replicas": 1.5}}), Some("cannot convert float64 to int32")),
            (json!({"spec": {"serviceName": 1}}), Some("cannot convert int64 to string")),
            (json!({"spec": "x"}), Some("cannot restore struct from: string")),
            (
                json!({"spec": {"template": {"spec": {"containers": {}}}}}),
                Some("cannot restore slice from map"),
            ),
            (json!({"metadata": {"labels": ["a"]}}), Some("cannot restore map from slice")),
            (
                json!({"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": true}}}}),
                Some("json: cannot unmarshal bool into Go value of type int32"),
            ),
            (json!({"spec": {"replicas": 2, "nope": {}}}), None),
        ];
        for (mut value, expected) in cases {
            let error =
                super::check_unstructured(("apps", "StatefulSet"), &mut value).err().map(|e| e.to_string());
            assert_eq!(error.as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn bytes_are_base64() {
        let mut value = json!({"data": {"a": "plain"}});
        let error = super::check_unstructured(("core", "Secret"), &mut value).expect_err("no base64");
        assert_eq!(error.to_string(), "error decoding from json: illegal base64 data at input byte 4");
    }

    #[test]
    fn an_int32_wraps_and_an_int64_does_not() {
        let of =
            |n: i64| json!({"metadata": {"generation": n}, "spec": {"replicas": n, "minReadySeconds": 1.0}});
        for (given, expected) in [(4_294_967_299, 3), (2_147_483_648, -2_147_483_648_i64), (-1, -1)] {
            let mut value = of(given);
            super::check_unstructured(("apps", "StatefulSet"), &mut value).expect("fits");
            let spec = json!({"replicas": expected, "minReadySeconds": 1});
            assert_eq!(value, json!({"metadata": {"generation": given}, "spec": spec}));
        }
    }
}
