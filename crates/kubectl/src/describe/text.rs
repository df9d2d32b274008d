//! The text of a description: lines with indents, cells ended by tabs, and the parts that every kind has.
//!
//! Models PrefixWriter and the print…Multiline functions of kubectl/pkg/describe/describe.go.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use k8s_openapi::api::core::v1::Toleration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use machinery::version::Features;

/// What kubectl hides: it repeats the object.
const HIDDEN: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Longer annotations get lines of their own.
const MAX_ANNOTATION: usize = 140;

/// The text of a description.
pub(super) struct Text {
    text: String,
    /// The version in whose words it is told.
    pub features: Features,
}

impl Text {
    /// No text yet.
    pub fn new(features: Features) -> Text {
        Text { text: String::new(), features }
    }

    /// Adds a line, indented by two blanks a level.
    pub fn line(&mut self, level: usize, line: impl AsRef<str>) {
        self.text.extend(std::iter::repeat_n("  ", level));
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    /// Adds `name:` and a value.
    pub fn field(&mut self, level: usize, name: &str, value: impl AsRef<str>) {
        self.line(level, format!("{name}:\t{}", value.as_ref()));
    }

    /// Adds text as it is.
    pub fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Everything so far, its cells ended by tabs.
    pub fn into_string(self) -> String {
        self.text
    }

    /// `Name:` and, where there is one, `Namespace:`.
    pub fn name(&mut self, meta: &ObjectMeta) {
        self.field(0, "Name", meta.name.as_deref().unwrap_or_default());
        if let Some(namespace) = meta.namespace.as_deref().filter(|namespace| !namespace.is_empty()) {
            self.field(0, "Namespace", namespace);
        }
    }

    /// Values below each other behind one name, or `<none>`; `indent` stands before the name.
    pub fn several(&mut self, indent: &str, name: &str, values: &[String]) {
        let (first, rest) = match values.split_first() {
            Some((first, rest)) => (first.as_str(), rest),
            None => ("<none>", values),
        };
        self.raw(&format!("{indent}{name}:\t{first}\n"));
        for value in rest {
            self.raw(&format!("{indent}\t{value}\n"));
        }
    }

    /// A map as `key=value`.
    pub fn labels(&mut self, indent: &str, name: &str, labels: Option<&BTreeMap<String, String>>) {
        let pairs: Vec<String> =
            labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
        self.several(indent, name, &pairs);
    }

    /// Annotations as `key: value`, long ones in lines of their own, without the one that repeats the object.
    pub fn annotations(&mut self, name: &str, annotations: Option<&BTreeMap<String, String>>) {
        let mut lines = Vec::new();
        for (key, value) in annotations.into_iter().flatten().filter(|(key, _)| *key != HIDDEN) {
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > MAX_ANNOTATION || value.contains('\n') {
                lines.push(format!("{key}:"));
                lines
                    .extend(value.split('\n').map(|line| format!("  {}", shorten(line, MAX_ANNOTATION - 2))));
            } else {
                lines.push(format!("{key}: {value}"));
            }
        }
        self.several("", name, &lines);
    }

    /// Tolerations, by key.
    pub fn tolerations(&mut self, indent: &str, tolerations: Option<&[Toleration]>) {
        let mut sorted: Vec<&Toleration> = tolerations.unwrap_or_default().iter().collect();
        sorted.sort_by_key(|toleration| toleration.key.clone().unwrap_or_default());
        let lines: Vec<String> = sorted.into_iter().map(toleration).collect();
        self.several(indent, "Tolerations", &lines);
    }
}

fn toleration(toleration: &Toleration) -> String {
    let mut text = toleration.key.clone().unwrap_or_default();
    let value = toleration.value.as_deref().unwrap_or_default();
    if !value.is_empty() {
        text.push_str(&format!("={value}"));
    }
    if let Some(effect) = toleration.effect.as_deref().filter(|effect| !effect.is_empty()) {
        text.push_str(&format!(":{effect}"));
    }
    if toleration.operator.as_deref() == Some("Exists") && value.is_empty() {
        text.push_str(if text.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = toleration.toleration_seconds {
        text.push_str(&format!(" for {seconds}s"));
    }
    text
}

/// The text, or its beginning and three dots.
pub(super) fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A time as RFC 1123 with a numeric zone.
pub(super) fn time(time: Option<&Time>) -> String {
    match time {
        Some(Time(at)) => at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S %z").to_string(),
        None => "Mon, 01 Jan 0001 00:00:00 +0000".to_owned(),
    }
}

/// `Terminating (lasts 5s)` for an object that is being deleted, or its phase.
pub(super) fn phase_or_terminating(meta: &ObjectMeta, phase: Option<&str>, now: Timestamp) -> String {
    match &meta.deletion_timestamp {
        Some(since) => format!("Terminating (lasts {})", crate::printers::age::since(Some(since), now)),
        None => phase.unwrap_or_default().to_owned(),
    }
}

/// A list as Go prints it: `[a b]`.
pub(super) fn go_list(items: Option<&[String]>) -> String {
    format!("[{}]", items.unwrap_or_default().join(" "))
}

/// `True` or `False`.
pub(super) fn title_bool(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
