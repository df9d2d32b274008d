//! Times as Go reads them (time/format.go, `parse`), for the two layouts that `metav1.Time` and `MicroTime` use.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// A layout: literal characters and the elements between them.
pub(crate) struct Layout {
    text: &'static str,
    elements: &'static [Element],
}

/// `time.RFC3339`.
pub(crate) const RFC3339: Layout = Layout {
    text: "2006-01-02T15:04:05Z07:00",
    elements: &[
        Element::Year,
        Element::Literal("-"),
        Element::Month,
        Element::Literal("-"),
        Element::Day,
        Element::Literal("T"),
        Element::Hour,
        Element::Literal(":"),
        Element::Minute,
        Element::Literal(":"),
        Element::Second,
        Element::Zone,
    ],
};

/// `metav1.RFC3339Micro`.
pub(crate) const RFC3339_MICRO: Layout = Layout {
    text: "2006-01-02T15:04:05.000000Z07:00",
    elements: &[
        Element::Year,
        Element::Literal("-"),
        Element::Month,
        Element::Literal("-"),
        Element::Day,
        Element::Literal("T"),
        Element::Hour,
        Element::Literal(":"),
        Element::Minute,
        Element::Literal(":"),
        Element::Second,
        Element::Micros,
        Element::Zone,
    ],
};

#[derive(Clone, Copy, PartialEq)]
enum Element {
    Literal(&'static str),
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Micros,
    Zone,
}

impl Element {
    fn text(self) -> &'static str {
        match self {
            Element::Literal(text) => text,
            Element::Year => "2006",
            Element::Month => "01",
            Element::Day => "02",
            Element::Hour => "15",
            Element::Minute => "04",
            Element::Second => "05",
            Element::Micros => ".000000",
            Element::Zone => "Z07:00",
        }
    }
}

enum Problem {
    Bad,
    OutOfRange(&'static str),
}

#[derive(Default)]
struct Parts {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    nanos: i32,
    offset_seconds: i32,
}

/// Reads a time; the error is `time.ParseError`'s text.
pub(crate) fn parse(layout: &Layout, text: &str) -> Result<Timestamp, String> {
    let mut parts = Parts::default();
    let mut rest = text;
    for (index, element) in layout.elements.iter().enumerate() {
        let before = rest;
        let fraction_follows = layout.elements.get(index + 1) == Some(&Element::Micros);
        match read(*element, fraction_follows, &mut rest, &mut parts) {
            Ok(()) => {}
            Err(Problem::Bad) => {
                let (value, as_layout, got) = (quote(text), quote(layout.text), quote(before));
                let wanted = quote(element.text());
                return Err(format!("parsing time {value} as {as_layout}: cannot parse {got} as {wanted}"));
            }
            Err(Problem::OutOfRange(what)) => {
                return Err(format!("parsing time {}: {what} out of range", quote(text)));
            }
        }
    }
    if !rest.is_empty() {
        return Err(format!("parsing time {}: extra text: {}", quote(text), quote(rest)));
    }
    let date = Date::new(parts.year, parts.month, parts.day)
        .map_err(|_| format!("parsing time {}: day out of range", quote(text)))?;
    // These ranges were checked while reading.
    let time = Time::new(parts.hour, parts.minute, parts.second, parts.nanos).unwrap_or(Time::MIN);
    let local = Offset::UTC.to_timestamp(DateTime::from_parts(date, time)).unwrap_or(Timestamp::MIN);
    let seconds = local.as_second() - i64::from(parts.offset_seconds);
    Ok(Timestamp::new(seconds, local.subsec_nanosecond()).unwrap_or(local))
}

fn read(element: Element, fraction_follows: bool, rest: &mut &str, parts: &mut Parts) -> Result<(), Problem> {
    match element {
        Element::Literal(text) => *rest = rest.strip_prefix(text).ok_or(Problem::Bad)?,
        Element::Year => {
            let year =
                rest.get(..4).filter(|year| year.bytes().all(|b| b.is_ascii_digit())).ok_or(Problem::Bad)?;
            parts.year = year.parse().map_err(|_| Problem::Bad)?;
            *rest = &rest[4..];
        }
        Element::Month => parts.month = in_range(number(rest, true)?, 1, 12, "month")?,
        Element::Day => parts.day = number(rest, true)?,
        Element::Hour => parts.hour = in_range(number(rest, false)?, 0, 23, "hour")?,
        Element::Minute => parts.minute = in_range(number(rest, true)?, 0, 59, "minute")?,
        Element::Second => {
            parts.second = in_range(number(rest, true)?, 0, 59, "second")?;
            if !fraction_follows
                && rest.starts_with(['.', ','])
                && rest[1..].starts_with(|c: char| c.is_ascii_digit())
            {
                let digits = rest[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - 1);
                parts.nanos = nanos(&rest[1..=digits]);
                *rest = &rest[digits + 1..];
            }
        }
        Element::Micros => {
            let fraction = rest.get(..7).filter(|f| f.starts_with(['.', ','])).ok_or(Problem::Bad)?;
            if !fraction[1..].bytes().all(|b| b.is_ascii_digit()) {
                return Err(Problem::Bad);
            }
            parts.nanos = nanos(&fraction[1..]);
            *rest = &rest[7..];
        }
        Element::Zone => zone(rest, parts)?,
    }
    Ok(())
}

fn zone(rest: &mut &str, parts: &mut Parts) -> Result<(), Problem> {
    if let Some(after) = rest.strip_prefix('Z') {
        *rest = after;
        return Ok(());
    }
    let zone = rest.get(..6).ok_or(Problem::Bad)?;
    if zone.as_bytes()[3] != b':' {
        return Err(Problem::Bad);
    }
    let (mut hours, mut minutes) = (zone.get(1..3).ok_or(Problem::Bad)?, &zone[4..]);
    let hours = in_range(number(&mut hours, true)?, 0, 24, "time zone offset hour")?;
    let minutes = in_range(number(&mut minutes, true)?, 0, 60, "time zone offset minute")?;
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    parts.offset_seconds = match zone.as_bytes()[0] {
        b'+' => seconds,
        b'-' => -seconds,
        _ => return Err(Problem::Bad),
    };
    *rest = &rest[6..];
    Ok(())
}

// getnum: two digits, or one if that is allowed.
fn number(rest: &mut &str, two_digits: bool) -> Result<i8, Problem> {
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if digits == 0 || (digits == 1 && two_digits) {
        return Err(Problem::Bad);
    }
    let value = rest[..digits].parse().map_err(|_| Problem::Bad)?;
    *rest = &rest[digits..];
    Ok(value)
}

fn in_range(value: i8, min: i8, max: i8, what: &'static str) -> Result<i8, Problem> {
    if (min..=max).contains(&value) { Ok(value) } else { Err(Problem::OutOfRange(what)) }
}

fn nanos(digits: &str) -> i32 {
    format!("{digits:0<9}")[..9].parse().unwrap_or(0)
}

// time.quote: not strconv's.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::{RFC3339, RFC3339_MICRO, parse};

