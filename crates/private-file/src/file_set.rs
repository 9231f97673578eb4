use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
};

use crate::{Change, Error, LIMIT, Options, folder::Folder, lock::Lock, platform};

mod plan;
mod snapshot;
mod step;

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
/// leaves a whole set, old or new, and the next call cleans up.
///
/// **Without links** (Windows, some network and FAT file systems) the files
/// are replaced in order: the last one named, the private key, goes first and
/// comes last. A reader then finds no key for a moment, but no foreign one.
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

    /// Gives all the files their contents in one instant, unless they have
    /// them. Name every file that the set may ever have, absent ones too, and
    /// name the secret one last.
    pub fn replace(&self, files: &[SetFile<'_>]) -> Result<Change, Error> {
        let folder = Folder::open(&self.folder, &self.options)?;
        files.iter().try_for_each(|file| check(&folder, file))?;
        let is_current =
            |found: &snapshot::Snapshot| found.shows(files, |owner| self.options.allows(owner));
        // Another writer may be at it just now: then the lock decides.
        if snapshot::Snapshot::take(&folder, files).is_ok_and(|found| is_current(&found)) {
            return Ok(Change::Unchanged);
        }
        let lock_name = OsStr::new(LOCK);
        let _lock = Lock::acquire(&folder, lock_name, &self.folder, self.options.wait())?;
        let found = snapshot::Snapshot::take(&folder, files)?;
        if is_current(&found) {
            return Ok(Change::Unchanged);
        }
        let steps = if found.has_links() || has_links(&folder) {
            plan::by_links(&found, files, [plan::generation(), plan::generation()])
        } else {
            plan::in_order(files)
        };
        let done = steps
            .iter()
            .try_for_each(|step| step.run(&folder, &self.options));
        if done.is_err() {
            discard(&folder, &found.generations);
        }
        done.map(|()| Change::Written)
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

/// After a failure: removes the generations that were begun and are not shown,
/// as far as that goes.
fn discard(folder: &Folder, before: &[String]) {
    let Ok(current) = snapshot::current(folder) else {
        return;
    };
    for name in snapshot::generations(folder) {
        if current.as_ref() != Some(&name) && !before.contains(&name) {
            let _ = std::fs::remove_dir_all(folder.path.join(name));
        }
    }
}

/// Whether the file system has symbolic links: tried out, as nothing tells.
fn has_links(folder: &Folder) -> bool {
    let staged = folder.path.join(STAGED);
    let _ = std::fs::remove_file(&staged);
    let made = platform::symlink(DATA, &staged);
    let _ = std::fs::remove_file(&staged);
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
