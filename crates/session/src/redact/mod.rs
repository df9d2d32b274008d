//! What its owner may not want to hand on with a world: the data of Secrets, the values of environment variables, and
//! annotations.
//!
//! Each value is replaced by a placeholder of its own, so that the world can still be replayed: equal values stay equal,
//! others differ. Kubernetes' own annotations stay, as they say how objects behave. Invariant: what is left of a text that
//! can be read is the same to YAML but for those values; one that cannot be read and may hold some is left out whole.

mod line;
mod text;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use k8s_openapi::ByteString;
use machinery::decode::decode_base64;
use machinery::json;
use serde_json::{Map, Value};

/// A kind of such values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitive {
    /// The data of Secrets.
    SecretData,
    /// The values of environment variables.
    EnvValues,
    /// Annotations, but for those of Kubernetes itself.
    Annotations,
}

impl Sensitive {
    /// Every kind.
    pub const ALL: [Sensitive; 3] = [Sensitive::SecretData, Sensitive::EnvValues, Sensitive::Annotations];
}

/// Some of these kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds([bool; Sensitive::ALL.len()]);

impl Kinds {
    /// Every kind.
    pub const ALL: Kinds = Kinds([true; Sensitive::ALL.len()]);

    /// Whether this one is among them.
    pub fn has(self, kind: Sensitive) -> bool {
        self.0[kind as usize]
    }

    /// The same with this one, or without it.
    #[must_use]
    pub fn with(mut self, kind: Sensitive, has: bool) -> Kinds {
        self.0[kind as usize] = has;
        self
    }
}

/// What an object was when it was last applied, as JSON: it is redacted within.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What a person wrote about a change, or the command line, although Kubernetes gave it a name.
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";
/// Deeper than any path of Kubernetes' types; what is to stand beyond it is left out whole.
const DEPTH_LIMIT: usize = 100;
/// Keys of Secrets whose values have to be JSON.
const JSON_DATA: [&str; 2] = [".dockerconfigjson", ".dockercfg"];

/// Replaces values, and counts them. The same redactor has to see everything that belongs together.
#[derive(Debug, Default)]
pub struct Redactor {
    shown: Kinds,
    // The numbers of the placeholders.
    known: BTreeMap<String, usize>,
    found: BTreeMap<Sensitive, BTreeSet<String>>,
    // Files whose text becomes data of Secrets.
    secret_files: BTreeSet<String>,
    // In how many lines the one stands that is read.
    depth: usize,
}

impl Redactor {
    /// One that leaves these as they are.
    pub fn showing(shown: Kinds) -> Redactor {
        Redactor { shown, ..Redactor::default() }
    }

    /// How many different values there were of each kind, those that are shown included.
    pub fn counts(&self) -> BTreeMap<Sensitive, usize> {
        self.found.iter().map(|(kind, values)| (*kind, values.len())).collect()
    }

    /// What stands for a value.
    fn cover(&mut self, kind: Sensitive, value: &str) -> String {
        if value.is_empty() {
            return String::new();
        }
        self.found.entry(kind).or_default().insert(value.to_owned());
        if self.shown.has(kind) {
            return value.to_owned();
        }
        let next = self.known.len() + 1;
        format!("left-out-{}", self.known.entry(value.to_owned()).or_insert(next))
    }

