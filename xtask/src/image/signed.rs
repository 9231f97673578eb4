use std::path::Path;

use serde_json::{Value, json};

use super::Part;
use super::base::Base;
use super::platform::Platform;
use crate::Failure;
use crate::failure::Result;
use crate::provenance;
use crate::sbom;
use crate::signature::{self, Attested, Signer, Signing, Statement};

/// Whether an image is signed, and as what.
#[derive(Debug, clap::Args)]
pub(super) struct SignedImage {
    #[command(flatten)]
    pub(super) signing: Signing,
    /// The name that it is signed as, wherever it will be.
    #[arg(long, value_name = "NAME", default_value = "iamra")]
    pub(super) sign_as: String,
}

impl SignedImage {
    pub(super) fn sign(&self, folder: &Path, signer: &Signer, parts: &[Part]) -> Result {
        let of_all = self.statement(parts)?.into_iter().collect();
        signature::sign_layout(
            folder,
            signer.key()?,
            &self.sign_as,
            &Attested {
                of_all,
                of: &contents,
            },
        )
    }

    fn statement(&self, parts: &[Part]) -> Result<Option<Statement>> {
        let platforms = parts.iter().map(|part| part.platform.to_string());
        // Each platform's is of the one that was named.
        let base = parts.first().and_then(|part| part.base.as_ref());
        let parameters = parameters(platforms, base.map(|it| &*it.digest));
        let built = self.signing.built("image", parameters);
        let base = base.map(material).into_iter().collect();
        built
            .map(|built| provenance::with(&built, base))
            .transpose()
    }
}

/// What the command was told, as the provenance has it.
pub(crate) fn parameters(platforms: impl Iterator<Item = String>, base: Option<&str>) -> Value {
    let mut parameters = json!({ "platform": platforms.collect::<Vec<_>>() });
    if let Some(base) = base {
        parameters["base"] = base.into();
    }
    parameters
}

/// A base, as the provenance has it.
fn material(base: &Base) -> Value {
    let (algorithm, digest) = base.digest.split_once(':').unwrap_or_default();
    let mut material = json!({ "name": "base", "digest": { algorithm: digest } });
    if let Some(name) = &base.name {
        material["uri"] = format!("docker://{name}").into();
    }
    material
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
