use rolesanywhere::{Finding, Identity, Severity};

use crate::context::Context;
use crate::failure::{Failure, remedy, unfit};
#[cfg(feature = "vault")]
use crate::vault::{self, VaultPipeline};

mod key_files;
mod passphrase;
mod place;
mod stamp;
#[cfg(feature = "pkcs11")]
mod tokens;

pub(crate) use key_files::KeyFiles;
pub(crate) use place::Place;

/// Where the certificate and its key come from.
pub(crate) enum IdentitySource {
    /// Files, standard input or variables.
    Files(Box<KeyFiles>),
    /// Vault signs one; the key lives only in memory.
    #[cfg(feature = "vault")]
    Vault(Box<VaultPipeline>),
}

impl IdentitySource {
    /// Files where a certificate file is named, otherwise Vault. Calls nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        match KeyFiles::named(context)? {
            Some(files) => Ok(Self::Files(Box::new(files))),
            #[cfg(feature = "vault")]
            None => Ok(Self::Vault(Box::new(VaultPipeline::new(context)?))),
            #[cfg(not(feature = "vault"))]
            None => Err(KeyFiles::missing().with_hint(
                "this build leaves Vault out: name the PEM file, --certificate cert.pem",
            )),
        }
    }

    /// The same for a command whose user may sit at the terminal, to be asked
    /// for a passphrase.
    pub(crate) fn asking(self) -> Self {
        match self {
            Self::Files(files) => Self::Files(Box::new(files.asking())),
            #[cfg(feature = "vault")]
            other @ Self::Vault(_) => other,
        }
    }

    /// The identity; one that AWS would refuse is refused here.
    pub(crate) async fn identity(&self, context: &Context<'_>) -> Result<Identity, Failure> {
        let identity = match self {
            Self::Files(files) => files.read().await?,
            #[cfg(feature = "vault")]
            Self::Vault(pipeline) => vault::identity(&pipeline.obtain(context.now()).await?)?,
        };
        let findings = identity.fitness(context.now());
        warn(&findings);
        match unfit(&findings) {
            Some(failure) => Err(failure),
            None => Ok(identity),
        }
    }

    /// Takes leave: gives Vault's token back. To be called when what the
    /// identity was for is done, well or badly.
    pub(crate) async fn finish(&self) {
        #[cfg(feature = "vault")]
        if let Self::Vault(pipeline) = self {
            pipeline.finish().await;
        }
    }
}

/// Says what may be the matter.
pub(crate) fn warn(findings: &[Finding]) {
    for finding in findings
        .iter()
        .filter(|finding| finding.severity == Severity::Warning)
    {
        tracing::warn!(
            remedy = remedy(&finding.unfitness),
            "the certificate may not work: {}",
            finding.unfitness
        );
    }
}
