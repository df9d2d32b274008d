//! How Go prints the API server's own structs, and what differs between two of them.
//!
//! Refusals of changes to immutable specs end with a difference of what Go's encoding/json makes of the internal structs
//! (pkg/apis/core/types.go): fields in declaration order, under their Go names, empty ones as well. Their shapes are in
//! `internal.types`, one struct a line: a name for text, then `!` for a bool, `#` for a number, `?` for what can be nil,
//! `:T` for a struct, `*T` for a pointer, `[]T` for a list, `+T` for an embedded struct; `=json` where the JSON name is no
//! plain lower case form. The difference has the unified format with three lines of context
//! (apimachinery/pkg/util/diff/diff.go). Departs in one point: what lies below a `?` prints as in the public API.

use k8s_openapi::serde::Serialize;
use machinery::{json, text_diff};
use serde_json::{Map, Value};

const SHAPES: &str = include_str!("internal.types");

/// What changes from `old` to `new`, both the public form of the internal struct `shape`.
pub fn difference<T: Serialize>(shape: &str, old: &T, new: &T) -> String {
    let lines = |object: &T| {
        // A struct of strings, numbers, lists and string-keyed maps always serializes.
        let mut value = serde_json::to_value(object).unwrap_or_default();
        gather_security_context(&mut value);
        let mut text = Text::default();
        text.structure(shape, &value, 0);
        text.lines
    };
    // The difference ends with an empty line.
    format!("{}\n", text_diff::unified(&lines(old), &lines(new)))
}

/// Internally the host's namespaces belong to the security context.
fn gather_security_context(spec: &mut Value) {
    let Some(Value::Object(context)) = spec.get("securityContext").cloned() else {
        return;
    };
    let mut context: Map<String, Value> = context;
    for field in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
        if let Some(value) = spec.get(field) {
            context.insert(field.to_owned(), value.clone());
        }
    }
    spec["securityContext"] = Value::Object(context);
}

/// JSON with one space of indentation, line by line.
#[derive(Default)]
struct Text {
    lines: Vec<String>,
}

impl Text {
    /// Writes a value after what the last line holds already.
    fn append(&mut self, text: &str) {
        match self.lines.last_mut() {
            Some(line) => line.push_str(text),
            None => self.lines.push(text.to_owned()),
        }
    }

    fn begin(&mut self, name: &str, depth: usize) {
        self.lines.push(format!("{}{}: ", " ".repeat(depth), json::quote(name)));
    }

    fn structure(&mut self, shape: &str, value: &Value, depth: usize) {
        self.append("{");
        let fields = fields(shape);
        for (i, field) in fields.iter().enumerate() {
            self.begin(field.go_name, depth + 1);
            self.field(field, value.get(&field.json_name), depth + 1);
            if i + 1 < fields.len() {
                self.append(",");
            }
        }
        self.lines.push(format!("{}}}", " ".repeat(depth)));
    }

    fn field(&mut self, field: &Field, value: Option<&Value>, depth: usize) {
        match (field.form, value) {
            (Form::Struct(shape), value) => self.structure(shape, value.unwrap_or(&Value::Null), depth),
            (Form::Pointer(shape), Some(value)) => self.structure(shape, value, depth),
            (Form::List(shape), Some(Value::Array(items))) => {
                self.append("[");
                for (i, item) in items.iter().enumerate() {
                    self.lines.push(" ".repeat(depth + 1));
                    self.structure(shape, item, depth + 1);
                    if i + 1 < items.len() {
                        self.append(",");
                    }
                }
                self.lines.push(format!("{}]", " ".repeat(depth)));
            }
            (Form::Text, None) => self.append("\"\""),
            (Form::Bool, None) => self.append("false"),
            (Form::Number, None) => self.append("0"),
            (Form::Pointer(_) | Form::List(_) | Form::Nil, None) => self.append("null"),
            (_, Some(value)) => self.plain(value, depth),
        }
    }

    /// A value as the public API has it; it is as deep as the types nest.
    fn plain(&mut self, value: &Value, depth: usize) {
        let indent = " ".repeat(depth + 1);
        match value {
            Value::Array(items) if !items.is_empty() => {
                self.append("[");
                for (i, item) in items.iter().enumerate() {
                    self.lines.push(indent.clone());
                    self.plain(item, depth + 1);
                    self.append(if i + 1 < items.len() { "," } else { "" });
                }
                self.lines.push(format!("{}]", " ".repeat(depth)));
            }
            Value::Object(map) if !map.is_empty() => {
                self.append("{");
                for (i, (key, item)) in map.iter().enumerate() {
                    self.begin(key, depth + 1);
                    self.plain(item, depth + 1);
                    self.append(if i + 1 < map.len() { "," } else { "" });
                }
                self.lines.push(format!("{}}}", " ".repeat(depth)));
            }
            other => self.append(&json::to_string(other)),
        }
    }
}

#[derive(Clone, Copy)]
enum Form {
    Text,
    Bool,
    Number,
    Nil,
    Struct(&'static str),
    Pointer(&'static str),
    List(&'static str),
}

struct Field {
    go_name: &'static str,
    json_name: String,
    form: Form,
}

/// The fields of a struct, those of embedded structs in their place.
fn fields(shape: &str) -> Vec<Field> {
    let line = SHAPES.lines().find_map(|line| line.strip_prefix(shape)?.strip_prefix(' '));
    let mut fields = Vec::new();
    for word in line.unwrap_or_default().split(' ') {
        match word.strip_prefix('+') {
            Some(embedded) => fields.extend(self::fields(embedded)),
            None => fields.push(field(word)),
        }
    }
    fields
}

fn field(word: &'static str) -> Field {
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '=').unwrap_or(word.len());
    let (names, form) = word.split_at(end);
    let (go_name, json_name) = match names.split_once('=') {
        Some((go_name, json_name)) => (go_name, json_name.to_owned()),
        None => (names, lower_camel(names)),
    };
    let form = match (form.strip_prefix("[]"), form.split_at_checked(1)) {
        (Some(shape), _) => Form::List(shape),
        (None, Some((":", shape))) => Form::Struct(shape),
        (None, Some(("*", shape))) => Form::Pointer(shape),
        (None, Some(("!", _))) => Form::Bool,
        (None, Some(("#", _))) => Form::Number,
        (None, Some(_)) => Form::Nil,
        (None, None) => Form::Text,
    };
    Field { go_name, json_name, form }
}

/// `DNSPolicy` is `dnsPolicy`, `NFS` is `nfs`.
fn lower_camel(name: &str) -> String {
    let run = name.chars().take_while(char::is_ascii_uppercase).count();
    let lowered = if run == name.len() || run == 1 { run } else { run - 1 };
    format!("{}{}", name[..lowered].to_ascii_lowercase(), &name[lowered..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_follow_from_go_names() {
        let cases = [
            ("DNSPolicy", "dnsPolicy"),
            ("NFS", "nfs"),
            ("Name", "name"),
            ("FSGroup", "fsGroup"),
            ("TTY", "tty"),
        ];
        for (go, json) in cases {
            assert_eq!(lower_camel(go), json);
        }
    }

    #[test]
    fn every_named_struct_has_a_shape() {
        for line in SHAPES.lines() {
            let (shape, _) = line.split_once(' ').expect("a name and fields");
            for field in fields(shape) {
                if let Form::Struct(shape) | Form::Pointer(shape) | Form::List(shape) = field.form {
                    assert!(!fields(shape)[0].go_name.is_empty(), "{shape}");
                }
            }
        }
    }
}
