use std::{fmt, fs::Metadata};

use crate::platform;

/// Who owns a file or folder, and what the mode lets others do.
///
/// Where the system has no such thing (Windows) everything is owned by 0 with
/// mode 0600, so that nothing is ever refused for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Ownership {
    /// The owner's user id.
    pub owner: u32,
    /// The group id.
    pub group: u32,
    /// The permission bits, set-id and sticky bits included.
    pub mode: u32,
}

impl Ownership {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        platform::ownership(metadata)
    }

    /// Whether somebody else than us and root can put things into a folder
    /// with this ownership: by being its owner, or by its mode.
    pub(crate) fn is_shared(self) -> bool {
        let others_write = self.mode & 0o022 != 0;
        let foreign_owner = self.owner != 0 && self.owner != platform::user();
        others_write || foreign_owner
    }
}

impl fmt::Display for Ownership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, group, mode } = self;
        write!(f, "owner {owner}, group {group}, mode {mode:04o}")
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn shared_is_what_others_can_write() {
        let us = platform::user();
        for (owner, mode, shared) in [
            (us, 0o700, false),
            (us, 0o755, false),
            (0, 0o755, false),
            (us, 0o775, true),
            (0, 0o777, true),
            (0, 0o1777, true),
            (us + 1, 0o700, true),
        ] {
            let folder = Ownership {
                owner,
                group: 0,
                mode,
            };
            assert_eq!(folder.is_shared(), shared, "{folder}");
        }
    }
}
