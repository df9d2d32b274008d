//! JSON as KYAML, the way `kubectl get -o kyaml` prints it.
//!
//! Models sigs.k8s.io/yaml/kyaml (v1.6.0): flow style with an indent of two, commas after every entry, quotes around
//! every text but keys that nothing else can be taken for. Recursion is as deep as the value, which reading bounds.

use serde_json::{Map, Value};

use super::print::short_escape;
use super::scalar::is_plain_text;

/// The value as a KYAML document, with the header that tells it from JSON, and its line end.
pub fn to_kyaml(value: &Value) -> String {
    let mut out = "---\n".to_owned();
    node(&mut out, value, 0);
    out.push('\n');
    out
}

fn node(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => *out += &value.to_string(),
        Value::String(text) => quoted(out, text, depth + 1),
        Value::Array(items) => sequence(out, items, depth),
        Value::Object(map) => mapping(out, map, depth),
    }
}

/// Lists of nothing but maps and lists are cuddled: `[{`, `}, {`, `}]`.
fn sequence(out: &mut String, items: &[Value], depth: usize) {
    out.push('[');
    let is_cuddled = items.iter().all(|item| item.is_object() || item.is_array());
    for (i, item) in items.iter().enumerate() {
        if is_cuddled {
            *out += if i > 0 { ", " } else { "" };
            node(out, item, depth);
        } else {
            *out += if i == 0 { "\n" } else { "" };
            indent(out, depth + 1);
            node(out, item, depth + 1);
            *out += ",\n";
        }
    }
    if !is_cuddled {
        indent(out, depth);
    }
    out.push(']');
}

fn mapping(out: &mut String, map: &Map<String, Value>, depth: usize) {
    if map.is_empty() {
        *out += "{}";
        return;
    }
    *out += "{\n";
    for (name, value) in map {
        indent(out, depth + 1);
        key(out, name);
        *out += ": ";
        node(out, value, depth + 1);
        *out += ",\n";
    }
    indent(out, depth);
    out.push('}');
}

fn key(out: &mut String, name: &str) {
    if !needs_quotes(name) {
        *out += name;
        return;
    }
    out.push('"');
    name.chars().for_each(|c| escaped(out, c));
    out.push('"');
}

/// Text of several lines begins on a line of its own, and each line break is one.
fn quoted(out: &mut String, text: &str, depth: usize) {
    let is_folded = text.contains('\n');
    *out += if is_folded { "\"\\\n" } else { "\"" };
    for line in text.split_inclusive('\n') {
        if is_folded {
            indent(out, depth);
            // A blank at the beginning would be dropped; others are aligned with it.
            let keeps_blank = line.starts_with(|c: char| c.is_whitespace() && c != '\n');
            out.push(if keeps_blank { '\\' } else { ' ' });
        }
        for c in line.chars() {
            match c {
                '\n' => *out += "\\n\\\n",
                '\t' => out.push('\t'),
                c => escaped(out, c),
            }
        }
    }
    if is_folded {
        *out += if text.ends_with('\n') { "" } else { "\\\n" };
        indent(out, depth);
    }
    out.push('"');
}

fn escaped(out: &mut String, c: char) {
    let code = u32::from(c);
    match short_escape(c) {
        Some(short) => out.extend(['\\', short]),
        None if c.is_ascii_control() => *out += &format!("\\x{code:02x}"),
        None if c.is_control() => *out += &format!("\\u{code:04x}"),
        None => out.push(c),
    }
}

fn needs_quotes(key: &str) -> bool {
    let last = key.chars().count().saturating_sub(1);
    let is_allowed = |(i, c): (usize, char)| {
        c.is_alphanumeric() || c == '_' || (matches!(c, '-' | '.' | '/') && i > 0 && i < last)
    };
    key.is_empty() || is_ambiguous(key) || !key.chars().enumerate().all(is_allowed)
}

/// Whether some reader of YAML takes the bare text for something else.
fn is_ambiguous(text: &str) -> bool {
    const WORDS: [&str; 11] = ["null", "true", "t", "y", "yes", "on", "false", "f", "n", "no", "off"];
    let is_number = text.replace('_', "").parse::<f64>().is_ok();
    WORDS.contains(&text.to_lowercase().as_str()) || is_number || !is_plain_text(text)
}

fn indent(out: &mut String, depth: usize) {
    *out += &"  ".repeat(depth);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_are_cuddled_where_nothing_but_brackets_is_inside() {
        let value = json!({"a": [{"b": 1}, {"c": []}], "d": ["x", 2], "e": [[true]], "f": {}, "g": null});
        let expected = "\
---
{
  a: [{
    b: 1,
  }, {
    c: [],
  }],
  d: [
    \"x\",
    2,
  ],
  e: [[
    true,
  ]],
  \"f\": {},
  g: null,
}
";
        assert_eq!(to_kyaml(&value), expected);
    }

    #[test]
    fn lines_are_folded() {
        let value = json!({"a": "one\n  two\n", "b": "x\ny", "c": "say \"é\"\\\u{1}"});
        let expected = "\
---
{
  a: \"\\
     one\\n\\
    \\  two\\n\\
    \",
  b: \"\\
     x\\n\\
     y\\
    \",
  c: \"say \\\"é\\\"\\\\\\x01\",
}
";
        assert_eq!(to_kyaml(&value), expected);
    }

    #[test]
    fn keys_are_quoted_where_they_could_be_something_else() {
        for key in ["app", "apps.kubernetes.io/pod-index", "_x", "a1", "5Gi", "é"] {
            assert!(!needs_quotes(key), "{key}");
        }
        for key in
            ["", "no", "Y", "t", "null", "1", "0x1F", "1_0", "1e3", "2020-01-02", "f:spec", "a ", "-a", "a."]
        {
            assert!(needs_quotes(key), "{key}");
        }
    }
}
