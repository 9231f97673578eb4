//! What is said of a value that is kept fresh: its last attempt, and whether it
//! is still good.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use refresh::{Due, Fault as _, KeptError, Status};

use crate::failure::Failure;

/// Whether there is a valid one.
pub(crate) fn is_usable(status: &Status<Failure>) -> bool {
    matches!(status.due, Some(Due::Fresh { .. } | Due::Due))
}

/// Says what came of the last attempt; `line` is how things stand.
pub(crate) fn say(status: &Status<Failure>, line: &str, now: SystemTime) {
    let Some(error) = &status.last_error else {
        tracing::info!("{line}");
        return;
    };
    let failure = failure(error, "refresh.expired");
    let wait = status.retry_at.and_then(|at| at.duration_since(now).ok());
    // Rounded up: in no seconds, nobody tries.
    let retry_in_seconds = wait.unwrap_or_default().as_secs() + 1;
    let (code, hint) = (failure.code(), failure.hint());
    // While a good one is there, nobody has to be woken.
    if is_usable(status) {
        tracing::warn!(code, hint, retry_in_seconds, "{failure}; {line}");
    } else {
        tracing::error!(code, hint, retry_in_seconds, "{failure}; {line}");
    }
}

/// When it is due depends on a random number; nobody needs its digits.
pub(crate) fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// A failure of one's own, made of the one that everybody shares; `expired` is
/// the code where what came had expired already.
pub(crate) fn failure(error: &KeptError<Failure>, expired: &'static str) -> Failure {
    match error {
        KeptError::Source(failure) => failure.again(),
        error => Failure::new(expired, error.fault(), error.to_string()),
    }
}

/// To the minute, as people say it.
pub(crate) fn duration(seconds: u64) -> String {
    let minutes = seconds / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_to_the_minute() {
        for (seconds, expected) in [
            (0, "0 min"),
            (3599, "59 min"),
            (3600, "1 h 0 min"),
            (86_399, "23 h 59 min"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }
}
