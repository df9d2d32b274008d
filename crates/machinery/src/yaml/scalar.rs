//! What a scalar means: YAML 1.1 as kubectl's library reads it.
//!
//! Models go.yaml.in/yaml/v2, resolve.go, and strconv.ParseInt with base 0.

use crate::decode;

const TAG_PREFIX: &str = "tag:yaml.org,2002:";

/// A scalar's value, as Go would hold it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond `i64`.
    Uint(u64),
    Float(f64),
    Text(String),
}

/// The value of a scalar; the error is the library's, without its `yaml: `.
pub(super) fn scalar(value: &str, tag: &str, implicit: bool) -> Result<Scalar, String> {
    if tag.is_empty() && !implicit {
        return Ok(Scalar::Text(value.to_owned()));
    }
    let wanted = tag.strip_prefix(TAG_PREFIX);
    match (tag, wanted) {
        ("", _) => Ok(plain(value, true)),
        (_, Some("str")) => Ok(Scalar::Text(value.to_owned())),
        (_, Some("binary")) => match decode::decode_base64(value) {
            Ok(bytes) => Ok(Scalar::Text(String::from_utf8_lossy(&bytes).into_owned())),
            Err(_) => Err("!!binary value contains invalid base64 data".to_owned()),
        },
        (_, Some(wanted @ ("bool" | "int" | "float" | "null" | "timestamp"))) => tagged(value, wanted),
        _ => Ok(Scalar::Text(value.to_owned())),
    }
}

fn tagged(value: &str, wanted: &str) -> Result<Scalar, String> {
    if wanted == "timestamp" && is_timestamp(value) {
        return Ok(Scalar::Text(value.to_owned()));
    }
    let resolved = plain(value, false);
    let found = match &resolved {
        Scalar::Null => "null",
        Scalar::Bool(_) => "bool",
        Scalar::Int(_) | Scalar::Uint(_) => "int",
        Scalar::Float(_) => "float",
        Scalar::Text(text) if text == "<<" => "merge",
        Scalar::Text(_) => "str",
    };
    match (resolved, wanted) {
        (Scalar::Int(int), "float") => Ok(Scalar::Float(int as f64)),
        (resolved, wanted) if found == wanted => Ok(resolved),
        _ => Err(format!("cannot decode !!{found} `{value}` as a !!{wanted}")),
    }
}

fn plain(value: &str, timestamps: bool) -> Scalar {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match value.as_bytes().first() {
        Some(b'.') => float(value),
        Some(b'+' | b'-' | b'0'..=b'9') if !(timestamps && is_timestamp(value)) => {
            let digits = value.replace('_', "");
            integer(&digits).or_else(|| float(&digits))
        }
        _ => None,
    };
    number.unwrap_or_else(|| Scalar::Text(value.to_owned()))
}

// ParseInt and ParseUint with base 0: 0x, 0o, 0b, and a bare 0 for octal.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (radix, digits) = if let Some(digits) = lower.strip_prefix("0x") {
        (16, digits)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (8, digits)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (2, digits)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    // Rust takes a sign here, Go does not.
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match (negative, i64::try_from(magnitude)) {
        (false, Ok(int)) => Some(Scalar::Int(int)),
        // ParseUint knows no sign.
        (false, Err(_)) => (!text.starts_with('+')).then_some(Scalar::Uint(magnitude)),
        (true, _) => 0i64.checked_sub_unsigned(magnitude).map(Scalar::Int),
    }
}

// ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$, and not beyond a float64.
fn float(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits =
        all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    if !(mantissa_fits && exponent_fits) {
        return None;
    }
    text.parse::<f64>().ok().filter(|float| float.is_finite()).map(Scalar::Float)
}

/// Whether the text looks like a timestamp, which stays text.
pub(super) fn is_timestamp(text: &str) -> bool {
    let mut rest = text;
    let Some(year) = digits(&mut rest, 4, 4) else {
        return false;
    };
    let Some((month, day)) = (|| {
        rest = rest.strip_prefix('-')?;
        let month = digits(&mut rest, 1, 2)?;
        rest = rest.strip_prefix('-')?;
        Some((month, digits(&mut rest, 1, 2)?))
    })() else {
        return false;
    };
    let is_date = i16::try_from(year)
        .ok()
        .zip(i8::try_from(month).ok().zip(i8::try_from(day).ok()))
        .is_some_and(|(year, (month, day))| jiff::civil::Date::new(year, month, day).is_ok());
    is_date && (rest.is_empty() || is_time(rest))
}

