//! From JSON to what Go's structs would hold of it, and print again.
//!
//! Models sigs.k8s.io/json (a strict, case-sensitive encoding/json) decoding into the structs of [`crate::fields`], and
//! encoding/json printing them: nulls and empty `omitempty` values go, struct values without a pointer come (`resources:
//! {}`), quantities become canonical, times become UTC. Errors and unknown fields are found in the order of sorted keys,
//! because that is how kubectl sends an object.
//! Departs in one point: what Go prints as `null` (a list without `omitempty` that is not there) is left out, so that a
//! required pointer such as `spec.selector` can be told to be missing.
//! Invariant: the result deserializes into `k8s-openapi`'s types; recursion is as deep as the structs nest.

mod go_time;
mod unstructured;

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Number, Value};

use crate::fields::{self, Field, GoType, Struct, Type};
use crate::go_text;
use crate::quantity::Quantity;
use crate::version::Features;

pub use unstructured::check_unstructured;

/// After so many unknown fields no more are kept (sigs.k8s.io/json, saveStrictError).
const MAX_UNKNOWN: usize = 100;

/// An object as Go would hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalized {
    /// The object.
    pub value: Value,
    /// Paths of fields that the structs do not have, as strict decoding names them: `spec.template.spec.bar`.
    pub unknown: Vec<String>,
}

impl Normalized {
    /// `strict decoding error: unknown field "spec.foo", …`; none if every field is known.
    pub fn strict_error(&self) -> Option<String> {
        let quoted: Vec<String> =
            self.unknown.iter().map(|path| format!("unknown field {}", go_text::quote(path))).collect();
        (!quoted.is_empty()).then(|| format!("strict decoding error: {}", quoted.join(", ")))
    }
}

/// Why an object could not be decoded; its text is Go's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    message: String,
    /// Where the offending value is, with list indices: `spec.template.spec.containers[0].name`.
    pub path: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// Decodes an object as the API server does; `root` is (group, Go struct) as in [`fields::lookup`]. What the simulated
/// version did not have is an unknown field.
///
/// # Errors
/// Go's, for the first value in the order of sorted keys that its field cannot hold; but a malformed quantity, time or
/// `IntOrString` comes before any other, as it ends Go's decoding at once.
pub fn normalize(root: (&str, &str), value: Value, features: Features) -> Result<Normalized, DecodeError> {
    let Some(root) = fields::lookup(root.0, root.1) else {
        return Ok(Normalized { value, unknown: Vec::new() });
    };
    decode(root, value, features, Nulls::LeftOut)
}

/// An object that was decoded before, with the nulls that Go prints of it: `lastProbeTime: null` of a pod's condition, or
/// the `containers` of an empty pod; in older versions also the `creationTimestamp: null` of templates. An object that
/// does not decode is returned as it is.
pub fn with_printed_nulls(root: (&str, &str), value: &Value, features: Features) -> Value {
    let nulls = if features.null_timestamps_are_left_out() { Nulls::Printed } else { Nulls::AllPrinted };
    let printed = fields::lookup(root.0, root.1).map(|root| decode(root, value.clone(), features, nulls));
    match printed {
        Some(Ok(normalized)) => normalized.value,
        _ => value.clone(),
    }
}

fn decode(
    root: &'static Struct,
    value: Value,
    features: Features,
    nulls: Nulls,
) -> Result<Normalized, DecodeError> {
    let mut decoder = Decoder { features, nulls, ..Decoder::default() };
    let decoded = if value.is_null() { None } else { decoder.object(root, value)? };
    match decoder.saved {
        Some(error) => Err(error),
        None => {
            let value = decoded.unwrap_or_else(|| zero_struct(root, nulls));
            Ok(Normalized { value, unknown: decoder.unknown })
        }
    }
}

// Whether to print a field for which Go prints null.
#[derive(Clone, Copy, Default, PartialEq)]
enum Nulls {
    #[default]
    LeftOut,
    Printed,
    // Also where the field is `omitzero`, which nothing was before.
    AllPrinted,
}

