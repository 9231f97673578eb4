use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use zeroize::Zeroizing;

use super::DATA;
use crate::{Error, existing::failed, read_private};

/// Contents in the order of the names; `None` where there is no file.
pub(super) type Contents = Vec<Option<Zeroizing<Vec<u8>>>>;

/// Reads files that change together so that they belong together.
///
/// Which generation is shown is looked at before and after: a writer that
/// swaps in between is seen, and the files are read again.
pub(super) fn read(folder: &Path, names: &[&str]) -> Result<Contents, Error> {
    for _ in 1..ATTEMPTS {
        let before = data(folder)?;
        let contents = read_once(folder, before.as_deref(), names);
        if data(folder)? == before {
            return contents;
        }
    }
    // Nobody swaps that often: what is found now counts.
    read_once(folder, data(folder)?.as_deref(), names)
}

fn read_once(folder: &Path, data: Option<&Path>, names: &[&str]) -> Result<Contents, Error> {
    let generation = data.filter(|target| is_in_folder(target));
    names
        .iter()
        .map(|name| {
            let path = match generation {
                Some(generation) if leads_into_data(folder, name) => {
                    folder.join(generation).join(name)
                }
                // A plain file, or a link that somebody else has set.
                _ => folder.join(name),
            };
            match read_private(&path) {
                Ok(contents) => Ok(Some(contents)),
                Err(Error::Missing { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .collect()
}

/// What `..data` leads to; none where there is no such link.
fn data(folder: &Path) -> Result<Option<PathBuf>, Error> {
    let path = folder.join(DATA);
    match fs::read_link(&path) {
        Ok(target) => Ok(Some(target)),
        // No link, or no folder: there are plain files, or none.
        Err(error) if is_absence(&error) => Ok(None),
        Err(source) => Err(failed("read the link", &path, source)),
    }
}

/// Whether a target of `..data` is one name: a generation, ours or that of a
/// mounted secret. Any other is left to the plain names, which the system
/// follows: joined here it would lead elsewhere.
fn is_in_folder(target: &Path) -> bool {
    let mut components = target.components();
    matches!(components.next(), Some(Component::Normal(_))) && components.next().is_none()
}

/// Whether a plain name is a link to `..data/<name>`, and so shows the
/// generation.
fn leads_into_data(folder: &Path, name: &str) -> bool {
    fs::read_link(folder.join(name)).is_ok_and(|target| target == Path::new(DATA).join(name))
}

fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, NotADirectory, NotFound, PermissionDenied, Unsupported};
    matches!(
        error.kind(),
        // Where the folder is closed to us, reading the files says so better.
        NotFound | InvalidInput | NotADirectory | PermissionDenied | Unsupported
    )
}

/// How often files are read to get them of one generation.
const ATTEMPTS: u32 = 10;
