//! Ages: `45s`, `2m5s`, `3h`, `2d`.
//!
//! Models apimachinery/pkg/util/duration/duration.go (`HumanDuration`) and translateTimestampSince of
//! pkg/printers/internalversion/printers.go.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// How long ago a time of an object was; `<unknown>` if it has none.
pub(crate) fn since(time: Option<&Time>, now: Timestamp) -> String {
    match time {
        Some(Time(at)) => since_timestamp(*at, now),
        None => "<unknown>".to_owned(),
    }
}

/// How long ago a time was.
pub(crate) fn since_timestamp(at: Timestamp, now: Timestamp) -> String {
    duration(now.as_millisecond() - at.as_millisecond())
}

/// A duration in milliseconds as Go prints it: `1m30s`.
pub(crate) fn go_duration(milliseconds: i64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    if seconds == 0 {
        return if rest == 0 { "0s".to_owned() } else { format!("{rest}ms") };
    }
    let fraction =
        if rest == 0 { String::new() } else { format!(".{rest:03}").trim_end_matches('0').to_owned() };
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}{fraction}s"),
        (0, _) => format!("{minutes}m{seconds}{fraction}s"),
        _ => format!("{hours}h{minutes}m{seconds}{fraction}s"),
    }
}

/// A duration in milliseconds, for people.
pub fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    let pair = |big: i64, unit: &str, small: i64, small_unit: &str| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        s if s < 10 * MINUTE => pair(s / MINUTE, "m", s % MINUTE, "s"),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => pair(s / HOUR, "h", s % HOUR / MINUTE, "m"),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => pair(s / DAY, "d", s % DAY / HOUR, "h"),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => pair(s / YEAR, "y", s % YEAR / DAY, "d"),
        s => format!("{}y", s / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn ages_lose_precision_as_they_grow() {
        let hour = 3600;
        let cases = [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (659, "10m"),
            (179 * 60, "179m"),
            (3 * hour, "3h"),
            (3 * hour + 300, "3h5m"),
            (47 * hour, "47h"),
            (48 * hour, "2d"),
            (50 * hour, "2d2h"),
            (8 * 24 * hour, "8d"),
            (800 * 24 * hour, "2y70d"),
            (9 * 365 * 24 * hour, "9y"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(duration(seconds * 1000), expected, "{seconds}");
        }
    }
}
