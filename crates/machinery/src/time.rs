//! Moments as objects hold them: whole seconds in UTC.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};

/// The moment as `metav1.Time`: whole seconds, rounded down.
pub fn seconds(at: Timestamp) -> Time {
    Time(Timestamp::from_second(at.as_second()).unwrap_or(at))
}

/// The moment as `metav1.MicroTime`.
pub fn micros(at: Timestamp) -> MicroTime {
    MicroTime(at)
}

/// The moment `ms` milliseconds later; the last representable one if that is beyond all time.
pub fn after_ms(at: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond().saturating_add(ms)).unwrap_or(Timestamp::MAX)
}

/// Whole milliseconds from `earlier` to `later`; negative if they are the other way round.
pub fn ms_between(earlier: Timestamp, later: Timestamp) -> i64 {
    later.as_millisecond() - earlier.as_millisecond()
}
