use std::path::PathBuf;

use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::Origin;

/// Where tokens are kept; `None`: nowhere.
pub(super) fn cache_folder(context: &Context<'_>) -> Result<Option<PathBuf>, Failure> {
    let settings = &context.settings;
    if let Some(named) = settings.sourced("no-cache")?
        // Whatever that one is set to, as its own program has it.
        && (named.origin == variable("AWS_ECR_DISABLE_CACHE") || settings.switch("no-cache")?)
    {
        return Ok(None);
    }
    let Some(named) = settings.sourced("cache-dir")? else {
        return Ok(default_folder(context));
    };
    // systemd gives several folders of a unit in one variable.
    if named.origin == variable("CACHE_DIRECTORY") {
        let first = named.value.split(':').next();
        return Ok(first.map(PathBuf::from));
    }
    settings.path("cache-dir")
}

fn variable(name: &str) -> Origin {
    Origin::Variable(name.to_owned())
}

/// A user's own folder; for root the system's, whoever root was before.
fn default_folder(context: &Context<'_>) -> Option<PathBuf> {
    let environment = context.settings.environment();
    let folder = match environment.folder("XDG_CACHE_HOME") {
        Some(folder) => folder,
        None if is_root() => PathBuf::from("/var/cache"),
        None => environment.home()?.join(".cache"),
    };
    folder.is_absolute().then(|| folder.join("iamra"))
}

#[cfg(unix)]
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
pub(super) fn is_root() -> bool {
    false
}