    /// What stands for a value of a Secret's `data`, in base64.
    fn cover_data(&mut self, key: &str, value: &str) -> String {
        let Ok(bytes) = decode_base64(value) else { return self.cover(Sensitive::SecretData, value) };
        let plain = String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned());
        let covered = self.cover_secret(key, &plain);
        if covered == plain {
            return value.to_owned();
        }
        match serde_json::to_value(ByteString(covered.into_bytes())) {
            Ok(Value::String(encoded)) => encoded,
            _ => String::new(),
        }
    }

    /// What stands for a value of a Secret, as it is.
    fn cover_secret(&mut self, key: &str, plain: &str) -> String {
        let covered = self.cover(Sensitive::SecretData, plain);
        let is_json = covered != plain && JSON_DATA.contains(&key);
        if is_json { json::to_string(&serde_json::json!({ "auths": { covered: {} } })) } else { covered }
    }

    /// Redacts an object, a list of objects, a part of one, or a JSON patch.
    pub fn redact(&mut self, value: &mut Value) {
        self.walk(value, false);
    }

    fn walk(&mut self, value: &mut Value, of_secret: bool) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item, of_secret)),
            Value::Object(fields) if is_operation(fields) => {
                self.walk_operation(fields, of_secret);
            }
            Value::Object(fields) => self.walk_fields(fields, of_secret),
            _ => {}
        }
    }

    fn walk_fields(&mut self, fields: &mut Map<String, Value>, of_secret: bool) {
        let of_secret = fields.get("kind").map_or(of_secret, |kind| kind == "Secret");
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("data", Value::Object(data)) if of_secret => {
                    each_text(data, |key, text| self.cover_data(key, text));
                }
                ("stringData", Value::Object(data)) if of_secret => {
                    each_text(data, |key, text| self.cover_secret(key, text));
                }
                ("annotations", Value::Object(annotations)) => {
                    each_text(annotations, |key, text| self.cover_annotation(key, text));
                }
                ("env", Value::Array(variables)) => {
                    for variable in variables.iter_mut().filter_map(Value::as_object_mut) {
                        if let Some(Value::String(text)) = variable.get_mut("value") {
                            *text = self.cover(Sensitive::EnvValues, text);
                        }
                    }
                }
                (_, value) => self.walk(value, of_secret),
            }
        }
    }

    /// An operation of a JSON patch: its value is redacted as if it stood at its path.
    fn walk_operation(&mut self, operation: &mut Map<String, Value>, of_secret: bool) {
        let path = operation["path"].as_str().unwrap_or_default().to_owned();
        let Some(value) = operation.get_mut("value") else { return };
        let steps: Vec<String> =
            path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        if steps.len() > DEPTH_LIMIT {
            *value = Value::Null;
            return;
        }
        let is_item = |step: &String| step == "-" || step.parse::<usize>().is_ok();
        let mut nested = std::mem::take(value);
        for step in steps.iter().rev() {
            nested = match is_item(step) {
                true => Value::Array(vec![nested]),
                false => Value::Object(Map::from_iter([(step.clone(), nested)])),
            };
        }
        self.walk(&mut nested, of_secret);
        for step in &steps {
            nested = match is_item(step) {
                true => nested[0].take(),
                false => nested[step].take(),
            };
        }
        *value = nested;
    }

    fn cover_annotation(&mut self, key: &str, text: &str) -> String {
        if key == LAST_APPLIED {
            let Ok(mut applied) = serde_json::from_str(text) else { return text.to_owned() };
            self.redact(&mut applied);
            let end = if text.ends_with('\n') { "\n" } else { "" };
            return json::to_string(&applied) + end;
        }
        let domain = key.split_once('/').map_or("", |(domain, _)| domain);
        let is_own = ["kubernetes.io", "k8s.io"]
            .iter()
            .any(|own| domain.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
        if is_own && key != CHANGE_CAUSE {
            return text.to_owned();
        }
        self.cover(Sensitive::Annotations, text)
    }
}

/// What is written in the place of something else.
type Edit = (Range<usize>, String);

/// The text after the edits. Of those that overlap the first one counts, which covers the others.
fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
    let mut written = String::new();
    let mut at = 0;
    for (range, new) in edits {
        if range.start >= at {
            written += &text[at..range.start];
            written += &new;
            at = range.end;
        }
    }
    written + &text[at..]
}

/// Whether this is a part of a JSON patch.
fn is_operation(fields: &Map<String, Value>) -> bool {
    fields.contains_key("op") && fields.get("path").is_some_and(Value::is_string)
}

/// Replaces each text among the values.
fn each_text(values: &mut Map<String, Value>, mut replace: impl FnMut(&str, &str) -> String) {
    for (key, value) in values {
        if let Value::String(text) = value {
            *text = replace(key, text);
        }
    }
}
