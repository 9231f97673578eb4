use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};
use jiff::fmt::rfc2822;

/// How far our clock is from the service's.
///
/// Roles Anywhere refuses requests whose date is more than five minutes off.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClockSkew {
    /// Our clock is ahead.
    Ahead(Duration),
    /// Our clock is behind.
    Behind(Duration),
}

impl ClockSkew {
    /// The most that AWS tolerates.
    pub const TOLERATED: Duration = Duration::from_mins(5);

    /// Our clock showed `ours` when the service's showed `theirs`.
    pub fn between(ours: SystemTime, theirs: SystemTime) -> Self {
        match ours.duration_since(theirs) {
            Ok(ahead) => Self::Ahead(ahead),
            Err(behind) => Self::Behind(behind.duration()),
        }
    }

    /// What the `Date` header of an answer says, if it has one.
    pub(crate) fn measured(ours: SystemTime, headers: &HeaderMap) -> Option<Self> {
        let date = headers.get(header::DATE)?.to_str().ok()?;
        let theirs = rfc2822::parse(date).ok()?.timestamp();
        Some(Self::between(ours, theirs.into()))
    }

    /// Whether AWS refuses requests for it.
    pub fn is_intolerable(self) -> bool {
        let (Self::Ahead(by) | Self::Behind(by)) = self;
        by > Self::TOLERATED
    }

    /// The service's time when our clock shows `ours`.
    pub fn correct(self, ours: SystemTime) -> SystemTime {
        match self {
            Self::Ahead(by) => ours.checked_sub(by),
            Self::Behind(by) => ours.checked_add(by),
        }
        .unwrap_or(ours)
    }

    /// What our clock shows when it is `theirs` for the service.
    pub fn undo(self, theirs: SystemTime) -> SystemTime {
        match self {
            Self::Ahead(by) => theirs.checked_add(by),
            Self::Behind(by) => theirs.checked_sub(by),
        }
        .unwrap_or(theirs)
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Ahead(by) | Self::Behind(by)) = self;
        // Rounded: the way there and back takes its seconds, too.
        let minutes = (by.as_secs() + 30) / 60;
        match self {
            Self::Ahead(_) => write!(f, "{minutes} min ahead of"),
            Self::Behind(_) => write!(f, "{minutes} min behind"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_header_tells_the_skew() {
        let mut headers = HeaderMap::new();
        let ours = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_236_665);
        assert_eq!(ClockSkew::measured(ours, &headers), None);
        for (date, skew, intolerable) in [
            (
                "Sat, 21 Nov 2026 04:51:05 GMT",
                ClockSkew::Ahead(Duration::ZERO),
                false,
            ),
            (
                "Sat, 21 Nov 2026 04:46:05 GMT",
                ClockSkew::Ahead(Duration::from_secs(300)),
                false,
            ),
            (
                "Sat, 21 Nov 2026 04:46:04 GMT",
                ClockSkew::Ahead(Duration::from_secs(301)),
                true,
            ),
            (
                "Sat, 21 Nov 2026 05:51:05 GMT",
                ClockSkew::Behind(Duration::from_secs(3600)),
                true,
            ),
        ] {
            headers.insert(header::DATE, date.parse().unwrap());
            let measured = ClockSkew::measured(ours, &headers).unwrap();
            assert_eq!(
                (measured, measured.is_intolerable()),
                (skew, intolerable),
                "{date}"
            );
        }
        headers.insert(header::DATE, "yesterday".parse().unwrap());
        assert_eq!(ClockSkew::measured(ours, &headers), None);
    }

    #[test]
    fn a_corrected_time_is_the_services() {
        let ours = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        for theirs in [9_000, 10_000, 11_000] {
            let theirs = SystemTime::UNIX_EPOCH + Duration::from_secs(theirs);
            let skew = ClockSkew::between(ours, theirs);
            assert_eq!((skew.correct(ours), skew.undo(theirs)), (theirs, ours));
        }
    }
}
