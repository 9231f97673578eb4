use std::time::Duration;

use crate::{FileMode, Group, Ownership};

/// How files are written: mode, group, the bound on waiting for the lock, and
/// whether a missing folder is made.
///
/// ```
/// use std::time::Duration;
/// use private_file::{FileMode, Options};
///
/// let options = Options::new().mode(FileMode::GROUP_READ).lock_wait(Duration::from_secs(2));
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Options {
    mode: Option<FileMode>,
    group: Option<Group>,
    lock_wait: Duration,
    create_folder: bool,
    keep_inode: bool,
}

impl Options {
    /// Mode 0600, the group that the folder gives, ten seconds of waiting for
    /// the lock, and no folder is made.
    pub fn new() -> Self {
        Self {
            mode: None,
            group: None,
            lock_wait: Duration::from_secs(10),
            create_folder: false,
            keep_inode: false,
        }
    }

    /// Gives files exactly this mode. Without it they get 0600 (0640 where a
    /// [`group`](Self::group) is set), and a narrower mode that somebody gave
    /// an existing file counts as right.
    #[must_use]
    pub fn mode(self, mode: FileMode) -> Self {
        Self {
            mode: Some(mode),
            ..self
        }
    }

    /// Gives files to this group, and the folders that are made for them.
    #[must_use]
    pub fn group(self, group: Group) -> Self {
        Self {
            group: Some(group),
            ..self
        }
    }

    /// Waits this long for another writer to finish.
    #[must_use]
    pub fn lock_wait(self, lock_wait: Duration) -> Self {
        Self { lock_wait, ..self }
    }

    /// Makes the folder, and those above it, where missing: with mode 0700,
    /// or 0750 where the group may read the files.
    #[must_use]
    pub fn create_folder(self) -> Self {
        Self {
            create_folder: true,
            ..self
        }
    }

    /// Writes an existing file in place, so that it stays the same file for who
    /// has it open, watches its inode, or has it mounted alone (`subPath`,
    /// `--volume FILE:FILE`).
    ///
    /// That is locked but **not atomic**: a reader may find half of it, and a
    /// writer that is killed in the middle leaves half of it.
    #[must_use]
    pub fn keep_inode(self) -> Self {
        Self {
            keep_inode: true,
            ..self
        }
    }

    pub(crate) fn keeps_inode(&self) -> bool {
        self.keep_inode
    }

    pub(crate) fn file_mode(&self) -> FileMode {
        let default = if self.group.is_some() {
            FileMode::GROUP_READ
        } else {
            FileMode::OWNER
        };
        self.mode.unwrap_or(default)
    }

    pub(crate) fn group_id(&self) -> Option<u32> {
        self.group.map(Group::id)
    }

    pub(crate) fn wait(&self) -> Duration {
        self.lock_wait
    }

    pub(crate) fn creates_folder(&self) -> bool {
        self.create_folder
    }

    /// Whether a file that exists needs no other mode or group.
    pub(crate) fn allows(&self, file: Ownership) -> bool {
        let right_mode = match self.mode {
            Some(mode) => file.mode == mode.bits(),
            None => file.mode & !self.file_mode().bits() == 0,
        };
        right_mode && self.group_id().is_none_or(|group| group == file.group)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_is_tightened_and_requested_is_exact() {
        let asked = Options::new().mode(FileMode::GROUP_READ);
        let given = Options::new().group(Group::from_id(7));
        for (options, group, mode, allowed) in [
            (Options::new(), 0, 0o600, true),
            (Options::new(), 0, 0o400, true),
            (Options::new(), 0, 0o640, false),
            (Options::new(), 0, 0o644, false),
            (asked, 0, 0o640, true),
            (asked, 0, 0o600, false),
            (given, 7, 0o640, true),
            (given, 0, 0o640, false),
        ] {
            let file = Ownership {
                owner: 0,
                group,
                mode,
            };
            assert_eq!(options.allows(file), allowed, "{options:?} {file}");
        }
    }
}
