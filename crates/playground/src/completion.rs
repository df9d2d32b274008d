//! What can be typed at a place in a manifest, and what the field there is.
//!
//! While somebody types, a manifest is rarely sound YAML, so the way to a place is found by indentation alone. Flow style
//! (`{…}`, `[…]`) is not looked into. What fields there are is in [`machinery::fields`]; what they are for and which values
//! they may have says the schema, where it is there.

use kubectl::{About, Schema};
use machinery::fields::{self, Field, GoType, Struct, Type};
use machinery::version::Features;
use machinery::{Kind, scheme};

/// What can be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The column, from 1, at which what it replaces begins.
    pub column: usize,
    /// The choices, in order.
    pub choices: Vec<Choice>,
}

/// One thing that can be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The field or the value.
    pub label: String,
    /// The field's type as `kubectl explain` has it; empty for a value.
    pub detail: String,
    /// What is typed: with its colon for a field.
    pub text: String,
    /// What the field is for, if that is known.
    pub about: String,
}

/// A field at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Which kind the document is of.
    pub kind: Kind,
    /// The fields on the way to it, and it: `["spec", "replicas"]`.
    pub path: Vec<String>,
    /// Its type.
    pub detail: String,
}

impl Described {
    /// What there is to say of it, as `kubectl explain` does: its path and type, what it is for, and its values if they are
    /// few.
    pub fn lines(&self, schema: Option<&Schema>, features: Features) -> Vec<String> {
        let title = format!("{}.{} <{}>", self.kind.name(), self.path.join("."), self.detail);
        let Some(about) = schema.and_then(|schema| schema.about(self.kind, &self.path, features.version))
        else {
            return vec![title];
        };
        let values = (!about.possible.is_empty()).then(|| format!("ENUM: {}", about.possible.join(", ")));
        let paragraphs = about.description.split('\n').filter(|paragraph| !paragraph.is_empty());
        std::iter::once(title).chain(paragraphs.map(str::to_owned)).chain(values).collect()
    }
}

/// What can be typed at a line and a column, both from 1.
pub fn complete(
    text: &str,
    line: usize,
    column: usize,
    schema: Option<&Schema>,
    features: Features,
) -> Option<Completion> {
    let place = Place::of(text, line)?;
    let typed: String = place.lines[place.at].text.chars().take(column - 1).collect();
    let own = Line::of(&typed);
    if typed.trim_start().starts_with('#') {
        return None;
    }
    let about = |way: &[String]| {
        let path: Vec<&String> = way.iter().filter(|step| *step != ITEM).collect();
        schema?.about(place.kind()?, &path, features.version)
    };
    let mut way = place.way(own.column)?;
    match own.key.filter(|_| own.value.is_some()) {
        Some(key) => {
            way.push(key.to_owned());
            let begins = typed.len() - typed[own.colon + 1..].trim_start().len();
            let choices = values(place.go_type(&way)?, about(&way));
            Some(Completion { column: typed[..begins].chars().count() + 1, choices })
        }
        None => {
            let Some(go_struct) = place.go_struct(&way) else {
                let choices = values(place.go_type(&way)?, about(&way));
                return (!choices.is_empty()).then_some(Completion { column: own.column + 1, choices });
            };
            let present = place.siblings(own.column);
            let is_free = |field: &&Field| {
                field.is_in(features.version) && !present.contains(&field.name) && field.name != "status"
            };
            let choice = |field: &Field| {
                let way: Vec<String> = way.iter().cloned().chain([field.name.to_owned()]).collect();
                choice(field, about(&way))
            };
            let choices = go_struct.fields.iter().filter(is_free).map(choice).collect();
            Some(Completion { column: own.column + 1, choices })
        }
    }
}

