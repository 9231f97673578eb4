use super::super::carried::Carried;
use super::super::pod::{VAULT_TOKEN, VaultToken};
use super::Form;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// Where Vault is the identity, and a service account logs in to it: a token of
/// its own for that.
pub(super) fn token(
    settings: &Resolved<'_>,
    form: Form,
    carried: &mut Carried,
) -> Result<Option<VaultToken>, Failure> {
    let auth = if carried.has("auth") {
        settings.text("auth")?
    } else {
        None
    };
    if !is_identity(settings, form, carried)? || !is_by_account(auth.as_deref(), carried) {
        return Ok(None);
    }
    if auth.as_deref() != Some("jwt") && !carried.has("auth-role") {
        let hint = "name the role of Vault's Kubernetes auth that logs us in";
        return Err(missing("auth-role", hint));
    }
    if !carried.has("vault-addr") {
        let hint = "name the address by which pods reach Vault";
        return Err(missing("vault-addr", hint));
    }
    carried.set_if_absent("auth", "kubernetes");
    carried.set("jwt-file", VAULT_TOKEN);
    let audience = settings.text("audience")?;
    Ok(Some(VaultToken {
        audience: audience.unwrap_or_else(|| "vault".to_owned()),
    }))
}

/// Whether the certificate comes from Vault.
fn is_identity(settings: &Resolved<'_>, form: Form, carried: &Carried) -> Result<bool, Failure> {
    let is_anywhere = form == Form::SidecarCert
        || carried.has("trust-anchor-arn")
        || settings.text("credentials")?.as_deref() == Some("roles-anywhere")
        || settings.text("secret-format")?.as_deref() == Some("tls");
    Ok(is_anywhere && !OTHER_IDENTITIES.iter().any(|name| carried.has(name)))
}

/// Whether a service account logs in.
fn is_by_account(auth: Option<&str>, carried: &Carried) -> bool {
    match auth {
        Some(auth) => matches!(auth, "kubernetes" | "jwt"),
        None => !OTHER_LOGINS.iter().any(|name| carried.has(name)),
    }
}

fn missing(name: &str, hint: &str) -> Failure {
    Failure::configuration("config.missing", format!("--{name} is missing")).with_hint(hint)
}

const OTHER_IDENTITIES: [&str; 3] = [
    "certificate",
    "spiffe-endpoint-socket",
    "container-credentials-full-uri",
];

const OTHER_LOGINS: [&str; 4] = ["role-id", "role-id-file", "username", "vault-token-file"];
