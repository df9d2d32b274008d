//! `--output plaintext`: what kubectl/pkg/explain/v2/templates/plaintext.tmpl prints.
//!
//! A function here is a template there, of the same name in snake_case. Departs in one point: in the API server's document
//! a field's reference stands in `allOf`, here it stands beside the field's description.

use std::collections::BTreeSet;

use machinery::version::Version;

use super::wrap::{indent, wrap};
use crate::schema::{Schema, Type};

/// How many values of a field are listed among other fields.
const LISTED: usize = 4;

/// What is explained, and how.
pub(super) struct Plaintext<'a> {
    /// Where types are looked up.
    pub schema: &'a Schema,
    /// The version of the API server.
    pub version: Version,
    /// Whether fields of fields are listed, without their descriptions.
    pub recursive: bool,
}

impl<'a> Plaintext<'a> {
    /// Follows a path and prints what is at its end; `None` if there is no such field.
    pub fn output(&self, of: &'a Type, path: &[String]) -> Option<String> {
        let resolved = self.schema.resolve(of);
        let Some((name, rest)) = path.split_first() else { return Some(self.end(of)) };
        if let Some(field) = resolved.field(name, self.version) {
            let heading = if rest.is_empty() { self.heading(name, field) } else { String::new() };
            return Some(heading + &self.output(field, rest)?);
        }
        self.output(resolved.element()?, path)
    }

    fn heading(&self, name: &str, field: &Type) -> String {
        let mut text = format!("FIELD: {name} <{}>\n", self.type_guess(field));
        if !field.possible.is_empty() {
            let values = field.possible.iter().map(|value| format!("\n    {}", shown(value)));
            text += &format!("ENUM:{}", values.collect::<String>());
        }
        text + "\n\n"
    }

    fn end(&self, of: &'a Type) -> String {
        let description = match self.description(of) {
            text if text.is_empty() => "<empty>".to_owned(),
            text => text,
        };
        let fields = self.field_list(of, 1, &mut BTreeSet::new());
        let fields = if fields.is_empty() { fields } else { format!("FIELDS:\n{fields}") };
        format!("DESCRIPTION:\n{}\n{fields}", indent(&wrap(&description, 76), 4))
    }

    /// The texts of a field, its type and its elements' type, each on its own line.
    fn description(&self, of: &'a Type) -> String {
        let mut text = String::new();
        let mut next = Some(of);
        while let Some(of) = next {
            if !of.description.is_empty() {
                text += &of.description;
                text.push('\n');
            }
            next = of.reference.as_ref().and_then(|name| self.schema.get(name)).or(of.element());
        }
        text
    }

    /// The fields of an object, or of a list's or a map's elements; a type within itself is not gone into.
    fn field_list(&self, of: &'a Type, level: usize, within: &mut BTreeSet<&'a str>) -> String {
        if let Some(name) = &of.reference {
            if !within.insert(name) {
                return String::new();
            }
            let text = self.schema.get(name).map(|of| self.field_list(of, level, within));
            within.remove(name.as_str());
            return text.unwrap_or_default();
        }
        let mut text = String::new();
        for (name, field) in of.fields(self.version) {
            text += &self.field_detail(of, name, field, level);
            if self.recursive {
                text += &self.field_list(field, level + 1, within);
            }
        }
        text + &of.element().map(|of| self.field_list(of, level, within)).unwrap_or_default()
    }

    fn field_detail(&self, owner: &Type, name: &str, field: &Type, level: usize) -> String {
        let by = level * 2;
        let pad = " ".repeat(by);
        let required = if owner.requires(name, self.version) { " -required-" } else { "" };
        let mut text = format!("{pad}{name}\t<{}>{required}\n", self.type_guess(field));
        if !field.possible.is_empty() {
            let values: Vec<_> = field.possible.iter().take(LISTED).map(|value| shown(value)).collect();
            let more = if field.possible.len() > LISTED { ", ...." } else { "" };
            text += &format!("{pad}enum: {}{more}\n", values.join(", "));
        }
        if self.recursive {
            return text;
        }
        let description = if field.description.is_empty() { "<no description>" } else { &field.description };
        text + &indent(&wrap(description, 78 - by), by + 2) + "\n\n"
    }

    /// `string`, `[]Container`, `map[string]Quantity`.
    fn type_guess(&self, of: &Type) -> String {
        if let Some(items) = &of.items {
            return format!("[]{}", self.type_guess(items));
        }
        if let Some(values) = &of.values {
            return format!("map[string]{}", self.type_guess(values));
        }
        let named = of.reference.as_ref().map(|name| (name, self.schema.get(name)));
        match named {
            Some((_, Some(Type { name, .. }))) if !name.is_empty() && name != "object" => name.clone(),
            Some((name, _)) => name.rsplit('.').next().unwrap_or_default().to_owned(),
            None if of.name.is_empty() || of.name == "object" => "Object".to_owned(),
            None => of.name.clone(),
        }
    }
}

/// A possible value; an empty one can be seen.
fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}
