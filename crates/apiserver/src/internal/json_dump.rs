//! The difference of what Go's encoding/json makes of two structs.
//!
//! Fields are in declaration order, under their Go names, empty ones as well. The difference has the unified format with
//! three lines of context (apimachinery/pkg/util/diff/diff.go). Departs in one point: what lies below a type
//! that is not known prints as in the public API.

use machinery::{json, text_diff};
use serde_json::Value;

use super::{Field, Form, Type};

pub fn difference(shape: &'static str, old: &Value, new: &Value) -> String {
    let lines = |value| {
        let mut text = Text::default();
        text.structure(shape, value, 0);
        text.lines
    };
    text_diff::unified(&lines(old), &lines(new))
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
            self.value(field.of, field.value(value), depth + 1);
            if i + 1 < fields.len() {
                self.append(",");
            }
        }
        self.lines.push(format!("{}}}", " ".repeat(depth)));
    }

    fn value(&mut self, of: Type, value: &Value, depth: usize) {
        match (of.form(), value) {
            (Form::Pointer(target), value) if !value.is_null() => self.value(target, value, depth),
            // Structs of other packages say themselves what they are in JSON.
            (Form::Struct(shape), value) if !shape.contains('.') => self.structure(shape, value, depth),
            (Form::List(of), Value::Array(items)) if !items.is_empty() => {
                self.append("[");
                for (i, item) in items.iter().enumerate() {
                    self.lines.push(" ".repeat(depth + 1));
                    self.value(of, item, depth + 1);
                    if i + 1 < items.len() {
                        self.append(",");
                    }
                }
                self.lines.push(format!("{}]", " ".repeat(depth)));
            }
            (Form::Text, Value::Null) => self.append("\"\""),
            (Form::Bool, Value::Null) => self.append("false"),
            (Form::Number | Form::Struct(_), Value::Null) => self.append("0"),
            (Form::Quantity, Value::Null) => self.append("\"0\""),
            (_, value) => self.plain(value, depth),
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

/// The fields of a struct, those of embedded structs in their place.
fn fields(shape: &str) -> Vec<Field> {
    let flat = |field: Field| if field.is_embedded { fields(field.go_name) } else { vec![field] };
    super::fields(shape).flat_map(flat).collect()
}
