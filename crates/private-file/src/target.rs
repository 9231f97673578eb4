use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    Error, Found, LIMIT, Options,
    existing::{Existing, failed, inspect},
    folder::Folder,
    in_place::InPlace,
    lock::Lock,
    replacement,
};

/// One private file, to be written as a whole or changed.
///
/// **Links.** In a folder that only we (and root) can write to, a symbolic
/// link at the path is followed and the file it leads to is replaced: people
/// link `~/.aws/credentials` to another disk. In a folder that others can
/// write to, `/tmp` and a group-writable one included, links, hard links and
/// files of other users are refused.
///
/// **Lock.** Writers take turns by a lock on `.<name>.lock` in the same
/// folder, which is gone again when they are done. Readers need no lock.
#[derive(Clone, Debug)]
pub struct Target {
    path: PathBuf,
    options: Options,
}

/// What an edit wants done with the file.
#[non_exhaustive]
pub enum Edit {
    /// Nothing: the file keeps its contents.
    Unchanged,
    /// The file shall have these contents.
    Replace(Zeroizing<Vec<u8>>),
}

/// Whether anything was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Everything was as it should be; nothing was written, not even a time.
    Unchanged,
    /// The new contents (or the right mode) are on disk.
    Written,
}

impl Target {
    /// A file to be written with these options. Nothing happens yet.
    pub fn new(path: impl Into<PathBuf>, options: Options) -> Self {
        Self {
            path: path.into(),
            options,
        }
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file these contents, unless it has them.
    pub fn replace(&self, contents: &[u8]) -> Result<Change, Error> {
        self.update(|old| {
            let unchanged = old == Some(contents);
            Ok(if unchanged {
                Edit::Unchanged
            } else {
                Edit::Replace(contents.to_vec().into())
            })
        })
    }

    /// Reads the file (`None` where there is none), asks `edit` what it should
    /// be, and replaces it; all under the lock, so that no other writer's
    /// change is lost.
    ///
    /// `edit` is asked once without the lock first: what needs no change needs
    /// no right to write either. A file that is open to more people than it
    /// should be is replaced even where its contents stay.
    pub fn update<E: From<Error>>(
        &self,
        mut edit: impl FnMut(Option<&[u8]>) -> Result<Edit, E>,
    ) -> Result<Change, E> {
        let place = Place::find(&self.path, &self.options)?;
        if self.wanted(&place, &mut edit)?.is_none() {
            return Ok(Change::Unchanged);
        }
        let _lock = self.turn(&place)?;
        if self.options.keeps_inode() {
            let path = place.folder.path.join(&place.name);
            if let Some(file) = InPlace::open(&place.folder, &path, &self.options)? {
                return self.update_in_place(file, &mut edit);
            }
        }
        replacement::sweep(&place.folder, &place.name);
        let Some(contents) = self.wanted(&place, &mut edit)? else {
            return Ok(Change::Unchanged);
        };
        self.check_size(&contents)?;
        replacement::replace(&place.folder, &place.name, &contents, &self.options)?;
        Ok(Change::Written)
    }

    /// Reads what a writer of ours has put here; `None` where there is nothing.
    ///
    /// What somebody else may have put here is refused: in a folder that others
    /// can write to, another user's file, a link and a hard link; and anywhere a
    /// file that others can write to.
    pub fn read(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let parent = self.path.parent().unwrap_or_else(|| Path::new(""));
        if !parent.as_os_str().is_empty() && !parent.exists() {
            return Ok(None);
        }
        let place = Place::find(&self.path, &self.options)?;
        let path = place.folder.path.join(&place.name);
        let Some(existing) = Existing::read(&place.folder, &path)? else {
            return Ok(None);
        };
        if existing.ownership.mode & WRITABLE_BY_OTHERS != 0 {
            return Err(place.folder.planted(&path, Found::ForeignFile));
        }
        Ok(Some(existing.contents))
    }

    /// Moves what is here aside, to the same name with `suffix` behind it, and
    /// over what may have that name: for who finds that a file of its own is
    /// damaged. Returns the new path; `None` where these contents are not there
    /// any more, as another one has moved or replaced them.
    pub fn set_aside(&self, contents: &[u8], suffix: &str) -> Result<Option<PathBuf>, Error> {
        let place = Place::find(&self.path, &self.options)?;
        let _lock = self.lock(&place)?;
        let from = place.folder.path.join(&place.name);
        let existing = Existing::read(&place.folder, &from)?;
        if existing.is_none_or(|existing| existing.contents.as_slice() != contents) {
            return Ok(None);
        }
        let mut name = place.name;
        name.push(suffix);
        let to = place.folder.path.join(name);
        fs::rename(&from, &to).map_err(|source| place.folder.failure("move", &from, source))?;
        place.folder.sync()?;
        Ok(Some(to))
    }

    /// Keeps every other writer out for as long as the result is held, this
    /// process included: for who has to do more than write, over a network
    /// say. The file need not exist, and is not touched.
    pub fn hold(&self) -> Result<Hold, Error> {
        let place = Place::find(&self.path, &self.options)?;
        Ok(Hold {
            _lock: self.lock(&place)?,
        })
    }

    /// The lock, for a write. Where the folder takes no file of ours, a file
    /// can still be written in place, with the lock on itself alone.
    fn turn(&self, place: &Place) -> Result<Option<Lock>, Error> {
        match self.lock(place) {
            Err(Error::NotWritable { .. }) if self.options.keeps_inode() => Ok(None),
            locked => locked.map(Some),
        }
    }

    fn lock(&self, place: &Place) -> Result<Lock, Error> {
        let wait = self.options.wait();
        Lock::acquire(&place.folder, &lock_name(&place.name), &self.path, wait)
    }

    fn update_in_place<E: From<Error>>(
        &self,
        mut file: InPlace<'_>,
        edit: &mut impl FnMut(Option<&[u8]>) -> Result<Edit, E>,
    ) -> Result<Change, E> {
        let old = file.contents()?;
        let contents = match edit(Some(&old))? {
            Edit::Replace(contents) => contents,
            // The rights alone are to change.
            Edit::Unchanged => old,
        };
        self.check_size(&contents)?;
        file.replace(&contents, &self.options)?;
        Ok(Change::Written)
    }

    fn check_size(&self, contents: &[u8]) -> Result<(), Error> {
        if contents.len() <= LIMIT {
            return Ok(());
        }
        Err(Error::TooLarge {
            path: self.path.clone(),
            limit: LIMIT,
        })
    }

    /// The contents to write, if anything is to be written.
    fn wanted<E: From<Error>>(
        &self,
        place: &Place,
        edit: &mut impl FnMut(Option<&[u8]>) -> Result<Edit, E>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, E> {
        let existing = Existing::read(&place.folder, &place.folder.path.join(&place.name))?;
        match (
            edit(
                existing
                    .as_ref()
                    .map(|existing| existing.contents.as_slice()),
            )?,
            existing,
        ) {
            (Edit::Replace(contents), _) => Ok(Some(contents)),
            (Edit::Unchanged, Some(existing)) if !self.options.allows(existing.ownership) => {
                Ok(Some(existing.contents))
            }
            (Edit::Unchanged, _) => Ok(None),
        }
    }
}

/// The lock of a [`Target`], until this is dropped.
#[derive(Debug)]
pub struct Hold {
    _lock: Lock,
}

/// Shows what would be done, never the contents.
impl std::fmt::Debug for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unchanged => f.write_str("Unchanged"),
            Self::Replace(contents) => write!(f, "Replace({} bytes)", contents.len()),
        }
    }
}

