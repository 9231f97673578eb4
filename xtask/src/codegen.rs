use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace::{self, files, shown};

/// Writes what is generated from the code: the reference pages, and the manifests in
/// `deploy`.
///
/// Completions and man pages are not kept in the tree; `--out` writes them all
/// into a folder, for a package.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail where the tree is not what would be generated.
    #[arg(long, conflicts_with = "out")]
    check: bool,
    /// Write the reference pages, completions and man pages into this folder instead.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result {
    if args.check {
        return check();
    }
    if let Some(folder) = &args.out {
        return reference(folder);
    }
    let scratch = generated()?;
    let Differences { stale, gone } = differences(scratch.path())?;
    for path in gone {
        fs::remove_file(&path).map_err(|error| Failure::file(&path, &error))?;
        println!("removed {}", shown(&path));
    }
    stale.iter().try_for_each(|(from, to)| copy(from, to))
}

/// Fails with the names of the files that differ.
pub(crate) fn check() -> Result {
    let scratch = generated()?;
    let Differences { stale, gone } = differences(scratch.path())?;
    let names = stale.iter().map(|(_, kept)| kept).chain(&gone);
    let names: Vec<_> = names.map(|path| shown(path)).collect();
    if names.is_empty() {
        println!("{} are what the code says", GENERATED.join(" and "));
        return Ok(());
    }
    Err(Failure::new(format!(
        "not what the code says: {}; run `cargo xtask codegen` and commit",
        names.join(", ")
    )))
}

/// How the tree is other than what is generated.
struct Differences {
    /// What is generated, and what stands for it in the tree.
    stale: Vec<(PathBuf, PathBuf)>,
    /// What is generated no more.
    gone: Vec<PathBuf>,
}

fn differences(generated: &Path) -> Result<Differences> {
    let (mut stale, mut gone) = (Vec::new(), Vec::new());
    for tree in GENERATED {
        let (kept, wanted) = (workspace::root().join(tree), generated.join(tree));
        for path in files(&wanted)? {
            let kept = kept.join(relative(&path, &wanted));
            if fs::read(&kept).ok() != fs::read(&path).ok() {
                stale.push((path, kept));
            }
        }
        let known = files(&kept)?.into_iter();
        gone.extend(known.filter(|path| !wanted.join(relative(path, &kept)).exists()));
    }
    Ok(Differences { stale, gone })
}

/// Everything, in a folder that goes with the value.
fn generated() -> Result<tempfile::TempDir> {
    let scratch = tempfile::tempdir();
    let scratch = scratch.map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    reference(scratch.path())?;
    pull_secrets(&scratch.path().join(PULL_SECRETS))?;
    Ok(scratch)
}

/// The cli's own example knows its arguments and its variables.
pub(crate) fn reference(folder: &Path) -> Result {
    Tool::cargo("run --quiet --locked --package iamra --example reference --")
        .arg(folder)
        .run()
}

/// What `iamra k8s manifests` prints of the example in `deploy`: a stream, and a chart.
fn pull_secrets(folder: &Path) -> Result {
    Tool::cargo("build --quiet --locked --package iamra").run()?;
    let manifests = || {
        Tool::new(workspace::binary("debug/iamra"))
            .without_environment()
            .words("k8s manifests --config")
            .arg(format!("{PULL_SECRETS}.toml"))
    };
    let chart = manifests().words("--output helm --out-dir");
    chart.arg(folder.join("helm")).output()?;
    let path = folder.join("manifests.yaml");
    fs::write(&path, manifests().output()?).map_err(|error| Failure::file(&path, &error))
}

fn copy(from: &Path, to: &Path) -> Result {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(|error| Failure::file(parent, &error))?;
    fs::copy(from, to).map_err(|error| Failure::file(to, &error))?;
    println!("wrote {}", shown(to));
    Ok(())
}

fn relative(path: &Path, folder: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_path_buf()
}

/// The generated parts of the tree, which stand below a scratch folder as they do here.
const GENERATED: [&str; 3] = ["docs/reference", "docs/errors", PULL_SECRETS];
const PULL_SECRETS: &str = "deploy/pull-secrets";
