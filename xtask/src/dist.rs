use std::path::PathBuf;

use serde_json::json;

use crate::Failure;
use crate::bench;
use crate::failure::Result;
use crate::image::About;
use crate::sbom;
use crate::signature::{Signer, Signing, attest_files, sign_file};
use crate::toolchain;
use crate::workspace;

mod archive;
mod artifacts;
mod checked_targets;
mod contents;
mod debian;
mod earlier;
mod generated;
mod homebrew;
mod licences;
mod package;
#[cfg(test)]
mod peers;
mod rpm;
mod scripts;
mod units;
mod unreleased;
mod variant;
mod zip;

pub(crate) use earlier::{PROVENANCE, SUMS};

use artifacts::Artifacts;
use contents::Contents;
use generated::Generated;
use variant::Variant;

/// Builds what a user downloads: archives, packages, licences, SBOMs, sums.
///
/// For each target an archive with the binary, completions, man pages, units of systemd
/// and the licences of all that is in it, and beside it an SBOM; for the static ones a
/// .deb and an .rpm, too; over all of them a Homebrew formula and SHA256SUMS. Two runs at
/// one commit write the same, bit for bit.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// For what: linux-amd64, linux-arm64 (static), linux-amd64-pkcs11, linux-arm64-pkcs11
    /// (glibc, loads PKCS#11 libraries), windows-amd64, darwin-amd64, darwin-arm64 (on a
    /// Mac, or with Apple's SDK at SDKROOT); or the compiler's name of it. May be repeated.
    #[arg(long, value_name = "TARGET", default_values = variant::DEFAULT)]
    target: Vec<Variant>,
    /// Where all of it goes. What an earlier run wrote there, by its SHA256SUMS, is
    /// removed.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Build nothing: only check that iamra compiles for Windows and macOS.
    #[arg(long, conflicts_with_all = ["target", "output"])]
    check_targets: bool,
    #[command(flatten)]
    signing: Signing,
}

pub(crate) fn run(args: &Args) -> Result {
    if args.check_targets {
        return checked_targets::check();
    }
    let signer = args.signing.signer()?;
    let folder = args.output.clone();
    let folder = folder.unwrap_or_else(|| workspace::target("dist"));
    let about = About::of_commit()?;
    let unreleased = unreleased::why(&about)?;
    let mut artifacts = Artifacts::new(&folder, about)?;
    let generated = Generated::new()?;
    for variant in &args.target {
        add(variant, &generated, &mut artifacts)?;
    }
    let files = artifacts.finish()?;
    if let Some(signer) = signer {
        sign(args, &signer, &files)?;
    }
    // At the end, where it is read.
    if let Some(why) = unreleased {
        println!("{why}");
    }
    Ok(())
}

/// Each file; and what is said of all of them, beside them.
fn sign(args: &Args, signer: &Signer, files: &[PathBuf]) -> Result {
    let key = signer.key()?;
    for file in files {
        sign_file(key, file)?;
    }
    let targets: Vec<_> = args.target.iter().map(|it| it.name).collect();
    let built = args.signing.built("dist", json!({ "target": targets }));
    let folder = files.first().and_then(|file| file.parent());
    match (built, folder) {
        (Some(built), Some(folder)) => attest_files(key, files, (&built, &folder.join(PROVENANCE))),
        _ => Ok(()),
    }
}

/// All that there is of one target.
fn add(variant: &Variant, generated: &Generated, artifacts: &mut Artifacts) -> Result {
    let binary = toolchain::build(&variant.recipe)?;
    if variant.is_static() {
        bench::within_budget(&binary)?;
    }
    let features: Vec<String> = variant
        .recipe
        .features
        .iter()
        .map(|&it| it.into())
        .collect();
    let sbom = sbom::of(variant.recipe.target, &features)?;
    let contents = Contents {
        variant: *variant,
        binary: std::fs::read(&binary).map_err(|error| Failure::file(&binary, &error))?,
        licences: licences::of(&sbom, variant.recipe.target)?,
        sbom,
        generated,
    };
    contents.write(artifacts)
}
