use std::fmt;
use std::str::FromStr;

/// How long a CA is valid, in whole hours, as Vault and Terraform write it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Validity {
    hours: u32,
}

/// No such duration.
#[derive(Debug, thiserror::Error)]
#[error("it must be hours or days, such as 8760h or 365d, from 48h to 7300d")]
pub(super) struct InvalidValidity;

/// Two lives of the certificates that it signs.
const SHORTEST: u32 = 48;
/// Twenty years: whoever means more has mistyped.
const LONGEST: u32 = 20 * 365 * 24;

impl Default for Validity {
    fn default() -> Self {
        Self { hours: 365 * 24 }
    }
}

impl FromStr for Validity {
    type Err = InvalidValidity;

    fn from_str(text: &str) -> Result<Self, InvalidValidity> {
        let (number, hours_each) = match (text.strip_suffix('h'), text.strip_suffix('d')) {
            (Some(hours), _) => (hours, 1),
            (_, Some(days)) => (days, 24),
            _ => return Err(InvalidValidity),
        };
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidValidity);
        }
        let number: u32 = number.parse().map_err(|_| InvalidValidity)?;
        let hours = number.checked_mul(hours_each).ok_or(InvalidValidity)?;
        let is_usual = (SHORTEST..=LONGEST).contains(&hours);
        is_usual.then_some(Self { hours }).ok_or(InvalidValidity)
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}h", self.hours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_are_read_within_reason() {
        for (text, expected) in [
            ("48h", Some("48h")),
            ("365d", Some("8760h")),
            ("7300d", Some("175200h")),
            ("47h", None),
            ("7301d", None),
            ("4294967295d", None),
            ("99999999999h", None),
            ("+48h", None),
            ("8760", None),
            ("1y", None),
            ("", None),
        ] {
            let read = text.parse::<Validity>().ok();
            let read = read.map(|validity| validity.to_string());
            assert_eq!(read.as_deref(), expected, "{text:?}");
        }
    }
}
