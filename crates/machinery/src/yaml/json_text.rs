//! From JSON text to nodes, one value of a stream at a time.
//!
//! Models encoding/json, scanner.go and stream.go (`Decoder.readValue`): the errors and their offsets are Go's.
//! Invariant: no recursion; the stack of open values is data.

use super::node::{Builder, NodeKind, Nodes, Position, Span};

/// encoding/json's `maxNestingDepth`.
const MAX_DEPTH: usize = 10_000;

/// Why a value cannot be read.
#[derive(Debug, PartialEq)]
pub(super) enum JsonError {
    /// How Go words it, and how many bytes of the whole stream it had read.
    Syntax { problem: String, offset: usize },
    /// The text ended within a value.
    UnexpectedEnd,
    /// The number is too large for a float.
    Range { number: String, line: usize },
}

/// Where the reader is.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    /// The byte.
    pub offset: usize,
    /// The same as a place.
    pub position: Position,
}

impl Cursor {
    /// The start of a text.
    pub(super) const START: Cursor = Cursor { offset: 0, position: Position { line: 1, column: 1 } };

    /// Moves forward to a byte of the text.
    pub(super) fn advance(&mut self, text: &str, offset: usize) {
        for byte in &text.as_bytes()[self.offset..offset] {
            match byte {
                b'\n' => self.position = Position { line: self.position.line + 1, column: 1 },
                // A character counts once, by its first byte.
                0x80..0xc0 => {}
                _ => self.position.column += 1,
            }
        }
        self.offset = offset;
    }
}

/// Reads the value that starts at the cursor, after white space, and moves the cursor behind it. None at the end.
pub(super) fn next_value(text: &str, cursor: &mut Cursor) -> Result<Option<Nodes>, JsonError> {
    let mut reader =
        Reader { text, at: cursor.offset, cursor: *cursor, builder: Builder::default(), open: Vec::new() };
    reader.skip_space();
    if reader.at == text.len() {
        return Ok(None);
    }
    reader.value()?;
    while let Some(kind) = reader.open.last().copied() {
        reader.after_value(kind)?;
    }
    cursor.advance(text, reader.at);
    Ok(Some(reader.builder.document))
}

