//! The documents of a manifest file, one after the other.
//!
//! Models apimachinery/pkg/util/yaml, decoder.go and stream_reader.go (`YAMLOrJSONDecoder`), and the loop over it in
//! cli-runtime/pkg/resource/visitor.go (`StreamVisitor`), which skips empty documents. Departs in one point: a text over
//! [`MAX_BYTES`] is refused.
//! Invariant: an error is the last item.

use serde_json::Value;

use super::compose::compose;
use super::convert::convert;
use super::error::YamlError;
use super::json_text::{Cursor, JsonError, next_value};
use super::node::{Nodes, Place, Span};
use crate::version::Features;

/// How much text is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;

// How far a reader looks for the brace that makes it JSON.
const SNIFF_BYTES: usize = 4096;
const SEPARATOR: &str = "---";

/// One document that is not empty. It need not be an object.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it says.
    pub value: Value,
    nodes: Nodes,
    // How many lines of the file are before it.
    lines_before: usize,
}

impl Document {
    /// Where the value at a path is in the whole text: `spec.template.spec.containers[0].image`,
    /// `metadata.labels[a.b/c]`. For what is not there, the innermost value on the way to it.
    pub fn locate(&self, path: &str) -> Option<Place> {
        let in_text = |mut span: Span| {
            span.start.line += self.lines_before;
            span.end.line += self.lines_before;
            span
        };
        let place = self.nodes.locate(path)?;
        Some(Place { key: place.key.map(in_text), value: in_text(place.value), ..place })
    }
}

/// The documents of a text, read as they are asked for.
pub fn documents(text: &str) -> Documents<'_> {
    documents_in(text, Features::default())
}

/// The documents of a text, as kubectl of the given version reads them.
pub fn documents_in(text: &str, features: Features) -> Documents<'_> {
    let mut sniffed = text.len().min(SNIFF_BYTES);
    while !text.is_char_boundary(sniffed) {
        sniffed -= 1;
    }
    let is_json = text[..sniffed].trim_start().starts_with('{');
    let mode = if text.len() > MAX_BYTES {
        Mode::TooLong
    } else if is_json {
        Mode::Json { count: 0 }
    } else {
        Mode::Yaml
    };
    Documents { text, features, cursor: Cursor::START, mode }
}

#[derive(Clone, Copy)]
enum Mode {
    Json { count: usize },
    Yaml,
    TooLong,
    Done,
}

/// See [`documents`].
pub struct Documents<'a> {
    text: &'a str,
    features: Features,
    cursor: Cursor,
    mode: Mode,
}

