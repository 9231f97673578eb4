use std::{
    ffi::OsStr,
    fs::{self, File, Metadata, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    Error, Found, Ownership,
    existing::{check_ours, check_regular, failed, inspect},
    folder::Folder,
    platform,
};

/// One writer at a time: an exclusive lock on a file beside the target.
///
/// The lock is not on the target, as a rename takes that away, and not on the
/// folder, as network file systems refuse that. Whoever holds the lock removes
/// its file at the end; whoever gets a lock therefore looks whether the name
/// still stands for the file that was locked.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Locks `name` in `folder` on behalf of `target`, waiting at most `wait`.
    pub(crate) fn acquire(
        folder: &Folder,
        name: &OsStr,
        target: &Path,
        wait: Duration,
    ) -> Result<Self, Error> {
        let path = folder.path.join(name);
        let mut waited = Duration::ZERO;
        loop {
            if let Some(file) = attempt(folder, &path)? {
                return Ok(Self { path, file });
            }
            if waited >= wait {
                return Err(Error::LockHeld {
                    path: target.to_owned(),
                    waited,
                });
            }
            std::thread::sleep(POLL);
            waited += POLL;
        }
    }
}

/// Locks an open file itself, which stays where it is, waiting at most `wait`.
/// The lock ends with the file.
pub(crate) fn lock_in_place(file: &File, target: &Path, wait: Duration) -> Result<(), Error> {
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => return Err(failed("lock", target, source)),
            Err(TryLockError::WouldBlock) if waited >= wait => {
                let path = target.to_owned();
                return Err(Error::LockHeld { path, waited });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(POLL),
        }
        waited += POLL;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still held, and with nobody to tell if it fails: a lock
        // file that stays is found and used by the next writer.
        if platform::LOCK_FILES_GO {
            let _ = fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

/// How often a held lock is tried again. No clock is read: what is bounded is
/// the time that we sleep.
const POLL: Duration = Duration::from_millis(10);

fn attempt(folder: &Folder, path: &Path) -> Result<Option<File>, Error> {
    let Some(file) = open(folder, path)? else {
        return Ok(None);
    };
    let opened = file
        .metadata()
        .map_err(|source| failed("inspect", path, source))?;
    check_regular(path, &opened)?;
    check_ours(folder, path, &opened)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(source)) => return Err(failed("lock", path, source)),
    }
    Ok(is_named(path, &opened)?.then_some(file))
}

/// Whether the name still stands for the file that was locked: its former
/// holder may have removed it while we waited, and another may have made a
/// new one and hold that.
pub(crate) fn is_named(path: &Path, locked: &Metadata) -> Result<bool, Error> {
    Ok(inspect(path)?.is_some_and(|named| platform::same_file(&named, locked)))
}

/// Opens the lock file, or makes it; `None` if it came or went meanwhile.
///
/// Two steps, because where the kernel protects sticky folders even root may
/// not open somebody's file with `O_CREAT`.
#[expect(clippy::disallowed_methods, reason = "private-file opens the files")]
fn open(folder: &Folder, path: &Path) -> Result<Option<File>, Error> {
    let mut options = platform::lock_options();
    let Some(named) = inspect(path)? else {
        return match options.create_new(true).open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(source) => Err(folder.failure("make", path, source)),
        };
    };
    if named.is_symlink() {
        return Err(folder.planted(path, Found::SymbolicLink));
    }
    check_regular(path, &named)?;
    check_ours(folder, path, &named)?;
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) if source.kind() == io::ErrorKind::PermissionDenied => Err(Error::Unreadable {
            path: path.to_owned(),
            file: Ownership::of(&named),
            user: platform::user(),
            source,
        }),
        Err(source) => Err(failed("open", path, source)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::Options;

    #[test]
    fn a_lock_on_a_file_that_lost_its_name_does_not_count() {
        let site = tempfile::tempdir().unwrap();
        let folder = Folder::open(site.path(), &Options::new()).unwrap();
        let path = folder.path.join(".lock");
        let acquire = || Lock::acquire(&folder, ".lock".as_ref(), &path, Duration::ZERO);

        let first = acquire().unwrap();
        let waiting = File::open(&path).unwrap().metadata().unwrap();
        assert!(is_named(&path, &waiting).unwrap());
        assert!(matches!(acquire(), Err(Error::LockHeld { .. })));
        drop(first);
        assert!(!is_named(&path, &waiting).unwrap(), "the name is gone");
        let second = acquire().unwrap();
        assert!(is_named(&path, &second.file.metadata().unwrap()).unwrap());
    }

    #[test]
    fn a_file_made_anew_under_the_name_is_another_file() {
        let site = tempfile::tempdir().unwrap();
        let path = site.path().join(".lock");
        let (one, other) = (
            tempfile::NamedTempFile::new_in(&site),
            tempfile::NamedTempFile::new_in(&site),
        );
        let one = one.unwrap().persist(&path).unwrap();
        assert!(is_named(&path, &one.metadata().unwrap()).unwrap());
        // While the first is open its inode is not given to another.
        other.unwrap().persist(&path).unwrap();
        assert!(!is_named(&path, &one.metadata().unwrap()).unwrap());
    }
}
