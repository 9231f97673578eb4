use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};

use super::fields::Fields;
use super::token::TokenRules;
use super::{Policy, VaultError};
use crate::authority::Authority;
use crate::jwt::JwtKey;
use crate::kubernetes::Cluster;
use crate::random::Random;
use crate::{Error, RequestParts, Settings};

mod app_role;
mod certificate;
mod jwt;
mod kubernetes;
mod userpass;

pub use app_role::{AppRole, AppRoleCredentials};
pub use certificate::CertificateRole;
pub use jwt::JwtRole;
pub use kubernetes::KubernetesRole;
pub use userpass::User;

use app_role::AppRoleLogin;
use userpass::UserLogin;

/// The logins that are set up.
#[derive(Debug)]
pub(crate) struct Logins {
    pub(crate) kubernetes_role: KubernetesRole,
    more_kubernetes_roles: Vec<KubernetesRole>,
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) app_role: AppRoleLogin,
    pub(crate) jwt_role: JwtRole,
    pub(crate) jwt_key: JwtKey,
    pub(crate) user: UserLogin,
    pub(crate) certificate_role: CertificateRole,
    /// Who issues the certificates of [`crate::Sandbox::client_certificate`].
    pub(crate) client_authority: Authority,
    rules: TokenRules,
    pub(super) mfa_required: bool,
}

/// An attempt to log in.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) fields: &'a Fields,
    /// What is behind `login/`.
    pub(super) name: &'a str,
    pub(super) now: SystemTime,
    /// The certificates that the TLS client showed.
    pub(super) client: &'a [CertificateDer<'static>],
    /// The issuers of the PKI mount.
    pub(super) issuers: &'a [CertificateDer<'static>],
}

/// Somebody who proved who they are.
#[derive(Debug)]
pub(super) struct Identity {
    /// `kubernetes/login`, with the name that some have behind it.
    pub(super) path: String,
    /// The name by which Vault knows this one again.
    pub(super) alias: String,
    pub(super) metadata: Value,
    /// The accessor of the mount, by which templates name it.
    pub(super) accessor: String,
    pub(super) rules: TokenRules,
    /// A policy of its own, by name; none for that of all clients.
    pub(super) policy: Option<(String, Policy)>,
    /// What a renewal has to come with, too.
    pub(super) certificate: Option<CertificateDer<'static>>,
}

impl Logins {
    /// One role of each kind, and those who vouch for their clients.
    pub(crate) fn new(settings: &Settings, random: &Random) -> Result<Self, Error> {
        let now = (settings.clock)();
        let client_authority = Authority::root("iamra sandbox clients", now, random)?;
        Ok(Self {
            kubernetes_role: settings.kubernetes_role.clone(),
            more_kubernetes_roles: settings.more_kubernetes_roles.clone(),
            cluster: Arc::new(Cluster::new(now, random)?),
            app_role: AppRoleLogin::new(settings.app_role.clone(), random),
            jwt_role: settings.jwt_role.clone(),
            jwt_key: JwtKey::new()?,
            user: UserLogin::new(settings.user.clone(), random),
            certificate_role: settings.certificate_role.clone(),
            client_authority,
            rules: settings.login_tokens,
            mfa_required: settings.mfa_required,
        })
    }

    /// Whether there is a login at a mount.
    pub(super) fn has(&self, mount: &str) -> bool {
        self.kind(mount).is_some()
    }

    /// The mounts of all logins, each with its kind, by name.
    pub(super) fn mounts(&self) -> BTreeMap<&str, &'static str> {
        let others = [
            (&self.app_role.role.mount, "approle"),
            (&self.jwt_role.mount, "jwt"),
            (&self.user.user.mount, "userpass"),
            (&self.certificate_role.mount, "cert"),
        ];
        let kubernetes = self.kubernetes_roles().map(|it| (&it.mount, "kubernetes"));
        let all = others.into_iter().chain(kubernetes);
        all.map(|(mount, kind)| (mount.as_str(), kind)).collect()
    }

    /// Checks a login.
    pub(super) fn check(&self, mount: &str, attempt: Attempt<'_>) -> Result<Identity, VaultError> {
        let kind = self.kind(mount).ok_or_else(VaultError::permission_denied)?;
        let mut policy = None;
        let (alias, metadata) = match kind {
            "kubernetes" => {
                let roles = self.kubernetes_roles().filter(|role| role.mount == mount);
                let role = kubernetes::role(attempt, roles)?;
                let own = role.policy.clone();
                policy = own.map(|policy| (role.name.clone(), policy));
                kubernetes::check(attempt, role, &self.cluster)?
            }
            "approle" => self.app_role.check(attempt)?,
            "jwt" => jwt::check(attempt, &self.jwt_role, &self.jwt_key)?,
            "userpass" => self.user.check(attempt)?,
            _ => certificate::check(attempt, self)?,
        };
        let slash = if attempt.name.is_empty() { "" } else { "/" };
        Ok(Identity {
            path: format!("auth/{mount}/login{slash}{}", attempt.name),
            alias: format!("{mount}/{alias}"),
            metadata,
            accessor: mount_accessor(kind, mount),
            rules: self.rules,
            policy,
            certificate: attempt.client.first().filter(|_| kind == "cert").cloned(),
        })
    }

    /// The kind of the login at a mount.
    fn kind(&self, mount: &str) -> Option<&'static str> {
        self.mounts().get(mount).copied()
    }

    fn kubernetes_roles(&self) -> impl Iterator<Item = &KubernetesRole> {
        [&self.kubernetes_role]
            .into_iter()
            .chain(&self.more_kubernetes_roles)
    }

    /// What is answered instead of a token where a second factor is required.
    pub(super) fn second_factor(&self, random: &Random) -> Option<Value> {
        self.mfa_required.then(|| {
            json!({
                "client_token": "",
                "accessor": "",
                "policies": null,
                "metadata": null,
                "lease_duration": 0,
                "renewable": false,
                "entity_id": "",
                "token_type": "default",
                "orphan": false,
                "mfa_requirement": {
                    "mfa_request_id": random.uuid(),
                    "mfa_constraints": {
                        "sandbox": {
                            "any": [{
                                "type": "totp",
                                "id": random.uuid_of_name("totp"),
                                "uses_passcode": true,
                            }],
                        },
                    },
                },
                "num_uses": 0,
            })
        })
    }
}

/// `auth_kubernetes_0123abcd`: always the same for the same mount.
pub(super) fn mount_accessor(kind: &str, mount: &str) -> String {
    let hash = digest(&SHA256, mount.as_bytes());
    let hash = hash.as_ref().get(..4).unwrap_or_default();
    format!("auth_{kind}_{}", hex::encode(hash))
}

/// The mount of a login path, and what is behind `login/`.
pub(super) fn mount_of(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix("auth/")?;
    match path.strip_suffix("/login") {
        Some(mount) => Some((mount, "")),
        None => path.split_once("/login/"),
    }
}

/// The secrets that a login carries.
pub(super) fn secrets(fields: &Fields) -> Result<Vec<String>, VaultError> {
    ["jwt", "secret_id", "password"]
        .into_iter()
        .map(|name| fields.text(name))
        .collect()
}

/// `POST` or `PUT`.
pub(super) fn check_method(request: &RequestParts) -> Result<(), VaultError> {
    if ["POST", "PUT"].contains(&request.method.as_str()) {
        Ok(())
    } else {
        Err(VaultError::unsupported_operation())
    }
}
