use std::time::Duration;

/// How long the machine is up, the time in which it was suspended included.
///
/// It never jumps, whatever the wall clock does. tokio's timers and std's
/// `Instant` stand still on Linux while the machine is suspended: by them, a
/// leader that wakes after an hour would believe that it renewed a moment ago.
#[cfg(unix)]
pub(super) fn uptime() -> Duration {
    let now = rustix::time::clock_gettime(COUNTS_SUSPEND);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(now.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanoseconds)
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "openbsd",
    target_os = "fuchsia"
))]
const COUNTS_SUSPEND: rustix::time::ClockId = rustix::time::ClockId::Boottime;

/// Darwin's and FreeBSD's one goes on in a suspend.
#[cfg(all(
    unix,
    not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "openbsd",
        target_os = "fuchsia"
    ))
))]
const COUNTS_SUSPEND: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

/// The performance counter of Windows goes on in a suspend.
#[cfg(not(unix))]
#[expect(
    clippy::disallowed_methods,
    reason = "a difference between two moments of this process, no time of day"
)]
pub(super) fn uptime() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_and_never_back() {
        let first = uptime();
        let second = (0..1_000_000).map(|_| uptime()).find(|now| *now != first);
        assert!(second.is_some_and(|second| second > first));
    }
}
