use std::path::Path;

use serde_json::json;

use super::platform::Platform;
use crate::Failure;
use crate::failure::Result;
use crate::provenance::{self, Built};
use crate::sbom;
use crate::signature::{self, Attested, KeyAccess, SigningKey, Statement};

/// Whether an image is signed, and what is said of it.
#[derive(Debug, clap::Args)]
pub(super) struct Signing {
    /// Sign it, and say what is in it, by this key: a PEM file, or `awskms:///alias/NAME`.
    #[arg(long, value_name = "REFERENCE")]
    sign_key: Option<String>,
    #[command(flatten)]
    access: KeyAccess,
    /// The name that it is signed as, wherever it will be.
    #[arg(long, value_name = "NAME", default_value = "iamra")]
    pub(super) sign_as: String,
    /// Say how it was built, too: for releases.
    #[arg(long, requires = "sign_key")]
    provenance: bool,
    /// Who builds it, as a URL: a hosted workflow names itself.
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

    pub(super) fn sign(&self, folder: &Path, key: &SigningKey, platforms: &[Platform]) -> Result {
        let of_all = if self.provenance {
            let platforms: Vec<_> = platforms.iter().map(Platform::to_string).collect();
            vec![provenance::of(&Built {
                command: "image",
                parameters: json!({ "platform": platforms }),
                builder: self.builder.clone(),
            })?]
        } else {
            Vec::new()
        };
        signature::sign_layout(
            folder,
            key,
            &self.sign_as,
            &Attested {
                of_all,
                of: &contents,
            },
        )
    }
}

/// What is in the image of an architecture, as the image says it, too.
fn contents(architecture: &str) -> Result<Vec<Statement>> {
    let platform: Platform = format!("linux/{architecture}")
        .parse()
        .map_err(|error: &str| Failure::new(error))?;
    let text = sbom::of(platform.target(), &[])?;
    let predicate = serde_json::from_slice(&text);
    Ok(vec![Statement {
        predicate_type: "https://cyclonedx.org/bom",
        predicate: predicate.map_err(|error| Failure::new(format!("the SBOM: {error}")))?,
    }])
}
