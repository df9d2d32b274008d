//! Floats and quoted strings as Go prints them (strconv/ftoa.go, strconv/quote.go).
//!
//! Floats have the shortest digits that read back as the same number. Invariant: recursion is as deep as the value, which decoding bounds.

use serde_json::Value;

// The shortest digits, and where the decimal point is among them: 0.012 is "12" with -1.
fn shortest(scientific: &str) -> (bool, String, i32) {
    let negative = scientific.starts_with('-');
    let (mantissa, exponent) =
        scientific.trim_start_matches('-').split_once('e').unwrap_or((scientific, "0"));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    (negative, digits, exponent.parse::<i32>().unwrap_or(0) + 1)
}

fn positional(digits: &str, point: i32) -> String {
    let len = digits.len() as i32;
    if point <= 0 {
        return format!("0.{}{digits}", "0".repeat(-point as usize));
    }
    if point >= len {
        return format!("{digits}{}", "0".repeat((point - len) as usize));
    }
    let (whole, fraction) = digits.split_at(point as usize);
    format!("{whole}.{fraction}")
}

fn scientific(digits: &str, point: i32, exponent_width: usize) -> String {
    let (first, rest) = digits.split_at(1);
    let dot = if rest.is_empty() { "" } else { "." };
    let exponent = point - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{dot}{rest}e{sign}{:0exponent_width$}", exponent.abs())
}

/// As encoding/json prints a finite float64.
pub(crate) fn json_float(value: f64) -> String {
    let (negative, digits, point) = shortest(&format!("{value:e}"));
    let small = value != 0.0 && value.abs() < 1e-6;
    let text = if small {
        scientific(&digits, point, 1)
    } else if value.abs() >= 1e21 {
        scientific(&digits, point, 2)
    } else {
        positional(&digits, point)
    };
    if negative { format!("-{text}") } else { text }
}

/// As `strconv.FormatFloat(value, 'g', -1, 64)`, with YAML's words for what is not finite.
pub(crate) fn yaml_float(value: f64) -> String {
    general(value, &format!("{value:e}"))
}

/// As `strconv.FormatFloat(value, 'g', -1, 32)`, with YAML's words for what is not finite.
pub(crate) fn yaml_float_32(value: f64) -> String {
    let value = value as f32;
    general(value.into(), &format!("{value:e}"))
}

fn general(value: f64, shortest_text: &str) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let (negative, digits, point) = shortest(shortest_text);
    let exponent = point - 1;
    let text =
        if !(-4..6).contains(&exponent) { scientific(&digits, point, 2) } else { positional(&digits, point) };
    if negative { format!("-{text}") } else { text }
}

/// As `%v` prints decoded JSON: `map[a:1 b:[x y]]`.
pub fn display(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) => match (number.is_f64(), number.as_f64()) {
            (true, Some(float)) => yaml_float(float),
            _ => number.to_string(),
        },
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(display).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", display(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
    }
}

/// As `strconv.Quote`.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            // Rust's escape agrees with Go on what is printable, save a few marks.
            c if c.escape_debug().len() == 1 || c == '\'' => out.push(c),
            c if u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn prints_as_go_does() {
        let cases = [
            (0.0, "0", "0"),
            (1.5, "1.5", "1.5"),
            (-0.25, "-0.25", "-0.25"),
            (1e20, "100000000000000000000", "1e+20"),
            (1e21, "1e+21", "1e+21"),
            (1.25e-7, "1.25e-7", "1.25e-07"),
            (0.00001, "0.00001", "1e-05"),
            (1234567.0, "1234567", "1.234567e+06"),
        ];
        for (value, json, yaml) in cases {
            assert_eq!(
                (super::json_float(value), super::yaml_float(value)),
                (json.to_owned(), yaml.to_owned())
            );
        }
        assert_eq!(
            (super::yaml_float_32(1.1), super::yaml_float(f64::NAN)),
            ("1.1".to_owned(), ".nan".to_owned())
        );
    }

    #[test]
    fn quotes_as_go_does() {
        assert_eq!(super::quote("a\"\\'\n\0\u{200b}é😀"), r#""a\"\\'\n\x00\u200bé😀""#);
    }
}