/// Checks what kubectl checks of every object before it sends it: that `apiVersion`, `kind` and `metadata` decode
/// (cli-runtime/pkg/resource/metadata_decoder.go).
///
/// # Errors
/// Go's; kubectl puts `unable to decode "FILE": ` before it.
pub fn decode_metadata_only(value: &Value) -> Result<(), DecodeError> {
    let shallow = match value {
        Value::Object(map) => {
            let kept =
                map.iter().filter(|(key, _)| ["apiVersion", "kind", "metadata"].contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        other => other.clone(),
    };
    normalize(("meta", fields::METADATA_ONLY), shallow, Features::default()).map(|_| ())
}

#[derive(Default)]
struct Decoder {
    // The first error that does not end decoding.
    saved: Option<DecodeError>,
    unknown: Vec<String>,
    // Go's error context: the struct around the current field, and the fields on the way to it.
    owner: &'static str,
    go_path: Vec<&'static str>,
    // The same way with list indices and map keys.
    path: String,
    features: Features,
    nulls: Nulls,
}

impl Decoder {
    // None is Go's nil, or that the field stays as it was.
    fn value(&mut self, go_type: &GoType, value: Value) -> Result<Option<Value>, DecodeError> {
        if value.is_null() {
            return Ok(None);
        }
        match (&go_type.kind, value) {
            (Type::Raw, value) => Ok(Some(value)),
            (Type::Quantity, value) => self.quantity(&value).map(Some),
            (Type::IntOrString, Value::String(text)) => Ok(Some(Value::String(text))),
            (Type::IntOrString, value) => match int_in(&value, &Type::Int32) {
                Some(number) => Ok(Some(number.into())),
                None => Err(self.type_error(&value, &Type::Int32, "int32")),
            },
            (Type::Time | Type::MicroTime, value) => self.time(&go_type.kind, &value),
            (Type::String, value @ Value::String(_)) | (Type::Bool, value @ Value::Bool(_)) => {
                Ok(Some(value))
            }
            (Type::Bytes, Value::String(text)) => Ok(self.bytes(&text)),
            (Type::Struct(group, name), value @ Value::Object(_)) => match fields::lookup(group, name) {
                Some(go_struct) => self.object(go_struct, value),
                None => Ok(Some(value)),
            },
            (Type::List(element), Value::Array(items)) => self.list(element, items).map(Some),
            (Type::Map(element), Value::Object(entries)) => self.map(element, entries).map(Some),
            (kind, value) => {
                if let Some(number) = int_in(&value, kind) {
                    return Ok(Some(number.into()));
                }
                let error = self.type_error(&value, kind, &go_type.name);
                self.save(error);
                Ok(None)
            }
        }
    }

    fn object(&mut self, go_struct: &'static Struct, value: Value) -> Result<Option<Value>, DecodeError> {
        let Value::Object(map) = value else {
            let error =
                self.type_error(&value, &Type::Struct(go_struct.group, go_struct.name), &go_struct.go_name());
            self.save(error);
            return Ok(None);
        };
        let mut decoded: Vec<Option<Value>> = vec![None; go_struct.fields.len()];
        for (key, value) in map {
            let path_len = self.path.len();
            self.push_key(&key);
            match go_struct.position(&key).filter(|p| go_struct.fields[*p].is_in(self.features.version)) {
                Some(position) => {
                    let field = &go_struct.fields[position];
                    let owner = std::mem::replace(&mut self.owner, go_struct.name);
                    self.go_path.push(field.name);
                    decoded[position] = self.value(&field.go_type, value)?;
                    self.go_path.pop();
                    self.owner = owner;
                }
                None if self.unknown.len() < MAX_UNKNOWN => self.unknown.push(self.path.clone()),
                None => {}
            }
            self.path.truncate(path_len);
        }
        Ok(Some(print_struct(go_struct, decoded, self.nulls)))
    }

    fn list(&mut self, element: &GoType, items: Vec<Value>) -> Result<Value, DecodeError> {
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path_len = self.path.len();
            self.path.push_str(&format!("[{index}]"));
            let item = self.value(element, item)?;
            self.path.truncate(path_len);
            out.push(item.or_else(|| zero(&element.kind, self.nulls)).unwrap_or_default());
        }
        Ok(Value::Array(out))
    }

    fn map(&mut self, element: &GoType, entries: Map<String, Value>) -> Result<Value, DecodeError> {
        let mut out = Map::new();
        for (key, value) in entries {
            let path_len = self.path.len();
            self.push_key(&key);
            let value = self.value(element, value)?;
            self.path.truncate(path_len);
            if let Some(value) = value.or_else(|| zero(&element.kind, self.nulls)) {
                out.insert(key, value);
            }
        }
        Ok(Value::Object(out))
    }

    // Quantity.UnmarshalJSON looks at the JSON text, whatever it is.
    fn quantity(&self, value: &Value) -> Result<Value, DecodeError> {
        let parsed = match value {
            Value::String(text) => Quantity::from_json_text(text),
            Value::Number(number) => Quantity::from_json_text(&number_text(number)),
            _ => Quantity::parse(""),
        };
        match parsed {
            Ok(quantity) => Ok(Value::String(quantity.to_string())),
            Err(error) => Err(self.error(error.to_string())),
        }
    }

    fn time(&self, kind: &Type, value: &Value) -> Result<Option<Value>, DecodeError> {
        let Value::String(text) = value else {
            return Err(self.type_error(value, &Type::String, "string"));
        };
        let layout = if *kind == Type::Time { &go_time::RFC3339 } else { &go_time::RFC3339_MICRO };
        let time = go_time::parse(layout, text).map_err(|message| self.error(message))?;
        let printed =
            time.strftime(if *kind == Type::Time { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S.%6fZ" });
        let printed = printed.to_string();
        // Go's zero time prints as null.
        let is_zero = printed.starts_with("0001-01-01T00:00:00") && time.subsec_nanosecond() == 0;
        Ok((!is_zero).then_some(Value::String(printed)))
    }

    fn bytes(&mut self, text: &str) -> Option<Value> {
        match decode_base64(text) {
            Ok(bytes) => Some(Value::String(base64_engine().encode(bytes))),
            Err(offset) => {
                let error = self.error(format!("illegal base64 data at input byte {offset}"));
                self.save(error);
                None
            }
        }
    }

    fn push_key(&mut self, key: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
    }

    fn save(&mut self, error: DecodeError) {
        self.saved.get_or_insert(error);
    }

    fn error(&self, message: String) -> DecodeError {
        DecodeError { message, path: self.path.clone() }
    }

    // UnmarshalTypeError.Error
    fn type_error(&self, value: &Value, wanted: &Type, type_name: &str) -> DecodeError {
        let what = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if matches!(wanted, Type::Int32 | Type::Int64) => {
                format!("number {}", number_text(number))
            }
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
        };
        let target = if self.go_path.is_empty() {
            "value".to_owned()
        } else {
            format!("struct field {}.{}", self.owner, self.go_path.join("."))
        };
        self.error(format!("json: cannot unmarshal {what} into Go {target} of type {type_name}"))
    }
}

fn int_in(value: &Value, kind: &Type) -> Option<i64> {
    let Value::Number(number) = value else {
        return None;
    };
    let int = number_text(number).parse::<i64>().ok()?;
    match kind {
        Type::Int64 => Some(int),
        Type::Int32 => i32::try_from(int).ok().map(i64::from),
        _ => None,
    }
}

fn number_text(number: &Number) -> String {
    match (number.is_f64(), number.as_f64()) {
        (true, Some(float)) => go_text::json_float(float),
        _ => number.to_string(),
    }
}

// What Go prints of a struct with these field values, in the order of `go_struct.fields`.
fn print_struct(go_struct: &Struct, values: Vec<Option<Value>>, nulls: Nulls) -> Value {
    let printed = go_struct.fields.iter().zip(values).filter_map(|(field, value)| {
        let value = print_field(field, value, nulls)?;
        Some((field.name.to_owned(), value))
    });
    Value::Object(printed.collect())
}

fn print_field(field: &Field, value: Option<Value>, nulls: Nulls) -> Option<Value> {
    let kind = &field.go_type.kind;
    // To encoding/json a struct is never empty, whatever it prints as.
    let is_struct = !field.pointer
        && matches!(
            kind,
            Type::Struct(..) | Type::Quantity | Type::IntOrString | Type::Time | Type::MicroTime | Type::Raw
        );
    let value = if field.pointer { value } else { value.or_else(|| zero(kind, nulls)) };
    let Some(value) = value else {
        let is_printed =
            if is_struct { !field.omitzero || nulls == Nulls::AllPrinted } else { !field.omitempty };
        return (nulls != Nulls::LeftOut && is_printed).then_some(Value::Null);
    };
    let is_empty = match &value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_i64() == Some(0),
        Value::String(s) => s.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
    };
    // A stored list without items is Go's nil.
    if is_empty && !field.omitempty && nulls != Nulls::LeftOut && matches!(kind, Type::List(_) | Type::Map(_))
    {
        return Some(Value::Null);
    }
    (field.pointer || is_struct || !is_empty || !field.omitempty).then_some(value)
}

// What Go prints of a type's zero value; None where that is null.
fn zero(kind: &Type, nulls: Nulls) -> Option<Value> {
    match kind {
        Type::String => Some("".into()),
        Type::Bool => Some(false.into()),
        Type::Int64 | Type::Int32 | Type::IntOrString => Some(0.into()),
        Type::Quantity => Some("0".into()),
        Type::Struct(group, name) => fields::lookup(group, name).map(|s| zero_struct(s, nulls)),
        Type::Bytes | Type::Time | Type::MicroTime | Type::Raw | Type::List(_) | Type::Map(_) => None,
    }
}

fn zero_struct(go_struct: &Struct, nulls: Nulls) -> Value {
    print_struct(go_struct, vec![None; go_struct.fields.len()], nulls)
}

fn base64_engine() -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    GeneralPurpose::new(&STANDARD, config)
}

