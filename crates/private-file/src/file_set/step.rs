use super::{STAGED, workplace::Workplace};
use crate::Error;

/// One change of the folder, small enough that a crash falls before or after it.
pub(crate) enum Step<'a> {
    /// Makes the folder of a generation, for us alone.
    MakeGeneration { name: String },
    /// Opens it, and looks that it is the one which was made.
    OpenGeneration { name: String },
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
    /// Writes and syncs a plain file under a name that nobody reads.
    StageFile { name: &'a str, contents: &'a [u8] },
    /// Renames that file over `name`.
    PlaceFile { name: &'a str },
    /// Removes a name, if it is there.
    Remove { name: &'a str },
    /// Removes a generation that nothing leads to.
    RemoveGeneration { name: String },
    /// Makes the steps so far survive a power cut.
    SyncFolder,
}

impl Step<'_> {
    /// Does it.
    pub(crate) fn run(&self, at: &mut Workplace<'_>) -> Result<(), Error> {
        match self {
            Self::MakeGeneration { name } => make_generation(at, name),
            Self::OpenGeneration { name } => at.open_generation(name),
            Self::Write {
                generation,
                name,
                contents,
            } => at.write(generation, name, contents),
            Self::SealGeneration { name } => at.seal(name),
            Self::StageLink { target } => stage_link(at, target),
            Self::PlaceLink { name } => place_link(at, name),
            Self::StageFile { name, contents } => at.stage_file(name, contents),
            Self::PlaceFile { name } => at.place_file(name),
            Self::Remove { name } => at.remove(name),
            // The new set is in place: what is left over is no reason to fail.
            Self::RemoveGeneration { name } => {
                at.remove_generation(name);
                Ok(())
            }
            Self::SyncFolder => at.folder.sync(),
        }
    }
}

fn make_generation(at: &Workplace<'_>, name: &str) -> Result<(), Error> {
    let path = at.folder.path.join(name);
    let made = at.directory.make_folder(name);
    made.map_err(|source| at.folder.failure("make", &path, source))
}

fn stage_link(at: &Workplace<'_>, target: &str) -> Result<(), Error> {
    let path = at.folder.path.join(STAGED);
    // A killed writer may have left one.
    at.remove(STAGED)?;
    let made = at.directory.make_link(target, STAGED);
    made.map_err(|source| at.folder.failure("make", &path, source))
}

fn place_link(at: &Workplace<'_>, name: &str) -> Result<(), Error> {
    let path = at.folder.path.join(name);
    let placed = at.directory.rename(STAGED, name);
    placed.map_err(|source| at.folder.failure("replace", &path, source))
}
