use std::{
    ffi::{OsStr, OsString},
    fs::{File, Metadata},
    io,
    os::unix::ffi::OsStrExt,
    path::Path,
};

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags};

use crate::platform;

/// A folder by its descriptor.
pub(crate) struct Directory(File);

impl Directory {
    /// Opens a folder to make, rename and remove names in it. Where the system
    /// allows, it need not be one that we may list.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        open_at(CWD, path.as_os_str(), REACH)
    }

    /// Opens a folder inside to list, change and sync it; never through a link.
    pub(crate) fn open_folder(&self, name: &str) -> io::Result<Self> {
        open_at(&self.0, name.as_ref(), OFlags::RDONLY)
    }

    /// Makes a folder inside, for us alone.
    pub(crate) fn make_folder(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.0, name, Mode::RWXU)?)
    }

    /// Makes a file that was not there, 0600, for writing.
    pub(crate) fn make_file(&self, name: &str) -> io::Result<File> {
        let new = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let flags = OFlags::WRONLY | OFlags::CLOEXEC | new;
        let file = rustix::fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(file.into())
    }

    /// Makes a symbolic link.
    pub(crate) fn make_link(&self, target: &str, name: &str) -> io::Result<()> {
        Ok(rustix::fs::symlinkat(target, &self.0, name)?)
    }

    /// Gives what has one name another, in the place of what had that.
    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Removes a name that is not a folder's.
    pub(crate) fn remove(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        let name = name.as_ref();
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Removes an empty folder.
    pub(crate) fn remove_folder(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// The names inside.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let names = Dir::read_from(&self.0)?.filter_map(|entry| {
            let name = entry.map(|entry| OsStr::from_bytes(entry.file_name().to_bytes()).into());
            let is_inside = |name: &OsString| name != "." && name != "..";
            name.map(|name| Some(name).filter(is_inside)).transpose()
        });
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Owner, mode and identity.
    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }

    pub(crate) fn set_mode(&self, mode: u32) -> io::Result<()> {
        platform::set_mode(&self.0, mode)
    }

    pub(crate) fn set_group(&self, group: u32) -> io::Result<()> {
        platform::set_group(&self.0, group)
    }

    /// Makes the names inside survive a power cut, where that can be asked for.
    pub(crate) fn sync(&self) -> io::Result<()> {
        use io::ErrorKind::{InvalidInput, Unsupported};
        match self.0.sync_all() {
            Err(error) if matches!(error.kind(), InvalidInput | Unsupported) => Ok(()),
            result => result,
        }
    }
}

fn open_at(at: impl rustix::fd::AsFd, name: &OsStr, access: OFlags) -> io::Result<Directory> {
    let flags = access | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(at, name, flags, Mode::empty())?;
    Ok(Directory(folder.into()))
}

/// Enough to reach what is inside, without the right to list it.
#[cfg(target_os = "linux")]
const REACH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const REACH: OFlags = OFlags::RDONLY;
