//! Where in a manifest the things stand that are wrong with it, and those in which the live object differs.
//!
//! Syntax errors know their line; what strict decoding finds and what the API server refuses name fields, which are looked
//! up in the document ([`Document::locate`]). Invariant: a mark lies within the text, and what has no better place is
//! marked where its document begins.

use machinery::decode::normalize;
use machinery::version::Features;
use machinery::yaml::{Document, Place, Position, Span, YamlError};
use machinery::{Kind, json};
use serde_json::Value;

use crate::confusable::Confusable;

/// What a mark says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What is wrong, in the words of kubectl or the API server.
    Wrong(String),
    /// The live object has this value, as JSON.
    Live(String),
    /// The live object has no such field.
    NotLive,
    /// A character that is to blame for what is wrong.
    Confusable(Confusable),
}

/// A place in a text, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where.
    pub span: Span,
    /// What.
    pub note: Note,
}

impl Mark {
    /// Whether something is wrong there.
    pub fn is_wrong(&self) -> bool {
        matches!(self.note, Note::Wrong(_) | Note::Confusable(_))
    }

    /// What can be done about it at once.
    pub fn remedy(&self) -> Option<Remedy> {
        match self.note {
            Note::Wrong(_) => None,
            Note::Live(_) | Note::NotLive => Some(Remedy::TakeLive),
            Note::Confusable(_) => Some(Remedy::Mend),
        }
    }
}

/// What can be done about what is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The field gets the value of the live object.
    TakeLive,
    /// The line's characters are replaced by what was meant.
    Mend,
}

/// The mark of a character that is to blame for what is wrong.
pub fn confusable(found: Confusable) -> Mark {
    Mark { span: found.span(), note: Note::Confusable(found) }
}

/// The mark of what cannot be parsed: its line.
pub fn unparsed(error: &YamlError) -> Mark {
    let line = error.line.unwrap_or(1);
    let (start, end) = (Position { line, column: 1 }, Position { line: line + 1, column: 1 });
    Mark { span: Span { start, end }, note: Note::Wrong(error.to_string()) }
}

/// What strict decoding finds in a document: fields that are not known, and the first value of a wrong type.
pub fn undecoded(document: &Document, features: Features) -> Vec<Mark> {
    let Some(kind) = kind_of(&document.value) else { return Vec::new() };
    match normalize(kind.go_type(), document.value.clone(), features) {
        Ok(normalized) => normalized
            .unknown
            .iter()
            .map(|path| wrong(at_key(document, path), format!("unknown field \"{path}\"")))
            .collect(),
        Err(error) => vec![wrong(at_value(document, &error.path), error.to_string())],
    }
}

/// What kubectl printed when it was given this document alone. `live` is the object as it is now.
pub fn refused(document: &Document, printed: &str, live: Option<&Value>) -> Vec<Mark> {
    let printed = printed.trim_end();
    let Some((_, causes)) = printed.split_once(" is invalid: ") else {
        let path = PLACES.iter().find(|(words, _)| printed.contains(words)).map_or("", |(_, path)| path);
        return vec![wrong(at_value(document, path), printed.to_owned())];
    };
    let causes = causes.trim_start().strip_prefix("* ").unwrap_or(causes);
    let mark = |cause: &str| {
        let path = cause.split(": ").next().unwrap_or_default();
        let changed = match live {
            Some(live) if cause.contains(": Forbidden: ") => forbidden_changes(document, live, path, cause),
            _ => Vec::new(),
        };
        match changed.is_empty() {
            true => vec![wrong(at_value(document, path), cause.to_owned())],
            false => changed.into_iter().map(|span| wrong(span, cause.to_owned())).collect(),
        }
    };
    causes.split("\n* ").flat_map(mark).collect()
}

/// Where the errors belong that name no field.
const PLACES: [(&str, &str); 4] = [
    ("no matches for kind", "kind"),
    ("namespaces \"", "metadata.namespace"),
    ("the namespace from the provided object", "metadata.namespace"),
    ("already exists", "metadata.name"),
];

/// A field whose value the live object does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The field's path, as [`Document::locate`] takes it.
    pub path: String,
    /// Where it is.
    pub place: Place,
    /// What the live object has there; null if nothing.
    pub live: Value,
}

impl Difference {
    /// How it is marked.
    pub fn mark(&self) -> Mark {
        let is_null = self.live.is_null();
        let note = if is_null { Note::NotLive } else { Note::Live(json::to_string(&self.live)) };
        Mark { span: brief(&self.place), note }
    }
}

