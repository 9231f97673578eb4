use std::fs;
use std::path::{Path, PathBuf};

use semver::Version;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// A working tree that a release is made in.
#[derive(Debug)]
pub(super) struct Checkout {
    folder: PathBuf,
}

impl Checkout {
    /// The one that we were built in.
    pub(super) fn here() -> Self {
        Self {
            folder: workspace::root(),
        }
    }

    /// A clone of it in this folder, in place of an earlier one.
    pub(super) fn clone_into(folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        }
        let clone = Tool::new("git").words("clone --quiet --no-hardlinks");
        clone.arg(workspace::root()).arg(folder).run()?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.folder.join(below)
    }

    /// A file that is not committed.
    pub(super) fn target(&self, below: &str) -> PathBuf {
        self.path("target").join(below)
    }

    /// A release is of what is committed.
    pub(super) fn check_clean(&self) -> Result {
        let status = self.git("status --porcelain").output()?;
        if status.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the tree is not clean; commit or stash first:\n{}",
            status.trim_end()
        )))
    }

    /// A version is released once.
    pub(super) fn check_untagged(&self, version: &Version) -> Result {
        let tags = self.git("tag --list").arg(format!("v{version}")).output()?;
        if tags.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "v{version} is a tag already: choose the next version"
        )))
    }

    /// Commits everything, and tags it with what is new. The tag is signed where git
    /// has been told to (`tag.gpgSign`).
    pub(super) fn commit_and_tag(&self, version: &Version, notes: &str) -> Result {
        self.git("add --all").run()?;
        let commit = self.git("commit --quiet --message");
        commit.arg(format!("Release {version}")).run()?;
        let tag = self.git("tag --annotate").arg(format!("v{version}"));
        let message = format!("iamra {version}\n\n{notes}");
        // Not what looks like a comment to git: a heading.
        tag.words("--cleanup=whitespace --message")
            .arg(message)
            .output()?;
        Ok(())
    }
}
