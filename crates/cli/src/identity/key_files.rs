use std::path::PathBuf;

use rolesanywhere::{Certificate, Identity, InvalidIdentity, PemSources};

use crate::audit;
use crate::context::{Context, read_file};
use crate::failure::Failure;

/// The PEM files of an identity.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: Option<PathBuf>,
    pub(crate) intermediates: Option<PathBuf>,
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
