//! The values of flags, read as Go reads them.

use crate::go_value;

/// Go's `strconv.ParseBool`.
pub(crate) fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", go_value::quote(text))),
    }
}

/// Go's `strconv.ParseInt`.
pub(super) fn parse_int(text: &str) -> Result<i64, String> {
    text.parse::<i64>().map_err(|error| {
        let what = match error.kind() {
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.ParseInt: parsing {}: {what}", go_value::quote(text))
    })
}

/// Go's `time.ParseDuration`, in milliseconds.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", go_value::quote(text));
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().map_err(|_| invalid())?;
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1000.0,
            "ms" => 1.0,
            "us" | "µs" => 0.001,
            "ns" => 0.000_001,
            "" => return Err(format!("time: missing unit in duration {}", go_value::quote(text))),
            unit => {
                let (unit, text) = (go_value::quote(unit), go_value::quote(text));
                return Err(format!("time: unknown unit {unit} in duration {text}"));
            }
        };
        total += number * unit;
        rest = &rest[end..];
    }
    // Saturates; Go refuses what does not fit, at about 292 years.
    let milliseconds = total.round() as i64;
    Ok(if negative { -milliseconds } else { milliseconds })
}

/// `--request-timeout` in milliseconds: a duration, or a number of seconds (clientcmd/helpers.go, ParseTimeout).
///
/// # Errors
/// Upstream's message.
pub(crate) fn parse_timeout(text: &str) -> Result<i64, String> {
    if let Some(seconds) = text.parse::<i64>().ok().filter(|seconds| *seconds >= 0) {
        return Ok(seconds.saturating_mul(1000));
    }
    parse_duration(text).map_err(|_| {
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::{parse_duration, parse_timeout};

    #[test]
    fn durations_are_gos() {
        let cases =
            [("3s", 3000), ("1m30s", 90_000), ("1.5h", 5_400_000), ("0", 0), ("250ms", 250), ("-1s", -1000)];
        for (text, ms) in cases {
            assert_eq!(parse_duration(text), Ok(ms), "{text}");
            assert_eq!(parse_timeout(text), Ok(ms), "{text}");
        }
        assert_eq!(parse_timeout("5"), Ok(5000));
        assert!(parse_timeout("abc").is_err());
    }
}
