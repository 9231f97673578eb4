use std::fs;
use std::path::Path;

use semver::Version;

use crate::Failure;
use crate::failure::Result;
use crate::workspace;

mod changelog;
mod checkout;
mod manifest;
pub(crate) mod order;

pub(crate) use changelog::notes;
use checkout::{Checkout, check_here};

/// Makes a release, up to the push: version, changelog, checks, commit and tag.
///
/// All of it happens in a clone below the target folder; this tree gets commit and tag
/// when everything has passed. What follows the push of the tag is the hosted workflow's:
/// images, packages and crates. Nothing leaves this machine here.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// MAJOR.MINOR.PATCH, as in semver.org.
    #[arg(value_parser = released)]
    version: Version,
    /// Leave this tree as it is, and show what a release would be.
    #[arg(long)]
    dry_run: bool,
    /// Leave `cargo xtask ci` out: it has passed on this very commit.
    #[arg(long)]
    no_checks: bool,
}

pub(crate) fn run(args: &Args) -> Result {
    let version = &args.version;
    check_here(version)?;
    let checkout = Checkout::new()?;
    let stale = stale(&checkout)?;
    if let Some(first) = stale.first().filter(|_| !args.dry_run) {
        return Err(Failure::new(format!("{first}: say it otherwise first")));
    }
    let notes = prepare(&checkout, version)?;
    if !args.no_checks {
        checkout.cargo("xtask ci").run()?;
    }
    // Their versions go up together: only of all at once can each be tried.
    let publish = "publish --workspace --dry-run --locked --allow-dirty";
    checkout.cargo(publish).run()?;
    checkout.commit_and_tag(version, &notes)?;
    if args.dry_run {
        return show(&checkout, version, &stale);
    }
    checkout.bring_home(version)?;
    what_remains(version)
}

/// A version that packages and tags can have: no part of a release before a release.
fn released(text: &str) -> std::result::Result<Version, String> {
    let version: Version = text.parse().map_err(|error| format!("{error}"))?;
    if version.pre.is_empty() && version.build.is_empty() {
        return Ok(version);
    }
    Err("a release is MAJOR.MINOR.PATCH: packages and image tags have no more".to_owned())
}

/// Sentences that are true until there is a release.
fn stale(checkout: &Checkout) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (file, sentence) in UNRELEASED {
        let text = workspace::read(&checkout.path(file))?;
        // Wherever the line breaks.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.contains(sentence) {
            found.push(format!("{file} says \"{sentence}\""));
        }
    }
    Ok(found)
}

/// Everything that a version changes; returns what is new in it.
fn prepare(checkout: &Checkout, version: &Version) -> Result<String> {
    let today = jiff::Zoned::now().date();
    let path = checkout.path("CHANGELOG.md");
    let cut = changelog::cut(&workspace::read(&path)?, version, today)?;
    write(&path, &cut.text)?;
    let path = checkout.path("Cargo.toml");
    let manifest = manifest::with_version(&workspace::read(&path)?, version)?;
    write(&path, &manifest)?;
    for lock in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let update = checkout.cargo("update --workspace --manifest-path");
        update.arg(lock).run()?;
    }
    // The manifests in `deploy` name the image by its version.
    checkout.cargo("xtask codegen").run()?;
    Ok(cut.notes)
}

fn show(checkout: &Checkout, version: &Version, stale: &[String]) -> Result {
    let changed = checkout.git("show --stat --format=%s HEAD").output()?;
    println!("\n{changed}");
    for sentence in stale {
        println!("{sentence}: to be said otherwise first");
    }
    let folder = workspace::shown(&checkout.path(""));
    println!("A release of {version} would be this; it is in {folder}, and nothing here changed.");
    Ok(())
}

fn what_remains(version: &Version) -> Result {
    println!(
        "\nv{version} is committed and tagged here. What remains:\n\n\
         \x20   git push --atomic origin HEAD v{version}\n\n\
         The tag starts the workflow `release`: images, archives and packages, then crates in \
         this order:\n"
    );
    for package in order::publishing(&workspace::packages()?)? {
        println!("    {package}");
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result {
    fs::write(path, text).map_err(|error| Failure::file(path, &error))
}

const UNRELEASED: [(&str, &str); 3] = [
    ("README.md", "There is no release yet"),
    ("docs/install.md", "It has not been released yet"),
    ("docs/verify.md", "because no release has been signed"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_three_numbers() {
        assert_eq!(released("1.2.3"), Ok(Version::new(1, 2, 3)));
        for text in ["1.2", "v1.2.3", "1.2.3-rc.1", "1.2.3+build"] {
            assert!(released(text).is_err(), "{text}");
        }
    }

    /// So that none of them is looked for in vain.
    #[test]
    fn what_is_true_before_a_release_is_said_where_it_is_looked_for() {
        for (file, sentence) in UNRELEASED {
            let text = workspace::read(&workspace::root().join(file)).unwrap();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                text.contains(sentence) || env!("CARGO_PKG_VERSION") != "0.1.0",
                "{file}"
            );
        }
    }
}
