use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Error, Found, Options, Ownership, platform, unreachable::unreachable};

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
            create(path, options)?;
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
            io::ErrorKind::PermissionDenied => unreachable(path, source),
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

/// Makes `path` and what is missing above it. Whoever may read the files may
/// enter the folders that are made for them, and no other folder is touched.
fn create(path: &Path, options: &Options) -> Result<(), Error> {
    let missing = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    let missing: Vec<&Path> = missing.collect();
    for folder in missing.into_iter().rev() {
        match platform::create_folder(folder) {
            Ok(()) => admit(folder, options)?,
            // Another writer's, made just now; or it is `..`.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            Err(source) => return Err(Folder::not_created(folder, source)),
        }
    }
    Ok(())
}

/// Gives a folder that we have just made, for us alone, to the files' group.
fn admit(folder: &Path, options: &Options) -> Result<(), Error> {
    let bits = options.file_mode().folder_bits();
    if let Some(group) = options.group_id() {
        platform::set_folder_group(folder, group).map_err(|source| Error::GroupRefused {
            path: folder.to_owned(),
            group,
            user: platform::user(),
            source,
        })?;
    }
    if bits == platform::OWNER_ONLY_FOLDER {
        return Ok(());
    }
    platform::set_folder_mode(folder, bits).map_err(|source| Error::Io {
        action: "set the mode of",
        path: folder.to_owned(),
        source,
    })
}
