//! Objects of any kind told for people, field by field, and the two kinds that must not be.
//!
//! Models genericDescriber, ConfigMapDescriber and SecretDescriber of kubectl/pkg/describe/describe.go.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use machinery::version::Features;
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

/// Adds everything but the events of an object as the server sends it.
pub(super) fn describe(text: &mut Text, meta: &ObjectMeta, object: &Value) {
    text.name(meta);
    text.labels("", "Labels", meta.labels.as_ref());
    text.annotations("Annotations", meta.annotations.as_ref());
    if let Value::Object(fields) = object {
        content(text, 0, fields, "");
    }
}

fn content(text: &mut Text, level: usize, fields: &Map<String, Value>, path: &str) {
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        if SKIPPED.contains(&path.as_str()) || level > MAX_DEPTH {
            continue;
        }
        let label = smart_label(name, text.features);
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

/// `creationTimestamp` becomes `Creation Timestamp`; what has more than letters and dashes stays (smartLabelFor).
fn smart_label(field: &str, features: Features) -> String {
    if field.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return field.to_owned();
    }
    let mut words = words(field);
    if features.labels_keep_capitals() {
        words = merged(words);
    }
    let titled = words.into_iter().map(|word| {
        let upper = word.to_uppercase();
        let is_acronym = ACRONYMS.contains(&upper.as_str());
        if is_acronym && (upper != "OSB" || !features.labels_keep_capitals()) {
            return upper;
        }
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    });
    titled.collect::<Vec<String>>().join(" ")
}

/// The words of a name in camel case: `podDNSPolicy` is `pod`, `DNS`, `Policy` (camelcase.Split).
fn words(field: &str) -> Vec<String> {
    let class = |c: char| (c.is_lowercase(), c.is_uppercase());
    let mut words: Vec<String> = Vec::new();
    for c in field.chars() {
        match words.last_mut() {
            Some(word) if word.chars().next_back().is_some_and(|last| class(last) == class(c)) => {
                word.push(c)
            }
            // A capital belongs to the small letters behind it.
            Some(word) if c.is_lowercase() && word.ends_with(char::is_uppercase) => {
                let capital: String = word.pop().into_iter().collect();
                if word.is_empty() {
                    words.pop();
                }
                words.push(capital + &c.to_string());
            }
            _ => words.push(c.to_string()),
        }
    }
    words
}

/// Capitals, and the word behind them that begins with one, are one word: `DNSPolicy`.
fn merged(words: Vec<String>) -> Vec<String> {
    let mut merged: Vec<String> = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(mut word) = words.next() {
        let is_upper = word.len() >= 2 && word.chars().all(|c| !c.is_alphabetic() || c.is_uppercase());
        if is_upper && let Some(next) = words.next_if(|next| next.starts_with(char::is_uppercase)) {
            word.push_str(&next);
        }
        merged.push(word);
    }
    merged
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
    use machinery::version::{Features, Version};

    use super::smart_label;

    #[test]
    fn fields_become_words() {
        let cases = [
            ("apiVersion", "API Version", "API Version"),
            ("creationTimestamp", "Creation Timestamp", "Creation Timestamp"),
            ("uid", "UID", "UID"),
            ("podCIDR", "Pod CIDR", "Pod CIDR"),
            ("podIPs", "Pod I Ps", "Pod I Ps"),
            ("myDNSPolicy", "My DNS Policy", "My DNSPolicy"),
            ("a-name", "A - Name", "A - Name"),
            ("$patch", "$patch", "$patch"),
            ("app.kubernetes.io/name", "app.kubernetes.io/name", "app.kubernetes.io/name"),
        ];
        for (field, old, new) in cases {
            assert_eq!(smart_label(field, Features::of(Version::V1_32)), old);
            assert_eq!(smart_label(field, Features::of(Version::V1_36)), new);
        }
    }
}
