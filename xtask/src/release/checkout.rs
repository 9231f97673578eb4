use std::fs;
use std::path::PathBuf;

use semver::Version;

use crate::Failure;
use crate::failure::Result;
use crate::signature;
use crate::tool::Tool;
use crate::workspace;

/// A clone of this repository, in which a release is made: what fails half-way leaves the
/// tree that one works in as it was.
#[derive(Debug)]
pub(super) struct Checkout {
    folder: PathBuf,
}

impl Checkout {
    /// Of what is committed here, in place of an earlier one.
    pub(super) fn new() -> Result<Self> {
        let folder = workspace::target("release");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
        }
        let clone = Tool::new("git").words("clone --quiet --no-hardlinks");
        clone.arg(workspace::root()).arg(&folder).run()?;
        let checkout = Self { folder };
        // Who commits, and by which key, may be said in this repository alone.
        for key in IDENTITY {
            let here = Tool::new("git").words("config --get").arg(key).output();
            if let Ok(value) = here {
                let there = checkout.git("config").arg(key);
                there.arg(value.trim_end()).output()?;
            }
        }
        Ok(checkout)
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.folder.join(below)
    }

    /// The cargo that runs us, there. What it builds stays for the next release.
    pub(super) fn cargo(&self, line: &str) -> Tool {
        let target = workspace::target("release-target");
        Tool::cargo(line)
            .within(&self.folder)
            .env("CARGO_TARGET_DIR", target)
    }

    pub(super) fn git(&self, line: &str) -> Tool {
        Tool::new("git").words(line).within(&self.folder)
    }

    /// Commits what a version changes, and tags it with what is new. The tag is signed
    /// where git has been told to (`tag.gpgSign`).
    pub(super) fn commit_and_tag(&self, version: &Version, notes: &str) -> Result {
        let commit = self.git("commit --quiet --all --message");
        commit.arg(format!("Release {version}")).run()?;
        let tag = self.git("tag --annotate").arg(format!("v{version}"));
        let message = format!("iamra {version}\n\n{notes}");
        // Not what looks like a comment to git: a heading.
        let tag = tag.words("--cleanup=whitespace --message").arg(message);
        tag.output()?;
        Ok(())
    }

    /// Takes commit and tag over into the tree that one works in.
    pub(super) fn bring_home(&self, version: &Version) -> Result {
        let tag = format!("refs/tags/v{version}:refs/tags/v{version}");
        let git = |line: &str| Tool::new("git").words(line);
        git("fetch --quiet --no-tags")
            .arg(&self.folder)
            .words("HEAD")
            .run()?;
        git("merge --quiet --ff-only FETCH_HEAD").run()?;
        let fetch = git("fetch --quiet --no-tags").arg(&self.folder);
        fetch.arg(tag).run()
    }
}

/// Fails where a release of this version cannot begin: it is of what is committed, and made
/// once.
pub(super) fn check_here(version: &Version) -> Result {
    signature::refuse_changes()?;
    let tags = Tool::new("git").words("tag --list");
    let tags = tags.arg(format!("v{version}")).output()?;
    if !tags.is_empty() {
        return Err(Failure::new(format!(
            "v{version} is a tag already: choose the next version"
        )));
    }
    Ok(())
}

const IDENTITY: [&str; 6] = [
    "user.name",
    "user.email",
    "user.signingKey",
    "gpg.format",
    "commit.gpgSign",
    "tag.gpgSign",
];
