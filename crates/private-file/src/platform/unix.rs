use std::{
    fs::{DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::Path,
};

use rustix::fs::OFlags;

use crate::Ownership;

/// Whether a lock file can be removed by the one who holds it.
pub(crate) const LOCK_FILES_GO: bool = true;

/// EPERM, which is not the EACCES of a missing permission.
pub(crate) const NOT_PERMITTED: Option<i32> = Some(rustix::io::Errno::PERM.raw_os_error());

/// The mode of a folder that nobody else may enter.
pub(crate) const OWNER_ONLY_FOLDER: u32 = 0o700;

pub(crate) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

pub(crate) fn ownership(metadata: &Metadata) -> Ownership {
    Ownership {
        owner: metadata.uid(),
        group: metadata.gid(),
        mode: metadata.mode() & 0o7777,
    }
}

pub(crate) fn hard_links(metadata: &Metadata) -> u64 {
    metadata.nlink()
}

/// Device, inode, and the time of the last change of any kind.
pub(crate) fn identity(metadata: &Metadata) -> [i128; 4] {
    let place = [metadata.dev(), metadata.ino()].map(i128::from);
    let change = [metadata.ctime(), metadata.ctime_nsec()].map(i128::from);
    [place[0], place[1], change[0], change[1]]
}

pub(crate) fn same_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Opening for reading never waits for a FIFO's other end and takes no terminal.
pub(crate) fn read_options(follow_links: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags(follow_links));
    options
}

/// As [`read_options`] without following links, for reading and writing, and
/// owner-only where the file is made.
pub(crate) fn lock_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(flags(false));
    options
}

/// Makes a folder for us alone.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(OWNER_ONLY_FOLDER).create(path)
}

pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

pub(crate) fn set_group(file: &File, group: u32) -> io::Result<()> {
    fchown(file, None, Some(group))
}

pub(crate) fn set_folder_mode(path: &Path, mode: u32) -> io::Result<()> {
    set_mode(&open_folder(path)?, mode)
}

pub(crate) fn set_folder_group(path: &Path, group: u32) -> io::Result<()> {
    set_group(&open_folder(path)?, group)
}

/// Opens a folder, and not the link or the file that somebody may have put in
/// its place since we made it.
#[expect(clippy::disallowed_methods, reason = "private-file opens the files")]
fn open_folder(path: &Path) -> io::Result<File> {
    let folder = read_options(false).open(path)?;
    if !folder.metadata()?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    Ok(folder)
}

/// Makes a rename or a new name in the folder survive a power cut, where that
/// can be asked for: some network file systems cannot, and a folder that we
/// may write to but not list cannot be opened.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match File::open(path).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => {
            Ok(())
        }
        result => result,
    }
}

fn flags(follow_links: bool) -> i32 {
    let links = if follow_links {
        OFlags::empty()
    } else {
        OFlags::NOFOLLOW
    };
    // The standard library adds O_CLOEXEC by itself.
    (OFlags::NONBLOCK | OFlags::NOCTTY | links)
        .bits()
        .cast_signed()
}
