use std::path::PathBuf;

use rolesanywhere::{Certificate, Finding, Identity, InvalidIdentity, PemSources, Severity};

use crate::audit;
use crate::context::{Context, read_file};
use crate::failure::{Failure, remedy, unfit};
#[cfg(feature = "vault")]
use crate::vault::{self, VaultPipeline};

/// Where the certificate and its key come from.
#[derive(Debug)]
pub(crate) enum IdentitySettings {
    /// PEM files.
    Files(KeyFiles),
    /// Vault signs one; the key lives only in memory.
    #[cfg(feature = "vault")]
    Vault,
}

/// The PEM files of an identity.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: Option<PathBuf>,
    pub(crate) intermediates: Option<PathBuf>,
}

impl IdentitySettings {
    /// Files where a certificate file is named, otherwise Vault.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let private_key = settings.path("private-key")?;
        match settings.path("certificate")? {
            Some(certificate) => Ok(Self::Files(KeyFiles {
                certificate,
                private_key,
                intermediates: settings.path("intermediates")?,
            })),
            None if private_key.is_some() => Err(Failure::configuration(
                "config.missing",
                "--private-key is given without --certificate",
            )),
            #[cfg(feature = "vault")]
            None => Ok(Self::Vault),
            #[cfg(not(feature = "vault"))]
            None => Err(Failure::configuration(
                "config.missing",
                "--certificate is missing",
            )),
        }
    }

    /// Obtains the identity, and refuses one that AWS would refuse.
    #[cfg_attr(
        not(feature = "vault"),
        expect(clippy::unused_async, reason = "only Vault is waited for")
    )]
    pub(crate) async fn obtain(&self, context: &Context<'_>) -> Result<Obtained, Failure> {
        let obtained = match self {
            Self::Files(files) => Obtained {
                identity: files.read()?,
                #[cfg(feature = "vault")]
                vault: None,
            },
            #[cfg(feature = "vault")]
            Self::Vault => {
                let pipeline = VaultPipeline::new(context)?;
                pipeline.log_in().await?;
                let issued = pipeline.obtain(context.now()).await?;
                Obtained {
                    identity: vault::identity(&issued)?,
                    vault: Some(pipeline),
                }
            }
        };
        let findings = obtained.identity.fitness(context.now());
        warn(&findings);
        match unfit(&findings) {
            Some(failure) => Err(failure),
            None => Ok(obtained),
        }
    }
}

/// An identity, and whom we must still take leave of.
pub(crate) struct Obtained {
    pub(crate) identity: Identity,
    #[cfg(feature = "vault")]
    vault: Option<VaultPipeline>,
}

impl Obtained {
    /// Takes leave: gives Vault's token back. Nobody waits for a session
    /// meanwhile.
    #[cfg_attr(
        not(feature = "vault"),
        expect(clippy::unused_async, reason = "only Vault is waited for")
    )]
    pub(crate) async fn finish(self) {
        #[cfg(feature = "vault")]
        if let Some(pipeline) = self.vault {
            pipeline.finish().await;
        }
    }
}

impl KeyFiles {
    /// Reads certificate and key as one pair.
    pub(crate) fn read(&self) -> Result<Identity, Failure> {
        let certificate = read_file(&self.certificate)?;
        let private_key = self.private_key.as_deref().map(read_file).transpose()?;
        let intermediates = self.intermediates.as_deref().map(read_file).transpose()?;
        let sources = PemSources {
            certificate: &certificate,
            private_key: private_key.as_ref().map(|text| text.as_slice()),
            intermediates: intermediates.as_ref().map(|text| text.as_slice()),
        };
        let identity = Identity::from_pem(sources).map_err(|error| self.unusable(error))?;
        audit::certificate_read(identity.certificate(), &self.certificate);
        Ok(identity)
    }

    /// Reads the certificates and leaves the key alone.
    pub(crate) fn read_certificates(&self) -> Result<(Certificate, Vec<Certificate>), Failure> {
        let certificate = read_file(&self.certificate)?;
        let intermediates = self.intermediates.as_deref().map(read_file).transpose()?;
        let sources = PemSources {
            certificate: &certificate,
            private_key: None,
            intermediates: intermediates.as_ref().map(|text| text.as_slice()),
        };
        sources.certificates().map_err(|error| self.unusable(error))
    }

    /// Says which files are meant.
    fn unusable(&self, error: InvalidIdentity) -> Failure {
        let files = [
            Some(&self.certificate),
            self.private_key.as_ref(),
            self.intermediates.as_ref(),
        ];
        let files: Vec<String> = files
            .into_iter()
            .flatten()
            .map(|path| path.display().to_string())
            .collect();
        Failure::from(error).about(&files.join(", "))
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
