use std::str::FromStr;

use aws_partition::{Arn, ArnError};

use super::place::Place;

/// A repository of ECR.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Repository {
    /// One of the account and region in which everything is made.
    Own(String),
    /// Any other, whose account has to allow it, too.
    Named(Arn),
}

/// A text that is the name of no repository.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidRepository {
    #[error(
        "{0:?} is no name of a repository: 2 to 256 lower-case letters and digits, with `.`, `_`, `-` or `/` between them"
    )]
    Name(String),
    #[error("invalid ARN")]
    Arn(#[source] ArnError),
    #[error("{0} is not the ARN of a repository (arn:aws:ecr:REGION:ACCOUNT:repository/NAME)")]
    Other(String),
}

impl Repository {
    pub(super) fn arn(&self, place: &Place) -> String {
        match self {
            Self::Own(name) => format!(
                "arn:{}:ecr:{}:{}:repository/{name}",
                place.partition(),
                place.region,
                place.account
            ),
            Self::Named(arn) => arn.to_string(),
        }
    }

    /// The name, of one that can be made here.
    pub(super) fn own(&self) -> Option<&str> {
        match self {
            Self::Own(name) => Some(name),
            Self::Named(_) => None,
        }
    }

    /// The ARN of one that is elsewhere.
    pub(super) fn other(&self) -> Option<&Arn> {
        match self {
            Self::Own(_) => None,
            Self::Named(arn) => Some(arn),
        }
    }

    /// The same where an ARN names what is here.
    pub(super) fn within(self, place: &Place) -> Self {
        match &self {
            Self::Named(arn)
                if arn.account.as_ref() == Some(&place.account)
                    && arn.region.as_ref() == Some(&place.region) =>
            {
                Self::Own(arn.resource.replacen("repository/", "", 1))
            }
            _ => self,
        }
    }
}

impl FromStr for Repository {
    type Err = InvalidRepository;

    fn from_str(text: &str) -> Result<Self, InvalidRepository> {
        if !text.starts_with("arn:") {
            return if is_name(text) {
                Ok(Self::Own(text.to_owned()))
            } else {
                Err(InvalidRepository::Name(text.chars().take(300).collect()))
            };
        }
        let arn: Arn = text.parse().map_err(InvalidRepository::Arn)?;
        let name = arn.resource.strip_prefix("repository/");
        let is_whole = arn.region.is_some() && arn.account.is_some();
        if arn.service == "ecr" && is_whole && name.is_some_and(is_name) {
            Ok(Self::Named(arn))
        } else {
            Err(InvalidRepository::Other(text.to_owned()))
        }
    }
}

/// The pattern of `repositoryName`:
/// [ECR API Reference: CreateRepository](https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html)
fn is_name(text: &str) -> bool {
    (2..=256).contains(&text.len()) && text.split('/').all(is_part)
}

/// Letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_part(part: &str) -> bool {
    let is_plain = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit();
    let is_between = |between: &str| {
        matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
    };
    part.starts_with(is_plain) && part.ends_with(is_plain) && part.split(is_plain).all(is_between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_ecr_takes() {
        for (text, expected) in [
            ("app", true),
            ("team/s3bucketlist", true),
            ("a.b_c-d/e1", true),
            ("a", false),
            ("App", false),
            ("team/", false),
            ("/app", false),
            ("a--b", true),
            ("a__b", true),
            ("a..b", false),
            ("a.-b", false),
            ("app:latest", false),
            ("*", false),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1", false),
            ("arn:aws:ecr:eu-west-1:123456789012:repository/app", true),
            ("arn:aws:ecr:eu-west-1:123456789012:repository/*", false),
            ("arn:aws:ecr:eu-west-1::repository/app", false),
            ("arn:aws:s3:eu-west-1:123456789012:repository/app", false),
        ] {
            assert_eq!(text.parse::<Repository>().is_ok(), expected, "{text:?}");
        }
    }
}
