use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::Failure;
use crate::dist::{PROVENANCE, SUMS};
use crate::failure::Result;
use crate::release::{notes, order};
use crate::signature::BESIDE;
use crate::tool::Tool;
use crate::workspace;

/// Publishes what `release` has tagged; the hosted workflow runs it.
///
/// Each can be run again after half of it has failed: what is there is left as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    what: What,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum What {
    /// The libraries and the binary, to the registry of crates: each behind those that
    /// it needs. The token is that of `CARGO_REGISTRY_TOKEN`.
    Crates,
    /// Everything that `dist` has built, to the forge's release of this tag, by `gh`, which
    /// reads `GH_TOKEN` and `GH_REPO`.
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
        if is_there(&package, version)? {
            println!("{package} {version} is there");
            continue;
        }
        published(&package)?;
        println!("{package} {version} is published");
    }
    Ok(())
}

/// Whether the registry has this version, of ours. Asked outside of the workspace, where
/// our own would be found.
fn is_there(package: &str, version: &str) -> Result<bool> {
    let info = |of: &str| {
        let info = Tool::cargo("info --quiet").arg(of);
        info.within(&std::env::temp_dir()).output().ok()
    };
    let Some(known) = info(package) else {
        return Ok(false);
    };
    if !is_ours(&known) {
        return Err(Failure::new(format!(
            "{package} is somebody else's in the registry: whoever depends on it would get that"
        )));
    }
    Ok(info(&format!("{package}@{version}")).is_some())
}

fn is_ours(info: &str) -> bool {
    let mut lines = info.lines().filter_map(|line| line.split_once(": "));
    lines.any(|(key, value)| key == "repository" && value == env!("CARGO_PKG_REPOSITORY"))
}

/// Publishes one, and waits where a registry lets no more new crates in at once.
///
/// Nothing is built: `release` has tried each, and no build script should see the token.
fn published(package: &str) -> Result {
    loop {
        let publish = Tool::cargo("publish --locked --no-verify --package");
        match publish.arg(package).output() {
            Ok(_) => return Ok(()),
            Err(failure) if is_a_limit(&failure.to_string()) => {
                println!("{package}: the registry takes no more now; again in ten minutes");
                std::thread::sleep(BETWEEN_NEW_CRATES);
            }
            Err(failure) => return Err(failure),
        }
    }
}

fn is_a_limit(complaint: &str) -> bool {
    complaint.contains("429 Too Many Requests")
}

fn archives(version: &str) -> Result {
    let tag = format!("v{version}");
    let files = built(&workspace::target("dist"), version)?;
    let there = if let Some(there) = assets(&tag)? {
        there
    } else {
        create(&tag, version)?;
        BTreeSet::new()
    };
    let missing = missing(files, &there);
    if !missing.is_empty() {
        let upload = gh("upload").arg(&tag).args(&missing);
        upload.run()?;
    }
    // A draft until all of it is there.
    gh("edit --draft=false").arg(&tag).run()
}

fn gh(line: &str) -> Tool {
    Tool::new("gh").words("release").words(line)
}

/// What `dist` says that it has built, and what signs it.
fn built(folder: &Path, version: &str) -> Result<Vec<PathBuf>> {
    let sums = folder.join(SUMS);
    let text = workspace::read(&sums)?;
    let names = text.lines().filter_map(|line| line.split_once("  "));
    let mut names: Vec<String> = names.map(|(_, name)| name.to_owned()).collect();
    if let Some(other) = names
        .iter()
        .find(|name| name.starts_with("iamra-") && !name.contains(version))
    {
        return Err(Failure::new(format!(
            "{other} is not of {version}: run `cargo xtask dist` again"
        )));
    }
    names.push(SUMS.to_owned());
    let signatures = names.iter();
    let signatures = signatures.flat_map(|name| BESIDE.map(|ending| format!("{name}{ending}")));
    let beside = signatures.chain([PROVENANCE.to_owned()]);
    let beside = beside.filter(|name| folder.join(name).exists());
    let beside: Vec<String> = beside.collect();
    names.extend(beside);
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// The names of what the release has; nothing where there is no release.
fn assets(tag: &str) -> Result<Option<BTreeSet<String>>> {
    let text = match gh("view --json assets").arg(tag).output() {
        Ok(text) => text,
        Err(failure) if failure.to_string().contains("release not found") => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let release: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("gh release view: {error}")))?;
    let assets = release["assets"].as_array().into_iter().flatten();
    let names = assets.filter_map(|asset| asset["name"].as_str());
    Ok(Some(names.map(str::to_owned).collect()))
}

fn create(tag: &str, version: &str) -> Result {
    let path = workspace::target("release-notes.md");
    let changelog = workspace::read(&workspace::root().join("CHANGELOG.md"))?;
    std::fs::write(&path, notes(&changelog, version)?)
        .map_err(|error| Failure::file(&path, &error))?;
    let create = gh("create --verify-tag --draft --title").arg(format!("iamra {version}"));
    create.arg("--notes-file").arg(&path).arg(tag).run()
}

/// What was sent once is not replaced: somebody may have it already.
fn missing(files: Vec<PathBuf>, there: &BTreeSet<String>) -> Vec<PathBuf> {
    let is_there = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        there.contains(&*name)
    };
    files.into_iter().filter(|file| !is_there(file)).collect()
}

/// What the registry of crates allows.
const BETWEEN_NEW_CRATES: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[PathBuf]) -> Vec<&str> {
        let names = files.iter().map(|file| file.file_name().unwrap());
        names.map(|name| name.to_str().unwrap()).collect()
    }

    #[test]
    fn what_dist_has_built_is_sent_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let sums = "00  iamra-1.2.3-linux-amd64.tar.gz\n11  iamra.rb\n";
        std::fs::write(folder.join("SHA256SUMS"), sums).unwrap();
        for name in [
            "iamra.rb.sig",
            "SHA256SUMS.sigstore.json",
            "iamra-1.0.0.zip",
        ] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let files = built(folder, "1.2.3").unwrap();
        assert_eq!(
            names(&files),
            [
                "iamra-1.2.3-linux-amd64.tar.gz",
                "iamra.rb",
                "SHA256SUMS",
                "iamra.rb.sig",
                "SHA256SUMS.sigstore.json"
            ]
        );
        let there = ["iamra.rb", "SHA256SUMS"].map(str::to_owned).into();
        let missing = missing(files, &there);
        let left = [
            "iamra-1.2.3-linux-amd64.tar.gz",
            "iamra.rb.sig",
            "SHA256SUMS.sigstore.json",
        ];
        assert_eq!(names(&missing), left);
        let other = built(folder, "1.2.4").unwrap_err().to_string();
        assert!(other.contains("is not of 1.2.4"), "{other}");
    }

    #[test]
    fn a_crate_of_somebody_else_is_not_ours() {
        let ours = "iamra\nversion: 0.1.0\nrepository: https://github.com/iamra/iamra\n";
        assert!(is_ours(ours));
        assert!(!is_ours(&ours.replace("iamra/iamra", "another/iamra")));
        assert!(!is_ours("iamra\nversion: 0.1.0\n"));
    }

    #[test]
    fn a_limit_is_waited_for_and_nothing_else() {
        let limit = "the remote server responded with an error (status 429 Too Many Requests)";
        assert!(is_a_limit(limit));
        assert!(!is_a_limit("status 403 Forbidden"));
    }
}
