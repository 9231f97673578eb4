use serde_json::Value;

use super::{CleanCommit, KeyAccess, SigningKey};
use crate::Failure;
use crate::failure::Result;
use crate::provenance::Built;

/// Whether what is built is signed, and what is said of it.
#[derive(Debug, clap::Args)]
pub(crate) struct Signing {
    /// Sign what is built, and say what is in it, by this key: a PEM file, or
    /// `awskms:///alias/NAME`.
    #[arg(long, value_name = "REFERENCE")]
    sign_key: Option<String>,
    #[command(flatten)]
    access: KeyAccess,
    /// Say how it was built, too: for releases.
    #[arg(long, requires = "sign_key")]
    provenance: bool,
    /// Who builds it, as a URL: a hosted workflow names itself.
    #[arg(long, value_name = "URL", requires = "provenance")]
    builder: Option<String>,
}

impl Signing {
    /// Fails where it is to be signed, and this would not be of the commit.
    pub(crate) fn refuse(&self, switch: &str) -> Result {
        match self.sign_key {
            Some(_) => Err(Failure::new(format!(
                "--sign-key signs what is built here of this commit: leave out {switch}"
            ))),
            None => Ok(()),
        }
    }

    /// Who signs, before anything is built: what is refused is refused at once.
    pub(crate) fn signer(&self) -> Result<Option<Signer>> {
        let Some(reference) = &self.sign_key else {
            return Ok(None);
        };
        let commit = CleanCommit::of_tree()?;
        let key = SigningKey::open(reference, &self.access)?;
        Ok(Some(Signer { key, commit }))
    }

    /// How it was built, where that is to be said.
    pub(crate) fn built(&self, command: &'static str, parameters: Value) -> Option<Built> {
        self.provenance.then(|| Built {
            command,
            parameters,
            builder: self.builder.clone(),
        })
    }
}

/// A key, and the commit that was there before anything was built.
pub(crate) struct Signer {
    key: SigningKey,
    commit: CleanCommit,
}

impl Signer {
    /// The key, for what was built of that commit: fails where the tree is another by now.
    pub(crate) fn key(&self) -> Result<&SigningKey> {
        self.commit.refuse_another()?;
        Ok(&self.key)
    }
}
