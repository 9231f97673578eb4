use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

/// Fails where the working tree is not what its commit is: what is signed says from which
/// commit it comes, and there is no switch for it to lie.
pub(crate) fn refuse_changes() -> Result {
    changes(&status()?).map_or(Ok(()), |what| Err(Failure::new(what)))
}

/// Whether it has changes.
pub(crate) fn is_changed() -> Result<bool> {
    Ok(!status()?.is_empty())
}

fn status() -> Result<String> {
    // Whatever git's configuration leaves out of it.
    let status = Tool::new("git").words("status --porcelain --untracked-files=normal");
    status.output()
}

/// The commit that a clean tree is of.
pub(crate) struct CleanCommit {
    revision: String,
}

impl CleanCommit {
    pub(crate) fn of_tree() -> Result<Self> {
        refuse_changes()?;
        let revision = revision()?;
        Ok(Self { revision })
    }

    /// Fails where it has come to be another while things were built.
    pub(crate) fn refuse_another(&self) -> Result {
        refuse_changes()?;
        let now = revision()?;
        if now == self.revision {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the commit was {} and is {now} now: nothing is signed, build again",
            self.revision
        )))
    }
}

fn revision() -> Result<String> {
    let revision = Tool::new("git").words("rev-parse HEAD").output()?;
    Ok(revision.trim().to_owned())
}

fn changes(status: &str) -> Option<String> {
    let first = status.lines().next()?;
    let more = match status.lines().count() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Some(format!(
        "only what is committed counts here: commit or stash `{}`{more} first",
        first.get(3..).unwrap_or(first)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_commit_has_is_named() {
        assert_eq!(changes(""), None);
        let one = changes(" M xtask/src/lib.rs\n").unwrap();
        assert!(one.ends_with("stash `xtask/src/lib.rs` first"), "{one}");
        let three = changes("?? new\n M a\nD  b\n").unwrap();
        assert!(three.ends_with("`new` and 2 more first"), "{three}");
    }
}