/// Where the file really is, links followed.
struct Place {
    folder: Folder,
    name: OsString,
}

impl Place {
    fn find(path: &Path, options: &Options) -> Result<Self, Error> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let no_name = || Error::NoName { path: path.clone() };
            let name = path
                .file_name()
                .filter(|_| !ends_in_separator(&path))
                .ok_or_else(no_name)?;
            let folder = Folder::open(path.parent().unwrap_or_else(|| Path::new("")), options)?;
            let full = folder.path.join(name);
            if !inspect(&full)?.is_some_and(|metadata| metadata.is_symlink()) {
                return Ok(Self {
                    folder,
                    name: name.to_owned(),
                });
            }
            if folder.is_shared() {
                return Err(folder.planted(&full, Found::SymbolicLink));
            }
            let link = fs::read_link(&full).map_err(|source| failed("follow", &full, source))?;
            path = folder.path.join(link);
        }
        Err(failed(
            "follow",
            &path,
            io::Error::other("too many symbolic links"),
        ))
    }
}

/// By the group, or by everybody.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// As many as Linux follows.
const MAX_LINKS: usize = 40;

fn lock_name(name: &OsStr) -> OsString {
    let mut lock = OsString::from(".");
    lock.push(name);
    lock.push(".lock");
    lock
}

/// `Path` drops a slash at the end, but who writes `folder/` means no file.
fn ends_in_separator(path: &Path) -> bool {
    let last = path.as_os_str().as_encoded_bytes().last();
    last.is_some_and(|last| std::path::is_separator(char::from(*last)))
}