impl Iterator for Documents<'_> {
    type Item = Result<Document, YamlError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let read = match self.mode {
                Mode::Json { count } => self.next_json(count),
                Mode::Yaml => self.next_yaml(),
                Mode::TooLong => {
                    let (length, max) = (self.text.len(), MAX_BYTES >> 20);
                    Err(YamlError::new(
                        format!("the text has {length} bytes; at most {max} MiB are read"),
                        None,
                    ))
                }
                Mode::Done => return None,
            };
            match read {
                Ok(Some(document)) if document.value.is_null() => {}
                Ok(Some(document)) => return Some(Ok(document)),
                Ok(None) => {
                    self.mode = Mode::Done;
                    return None;
                }
                Err(error) => {
                    self.mode = Mode::Done;
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Documents<'_> {
    fn next_json(&mut self, count: usize) -> Result<Option<Document>, YamlError> {
        let error = match next_value(self.text, &mut self.cursor) {
            Ok(None) => return Ok(None),
            Ok(Some(nodes)) => {
                self.mode = Mode::Json { count: count + 1 };
                return Ok(Some(Document { value: convert(&nodes)?, nodes, lines_before: 0 }));
            }
            Err(error) => error,
        };
        let (short, long, line) = match error {
            JsonError::Syntax { problem, offset } => {
                let mut at = self.cursor;
                at.advance(self.text, offset - 1);
                (problem.clone(), format!("json: offset {offset}: {problem}"), at.position.line)
            }
            JsonError::UnexpectedEnd => {
                ("unexpected EOF".to_owned(), "unexpected EOF".to_owned(), self.text.lines().count())
            }
            JsonError::Range { number, line } => {
                let message = format!("json: cannot unmarshal number {number} into Go value of type float64");
                return Err(YamlError::new(message, Some(line)));
            }
        };
        let json_error = YamlError::new(long, Some(line));
        if !self.features.json_may_turn_into_yaml() {
            return Err(json_error);
        }
        // More than one object makes it JSON for certain; otherwise it may be YAML in flow style.
        if count > 1 {
            return Err(YamlError::new(short, Some(line)));
        }
        if !self.skip_space_before_yaml() {
            return Err(json_error);
        }
        self.mode = Mode::Yaml;
        self.next_yaml().map_err(|_| json_error)
    }

    // YAMLOrJSONDecoder.consumeWhitespace: up to the first line end; it looks at four bytes at a time and gives up
    // where there are fewer.
    fn skip_space_before_yaml(&mut self) -> bool {
        let mut offset = self.cursor.offset;
        loop {
            let rest = &self.text[offset..];
            let Some(c) = rest.chars().next().filter(|c| rest.len() >= 4 && *c != '\u{fffd}') else {
                return false;
            };
            if c.is_whitespace() {
                offset += c.len_utf8();
            }
            if !c.is_whitespace() || c == '\n' {
                self.cursor.advance(self.text, offset);
                return true;
            }
        }
    }

    fn next_yaml(&mut self) -> Result<Option<Document>, YamlError> {
        let Some((text, lines_before)) = self.next_chunk()? else {
            return Ok(None);
        };
        let in_file = |mut error: YamlError| {
            error.line = error.line.map(|line| line + lines_before);
            error
        };
        let nodes = compose(&text).map_err(in_file)?;
        let value = convert(&nodes).map_err(in_file)?;
        Ok(Some(Document { value, nodes, lines_before }))
    }

    // YAMLReader.Read: a document up to the next separator, with plain line ends, and how many lines are before it.
    fn next_chunk(&mut self) -> Result<Option<(String, usize)>, YamlError> {
        let mut chunk = String::new();
        let mut lines_before = self.cursor.position.line - 1;
        loop {
            let rest = &self.text[self.cursor.offset..];
            if rest.is_empty() {
                return Ok((!chunk.is_empty()).then_some((chunk, lines_before)));
            }
            let line_number = self.cursor.position.line;
            let with_end = rest.split_inclusive('\n').next().unwrap_or(rest);
            self.cursor.advance(self.text, self.cursor.offset + with_end.len());
            let line =
                with_end.strip_suffix('\n').map_or(with_end, |line| line.strip_suffix('\r').unwrap_or(line));
            if let Some(after) = line.strip_prefix(SEPARATOR) {
                let after = after.trim();
                if !after.is_empty() && !after.starts_with('#') {
                    let message = format!("invalid Yaml document separator: {after}");
                    return Err(YamlError::new(message, Some(line_number)));
                }
                if !chunk.is_empty() {
                    return Ok(Some((chunk, lines_before)));
                }
            }
            if chunk.is_empty() {
                lines_before = line_number - 1;
            }
            chunk.push_str(line);
            chunk.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::documents;

    fn read(text: &str) -> (Vec<Value>, Option<(String, Option<usize>)>) {
        let mut values = Vec::new();
        for document in documents(text) {
            match document {
                Ok(document) => values.push(document.value),
                Err(error) => return (values, Some((error.to_string(), error.line))),
            }
        }
        (values, None)
    }

    #[test]
    fn values_are_what_kubectl_makes_of_them() {
        let cases = [
            ("a: 1\na: 2\n", json!({"a": 2})),
            (
                "b: &b {x: 1, z: 2}\na:\n  x: 0\n  <<: *b\n  z: 3\n",
                json!({"a": {"x": 1, "z": 3}, "b": {"x": 1, "z": 2}}),
            ),
            ("a: {<<: [{x: 1}, {x: 2, z: 2}]}", json!({"a": {"x": 1, "z": 2}})),
            ("1: a\nyes: b\n1.5: c\n", json!({"1": "a", "true": "b", "1.5": "c"})),
            (
                "a: 1.0\nb: 1e0\nc: 1.5\nd: 18446744073709551615\n",
                json!({"a": 1, "b": 1, "c": 1.5, "d": 18446744073709551615.0}),
            ),
            ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", json!({"a": "x\ny\n", "b": "x y"})),
            ("\u{feff}a: 1\n", json!({"a": 1})),
            ("{\"a\": \"\\ud83d\\ude00\\ud800\"}", json!({"a": "😀\u{fffd}"})),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), (vec![expected], None), "{text}");
        }
    }

    #[test]
    fn streams_are_split_as_kubectl_splits_them() {
        let cases = [
            ("a\n--- # one\nb\n---\n---\nc", vec![json!("a"), json!("b"), json!("c")]),
            ("---\r\na\r\n---\r\nb\r\n", vec![json!("a"), json!("b")]),
            ("a: |\n  ---\n", vec![json!({"a": "---\n"})]),
            ("{\"a\":1}{\"b\":2} 3", vec![json!({"a": 1}), json!({"b": 2}), json!(3)]),
            ("{\"a\":1}\n---\nb: 2\n", vec![json!({"a": 1}), json!({"b": 2})]),
            ("{a: 1}\n---\nb: 2\n", vec![json!({"a": 1}), json!({"b": 2})]),
            ("", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), (expected, None), "{text}");
        }
    }

    #[test]
    fn errors_say_what_kubectl_says_and_know_the_line_in_the_file() {
        let yaml = |problem: &str| format!("error converting YAML to JSON: {problem}");
        let cases = [
            ("a: 1\n---\nb: [\n", yaml("yaml: line 1: did not find expected node content"), Some(3)),
            (
                "a: 1\n---\n\nb: c: d\n",
                yaml("yaml: line 2: mapping values are not allowed in this context"),
                Some(4),
            ),
            ("a: 1\n---b\n", "invalid Yaml document separator: b".to_owned(), Some(2)),
            ("a: .nan\n", yaml("json: unsupported value: NaN"), Some(1)),
            ("a: !!int x\n", yaml("yaml: cannot decode !!str `x` as a !!int"), Some(1)),
            ("a: 1\nb: \u{1}\n", yaml("yaml: control characters are not allowed"), Some(2)),
            ("<<: 1\n", yaml("yaml: map merge requires map or sequence of maps as the value"), Some(1)),
            ("{\"a\" 1}", "json: offset 6: invalid character '1' after object key".to_owned(), Some(1)),
            (
                "{\"a\":1}{\"b\":2}\nx",
                "invalid character 'x' looking for beginning of value".to_owned(),
                Some(2),
            ),
        ];
        for (text, message, line) in cases {
            assert_eq!(read(text).1, Some((message, line)), "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_file() {
        let text = "a: 1\n---\nspec:\n  containers:\n  - name: c\n    image: x\n  labels: {a.b/c: v}\n";
        let document = documents(text).nth(1).expect("a document").expect("is sound");
        let at = |path: &str| {
            let span = document.locate(path)?.value;
            Some((span.start.line, span.start.column, span.end.column))
        };
        assert_eq!(at("spec.containers[0].image"), Some((6, 12, 13)));
        assert_eq!(at("spec.labels[a.b/c]"), Some((7, 19, 20)));
        assert_eq!(at("spec.labels.a.b/c"), Some((7, 19, 20)));
        assert_eq!(at("spec.containers[0].nope.x"), at("spec.containers[0]"));
        let json = documents("{\"a\":\n  {\"b\": true}}").next().expect("a document").expect("is sound");
        assert_eq!(
            json.locate("a.b").map(|place| (place.value.start.line, place.value.start.column)),
            Some((2, 9))
        );
        let keys = [
            "spec.containers[0].image",
            "spec.containers[0]",
            "spec.containers[0].nope",
            "spec.labels[a.b/c]",
        ];
        let keys = keys.map(|path| {
            let place = document.locate(path).expect("a place");
            (place.key.map(|key| (key.start.line, key.start.column)), place.is_exact, place.is_scalar)
        });
        assert_eq!(
            keys,
            [
                (Some((6, 5)), true, true),
                (Some((4, 3)), true, false),
                (Some((4, 3)), false, false),
                (Some((7, 12)), true, true),
            ]
        );
    }
}
