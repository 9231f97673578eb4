use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

/// Fails where the working tree is not what its commit is: what is signed says from which
/// commit it comes, and there is no switch for it to lie.
pub(crate) fn refuse_changes() -> Result {
    let status = Tool::new("git").words("status --porcelain").output()?;
    changes(&status).map_or(Ok(()), |what| Err(Failure::new(what)))
}

fn changes(status: &str) -> Option<String> {
    let first = status.lines().next()?;
    let more = match status.lines().count() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Some(format!(
        "only a commit is signed or compared: commit or stash `{}`{more} first",
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
