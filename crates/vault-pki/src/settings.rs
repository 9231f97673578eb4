use std::path::PathBuf;
use std::time::Duration;

use destination::{ClientIdentity, Destination, Proxy, Roots, ServerName, Verification};

use crate::{Address, Namespace};

mod boolean;
mod duration;
mod environment;

pub use environment::VaultEnvironment;

/// How Vault is reached.
///
/// The fields are public: take the [`Default`] or what the
/// [environment](VaultEnvironment) says, and change what a flag or a file says
/// otherwise.
#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// Where Vault is.
    pub address: Address,
    /// The namespace of everything; the root namespace where absent.
    pub namespace: Option<Namespace>,
    /// The namespace of the login, where it is another.
    pub auth_namespace: Option<Namespace>,
    /// The namespace of the PKI mount, where it is another.
    pub pki_namespace: Option<Namespace>,
    /// The CAs that may vouch for Vault. Anything but [`Roots::System`]
    /// replaces the system's.
    pub roots: Roots,
    /// The certificate that we show Vault, where it asks for one.
    pub client_identity: Option<ClientIdentity>,
    /// The name to ask for and to verify, where it is not the address's.
    pub server_name: Option<String>,
    /// Whether Vault's certificate is checked.
    pub verification: Verification,
    /// The proxy on the way.
    pub proxy: Option<Proxy>,
    /// How long one call may take, with all its attempts.
    pub timeout: Duration,
    /// How often a call that failed for a passing reason is tried again.
    pub max_retries: u32,
    /// Whether one redirect is followed, as a standby answers it.
    pub follow_redirect: bool,
    /// Whether each call brings its login in its headers, instead of a token:
    /// OpenBao's inline authentication (2.4 and later). Vault ignores it.
    pub inline_authentication: bool,
    /// The `User-Agent` header.
    pub user_agent: String,
}

impl VaultSettings {
    /// The namespace that the login goes to.
    pub fn login_namespace(&self) -> Option<&Namespace> {
        self.auth_namespace.as_ref().or(self.namespace.as_ref())
    }

    /// The namespace that certificates come from.
    pub fn certificate_namespace(&self) -> Option<&Namespace> {
        self.pki_namespace.as_ref().or(self.namespace.as_ref())
    }

    pub(crate) fn destination(&self) -> Destination {
        Destination {
            roots: self.roots.clone(),
            client_identity: self.client_identity.clone(),
            server_name: self.server_name.clone().map(|name| ServerName {
                host: self.address.host().to_owned(),
                name,
            }),
            verification: self.verification,
            proxy: self.proxy.clone(),
            unix_socket: self.address.unix_socket().map(PathBuf::from),
            connect_timeout: CONNECT_TIMEOUT.min(self.timeout),
            timeout: self.timeout,
            user_agent: self.user_agent.clone(),
        }
    }
}

/// As Vault's own client: a minute, and two more tries.
impl Default for VaultSettings {
    fn default() -> Self {
        Self {
            address: Address::default(),
            namespace: None,
            auth_namespace: None,
            pki_namespace: None,
            roots: Roots::System,
            client_identity: None,
            server_name: None,
            verification: Verification::Full,
            proxy: None,
            timeout: Duration::from_mins(1),
            max_retries: 2,
            follow_redirect: true,
            inline_authentication: false,
            user_agent: Destination::default().user_agent,
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{setting} cannot be used: {reason}")]
pub struct InvalidSetting {
    /// Which one: the variable, or what it is about.
    pub setting: String,
    /// What is wrong with it; never the value of a secret.
    pub reason: String,
}

impl InvalidSetting {
    pub(crate) fn new(setting: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            reason: reason.into(),
        }
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_and_the_certificate_may_have_namespaces_of_their_own() {
        let named = |name: &str| Some(name.parse::<Namespace>().unwrap());
        let mut settings = VaultSettings::default();
        assert_eq!(settings.login_namespace(), None);
        settings.namespace = named("a");
        assert_eq!(settings.login_namespace(), named("a").as_ref());
        assert_eq!(settings.certificate_namespace(), named("a").as_ref());
        settings.auth_namespace = named("b");
        settings.pki_namespace = named("c");
        assert_eq!(settings.login_namespace(), named("b").as_ref());
        assert_eq!(settings.certificate_namespace(), named("c").as_ref());
    }

    #[test]
    fn the_server_name_is_that_of_the_address_only() {
        let settings = VaultSettings {
            address: "https://[::1]:8200".parse().unwrap(),
            server_name: Some("vault.example".to_owned()),
            timeout: Duration::from_secs(3),
            ..VaultSettings::default()
        };
        let destination = settings.destination();
        assert_eq!(destination.server_name.unwrap().host, "::1");
        assert_eq!(destination.connect_timeout, Duration::from_secs(3));
    }
}
