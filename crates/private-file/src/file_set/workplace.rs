use std::{collections::BTreeMap, ffi::OsStr, io::Write, path::Path};

use tempfile::NamedTempFile;

use super::{directory::Directory, snapshot};
use crate::{
    Error, Found, Options, Ownership,
    existing::{failed, inspect},
    folder::Folder,
    platform, replacement,
};

/// The folder of a set while it is changed, and what was opened in it so far.
///
/// In a folder that others can write to they can rename a generation at any
/// moment and plant something under its name. So it is opened once, looked at,
/// and then written to, sealed and removed through what was opened.
pub(crate) struct Workplace<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) directory: Directory,
    options: &'a Options,
    generations: BTreeMap<String, Directory>,
    staged: BTreeMap<String, NamedTempFile>,
}

impl<'a> Workplace<'a> {
    pub(crate) fn open(folder: &'a Folder, options: &'a Options) -> Result<Self, Error> {
        let directory = Directory::open(&folder.path)
            .map_err(|source| folder.failure("open folder", &folder.path, source))?;
        Ok(Self {
            folder,
            directory,
            options,
            generations: BTreeMap::new(),
            staged: BTreeMap::new(),
        })
    }

    /// Opens a generation that was just made, and refuses what somebody else
    /// put in its place.
    pub(crate) fn open_generation(&mut self, name: &str) -> Result<(), Error> {
        let path = self.folder.path.join(name);
        let opened = self.open_ours(name)?;
        if self.folder.is_shared() {
            // Another folder of ours, moved here, is the one way left.
            let inside = opened.names();
            let inside = inside.map_err(|source| failed("list", &path, source))?;
            if !inside.is_empty() {
                return Err(self.folder.planted(&path, Found::Directory));
            }
        }
        self.generations.insert(name.to_owned(), opened);
        Ok(())
    }

    /// Writes a file of an open generation, 0600 from the start, and syncs it.
    pub(crate) fn write(&self, generation: &str, name: &str, contents: &[u8]) -> Result<(), Error> {
        let path = self.folder.path.join(generation).join(name);
        let failure = |source| self.folder.failure("write", &path, source);
        let mut file = self
            .generation(generation)?
            .make_file(name)
            .map_err(failure)?;
        file.write_all(contents).map_err(failure)?;
        replacement::set_access(&file, &path, self.options)?;
        file.sync_all().map_err(failure)
    }

    /// Gives an open generation its group and mode, and syncs it. From here on
    /// it is used by its name, which must still stand for it.
    pub(crate) fn seal(&self, name: &str) -> Result<(), Error> {
        let path = self.folder.path.join(name);
        let generation = self.generation(name)?;
        if let Some(group) = self.options.group_id() {
            let refused = |source| Error::GroupRefused {
                path: path.clone(),
                group,
                user: platform::user(),
                source,
            };
            generation.set_group(group).map_err(refused)?;
        }
        let failure = |source| self.folder.failure("set the mode of", &path, source);
        let mode = self.options.file_mode().folder_bits();
        generation.set_mode(mode).map_err(failure)?;
        generation.sync().map_err(failure)?;
        self.check_name(name, generation)
    }

    /// Writes what is to become the file `name` under another name.
    pub(crate) fn stage_file(&mut self, name: &str, contents: &[u8]) -> Result<(), Error> {
        replacement::sweep(self.folder, name.as_ref());
        let file = replacement::stage(self.folder, name.as_ref(), contents, self.options)?;
        self.staged.insert(name.to_owned(), file);
        Ok(())
    }

    /// Renames what was staged over `name`.
    pub(crate) fn place_file(&mut self, name: &str) -> Result<(), Error> {
        let path = self.folder.path.join(name);
        let staged = self.staged.remove(name);
        let staged = staged.ok_or_else(|| not_begun("replace", &path))?;
        replacement::place(self.folder, name.as_ref(), staged)
    }

    /// Removes a name that is not a folder's, if it is there.
    pub(crate) fn remove(&self, name: impl AsRef<OsStr>) -> Result<(), Error> {
        let path = self.folder.path.join(name.as_ref());
        match self.directory.remove(name) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            result => result.map_err(|source| self.folder.failure("remove", &path, source)),
        }
    }

    /// Removes a generation that nothing leads to, as far as that goes: what
    /// cannot be removed hinders nobody. Its files are removed through what was
    /// opened, so that a key goes even where somebody renamed the folder.
    /// Folders inside are not ours and stay.
    pub(crate) fn remove_generation(&mut self, name: &str) {
        let opened = self.generations.remove(name).map(Ok);
        let Ok(opened) = opened.unwrap_or_else(|| self.open_ours(name)) else {
            return;
        };
        for inside in opened.names().unwrap_or_default() {
            let _ = opened.remove(inside);
        }
        let _ = self.directory.remove_folder(name);
    }

    /// After a failure: removes the generations that were begun and are not
    /// shown.
    pub(crate) fn discard(mut self) {
        let Ok(current) = snapshot::current(self.folder) else {
            return;
        };
        let begun: Vec<String> = self.generations.keys().cloned().collect();
        for name in begun {
            if current.as_ref() != Some(&name) {
                self.remove_generation(&name);
            }
        }
    }

    fn generation(&self, name: &str) -> Result<&Directory, Error> {
        let path = || self.folder.path.join(name);
        let opened = self.generations.get(name);
        opened.ok_or_else(|| not_begun("open folder", &path()))
    }

    /// Opens a generation that is a real folder, and ours where others can make
    /// folders.
    fn open_ours(&self, name: &str) -> Result<Directory, Error> {
        let path = self.folder.path.join(name);
        let opened = self.directory.open_folder(name).map_err(|source| {
            let is_link = inspect(&path).is_ok_and(|named| named.is_some_and(|it| it.is_symlink()));
            if is_link {
                self.folder.planted(&path, Found::SymbolicLink)
            } else {
                self.folder.failure("open folder", &path, source)
            }
        })?;
        let metadata = opened
            .metadata()
            .map_err(|source| failed("inspect", &path, source))?;
        if self.folder.is_shared() && Ownership::of(&metadata).owner != platform::user() {
            return Err(self.folder.planted(&path, Found::ForeignFile));
        }
        Ok(opened)
    }

    fn check_name(&self, name: &str, generation: &Directory) -> Result<(), Error> {
        let path = self.folder.path.join(name);
        let opened = generation
            .metadata()
            .map_err(|source| failed("inspect", &path, source))?;
        match inspect(&path)? {
            None => Err(not_begun("open folder", &path)),
            Some(named) if platform::same_file(&named, &opened) => Ok(()),
            Some(named) if named.is_symlink() => {
                Err(self.folder.planted(&path, Found::SymbolicLink))
            }
            Some(named) if named.is_dir() => Err(self.folder.planted(&path, Found::Directory)),
            Some(_) => Err(self.folder.planted(&path, Found::ForeignFile)),
        }
    }
}

/// What a step before should have made is not there.
fn not_begun(action: &'static str, path: &Path) -> Error {
    failed(action, path, std::io::ErrorKind::NotFound.into())
}
