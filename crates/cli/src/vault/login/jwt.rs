use std::sync::Arc;

use destination::Destination;
use vault_pki::{GitHubActions, JwtLogin, JwtSource, SecretSource};

use super::jwt_command::JwtCommand;
use super::{missing, mount};
use crate::aws;
use crate::context::Context;
use crate::failure::Failure;

/// As `--auth jwt` says: the source that is named in the strongest place, else
/// the usual variable.
pub(super) fn said(context: &Context<'_>) -> Result<JwtLogin, Failure> {
    let settings = &context.settings;
    if let Some(audience) = settings.sourced("jwt-audience")? {
        let reason = "only GitHub Actions is asked for an audience (--auth github-actions)";
        return Err(audience.origin.invalid(reason));
    }
    let names = ["jwt-command", "jwt-env", "jwt-file"];
    let source = match settings.strongest(&names)? {
        Some((name, _)) => source(context, name)?,
        None => usual(context)?.ok_or_else(|| {
            missing(
                "there is no JWT to log in with: VAULT_ID_TOKEN is not set",
                "set --jwt-file, --jwt-env or --jwt-command",
            )
        })?,
    };
    login(context, source)
}

/// Where a command or a variable is named.
pub(super) fn named(context: &Context<'_>) -> Result<Option<JwtLogin>, Failure> {
    let names = ["jwt-command", "jwt-env"];
    let Some((name, _)) = context.settings.strongest(&names)? else {
        return Ok(None);
    };
    login(context, source(context, name)?).map(Some)
}

/// Where GitLab's usual variable is set.
pub(super) fn gitlab(context: &Context<'_>) -> Result<Option<JwtLogin>, Failure> {
    let source = usual(context)?;
    source.map(|source| login(context, source)).transpose()
}

/// Where the variables of a GitHub Actions job are set.
pub(super) fn github_actions_job(context: &Context<'_>) -> Result<Option<JwtLogin>, Failure> {
    let settings = &context.settings;
    let is_job = settings.text("github-token-url")?.is_some()
        && settings.secret("github-request-token")?.is_some();
    is_job.then(|| github_actions(context)).transpose()
}

/// As `--auth github-actions` says. GitHub is reached as everybody on the
/// internet is: nothing of Vault's trust comes in here.
pub(super) fn github_actions(context: &Context<'_>) -> Result<JwtLogin, Failure> {
    let settings = &context.settings;
    let url = settings.text("github-token-url")?;
    let token = settings.secret("github-request-token")?;
    let audience = settings.text("jwt-audience")?;
    let destination = Destination {
        proxy: aws::proxy(settings)?,
        ..Destination::default()
    };
    let endpoint = (url.as_deref(), token.as_ref());
    let clock = Arc::clone(&context.clock);
    let source = GitHubActions::new(endpoint, audience.as_deref(), destination, clock)?;
    login(context, Box::new(source))
}

fn login(context: &Context<'_>, source: Box<dyn JwtSource>) -> Result<JwtLogin, Failure> {
    Ok(JwtLogin {
        mount: mount(context, "jwt")?,
        role: context.settings.text("auth-role")?,
        source,
    })
}

fn source(context: &Context<'_>, name: &str) -> Result<Box<dyn JwtSource>, Failure> {
    let settings = &context.settings;
    Ok(match name {
        "jwt-command" => Box::new(JwtCommand::new(context)?),
        "jwt-file" => Box::new(SecretSource::File(
            settings.path("jwt-file")?.unwrap_or_default(),
        )),
        _ => Box::new(SecretSource::Text(variable(context)?)),
    })
}

/// The value of the variable that `--jwt-env` names.
fn variable(context: &Context<'_>) -> Result<secrecy::SecretString, Failure> {
    let settings = &context.settings;
    let name = settings.text("jwt-env")?.unwrap_or_default();
    let invalid = |reason: &str| {
        let message = format!("the variable {name} (--jwt-env) {reason}");
        Failure::configuration("config.missing", message)
    };
    let value = settings.environment().value(&name);
    let value = value.ok_or_else(|| invalid("is not set"))?;
    let value = value.to_str().ok_or_else(|| invalid("is not UTF-8"))?;
    Ok(value.into())
}

fn usual(context: &Context<'_>) -> Result<Option<Box<dyn JwtSource>>, Failure> {
    let token = context.settings.secret("id-token")?;
    Ok(token.map(|token| Box::new(SecretSource::Text(token)) as Box<dyn JwtSource>))
}
