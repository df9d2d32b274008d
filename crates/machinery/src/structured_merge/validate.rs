//! What in a configuration does not fit its type.
//!
//! Models structured-merge-diff's typed/validate.go: unknown fields, values of another type, items that nothing tells
//! apart. Departs in one point: the fields of a map are looked at in their order, upstream in any.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::{Element, Shape};
use crate::fields::{self, GoType, Struct, Type};
use crate::go_text;
use crate::version::Version;

/// One thing that does not fit: where, and why, in upstream's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    path: String,
    why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.why),
            path => write!(f, "{path}: {}", self.why),
        }
    }
}

/// Everything in an object of type `root` that does not fit, as (group, Go struct); what `version` did not have is unknown.
pub fn validate(root: (&str, &str), value: &Value, version: Version) -> Vec<Violation> {
    let mut walk = Walk { version, path: String::new(), found: Vec::new() };
    if let Some(root) = fields::lookup(root.0, root.1) {
        walk.structure(root, value);
    }
    walk.found
}

struct Walk {
    version: Version,
    path: String,
    found: Vec<Violation>,
}

impl Walk {
    fn violation(&mut self, why: String) {
        self.found.push(Violation { path: self.path.clone(), why });
    }

    fn below(&mut self, step: &str, look: impl FnOnce(&mut Walk)) {
        let end = self.path.len();
        self.path.push_str(step);
        look(self);
        self.path.truncate(end);
    }

    fn structure(&mut self, owner: &'static Struct, value: &Value) {
        let map = match value {
            Value::Null => return,
            Value::Object(map) => map,
            other => return self.violation(format!("expected map, got {}", pointer(other))),
        };
        for (name, value) in map {
            let field = owner.field(name).filter(|field| field.is_in(self.version));
            self.below(&format!(".{name}"), |walk| match field {
                Some(field) => {
                    let element = Element::Field(name.clone());
                    walk.value(&field.go_type, Shape::Struct(owner).child(&element), value);
                }
                None => walk.violation("field not declared in schema".to_owned()),
            });
            // One unknown field is enough.
            if field.is_none() {
                return;
            }
        }
    }

    fn value(&mut self, go_type: &'static GoType, shape: Shape, value: &Value) {
        match (&go_type.kind, value) {
            (_, Value::Null) | (Type::Raw, _) => {}
            (Type::Struct(group, name), value) => {
                if let Some(owner) = fields::lookup(group, name) {
                    self.structure(owner, value);
                }
            }
            (Type::List(element), Value::Array(items)) => self.items(element, shape, items),
            (Type::List(_), other) => self.violation(format!("expected list, got {}", pointer(other))),
            (Type::Map(element), Value::Object(map)) => {
                for (name, value) in map {
                    let child = shape.child(&Element::Field(name.clone()));
                    self.below(&format!(".{name}"), |walk| walk.value(element, child, value));
                }
            }
            (Type::Map(_), other) => self.violation(format!("expected map, got {}", pointer(other))),
            (kind, value) => self.scalar(kind, value),
        }
    }

    fn items(&mut self, element: &'static GoType, shape: Shape, items: &[Value]) {
        let is_told_apart = matches!(shape, Shape::Keyed(..) | Shape::Set);
        let mut seen = BTreeSet::new();
        for (at, item) in items.iter().enumerate() {
            let known = shape.item(item);
            if let (true, None) = (is_told_apart, &known) {
                return self.violation(format!("element {at}: {}", nothing_apart(shape, item)));
            }
            let child = known.as_ref().map_or(Shape::Leaf, |known| shape.child(known));
            let step = known.as_ref().map_or_else(|| format!("[{at}]"), ToString::to_string);
            if let Some(known) = known
                && !seen.insert(known)
            {
                self.violation(format!("duplicate entries for key {step}"));
            }
            self.below(&step, |walk| walk.value(element, child, item));
        }
    }

