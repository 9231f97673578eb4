use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use super::services::TlsAuthorities;
use crate::authority::Authority;
use crate::random::Random;
use crate::vault::{Issuer, Issuers, Logins, Mount, Namespaces, Quota, Tokens, Vault, Wrappings};
use crate::{
    AssumableRole, Error, PkiRole, Profile, Role, RolesAnywhereState, Settings, TrustAnchor,
};

pub(super) const ROOT: &str = "iamra sandbox root";
pub(super) const REGION: &str = "us-east-1";
pub(super) const TRUST_ANCHOR_ARN: &str = "arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/a1b2c3d4-5678-90ab-cdef-111111111111";
pub(super) const PROFILE_ARN: &str =
    "arn:aws:rolesanywhere:us-east-1:123456789012:profile/a1b2c3d4-5678-90ab-cdef-222222222222";
pub(super) const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/iamra-sandbox";
pub(super) const NEXT_ROLE_ARN: &str = "arn:aws:iam::210987654321:role/iamra-sandbox-next";
pub(super) const LAST_ROLE_ARN: &str = "arn:aws:iam::345678901234:role/path/iamra-sandbox-last";

pub(super) const WEB_IDENTITY_ROLE_ARN: &str = "arn:aws:iam::123456789012:role/iamra-sandbox-web";
/// The provider of the identities that the sandbox's JWTs are.
const WEB_IDENTITY_PROVIDER_ARN: &str =
    "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
pub(super) const USER_ARN: &str = "arn:aws:iam::123456789012:user/iamra-sandbox";

/// A role of another account that trusts ours, one more behind it, and one for
/// web identities.
pub(crate) fn assumable_roles() -> Vec<AssumableRole> {
    vec![
        AssumableRole::trusting(NEXT_ROLE_ARN, ROLE_ARN),
        AssumableRole::trusting(LAST_ROLE_ARN, NEXT_ROLE_ARN),
        AssumableRole::trusting(WEB_IDENTITY_ROLE_ARN, WEB_IDENTITY_PROVIDER_ARN),
    ]
}

/// Vault with the client's mount and that of the root.
pub(super) fn vault(
    settings: &Settings,
    root: &Arc<Authority>,
    intermediate: Arc<Authority>,
    random: &Random,
) -> Result<Vault, Error> {
    let mut below = Issuers::new(Issuer::with_key("", intermediate, random));
    if settings.root_in_mount {
        below.add(Issuer::certificate("", Arc::clone(root), random));
    }
    let top = Issuers::new(Issuer::with_key("", Arc::clone(root), random));
    let root_role = PkiRole {
        allow_any_name: true,
        key_type: "ec".into(),
        key_bits: 256,
        ..PkiRole::named("under-root")
    };
    Ok(Vault {
        namespaces: Namespaces::new(
            settings.vault_namespace.as_deref(),
            settings.vault_auth_namespace.as_deref(),
        ),
        policy: settings.policy.clone(),
        tokens: Tokens::default(),
        logins: Logins::new(settings, random)?,
        inline_auth: settings.inline_auth,
        wrappings: Wrappings::default(),
        quota: Quota::default(),
        mounts: vec![
            Mount::new("pki-aws", settings.pki_roles.clone(), below).below(root),
            Mount::new("pki", vec![root_role], top),
        ],
        sealed: AtomicBool::new(false),
    })
}

/// One authority each for the two destinations.
pub(super) fn tls_authorities(now: SystemTime, random: &Random) -> Result<TlsAuthorities, Error> {
    Ok(TlsAuthorities {
        vault: Authority::root("iamra sandbox TLS for Vault", now, random)?,
        aws: Authority::root("iamra sandbox TLS for AWS", now, random)?,
    })
}

/// An AWS account with one of each.
pub(super) fn account(root: &Authority) -> RolesAnywhereState {
    let hour = Duration::from_secs(60 * 60);
    RolesAnywhereState {
        partition: "aws".into(),
        region: REGION.into(),
        trust_anchors: vec![TrustAnchor {
            arn: TRUST_ANCHOR_ARN.into(),
            enabled: true,
            certificates: vec![root.der().clone()],
        }],
        profiles: vec![Profile {
            arn: PROFILE_ARN.into(),
            enabled: true,
            role_arns: vec![ROLE_ARN.into()],
            duration: 12 * hour,
            accept_role_session_name: false,
            require_instance_properties: false,
        }],
        roles: vec![Role {
            arn: ROLE_ARN.into(),
            max_session_duration: 12 * hour,
            common_names: Vec::new(),
        }],
        roles_may_read: false,
    }
}
