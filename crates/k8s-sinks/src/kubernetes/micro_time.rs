use std::time::SystemTime;

/// A `MicroTime`: exactly six digits behind the second, the API reads no others.
pub(crate) fn micro_time(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::MAX);
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_api_reads_these_times() {
        for (milliseconds, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (500, "1970-01-01T00:00:00.500000Z"),
            (60_001, "1970-01-01T00:01:00.001000Z"),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
            assert_eq!(micro_time(time), expected);
        }
    }
}
