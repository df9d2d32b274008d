//! How long a failure is waited out, and how Go prints it.
//!
//! Models client-go/util/flowcontrol/backoff.go with the kubelet's numbers, and time.Duration's String.

/// The first back-off of a crash loop and of a failing pull (pkg/kubelet/kubelet.go, backOffPeriod).
const FIRST_MS: i64 = 10_000;
/// The longest (MaxCrashLoopBackOff).
const MAX_MS: i64 = 300_000;
/// A container that has run so long has recovered: its next failure is the first one again.
pub(super) const RECOVERED_MS: i64 = 2 * MAX_MS;

/// The back-off after so many failures: doubling from 10 s to 5 minutes.
pub(super) fn back_off_ms(failures: u32) -> i64 {
    match failures {
        0 => 0,
        n => FIRST_MS.saturating_mul(1 << (n - 1).min(10)).min(MAX_MS),
    }
}

/// How long after so many failures and one more a volume is mounted again: doubling from half a second to 2 minutes and 2
/// seconds (pkg/util/goroutinemap/exponentialbackoff).
pub(super) fn mount_back_off_ms(failures: u32) -> u64 {
    (500 << failures.min(8)).min(122_000)
}

/// Seconds as Go prints a duration: `10s`, `1m20s`, `5m0s`.
pub(super) fn go_seconds(ms: i64) -> String {
    let s = ms / 1000;
    if s < 60 { format!("{s}s") } else { format!("{}m{}s", s / 60, s % 60) }
}

/// Milliseconds as Go prints a duration: `800ms`, `1.2s`.
pub(super) fn go_millis(ms: u64) -> String {
    if ms < 1000 {
        return format!("{ms}ms");
    }
    let fraction = format!("{:03}", ms % 1000);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{}s", ms / 1000) } else { format!("{}.{fraction}s", ms / 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_offs_double_up_to_five_minutes() {
        let seconds: Vec<i64> = (0..8).map(|n| back_off_ms(n) / 1000).collect();
        assert_eq!(seconds, [0, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(back_off_ms(u32::MAX), 300_000);
    }

    #[test]
    fn volumes_are_tried_again_up_to_every_two_minutes() {
        let waits = [0, 1, 2, 7, 8, u32::MAX].map(mount_back_off_ms);
        assert_eq!(waits, [500, 1_000, 2_000, 64_000, 122_000, 122_000]);
    }

    #[test]
    fn durations_read_as_in_go() {
        assert_eq!([10_000, 80_000, 300_000].map(go_seconds), ["10s", "1m20s", "5m0s"]);
        assert_eq!([800, 1000, 1250].map(go_millis), ["800ms", "1s", "1.25s"]);
    }
}
