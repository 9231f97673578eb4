use std::path::PathBuf;

use serde_json::json;

use super::variant::Variant;
use crate::failure::Result;
use crate::provenance::Built;
use crate::signature::{self, KeyAccess, SigningKey, attest_files, sign_file};

/// Whether the files are signed, and what is said of them.
#[derive(Debug, clap::Args)]
pub(super) struct Signing {
    /// Sign every file by this key: a PEM file, or `awskms:///alias/NAME`.
    #[arg(long, value_name = "REFERENCE")]
    sign_key: Option<String>,
    #[command(flatten)]
    access: KeyAccess,
    /// Say how they were built, too, in `provenance.intoto.jsonl`: for releases.
    #[arg(long, requires = "sign_key")]
    provenance: bool,
    /// Who builds them, as a URL: a hosted workflow names itself.
    #[arg(long, value_name = "URL", requires = "provenance")]
    builder: Option<String>,
}

impl Signing {
    /// The key, before anything is built: what is refused is refused at once.
    pub(super) fn key(&self) -> Result<Option<SigningKey>> {
        let Some(reference) = &self.sign_key else {
            return Ok(None);
        };
        signature::refuse_changes()?;
        SigningKey::open(reference, &self.access).map(Some)
    }

    /// Signs files that stand in one folder.
    pub(super) fn sign(&self, files: &[PathBuf], key: &SigningKey, of: &[Variant]) -> Result {
        for file in files {
            sign_file(key, file)?;
        }
        let folder = files.first().and_then(|file| file.parent());
        if let Some(folder) = folder.filter(|_| self.provenance) {
            let targets: Vec<_> = of.iter().map(|it| it.name).collect();
            let built = Built {
                command: "dist",
                parameters: json!({ "target": targets }),
                builder: self.builder.clone(),
            };
            attest_files(key, files, (&built, &folder.join(PROVENANCE)))?;
        }
        Ok(())
    }
}

pub(super) const PROVENANCE: &str = "provenance.intoto.jsonl";
