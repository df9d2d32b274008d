//! Objects of any kind told for people, field by field, and the two kinds that must not be.
//!
//! Models genericDescriber, ConfigMapDescriber and SecretDescriber of kubectl/pkg/describe/describe.go.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use machinery::Object;
use serde_json::{Map, Value};

use super::text::Text;
use crate::go_value;

/// Words that are written in capitals.
const ACRONYMS: [&str; 5] = ["API", "URL", "UID", "OSB", "GUID"];
/// What the head says already.
const SKIPPED: [&str; 5] = [
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];
/// How deep fields are told.
const MAX_DEPTH: usize = 50;

/// Adds everything but the events.
pub(super) fn describe(text: &mut Text, object: &Object) {
    text.name(object.meta());
    text.labels("", "Labels", object.meta().labels.as_ref());
    text.annotations("Annotations", object.meta().annotations.as_ref());
    if let Value::Object(fields) = object.to_value() {
        content(text, 0, &fields, "");
    }
}

fn content(text: &mut Text, level: usize, fields: &Map<String, Value>, path: &str) {
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        if SKIPPED.contains(&path.as_str()) || level > MAX_DEPTH {
            continue;
        }
        let label = smart_label(name);
        match value {
            Value::Object(inner) => {
                text.line(level, format!("{label}:"));
                content(text, level + 1, inner, &path);
            }
            Value::Array(items) => {
                text.line(level, format!("{label}:"));
                for item in items {
                    match item {
                        Value::Object(inner) => content(text, level + 1, inner, &path),
                        other => text.line(level + 1, go_value::plain(other)),
                    }
                }
            }
            other => text.field(level, &label, go_value::plain(other)),
        }
    }
}

// `creationTimestamp` becomes `Creation Timestamp` (smartLabelFor).
fn smart_label(field: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut last: Option<(bool, bool)> = None;
    for c in field.chars() {
        // A new word begins where lower case turns upper, and at each change to or from letters.
        let class = (c.is_uppercase(), c.is_alphabetic());
        let begins = match last {
            None => true,
            Some((_, was_letter)) if was_letter != class.1 => true,
            Some((was_upper, _)) => class.0 && !was_upper,
        };
        match words.last_mut() {
            Some(word) if !begins => word.push(c),
            _ => words.push(c.to_string()),
        }
        last = Some(class);
    }
    let titled = words.into_iter().map(|word| {
        let upper = word.to_uppercase();
        if ACRONYMS.contains(&upper.as_str()) {
            return upper;
        }
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    });
    titled.filter(|word: &String| word.chars().all(char::is_alphanumeric)).collect::<Vec<_>>().join(" ")
}

/// Adds everything but the events of a config map.
pub(super) fn describe_config_map(text: &mut Text, config_map: &ConfigMap) {
    text.name(&config_map.metadata);
    text.labels("", "Labels", config_map.metadata.labels.as_ref());
    text.annotations("Annotations", config_map.metadata.annotations.as_ref());
    text.raw("\nData\n====\n");
    for (key, value) in config_map.data.iter().flatten() {
        text.raw(&format!("{key}:\n----\n{value}\n\n"));
    }
    text.raw("\nBinaryData\n====\n");
    for (key, value) in config_map.binary_data.iter().flatten() {
        text.raw(&format!("{key}: {} bytes\n", value.0.len()));
    }
    text.raw("\n");
}

/// Adds everything but the events of a secret; what it holds stays hidden.
pub(super) fn describe_secret(text: &mut Text, secret: &Secret) {
    text.name(&secret.metadata);
    text.labels("", "Labels", secret.metadata.labels.as_ref());
    text.annotations("Annotations", secret.metadata.annotations.as_ref());
    text.raw(&format!("\nType:\t{}\n", secret.type_.as_deref().unwrap_or_default()));
    text.raw("\nData\n====\n");
    for (key, value) in secret.data.iter().flatten() {
        text.field(0, key, format!("{} bytes", value.0.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::smart_label;

    #[test]
    fn fields_become_words() {
        let cases = [
            ("apiVersion", "API Version"),
            ("creationTimestamp", "Creation Timestamp"),
            ("uid", "UID"),
            ("spec", "Spec"),
        ];
        for (field, expected) in cases {
            assert_eq!(smart_label(field), expected);
        }
    }
}
