use std::{
    ffi::{OsStr, OsString},
    fs,
    io::Write,
    path::Path,
};

use tempfile::NamedTempFile;

use crate::{Error, Options, Ownership, folder::Folder, platform};

/// Replaces `folder/name` in one instant: a reader finds the old file or the
/// whole new one. The new file is 0600 until its contents are complete, then
/// gets its mode and group, is synced, and takes the name.
///
/// The caller holds the lock.
pub(crate) fn replace(
    folder: &Folder,
    name: &OsStr,
    contents: &[u8],
    options: &Options,
) -> Result<(), Error> {
    let file = stage(folder, name, contents, options)?;
    place(folder, name, file)?;
    folder.sync()
}

/// Writes and syncs what is to become `folder/name` under a temporary name.
pub(crate) fn stage(
    folder: &Folder,
    name: &OsStr,
    contents: &[u8],
    options: &Options,
) -> Result<NamedTempFile, Error> {
    let path = folder.path.join(name);
    let prefix = temporary_prefix(name);
    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(TEMPORARY_SUFFIX)
        .rand_bytes(RANDOM)
        .tempfile_in(&folder.path)
        .map_err(|source| folder.failure("make a file for", &path, source))?;
    file.write_all(contents)
        .map_err(|source| folder.failure("write", &path, source))?;
    set_access(file.as_file(), &path, options)?;
    file.as_file()
        .sync_all()
        .map_err(|source| folder.failure("sync", &path, source))?;
    Ok(file)
}

/// Renames what was staged over `folder/name`.
pub(crate) fn place(folder: &Folder, name: &OsStr, staged: NamedTempFile) -> Result<(), Error> {
    let path = folder.path.join(name);
    staged
        .persist(&path)
        .map_err(|error| folder.failure("replace", &path, error.error))?;
    Ok(())
}

/// Gives an open file its group, then its mode (a change of group clears bits).
pub(crate) fn set_access(file: &fs::File, path: &Path, options: &Options) -> Result<(), Error> {
    if let Some(group) = options.group_id() {
        platform::set_group(file, group).map_err(|source| Error::GroupRefused {
            path: path.to_owned(),
            group,
            user: platform::user(),
            source,
        })?;
    }
    platform::set_mode(file, options.file_mode().bits()).map_err(|source| Error::Io {
        action: "set the mode of",
        path: path.to_owned(),
        source,
    })
}

/// Removes what a killed writer of `name` left behind. Only the holder of the
/// lock makes such files, so whoever holds it now may remove them.
pub(crate) fn sweep(folder: &Folder, name: &OsStr) {
    for temporary in temporaries(folder, name) {
        // What cannot be removed hinders nobody.
        let _ = fs::remove_file(folder.path.join(temporary));
    }
}

/// The names of our temporary files for `name`: another writer's at work just
/// now, or a killed one's.
pub(crate) fn temporaries(folder: &Folder, name: &OsStr) -> Vec<OsString> {
    let prefix = temporary_prefix(name);
    let Ok(entries) = fs::read_dir(&folder.path) else {
        return Vec::new();
    };
    let ours = |entry: &fs::DirEntry| {
        entry.metadata().is_ok_and(|metadata| {
            metadata.is_file() && Ownership::of(&metadata).owner == platform::user()
        })
    };
    entries
        .flatten()
        .filter(|entry| is_temporary(&entry.file_name(), &prefix))
        .filter(ours)
        .map(|entry| entry.file_name())
        .collect()
}

const TEMPORARY_SUFFIX: &str = ".tmp";
const RANDOM: usize = 10;

fn temporary_prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

/// The length of the random part keeps `.a.b.XXXXXXXXXX.tmp`, of the target
/// `a.b`, from being taken for one of the target `a`.
fn is_temporary(name: &OsStr, prefix: &OsStr) -> bool {
    let random = name
        .as_encoded_bytes()
        .strip_prefix(prefix.as_encoded_bytes())
        .and_then(|rest| rest.strip_suffix(TEMPORARY_SUFFIX.as_bytes()));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_names_are_told_apart() {
        for (name, target, temporary) in [
            (".credentials.a1B2c3D4e5.tmp", "credentials", true),
            (".credentials.a1B2c3D4e5.tmp", "credential", false),
            (".a.b.a1B2c3D4e5.tmp", "a", false),
            (".a.b.a1B2c3D4e5.tmp", "a.b", true),
            (".credentials.lock", "credentials", false),
            (".credentials.backup2026.tmp.old", "credentials", false),
            (".credentials.my.backup1.tmp", "credentials", false),
        ] {
            let prefix = temporary_prefix(target.as_ref());
            assert_eq!(
                is_temporary(name.as_ref(), &prefix),
                temporary,
                "{name} of {target}"
            );
        }
    }
}
