use vault_pki::{SecretSource, UserpassLogin};

use super::{missing, mount};
use crate::context::Context;
use crate::failure::Failure;

/// As `--auth userpass` says.
pub(super) fn said(context: &Context<'_>) -> Result<UserpassLogin, Failure> {
    let hint = "set it, and the password: --password-file or IAMRA_PASSWORD";
    at_hand(context)?.ok_or_else(|| missing("--username is missing", hint))
}

/// Where a name is given.
pub(super) fn at_hand(context: &Context<'_>) -> Result<Option<UserpassLogin>, Failure> {
    let settings = &context.settings;
    let Some(username) = settings.text("username")? else {
        return Ok(None);
    };
    let names = ["password-file", "password"];
    let password = match settings.strongest(&names)? {
        Some(("password-file", _)) => settings.path("password-file")?.map(SecretSource::File),
        Some(_) => settings.secret("password")?.map(SecretSource::Text),
        None => None,
    };
    let password = password.ok_or_else(|| {
        missing(
            "there is no password for --username",
            "set --password-file or IAMRA_PASSWORD",
        )
    })?;
    Ok(Some(UserpassLogin {
        mount: mount(context, "userpass")?,
        username,
        password,
    }))
}
