use super::super::carried::{Carried, Lines};
use super::super::pod::{VAULT_TOKEN, VaultToken};
use super::Form;
use crate::context::Context;
use crate::ecr::Tokens;
use crate::failure::Failure;
use crate::identity::IdentitySource;
use crate::k8s::Group;
use crate::resolved::{Overlay, Resolved};

/// Where Vault is the identity, and a service account logs in to it: a token of
/// its own for that.
pub(super) fn token(
    (context, groups): (&Context<'_>, &[Group<'_>]),
    form: Form,
    carried: &mut Carried,
) -> Result<Option<VaultToken>, Failure> {
    let mut is_needed = false;
    if form.is_sidecar() && logs_in(&context.settings, form)? {
        settle(&context.settings, carried.of_all())?;
        is_needed = true;
    }
    for group in groups {
        let settings = &group.context.settings;
        if logs_in(settings, form)? {
            settle(settings, carried.of(group.name.as_deref()))?;
            check(&group.context)?;
            is_needed = true;
        }
    }
    let audience = context.settings.text("audience")?;
    Ok(is_needed.then(|| VaultToken {
        audience: audience.unwrap_or_else(|| "vault".to_owned()),
    }))
}

/// Says by what it logs in.
fn settle(settings: &Resolved<'_>, lines: &mut Lines) -> Result<(), Failure> {
    let auth = settings.text("auth")?;
    if auth.as_deref() != Some("jwt") && settings.sourced("auth-role")?.is_none() {
        let hint = "name the role of Vault's Kubernetes auth that logs us in";
        return Err(missing("auth-role", hint));
    }
    if settings.sourced("vault-addr")?.is_none() {
        let hint = "name the address by which pods reach Vault";
        return Err(missing("vault-addr", hint));
    }
    if auth.is_none() {
        lines.set("auth", "kubernetes");
    }
    lines.set("jwt-file", VAULT_TOKEN);
    Ok(())
}

/// Refuses settings with which there is no certificate; asks nobody.
fn check(context: &Context<'_>) -> Result<(), Failure> {
    let auth = context.settings.text("auth")?;
    let auth = auth.unwrap_or_else(|| "kubernetes".to_owned());
    let said = [("auth", auth), ("jwt-file", VAULT_TOKEN.to_owned())];
    let said = said.map(|(name, value)| (name.to_owned(), vec![value]));
    let context = context.overlaid(Overlay {
        place: "the pod".to_owned(),
        values: said.into(),
    });
    IdentitySource::new(&context).map(drop)
}

/// Whether a service account logs in to Vault for a certificate.
fn logs_in(settings: &Resolved<'_>, form: Form) -> Result<bool, Failure> {
    let is_sandbox = settings.switch("sandbox")?;
    Ok(!is_sandbox && is_identity(settings, form)? && is_by_account(settings)?)
}

/// Whether the certificate comes from Vault.
fn is_identity(settings: &Resolved<'_>, form: Form) -> Result<bool, Failure> {
    let is_anywhere = match form {
        Form::SidecarCert => true,
        Form::Deployment | Form::CronJob => !Tokens::are_ambient(settings)?,
        Form::SidecarCreds | Form::SidecarFile => settings.sourced("trust-anchor-arn")?.is_some(),
    };
    let other = settings.strongest(OTHER_IDENTITIES)?;
    Ok(is_anywhere && other.is_none())
}

/// Whether a service account logs in.
fn is_by_account(settings: &Resolved<'_>) -> Result<bool, Failure> {
    Ok(match settings.text("auth")? {
        Some(auth) => matches!(auth.as_str(), "kubernetes" | "jwt"),
        None => settings.strongest(&OTHER_LOGINS)?.is_none(),
    })
}

fn missing(name: &str, hint: &str) -> Failure {
    Failure::configuration("config.missing", format!("--{name} is missing")).with_hint(hint)
}

const OTHER_IDENTITIES: &[&str] = &[
    "certificate",
    #[cfg(feature = "spiffe")]
    "spiffe-endpoint-socket",
    "container-credentials-full-uri",
];

const OTHER_LOGINS: [&str; 4] = ["role-id", "role-id-file", "username", "vault-token-file"];
