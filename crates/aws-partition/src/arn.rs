use std::fmt;
use std::str::FromStr;

use crate::{AccountId, InvalidAccountId, InvalidRegion, Partition, Region};

/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
///
/// [IAM User Guide: ARNs](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Arn {
    /// The partition.
    pub partition: Partition,
    /// The service's namespace, such as `rolesanywhere`.
    pub service: String,
    /// The region; global resources have none.
    pub region: Option<Region>,
    /// The account; some public resources have none.
    pub account: Option<AccountId>,
    /// The rest, which may hold colons and slashes; never empty.
    pub resource: String,
}

/// Which part of a text keeps it from being an ARN.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArnError {
    /// It has fewer than six parts, or the first is not `arn`.
    #[error("{0:?} is not an ARN (arn:partition:service:region:account:resource)")]
    Shape(String),
    /// There is no such partition.
    #[error("{arn:?}: there is no partition {partition:?}")]
    UnknownPartition {
        /// The text.
        arn: String,
        /// Its second part.
        partition: String,
    },
    /// The region is none.
    #[error("{arn:?}: invalid region")]
    Region {
        /// The text.
        arn: String,
        /// What is wrong with its fourth part.
        source: InvalidRegion,
    },
    /// The account is not twelve digits.
    #[error("{arn:?}: the account must be twelve digits, not {account:?}")]
    Account {
        /// The text.
        arn: String,
        /// Its fifth part.
        account: String,
    },
    /// The service or the resource is empty, or a character is not allowed.
    #[error("{arn:?}: the {part} is empty or has a character that an ARN cannot have")]
    Part {
        /// The text.
        arn: String,
        /// Which part.
        part: &'static str,
    },
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let arn = || text.to_owned();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else {
            return Err(ArnError::Shape(arn()));
        };
        for (part, value) in [("service", service), ("resource", resource)] {
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(ArnError::Part { arn: arn(), part });
            }
        }
        Ok(Self {
            partition: Partition::from_name(partition).ok_or_else(|| {
                ArnError::UnknownPartition {
                    arn: arn(),
                    partition: partition.to_owned(),
                }
            })?,
            service: service.to_owned(),
            region: optional(region, str::parse)
                .map_err(|source| ArnError::Region { arn: arn(), source })?,
            account: optional(account, str::parse).map_err(|InvalidAccountId(account)| {
                ArnError::Account {
                    arn: arn(),
                    account,
                }
            })?,
            resource: resource.to_owned(),
        })
    }
}

/// Gives back the text that was parsed.
impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.region.as_ref().map_or("", Region::as_str);
        let account = self.account.as_ref().map_or("", AccountId::as_str);
        let Self {
            partition,
            service,
            resource,
            ..
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

fn optional<T, E>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<Option<T>, E> {
    (!text.is_empty()).then(|| parse(text)).transpose()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_an_arn_apart() {
        let arn: Arn = "arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/a:b/c"
            .parse()
            .unwrap();
        assert_eq!(arn.partition, Partition::Aws);
        assert_eq!(arn.service, "rolesanywhere");
        assert_eq!(arn.region.unwrap().as_str(), "eu-west-1");
        assert_eq!(arn.account.unwrap().as_str(), "123456789012");
        assert_eq!(arn.resource, "trust-anchor/a:b/c");
    }

    #[test]
    fn names_the_part_that_is_wrong() {
        for (text, message) in [
            (
                "",
                "\"\" is not an ARN (arn:partition:service:region:account:resource)",
            ),
            (
                "arn:aws:iam::1",
                "\"arn:aws:iam::1\" is not an ARN (arn:partition:service:region:account:resource)",
            ),
            (
                "ARN:aws:iam::123456789012:role/r",
                "\"ARN:aws:iam::123456789012:role/r\" is not an ARN (arn:partition:service:region:account:resource)",
            ),
            (
                "arn:aws-mars:iam::123456789012:role/r",
                "\"arn:aws-mars:iam::123456789012:role/r\": there is no partition \"aws-mars\"",
            ),
            (
                "arn:aws:x:EU:123456789012:r",
                "\"arn:aws:x:EU:123456789012:r\": invalid region",
            ),
            (
                "arn:aws:iam::1234567890ab:role/r",
                "\"arn:aws:iam::1234567890ab:role/r\": the account must be twelve digits, not \"1234567890ab\"",
            ),
            (
                "arn:aws:iam::123456789012:",
                "\"arn:aws:iam::123456789012:\": the resource is empty or has a character that an ARN cannot have",
            ),
            (
                "arn:aws::eu-west-1:123456789012:r",
                "\"arn:aws::eu-west-1:123456789012:r\": the service is empty or has a character that an ARN cannot have",
            ),
            (
                "arn:aws:iam::123456789012:role/r\n",
                "\"arn:aws:iam::123456789012:role/r\\n\": the resource is empty or has a character that an ARN cannot have",
            ),
        ] {
            assert_eq!(text.parse::<Arn>().unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_gives_back_what_it_took(text in "(arn:)?(aws)?[ -~é:]{0,60}") {
            if let Ok(arn) = text.parse::<Arn>() {
                prop_assert_eq!(arn.to_string(), text);
            }
        }

        #[test]
        fn gives_back_what_it_took(
            service in "[a-z0-9-]{1,12}",
            region in "([a-z]{2}-[a-z]{1,9}-[1-9])?",
            account in "([0-9]{12})?",
            resource in "[!-~]{1,40}",
        ) {
            let text = format!("arn:aws:{service}:{region}:{account}:{resource}");
            prop_assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
        }
    }
}
