use std::fmt;
use std::str::FromStr;

use aws_partition::{Arn, ArnError, Region};

/// A text that is not the ARN that it should be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidArn {
    /// It is no ARN at all.
    #[error("invalid ARN")]
    Syntax(#[source] ArnError),
    /// It is the ARN of something else.
    #[error("{arn} is not the ARN of a {expected} ({example})")]
    OtherResource {
        /// The text.
        arn: String,
        /// What was expected: `trust anchor`, `profile` or `role`.
        expected: &'static str,
        /// What such an ARN looks like.
        example: &'static str,
    },
}

/// Declares an ARN of one kind of resource.
macro_rules! typed_arn {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $service:literal, $resource:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        pub struct $name(Arn);

        impl $name {
            /// The ARN's parts.
            pub fn arn(&self) -> &Arn {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidArn;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let arn: Arn = text.trim().parse().map_err(InvalidArn::Syntax)?;
                let id = arn.resource.strip_prefix($resource);
                if arn.service != $service || id.is_none_or(str::is_empty) || arn.account.is_none() {
                    return Err(InvalidArn::OtherResource {
                        arn: text.to_owned(),
                        expected: $expected,
                        example: $example,
                    });
                }
                Ok(Self(arn))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

typed_arn!(
    /// The ARN of a trust anchor: the CA that Roles Anywhere trusts.
    TrustAnchorArn,
    "trust anchor",
    "rolesanywhere",
    "trust-anchor/",
    "arn:aws:rolesanywhere:REGION:ACCOUNT:trust-anchor/ID"
);
typed_arn!(
    /// The ARN of a profile: which roles a certificate may assume, and for how long.
    ProfileArn,
    "profile",
    "rolesanywhere",
    "profile/",
    "arn:aws:rolesanywhere:REGION:ACCOUNT:profile/ID"
);
typed_arn!(
    /// The ARN of the IAM role to assume.
    RoleArn,
    "role",
    "iam",
    "role/",
    "arn:aws:iam::ACCOUNT:role/NAME"
);

impl TrustAnchorArn {
    /// The region that it lives in.
    pub fn region(&self) -> Option<&Region> {
        self.0.region.as_ref()
    }

    /// What stands for it in the paths of the API.
    pub fn id(&self) -> &str {
        id(&self.0)
    }
}

impl ProfileArn {
    /// The region that it lives in.
    pub fn region(&self) -> Option<&Region> {
        self.0.region.as_ref()
    }

    /// What stands for it in the paths of the API.
    pub fn id(&self) -> &str {
        id(&self.0)
    }
}

impl RoleArn {
    /// The role's name, without its path.
    pub fn role_name(&self) -> &str {
        let (_, name) = self.0.resource.rsplit_once('/').unwrap_or_default();
        name
    }
}

fn id(arn: &Arn) -> &str {
    let (_, id) = arn.resource.split_once('/').unwrap_or_default();
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_takes_only_its_own() {
        let trust_anchor = "arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/a";
        let profile = "arn:aws:rolesanywhere:eu-west-1:123456789012:profile/p";
        let role = "arn:aws:iam::123456789012:role/path/deploy";
        assert!(trust_anchor.parse::<TrustAnchorArn>().is_ok());
        assert!(profile.parse::<ProfileArn>().is_ok());
        assert_eq!(role.parse::<RoleArn>().unwrap().role_name(), "deploy");
        for text in [profile, role] {
            assert!(text.parse::<TrustAnchorArn>().is_err(), "{text}");
        }
        for text in [trust_anchor, role] {
            assert!(text.parse::<ProfileArn>().is_err(), "{text}");
        }
        for text in [
            trust_anchor,
            profile,
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam:::role/r",
        ] {
            assert!(text.parse::<RoleArn>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_message_shows_what_is_expected() {
        let error = "arn:aws:iam::123456789012:user/u"
            .parse::<RoleArn>()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "arn:aws:iam::123456789012:user/u is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME)"
        );
    }
}
