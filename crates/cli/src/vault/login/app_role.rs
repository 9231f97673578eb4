use vault_pki::{AppRoleLogin, Mount, SecretSource, WrappedSecret};

use super::{missing, mount};
use crate::context::Context;
use crate::failure::Failure;

/// As `--auth approle` says.
pub(super) fn said(context: &Context<'_>) -> Result<AppRoleLogin, Failure> {
    at_hand(context)?.ok_or_else(|| {
        missing(
            "--role-id is missing",
            "set it, or --role-id-file, and the secret_id: --secret-id-file or IAMRA_SECRET_ID",
        )
    })
}

/// Where a `role_id` is given.
pub(super) fn at_hand(context: &Context<'_>) -> Result<Option<AppRoleLogin>, Failure> {
    let settings = &context.settings;
    let Some((strongest, _)) = settings.strongest(&["role-id", "role-id-file"])? else {
        return Ok(None);
    };
    let role_id = match settings.path(strongest)?.unwrap_or_default() {
        path if strongest == "role-id-file" => SecretSource::File(path),
        _ => SecretSource::Text(settings.text(strongest)?.unwrap_or_default().into()),
    };
    let mount = mount(context, "approle")?;
    let wrapped = wrapped(context, &mount)?;
    let login = AppRoleLogin::new(mount, role_id, secret_id(context)?);
    Ok(Some(match wrapped {
        Some(wrapped) => login.wrapped(wrapped),
        None => login,
    }))
}

/// None at all is for an `AppRole` that wants none.
fn secret_id(context: &Context<'_>) -> Result<Option<SecretSource>, Failure> {
    let settings = &context.settings;
    let names = ["secret-id-file", "secret-id"];
    Ok(match settings.strongest(&names)? {
        Some(("secret-id-file", _)) => settings.path("secret-id-file")?.map(SecretSource::File),
        Some(_) => settings.secret("secret-id")?.map(SecretSource::Text),
        None => None,
    })
}

/// By whom it must have been wrapped: a path that is named implies that it is.
fn wrapped(context: &Context<'_>, mount: &Mount) -> Result<Option<WrappedSecret>, Failure> {
    let settings = &context.settings;
    let path = settings.text("secret-id-wrapped-path")?;
    if path.is_none() && !settings.switch("secret-id-wrapped")? {
        return Ok(None);
    }
    let mount = mount.as_str().trim_end_matches('/');
    let of_role = settings.text("auth-role")?;
    let of_role = of_role.map(|role| format!("auth/{mount}/role/{role}/secret-id"));
    Ok(Some(WrappedSecret::new(path.or(of_role))))
}
