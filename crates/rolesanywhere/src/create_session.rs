use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_partition::Region;
use serde::Serialize;

use crate::{ProfileArn, RoleArn, TrustAnchorArn};

/// What a session is asked for: trust anchor, profile, role, and options.
///
/// [`CreateSession`](https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html)
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionRequest {
    trust_anchor: TrustAnchorArn,
    profile: ProfileArn,
    role: RoleArn,
    region: Region,
    /// How long the session shall last; the shorter of this and the profile's
    /// is granted. `None` leaves it to the profile.
    pub duration: Option<SessionDuration>,
    /// The name of the session. Only profiles that accept one take it; without,
    /// it is the certificate's serial number.
    pub role_session_name: Option<RoleSessionName>,
    /// Properties of the machine, for profiles that require them.
    pub instance_properties: BTreeMap<String, String>,
}

/// How long a session lasts: 900 to 43 200 seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionDuration(u32);

/// The name of a session: 2 to 64 letters, digits or `_+=,.@-`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoleSessionName(String);

/// Parameters that `CreateSession` or `AssumeRole` would refuse.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidParameter {
    /// Trust anchor and profile are in two regions.
    #[error(
        "the trust anchor is in {trust_anchor}, the profile in {profile}: they must be in one region"
    )]
    RegionMismatch {
        /// The trust anchor's region.
        trust_anchor: String,
        /// The profile's region.
        profile: String,
    },
    /// The ARNs are of two partitions.
    #[error("the ARNs are of different partitions: {first} and {second}")]
    PartitionMismatch {
        /// One partition.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
    /// An ARN of Roles Anywhere names no region.
    #[error("{arn} names no region")]
    NoRegion {
        /// The ARN.
        arn: String,
    },
    /// The duration is out of bounds.
    #[error("a session lasts 900 to 43200 seconds, not {text}")]
    Duration {
        /// What was asked for.
        text: String,
    },
    /// The external id is not valid.
    #[error("{text:?} is not an external id (2 to 1224 letters, digits or _+=,.@:/-)")]
    ExternalId {
        /// What was asked for.
        text: String,
    },
    /// The session policy is not valid.
    #[error("the session policy cannot be used: {reason}")]
    SessionPolicy {
        /// Why.
        reason: String,
    },
    /// The ARN is not that of a managed policy.
    #[error("{text:?} is not the ARN of a managed policy (arn:aws:iam::ACCOUNT:policy/NAME)")]
    PolicyArn {
        /// The text.
        text: String,
    },
    /// A session tag is not valid.
    #[error("the session tag {key:?} cannot be used: {reason}")]
    SessionTag {
        /// Its key.
        key: String,
        /// Why.
        reason: &'static str,
    },
    /// There are more of something than a request may hold.
    #[error("there can be at most {most} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there can be.
        most: usize,
    },
    /// The session name is not valid.
    #[error("{text:?} is not a session name (2 to 64 letters, digits or _+=,.@-)")]
    RoleSessionName {
        /// What was asked for.
        text: String,
    },
}

impl SessionRequest {
    /// A request for the profile's own duration, without a session name.
    ///
    /// The three ARNs must be of one partition, trust anchor and profile of one
    /// region.
    pub fn new(
        trust_anchor: TrustAnchorArn,
        profile: ProfileArn,
        role: RoleArn,
    ) -> Result<Self, InvalidParameter> {
        let no_region = |arn: &dyn fmt::Display| InvalidParameter::NoRegion {
            arn: arn.to_string(),
        };
        let region = trust_anchor
            .region()
            .ok_or_else(|| no_region(&trust_anchor))?
            .clone();
        let other = profile.region().ok_or_else(|| no_region(&profile))?;
        if region != *other {
            return Err(InvalidParameter::RegionMismatch {
                trust_anchor: region.to_string(),
                profile: other.to_string(),
            });
        }
        let first = trust_anchor.arn().partition;
        for second in [profile.arn().partition, role.arn().partition] {
            if first != second {
                return Err(InvalidParameter::PartitionMismatch {
                    first: first.name(),
                    second: second.name(),
                });
            }
        }
        Ok(Self {
            trust_anchor,
            profile,
            role,
            region,
            duration: None,
            role_session_name: None,
            instance_properties: BTreeMap::new(),
        })
    }

    /// The region of trust anchor and profile, which the request is sent to.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The trust anchor.
    pub fn trust_anchor(&self) -> &TrustAnchorArn {
        &self.trust_anchor
    }

    /// The profile.
    pub fn profile(&self) -> &ProfileArn {
        &self.profile
    }

