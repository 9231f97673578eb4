use std::time::Duration;

/// A duration as Go writes it: `5h30m0s`, `1m30s`, `0s`.
///
/// Rounded down to whole seconds, and to the 292 years that Go's type holds: a
/// credential must not be kept for longer than it lives.
///
/// [`time.Duration.String`](https://pkg.go.dev/time#Duration.String)
///
/// ```
/// use std::time::Duration;
///
/// let half_of_eleven_hours = Duration::from_secs(11 * 3600) / 2;
/// assert_eq!(ecr_auth::go_duration(half_of_eleven_hours), "5h30m0s");
/// ```
pub fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs().min(LONGEST);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// Whole seconds in 2^63 - 1 nanoseconds.
const LONGEST: u64 = 9_223_372_036;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        for (millis, text) in [
            (0, "0s"),
            (999, "0s"),
            (1_999, "1s"),
            (59_000, "59s"),
            (60_000, "1m0s"),
            (90_000, "1m30s"),
            (3_599_000, "59m59s"),
            (3_600_000, "1h0m0s"),
            (19_800_000, "5h30m0s"),
            (43_200_000, "12h0m0s"),
            (86_400_000, "24h0m0s"),
            (u64::MAX, "2562047h47m16s"),
        ] {
            assert_eq!(go_duration(Duration::from_millis(millis)), text);
        }
    }
}
