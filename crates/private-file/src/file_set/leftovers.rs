use std::{ffi::OsString, time::SystemTime};

use super::{STAGED, SetFile, snapshot::Snapshot, workplace::Workplace};
use crate::{existing::inspect, folder::Folder, replacement};

/// What killed writers left in the folder of a set: generations that nobody
/// reads, with private keys inside, and files under construction.
pub(crate) struct Leftovers {
    generations: Vec<String>,
    files: Vec<OsString>,
}

impl Leftovers {
    pub(crate) fn find(folder: &Folder, found: &Snapshot, files: &[SetFile<'_>]) -> Self {
        let mut under_construction: Vec<OsString> = files
            .iter()
            .flat_map(|file| replacement::temporaries(folder, file.name.as_ref()))
            .collect();
        let staged = inspect(&folder.path.join(STAGED));
        if staged.is_ok_and(|staged| staged.is_some_and(|staged| staged.is_symlink())) {
            under_construction.push(STAGED.into());
        }
        Self {
            generations: surplus(folder, found),
            files: under_construction,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.generations.is_empty() && self.files.is_empty()
    }

    /// Removes them, as far as that goes. The caller holds the lock.
    pub(crate) fn remove(&self, at: &mut Workplace<'_>) {
        for name in &self.generations {
            at.remove_generation(name);
        }
        for name in &self.files {
            let _ = at.remove(name);
        }
    }
}

/// The generations but the one that is shown and the one before it. What is
/// younger than the one that is shown never came to be shown.
fn surplus(folder: &Folder, found: &Snapshot) -> Vec<String> {
    let made = |name: &str| -> Option<SystemTime> {
        let metadata = inspect(&folder.path.join(name)).ok()??;
        metadata.modified().ok()
    };
    let shown = found.current.as_deref();
    let shown_since = shown.and_then(made);
    let mut others: Vec<(Option<SystemTime>, &String)> = found
        .generations
        .iter()
        .filter(|name| Some(name.as_str()) != shown)
        .map(|name| (made(name), name))
        .collect();
    let previous = others
        .iter()
        .copied()
        .filter(|(made, _)| *made <= shown_since)
        .max();
    others.retain(|other| Some(*other) != previous);
    others.into_iter().map(|(_, name)| name.clone()).collect()
}