    #[test]
    fn reads_what_go_reads() {
        let cases = [
            ("2024-02-29T01:02:03Z", "2024-02-29T01:02:03Z"),
            ("2024-02-29T1:02:03Z", "2024-02-29T01:02:03Z"),
            ("2024-02-29T01:02:03+02:00", "2024-02-28T23:02:03Z"),
            ("2024-02-29T01:02:03.5Z", "2024-02-29T01:02:03.5Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(&RFC3339, text).map(|t| t.to_string()), Ok(expected.to_owned()));
        }
        let micro = parse(&RFC3339_MICRO, "2024-02-29T01:02:03.000400Z").map(|t| t.to_string());
        assert_eq!(micro, Ok("2024-02-29T01:02:03.0004Z".to_owned()));
    }

    #[test]
    fn refuses_in_gos_words() {
        let cases = [
            (
                "notatime",
                r#"parsing time "notatime" as "2006-01-02T15:04:05Z07:00": cannot parse "notatime" as "2006""#,
            ),
            ("", r#"parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006""#),
            ("2024-02-30T00:00:00Z", r#"parsing time "2024-02-30T00:00:00Z": day out of range"#),
            ("2024-13-01T00:00:00Z", r#"parsing time "2024-13-01T00:00:00Z": month out of range"#),
            (
                "2024-01-01",
                r#"parsing time "2024-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#,
            ),
            (
                "2024-01-01T00:00:00Zé",
                r#"parsing time "2024-01-01T00:00:00Z\xc3\xa9": extra text: "\xc3\xa9""#,
            ),
            (
                "2024-01-01T00:00:00+aé",
                r#"parsing time "2024-01-01T00:00:00+a\xc3\xa9" as "2006-01-02T15:04:05Z07:00": cannot parse "+a\xc3\xa9" as "Z07:00""#,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(&RFC3339, text).map_err(|e| e.to_string()), Err(expected.to_owned()), "{text}");
        }
    }
}