/// The field whose key stands at a line and a column, both from 1.
pub fn describe(text: &str, line: usize, column: usize) -> Option<Described> {
    let place = Place::of(text, line)?;
    let own = Line::of(place.lines[place.at].text);
    let key = own.key.filter(|key| (own.column + 1..=own.column + key.len()).contains(&column))?;
    let mut path = place.way(own.column)?;
    path.push(key.to_owned());
    let (kind, field) = place.field(&path)?;
    path.retain(|step| step != ITEM);
    let detail = explained(&field.go_type);
    Some(Described { kind, path, detail })
}

/// An item of a list, in a way to a place.
const ITEM: &str = "-";

/// A line of a document.
struct Line<'a> {
    text: &'a str,
    /// The columns of its dashes, from 0.
    dashes: Vec<usize>,
    /// Where what follows them begins.
    column: usize,
    /// Its key, if it has one.
    key: Option<&'a str>,
    /// Where the colon after the key is.
    colon: usize,
    /// What follows the colon and a blank.
    value: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of(text: &'a str) -> Line<'a> {
        let mut column = text.len() - text.trim_start_matches(' ').len();
        let mut dashes = Vec::new();
        while let Some(rest) =
            text[column..].strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' '))
        {
            dashes.push(column);
            column = text.len() - rest.trim_start_matches(' ').len();
        }
        let rest = &text[column..];
        let ends = rest.find(": ").or_else(|| rest.trim_end().strip_suffix(':').map(str::len));
        let key = ends.map(|ends| rest[..ends].trim_matches(['"', '\''])).filter(|_| !rest.starts_with('#'));
        let colon = column + ends.unwrap_or(0);
        let value =
            key.and_then(|_| text.get(colon + 1..)).filter(|value| value.starts_with(' ')).map(str::trim);
        Line { text, dashes, column, key, colon, value }
    }

    fn is_blank(&self) -> bool {
        let text = self.text.trim();
        text.is_empty() || text.starts_with('#')
    }
}

/// A line in its document.
struct Place<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
}

impl<'a> Place<'a> {
    fn of(text: &'a str, line: usize) -> Option<Place<'a>> {
        let all: Vec<&str> = text.lines().chain(text.ends_with('\n').then_some("")).collect();
        let at = line.checked_sub(1).filter(|at| *at < all.len())?;
        let is_end = |line: &&str| line.starts_with("---");
        let first = all[..=at].iter().rposition(&is_end).map_or(0, |separator| separator + 1);
        let last = all[at..].iter().skip(1).position(is_end).map_or(all.len(), |next| at + 1 + next);
        let lines = all.get(first..last)?.iter().map(|line| Line::of(line)).collect();
        Some(Place { lines, at: at.checked_sub(first)? })
    }

    /// The kind of the document.
    fn kind(&self) -> Option<Kind> {
        let top = |name: &str| {
            let line = self.lines.iter().find(|line| line.column == 0 && line.key == Some(name))?;
            Some(line.value?.trim_matches(['"', '\'']))
        };
        scheme::Kind::from_api(top("apiVersion")?, top("kind")?)
    }

    /// The keys and [`ITEM`]s on the way to what begins in this line at that column, from 0; none where that is no mapping.
    fn way(&self, column: usize) -> Option<Vec<String>> {
        let mut way = Vec::new();
        // What holds it begins left of this; a list's key may also stand right above its dashes.
        let (mut left_of, mut in_list) = (column, false);
        for (at, line) in self.lines[..=self.at].iter().enumerate().rev().filter(|(_, line)| !line.is_blank())
        {
            let holds =
                line.column < left_of || (in_list && line.column == left_of && line.dashes.is_empty());
            if at < self.at && holds {
                way.push(line.key.filter(|_| line.value.is_none_or(str::is_empty))?.to_owned());
                (left_of, in_list) = (line.column, false);
            }
            for dash in line.dashes.iter().rev().filter(|dash| **dash < column) {
                if *dash < left_of {
                    way.push(ITEM.to_owned());
                    (left_of, in_list) = (*dash, true);
                }
            }
            if left_of == 0 && !in_list {
                break;
            }
        }
        way.reverse();
        Some(way)
    }

    /// The keys of the mapping that has a key in this line at that column, from 0.
    fn siblings(&self, column: usize) -> Vec<&'a str> {
        let belongs = |line: &&Line<'_>| line.is_blank() || line.column >= column;
        let own = &self.lines[self.at];
        let mut keys = Vec::new();
        if own.dashes.is_empty() {
            for line in self.lines[..self.at].iter().rev().take_while(belongs) {
                keys.extend(line.key.filter(|_| line.column == column));
                if line.column == column && !line.dashes.is_empty() {
                    break;
                }
            }
        }
        let after = self.lines[self.at + 1..].iter().take_while(belongs);
        let same_item = |line: &&Line<'_>| line.column != column || line.dashes.is_empty();
        keys.extend(
            after.take_while(same_item).filter(|line| line.column == column).filter_map(|line| line.key),
        );
        keys
    }

