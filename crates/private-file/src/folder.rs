use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Error, Found, Options, Ownership, platform};

/// A folder that exists, by its real path, and whether others can write to it.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) ownership: Ownership,
}

impl Folder {
    /// Opens `path`; makes it first where the options say so.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        if options.creates_folder() && !path.exists() {
            platform::create_folders(path).map_err(|source| Self::not_created(path, source))?;
        }
        let real = fs::canonicalize(path).map_err(|source| Self::not_opened(path, source))?;
        let metadata = fs::metadata(&real).map_err(|source| Self::not_opened(path, source))?;
        if !metadata.is_dir() {
            return Err(Self::not_opened(path, io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self {
            path: real,
            ownership: Ownership::of(&metadata),
        })
    }

    /// Whether somebody else than us and root can put things into it.
    pub(crate) fn is_shared(&self) -> bool {
        self.ownership.is_shared()
    }

    /// The error for a failed attempt to change something in this folder.
    pub(crate) fn failure(&self, action: &'static str, path: &Path, source: io::Error) -> Error {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Error::NotWritable {
                    folder: self.path.clone(),
                    ownership: self.ownership,
                    user: platform::user(),
                    source,
                }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Error::DiskFull { path, source }
            }
            io::ErrorKind::ResourceBusy => Error::MountedFile { path },
            io::ErrorKind::IsADirectory => Error::NotRegular {
                path,
                found: Found::Directory,
            },
            _ => Error::Io {
                action,
                path,
                source,
            },
        }
    }

    pub(crate) fn planted(&self, path: &Path, found: Found) -> Error {
        Error::Planted {
            path: path.to_owned(),
            found,
            folder: self.ownership,
        }
    }

    /// Makes what was renamed in this folder survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        platform::sync_folder(&self.path)
            .map_err(|source| self.failure("sync folder", &self.path, source))
    }

    fn not_opened(path: &Path, source: io::Error) -> Error {
        let folder = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Error::FolderMissing { folder },
            _ => Error::Io {
                action: "open folder",
                path: folder,
                source,
            },
        }
    }

    /// Names the first folder above that exists: that is the one which refused.
    fn not_created(path: &Path, source: io::Error) -> Error {
        let above = path.ancestors().skip(1).find_map(|above| {
            let above = if above.as_os_str().is_empty() {
                Path::new(".")
            } else {
                above
            };
            let metadata = fs::metadata(above).ok()?;
            Some(Self {
                path: above.to_owned(),
                ownership: Ownership::of(&metadata),
            })
        });
        match above {
            Some(folder) => folder.failure("make folder", path, source),
            None => Error::Io {
                action: "make folder",
                path: path.to_owned(),
                source,
            },
        }
    }
}