/// Encodes bytes in base64, with padding.
pub fn encode_base64(bytes: &[u8]) -> String {
    base64_engine().encode(bytes)
}

/// Decodes base64 as Go's `StdEncoding` does: line ends are skipped. The error is the offset of the first wrong byte.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, usize> {
    let kept: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    base64_engine().decode(&kept).map_err(|error| match error {
        base64::DecodeError::InvalidByte(offset, _) | base64::DecodeError::InvalidLastSymbol(offset, _) => {
            let mut kept_offsets = text.bytes().enumerate().filter(|(_, b)| !matches!(b, b'\n' | b'\r'));
            kept_offsets.nth(offset).map_or(text.len(), |(original, _)| original)
        }
        // Go means the place where the last four begin; if the text ends within its padding, its end.
        base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => {
            text.len() - if kept.ends_with(b"=") { 0 } else { kept.len() % 4 }
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{decode_base64, decode_metadata_only, normalize, with_printed_nulls};
    use crate::version::{Features, Version};

    const POD: (&str, &str) = ("core", "Pod");
    const SET: (&str, &str) = ("apps", "StatefulSet");

    #[test]
    fn empty_values_go_and_struct_values_come() {
        let given = json!({"metadata": {"name": "p", "labels": {}, "creationTimestamp": null}, "spec": {
            "hostNetwork": false, "nodeName": "", "priority": 0,
            "containers": [{"name": "c", "args": [], "stdin": false, "ports": [{"containerPort": 80, "hostPort": 0}],
                "resources": {"limits": {"memory": "1024Mi", "cpu": 0.5}}}]}});
        let expected = json!({"metadata": {"name": "p"}, "status": {}, "spec": {
            "priority": 0,
            "containers": [{"name": "c", "ports": [{"containerPort": 80}],
                "resources": {"limits": {"memory": "1Gi", "cpu": "500m"}}}]}});
        assert_eq!(normalize(POD, given, Features::default()).expect("decodes").value, expected);
        let empty = normalize(SET, json!({}), Features::default()).expect("decodes").value;
        assert_eq!(empty["spec"]["template"], json!({"metadata": {}, "spec": {}}));
        assert!(empty["spec"].get("selector").is_none());
        assert_eq!(empty["spec"]["updateStrategy"], json!({}));
    }

    #[test]
    fn what_is_no_base64_is_told_as_go_does() {
        let cases = [
            ("dGVzdA==", Ok(b"test".to_vec())),
            ("dGVz\ndA==\n", Ok(b"test".to_vec())),
            ("dGVzdA", Err(4)),
            ("dGVz\ndA", Err(5)),
            ("admin", Err(4)),
            ("dGVzdA=", Err(7)),
            ("dG-z", Err(2)),
        ];
        for (text, expected) in cases {
            assert_eq!(decode_base64(text), expected, "{text}");
        }
    }

    #[test]
    fn nulls_are_zero_values() {
        let given = json!({"metadata": {"annotations": {"a": null}}, "spec": {"containers": [null, {"args": [null]}]}});
        let spec = normalize(POD, given, Features::default()).expect("decodes").value;
        assert_eq!(spec["metadata"]["annotations"], json!({"a": ""}));
        assert_eq!(
            spec["spec"]["containers"],
            json!([{"name": "", "resources": {}}, {"name": "", "resources": {}, "args": [""]}])
        );
    }

    #[test]
    fn nulls_are_printed_where_go_prints_them() {
        let pod = json!({"metadata": {"name": "p"}, "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        let printed = with_printed_nulls(POD, &pod, Features::default());
        assert_eq!(printed["spec"], json!({"containers": null}));
        assert_eq!(
            printed["status"]["conditions"][0],
            json!({"type": "Ready", "status": "True", "lastProbeTime": null, "lastTransitionTime": null})
        );
        assert_eq!(printed["metadata"], json!({"name": "p"}));
        assert_eq!(normalize(POD, printed, Features::default()).expect("decodes").value, pod);
    }

    #[test]
    fn errors_are_gos() {
        let field = |path: &[&str], value: Value| path.iter().rev().fold(value, |v, key| json!({*key: v}));
        let cases = [
            (
                SET,
                field(&["spec", "replicas"], json!("3")),
                "json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32",
            ),
            (
                SET,
                field(&["spec", "replicas"], json!(2_147_483_648_i64)),
                "json: cannot unmarshal number 2147483648 into Go struct field StatefulSetSpec.spec.replicas of type int32",
            ),
            (
                SET,
                field(&["spec", "replicas"], json!(1.5)),
                "json: cannot unmarshal number 1.5 into Go struct field StatefulSetSpec.spec.replicas of type int32",
            ),
            (
                SET,
                field(&["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], json!(true)),
                "json: cannot unmarshal bool into Go struct field RollingUpdateStatefulSetStrategy.spec.updateStrategy.rollingUpdate.maxUnavailable of type int32",
            ),
            (SET, json!([]), "json: cannot unmarshal array into Go value of type v1.StatefulSet"),
            (
                POD,
                json!({"metadata": {"name": 5}, "spec": {"containers": [{"resources": {"limits": {"cpu": "x"}}}]}}),
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
            (("core", "Secret"), field(&["data", "a"], json!("a-b")), "illegal base64 data at input byte 1"),
            (
                POD,
                field(&["spec", "containers"], json!(["a"])),
                "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container",
            ),
        ];
        for (root, value, expected) in cases {
            let error = normalize(root, value, Features::default()).expect_err(expected);
            assert_eq!(error.to_string(), expected);
        }
        let error = decode_metadata_only(&json!({"metadata": [1]})).expect_err("is refused");
        assert_eq!(
            error.to_string(),
            "json: cannot unmarshal array into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"
        );
    }

    #[test]
    fn unknown_fields_are_listed_in_the_order_of_keys() {
        let given = json!({"zzz": 1, "spec": {"containers": [{"name": "c", "Image": "x"}], "volumes": [{"name": "v", "nfs": {"foo": 1}}]}});
        let normalized = normalize(POD, given, Features::default()).expect("decodes");
        assert_eq!(normalized.unknown, ["spec.containers[0].Image", "spec.volumes[0].nfs.foo", "zzz"]);
        assert_eq!(
            normalized.strict_error().as_deref(),
            Some(
                r#"strict decoding error: unknown field "spec.containers[0].Image", unknown field "spec.volumes[0].nfs.foo", unknown field "zzz""#
            )
        );
    }

    #[test]
    fn older_versions_know_less_and_print_more() {
        let old = Features::of(Version::V1_32);
        let given = json!({"spec": {"hostnameOverride": "h", "containers": []}});
        assert!(normalize(POD, given.clone(), Features::default()).expect("decodes").unknown.is_empty());
        assert_eq!(normalize(POD, given, old).expect("decodes").unknown, ["spec.hostnameOverride"]);
        let template = ("core", "PodTemplateSpec");
        let printed = |features| with_printed_nulls(template, &json!({}), features)["metadata"].clone();
        assert_eq!(printed(Features::default()), json!({}));
        assert_eq!(printed(old), json!({"creationTimestamp": null}));
    }
}
