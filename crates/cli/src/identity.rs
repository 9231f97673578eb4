use std::sync::Arc;
use std::time::SystemTime;

use rolesanywhere::{Certificate, Finding, Identity, Severity};

use crate::context::Context;
use crate::failure::{Failure, remedy, unfit};
use crate::session::SessionKey;
#[cfg(feature = "vault")]
use crate::vault::{self, VaultPipeline};

mod keeper;
mod key_files;
mod passphrase;
mod place;
#[cfg(feature = "pkcs11")]
mod tokens;
#[cfg(feature = "spiffe")]
mod workload;

pub(crate) use keeper::IdentityKeeper;
pub(crate) use key_files::KeyFiles;
pub(crate) use place::Place;
#[cfg(feature = "spiffe")]
pub(crate) use workload::WorkloadApi;

/// Where the certificate and its key come from.
pub(crate) enum IdentitySource {
    /// Files, standard input or variables.
    Files(Arc<KeyFiles>),
    /// The SPIFFE Workload API.
    #[cfg(feature = "spiffe")]
    Workload(WorkloadApi),
    /// Vault signs one; the key lives only in memory.
    #[cfg(feature = "vault")]
    Vault(Box<VaultPipeline>),
}

impl IdentitySource {
    /// Files where a certificate file is named, or a Workload API where its
    /// socket is, otherwise Vault. Calls nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        if let Some(files) = KeyFiles::named(context)? {
            return Ok(Self::Files(Arc::new(files)));
        }
        #[cfg(feature = "spiffe")]
        if let Some(workload) = WorkloadApi::named(context)? {
            return Ok(Self::Workload(workload));
        }
        Self::unnamed(context)
    }

    #[cfg_attr(
        not(feature = "vault"),
        expect(unused_variables, reason = "Vault's settings")
    )]
    fn unnamed(context: &Context<'_>) -> Result<Self, Failure> {
        #[cfg(feature = "vault")]
        return Ok(Self::Vault(Box::new(VaultPipeline::new(context)?)));
        #[cfg(not(feature = "vault"))]
        Err(KeyFiles::missing()
            .with_hint("this build leaves Vault out: name the PEM file, --certificate cert.pem"))
    }

    /// The same for a command whose user may sit at the terminal, to be asked
    /// for a passphrase.
    pub(crate) fn asking(self) -> Self {
        match self {
            // It is shared while it is read, and not before.
            Self::Files(files) => Self::Files(match Arc::try_unwrap(files) {
                Ok(files) => Arc::new(files.asking()),
                Err(shared) => shared,
            }),
            #[cfg(any(feature = "vault", feature = "spiffe"))]
            other => other,
        }
    }

    /// The identity; one that AWS would refuse is refused here.
    pub(crate) async fn identity(&self, now: SystemTime) -> Result<Identity, Failure> {
        let identity = match self {
            Self::Files(files) => files.read().await?,
            #[cfg(feature = "spiffe")]
            Self::Workload(workload) => workload.identity().await?,
            #[cfg(feature = "vault")]
            Self::Vault(pipeline) => vault::identity(&pipeline.obtain(now).await?)?,
        };
        checked(identity, now)
    }

    /// The key of a session that is asked for like this; `None` where it cannot
    /// be told whose it is before the identity is there: a Workload API's.
    pub(crate) fn key(
        &self,
        #[cfg_attr(
            not(feature = "vault"),
            expect(unused_variables, reason = "only Vault is asked by settings")
        )]
        context: &Context<'_>,
        asked: &SessionKey,
    ) -> Result<Option<SessionKey>, Failure> {
        match self {
            Self::Files(files) if files.certificate.file().is_some() => {
                let (certificate, _) = files.read_certificates()?;
                Ok(Some(asked.of_certificate(&certificate)))
            }
            #[cfg(feature = "vault")]
            Self::Vault(_) => Ok(Some(asked.of_vault(&SessionKey::of_login(context)?))),
            _ => Ok(None),
        }
    }

    /// The same when the certificate is there.
    #[cfg_attr(
        not(feature = "vault"),
        expect(
            clippy::unnecessary_wraps,
            reason = "only Vault's settings can be wrong"
        )
    )]
    pub(crate) fn key_of(
        &self,
        #[cfg_attr(
            not(feature = "vault"),
            expect(unused_variables, reason = "only Vault is asked by settings")
        )]
        context: &Context<'_>,
        asked: &SessionKey,
        certificate: &Certificate,
    ) -> Result<SessionKey, Failure> {
        match self {
            // Vault gives another certificate each time.
            #[cfg(feature = "vault")]
            Self::Vault(_) => Ok(asked.of_vault(&SessionKey::of_login(context)?)),
            _ => Ok(asked.of_certificate(certificate)),
        }
    }

    /// What tells whoever asks for a session from others, and stays the same when
    /// the certificate is replaced; `None` where that cannot be told before the
    /// identity is there. Calls nobody, and reads no key.
    #[cfg(feature = "ecr")]
    pub(crate) fn principal(
        context: &Context<'_>,
        asked: &SessionKey,
    ) -> Result<Option<SessionKey>, Failure> {
        let with = |name, who: &str| SessionKey::of(&[("asked", asked.as_str()), (name, who)]);
        if let Some(files) = KeyFiles::named(context)? {
            if files.certificate.file().is_none() {
                return Ok(None);
            }
            let (certificate, _) = files.read_certificates()?;
            return Ok(Some(with("subject", &certificate.subject())));
        }
        #[cfg(feature = "spiffe")]
        if WorkloadApi::named(context)?.is_some() {
            return Ok(None);
        }
        #[cfg(feature = "vault")]
        return Ok(Some(with("vault", SessionKey::of_login(context)?.as_str())));
        #[cfg(not(feature = "vault"))]
        Ok(None)
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
    #[cfg_attr(
        not(feature = "vault"),
        expect(clippy::unused_async, reason = "only Vault is waited for")
    )]
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
