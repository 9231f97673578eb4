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
        None => environment.temporary_folder().join(own_name()),
    }
}

/// Whether a token may be in this place: the folder that we make below a
/// temporary one has to be ours alone, or be missing. Somebody else who had made
/// it would choose the token.
#[cfg(unix)]
pub(super) fn check(path: &Path) -> Result<(), Failure> {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt as _;

    let folder = path.parent();
    let Some(folder) = folder.filter(|it| it.ends_with(own_name())) else {
        return Ok(());
    };
    let user = rustix::process::geteuid().as_raw();
    let is_open = |it: &Metadata| it.uid() != user || it.mode() & 0o077 != 0;
    let why = match folder.symlink_metadata() {
        Ok(found) if found.is_dir() && !is_open(&found) => return Ok(()),
        Ok(_) => "it is not ours alone".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => error.to_string(),
    };
    let message = format!(
        "there is no safe place for the token: {}: {why}",
        folder.display()
    );
    Err(Failure::configuration("config.missing", message)
        .with_hint("name its file: --authorization-token-file FILE"))
}

/// Temporary folders are a user's own.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
pub(super) fn check(_: &Path) -> Result<(), Failure> {
    Ok(())
}

#[cfg(unix)]
fn own_name() -> String {
    format!("iamra-{}", rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn own_name() -> String {
    "iamra".to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use refresh::ManualClock;

    use super::*;
    use crate::serve::token::Token;

    #[test]
    fn a_folder_that_others_may_enter_is_no_place_for_it() {
        let site = tempfile::tempdir().unwrap();
        let folder = site.path().join(own_name());
        let path = folder.join("token");
        let clock = std::sync::Arc::new(ManualClock::new(std::time::UNIX_EPOCH));
        let ensure = || Token::of_file(path.clone(), clock.clone()).ensure();
        ensure().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        ensure().unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o770)).unwrap();
        assert!(ensure().is_err());
        std::fs::remove_dir_all(&folder).unwrap();
        let other = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(other.path(), &folder).unwrap();
        assert!(ensure().is_err());
        let entries = other.path().read_dir().unwrap().count();
        assert_eq!(entries, 0, "nothing is made behind a link");
    }
}