/// What Go says when it cannot read the text into a map (`json.Unmarshal` into a `map[string]interface{}`).
pub fn unmarshal_problem(text: &str) -> Option<String> {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let mut cursor = Cursor::START;
    match next_value(text, &mut cursor) {
        Ok(Some(_)) => {}
        Ok(None) | Err(JsonError::UnexpectedEnd) => return Some("unexpected end of JSON input".to_owned()),
        Err(JsonError::Syntax { problem, .. }) => return Some(problem),
        Err(JsonError::Range { number, .. }) => {
            return Some(format!("json: cannot unmarshal number {number} into Go value of type float64"));
        }
    }
    if let Some(byte) = text[cursor.offset..].trim_start_matches(is_space).bytes().next() {
        return Some(format!("invalid character {} after top-level value", quote_byte(byte)));
    }
    let kind = match text.trim_start_matches(is_space).bytes().next()? {
        b'{' | b'n' => return None,
        b'[' => "array",
        b'"' => "string",
        b't' | b'f' => "bool",
        _ => "number",
    };
    Some(format!("json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"))
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Object,
    Array,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    // Follows `at` to know lines and columns.
    cursor: Cursor,
    builder: Builder,
    open: Vec<Open>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&self) -> Result<u8, JsonError> {
        self.peek().ok_or(JsonError::UnexpectedEnd)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn error<T>(&self, byte: u8, context: &str) -> Result<T, JsonError> {
        let problem = format!("invalid character {} {context}", quote_byte(byte));
        Err(JsonError::Syntax { problem, offset: self.at + 1 })
    }

    fn place(&mut self) -> Position {
        self.cursor.advance(self.text, self.at);
        self.cursor.position
    }

    // Reads a scalar, or opens an array or object and reads up to its first value.
    fn value(&mut self) -> Result<(), JsonError> {
        loop {
            self.skip_space();
            let byte = self.expect()?;
            let start = self.place();
            match byte {
                b'{' => {
                    self.start(Open::Object, NodeKind::Mapping(Vec::new()), start)?;
                    self.skip_space();
                    if self.expect()? == b'}' {
                        return Ok(());
                    }
                    self.key()?;
                }
                b'[' => {
                    self.start(Open::Array, NodeKind::Sequence(Vec::new()), start)?;
                    self.skip_space();
                    if self.expect()? == b']' {
                        return Ok(());
                    }
                }
                b'"' => {
                    let value = self.string()?;
                    self.leaf(value, false, start);
                    return Ok(());
                }
                b'-' | b'0'..=b'9' => return self.number(start),
                b't' => return self.literal("true", start),
                b'f' => return self.literal("false", start),
                b'n' => return self.literal("null", start),
                byte => return self.error(byte, "looking for beginning of value"),
            }
        }
    }

    // Reads the comma and the next value, or closes.
    fn after_value(&mut self, kind: Open) -> Result<(), JsonError> {
        self.skip_space();
        let byte = self.expect()?;
        match (kind, byte) {
            (Open::Object, b'}') | (Open::Array, b']') => {
                self.at += 1;
                self.open.pop();
                let end = self.place();
                self.builder.end(end);
                Ok(())
            }
            (Open::Object, b',') => {
                self.at += 1;
                self.skip_space();
                self.key()?;
                self.value()
            }
            (Open::Array, b',') => {
                self.at += 1;
                self.value()
            }
            (Open::Object, byte) => self.error(byte, "after object key:value pair"),
            (Open::Array, byte) => self.error(byte, "after array element"),
        }
    }

    fn start(&mut self, kind: Open, node: NodeKind, start: Position) -> Result<(), JsonError> {
        self.at += 1;
        if self.open.len() >= MAX_DEPTH {
            return Err(JsonError::Syntax { problem: "exceeded max depth".to_owned(), offset: self.at });
        }
        self.open.push(kind);
        self.builder.start(node, Span { start, end: start });
        Ok(())
    }

    fn leaf(&mut self, value: String, implicit: bool, start: Position) {
        let end = self.place();
        self.builder.leaf(NodeKind::Scalar { value, tag: String::new(), implicit }, Span { start, end });
    }

    fn key(&mut self) -> Result<(), JsonError> {
        let byte = self.expect()?;
        if byte != b'"' {
            return self.error(byte, "looking for beginning of object key string");
        }
        let start = self.place();
        let key = self.string()?;
        self.leaf(key, false, start);
        self.skip_space();
        match self.expect()? {
            b':' => self.at += 1,
            byte => return self.error(byte, "after object key"),
        }
        Ok(())
    }

    fn literal(&mut self, word: &str, start: Position) -> Result<(), JsonError> {
        for expected in word.bytes() {
            let byte = self.expect()?;
            if byte != expected {
                let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                return self.error(byte, &context);
            }
            self.at += 1;
        }
        self.leaf(word.to_owned(), true, start);
        Ok(())
    }

    fn number(&mut self, start: Position) -> Result<(), JsonError> {
        let from = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits("in exponent of numeric literal")?;
        }
        let number = self.text[from..self.at].to_owned();
        if number.parse::<f64>().is_ok_and(f64::is_infinite) {
            return Err(JsonError::Range { number, line: start.line });
        }
        self.leaf(number, true, start);
        Ok(())
    }

    fn digits(&mut self, context: &str) -> Result<(), JsonError> {
        let byte = self.expect()?;
        if !byte.is_ascii_digit() {
            return self.error(byte, context);
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let from = self.at;
            while self.peek().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            out.push_str(&self.text[from..self.at]);
            match self.expect()? {
                b'"' => {
                    self.at += 1;
                    return Ok(out);
                }
                b'\\' => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                byte => return self.error(byte, "in string literal"),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), JsonError> {
        let byte = self.expect()?;
        let plain = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode_escape(out);
            }
            byte => return self.error(byte, "in string escape code"),
        };
        self.at += 1;
        out.push(plain);
        Ok(())
    }

    // Halves of a pair that stand alone become U+FFFD.
    fn unicode_escape(&mut self, out: &mut String) -> Result<(), JsonError> {
        let first = self.hex4()?;
        let mut code = first;
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            let after_first = self.at;
            self.at += 2;
            let second = self.hex4()?;
            if (0xdc00..0xe000).contains(&second) {
                code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            } else {
                self.at = after_first;
            }
        }
        out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
        Ok(())
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.expect()?;
            let Some(digit) = char::from(byte).to_digit(16) else {
                return self.error(byte, "in \\u hexadecimal character escape");
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }
}

// scanner.go, quoteChar: a byte stands for the character with that number.
fn quote_byte(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        byte => {
            let quoted = crate::go_text::quote(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unmarshal_problem;

    #[test]
    fn what_is_no_map_is_told_as_go_tells_it() {
        let cases = [
            ("{}", None),
            (" {\"a\": [1, null]}\n", None),
            ("null", None),
            ("", Some("unexpected end of JSON input")),
            ("{\"a\": ", Some("unexpected end of JSON input")),
            ("no json", Some("invalid character 'o' in literal null (expecting 'u')")),
            ("{} {}", Some("invalid character '{' after top-level value")),
            ("{'a': 1}", Some(r"invalid character '\'' looking for beginning of object key string")),
            ("[]", Some("json: cannot unmarshal array into Go value of type map[string]interface {}")),
            ("\"a\"", Some("json: cannot unmarshal string into Go value of type map[string]interface {}")),
            ("-1", Some("json: cannot unmarshal number into Go value of type map[string]interface {}")),
            ("true", Some("json: cannot unmarshal bool into Go value of type map[string]interface {}")),
        ];
        for (text, expected) in cases {
            assert_eq!(unmarshal_problem(text).as_deref(), expected, "{text}");
        }
    }
}
