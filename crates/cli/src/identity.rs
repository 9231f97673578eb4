use std::path::PathBuf;

use rolesanywhere::{Certificate, Finding, Identity, InvalidIdentity, PemSources, Severity};

use crate::audit;
use crate::context::{Context, read_file};
use crate::failure::{Failure, remedy, unfit};
#[cfg(feature = "vault")]
use crate::vault::{self, VaultPipeline};

/// Where the certificate and its key come from.
pub(crate) enum IdentitySource {
    /// PEM files.
    Files(KeyFiles),
    /// Vault signs one; the key lives only in memory.
    #[cfg(feature = "vault")]
    Vault(Box<VaultPipeline>),
}

/// The PEM files of an identity.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: Option<PathBuf>,
    pub(crate) intermediates: Option<PathBuf>,
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
    pub(crate) async fn identity(&self, context: &Context<'_>) -> Result<Identity, Failure> {
        let identity = match self {
            Self::Files(files) => files.read()?,
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

impl KeyFiles {
    /// The files that the settings name, if they name a certificate.
    pub(crate) fn named(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let settings = &context.settings;
        if let Some(certificate) = settings.path("certificate")? {
            return Ok(Some(Self {
                certificate,
                private_key: settings.path("private-key")?,
                intermediates: settings.path("intermediates")?,
            }));
        }
        match settings.sourced("private-key")? {
            None => Ok(None),
            Some(key) => Err(key
                .origin
                .invalid("a private key, but no certificate (--certificate)")),
        }
    }

    /// The failure of who needs a certificate file and has none.
    pub(crate) fn missing() -> Failure {
        Failure::configuration("config.missing", "--certificate is missing")
            .with_hint("name the PEM file: --certificate cert.pem")
    }

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
