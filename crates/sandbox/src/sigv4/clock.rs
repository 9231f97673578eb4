use std::fmt;
use std::time::{Duration, SystemTime};

use crate::timestamp::amz_date;

/// A date that is too far from the receiver's clock. Its text is the one AWS
/// sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Skew {
    /// Signed too long ago.
    Expired(Distance),
    /// Signed in the future.
    NotYetCurrent(Distance),
}

/// What is needed to say how far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Distance {
    signed: SystemTime,
    now: SystemTime,
    tolerance: Duration,
}

/// Accepts a date within `tolerance` of `now`.
pub(crate) fn check_clock(
    signed: SystemTime,
    now: SystemTime,
    tolerance: Duration,
) -> Result<(), Skew> {
    let distance = Distance {
        signed,
        now,
        tolerance,
    };
    if signed + tolerance < now {
        Err(Skew::Expired(distance))
    } else if now + tolerance < signed {
        Err(Skew::NotYetCurrent(distance))
    } else {
        Ok(())
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Expired(distance) | Self::NotYetCurrent(distance)) = self;
        let signed = amz_date(distance.signed);
        let now = amz_date(distance.now);
        let minutes = distance.tolerance.as_secs() / 60;
        match self {
            Self::Expired(_) => {
                let bound = amz_date(distance.now - distance.tolerance);
                write!(
                    formatter,
                    "Signature expired: {signed} is now earlier than {bound} ({now} - {minutes} min.)"
                )
            }
            Self::NotYetCurrent(_) => {
                let bound = amz_date(distance.now + distance.tolerance);
                write!(
                    formatter,
                    "Signature not yet current: {signed} is still later than {bound} ({now} + {minutes} min.)"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::from_unix_seconds;

    #[test]
    fn five_minutes_either_way() {
        let now = from_unix_seconds(1_795_240_000);
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let check = |signed| check_clock(signed, now, minutes(5)).map_err(|skew| skew.to_string());
        assert_eq!(check(now - minutes(5)), Ok(()));
        assert_eq!(check(now + minutes(5)), Ok(()));
        assert_eq!(
            check(now - minutes(6)).unwrap_err(),
            "Signature expired: 20261121T054040Z is now earlier than 20261121T054140Z (20261121T054640Z - 5 min.)"
        );
        assert_eq!(
            check(now + minutes(6)).unwrap_err(),
            "Signature not yet current: 20261121T055240Z is still later than 20261121T055140Z (20261121T054640Z + 5 min.)"
        );
    }
}
