//! A document that is taken apart field by field, with the place of what is wrong.
//!
//! Invariant: whatever a file says, reading ends, and every field that nobody asked for is an error.

use machinery::yaml::Document;
use serde_json::{Map, Value};

use super::read::Problem;

/// Everything that is wrong in a file, found in one pass.
pub(super) struct Outline<'a> {
    pub document: &'a Document,
    pub problems: Vec<Problem>,
}

impl Outline<'_> {
    /// Notes that the value at a path is wrong.
    pub fn problem(&mut self, path: &str, message: impl Into<String>) {
        let line = self.document.locate(path).map(|place| place.value.start.line);
        self.problems.push(Problem { line, path: path.to_owned(), message: message.into() });
    }

    /// The value as a map with no other than these keys.
    pub fn map<'v>(
        &mut self,
        path: &str,
        value: &'v Value,
        known: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Some(map) = value.as_object() else {
            self.problem(path, format!("this must be a map with {}", known.join(", ")));
            return None;
        };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            self.problem(
                &below(path, key),
                format!("there is no field {key:?} here; there are {}", known.join(", ")),
            );
        }
        Some(map)
    }

    /// The items of a list; of a single value, that one.
    pub fn items<'v>(&mut self, path: &str, value: Option<&'v Value>) -> Vec<(String, &'v Value)> {
        match value {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                items.iter().enumerate().map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
            }
            Some(single) => vec![(path.to_owned(), single)],
        }
    }

    /// The value as text; numbers and truth values as they are written.
    pub fn text(&mut self, path: &str, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => {
                self.problem(path, "this must be a text");
                String::new()
            }
        }
    }

    /// A text that has to be there.
    pub fn required(&mut self, path: &str, map: &Map<String, Value>, key: &str) -> String {
        match map.get(key) {
            Some(value) => self.text(&below(path, key), value),
            None => {
                self.problem(path, format!("{key} is missing"));
                String::new()
            }
        }
    }

    /// `true` or `false`; false if it is not there.
    pub fn flag(&mut self, path: &str, map: &Map<String, Value>, key: &str) -> bool {
        match map.get(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.problem(&below(path, key), format!("{key} must be true or false"));
                false
            }
        }
    }

    /// A whole number that is not negative.
    pub fn number(&mut self, path: &str, map: &Map<String, Value>, key: &str) -> Option<u64> {
        let value = map.get(key)?;
        if value.as_u64().is_none() {
            self.problem(&below(path, key), format!("{key} must be a whole number"));
        }
        value.as_u64()
    }
}

/// The path of a map's entry.
pub(super) fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