    fn scalar(&mut self, kind: &Type, value: &Value) {
        let expected = match (kind, value) {
            (Type::Int32 | Type::Int64, Value::Number(_))
            | (Type::Bool, Value::Bool(_))
            | (Type::String | Type::Bytes, Value::String(_)) => return,
            (Type::Int32 | Type::Int64, other) => {
                format!("numeric (int or float), got {}", go_type_name(other))
            }
            (Type::Bool, other) => format!("boolean, got {}", pointer(other)),
            (Type::String | Type::Bytes, other) => {
                format!("string, got &value.valueUnstructured{{Value:{}}}", go_syntax(other))
            }
            (_, Value::Object(_) | Value::Array(_)) => format!("any scalar, got {}", pointer(value)),
            _ => return,
        };
        self.violation(format!("expected {expected}"));
    }
}

// As Go prints a pointer to a struct with one field.
fn pointer(value: &Value) -> String {
    format!("&{{{}}}", go_text::display(value))
}

// `%#v` of decoded JSON.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::String(text) => go_text::quote(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(map) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}:{}", go_text::quote(key), go_syntax(value));
            let entries: Vec<String> = map.iter().map(entry).collect();
            format!("map[string]interface {{}}{{{}}}", entries.join(", "))
        }
        scalar => go_text::display(scalar),
    }
}

fn go_type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn nothing_apart(shape: Shape, item: &Value) -> String {
    match (shape, item) {
        (Shape::Keyed(..), Value::Null) => {
            "associative list with keys may not have a null element".to_owned()
        }
        (Shape::Keyed(_, keys), Value::Object(_)) => {
            let keys: Vec<String> = keys.iter().map(|key| go_text::quote(key)).collect();
            let keys = keys.join(" ");
            format!(
                "associative list with keys has an element that omits all key fields [{keys}] (and doesn't have default values for any key fields)"
            )
        }
        (Shape::Keyed(..), _) => "associative list with keys may not have non-map elements".to_owned(),
        (_, Value::Object(_)) => "associative list without keys has an element that's a map type".to_owned(),
        (_, Value::Array(_)) => "not supported: associative list with lists as elements".to_owned(),
        _ => "associative list without keys has an element that's an explicit null".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_told_as_upstream_tells_it() {
        let container =
            |container: Value| json!({"spec": {"template": {"spec": {"containers": [container]}}}});
        let at = ".spec.template.spec.containers[name=\"a\"]";
        let cases = [
            (
                json!({"spec": {"replicas": 2, "foo": 1, "goo": 1}}),
                vec![".spec.foo: field not declared in schema".to_owned()],
            ),
            (
                json!({"spec": {"replicas": "2", "serviceName": 1}}),
                vec![
                    ".spec.replicas: expected numeric (int or float), got string".to_owned(),
                    ".spec.serviceName: expected string, got &value.valueUnstructured{Value:1}".to_owned(),
                ],
            ),
            (
                container(json!({"name": "a", "stdin": "yes", "args": "x", "resources": []})),
                vec![
                    format!("{at}.args: expected list, got &{{x}}"),
                    format!("{at}.resources: expected map, got &{{[]}}"),
                    format!("{at}.stdin: expected boolean, got &{{yes}}"),
                ],
            ),
            (
                container(json!({"name": "a", "env": [{"name": "X", "value": 8080}, {"name": "X"}]})),
                vec![
                    format!(
                        "{at}.env[name=\"X\"].value: expected string, got &value.valueUnstructured{{Value:8080}}"
                    ),
                    format!("{at}.env: duplicate entries for key [name=\"X\"]"),
                ],
            ),
            (
                container(
                    json!({"name": "a", "args": ["x", 1], "ports": [{"containerPort": 80, "name": null}]}),
                ),
                vec![format!("{at}.args[1]: expected string, got &value.valueUnstructured{{Value:1}}")],
            ),
        ];
        for (set, expected) in cases {
            let found = validate(("apps", "StatefulSet"), &set, Version::V1_36);
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{set}");
        }
    }
}
