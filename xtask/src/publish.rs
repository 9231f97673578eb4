use crate::Failure;
use crate::failure::Result;
use crate::release::{notes, order};
use crate::tool::Tool;
use crate::workspace;

/// Publishes what `release` has tagged; the hosted workflow runs it.
///
/// Each can be run again after half of it has failed: what is there is left.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    what: What,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum What {
    /// The libraries and the binary, to the registry of crates: each behind those that
    /// it needs. The token is that of `CARGO_REGISTRY_TOKEN`.
    Crates,
    /// Everything in `target/dist`, to the forge's release of this tag, by `gh`, which
    /// reads `GH_TOKEN`.
    Archives,
}

pub(crate) fn run(args: &Args) -> Result {
    let version = env!("CARGO_PKG_VERSION");
    check_tagged(version)?;
    match args.what {
        What::Crates => crates(version),
        What::Archives => archives(version),
    }
}

/// What is published is what was tagged.
fn check_tagged(version: &str) -> Result {
    let tags = Tool::new("git").words("tag --points-at HEAD").output()?;
    if tags.lines().any(|tag| tag == format!("v{version}")) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "this commit is not tagged v{version}: `cargo xtask release {version}` makes and tags it"
    )))
}

fn crates(version: &str) -> Result {
    for package in order::publishing(&workspace::packages()?)? {
        if is_there(&package, version) {
            println!("{package} {version} is there");
            continue;
        }
        Tool::cargo("publish --locked --package")
            .arg(&package)
            .run()?;
    }
    Ok(())
}

/// Whether the registry has it. Outside of the workspace, where our own would be found.
fn is_there(package: &str, version: &str) -> bool {
    let info = Tool::cargo("info --quiet").arg(format!("{package}@{version}"));
    info.within(&std::env::temp_dir()).output().is_ok()
}

fn archives(version: &str) -> Result {
    let tag = format!("v{version}");
    let files = workspace::files(&workspace::target("dist"))?;
    if files.is_empty() {
        return Err(Failure::new(
            "target/dist is empty: `cargo xtask dist` fills it",
        ));
    }
    let release = || Tool::new("gh").words("release");
    if release().words("view").arg(&tag).output().is_err() {
        let path = workspace::target("release-notes.md");
        let changelog = workspace::read(&workspace::root().join("CHANGELOG.md"))?;
        std::fs::write(&path, notes(&changelog, version)?)
            .map_err(|error| Failure::file(&path, &error))?;
        let create = release().words("create --verify-tag --draft --title");
        let create = create.arg(format!("iamra {version}")).arg("--notes-file");
        create.arg(&path).arg(&tag).run()?;
    }
    // A draft until all of it is there.
    let upload = release().words("upload --clobber").arg(&tag).args(&files);
    upload.run()?;
    let there = release().words("edit --draft=false").arg(&tag);
    there.run()
}
