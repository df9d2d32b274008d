//! JSON values as Go prints them: `%v`, `%#v` and `%q`.
//!
//! Models fmt (print.go) for what encoding/json decodes into `interface{}`, and strconv (quote.go). Departs in one point:
//! what is nested deeper than [`MAX_DEPTH`] prints as `...`.

use std::fmt::Write;

use serde_json::{Number, Value};

/// How deep values are printed; objects of the API nest far less.
const MAX_DEPTH: usize = 100;

/// What a value counts besides its text.
const VALUE_COST: usize = 64;

/// About how many bytes a value takes.
pub(crate) fn size(value: &Value) -> usize {
    VALUE_COST
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(entries) => entries.iter().map(|(key, value)| key.len() + size(value)).sum(),
            _ => 0,
        }
}

/// `%v`: `map[a:1 b:[x y]]`.
pub(crate) fn plain(value: &Value) -> String {
    let mut out = String::new();
    write_plain(&mut out, value, MAX_DEPTH);
    out
}

/// `%#v`: `map[string]interface {}{"a":1}`.
pub(crate) fn syntax(value: &Value) -> String {
    let mut out = String::new();
    write_syntax(&mut out, value, MAX_DEPTH);
    out
}

/// `%q` of a string.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        // Writing to a string cannot fail.
        let _ = match c {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\u{7}' => out.write_str("\\a"),
            '\u{8}' => out.write_str("\\b"),
            '\u{c}' => out.write_str("\\f"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '\u{b}' => out.write_str("\\v"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => write!(out, "\\x{:02x}", c as u32),
            c if c.is_control() || c.is_whitespace() && c != ' ' => write!(out, "\\u{:04x}", c as u32),
            c => out.write_char(c),
        };
    }
    out.push('"');
    out
}

fn number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float_text(float),
        _ => number.to_string(),
    }
}

// `%v` of a float64: the shortest text, with an exponent below -4 and from 21.
fn float_text(float: f64) -> String {
    let scientific = format!("{float:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..21).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{float}"),
    }
}

fn write_plain(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => out.push_str(&number(n)),
        Value::String(s) => out.push_str(s),
        Value::Array(_) | Value::Object(_) if depth == 0 => out.push_str("..."),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { " " } else { "" });
                write_plain(out, item, depth - 1);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push_str("map[");
            for (i, (key, item)) in entries.iter().enumerate() {
                out.push_str(if i > 0 { " " } else { "" });
                out.push_str(key);
                out.push(':');
                write_plain(out, item, depth - 1);
            }
            out.push(']');
        }
    }
}

fn write_syntax(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null => out.push_str("interface {}(nil)"),
        Value::String(s) => out.push_str(&quote(s)),
        Value::Array(_) | Value::Object(_) if depth == 0 => out.push_str("..."),
        Value::Array(items) => {
            out.push_str("[]interface {}{");
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_syntax(out, item, depth - 1);
            }
            out.push('}');
        }
        Value::Object(entries) => {
            out.push_str("map[string]interface {}{");
            for (i, (key, item)) in entries.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                out.push_str(&quote(key));
                out.push(':');
                write_syntax(out, item, depth - 1);
            }
            out.push('}');
        }
        other => write_plain(out, other, depth),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{plain, quote, syntax};

    #[test]
    fn values_print_as_go_prints_them() {
        let value = json!({"b": [1, "x", null], "a": {"c": true, "d": 0.5}});
        assert_eq!(plain(&value), "map[a:map[c:true d:0.5] b:[1 x <nil>]]");
        let expected = "map[string]interface {}{\"a\":map[string]interface {}{\"c\":true, \"d\":0.5}, \"b\":[]interface {}{1, \"x\", interface {}(nil)}}";
        assert_eq!(syntax(&value), expected);
        assert_eq!(plain(&json!(1e21)), "1e+21");
        assert_eq!(quote("a\"b\n<é\u{1}"), "\"a\\\"b\\n<é\\x01\"");
    }

    #[test]
    fn deep_values_do_not_overflow_the_stack() {
        let deep = (0..100_000).fold(json!(1), |value, _| serde_json::Value::Array(vec![value]));
        assert!(plain(&deep).ends_with(&"]".repeat(100)));
        // Dropping a value that deep would overflow as well.
        std::mem::forget(deep);
    }
}
