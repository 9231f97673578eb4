use std::time::SystemTime;

use jiff::tz::TimeZone;

/// A moment in the form that SigV4 signs: `YYYYMMDDTHHMMSSZ`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Timestamp(String);

impl Timestamp {
    /// The second that `time` is in. A time outside of the years 0 to 9999
    /// becomes 1970: no clock that can sign shows it.
    pub fn new(time: SystemTime) -> Self {
        let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let time = time.to_zoned(TimeZone::UTC);
        Self(time.strftime("%Y%m%dT%H%M%SZ").to_string())
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The day: `YYYYMMDD`.
    pub fn date(&self) -> &str {
        self.0.split('T').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn is_utc_to_the_second() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_236_665_160);
        let timestamp = Timestamp::new(time);
        assert_eq!(timestamp.as_str(), "20261121T045105Z");
        assert_eq!(timestamp.date(), "20261121");
    }
}
