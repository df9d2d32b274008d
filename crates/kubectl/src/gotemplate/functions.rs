//! The functions of templates.
//!
//! Models text/template/funcs.go, and `exists` and `base64decode` of cli-runtime/pkg/printers/template.go.

use std::cmp::Ordering;
use std::fmt::Write;

use serde_json::Value;

use super::eval::{Given, TEXT_LIMIT, is_true, print, too_long};
use crate::go_value;

const NAMES: [&str; 20] = [
    "and",
    "base64decode",
    "eq",
    "exists",
    "ge",
    "gt",
    "html",
    "index",
    "js",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "or",
    "print",
    "printf",
    "println",
    "slice",
    "urlquery",
];

/// Whether there is a function of that name.
pub(super) fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Calls a function.
pub(super) fn call(name: &str, arguments: Vec<Given>) -> Result<Given, String> {
    let wrong_count =
        |wanted: &str| Err(format!("wrong number of args for {name}: want {wanted} got {}", arguments.len()));
    Ok(Some(match (name, arguments.as_slice()) {
        ("and" | "or", [.., last]) => return Ok(last.clone()),
        ("not", [value]) => Value::Bool(!is_true(value)),
        ("len", [value]) => length(value)?.into(),
        ("index", [value, keys @ ..]) => return index(value, keys),
        ("slice", [value, bounds @ ..]) => slice(value, bounds)?,
        ("eq", [first, others @ ..]) if !others.is_empty() => {
            let mut equal = false;
            for other in others {
                equal |= compare(first, other)? == Some(Ordering::Equal);
            }
            Value::Bool(equal)
        }
        ("ne", [a, b]) => Value::Bool(compare(a, b)? != Some(Ordering::Equal)),
        ("lt", [a, b]) => Value::Bool(compare(a, b)? == Some(Ordering::Less)),
        ("le", [a, b]) => Value::Bool(matches!(compare(a, b)?, Some(Ordering::Less | Ordering::Equal))),
        ("gt", [a, b]) => Value::Bool(compare(a, b)? == Some(Ordering::Greater)),
        ("ge", [a, b]) => Value::Bool(matches!(compare(a, b)?, Some(Ordering::Greater | Ordering::Equal))),
        ("print", arguments) => Value::String(printed(arguments)),
        ("println", arguments) => {
            let texts: Vec<String> = arguments.iter().map(nested).collect();
            Value::String(texts.join(" ") + "\n")
        }
        ("printf", [Some(Value::String(format)), rest @ ..]) => Value::String(printf(format, rest)?),
        ("printf", _) => return wrong_count("at least 1"),
        ("html", arguments) => Value::String(escape_html(&printed(arguments))),
        ("js", arguments) => Value::String(escape_js(&printed(arguments))),
        ("urlquery", arguments) => Value::String(escape_query(&printed(arguments))),
        ("exists", [value, path @ ..]) => {
            let mut value = value.clone();
            for key in path {
                value = index(&value, std::slice::from_ref(key)).unwrap_or(None);
            }
            Value::Bool(value.is_some())
        }
        ("base64decode", [value]) => base64_decode(&print(value))?,
        _ => return wrong_count("other"),
    }))
}

fn length(value: &Given) -> Result<usize, String> {
    match value {
        Some(Value::String(text)) => Ok(text.len()),
        Some(Value::Array(items)) => Ok(items.len()),
        Some(Value::Object(entries)) => Ok(entries.len()),
        None | Some(Value::Null) => Err("len of nil pointer".to_owned()),
        Some(Value::Bool(_)) => Err("len of type bool".to_owned()),
        Some(Value::Number(_)) => Err("len of type int64".to_owned()),
    }
}

fn index(value: &Given, keys: &[Given]) -> Result<Given, String> {
    let mut value = value.clone();
    for key in keys {
        value = match (&value, key) {
            (None | Some(Value::Null), _) => return Err("index of untyped nil".to_owned()),
            (Some(Value::Object(entries)), Some(Value::String(key))) => entries.get(key).cloned(),
            (Some(Value::Object(_)), _) => {
                return Err(format!("value has type {}; should be string", type_name(key)));
            }
            (Some(Value::Array(items)), Some(Value::Number(number))) => {
                let found = number.as_u64().and_then(|i| items.get(usize::try_from(i).ok()?));
                match found {
                    Some(item) => Some(item.clone()),
                    None => return Err(format!("index out of range: {number}")),
                }
            }
            (Some(Value::Array(_)), _) => {
                return Err(format!("cannot index slice/array with type {}", type_name(key)));
            }
            (other, _) => return Err(format!("can't index item of type {}", type_name(other))),
        };
    }
    Ok(value)
}

fn slice(value: &Given, bounds: &[Given]) -> Result<Value, String> {
    let length = length(value)?;
    let bound = |i: usize, default: usize| match bounds.get(i) {
        None => Ok(default),
        Some(Some(Value::Number(n))) => match n.as_u64().and_then(|n| usize::try_from(n).ok()) {
            Some(n) if n <= length => Ok(n),
            _ => Err(format!("index out of range: {n}")),
        },
        Some(other) => Err(format!("cannot index slice/array with type {}", type_name(other))),
    };
    let (start, end) = (bound(0, 0)?, bound(1, length)?);
    if start > end {
        return Err(format!("invalid slice index: {start} > {end}"));
    }
    match value {
        Some(Value::String(text)) => {
            Ok(Value::String(String::from_utf8_lossy(&text.as_bytes()[start..end]).into_owned()))
        }
        Some(Value::Array(items)) => Ok(Value::Array(items[start..end].to_vec())),
        other => Err(format!("can't slice item of type {}", type_name(other))),
    }
}

