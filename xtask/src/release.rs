use std::fs;
use std::path::Path;

use semver::Version;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

mod changelog;
mod checkout;
mod manifest;
pub(crate) mod order;

use checkout::Checkout;

pub(crate) use changelog::notes;

/// Makes a release, up to the push: version, changelog, checks, commit and tag.
///
/// What follows the push of the tag is the hosted workflow's: images, packages and
/// crates. Nothing leaves this machine here.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// As in semver.org: 0.2.0.
    version: Version,
    /// Do all of it in a clone in the target folder, and leave this tree as it is.
    #[arg(long)]
    dry_run: bool,
    /// Leave `cargo xtask ci` out: it has passed on this very commit.
    #[arg(long)]
    no_checks: bool,
}

pub(crate) fn run(args: &Args) -> Result {
    let checkout = Checkout::here();
    checkout.check_clean()?;
    checkout.check_untagged(&args.version)?;
    let checkout = if args.dry_run {
        Checkout::clone_into(&workspace::target("release-dry-run"))?
    } else {
        checkout
    };
    let notes = prepare(&checkout, &args.version)?;
    if !args.no_checks {
        // That of the checkout: its root is compiled in.
        let ci = checkout.cargo("xtask ci");
        ci.run()?;
    }
    checkout
        .cargo("publish --workspace --dry-run --locked --allow-dirty")
        .run()?;
    checkout.commit_and_tag(&args.version, &notes)?;
    report(args, &checkout)
}

/// Everything that a version changes; returns what is new in it.
fn prepare(checkout: &Checkout, version: &Version) -> Result<String> {
    let today = jiff::Zoned::now().date();
    let path = checkout.path("CHANGELOG.md");
    let cut = changelog::cut(&workspace::read(&path)?, version, today)?;
    write(&path, &cut.text)?;
    let path = checkout.path("Cargo.toml");
    write(
        &path,
        &manifest::with_version(&workspace::read(&path)?, version)?,
    )?;
    for lock in ["Cargo.toml", "fuzz/Cargo.toml"] {
        checkout
            .cargo("update --workspace --manifest-path")
            .arg(lock)
            .run()?;
    }
    // The manifests in `deploy` name the image by its version.
    checkout.cargo("xtask codegen").run()?;
    write(&checkout.target("release-notes.md"), &cut.notes)?;
    Ok(cut.notes)
}

fn report(args: &Args, checkout: &Checkout) -> Result {
    let version = &args.version;
    if args.dry_run {
        let changed = checkout.git("show --stat --format=%s HEAD").output()?;
        println!("\n{changed}");
        println!("A release of {version} would be this; nothing here was changed.");
        return Ok(());
    }
    println!(
        "\nv{version} is committed and tagged here. What remains:\n\n\
         \x20   git push origin main v{version}\n\n\
         The tag starts the workflow `release`: images, archives and packages, then crates in \
         this order:\n"
    );
    for package in order::publishing(&workspace::packages()?)? {
        println!("    {package}");
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|error| Failure::file(parent, &error))?;
    fs::write(path, text).map_err(|error| Failure::file(path, &error))
}

/// A `Tool` of a checkout.
impl Checkout {
    fn cargo(&self, line: &str) -> Tool {
        Tool::cargo(line).within(self.folder())
    }

    fn git(&self, line: &str) -> Tool {
        Tool::new("git").words(line).within(self.folder())
    }
}
