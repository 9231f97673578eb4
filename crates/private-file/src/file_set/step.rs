use std::{fs, io, io::Write, path::Path};

use super::STAGED;
use crate::{Error, Options, folder::Folder, platform, replacement};

/// One change of the folder, small enough that a crash falls before or after it.
pub(crate) enum Step<'a> {
    /// Makes the folder of a generation, for us alone.
    MakeGeneration { name: String },
    /// Writes and syncs a file of a generation that nothing leads to yet.
    Write {
        generation: String,
        name: &'a str,
        contents: &'a [u8],
    },
    /// Gives the generation its mode and group, and syncs it.
    SealGeneration { name: String },
    /// Makes a link under a name that nobody reads.
    StageLink { target: String },
    /// Renames that link over `name`.
    PlaceLink { name: String },
    /// Replaces one plain file.
    Replace { name: &'a str, contents: &'a [u8] },
    /// Removes a name, if it is there.
    Remove { name: &'a str },
    /// Removes a generation that nothing leads to.
    RemoveGeneration { name: String },
    /// Makes the steps so far survive a power cut.
    SyncFolder,
}

impl Step<'_> {
    /// Does it.
    pub(crate) fn run(&self, folder: &Folder, options: &Options) -> Result<(), Error> {
        match self {
            Self::MakeGeneration { name } => make_generation(folder, name),
            Self::Write {
                generation,
                name,
                contents,
            } => {
                let path = folder.path.join(generation).join(name);
                write(folder, &path, contents, options)
            }
            Self::SealGeneration { name } => seal(folder, name, options),
            Self::StageLink { target } => stage_link(folder, target),
            Self::PlaceLink { name } => {
                let path = folder.path.join(name);
                fs::rename(folder.path.join(STAGED), &path)
                    .map_err(|source| folder.failure("replace", &path, source))
            }
            Self::Replace { name, contents } => {
                replacement::sweep(folder, name.as_ref());
                replacement::replace(folder, name.as_ref(), contents, options)
            }
            Self::Remove { name } => remove(folder, &folder.path.join(name)),
            Self::RemoveGeneration { name } => {
                // The new set is in place: what is left over is the next
                // writer's to remove, not a reason to fail.
                let _ = fs::remove_dir_all(folder.path.join(name));
                Ok(())
            }
            Self::SyncFolder => folder.sync(),
        }
    }
}

fn make_generation(folder: &Folder, name: &str) -> Result<(), Error> {
    let path = folder.path.join(name);
    platform::create_folder(&path).map_err(|source| folder.failure("make", &path, source))
}

/// Writes a file that is 0600 from the start. No link is in the way: nobody
/// else could write to the generation yet.
#[expect(clippy::disallowed_methods, reason = "private-file opens the files")]
fn write(folder: &Folder, path: &Path, contents: &[u8], options: &Options) -> Result<(), Error> {
    let failure = |source| folder.failure("write", path, source);
    let mut file = platform::lock_options()
        .create_new(true)
        .open(path)
        .map_err(failure)?;
    file.write_all(contents).map_err(failure)?;
    replacement::set_access(&file, path, options)?;
    file.sync_all().map_err(failure)
}

fn seal(folder: &Folder, name: &str, options: &Options) -> Result<(), Error> {
    let path = folder.path.join(name);
    let failure = |source| folder.failure("set the mode of", &path, source);
    if let Some(group) = options.group_id() {
        platform::set_folder_group(&path, group).map_err(failure)?;
    }
    platform::set_folder_mode(&path, options.file_mode().folder_bits()).map_err(failure)?;
    platform::sync_folder(&path).map_err(failure)
}

fn stage_link(folder: &Folder, target: &str) -> Result<(), Error> {
    let path = folder.path.join(STAGED);
    // A killed writer may have left one.
    remove(folder, &path)?;
    platform::symlink(target, &path).map_err(|source| folder.failure("make", &path, source))
}

fn remove(folder: &Folder, path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(|source| folder.failure("remove", path, source)),
    }
}
