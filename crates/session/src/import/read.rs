//! From text to objects, with the line of everything that is left out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use machinery::decode;
use machinery::version::Features;
use machinery::yaml::{self, Document};
use machinery::{Kind, Object, ObjectKey};
use serde_json::Value;

use super::{Fact, ImportError, Note, OBJECT_LIMIT, Problem, TEXT_LIMIT};
use crate::saved::NODE_LIMIT;

/// Fields that say when something happened. `deletionTimestamp` is not one: it lies in the future.
const MOMENTS: [&str; 11] = [
    "creationTimestamp",
    "finishedAt",
    "kubectl.kubernetes.io/restartedAt",
    "lastHeartbeatTime",
    "lastProbeTime",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastPhaseTransitionTime",
    "startTime",
    "startedAt",
    "time",
];

/// What a text holds.
pub(super) struct Found {
    pub objects: Vec<Object>,
    pub notes: Vec<Note>,
    /// Where each object begins.
    pub lines: BTreeMap<ObjectKey, usize>,
    /// The newest moment that the text knows of.
    pub newest: Option<Timestamp>,
}

/// Where a path within an object is in the text.
type Locate<'l> = &'l dyn Fn(&str) -> Option<usize>;

pub(super) fn text(text: &str, features: Features) -> Result<Found, ImportError> {
    let whole = |problem| ImportError { line: None, problem };
    if text.len() > TEXT_LIMIT {
        return Err(whole(Problem::TooLong { bytes: text.len() }));
    }
    if text.trim().is_empty() {
        return Err(whole(Problem::Empty));
    }
    if text.trim_start().starts_with("NAME ") || text.trim_start().starts_with("NAMESPACE ") {
        return Err(ImportError { line: Some(1), problem: Problem::Table });
    }
    let mut reader = Reader::new(features);
    for document in yaml::documents_in(text, features) {
        let document =
            document.map_err(|e| ImportError { line: e.line, problem: Problem::Syntax(e.to_string()) })?;
        for (path, value) in items(&document) {
            let line = |field: &str| {
                let path = if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
                document.locate(&path).map(|place| place.value.start.line)
            };
            reader.take(value, &line)?;
        }
    }
    reader.finish()
}

/// The objects of a document, each with its path: its own, or those of the list that it is, and of lists therein.
fn items(document: &Document) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut waiting = vec![(String::new(), &document.value)];
    while let Some((path, value)) = waiting.pop() {
        let is_list = value["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
        match &value["items"] {
            Value::Array(items) if is_list => {
                let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
                let items = items.iter().enumerate();
                waiting.extend(items.map(|(at, item)| (format!("{prefix}items[{at}]"), item)).rev());
            }
            _ => found.push((path, value.clone())),
        }
    }
    found
}

/// Takes objects in, one after the other.
pub(super) struct Reader {
    features: Features,
    found: Found,
    // Where each object stands among them.
    places: BTreeMap<ObjectKey, usize>,
    nodes: BTreeSet<String>,
}

impl Reader {
    pub fn new(features: Features) -> Reader {
        let found = Found { objects: Vec::new(), notes: Vec::new(), lines: BTreeMap::new(), newest: None };
        Reader { features, found, places: BTreeMap::new(), nodes: BTreeSet::new() }
    }

