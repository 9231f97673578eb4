use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

use zeroize::Zeroizing;

use crate::{
    Error, Found, LIMIT, Options, Ownership,
    existing::{check_ours, check_regular, failed, inspect},
    folder::Folder,
    lock::{is_named, lock_in_place},
    platform, replacement,
};

/// An existing file that is written in place: opened for it, and locked.
///
/// The lock is on the file itself, too: its folder may be nothing that we can
/// write to, where a file is mounted alone.
pub(crate) struct InPlace<'a> {
    file: File,
    path: &'a Path,
}

impl<'a> InPlace<'a> {
    /// Opens and locks `path` in `folder`; `None` if there is nothing yet.
    pub(crate) fn open(
        folder: &Folder,
        path: &'a Path,
        options: &Options,
    ) -> Result<Option<Self>, Error> {
        loop {
            let Some(named) = inspect(path)? else {
                return Ok(None);
            };
            if named.is_symlink() {
                return Err(folder.planted(path, Found::SymbolicLink));
            }
            check_regular(path, &named)?;
            let Some(file) = open(path, &named)? else {
                continue;
            };
            let opened = file.metadata();
            let opened = opened.map_err(|source| failed("inspect", path, source))?;
            check_regular(path, &opened)?;
            check_ours(folder, path, &opened)?;
            lock_in_place(&file, path, options.wait())?;
            // Whoever replaces it while we wait takes its name away: what we
            // would write then, nobody would read.
            if is_named(path, &opened)? {
                return Ok(Some(Self { file, path }));
            }
        }
    }

    /// What is in it, now that it is locked.
    pub(crate) fn contents(&mut self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut contents = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
        self.rewind()?;
        let mut bounded = (&self.file).take(LIMIT as u64 + 1);
        let read = bounded.read_to_end(&mut contents);
        read.map_err(|source| failed("read", self.path, source))?;
        Ok(contents)
    }

    /// Writes over what is in it, then cuts what is left of that.
    pub(crate) fn replace(&mut self, contents: &[u8], options: &Options) -> Result<(), Error> {
        // Nobody reads the new contents with the rights of the old.
        self.set_access(options)?;
        self.rewind()?;
        let length = contents.len() as u64;
        let written = self.file.write_all(contents);
        let written = written.and_then(|()| self.file.set_len(length));
        let written = written.and_then(|()| self.file.sync_all());
        written.map_err(|source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::DiskFull {
                path: self.path.to_owned(),
                source,
            },
            _ => failed("write", self.path, source),
        })
    }

    /// Where the file is somebody else's, its rights are theirs to give.
    fn set_access(&self, options: &Options) -> Result<(), Error> {
        let metadata = self.file.metadata();
        let metadata = metadata.map_err(|source| failed("inspect", self.path, source))?;
        if options.allows(Ownership::of(&metadata)) {
            return Ok(());
        }
        replacement::set_access(&self.file, self.path, options)
    }

    fn rewind(&mut self) -> Result<(), Error> {
        let rewound = self.file.rewind();
        rewound.map_err(|source| failed("read", self.path, source))
    }
}

/// `None` if it went meanwhile.
#[expect(clippy::disallowed_methods, reason = "private-file opens the files")]
fn open(path: &Path, named: &std::fs::Metadata) -> Result<Option<File>, Error> {
    let source = match platform::lock_options().open(path) {
        Ok(file) => return Ok(Some(file)),
        Err(source) => source,
    };
    match source.kind() {
        io::ErrorKind::NotFound => Ok(None),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Err(Error::Unreadable {
                path: path.to_owned(),
                file: Ownership::of(named),
                user: platform::user(),
                source,
            })
        }
        _ => Err(failed("open", path, source)),
    }
}
