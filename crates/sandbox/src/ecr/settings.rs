use std::time::Duration;

use super::Repository;

/// What ECR is set up with; to be changed at any time by
/// [`Sandbox::configure_ecr`](crate::Sandbox::configure_ecr).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EcrSettings {
    /// Who may not get tokens, though everybody else may.
    pub denials: Vec<EcrDenial>,
    /// How long a token is good for; ECR gives 12 hours.
    pub token_lifetime: Duration,
    /// What the registries hold.
    pub repositories: Vec<Repository>,
}

impl Default for EcrSettings {
    /// Three repositories of the sandbox's account and region: `team/app`,
    /// `many` with more tags than a page has, and `forbidden`.
    fn default() -> Self {
        let many: Vec<_> = (1..=250).map(|number| format!("v{number:03}")).collect();
        let ours = |name, tags| Repository::new("123456789012", "us-east-1", name).tagged(tags);
        Self {
            denials: Vec::new(),
            token_lifetime: Duration::from_hours(12),
            repositories: vec![
                ours("team/app", &["1", "2", "latest"]),
                Repository {
                    tags: many,
                    ..ours("many", &[])
                },
                Repository {
                    is_readable: false,
                    ..ours("forbidden", &["1"])
                },
            ],
        }
    }
}

impl EcrSettings {
    /// Whether someone may do something.
    pub(super) fn allows(&self, principal_arn: &str, action: EcrAction) -> bool {
        let mut denials = self.denials.iter();
        !denials.any(|it| it.principal_arn == principal_arn && it.action == action)
    }
}

/// Something that a role or user may not do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EcrDenial {
    /// `arn:aws:iam::…:role/…` or `arn:aws:iam::…:user/…`.
    pub principal_arn: String,
    /// What is not allowed.
    pub action: EcrAction,
}

/// A permission that is needed to get a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EcrAction {
    /// `ecr:GetAuthorizationToken`.
    GetAuthorizationToken,
    /// `ecr-public:GetAuthorizationToken`, the first of two for ECR Public.
    GetPublicAuthorizationToken,
    /// `sts:GetServiceBearerToken`, the second one.
    GetServiceBearerToken,
}

impl EcrAction {
    /// The name that policies have for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GetAuthorizationToken => "ecr:GetAuthorizationToken",
            Self::GetPublicAuthorizationToken => "ecr-public:GetAuthorizationToken",
            Self::GetServiceBearerToken => "sts:GetServiceBearerToken",
        }
    }
}
