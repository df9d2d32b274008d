//! Files and other whole texts: manifests, and what becomes data of Secrets.

use machinery::json;
use machinery::version::Features;
use machinery::yaml::{Document, documents_in, to_yaml};
use serde_json::Value;

use super::{Kinds, Redactor, Sensitive, edited};

/// What stands for a text that cannot be read and may hold what is to be left out.
const UNREADABLE: &str = "# left out: this cannot be read\n";
/// Where such values may be.
const MARKS: [&str; 3] = ["Secret", "env", "annotations"];

impl Redactor {
    /// A file without what is to be left out.
    pub fn file(&mut self, name: &str, text: &str, features: Features) -> String {
        if self.secret_files.contains(name) { self.data_file(text) } else { self.manifest(text, features) }
    }

    /// A text that becomes the data of a Secret: `NAME=VALUE` lines keep their names.
    fn data_file(&mut self, text: &str) -> String {
        let is_assigned = |line: &str| {
            let name = line.split_once('=').map_or("", |(name, _)| name.trim());
            line.trim().is_empty() || line.starts_with('#') || name.chars().all(is_name) && !name.is_empty()
        };
        if !text.lines().all(is_assigned) {
            return self.cover(Sensitive::SecretData, text);
        }
        let mut covered = String::new();
        for line in text.split_inclusive('\n') {
            match line.split_once('=') {
                Some((name, value)) if !line.starts_with('#') => {
                    let end = &value[value.trim_end().len()..];
                    let value = self.cover(Sensitive::SecretData, value.trim_end());
                    covered += &format!("{name}={value}{end}");
                }
                _ => covered += line,
            }
        }
        covered
    }

    /// A manifest of any number of documents, in its own style.
    pub fn manifest(&mut self, text: &str, features: Features) -> String {
        let Some(documents) = read(text, features) else {
            return if may_hold(text) && self.shown != Kinds::ALL {
                UNREADABLE.to_owned()
            } else {
                text.to_owned()
            };
        };
        let mut redacted: Vec<Value> = documents.iter().map(|document| document.value.clone()).collect();
        redacted.iter_mut().for_each(|value| self.redact(value));
        if documents.iter().zip(&redacted).all(|(document, value)| document.value == *value) {
            return text.to_owned();
        }
        let changed = in_place(text, &documents, &redacted);
        let is_right = read(&changed, features)
            .is_some_and(|edited| edited.iter().map(|document| &document.value).eq(&redacted));
        if is_right { changed } else { redacted.iter().map(to_yaml).collect::<Vec<_>>().join("---\n") }
    }
}

/// Whether a text that cannot be read may hold what is to be left out.
pub(super) fn may_hold(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-.".contains(character)
}

fn read(text: &str, features: Features) -> Option<Vec<Document>> {
    documents_in(text, features).collect::<Result<_, _>>().ok()
}

/// The text with the new values in the places of the old ones. Anchors and merges can make it wrong.
fn in_place(text: &str, documents: &[Document], redacted: &[Value]) -> String {
    let mut edits = Vec::new();
    for (document, redacted) in documents.iter().zip(redacted) {
        let mut changes = Vec::new();
        changed(&document.value, redacted, String::new(), &mut changes);
        for (path, value) in changes {
            let Some(place) = document.locate(&path).filter(|place| place.is_exact) else { continue };
            let (start, end) = (place.value.start.offset(text), place.value.end.offset(text));
            let old = &text[start..end];
            edits.push((start..start + old.trim_end().len(), scalar(old, value)));
        }
    }
    edited(text, edits)
}

/// A text as a scalar, quoted where the old one was, or where it has to be.
fn scalar(old: &str, value: &str) -> String {
    let is_plain = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "-=".contains(c));
    if is_plain && !old.starts_with('"') { value.to_owned() } else { json::to_string(&value.into()) }
}

/// The paths of the texts that differ, with what they are now.
fn changed<'a>(before: &Value, after: &'a Value, path: String, found: &mut Vec<(String, &'a str)>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                if let Some(after) = after.get(key) {
                    changed(value, after, format!("{path}[{key}]"), found);
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                changed(before, after, format!("{path}[{index}]"), found);
            }
        }
        (before, Value::String(after)) if before != after => found.push((path, after)),
        _ => {}
    }
}
