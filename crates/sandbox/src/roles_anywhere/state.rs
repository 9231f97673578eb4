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
    /// The common names that its trust policy asks for, one of which the
    /// certificate's subject must have (`aws:PrincipalTag/x509Subject/CN`); none for
    /// any certificate.
    pub common_names: Vec<String>,
}

impl Role {
    /// A role for sessions of up to 12 hours that trusts one common name.
    pub fn for_common_name(arn: &str, common_name: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            max_session_duration: Duration::from_secs(12 * 60 * 60),
            common_names: vec![common_name.to_owned()],
        }
    }

    /// Whether the trust policy allows who has a common name, or has none.
    pub(super) fn trusts(&self, common_name: Option<&str>) -> bool {
        let equal = |name: &String| Some(name.as_str()) == common_name;
        self.common_names.is_empty() || self.common_names.iter().any(equal)
    }
}

impl RolesAnywhereState {
    /// Adds a role, or changes the one of that ARN, and lists it in every profile.
    pub fn add_role(&mut self, role: Role) {
        for profile in &mut self.profiles {
            if !profile.role_arns.contains(&role.arn) {
                profile.role_arns.push(role.arn.clone());
            }
        }
        self.roles.retain(|other| other.arn != role.arn);
        self.roles.push(role);
    }
}