    /// The struct whose fields stand at the end of a way.
    fn go_struct(&self, way: &[String]) -> Option<&'static Struct> {
        if way.is_empty() {
            let (group, name) = self.kind()?.go_type();
            return fields::lookup(group, name);
        }
        match &self.go_type(way)?.kind {
            Type::Struct(group, name) => fields::lookup(group, name),
            _ => None,
        }
    }

    /// The type of what stands at the end of a way.
    fn go_type(&self, way: &[String]) -> Option<&'static GoType> {
        let mut go_type = &self.field(way)?.1.go_type;
        for _ in way.iter().rev().take_while(|step| *step == ITEM) {
            let Type::List(element) = &go_type.kind else { return None };
            go_type = element;
        }
        Some(go_type)
    }

    /// The last field on a way.
    fn field(&self, way: &[String]) -> Option<(Kind, &'static Field)> {
        let kind = self.kind()?;
        let path: Vec<&str> = way.iter().map(String::as_str).filter(|step| *step != ITEM).collect();
        Some((kind, fields::find(kind.go_type(), &path)?.1))
    }
}

/// A field as it is typed.
fn choice(field: &Field, about: Option<About<'_>>) -> Choice {
    let is_scalar = !matches!(field.go_type.kind, Type::Struct(..) | Type::List(_) | Type::Map(_));
    let text = format!("{}:{}", field.name, if is_scalar { " " } else { "" });
    let about = about.map(|about| about.description.to_owned()).unwrap_or_default();
    Choice { label: field.name.to_owned(), detail: explained(&field.go_type), text, about }
}

/// The values that what is of this type may have, if they are few.
fn values(go_type: &GoType, about: Option<About<'_>>) -> Vec<Choice> {
    let choice = |value: &str| Choice {
        label: value.to_owned(),
        detail: String::new(),
        text: value.to_owned(),
        about: String::new(),
    };
    match &go_type.kind {
        Type::Bool => ["true", "false"].map(choice).into(),
        Type::String => {
            about.map(|about| about.possible).unwrap_or_default().iter().map(|value| choice(value)).collect()
        }
        _ => Vec::new(),
    }
}

/// A type as `kubectl explain` names it: `integer`, `[]Container`, `map[string]string`.
fn explained(go_type: &GoType) -> String {
    match &go_type.kind {
        Type::String | Type::Bytes | Type::Time | Type::MicroTime => "string".to_owned(),
        Type::Bool => "boolean".to_owned(),
        Type::Int32 | Type::Int64 => "integer".to_owned(),
        Type::Quantity => "Quantity".to_owned(),
        Type::IntOrString => "IntOrString".to_owned(),
        Type::Raw => "Object".to_owned(),
        Type::Struct(_, name) => (*name).to_owned(),
        Type::List(element) => format!("[]{}", explained(element)),
        Type::Map(element) => format!("map[string]{}", explained(element)),
    }
}
