use std::path::Path;

use crate::Failure;
use crate::codegen;
use crate::failure::Result;
use crate::workspace;

/// What the code says of itself, for shells and `man`: the same for every target.
#[derive(Debug)]
pub(super) struct Generated {
    /// By the names that the generators give them.
    pub(super) completions: Vec<(String, Vec<u8>)>,
    pub(super) man_pages: Vec<(String, Vec<u8>)>,
}

impl Generated {
    pub(super) fn new() -> Result<Self> {
        let scratch = tempfile::tempdir()
            .map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
        codegen::reference(scratch.path())?;
        Ok(Self {
            completions: files(&scratch.path().join("completions"))?,
            man_pages: files(&scratch.path().join("man"))?,
        })
    }
}

fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let paths = workspace::files(folder)?.into_iter();
    let read = paths.map(|path| {
        let name = path.file_name().unwrap_or_default();
        let contents = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
        Ok((name.to_string_lossy().into_owned(), contents))
    });
    read.collect()
}
