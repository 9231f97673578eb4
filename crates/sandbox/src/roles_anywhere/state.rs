use std::time::Duration;

use rustls_pki_types::CertificateDer;

/// What an AWS account knows: its trust anchors, profiles and roles.
#[derive(Clone, Debug)]
pub struct RolesAnywhereState {
    /// The partition, such as `aws`.
    pub partition: String,
    /// The region that answers.
    pub region: String,
    /// The trust anchors.
    pub trust_anchors: Vec<TrustAnchor>,
    /// The profiles.
    pub profiles: Vec<Profile>,
    /// The IAM roles that trust `rolesanywhere.amazonaws.com`.
    pub roles: Vec<Role>,
    /// Whether a policy of theirs allows `GetTrustAnchor` and `GetProfile`, as the
    /// user's does.
    pub roles_may_read: bool,
}

/// A certificate authority that is trusted.
#[derive(Clone, Debug)]
pub struct TrustAnchor {
    /// `arn:aws:rolesanywhere:…:trust-anchor/…`.
    pub arn: String,
    /// A disabled one opens no session.
    pub enabled: bool,
    /// The trusted certificates: roots or intermediates.
    pub certificates: Vec<CertificateDer<'static>>,
}

/// A Roles Anywhere profile: which roles, and for how long.
#[derive(Clone, Debug)]
pub struct Profile {
    /// `arn:aws:rolesanywhere:…:profile/…`.
    pub arn: String,
    /// A disabled one opens no session.
    pub enabled: bool,
    /// The roles that it may open sessions of.
    pub role_arns: Vec<String>,
    /// The longest session, and that of a request which names no duration.
    pub duration: Duration,
    /// Whether a request may name the session.
    pub accept_role_session_name: bool,
    /// Whether a request must carry instance properties.
    pub require_instance_properties: bool,
}

/// An IAM role.
#[derive(Clone, Debug)]
pub struct Role {
    /// `arn:aws:iam::…:role/…`.
    pub arn: String,
    /// The role's own limit, 1 to 12 hours.
    pub max_session_duration: Duration,
}
