use std::time::SystemTime;

use rolesanywhere::{Finding, Identity, Severity};

use crate::context::Context;
use crate::failure::{Failure, remedy, unfit};
#[cfg(feature = "vault")]
use crate::vault::{self, VaultPipeline};

mod keeper;
mod key_files;

pub(crate) use keeper::IdentityKeeper;
pub(crate) use key_files::KeyFiles;

/// Where the certificate and its key come from.
pub(crate) enum IdentitySource {
    /// PEM files.
    Files(KeyFiles),
    /// Vault signs one; the key lives only in memory.
    #[cfg(feature = "vault")]
    Vault(Box<VaultPipeline>),
}

#[cfg_attr(
    not(feature = "vault"),
    expect(clippy::unused_async, reason = "only Vault is waited for")
)]
impl IdentitySource {
    /// Files where a certificate file is named, otherwise Vault. Calls nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        match KeyFiles::named(context)? {
            Some(files) => Ok(Self::Files(files)),
            #[cfg(feature = "vault")]
            None => Ok(Self::Vault(Box::new(VaultPipeline::new(context)?))),
            #[cfg(not(feature = "vault"))]
            None => Err(KeyFiles::missing().with_hint(
                "this build leaves Vault out: name the PEM file, --certificate cert.pem",
            )),
        }
    }

    /// The identity; one that AWS would refuse is refused here.
    pub(crate) async fn identity(&self, now: SystemTime) -> Result<Identity, Failure> {
        let identity = match self {
            Self::Files(files) => files.read()?,
            #[cfg(feature = "vault")]
            Self::Vault(pipeline) => vault::identity(&pipeline.obtain(now).await?)?,
        };
        checked(identity, now)
    }

    /// Whether an identity costs a login and a certificate.
    pub(crate) fn is_costly(&self) -> bool {
        match self {
            #[cfg(feature = "vault")]
            Self::Vault(_) => true,
            _ => false,
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

/// Warns of what may be the matter, and refuses what AWS would refuse.
pub(crate) fn checked(identity: Identity, now: SystemTime) -> Result<Identity, Failure> {
    let findings = identity.fitness(now);
    warn(&findings);
    match unfit(&findings) {
        Some(failure) => Err(failure),
        None => Ok(identity),
    }
}

/// Why it cannot be used now, if it cannot. Says nothing of what may be the
/// matter.
pub(crate) fn unusable(identity: &Identity, now: SystemTime) -> Option<Failure> {
    unfit(&identity.fitness(now))
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
