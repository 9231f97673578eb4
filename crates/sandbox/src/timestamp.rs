use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Seconds since 1970.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    timestamp(time).as_second()
}

/// The time of a number of seconds since 1970, never before that.
pub(crate) fn from_unix_seconds(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// When something ends that is issued `now`: as `usual`, or where a fault has it
/// expired already a second ago.
pub(crate) fn end(usual: SystemTime, now: SystemTime, expired: bool) -> SystemTime {
    if expired {
        now - Duration::from_secs(1)
    } else {
        usual
    }
}

/// `2026-11-21T05:51:05Z`.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    format(time, "%Y-%m-%dT%H:%M:%SZ")
}

/// Reads RFC 3339, with any offset.
pub(crate) fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

/// `Sat, 21 Nov 2026 05:51:05 GMT`, for the `Date` header.
pub(crate) fn http_date(time: SystemTime) -> String {
    format(time, "%a, %d %b %Y %H:%M:%S GMT")
}

/// `20261121T055105Z`, the form of `X-Amz-Date`.
pub(crate) fn amz_date(time: SystemTime) -> String {
    format(time, AMZ_DATE)
}

/// Reads `20261121T055105Z` and nothing else.
pub(crate) fn parse_amz_date(text: &str) -> Option<SystemTime> {
    let form = b"ddddddddTddddddZ";
    let fits = text.len() == form.len()
        && text.bytes().zip(form).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    if !fits {
        return None;
    }
    let civil = DateTime::strptime(AMZ_DATE, text).ok()?;
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp().into())
}

const AMZ_DATE: &str = "%Y%m%dT%H%M%SZ";

fn format(time: SystemTime, form: &str) -> String {
    timestamp(time).strftime(form).to_string()
}

fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let time = from_unix_seconds(1_795_240_265);
        assert_eq!(rfc3339(time), "2026-11-21T05:51:05Z");
        assert_eq!(amz_date(time), "20261121T055105Z");
        assert_eq!(http_date(time), "Sat, 21 Nov 2026 05:51:05 GMT");
        assert_eq!(parse_amz_date("20261121T055105Z"), Some(time));
        assert_eq!(parse_rfc3339("2026-11-21T06:51:05+01:00"), Some(time));
        assert_eq!(unix_seconds(time), 1_795_240_265);
    }

    #[test]
    fn other_forms_of_a_date_are_no_amz_date() {
        for text in [
            "",
            "20261121",
            "20261121T055105",
            "20261121T055105z",
            "2026-11-21T05:51:05Z",
            "20261321T055105Z",
            "20261121T256105Z",
            "+0261121T055105Z",
            "20261121T055105Z ",
        ] {
            assert_eq!(parse_amz_date(text), None, "{text:?}");
        }
    }
}
