use std::ffi::OsString;

use secrecy::{ExposeSecret as _, SecretString};
use vault_pki::{InvalidSetting, Namespace, VaultEnvironment, VaultSettings};

use crate::aws;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// Which of OpenBao's variables says the same as which setting.
const VARIABLES: [(&str, &str); 8] = [
    ("BAO_ADDR", "vault-addr"),
    ("BAO_NAMESPACE", "vault-namespace"),
    ("BAO_TLS_SERVER_NAME", "vault-tls-server-name"),
    ("BAO_SKIP_VERIFY", "vault-skip-verify"),
    ("BAO_CLIENT_TIMEOUT", "vault-timeout"),
    ("BAO_MAX_RETRIES", "vault-max-retries"),
    ("BAO_PROXY_ADDR", "vault-proxy"),
    ("BAO_DISABLE_REDIRECTS", "vault-disable-redirects"),
];

/// The same for those of which one counts.
const CERTIFICATE_AUTHORITIES: [(&str, &str); 3] = [
    ("BAO_CACERT", "vault-cacert"),
    ("BAO_CACERT_BYTES", "vault-cacert-bytes"),
    ("BAO_CAPATH", "vault-capath"),
];

/// The client certificate and its key, as files.
const CLIENT_FILES: [(&str, &str); 2] = [
    ("BAO_CLIENT_CERT", "vault-client-cert"),
    ("BAO_CLIENT_KEY", "vault-client-key"),
];

/// The same as PEM texts; the key is a secret.
const CLIENT_TEXT: (&str, &str) = ("BAO_CLIENT_CERT_BYTES", "vault-client-cert-bytes");
const CLIENT_KEY_TEXT: (&str, &str) = ("BAO_CLIENT_KEY_BYTES", "vault-client-key-bytes");

/// How Vault is reached. `vault-pki` reads its settings from variables; what
/// it is shown here are our settings under the names of the strongest ones.
pub(super) fn vault_settings(settings: &Resolved<'_>) -> Result<VaultSettings, Failure> {
    let mut shown: Vec<(&'static str, OsString)> = Vec::new();
    for (variable, name) in VARIABLES {
        if let Some(value) = settings.text(name)? {
            shown.push((variable, value.into()));
        }
    }
    let names = CERTIFICATE_AUTHORITIES.map(|(_, name)| name);
    if let Some((strongest, sourced)) = settings.strongest(&names)? {
        let variable = CERTIFICATE_AUTHORITIES
            .iter()
            .find(|(_, name)| *name == strongest);
        let path = settings.path(strongest)?.map(OsString::from);
        shown.extend(
            variable.map(|(variable, _)| (*variable, path.unwrap_or_else(|| sourced.value.into()))),
        );
    }
    let key = show_client_identity(settings, &mut shown)?;
    let lookup = |name: &str| {
        if name == CLIENT_KEY_TEXT.0 {
            return key.as_ref().map(|key| key.expose_secret().into());
        }
        let found = shown.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.clone())
    };
    let mut vault = VaultEnvironment::read(&lookup)
        .map_err(|error| invalid(settings, error))?
        .settings;
    vault.auth_namespace = settings.parse::<Namespace>("vault-auth-namespace")?;
    vault.pki_namespace = settings.parse::<Namespace>("vault-pki-namespace")?;
    vault.inline_authentication = settings.switch("inline-auth")?;
    if vault.proxy.is_none() {
        vault.proxy = aws::proxy(settings)?;
    }
    Ok(vault)
}

/// The pair whose certificate is from the strongest place: a certificate never
/// meets the key of another one. A key that is a text is returned.
fn show_client_identity(
    settings: &Resolved<'_>,
    shown: &mut Vec<(&'static str, OsString)>,
) -> Result<Option<SecretString>, Failure> {
    let certificates = [CLIENT_FILES[0].1, CLIENT_TEXT.1];
    let strongest = settings.strongest(&certificates)?.map(|(name, _)| name);
    if strongest != Some(CLIENT_TEXT.1) {
        for (variable, name) in CLIENT_FILES {
            shown.extend(settings.path(name)?.map(|path| (variable, path.into())));
        }
    }
    if strongest == Some(CLIENT_FILES[0].1) {
        return Ok(None);
    }
    let (variable, name) = CLIENT_TEXT;
    shown.extend(settings.text(name)?.map(|text| (variable, text.into())));
    settings.secret(CLIENT_KEY_TEXT.1)
}

/// The error under the name that the user gave the value.
fn invalid(settings: &Resolved<'_>, error: InvalidSetting) -> Failure {
    let ours = VARIABLES
        .iter()
        .chain(&CLIENT_FILES)
        .chain([&CLIENT_TEXT, &CLIENT_KEY_TEXT])
        .find(|(variable, _)| *variable == error.setting);
    let sourced = ours.and_then(|(_, name)| settings.sourced(name).ok().flatten());
    match sourced {
        Some(sourced) => sourced.origin.invalid(&error.reason),
        None => vault_pki::Error::Setting(error).into(),
    }
}
