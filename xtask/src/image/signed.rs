use std::path::Path;

use serde_json::{Value, json};

use super::Part;
use super::base::Base;
use super::platform::Platform;
use crate::Failure;
use crate::failure::Result;
use crate::provenance::{self, Built};
use crate::sbom;
use crate::signature::{self, Attested, CleanCommit, KeyAccess, SigningKey, Statement};

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
    /// Fails where it is to be signed, and this would not be of the commit.
    pub(super) fn refuse(&self, switch: &str) -> Result {
        match self.sign_key {
            Some(_) => Err(Failure::new(format!(
                "--sign-key signs what is built here of this commit: leave out {switch}"
            ))),
            None => Ok(()),
        }
    }

    /// The key, before anything is built: what is refused is refused at once.
    pub(super) fn key(&self) -> Result<Option<Signer>> {
        let Some(reference) = &self.sign_key else {
            return Ok(None);
        };
        let commit = CleanCommit::of_tree()?;
        let key = SigningKey::open(reference, &self.access)?;
        Ok(Some(Signer { key, commit }))
    }

    pub(super) fn sign(&self, folder: &Path, signer: &Signer, parts: &[Part]) -> Result {
        signer.commit.refuse_another()?;
        let of_all = if self.provenance {
            vec![self.statement(parts)?]
        } else {
            Vec::new()
        };
        signature::sign_layout(
            folder,
            &signer.key,
            &self.sign_as,
            &Attested {
                of_all,
                of: &contents,
            },
        )
    }

    fn statement(&self, parts: &[Part]) -> Result<Statement> {
        let platforms = parts.iter().map(|part| part.platform.to_string());
        // Each platform's is of the one that was named.
        let base = parts.first().and_then(|part| part.base.as_ref());
        let built = Built {
            command: "image",
            parameters: parameters(platforms, base.map(|it| &*it.digest)),
            builder: self.builder.clone(),
        };
        provenance::with(&built, base.map(material).into_iter().collect())
    }
}

/// Who signs, and the commit that was there before anything was built.
pub(super) struct Signer {
    key: SigningKey,
    commit: CleanCommit,
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
