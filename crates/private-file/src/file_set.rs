use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use crate::{Change, Error, LIMIT, Options, folder::Folder, lock::Lock, platform};

use self::{directory::Directory, leftovers::Leftovers, snapshot::Snapshot, workplace::Workplace};

mod directory;
mod leftovers;
mod plan;
mod reading;
mod snapshot;
mod step;
mod workplace;

#[cfg(all(test, unix))]
mod tests;

/// Several files of one folder that change together.
///
/// The files are made in a folder of their own, a *generation*
/// (`..generation-<random>`), which the link `..data` leads to; each plain
/// name is a link to `..data/<name>`. Renaming `..data` changes all of them in
/// one instant, as Kubernetes does for its mounted secrets:
///
/// ```text
/// cert.pem -> ..data/cert.pem        ..data -> ..generation-x3k9q2m8w1
/// private.pem -> ..data/private.pem  ..generation-x3k9q2m8w1/{cert,private}.pem
/// ```
///
/// **Readers.** At every instant the plain names show one whole set. Who opens
/// two of them one after the other can still have a swap in between: such a
/// reader opens the files under the folder that `..data` leads to at the
/// start; the previous generation is kept until the next swap for that.
///
/// **Migration.** Where plain files stand under the names, their contents
/// first become a generation, each file is replaced by a link to the same
/// contents, and only then everything changes at once. A crash at any moment
/// leaves a whole set, old or new, and the next call cleans up, even where it
/// finds everything as it should be.
///
/// **Without links** (Windows, some network and FAT file systems) all the
/// files are written beside the old ones, then put in place in order: the last
/// one named, the private key, goes first and comes last. A reader then finds
/// no key for a moment, but no foreign one.
#[derive(Clone, Debug)]
pub struct FileSet {
    folder: PathBuf,
    options: Options,
}

/// One file of a set: what it shall contain, or that it shall not exist.
#[derive(Clone, Copy)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a plain argument, made by the caller"
)]
pub struct SetFile<'a> {
    /// The name in the folder.
    pub name: &'a str,
    /// The contents; `None` removes the file.
    pub contents: Option<&'a [u8]>,
}

impl FileSet {
    /// The files of this folder. Nothing happens yet.
    pub fn new(folder: impl Into<PathBuf>, options: Options) -> Self {
        Self {
            folder: folder.into(),
            options,
        }
    }

    /// The folder as it was given.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The contents of these files, in the order of the names, all of one
    /// generation; `None` where there is no file.
    ///
    /// A folder that does not exist has no files. Unlike [`FileSet::replace`]
    /// it takes whatever is there, as [`read_private`](crate::read_private)
    /// does: plain files, and links that somebody else has set.
    pub fn read(&self, names: &[&str]) -> Result<Vec<Option<Zeroizing<Vec<u8>>>>, Error> {
        reading::read(&self.folder, names)
    }

    /// Whether files can be put into the folder, as far as that can be told
    /// without putting any: for whoever is about to obtain what would have
    /// nowhere to go. A folder that is not there yet is not made.
    pub fn probe(&self) -> Result<(), Error> {
        if !self.folder.exists() {
            return Ok(());
        }
        let folder = Folder::open(&self.folder, &self.options)?;
        // Taking it makes a file, as writing would.
        match self.lock(&folder, Duration::ZERO) {
            Ok(_) | Err(Error::LockHeld { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Gives all the files their contents in one instant, unless they have
    /// them. Name every file that the set may ever have, absent ones too, and
    /// name the secret one last.
    pub fn replace(&self, files: &[SetFile<'_>]) -> Result<Change, Error> {
        let folder = Folder::open(&self.folder, &self.options)?;
        files.iter().try_for_each(|file| check(&folder, file))?;
        // Another writer may be at it just now: then the lock decides.
        if let Ok(found) = Snapshot::take(&folder, files)
            && self.is_current(&found, files)
        {
            if !Leftovers::find(&folder, &found, files).is_empty() {
                self.tidy(&folder, files);
            }
            return Ok(Change::Unchanged);
        }
        let _lock = self.lock(&folder, self.options.wait())?;
        let found = Snapshot::take(&folder, files)?;
        let mut at = Workplace::open(&folder, &self.options)?;
        if self.is_current(&found, files) {
            Leftovers::find(&folder, &found, files).remove(&mut at);
            return Ok(Change::Unchanged);
        }
        carry_out(at, &found, files)?;
        Ok(Change::Written)
    }

    fn is_current(&self, found: &Snapshot, files: &[SetFile<'_>]) -> bool {
        found.shows(files, |owner| self.options.allows(owner))
    }

    fn lock(&self, folder: &Folder, wait: Duration) -> Result<Lock, Error> {
        Lock::acquire(folder, OsStr::new(LOCK), &self.folder, wait)
    }

    /// Removes what killed writers left, where we may. The set is current, so
    /// nothing of this is a reason to fail or to wait: who holds the lock
    /// cleans up as well.
    fn tidy(&self, folder: &Folder, files: &[SetFile<'_>]) {
        let Ok(_lock) = self.lock(folder, Duration::ZERO) else {
            return;
        };
        // Anew, as a writer may have finished meanwhile.
        if let Ok(found) = Snapshot::take(folder, files)
            && let Ok(mut at) = Workplace::open(folder, &self.options)
        {
            Leftovers::find(folder, &found, files).remove(&mut at);
        }
    }
}

/// Shows the name and the size, never the contents.
impl fmt::Debug for SetFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.contents.map(<[u8]>::len);
        f.debug_struct("SetFile")
            .field("name", &self.name)
            .field("bytes", &bytes)
            .finish()
    }
}

/// The link to the generation that is shown.
const DATA: &str = "..data";
/// The file whose lock makes writers take turns.
const LOCK: &str = "..lock";
/// A link under construction.
const STAGED: &str = "..staged";

/// A name is one component, and none of those that the set itself uses.
fn check(folder: &Folder, file: &SetFile<'_>) -> Result<(), Error> {
    let path = folder.path.join(file.name);
    if Path::new(file.name).file_name() != Some(OsStr::new(file.name))
        || file.name.starts_with("..")
    {
        return Err(Error::NoName { path });
    }
    match file.contents {
        Some(contents) if contents.len() > LIMIT => Err(Error::TooLarge { path, limit: LIMIT }),
        _ => Ok(()),
    }
}

/// From what was found to the new set. The caller holds the lock.
fn carry_out(mut at: Workplace<'_>, found: &Snapshot, files: &[SetFile<'_>]) -> Result<(), Error> {
    let steps = if found.has_links() || has_links(&at.directory) {
        plan::by_links(found, files, [plan::generation(), plan::generation()])
    } else {
        plan::in_order(files)
    };
    let done = steps.iter().try_for_each(|step| step.run(&mut at));
    if done.is_err() {
        at.discard();
    }
    done
}

/// Whether the file system has symbolic links: tried out, as nothing tells.
fn has_links(directory: &Directory) -> bool {
    let _ = directory.remove(STAGED);
    let made = directory.make_link(DATA, STAGED);
    let _ = directory.remove(STAGED);
    // No right to write, a full disk: the first step will say so.
    made.is_ok() || made.is_err_and(|error| !is_unsupported(&error))
}

/// FAT answers EPERM, FUSE and network file systems one of the others.
fn is_unsupported(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidInput, Unsupported};
    let not_permitted =
        platform::NOT_PERMITTED.is_some_and(|code| error.raw_os_error() == Some(code));
    not_permitted || matches!(error.kind(), Unsupported | InvalidInput)
}