    /// The role.
    pub fn role(&self) -> &RoleArn {
        &self.role
    }

    /// The JSON body. All parameters stand in it: the service takes them in the
    /// query, too, but a URL ends up in the logs of proxies.
    pub(crate) fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Body {
            duration_seconds: self.duration.map(|duration| duration.0),
            profile_arn: self.profile.to_string(),
            role_arn: self.role.to_string(),
            trust_anchor_arn: self.trust_anchor.to_string(),
            role_session_name: self.role_session_name.as_ref().map(|name| name.0.as_str()),
            instance_properties: &self.instance_properties,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<u32>,
    profile_arn: String,
    role_arn: String,
    trust_anchor_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_session_name: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    instance_properties: &'a BTreeMap<String, String>,
}

impl SessionDuration {
    /// What the official helper asks for: one hour.
    pub const HOUR: Self = Self(3600);

    /// The same as a duration.
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl FromStr for SessionDuration {
    type Err = InvalidParameter;

    /// A number of seconds.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().parse() {
            Ok(seconds @ 900..=43_200) => Ok(Self(seconds)),
            _ => Err(InvalidParameter::Duration {
                text: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for SessionDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl RoleSessionName {
    /// The name of who has none better: `iamra`.
    pub fn fallback() -> Self {
        Self("iamra".to_owned())
    }
}

impl FromStr for RoleSessionName {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if (2..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidParameter::RoleSessionName {
                text: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for RoleSessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(
        trust_anchor: &str,
        profile: &str,
        role: &str,
    ) -> Result<SessionRequest, InvalidParameter> {
        SessionRequest::new(
            trust_anchor.parse().unwrap(),
            profile.parse().unwrap(),
            role.parse().unwrap(),
        )
    }

    const TRUST_ANCHOR: &str = "arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/a";
    const PROFILE: &str = "arn:aws:rolesanywhere:eu-west-1:123456789012:profile/p";
    const ROLE: &str = "arn:aws:iam::123456789012:role/r";

    #[test]
    fn the_body_holds_what_was_asked_for_and_no_more() {
        let mut request = request(TRUST_ANCHOR, PROFILE, ROLE).unwrap();
        let arns = format!(
            r#""profileArn":"{PROFILE}","roleArn":"{ROLE}","trustAnchorArn":"{TRUST_ANCHOR}""#
        );
        let body = String::from_utf8(request.body().unwrap()).unwrap();
        assert_eq!(body, format!("{{{arns}}}"));
        request.duration = Some("900".parse().unwrap());
        request.role_session_name = Some("build-7".parse().unwrap());
        request
            .instance_properties
            .insert("rack".to_owned(), "7".to_owned());
        let body = String::from_utf8(request.body().unwrap()).unwrap();
        let expected = format!(
            r#"{{"durationSeconds":900,{arns},"roleSessionName":"build-7","instanceProperties":{{"rack":"7"}}}}"#
        );
        assert_eq!(body, expected);
    }

    #[test]
    fn arns_that_do_not_belong_together_are_refused() {
        let elsewhere = PROFILE.replace("eu-west-1", "eu-west-2");
        let error = request(TRUST_ANCHOR, &elsewhere, ROLE).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the trust anchor is in eu-west-1, the profile in eu-west-2: they must be in one region"
        );
        let china = ROLE.replace("arn:aws:", "arn:aws-cn:");
        let error = request(TRUST_ANCHOR, PROFILE, &china).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the ARNs are of different partitions: aws and aws-cn"
        );
        let nowhere = TRUST_ANCHOR.replace("eu-west-1", "");
        let error = request(&nowhere, PROFILE, ROLE).unwrap_err();
        assert!(
            matches!(error, InvalidParameter::NoRegion { .. }),
            "{error}"
        );
    }

    #[test]
    fn durations_and_names_have_bounds() {
        for text in ["900", "3600", " 43200 "] {
            assert!(text.parse::<SessionDuration>().is_ok(), "{text}");
        }
        for text in ["", "0", "1", "899", "43201", "-5", "1h", "99999999999999"] {
            assert!(text.parse::<SessionDuration>().is_err(), "{text}");
        }
        for text in ["ab", "a_+=,.@-Z9", &"a".repeat(64)] {
            assert!(text.parse::<RoleSessionName>().is_ok(), "{text}");
        }
        for text in ["", "a", "a b", "a/b", "ü1", &"a".repeat(65)] {
            assert!(text.parse::<RoleSessionName>().is_err(), "{text}");
        }
    }
}
