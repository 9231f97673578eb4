use std::{fs, path::Path};

use zeroize::Zeroizing;

use super::{DATA, SetFile, plan::GENERATION};
use crate::{
    Error, Found, Options, Ownership,
    existing::{Existing, check_ours, check_regular, failed, inspect},
    folder::Folder,
    platform,
};

/// What the folder holds of a set: where `..data` leads, which generations
/// there are, and what each plain name shows.
pub(crate) struct Snapshot {
    pub(crate) current: Option<String>,
    pub(crate) generations: Vec<String>,
    pub(crate) entries: Vec<Entry>,
}

/// One plain name.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// What a reader of the name gets; `None` where there is no file.
    pub(crate) shown: Option<Shown>,
}

/// Contents and owner of a file.
pub(crate) struct Shown {
    pub(crate) contents: Zeroizing<Vec<u8>>,
    pub(crate) ownership: Ownership,
}

/// What stands at a plain name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Nothing.
    Missing,
    /// Our link into `..data`.
    Link,
    /// A regular file.
    Plain,
}

impl Snapshot {
    /// Looks at the folder and refuses what we did not make.
    pub(crate) fn take(folder: &Folder, files: &[SetFile<'_>]) -> Result<Self, Error> {
        let current = current(folder)?;
        let entries = files
            .iter()
            .map(|file| Entry::take(folder, current.as_deref(), file.name))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            current,
            generations: generations(folder),
            entries,
        })
    }

    /// Whether the plain names show exactly these files, in a form that is
    /// open to nobody who should not read them.
    pub(crate) fn shows(
        &self,
        files: &[SetFile<'_>],
        is_right: impl Fn(Ownership) -> bool,
    ) -> bool {
        files
            .iter()
            .zip(&self.entries)
            .all(|(file, entry)| match (&entry.shown, file.contents) {
                (None, None) => entry.kind == Kind::Missing,
                (Some(shown), Some(wanted)) => {
                    shown.contents.as_slice() == wanted && is_right(shown.ownership)
                }
                _ => false,
            })
    }

    pub(crate) fn has_links(&self) -> bool {
        self.entries.iter().any(|entry| entry.kind == Kind::Link)
    }
}

impl Entry {
    fn take(folder: &Folder, current: Option<&str>, name: &str) -> Result<Self, Error> {
        let path = folder.path.join(name);
        let named = inspect(&path)?;
        let (kind, shown) = match &named {
            None => (Kind::Missing, None),
            Some(named) if named.is_symlink() => {
                let expected = Path::new(DATA).join(name);
                if follow(folder, &path, named)? != expected {
                    return Err(Error::ForeignLink { path });
                }
                let shown = match current.map(|current| open(folder, current)).transpose()? {
                    Some(Some(inside)) => Existing::read(&inside, &inside.path.join(name))?,
                    _ => None,
                };
                (Kind::Link, shown)
            }
            Some(_) => (Kind::Plain, Existing::read(folder, &path)?),
        };
        let shown = shown.map(
            |Existing {
                 contents,
                 ownership,
             }| Shown {
                contents,
                ownership,
            },
        );
        Ok(Self {
            name: name.to_owned(),
            kind,
            shown,
        })
    }
}

/// The generation that `..data` leads to.
pub(crate) fn current(folder: &Folder) -> Result<Option<String>, Error> {
    let path = folder.path.join(DATA);
    let Some(named) = inspect(&path)? else {
        return Ok(None);
    };
    if !named.is_symlink() {
        check_regular(&path, &named)?;
        return Err(Error::ForeignLink { path });
    }
    let target = follow(folder, &path, &named)?;
    match target.to_str() {
        Some(name) if is_generation(name) => Ok(Some(name.to_owned())),
        _ => Err(Error::ForeignLink { path }),
    }
}

/// Reads a link, which must be ours where others can make links.
fn follow(folder: &Folder, path: &Path, named: &fs::Metadata) -> Result<std::path::PathBuf, Error> {
    check_ours(folder, path, named)?;
    fs::read_link(path).map_err(|source| failed("follow", path, source))
}

/// Opens a generation, which must be a real folder, and ours where others can
/// make folders; `None` if somebody removed it.
fn open(folder: &Folder, generation: &str) -> Result<Option<Folder>, Error> {
    let path = folder.path.join(generation);
    match inspect(&path)? {
        None => Ok(None),
        Some(named) if named.is_symlink() => Err(folder.planted(&path, Found::SymbolicLink)),
        Some(named) if folder.is_shared() && Ownership::of(&named).owner != platform::user() => {
            Err(folder.planted(&path, Found::ForeignFile))
        }
        Some(_) => Folder::open(&path, &Options::new()).map(Some),
    }
}

/// All generations in the folder that are ours to remove.
pub(crate) fn generations(folder: &Folder) -> Vec<String> {
    let Ok(entries) = fs::read_dir(&folder.path) else {
        return Vec::new();
    };
    let ours = |entry: &fs::DirEntry| {
        entry.metadata().is_ok_and(|metadata| {
            metadata.is_dir() && Ownership::of(&metadata).owner == platform::user()
        })
    };
    let names = entries
        .flatten()
        .filter(ours)
        .filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| is_generation(name)).collect()
}

fn is_generation(name: &str) -> bool {
    name.strip_prefix(GENERATION).is_some_and(|random| {
        !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
