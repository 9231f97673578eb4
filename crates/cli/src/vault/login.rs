use std::path::{Path, PathBuf};

use vault_pki::{
    KubernetesLogin, LoginInputs, LoginMethod, Mount, TokenFileLogin, TokenLogin, choose_login,
};

use crate::context::Context;
use crate::failure::Failure;

/// How to log in: as `--auth` says, or with what is at hand, which is then
/// said aloud.
pub(super) fn method(context: &Context<'_>) -> Result<Box<dyn LoginMethod>, Failure> {
    let inputs = inputs(context)?;
    Ok(match context.settings.sourced("auth")? {
        None if names_token_file(context)? => {
            Box::new(TokenFileLogin::new(token_file(inputs.token_file)?))
        }
        None => {
            let (method, reason) = choose_login(inputs, &|path: &Path| path.is_file())?;
            tracing::info!("chose how to log in to Vault: {reason}");
            method
        }
        Some(auth) => match auth.value.as_str() {
            "token" => {
                let token = inputs.token.unwrap_or_default();
                Box::new(TokenLogin::new(&token).map_err(vault_pki::Error::Token)?)
            }
            "token-file" => Box::new(TokenFileLogin::new(token_file(inputs.token_file)?)),
            "kubernetes" => Box::new(KubernetesLogin {
                mount: inputs.kubernetes_mount,
                role: context.settings.require("auth-role")?,
                jwt_file: inputs.jwt_file,
            }),
            _ => {
                return Err(auth
                    .origin
                    .invalid("it must be token, token-file or kubernetes"));
            }
        },
    })
}

/// Whoever names a token file means it, whatever token lies about.
fn names_token_file(context: &Context<'_>) -> Result<bool, Failure> {
    let strongest = context
        .settings
        .strongest(&["vault-token", "vault-token-file"])?;
    Ok(strongest
        .is_some_and(|(name, sourced)| name == "vault-token-file" && sourced.origin.rank() < 2))
}

fn inputs(context: &Context<'_>) -> Result<LoginInputs, Failure> {
    let settings = &context.settings;
    let token_file = settings.path("vault-token-file")?;
    let jwt_file = settings.path("jwt-file")?;
    Ok(LoginInputs {
        token: settings.secret("vault-token")?,
        app_role: None,
        userpass: None,
        jwt: None,
        gitlab: None,
        github_actions: None,
        token_file: token_file.or_else(|| Some(context.home()?.join(".vault-token"))),
        jwt_file: jwt_file.unwrap_or_else(|| KubernetesLogin::JWT_FILE.into()),
        kubernetes_mount: settings
            .parse::<Mount>("auth-mount")?
            .map_or_else(|| "kubernetes".parse(), Ok)
            .map_err(vault_pki::Error::Name)?,
        kubernetes_role: settings.text("auth-role")?,
    })
}

fn token_file(path: Option<PathBuf>) -> Result<PathBuf, Failure> {
    path.ok_or_else(|| {
        let message = "there is no home folder to look for .vault-token in";
        Failure::configuration("config.no-home", message)
            .with_hint("name the file: --vault-token-file FILE")
    })
}