    /// Takes one in.
    pub fn take(&mut self, mut value: Value, line: Locate<'_>) -> Result<(), ImportError> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (api_version, kind_name) = (text(&value["apiVersion"]), text(&value["kind"]));
        let (name, namespace) = (text(&value["metadata"]["name"]), text(&value["metadata"]["namespace"]));
        if api_version.is_empty() || kind_name.is_empty() || name.is_empty() {
            return Err(ImportError { line: line(""), problem: Problem::NoObject });
        }
        self.found.newest = self.found.newest.max(newest(&value));
        let Some(kind) = Kind::from_api(&api_version, &kind_name) else {
            let fact = Fact::UnknownKind { api_version, kind: kind_name, name };
            self.found.notes.push(Note { line: line("kind"), fact });
            return Ok(());
        };
        let namespace = match kind.is_namespaced() {
            true if namespace.is_empty() => "default",
            true => &namespace,
            false => "",
        };
        let key = ObjectKey::new(kind, namespace, &name);
        if matches!(kind, Kind::Event | Kind::Endpoints | Kind::EndpointSlice) {
            self.found.notes.push(Note { line: line("kind"), fact: Fact::Derived { object: key } });
            return Ok(());
        }
        value["metadata"]["namespace"] = if namespace.is_empty() { Value::Null } else { namespace.into() };
        let object = self.decode(&key, value, line)?;
        self.keep(key, object, line)
    }

    fn decode(&mut self, key: &ObjectKey, mut value: Value, line: Locate<'_>) -> Result<Object, ImportError> {
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        if key.kind == Kind::Secret {
            let parts = ["data", "stringData"].map(|part| value.as_object_mut().and_then(|v| v.remove(part)));
            if parts.iter().any(Option::is_some) {
                self.note(line("data"), Fact::Emptied { object: key.clone() });
            }
        }
        let wrong = |path: String, why: String| {
            let line = if path.is_empty() { line("metadata.name") } else { line(&path) };
            ImportError { line, problem: Problem::Field { path, why } }
        };
        let normalized = decode::normalize(key.kind.go_type(), value, self.features)
            .map_err(|error| wrong(error.path.clone(), error.to_string()))?;
        for path in normalized.unknown {
            let fact = Fact::UnknownField { object: key.clone(), path: path.clone() };
            self.note(line(&path), fact);
        }
        Object::from_value(key.kind, normalized.value)
            .map_err(|error| wrong(String::new(), error.to_string()))
    }

    fn keep(&mut self, key: ObjectKey, object: Object, line: Locate<'_>) -> Result<(), ImportError> {
        let too_many =
            |what, limit| ImportError { line: line(""), problem: Problem::TooMany { what, limit } };
        let at = line("metadata.name");
        let before = self.found.lines.insert(key.clone(), at.unwrap_or_default());
        if before.is_some() {
            self.note(before, Fact::Repeated { object: key.clone() });
        }
        match &object {
            Object::Node(_) => drop(self.nodes.insert(key.name.to_string())),
            Object::Pod(pod) => self.nodes.extend(pod.spec.as_ref().and_then(|spec| spec.node_name.clone())),
            _ => {}
        }
        match self.places.get(&key) {
            Some(place) => self.found.objects[*place] = object,
            None => {
                self.places.insert(key, self.found.objects.len());
                self.found.objects.push(object);
            }
        }
        if self.found.objects.len() > OBJECT_LIMIT {
            return Err(too_many("objects", OBJECT_LIMIT));
        }
        if self.nodes.len() > NODE_LIMIT as usize {
            return Err(too_many("nodes", NODE_LIMIT as usize));
        }
        Ok(())
    }

    fn note(&mut self, line: Option<usize>, fact: Fact) {
        self.found.notes.push(Note { line, fact });
    }

    /// What was taken in.
    pub fn finish(mut self) -> Result<Found, ImportError> {
        if self.found.objects.is_empty() {
            let problem = if self.found.notes.is_empty() { Problem::Empty } else { Problem::NothingKnown };
            return Err(ImportError { line: None, problem });
        }
        self.found.notes.sort_by_key(|note| note.line);
        Ok(self.found)
    }
}

/// The newest moment in an object.
fn newest(value: &Value) -> Option<Timestamp> {
    let mut newest = None;
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => {
                for (field, value) in fields {
                    match value {
                        Value::String(text) if MOMENTS.contains(&field.as_str()) => {
                            newest = newest.max(text.parse().ok());
                        }
                        _ => waiting.push(value),
                    }
                }
            }
            _ => {}
        }
    }
    newest
}
