use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::failure::Failure;

/// Where tokens go when nobody has said: where systemd, the login or the
/// system keeps what belongs to running programs.
pub(super) fn default(context: &Context<'_>) -> PathBuf {
    let environment = context.settings.environment();
    if let Some(runtime) = environment.value("RUNTIME_DIRECTORY") {
        // Of several folders of a unit, the first.
        let runtime = runtime.to_string_lossy();
        return PathBuf::from(runtime.split(':').next().unwrap_or_default());
    }
    match environment.value("XDG_RUNTIME_DIR") {
        Some(runtime) => PathBuf::from(runtime).join("iamra"),
        None => own_temporary_path(&std::env::temp_dir()),
    }
}

/// Sees to it that the folder of a default path is ours.
pub(super) fn ensure(path: &Path) -> Result<(), Failure> {
    let temporary = std::env::temp_dir();
    if path.parent() == Some(&own_temporary_path(&temporary)) {
        own_temporary_folder(&temporary)?;
    }
    Ok(())
}

#[cfg(unix)]
fn own_temporary_path(temporary: &Path) -> PathBuf {
    let user = rustix::process::geteuid().as_raw();
    temporary.join(format!("iamra-{user}"))
}

#[cfg(not(unix))]
fn own_temporary_path(temporary: &Path) -> PathBuf {
    temporary.join("iamra")
}

/// A folder below the temporary one that is ours alone. One that somebody else
/// has made would let them choose the token.
#[cfg(unix)]
fn own_temporary_folder(temporary: &Path) -> Result<PathBuf, Failure> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    let user = rustix::process::geteuid().as_raw();
    let folder = own_temporary_path(temporary);
    let refused = |why: String| {
        let message = format!(
            "there is no safe place for the token: {}: {why}",
            folder.display()
        );
        Failure::configuration("config.missing", message)
            .with_hint("name its file: --authorization-token-file FILE")
    };
    let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
    if let Err(error) = made
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(refused(error.to_string()));
    }
    let found = std::fs::symlink_metadata(&folder).map_err(|error| refused(error.to_string()))?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
        return Err(refused("it is not ours alone".to_owned()));
    }
    Ok(folder)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn own_temporary_folder(temporary: &Path) -> Result<PathBuf, Failure> {
    Ok(own_temporary_path(temporary))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_others_may_enter_is_no_place_for_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let site = tempfile::tempdir().unwrap();
        let folder = own_temporary_folder(site.path()).unwrap();
        assert_eq!(
            std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert!(own_temporary_folder(site.path()).is_ok());
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o770)).unwrap();
        assert!(own_temporary_folder(site.path()).is_err());
        std::fs::remove_dir(&folder).unwrap();
        std::os::unix::fs::symlink("/", &folder).unwrap();
        assert!(own_temporary_folder(site.path()).is_err());
    }
}
