//! `--output plaintext-openapiv2`: the form of kubectl before 1.27.
//!
//! Models kubectl/pkg/explain (model_printer.go, fields_printer.go, recursive_fields_printer.go, formatter.go).

use std::collections::BTreeSet;

use machinery::version::Version;

use crate::schema::{Schema, Type};

/// Columns of a line.
const WIDTH: usize = 80;
/// Columns before the fields of an object.
const FIELDS: usize = 3;
/// Columns before a description, beyond its field's.
const DESCRIPTION: usize = 5;
const FIELD_DESCRIPTION: usize = 2;
/// Columns before fields of fields, beyond their field's.
const LEVEL: usize = 3;

/// What is explained, and how.
pub(super) struct OpenApiV2<'a> {
    /// Where types are looked up.
    pub schema: &'a Schema,
    /// The version of the API server.
    pub version: Version,
    /// Whether fields of fields are listed, without their descriptions.
    pub recursive: bool,
    /// `apps/v1` and `StatefulSet`.
    pub api_version: &'a str,
    pub kind: &'a str,
}

impl<'a> OpenApiV2<'a> {
    /// Follows a path and prints what is at its end (`PrintModelDescription`).
    ///
    /// # Errors
    /// The name of a field that is not there.
    pub fn output<'p>(&self, of: &'a Type, path: &'p [String]) -> Result<String, &'p str> {
        let mut at = of;
        for name in path {
            match self.schema.object(at) {
                // A plain value ends the path, whatever is left of it.
                None => break,
                Some(object) => at = object.field(name, self.version).ok_or(name.as_str())?,
            }
        }
        Ok(self.model(at, path.last().map_or("", String::as_str)))
    }

    fn model(&self, of: &'a Type, name: &str) -> String {
        let mut text = format!("KIND:     {}\nVERSION:  {}\n\n", self.kind, self.api_version);
        let object = self.schema.object(of);
        let is_anything = object.is_none() && self.schema.innermost(of).name == "object";
        if !name.is_empty() && !is_anything {
            let what = if object.is_some() { "RESOURCE: " } else { "FIELD:    " };
            text += &format!("{what}{name} <{}>\n\n", self.type_name(of));
        }
        text += &format!("DESCRIPTION:\n{}", self.description(of));
        if let Some(object) = object {
            text += "\nFIELDS:\n";
            if self.recursive {
                self.recursive_fields(object, FIELDS, &mut BTreeSet::new(), &mut text);
            } else {
                self.fields(object, &mut text);
            }
        }
        text
    }

    /// The texts of a field, of its type and of its elements' type, with an empty line between them.
    fn description(&self, of: &'a Type) -> String {
        let (mut texts, mut next) = (Vec::new(), Some(of));
        while let Some(of) = next {
            texts.push(of.description.as_str());
            next = of.reference.as_ref().and_then(|name| self.schema.get(name)).or(of.element());
        }
        let mut text = String::new();
        for (index, description) in texts.into_iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            if index > 0 {
                text.push('\n');
            }
            write_wrapped(&mut text, description, DESCRIPTION);
        }
        if text.is_empty() {
            write(&mut text, "<empty>", DESCRIPTION);
        }
        text
    }

    fn fields(&self, object: &'a Type, text: &mut String) {
        for (name, field) in object.fields(self.version) {
            let required = if object.requires(name, self.version) { " -required-" } else { "" };
            write(text, &format!("{name}\t<{}>{required}", self.type_name(field)), FIELDS);
            write_wrapped(text, &field.description, FIELDS + FIELD_DESCRIPTION);
            text.push('\n');
        }
    }

    fn recursive_fields(
        &self,
        of: &'a Type,
        level: usize,
        within: &mut BTreeSet<&'a str>,
        text: &mut String,
    ) {
        if let Some(name) = &of.reference {
            if within.insert(name) {
                if let Some(of) = self.schema.get(name) {
                    self.recursive_fields(of, level, within, text);
                }
                within.remove(name.as_str());
            }
            return;
        }
        for (name, field) in of.fields(self.version) {
            write(text, &format!("{name}\t<{}>", self.type_name(field)), level);
            self.recursive_fields(field, level + LEVEL, within, text);
        }
        if let Some(element) = of.element() {
            self.recursive_fields(element, level, within, text);
        }
    }

    /// `string`, `[]Object`, `map[string]string` (typename.go). In this form of the document whatever may be a number or a
    /// string is a string, and an object without fields a map.
    fn type_name(&self, of: &Type) -> String {
        let of = self.schema.resolve(of);
        if let Some(items) = &of.items {
            return format!("[]{}", self.type_name(items));
        }
        if let Some(values) = &of.values {
            return format!("map[string]{}", self.type_name(values));
        }
        match of.name.as_str() {
            "" => "string".to_owned(),
            "object" if self.schema.object(of).is_none() => "map[string]".to_owned(),
            "object" => "Object".to_owned(),
            name => name.to_owned(),
        }
    }
}

/// Writes a line; an empty one is not indented.
fn write(text: &mut String, line: &str, by: usize) {
    if !line.is_empty() {
        text.push_str(&" ".repeat(by));
        text.push_str(line);
    }
    text.push('\n');
}

/// Writes a text in lines that fit (formatter.go, `wrapString`): code, empty lines and the beginnings of lists stay where
/// they are, other lines are joined.
fn write_wrapped(text: &mut String, description: &str, by: usize) {
    let mut lines: Vec<String> = Vec::new();
    let (mut line, mut last_word) = (String::new(), "");
    for source in description.split('\n') {
        let trimmed = source.trim();
        let is_code = source.starts_with("    ");
        if is_code || trimmed.is_empty() || last_word.ends_with(':') || begins_item(trimmed) {
            flush(&mut line, &mut lines);
            last_word = "";
        }
        if is_code {
            lines.push(source.to_owned());
            continue;
        }
        if trimmed.is_empty() && !lines.is_empty() {
            lines.push(String::new());
        }
        for word in trimmed.split_whitespace() {
            last_word = word;
            if !line.is_empty() && line.len() + 1 + word.len() > WIDTH - by {
                flush(&mut line, &mut lines);
                // Upstream forgets the word that it breaks before.
                last_word = "";
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    flush(&mut line, &mut lines);
    lines.iter().for_each(|line| write(text, line, by));
}

fn flush(line: &mut String, lines: &mut Vec<String>) {
    if !line.is_empty() {
        lines.push(std::mem::take(line));
    }
}

/// Whether a line begins an item of a list: `- `, `* `, `1. `, `1 `.
fn begins_item(line: &str) -> bool {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if digits.len() < line.len() {
        digits.strip_prefix('.').unwrap_or(digits)
    } else {
        line.strip_prefix(['-', '*']).unwrap_or_default()
    };
    rest.starts_with(|c: char| c.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::write_wrapped;

    #[test]
    fn lines_are_joined_but_where_that_would_lose_their_sense() {
        for (description, expected) in [
            ("", ""),
            ("one\ntwo", "  one two\n"),
            ("one\n\ntwo", "  one\n\n  two\n"),
            ("as:\none", "  as:\n  one\n"),
            ("all:\n - one\n - two", "  all:\n  - one\n  - two\n"),
            ("so\n    code  here\nand", "  so\n      code  here\n  and\n"),
            ("1. one\n2 two\n3x", "  1. one\n  2 two 3x\n"),
        ] {
            let mut text = String::new();
            write_wrapped(&mut text, description, 2);
            assert_eq!(text, expected, "{description:?}");
        }
    }
}
