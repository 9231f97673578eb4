use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aws_partition::Arn;
use serde_json::Value;

use super::pod::Pod;
use super::{SkippedContainers, TokenExpiration, Warning};
use crate::association::arn_of;
use crate::service_account::check_subdomain;
use crate::{Association, InvalidName};

/// What stands before the slash in the names of our annotations: `iamra.dev`
/// unless it is set, `eks.amazonaws.com` for those of the EKS webhook.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnnotationDomain(String);

/// What the annotations of a service account say; each is optional.
///
/// What cannot be read counts as absent, with a warning.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AccountAnnotations {
    /// `role-arn`: the role that the account's pods have.
    pub role_arn: Option<Arn>,
    /// `profile-arn`: the Roles Anywhere profile, where the role needs another
    /// than the default.
    pub profile_arn: Option<Arn>,
    /// `audience`: whom the token is for.
    pub audience: Option<String>,
    /// `token-expiration`, in seconds.
    pub token_expiration: Option<TokenExpiration>,
    /// `sts-regional-endpoints`: whether `AWS_STS_REGIONAL_ENDPOINTS` is set.
    pub regional_sts: Option<bool>,
}

/// What the annotations of a pod say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PodAnnotations {
    /// `skip-containers`: which are left alone.
    pub skipped: SkippedContainers,
    /// `token-expiration`, in seconds.
    pub token_expiration: Option<TokenExpiration>,
}

impl AnnotationDomain {
    /// The domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole name of the annotation `name`.
    pub fn annotation(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }
}

impl Default for AnnotationDomain {
    fn default() -> Self {
        Self("iamra.dev".to_owned())
    }
}

impl fmt::Display for AnnotationDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AnnotationDomain {
    type Err = InvalidName;

    /// [A DNS subdomain](https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set).
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        check_subdomain("domain of annotations", text)?;
        Ok(Self(text.to_owned()))
    }
}

impl AccountAnnotations {
    /// Reads those of `domain` among a service account's annotations.
    pub fn parse(
        domain: &AnnotationDomain,
        annotations: &BTreeMap<String, String>,
    ) -> (Self, Vec<Warning>) {
        let find = |name: &str| {
            annotations
                .get(&domain.annotation(name))
                .map(String::as_str)
        };
        let mut reader = Reader::new("service account", domain);
        let read = Self {
            role_arn: reader.read("role-arn", find, role_arn),
            profile_arn: reader.read("profile-arn", find, profile_arn),
            audience: reader.read("audience", find, audience),
            token_expiration: reader.read(TOKEN_EXPIRATION, find, token_expiration),
            regional_sts: reader.read("sts-regional-endpoints", find, boolean),
        };
        (read, reader.warnings)
    }

    /// The role that they name; `None` where they name none.
    pub fn association(&self) -> Option<Association> {
        Some(Association {
            role_arn: self.role_arn.as_ref()?.to_string(),
            profile_arn: self.profile_arn.as_ref().map(Arn::to_string),
        })
    }
}

impl PodAnnotations {
    /// Reads those of `domain` in a pod.
    pub fn parse(domain: &AnnotationDomain, pod: &Value) -> (Self, Vec<Warning>) {
        let pod = Pod::new(pod);
        let find = |name: &str| pod.annotation(&domain.annotation(name));
        let mut reader = Reader::new("pod", domain);
        let read = Self {
            skipped: find("skip-containers")
                .map(SkippedContainers::parse)
                .unwrap_or_default(),
            token_expiration: reader.read(TOKEN_EXPIRATION, find, token_expiration),
        };
        (read, reader.warnings)
    }
}

/// Reads annotations, and remembers what could not be read.
struct Reader<'a> {
    object: &'static str,
    domain: &'a AnnotationDomain,
    warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    fn new(object: &'static str, domain: &'a AnnotationDomain) -> Self {
        Self {
            object,
            domain,
            warnings: Vec::new(),
        }
    }

    fn read<'t, T>(
        &mut self,
        name: &str,
        find: impl Fn(&str) -> Option<&'t str>,
        parse: fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        match parse(find(name)?) {
            Ok(value) => Some(value),
            Err(wanted) => {
                let Self { object, domain, .. } = self;
                self.warnings.push(Warning::new(&format!(
                    "{domain}/{name} of the {object} is ignored: it must be {wanted}"
                )));
                None
            }
        }
    }
}

fn role_arn(text: &str) -> Result<Arn, &'static str> {
    arn_of(text.trim(), ("iam", "role")).ok_or("the ARN of a role")
}

fn profile_arn(text: &str) -> Result<Arn, &'static str> {
    let arn = arn_of(text.trim(), ("rolesanywhere", "profile"));
    arn.ok_or("the ARN of a Roles Anywhere profile")
}

/// An empty one would be that of the API server: a token to act as the pod with.
fn audience(text: &str) -> Result<String, &'static str> {
    match text.trim() {
        "" => Err("the name of an audience"),
        audience => Ok(audience.to_owned()),
    }
}

fn token_expiration(text: &str) -> Result<TokenExpiration, &'static str> {
    text.trim().parse().map_err(|_| "a whole number of seconds")
}

/// As Go reads them, and so the EKS webhook.
fn boolean(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("true or false"),
    }
}

const TOKEN_EXPIRATION: &str = "token-expiration";

#[cfg(test)]
mod tests;
