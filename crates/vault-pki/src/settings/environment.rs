use std::ffi::OsString;
use std::path::PathBuf;

use destination::{ClientIdentity, Proxy, Roots, Verification};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{boolean, duration};
use crate::{InvalidSetting, VaultSettings};

/// What the environment says about Vault, as the CLIs of Vault and `OpenBao`
/// read it.
///
/// `BAO_X` wins over `VAULT_X`, even when it is empty; an empty value is none.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct VaultEnvironment {
    /// How Vault is reached.
    pub settings: VaultSettings,
    /// The token.
    pub token: Option<SecretString>,
    /// Where `OpenBao`'s CLI is told to keep its token.
    pub token_file: Option<PathBuf>,
}

impl VaultEnvironment {
    /// Reads the variables through `lookup`, which gives the value of one.
    pub fn read(lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, InvalidSetting> {
        let variables = Variables(lookup);
        let mut settings = VaultSettings::default();
        if let Some(address) = variables.parsed("AGENT_ADDR", str::parse::<crate::Address>)? {
            settings.address = address;
        } else if let Some(address) = variables.parsed("ADDR", str::parse::<crate::Address>)? {
            settings.address = address;
        }
        settings.namespace = variables.parsed("NAMESPACE", str::parse::<crate::Namespace>)?;
        read_tls(&variables, &mut settings)?;
        read_limits(&variables, &mut settings)?;
        settings.proxy = read_proxy(&variables)?;
        Ok(Self {
            settings,
            token: variables.text("TOKEN")?.map(|(_, token)| token.into()),
            token_file: variables.path("TOKEN_PATH"),
        })
    }
}

/// The variables, without their prefix.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<OsString>);

impl Variables<'_> {
    fn named(&self, name: &str) -> Option<(String, OsString)> {
        ["BAO", "VAULT"]
            .into_iter()
            .map(|prefix| format!("{prefix}_{name}"))
            .find_map(|name| (self.0)(&name).map(|value| (name, value)))
            .filter(|(_, value)| !value.is_empty())
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.named(name).map(|(_, value)| value.into())
    }

    fn text(&self, name: &str) -> Result<Option<(String, String)>, InvalidSetting> {
        let Some((name, value)) = self.named(name) else {
            return Ok(None);
        };
        match value.into_string() {
            Ok(value) => Ok(Some((name, value))),
            Err(_) => Err(InvalidSetting::new(name, "it is not valid UTF-8")),
        }
    }

    fn parsed<T, E: ToString>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, InvalidSetting> {
        let Some((name, value)) = self.text(name)? else {
            return Ok(None);
        };
        match parse(&value) {
            Ok(value) => Ok(Some(value)),
            Err(reason) => Err(InvalidSetting::new(name, reason.to_string())),
        }
    }

    /// A variable that is not Vault's own, in upper or lower case.
    fn common(&self, name: &str) -> Option<String> {
        [name.to_owned(), name.to_lowercase()]
            .iter()
            .filter_map(|name| (self.0)(name)?.into_string().ok())
            .find(|value| !value.is_empty())
    }
}

fn read_tls(variables: &Variables<'_>, settings: &mut VaultSettings) -> Result<(), InvalidSetting> {
    settings.roots = if let Some(path) = variables.path("CACERT") {
        Roots::File(path)
    } else if let Some((_, pem)) = variables.text("CACERT_BYTES")? {
        Roots::Pem(pem.into_bytes())
    } else if let Some(path) = variables.path("CAPATH") {
        Roots::Directory(path)
    } else {
        Roots::System
    };
    settings.client_identity = read_client_identity(variables)?;
    settings.server_name = variables.text("TLS_SERVER_NAME")?.map(|(_, name)| name);
    if variables.parsed("SKIP_VERIFY", boolean::parse)? == Some(true) {
        settings.verification = Verification::DangerousNone;
    }
    Ok(())
}

/// Files first; the `_BYTES` variables are `OpenBao`'s.
fn read_client_identity(
    variables: &Variables<'_>,
) -> Result<Option<ClientIdentity>, InvalidSetting> {
    match (variables.path("CLIENT_CERT"), variables.path("CLIENT_KEY")) {
        (Some(certificate), Some(private_key)) => {
            return Ok(Some(ClientIdentity::Files {
                certificate,
                private_key,
            }));
        }
        (None, None) => {}
        _ => return Err(half_an_identity("CLIENT_CERT and CLIENT_KEY")),
    }
    let certificate = variables.text("CLIENT_CERT_BYTES")?;
    let private_key = variables.text("CLIENT_KEY_BYTES")?;
    match (certificate, private_key) {
        (Some((_, certificate)), Some((_, private_key))) => Ok(Some(ClientIdentity::Pem {
            certificate: certificate.into_bytes(),
            private_key: Zeroizing::new(private_key.into_bytes()),
        })),
        (None, None) => Ok(None),
        _ => Err(half_an_identity("CLIENT_CERT_BYTES and CLIENT_KEY_BYTES")),
    }
}

fn half_an_identity(variables: &str) -> InvalidSetting {
    InvalidSetting::new(
        "the client certificate for Vault",
        format!("{variables} (with the prefix VAULT_ or BAO_) must both be set, or neither"),
    )
}

fn read_limits(
    variables: &Variables<'_>,
    settings: &mut VaultSettings,
) -> Result<(), InvalidSetting> {
    if let Some(timeout) = variables.parsed("CLIENT_TIMEOUT", duration::parse)? {
        settings.timeout = timeout;
    }
    let number = |text: &str| text.parse::<u32>().map_err(|_| "it must be a whole number");
    if let Some(retries) = variables.parsed("MAX_RETRIES", number)? {
        settings.max_retries = retries;
    }
    if let Some(disabled) = variables.parsed("DISABLE_REDIRECTS", boolean::parse)? {
        settings.follow_redirect = !disabled;
    }
    Ok(())
}

/// Vault's own proxy has no exceptions; the common one has `NO_PROXY`.
fn read_proxy(variables: &Variables<'_>) -> Result<Option<Proxy>, InvalidSetting> {
    for name in ["PROXY_ADDR", "HTTP_PROXY"] {
        if let Some((_, url)) = variables.text(name)? {
            return Ok(Some(Proxy::all(url.into())));
        }
    }
    let url = |name| variables.common(name).map(SecretString::from);
    let (http, https) = (url("HTTP_PROXY"), url("HTTPS_PROXY"));
    Ok((http.is_some() || https.is_some()).then(|| Proxy {
        http,
        https,
        no_proxy: variables.common("NO_PROXY").unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests;
