use std::{
    fs::{File, Metadata, OpenOptions},
    io,
    path::Path,
};

use crate::Ownership;

/// An open file cannot be removed here: lock files stay.
pub(crate) const LOCK_FILES_GO: bool = false;

/// There is no such error code here.
pub(crate) const NOT_PERMITTED: Option<i32> = None;

/// The mode of a folder that nobody else may enter.
pub(crate) const OWNER_ONLY_FOLDER: u32 = 0o700;

pub(crate) fn user() -> u32 {
    0
}

pub(crate) fn ownership(_: &Metadata) -> Ownership {
    Ownership {
        owner: 0,
        group: 0,
        mode: 0o600,
    }
}

pub(crate) fn hard_links(_: &Metadata) -> u64 {
    1
}

pub(crate) fn identity(_: &Metadata) -> [i128; 4] {
    [0; 4]
}

pub(crate) fn same_file(_: &Metadata, _: &Metadata) -> bool {
    true
}

pub(crate) fn read_options(_follow_links: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

pub(crate) fn lock_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir(path)
}

pub(crate) fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

pub(crate) fn set_group(_: &File, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn set_folder_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

pub(crate) fn set_folder_group(_: &Path, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