fn type_name(value: &Given) -> &'static str {
    match value {
        None | Some(Value::Null) => "<nil>",
        Some(Value::Bool(_)) => "bool",
        Some(Value::Number(n)) if n.is_f64() => "float64",
        Some(Value::Number(_)) => "int64",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "[]interface {}",
        Some(Value::Object(_)) => "map[string]interface {}",
    }
}

// None: not equal, and in no order.
fn compare(a: &Given, b: &Given) -> Result<Option<Ordering>, String> {
    match (a, b) {
        (None | Some(Value::Null), None | Some(Value::Null)) => Ok(Some(Ordering::Equal)),
        (None | Some(Value::Null), _) | (_, None | Some(Value::Null)) => Ok(None),
        (Some(Value::String(a)), Some(Value::String(b))) => Ok(Some(a.cmp(b))),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => Ok(Some(a.cmp(b))),
        (Some(Value::Number(a)), Some(Value::Number(b))) if a.is_f64() == b.is_f64() => {
            Ok(match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => a.as_f64().partial_cmp(&b.as_f64()),
            })
        }
        (Some(Value::Array(_) | Value::Object(_)), _) | (_, Some(Value::Array(_) | Value::Object(_))) => {
            Err("non-comparable type for comparison".to_owned())
        }
        _ => Err("incompatible types for comparison".to_owned()),
    }
}

// As fmt prints an argument: nil is `<nil>`.
fn nested(value: &Given) -> String {
    go_value::plain(value.as_ref().unwrap_or(&Value::Null))
}

// fmt.Sprint: a blank between two arguments that are no strings.
fn printed(arguments: &[Given]) -> String {
    let is_text = |value: &Given| matches!(value, Some(Value::String(_)));
    let mut out = String::new();
    for (i, argument) in arguments.iter().enumerate() {
        if i > 0 && !is_text(argument) && !is_text(&arguments[i - 1]) {
            out.push(' ');
        }
        out.push_str(&nested(argument));
    }
    out
}

fn printf(format: &str, arguments: &[Given]) -> Result<String, String> {
    let mut out = String::new();
    let mut arguments_left = arguments.iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if out.len() > TEXT_LIMIT {
            return Err(too_long());
        }
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = String::new();
        while let Some(flag) = chars.next_if(|c| matches!(c, '-' | '+' | '#' | '0' | ' ')) {
            flags.push(flag);
        }
        let mut digits = String::new();
        while let Some(digit) = chars.next_if(|c| c.is_ascii_digit() || *c == '.') {
            digits.push(digit);
        }
        let Some(verb) = chars.next() else {
            out.push_str("%!(NOVERB)");
            break;
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        let Some(argument) = arguments_left.next() else {
            let _ = write!(out, "%!{verb}(BADINDEX)");
            continue;
        };
        let (width, precision) =
            digits.split_once('.').map_or((digits.as_str(), None), |(w, p)| (w, Some(p)));
        let text = formatted(verb, &flags, precision, argument);
        // Widths beyond any screen are a mistake.
        let width = width.parse::<usize>().unwrap_or(0).min(1000);
        let blanks = width.saturating_sub(text.chars().count());
        match (flags.contains('-'), flags.contains('0')) {
            (true, _) => out.extend(text.chars().chain(std::iter::repeat_n(' ', blanks))),
            (_, true) => out.extend(std::iter::repeat_n('0', blanks).chain(text.chars())),
            _ => out.extend(std::iter::repeat_n(' ', blanks).chain(text.chars())),
        }
    }
    let extra: Vec<String> = arguments_left.map(|a| format!("{}={}", type_name(a), nested(a))).collect();
    if !extra.is_empty() {
        let _ = write!(out, "%!(EXTRA {})", extra.join(", "));
    }
    Ok(out)
}

fn formatted(verb: char, flags: &str, precision: Option<&str>, argument: &Given) -> String {
    let value = argument.as_ref().unwrap_or(&Value::Null);
    let digits = precision.map(|p| p.parse::<usize>().unwrap_or(0).min(100));
    match (verb, value) {
        ('v', value) if flags.contains('#') => go_value::syntax(value),
        ('v', value) => go_value::plain(value),
        ('s', Value::String(text)) => text.chars().take(digits.unwrap_or(usize::MAX)).collect(),
        ('s', Value::Array(_) | Value::Object(_)) => go_value::plain(value),
        ('q', Value::String(text)) => go_value::quote(text),
        ('d', Value::Number(n)) if !n.is_f64() => n.to_string(),
        ('x', Value::Number(n)) if !n.is_f64() => format!("{:x}", n.as_i64().unwrap_or_default()),
        ('x', Value::String(text)) => text.bytes().map(|b| format!("{b:02x}")).collect(),
        ('t', Value::Bool(b)) => b.to_string(),
        ('f', Value::Number(n)) if n.is_f64() => {
            format!("{:.*}", digits.unwrap_or(6), n.as_f64().unwrap_or_default())
        }
        ('T', _) => type_name(argument).to_owned(),
        (verb, Value::Null) => format!("%!{verb}(<nil>)"),
        (verb, value) => format!("%!{verb}({}={})", type_name(argument), go_value::plain(value)),
    }
}

fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn escape_js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

fn escape_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') => out.push(b.into()),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

// Secrets are base64; what is no text then prints with replacement characters.
fn base64_decode(text: &str) -> Result<Value, String> {
    match machinery::decode::decode_base64(text) {
        Ok(bytes) => Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned())),
        Err(offset) => Err(format!("base64 decode: illegal base64 data at input byte {offset}")),
    }
}