// `T15:04:05`, `t15:04:05` with a zone, or ` 15:04:05` without one; the second may have a fraction.
fn is_time(text: &str) -> bool {
    let zoned = text.starts_with(['T', 't']);
    let Some(mut rest) = text.strip_prefix(['T', 't', ' ']) else {
        return false;
    };
    for (separator, max) in [("", 23), (":", 59), (":", 59)] {
        let Some(after) = rest.strip_prefix(separator) else {
            return false;
        };
        rest = after;
        if digits(&mut rest, 1, 2).is_none_or(|value| value > max) {
            return false;
        }
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() == fraction.len() {
            return false;
        }
        rest = after;
    }
    if zoned { rest == "Z" || is_offset(rest) } else { rest.is_empty() }
}

fn is_offset(text: &str) -> bool {
    let Some(mut rest) = text.strip_prefix(['+', '-']) else {
        return false;
    };
    let hours = digits(&mut rest, 2, 2);
    let Some(after) = rest.strip_prefix(':') else {
        return false;
    };
    rest = after;
    let minutes = digits(&mut rest, 2, 2);
    rest.is_empty() && hours.is_some_and(|h| h <= 24) && minutes.is_some_and(|m| m <= 60)
}

fn digits(rest: &mut &str, min: usize, max: usize) -> Option<u32> {
    let len = rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
    if len < min {
        return None;
    }
    let (number, after) = rest.split_at(len);
    *rest = after;
    number.parse().ok()
}

/// Whether the library would read the plain text as text: then it is printed without quotes.
pub(super) fn is_plain_text(text: &str) -> bool {
    text != "<<" && !is_timestamp(text) && matches!(plain(text, true), Scalar::Text(_))
}

#[cfg(test)]
mod tests {
    use super::{Scalar, is_timestamp, scalar};

    #[test]
    fn plain_scalars_are_yaml_1_1() {
        let cases = [
            ("010", Scalar::Int(8)),
            ("0o10", Scalar::Int(8)),
            ("0x1F", Scalar::Int(31)),
            ("0b11", Scalar::Int(3)),
            ("1_0", Scalar::Int(10)),
            ("+5", Scalar::Int(5)),
            ("-0x10", Scalar::Int(-16)),
            ("08", Scalar::Float(8.0)),
            ("1e0", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            ("1.", Scalar::Float(1.0)),
            ("18446744073709551615", Scalar::Uint(u64::MAX)),
            ("-9223372036854775808", Scalar::Int(i64::MIN)),
            ("1e999", Scalar::Text("1e999".into())),
            ("0x", Scalar::Text("0x".into())),
            ("1-2", Scalar::Text("1-2".into())),
            ("--1", Scalar::Text("--1".into())),
            ("5Gi", Scalar::Text("5Gi".into())),
            ("0.0.0.0", Scalar::Text("0.0.0.0".into())),
            ("2020-01-01", Scalar::Text("2020-01-01".into())),
            ("yes", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("yEs", Scalar::Text("yEs".into())),
            ("~", Scalar::Null),
            ("", Scalar::Null),
            ("é", Scalar::Text("é".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(scalar(text, "", true), Ok(expected), "{text}");
        }
    }

    #[test]
    fn tags_convert_or_refuse() {
        let tag = |name: &str| format!("tag:yaml.org,2002:{name}");
        let cases = [
            ("1", "str", Ok(Scalar::Text("1".into()))),
            ("1", "float", Ok(Scalar::Float(1.0))),
            ("Zm9v", "binary", Ok(Scalar::Text("foo".into()))),
            ("Zm9", "binary", Err("!!binary value contains invalid base64 data")),
            ("x", "int", Err("cannot decode !!str `x` as a !!int")),
            ("1.5", "int", Err("cannot decode !!float `1.5` as a !!int")),
            ("2020-01-01", "timestamp", Ok(Scalar::Text("2020-01-01".into()))),
        ];
        for (text, name, expected) in cases {
            assert_eq!(scalar(text, &tag(name), false), expected.map_err(str::to_owned), "{name} {text}");
        }
        assert_eq!(scalar("1", "!foo", false), Ok(Scalar::Text("1".into())));
    }

    #[test]
    fn timestamps_are_told_from_numbers() {
        for text in ["2020-1-2", "2020-01-02T03:04:05Z", "2020-01-02t3:4:5.67+01:00", "2020-01-02 03:04:05"] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in ["2020-13-01", "2020-01-02T03:04:05", "20200102", "2020-01-02 03:04:05Z", "2020"] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