/// The differing fields, where both have a say: the status and what the server writes into the metadata are not compared.
pub fn differing(document: &Document, live: &Value, features: Features) -> Vec<Difference> {
    let at = |(path, live): (String, Value)| {
        let place = document.locate(&path).filter(|place| place.is_exact)?;
        Some(Difference { path, place, live })
    };
    differences(document, live, features).into_iter().filter_map(at).collect()
}

/// Each path at which the document says something else than the live object, with what that has there.
pub(crate) fn differences(document: &Document, live: &Value, features: Features) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let Some(kind) = kind_of(&document.value) else { return found };
    let Ok(declared) = normalize(kind.go_type(), document.value.clone(), features) else { return found };
    for (field, value) in declared.value.as_object().into_iter().flatten() {
        match field.as_str() {
            "apiVersion" | "kind" | "status" | "stringData" => {}
            "metadata" => {
                for field in ["labels", "annotations"] {
                    compare(
                        &value[field],
                        &live["metadata"][field],
                        &format!("metadata.{field}"),
                        &mut found,
                    );
                }
            }
            _ => compare(value, &live[field], field, &mut found),
        }
    }
    found
}

/// As deep as Kubernetes' types nest: what is compared was decoded into them.
fn compare(declared: &Value, live: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match (declared, live) {
        (Value::Object(fields), Value::Object(_)) => {
            for (key, value) in fields {
                compare(value, &live[key], &format!("{path}.{key}"), found);
            }
        }
        (Value::Array(items), Value::Array(others)) => {
            for (index, item) in items.iter().enumerate() {
                // Containers, ports and volumes are merged by their names.
                let named =
                    others.iter().find(|other| item["name"].is_string() && other["name"] == item["name"]);
                let other = named.or_else(|| others.get(index)).unwrap_or(&Value::Null);
                compare(item, other, &format!("{path}[{index}]"), found);
            }
        }
        // What the structs hold and nobody has written, such as `resources: {}`.
        (Value::Object(fields), Value::Null) if fields.is_empty() => {}
        (Value::Null, _) => {}
        _ if declared != live => found.push((path.to_owned(), live.clone())),
        _ => {}
    }
}

/// Where the fields are that a cause such as `spec: Forbidden: updates to statefulset spec for fields other than
/// 'replicas', … are forbidden` is about: below the path, changed, and none of those that it names.
fn forbidden_changes(document: &Document, live: &Value, path: &str, cause: &str) -> Vec<Span> {
    let named: Vec<&str> = cause.split(['\'', '`']).skip(1).step_by(2).collect();
    let is_named = |changed: &str| {
        let star: String = changed.split_inclusive(['[', ']']).map(star).collect();
        named.iter().any(|name| {
            let whole = if name.starts_with(path) { (*name).to_owned() } else { format!("{path}.{name}") };
            star.strip_prefix(&whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    let changed = differences(document, live, Features::default());
    let below = changed.iter().filter(|(changed, _)| changed.starts_with(path) && !is_named(changed));
    below.map(|(changed, _)| at_key(document, changed)).collect()
}

/// `*` for the number of a list's element, as messages write it.
fn star(part: &str) -> String {
    match part.strip_suffix(']') {
        Some(index) if index.parse::<usize>().is_ok() => "*]".to_owned(),
        _ => part.to_owned(),
    }
}

fn kind_of(value: &Value) -> Option<Kind> {
    Kind::from_api(value["apiVersion"].as_str()?, value["kind"].as_str()?)
}

fn wrong(span: Span, message: String) -> Mark {
    Mark { span, note: Note::Wrong(message) }
}

/// The key of the field at a path.
fn at_key(document: &Document, path: &str) -> Span {
    document.locate(path).and_then(|place| place.key).unwrap_or_else(|| at_value(document, ""))
}

/// The value at a path, if it is on one line; else its key.
fn at_value(document: &Document, path: &str) -> Span {
    const START: Position = Position { line: 1, column: 1 };
    document.locate(path).map_or(Span { start: START, end: START }, |place| brief(&place))
}

/// The value itself if it is a scalar, else its key, else its first character.
fn brief(place: &Place) -> Span {
    let start = place.value.start;
    match place.key {
        _ if place.is_exact && place.is_scalar => place.value,
        Some(key) => key,
        None => Span { start, end: Position { column: start.column + 1, ..start } },
    }
}
