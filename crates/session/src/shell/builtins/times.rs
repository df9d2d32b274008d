//! Commands about time, which is the cluster's: `sleep`, `timeout`, `watch`, `date`.

use jiff::{Timestamp, tz};

use super::{HOST, Io, Started};

/// How often `watch` looks if it is not told, in milliseconds; and the least that it can be told.
const WATCH_MS: i64 = 2000;
const WATCH_LEAST_MS: i64 = 100;
/// How wide the line above what `watch` shows is.
const WATCH_WIDTH: usize = 80;

/// Starts `sleep`, `timeout` or `watch`.
///
/// # Errors
/// The status, after it was said what is wrong.
pub(super) fn start(arguments: &[String], now: Timestamp, io: &mut Io<'_>) -> Result<Started, i32> {
    let after = |ms| machinery::time::after_ms(now, ms);
    match io.command {
        "sleep" => match duration_ms(arguments) {
            Ok(ms) => Ok(Started::Sleep(after(ms))),
            Err(message) => Err(io.fail(&message)),
        },
        "timeout" => match arguments.split_first() {
            Some((limit, command)) if !command.is_empty() => match duration_ms(std::slice::from_ref(limit)) {
                // No time at all is no limit.
                Ok(ms) => Ok(Started::Timed((ms > 0).then(|| after(ms)), command.to_vec())),
                Err(message) => Err(io.fail(&message)),
            },
            _ => Err(io.fail("missing operand")),
        },
        _ => watch(arguments, io),
    }
}

fn watch(arguments: &[String], io: &mut Io<'_>) -> Result<Started, i32> {
    let (mut every_ms, mut rest) = (WATCH_MS, arguments);
    while let Some((option, more)) = rest.split_first().filter(|(option, _)| option.starts_with('-')) {
        let attached = option.strip_prefix("-n").or_else(|| option.strip_prefix("--interval="));
        let (interval, behind) = match attached {
            Some("") => (more.first().map_or("", String::as_str), more.get(1..).unwrap_or_default()),
            Some(interval) => (interval, more),
            None if matches!(option.as_str(), "-d" | "--differences" | "-t" | "--no-title") => {
                rest = more;
                continue;
            }
            None => return Err(io.fail(&format!("invalid option -- '{}'", option.trim_start_matches('-')))),
        };
        let Some(ms) = thousandths(interval) else {
            return Err(io.fail(&format!("failed to parse argument: '{interval}'")));
        };
        (every_ms, rest) = (ms.max(WATCH_LEAST_MS), behind);
    }
    match rest {
        [] => Err(io.fail("usage: watch [-n SECONDS] COMMAND")),
        words => Ok(Started::Watch(every_ms, words.join(" "))),
    }
}

/// The line above what `watch` shows, and a blank one.
pub fn watch_header(command: &str, every_ms: i64, now: Timestamp) -> String {
    let left = format!("Every {}.{}s: {command}", every_ms / 1000, every_ms % 1000 / 100);
    let date = now.to_zoned(tz::TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y").to_string();
    let right = format!("{HOST}: {date}");
    let room = WATCH_WIDTH.saturating_sub(right.chars().count() + 1);
    let left: String = left.chars().take(room).collect();
    format!("{left:<room$} {right}\n\n")
}

/// `5`, `0.5`, `2m`; several add up.
fn duration_ms(arguments: &[String]) -> Result<i64, String> {
    if arguments.is_empty() {
        return Err("missing operand".to_owned());
    }
    let mut sum: i64 = 0;
    for argument in arguments {
        let digits = argument.trim_end_matches(['s', 'm', 'h', 'd']);
        let unit = match &argument[digits.len()..] {
            "" | "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => 0,
        };
        let ms = thousandths(digits).filter(|_| unit > 0);
        let ms = ms.ok_or_else(|| format!("invalid time interval ‘{argument}’"))?;
        sum = sum.saturating_add(ms.saturating_mul(unit) / 1000);
    }
    Ok(sum)
}

/// A decimal number without sign, times 1000.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if text.is_empty() || text == "." || !(whole.to_owned() + fraction).chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    whole.checked_mul(1000)?.checked_add(fraction)
}

pub(super) fn date(arguments: &[String], now: Timestamp, io: &mut Io<'_>) -> i32 {
    let format = match arguments {
        [] => "%a %b %e %H:%M:%S UTC %Y",
        [format] if format.starts_with('+') => &format[1..],
        [other, ..] => {
            return io.fail(&format!("invalid date ‘{other}’; here it takes only +FORMAT"));
        }
    };
    match jiff::fmt::strtime::format(format, &now.to_zoned(tz::TimeZone::UTC)) {
        Ok(text) => io.print(text + "\n"),
        Err(error) => io.fail(&format!("‘{format}’: {error}")),
    }
}
