use std::time::{Duration, SystemTime};

use crate::{IssuerRef, KeyType, Mount, Names, RoleName};

/// What certificate is asked for, and of whom.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateRequest {
    /// The mount of the PKI secrets engine.
    pub mount: Mount,
    /// The role of that mount.
    pub role: RoleName,
    /// The issuer, where it is not the role's. Vault keeps these under paths
    /// that need a policy of their own.
    pub issuer: Option<IssuerRef>,
    /// The names to be certified.
    pub names: Names,
    /// How long it is to be valid.
    pub lifetime: RequestedLifetime,
    /// The kind of key.
    pub key_type: KeyType,
    /// In which form a key that Vault makes comes back.
    pub key_format: KeyFormat,
}

impl CertificateRequest {
    /// A request that leaves everything else to the role.
    pub fn new(mount: Mount, role: RoleName, names: Names) -> Self {
        Self {
            mount,
            role,
            issuer: None,
            names,
            lifetime: RequestedLifetime::RoleDefault,
            key_type: KeyType::Auto,
            key_format: KeyFormat::Pkcs8,
        }
    }
}

/// How long a certificate is to be valid. What it got stands in the
/// certificate: a role shortens without an error.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum RequestedLifetime {
    /// What the role says.
    #[default]
    RoleDefault,
    /// So long from now on; whole seconds.
    Ttl(Duration),
    /// Until this moment; whole seconds. A role's `max_ttl` does not bound it.
    NotAfter(SystemTime),
}

/// In which form Vault gives a key that it has made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyFormat {
    /// PKCS#8.
    #[default]
    Pkcs8,
    /// Vault's own default: SEC1 or PKCS#1, as old scripts expect it.
    Legacy,
}
