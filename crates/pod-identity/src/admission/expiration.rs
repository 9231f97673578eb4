use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// How long a projected token is valid, in seconds; kubelet replaces it after
/// four fifths of that.
///
/// [`expirationSeconds`](https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/#projections)
/// is at least ten minutes and fits 32 bits; the API server may grant less.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TokenExpiration(u32);

impl TokenExpiration {
    /// The shortest that the API server takes: ten minutes.
    pub const SHORTEST: Self = Self(600);
    /// A day, which EKS grants at the most.
    pub const DEFAULT: Self = Self(86_400);
    /// What jitter leaves of the default at the least: 22 hours.
    const LEAST_OF_DEFAULT: u32 = 79_200;

    /// The seconds.
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// A day becomes something between 22 and 24 hours by `random`, from 0 to 1;
    /// what someone else has chosen stays.
    ///
    /// The tokens of pods that start together are not replaced together then.
    #[must_use]
    pub fn jittered(self, random: f64) -> Self {
        if self != Self::DEFAULT {
            return self;
        }
        let range = Self::DEFAULT.0 - Self::LEAST_OF_DEFAULT;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 7200; what is no number becomes 0"
        )]
        let more = (f64::from(range) * random.clamp(0.0, 1.0)).round() as u32;
        Self(Self::LEAST_OF_DEFAULT + more)
    }
}

impl Default for TokenExpiration {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for TokenExpiration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TokenExpiration {
    type Err = ParseIntError;

    /// A whole number; what the API server would not take becomes the next that
    /// it does.
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let seconds: i64 = text.parse()?;
        let bounded = seconds.clamp(i64::from(Self::SHORTEST.0), i64::from(u32::MAX));
        Ok(Self(u32::try_from(bounded).unwrap_or(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_server_would_refuse_is_bounded() {
        for (text, seconds) in [
            ("3600", Some(3600)),
            ("+3600", Some(3600)),
            ("599", Some(600)),
            ("0", Some(600)),
            ("-1", Some(600)),
            ("9223372036854775807", Some(u32::MAX)),
            ("9223372036854775808", None),
            ("1h", None),
            (" 3600", None),
            ("", None),
        ] {
            let expiration = text.parse().ok().map(TokenExpiration::seconds);
            assert_eq!(expiration, seconds, "{text:?}");
        }
    }

    #[test]
    fn only_the_default_is_jittered() {
        for (random, seconds) in [
            (0.0, 79_200),
            (0.5, 82_800),
            (1.0, 86_400),
            (7.0, 86_400),
            (-7.0, 79_200),
            (f64::NAN, 79_200),
        ] {
            let jittered = TokenExpiration::DEFAULT.jittered(random);
            assert_eq!(jittered.seconds(), seconds, "{random}");
        }
        assert_eq!(TokenExpiration(3600).jittered(0.5), TokenExpiration(3600));
    }
}
