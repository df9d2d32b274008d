//! JSON as YAML, the way `kubectl get -o yaml` prints it.
//!
//! Models sigs.k8s.io/yaml (`JSONToYAML`) and go.yaml.in/yaml/v2: encode.go chooses each scalar's style, sorter.go the
//! order of keys, emitterc.go writes; its state (`column`, `whitespace`, `indention`) is kept, because line breaks
//! depend on it. Recursion is as deep as the value, which reading bounds.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::scalar::is_plain_text;
use crate::go_text;

/// Lines longer than this are broken at the next space.
const WIDTH: usize = 80;
const INDENT: usize = 2;
/// Longer keys are written after a question mark.
const MAX_SIMPLE_KEY: usize = 128;

/// The value as a YAML document, with its line end.
pub fn to_yaml(value: &Value) -> String {
    let mut writer = Writer { whitespace: true, indention: true, ..Writer::default() };
    writer.node(value, None, false);
    writer.break_line_to(0);
    writer.out
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

#[derive(Default)]
struct Writer {
    out: String,
    column: usize,
    // The last thing written was white space, or leaves room like it.
    whitespace: bool,
    // Nothing but indentation and indicators is on the line.
    indention: bool,
    indent: usize,
}

impl Writer {
    // `parent_indent` is None at the root.
    fn node(&mut self, value: &Value, parent_indent: Option<usize>, in_mapping: bool) {
        match value {
            Value::Null => self.plain("null", false),
            Value::Bool(bool) => self.plain(if *bool { "true" } else { "false" }, false),
            Value::Number(number) => self.plain(&number_text(number), false),
            Value::String(text) => self.text(text, false),
            Value::Array(items) if items.is_empty() => self.indicator("[]", true, false, false),
            Value::Object(map) if map.is_empty() => self.indicator("{}", true, false, false),
            Value::Array(items) => self.sequence(items, parent_indent, in_mapping),
            Value::Object(map) => self.mapping(map, parent_indent),
        }
    }

    fn sequence(&mut self, items: &[Value], parent_indent: Option<usize>, in_mapping: bool) {
        let is_indentless = in_mapping && !self.indention;
        let outer = self.indent;
        self.indent = parent_indent.map_or(0, |indent| if is_indentless { indent } else { indent + INDENT });
        for item in items {
            self.break_line();
            self.indicator("-", true, false, true);
            self.node(item, Some(self.indent), false);
        }
        self.indent = outer;
    }

    fn mapping(&mut self, map: &Map<String, Value>, parent_indent: Option<usize>) {
        let outer = self.indent;
        self.indent = parent_indent.map_or(0, |indent| indent + INDENT);
        let mut entries: Vec<(&String, &Value)> = map.iter().collect();
        entries.sort_by(|a, b| compare_keys(a.0, b.0));
        for (key, value) in entries {
            self.break_line();
            if key.len() <= MAX_SIMPLE_KEY && !key.chars().any(is_break) {
                self.text(key, true);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.text(key, false);
                self.break_line();
                self.indicator(":", true, false, true);
            }
            self.node(value, Some(self.indent), true);
        }
        self.indent = outer;
    }

    // encoder.stringv and yaml_emitter_select_scalar_style
    fn text(&mut self, text: &str, is_key: bool) {
        let allowed = Allowed::for_text(text);
        let wanted = if text.contains('\n') {
            Style::Literal
        } else if is_plain_text(text) && !is_base_60(text) {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        let style = match wanted {
            Style::Literal if !allowed.block || is_key => Style::DoubleQuoted,
            Style::Plain if !allowed.plain && !allowed.single_quoted => Style::DoubleQuoted,
            Style::Plain if !allowed.plain => Style::SingleQuoted,
            style => style,
        };
        // Lines after the first are indented further, at the root too.
        self.indent += INDENT;
        match style {
            Style::Plain => self.plain(text, !is_key),
            Style::SingleQuoted => self.single_quoted(text, !is_key),
            Style::DoubleQuoted => self.double_quoted(text, !is_key),
            Style::Literal => self.literal(text),
        }
        self.indent -= INDENT;
    }

    fn plain(&mut self, text: &str, may_break: bool) {
        if !self.whitespace {
            self.put(' ');
        }
        self.folded(text, may_break, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, may_break: bool) {
        self.indicator("'", true, false, false);
        self.folded(text, may_break, true);
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    // What plain and single-quoted scalars have in common. Breaks within occur only in the latter.
    fn folded(&mut self, text: &str, may_break: bool, quoted: bool) {
        let chars: Vec<char> = text.chars().collect();
        let (mut spaces, mut breaks) = (false, false);
        for (index, &c) in chars.iter().enumerate() {
            let next = chars.get(index + 1);
            if c == ' ' {
                let is_inner = !quoted || (index > 0 && next.is_some());
                if may_break && !spaces && self.column > WIDTH && is_inner && next != Some(&' ') {
                    self.break_line();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                self.put(c);
                self.column = 0;
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.break_line();
                }
                if quoted && c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
        }
    }

    fn double_quoted(&mut self, text: &str, may_break: bool) {
        self.indicator("\"", true, false, false);
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (index, &c) in chars.iter().enumerate() {
            let is_inner = index > 0 && index + 1 < chars.len();
            if !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                for c in escape(c).chars() {
                    self.put(c);
                }
                spaces = false;
            } else if c == ' ' {
                if may_break && !spaces && self.column > WIDTH && is_inner {
                    self.break_line();
                    if chars.get(index + 1) == Some(&' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator(&INDENT.to_string(), false, false, false);
        }
        let mut from_end = text.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next().is_none_or(is_break)) {
            (false, _) => self.indicator("-", false, false, false),
            (true, true) => self.indicator("+", false, false, false),
            (true, false) => {}
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                if c == '\n' {
                    self.put_break();
                } else {
                    self.put(c);
                    self.column = 0;
                }
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.break_line();
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }

    fn indicator(&mut self, text: &str, needs_space: bool, is_space: bool, is_indention: bool) {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        for c in text.chars() {
            self.put(c);
        }
        self.whitespace = is_space;
        self.indention = self.indention && is_indention;
    }

    fn break_line(&mut self) {
        self.break_line_to(self.indent);
    }

    // yaml_emitter_write_indent
    fn break_line_to(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }
}

fn number_text(number: &Number) -> String {
    match (number.is_f64(), number.as_f64()) {
        (true, Some(float)) => go_text::yaml_float(float),
        _ => number.to_string(),
    }
}

// What yaml_emitter_analyze_scalar finds out, for text outside of flow style.
struct Allowed {
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Allowed {
    fn for_text(text: &str) -> Allowed {
        if text.is_empty() {
            return Allowed { plain: true, single_quoted: true, block: false };
        }
        let chars: Vec<char> = text.chars().collect();
        let is_blank = |index: usize| chars.get(index).is_none_or(|c| matches!(c, ' ' | '\t'));
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        for (index, c) in chars.iter().enumerate() {
            let blank_before =
                index == 0 || chars.get(index - 1).is_some_and(|c| matches!(c, ' ' | '\t') || is_break(*c));
            indicators |= match c {
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    index == 0
                }
                '?' | '-' => index == 0 && is_blank(1),
                ':' => is_blank(index + 1),
                '#' => blank_before,
                _ => false,
            };
        }
        let pairs = || chars.windows(2).map(|pair| (pair[0], pair[1]));
        let special =
            chars.iter().any(|c| !is_printable(*c)) || pairs().any(|(a, b)| a == ' ' && is_break(b));
        let break_space = pairs().any(|(a, b)| is_break(a) && b == ' ');
        let is_outer = |c: Option<&char>| c.is_some_and(|c| *c == ' ' || is_break(*c));
        let padded = is_outer(chars.first()) || is_outer(chars.last());
        let line_breaks = chars.iter().any(|c| is_break(*c));
        Allowed {
            plain: !(indicators || special || break_space || padded || line_breaks),
            single_quoted: !(special || break_space),
            block: !(special || chars.last() == Some(&' ')),
        }
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

// Upstream's test ends with the Basic Multilingual Plane: emoji are escaped.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

fn escape(c: char) -> String {
    let code = u32::from(c);
    match short_escape(c) {
        Some(short) => format!("\\{short}"),
        None => match code {
            0..=0xff => format!("\\x{code:02X}"),
            0x100..=0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        },
    }
}

/// The letter with which double quotes escape a character.
pub(super) fn short_escape(c: char) -> Option<char> {
    Some(match c {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0b' => 'v',
        '\x0c' => 'f',
        '\r' => 'r',
        '\x1b' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => return None,
    })
}

// ^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$: numbers to other readers of YAML 1.1.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let mut rest = parts.peekable();
    first.starts_with(|c: char| c.is_ascii_digit())
        && are_digits(first)
        && are_digits(fraction)
        && rest.peek().is_some()
        && rest.all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

// keyList.Less: digits compare as numbers, letters come after everything else.
fn compare_keys(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else {
        return a.len().cmp(&b.len());
    };
    let (x, y) = (a[at], b[at]);
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(&y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // Zeros count only after another digit.
    let zeros_count =
        (x == '0' || y == '0') && a[..at].iter().rev().take_while(|c| c.is_numeric()).any(|c| *c != '0');
    let number = |chars: &[char]| {
        let digits = chars[at..].iter().take_while(|c| c.is_numeric());
        digits.fold((i64::from(zeros_count), 0), |(value, len): (i64, usize), c| {
            let digit = i64::from(u32::from(*c)) - i64::from(u32::from('0'));
            (value.wrapping_mul(10).wrapping_add(digit), len + 1)
        })
    };
    number(&a).cmp(&number(&b)).then(x.cmp(&y))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::to_yaml;

    #[test]
    fn scalars_are_quoted_as_go_does() {
        let cases = [
            (json!("plain text"), "plain text"),
            (json!(""), "\"\""),
            (json!("true"), "\"true\""),
            (json!("8"), "\"8\""),
            (json!("1e3"), "\"1e3\""),
            (json!("2020-01-01"), "\"2020-01-01\""),
            (json!("2024-01-01T00:00:00Z"), "\"2024-01-01T00:00:00Z\""),
            (json!("1:30"), "\"1:30\""),
            (json!("a: b"), "'a: b'"),
            (json!("it's # one"), "'it''s # one'"),
            (json!("{}"), "'{}'"),
            (json!("- a"), "'- a'"),
            (json!("-a"), "-a"),
            (json!(" a"), "' a'"),
            (json!("a\tb"), "\"a\\tb\""),
            (json!("😀"), "\"\\U0001F600\""),
            (json!("数据"), "数据"),
            (json!("~"), "\"~\""),
            (json!("<<"), "\"<<\""),
            (json!("null"), "\"null\""),
            (json!(null), "null"),
            (json!(1.5), "1.5"),
            (json!(1e6), "1e+06"),
            (json!([]), "[]"),
            (json!({}), "{}"),
        ];
        for (value, expected) in cases {
            assert_eq!(to_yaml(&value), format!("{expected}\n"), "{value}");
        }
    }

    #[test]
    fn collections_are_indented_as_go_does() {
        let value = json!({
            "a": [{"b": 1, "c": [2, [3, 4]]}, "x"],
            "e": {"f": {}},
            "t": "one\ntwo\n",
            "u": "one\n two",
            "v": "\n",
            "w": "trailing \n",
        });
        let expected = "a:\n- b: 1\n  c:\n  - 2\n  - - 3\n    - 4\n- x\ne:\n  f: {}\nt: |\n  one\n  two\nu: |-\n  one\n   two\nv: |2+\n\nw: \"trailing \\n\"\n";
        assert_eq!(to_yaml(&value), expected);
    }

    #[test]
    fn long_lines_break_at_spaces() {
        let words = "word ".repeat(20);
        let value = json!({"message": words.trim_end()});
        let broken = "message: ".len() + 75;
        let expected = format!("message: {}\n  {}\n", &words[..broken - 10], words[broken - 9..].trim_end());
        assert_eq!(to_yaml(&value), expected);
    }

    #[test]
    fn keys_are_sorted_naturally() {
        let value = json!({"a10": 1, "a9": 2, "a": 3, "B": 4, "a-b": 5, "1": 6});
        assert_eq!(to_yaml(&value), "\"1\": 6\nB: 4\na: 3\na-b: 5\na9: 2\na10: 1\n");
    }

    #[test]
    fn long_keys_are_explicit() {
        let key = "k".repeat(129);
        let value = json!({"m": {key.as_str(): {"a": 1}}});
        assert_eq!(to_yaml(&value), format!("m:\n  ? {key}\n  : a: 1\n"));
    }
}
