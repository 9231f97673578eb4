use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace::{self, files, shown};

/// Writes what is generated from the code: the reference pages.
///
/// Completions and man pages are not kept in the tree; `--out` writes them all
/// into a folder, for a package.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail where the tree is not what would be generated.
    #[arg(long, conflicts_with = "out")]
    check: bool,
    /// Write everything into this folder instead.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result {
    if args.check {
        return check();
    }
    if let Some(folder) = &args.out {
        return generate(folder);
    }
    let scratch = scratch()?;
    generate(scratch.path())?;
    let wanted = scratch.path().join(REFERENCE);
    for path in files(&root())? {
        if !wanted.join(relative(&path, &root())).exists() {
            fs::remove_file(&path).map_err(|error| Failure::file(&path, &error))?;
            println!("removed {}", shown(&path));
        }
    }
    for path in files(&wanted)? {
        copy(&path, &root().join(relative(&path, &wanted)))?;
    }
    Ok(())
}

/// Fails with the names of the pages that differ.
pub(crate) fn check() -> Result {
    let scratch = scratch()?;
    generate(scratch.path())?;
    let wanted = scratch.path().join(REFERENCE);
    let mut stale = Vec::new();
    for path in files(&wanted)? {
        let kept = root().join(relative(&path, &wanted));
        if fs::read(&kept).ok() != fs::read(&path).ok() {
            stale.push(shown(&kept));
        }
    }
    for path in files(&root())? {
        if !wanted.join(relative(&path, &root())).exists() {
            stale.push(shown(&path));
        }
    }
    if stale.is_empty() {
        println!("{REFERENCE} is what the code says");
        return Ok(());
    }
    Err(Failure::new(format!(
        "not what the code says: {}; run `cargo xtask codegen` and commit",
        stale.join(", ")
    )))
}

/// The cli's own example knows its arguments and its variables.
pub(crate) fn generate(folder: &Path) -> Result {
    Tool::cargo("run --quiet --locked --package iamra --example reference --")
        .arg(folder)
        .run()
}

fn copy(from: &Path, to: &Path) -> Result {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(|error| Failure::file(parent, &error))?;
    if fs::read(to).ok() != fs::read(from).ok() {
        fs::copy(from, to).map_err(|error| Failure::file(to, &error))?;
        println!("wrote {}", shown(to));
    }
    Ok(())
}

fn relative(path: &Path, folder: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_path_buf()
}

fn root() -> PathBuf {
    workspace::root().join(REFERENCE)
}

fn scratch() -> Result<tempfile::TempDir> {
    tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))
}

/// The generated part of the tree; `reference` writes it below its folder, too.
const REFERENCE: &str = "docs/reference";
