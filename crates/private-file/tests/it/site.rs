//! A folder to write in, and what a test needs to look at it.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// A temporary folder that only we can write to, unless it is opened.
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        set_mode(folder.path(), 0o700);
        Self { folder }
    }

    /// As an `emptyDir`: everybody can write.
    pub(crate) fn shared() -> Self {
        let site = Self::new();
        set_mode(site.path(), 0o777);
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes as a stranger would, with a mode.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests write what others would have written"
    )]
    pub(crate) fn plant(&self, name: &str, contents: &str, mode: u32) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, contents).unwrap();
        set_mode(&path, mode);
        path
    }

    /// All names in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

pub(crate) fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// Says on stderr that a test could not run here, and why.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn skip(test: &str, why: &str) {
    eprintln!("SKIPPED {test}: {why}");
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
