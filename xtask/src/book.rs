use std::path::PathBuf;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

mod outside;
mod rendered;
pub(crate) mod summary;

/// Builds the book of `docs/` into the target folder, and fails at the first warning.
///
/// The first run installs mdBook into the target folder.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Build it into a folder that is thrown away.
    #[arg(long)]
    check: bool,
    /// What mdBook calls: rewrites links that leave the book.
    #[arg(long, hide = true, conflicts_with = "check")]
    preprocess: bool,
    /// What mdBook asks it.
    #[arg(hide = true, requires = "preprocess", num_args = 0..)]
    question: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result {
    if args.preprocess {
        return outside::preprocess(&args.question);
    }
    if !args.check {
        let folder = workspace::target("book");
        build(&folder)?;
        println!("{}", folder.join("index.html").display());
        return Ok(());
    }
    check()
}

/// Builds it and throws it away: whether the pages are a book.
pub(crate) fn check() -> Result {
    let scratch =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    build(scratch.path())
}

fn build(folder: &std::path::Path) -> Result {
    let told = Tool::new(mdbook()?)
        .words("build --dest-dir")
        .arg(folder)
        .everything()?;
    print!("{told}");
    let warnings = warnings(&told);
    if !warnings.is_empty() {
        let count = warnings.len();
        return Err(Failure::new(format!("the book has {count} warnings")));
    }
    let findings = rendered::dead_links(folder)?;
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the book has {} dead links",
        findings.len()
    )))
}

fn warnings(told: &str) -> Vec<&str> {
    let is_warning = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("WARN") || line.starts_with("ERROR") || line.contains(" WARN ")
    };
    told.lines().filter(is_warning).collect()
}

fn mdbook() -> Result<PathBuf> {
    if let Some(program) = installed() {
        return Ok(program);
    }
    install()?;
    installed().ok_or_else(|| Failure::new("mdbook does not run"))
}

fn installed() -> Option<PathBuf> {
    let own = workspace::binary("tools/bin/mdbook");
    let candidates = [own, PathBuf::from("mdbook")];
    candidates.into_iter().find(|program| {
        let version = Tool::new(program).arg("--version").output();
        version.is_ok_and(|version| version.trim().ends_with(VERSION))
    })
}

/// Unoptimised, as it runs for seconds; without its server and its watch.
fn install() -> Result {
    Tool::cargo("install --locked --debug --no-default-features --features search")
        .arg(format!("mdbook@{VERSION}"))
        .arg("--root")
        .arg(workspace::target("tools"))
        .run()
        .map_err(|failure| {
            Failure::new(format!(
                "{failure}\nmdbook {VERSION} could not be installed"
            ))
        })
}

/// What `book.toml` was written for.
const VERSION: &str = "0.5.4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_told_from_the_rest() {
        let told = " INFO Book building has started\n WARN unclosed HTML tag `<x>`\nERROR no\n INFO WARNING is a word\n";
        assert_eq!(
            warnings(told),
            [" WARN unclosed HTML tag `<x>`", "ERROR no"]
        );
    }
}
