use std::{fmt, io, path::PathBuf, time::Duration};

use refresh::{Fault, FaultKind};

use crate::Ownership;

/// Why a file was not read or not written.
///
/// `Display` says what is wrong at this level, with the facts; the operating
/// system's own words are the `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process kept the lock for as long as we were willing to wait.
    #[error("{path} is locked by another process, waited {} s", .waited.as_secs_f32(), path = .path.display())]
    LockHeld {
        /// The file that was to be written.
        path: PathBuf,
        /// How long we waited.
        waited: Duration,
    },
    /// There is no such file.
    #[error("{} does not exist", .path.display())]
    Missing {
        /// The file that was to be read.
        path: PathBuf,
    },
    /// The folder that should hold the file does not exist.
    #[error("folder {} does not exist", .folder.display())]
    FolderMissing {
        /// The missing folder.
        folder: PathBuf,
    },
    /// The path names no file: it is empty, or ends in `/` or `..`.
    #[error("{} is not the name of a file", .path.display())]
    NoName {
        /// The path as it was given.
        path: PathBuf,
    },
    /// Something that is not a regular file stands at the path.
    #[error("{} is {found}, not a regular file", .path.display())]
    NotRegular {
        /// The path.
        path: PathBuf,
        /// What stands there.
        found: Found,
    },
    /// Something that another user may have put there, in a folder that
    /// others can write to, stands at the path.
    #[error("{} is {found}, and others can write to its folder ({folder})", .path.display())]
    Planted {
        /// The path.
        path: PathBuf,
        /// What stands there.
        found: Found,
        /// Owner and mode of the folder.
        folder: Ownership,
    },
    /// A symbolic link that we did not make stands where a file of a set belongs.
    #[error("{} is a symbolic link to elsewhere", .path.display())]
    ForeignLink {
        /// The path.
        path: PathBuf,
    },
    /// The file is larger than any file that this crate handles.
    #[error("{} is larger than {limit} bytes", .path.display())]
    TooLarge {
        /// The path.
        path: PathBuf,
        /// The largest size that is read, in bytes.
        limit: usize,
    },
    /// We may not open a file that exists.
    #[error("no permission to open {} ({file}) as user {user}", .path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Owner and mode of the file.
        file: Ownership,
        /// The user id that we run as.
        user: u32,
        /// The system's answer.
        source: io::Error,
    },
    /// We may not enter a folder on the way, so that nothing can be said of
    /// the file itself.
    #[error("no permission to reach {} through folder {} ({ownership}) as user {user}", .path.display(), .folder.display())]
    Unreachable {
        /// The path.
        path: PathBuf,
        /// The last folder on the way that could be looked at.
        folder: PathBuf,
        /// Owner and mode of that folder.
        ownership: Ownership,
        /// The user id that we run as.
        user: u32,
        /// The system's answer.
        source: io::Error,
    },
    /// We may not create files in the folder: no permission, or the file
    /// system is mounted read-only.
    #[error("no permission to write in {} ({ownership}) as user {user}", .folder.display())]
    NotWritable {
        /// The folder.
        folder: PathBuf,
        /// Owner and mode of the folder.
        ownership: Ownership,
        /// The user id that we run as.
        user: u32,
        /// The system's answer.
        source: io::Error,
    },
    /// The file is a mount of its own (a `subPath`, a bind mount) and cannot
    /// be replaced from here. Mount the folder instead.
    #[error("{} is mounted by itself, a mount cannot be replaced", .path.display())]
    MountedFile {
        /// The path.
        path: PathBuf,
    },
    /// The disk or the quota is full. What was there is still there.
    #[error("no space left for {}", .path.display())]
    DiskFull {
        /// The file that was to be written.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The file could not be given to the group.
    #[error("cannot give {} to group {group} as user {user}", .path.display())]
    GroupRefused {
        /// The file that was to be written.
        path: PathBuf,
        /// The group id.
        group: u32,
        /// The user id that we run as.
        user: u32,
        /// The system's answer.
        source: io::Error,
    },
    /// No group has this name.
    #[error("there is no group {name:?} in /etc/group")]
    UnknownGroup {
        /// The name as it was given.
        name: String,
    },
    /// The mode gives more than owner read and write and group read, or does
    /// not let the owner read.
    #[error("file mode {mode:04o} is not one of 0400, 0440, 0600, 0640")]
    UnsafeMode {
        /// The mode as it was given.
        mode: u32,
    },
    /// The text is not an octal number.
    #[error("file mode {text:?} is not an octal number such as 0600")]
    NotAMode {
        /// The text as it was given.
        text: String,
    },
    /// The operating system failed in another way.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was attempted, such as `"read"`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::LockHeld { .. } => FaultKind::Unavailable,
            Self::DiskFull { .. } | Self::Io { .. } => FaultKind::Failed,
            _ => FaultKind::Configuration,
        }
    }
}

/// What stands at a path where a file of our own was expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Found {
    /// A directory.
    Directory,
    /// A symbolic link.
    SymbolicLink,
    /// A FIFO, a socket, a device.
    Special,
    /// A file that has a second name somewhere else.
    HardLink,
    /// A file that belongs to another user.
    ForeignFile,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "a directory",
            Self::SymbolicLink => "a symbolic link",
            Self::Special => "a FIFO, socket or device",
            Self::HardLink => "a file with a second hard link",
            Self::ForeignFile => "a file of another user",
        })
    }
}
