use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{KeyAccess, SigningKey, Subject, refuse_changes, sign_file};
use crate::Failure;
use crate::failure::Result;
use crate::provenance::{self, Built};

/// Signs files, so that cosign and openssl can verify them: `FILE.sig`, and
/// `FILE.sigstore.json`.
///
/// It says nothing of how they were built, which it cannot know: `dist` does.
/// A key is made by `cosign generate-key-pair`, by `openssl genpkey` or in KMS;
/// docs/verify.md says how each verifies.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The key: a PEM file (PKCS#8, P-256), or one in KMS as `awskms:///alias/NAME`.
    #[arg(long, value_name = "REFERENCE")]
    key: String,
    #[command(flatten)]
    access: KeyAccess,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result {
    refuse_changes()?;
    let key = SigningKey::open(&args.key, &args.access)?;
    for file in &args.files {
        let [signature, bundle] = sign_file(&key, file)?;
        println!("{}\n{}", signature.display(), bundle.display());
    }
    Ok(())
}

/// Says of all of these files how they were built, in one line of in-toto.
pub(crate) fn attest_files(
    key: &SigningKey,
    files: &[PathBuf],
    (built, to): (&Built, &Path),
) -> Result {
    let subjects = files.iter().map(|file| subject(file));
    let subjects = subjects.collect::<Result<Vec<_>>>()?;
    let mut line = provenance::of(built)?.signed(&subjects, key)?;
    line.push(b'\n');
    std::fs::write(to, line).map_err(|error| Failure::file(to, &error))?;
    println!("{}", to.display());
    Ok(())
}

fn subject(file: &Path) -> Result<Subject> {
    let contents = std::fs::read(file).map_err(|error| Failure::file(file, &error))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Ok(Subject {
        name: name.into_owned(),
        sha256: hex::encode(Sha256::digest(contents)),
    })
}
