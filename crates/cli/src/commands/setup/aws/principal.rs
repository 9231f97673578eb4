use std::str::FromStr;

use aws_partition::{Arn, ArnError};

/// Who may pull by the policy of a repository: a role or a user, or a whole
/// account, whose own policies then say who.
#[derive(Clone, Debug)]
pub(super) struct Principal(pub(super) Arn);

/// A text that is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidPrincipal {
    #[error("invalid ARN")]
    Arn(#[source] ArnError),
    #[error(
        "{0} is not the ARN of a role, a user or an account (arn:aws:iam::ACCOUNT:role/NAME, :user/NAME, :root)"
    )]
    Other(String),
}

impl FromStr for Principal {
    type Err = InvalidPrincipal;

    fn from_str(text: &str) -> Result<Self, InvalidPrincipal> {
        let arn: Arn = text.parse().map_err(InvalidPrincipal::Arn)?;
        let named = |kind| {
            let name = arn.resource.strip_prefix(kind);
            name.is_some_and(|name| !name.is_empty() && name.bytes().all(is_of_name))
        };
        let is_principal = named("role/") || named("user/") || arn.resource == "root";
        if arn.service == "iam" && arn.account.is_some() && arn.region.is_none() && is_principal {
            Ok(Self(arn))
        } else {
            Err(InvalidPrincipal::Other(text.to_owned()))
        }
    }
}

/// Path and name; no wildcard among them.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/_+=,.@-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_everybody() {
        for (text, expected) in [
            ("arn:aws:iam::123456789012:user/ecruser", true),
            ("arn:aws:iam::123456789012:role/team/app", true),
            ("arn:aws:iam::123456789012:root", true),
            ("*", false),
            ("arn:aws:iam::*:root", false),
            ("arn:aws:iam::123456789012:user/*", false),
            ("arn:aws:iam::123456789012:user/", false),
            ("arn:aws:sts::123456789012:assumed-role/app/x", false),
        ] {
            assert_eq!(text.parse::<Principal>().is_ok(), expected, "{text:?}");
        }
    }
}
