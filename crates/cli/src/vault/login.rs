use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use vault_pki::{
    CertificateLogin, KubernetesLogin, LoginInputs, LoginMethod, Mount, NoLogin, TokenFileLogin,
    TokenLogin, choose_login,
};

use crate::context::Context;
use crate::failure::Failure;

mod app_role;
mod jwt;
mod jwt_command;
mod userpass;

/// How to log in: as `--auth` says, or with what is at hand, which is then
/// said aloud.
pub(super) fn method(context: &Context<'_>) -> Result<Box<dyn LoginMethod>, Failure> {
    let settings = &context.settings;
    let Some(auth) = settings.sourced("auth")? else {
        return at_hand(context);
    };
    Ok(match auth.value.as_str() {
        "token" => {
            let token = settings.secret("vault-token")?.unwrap_or_default();
            Box::new(TokenLogin::new(&token).map_err(vault_pki::Error::Token)?)
        }
        "token-file" => Box::new(TokenFileLogin::new(named_token_file(context)?)),
        "kubernetes" => Box::new(KubernetesLogin {
            mount: mount(context, "kubernetes")?,
            role: settings.require("auth-role")?,
            jwt_file: service_account_file(context)?,
        }),
        "jwt" => Box::new(jwt::said(context)?),
        "github-actions" => Box::new(jwt::github_actions(context)?),
        "approle" => Box::new(app_role::said(context)?),
        "cert" => Box::new(certificate(context)?),
        "userpass" => Box::new(userpass::said(context)?),
        "none" => Box::new(NoLogin::default()),
        _ => return Err(auth.origin.invalid(METHODS)),
    })
}

fn at_hand(context: &Context<'_>) -> Result<Box<dyn LoginMethod>, Failure> {
    let named = named(context)?;
    if named == Some("vault-token-file") {
        let path = named_token_file(context)?;
        tracing::info!("chose how to log in to Vault: a token file is named");
        return Ok(Box::new(TokenFileLogin::new(path)));
    }
    let token = context.settings.secret("vault-token")?;
    let token = token
        .filter(|token| !token.expose_secret().trim().is_empty())
        .filter(|_| named.is_none_or(|name| name == "vault-token"));
    // Whoever has a token needs nothing of the others, complete or not.
    let inputs = match token {
        Some(token) => LoginInputs {
            token: Some(token),
            ..without_login(context)?
        },
        None => inputs(context)?,
    };
    let (method, reason) = choose_login(inputs, &|path: &Path| path.is_file())?;
    tracing::info!("chose how to log in to Vault: {reason}");
    Ok(method)
}

/// What a flag or a variable of ours names: whoever names a token file, say,
/// means it, whatever token lies about.
fn named(context: &Context<'_>) -> Result<Option<&'static str>, Failure> {
    let strongest = context.settings.strongest(&[
        "vault-token",
        "vault-token-file",
        "role-id",
        "role-id-file",
        "username",
        "jwt-command",
        "jwt-env",
    ])?;
    Ok(strongest
        .filter(|(_, sourced)| sourced.origin.rank() < 2)
        .map(|(name, _)| name))
}

fn inputs(context: &Context<'_>) -> Result<LoginInputs, Failure> {
    Ok(LoginInputs {
        app_role: app_role::at_hand(context)?,
        userpass: userpass::at_hand(context)?,
        jwt: jwt::named(context)?,
        gitlab: jwt::gitlab(context)?,
        github_actions: jwt::github_actions_job(context)?,
        ..without_login(context)?
    })
}

/// Only the files that may be there.
fn without_login(context: &Context<'_>) -> Result<LoginInputs, Failure> {
    Ok(LoginInputs {
        token: None,
        app_role: None,
        userpass: None,
        jwt: None,
        token_file: token_file(context)?,
        gitlab: None,
        github_actions: None,
        jwt_file: service_account_file(context)?,
        kubernetes_mount: mount(context, "kubernetes")?,
        kubernetes_role: context.settings.text("auth-role")?,
    })
}

/// The certificate that the connection shows is all there is to it.
fn certificate(context: &Context<'_>) -> Result<CertificateLogin, Failure> {
    let settings = &context.settings;
    let certificates = ["vault-client-cert", "vault-client-cert-bytes"];
    if settings.strongest(&certificates)?.is_none() {
        let message = "--auth cert logs in with a client certificate, and there is none";
        return Err(Failure::configuration("config.missing", message)
            .with_hint("set --vault-client-cert and --vault-client-key"));
    }
    Ok(CertificateLogin {
        mount: mount(context, "cert")?,
        role: settings.text("auth-role")?,
    })
}

/// The mount that is set, or the usual one of a method.
fn mount(context: &Context<'_>, usual: &str) -> Result<Mount, Failure> {
    match context.settings.parse::<Mount>("auth-mount")? {
        Some(mount) => Ok(mount),
        None => Ok(usual.parse().map_err(vault_pki::Error::Name)?),
    }
}

pub(super) fn service_account_file(context: &Context<'_>) -> Result<PathBuf, Failure> {
    let path = context.settings.path("jwt-file")?;
    Ok(path.unwrap_or_else(|| KubernetesLogin::JWT_FILE.into()))
}

pub(super) fn token_file(context: &Context<'_>) -> Result<Option<PathBuf>, Failure> {
    let path = context.settings.path("vault-token-file")?;
    Ok(path.or_else(|| Some(context.home()?.join(".vault-token"))))
}

fn named_token_file(context: &Context<'_>) -> Result<PathBuf, Failure> {
    token_file(context)?.ok_or_else(|| {
        let message = "there is no home folder to look for .vault-token in";
        Failure::configuration("config.no-home", message)
            .with_hint("name the file: --vault-token-file FILE")
    })
}

/// A failure for a login that lacks what it cannot do without.
fn missing(message: &str, hint: &str) -> Failure {
    Failure::configuration("config.missing", message).with_hint(hint)
}

const METHODS: &str = "it must be token, token-file, kubernetes, jwt, github-actions, approle, \
                       cert, userpass or none";
