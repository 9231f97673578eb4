use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use private_file::Fingerprint;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::context::{Context, read_file};
use crate::failure::Failure;

/// How TLS is spoken, where the settings name a certificate.
pub(crate) fn named(context: &Context<'_>) -> Result<Option<Arc<ServerConfig>>, Failure> {
    let settings = &context.settings;
    let (certificate, key) = (settings.path("tls-certificate")?, settings.path("tls-key")?);
    let (certificate, key) = match (certificate, key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => {
            let message = "--tls-certificate and --tls-key belong together";
            return Err(Failure::configuration("config.invalid", message));
        }
    };
    let resolver = Watched::new(certificate, key)?;
    showing(Arc::new(resolver)).map(Some)
}

/// How TLS is spoken with the certificates of `resolver`: HTTP/1.1, and nobody has
/// to show one in turn.
pub(crate) fn showing(resolver: Arc<dyn ResolvesServerCert>) -> Result<Arc<ServerConfig>, Failure> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| invalid(Path::new("TLS"), &error.to_string()))?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Certificate and key of two files, read again when they have changed. While
/// they do not go together, those from before are shown.
struct Watched {
    certificate: PathBuf,
    key: PathBuf,
    last: Mutex<(Fingerprint, Arc<CertifiedKey>)>,
}

impl Watched {
    fn new(certificate: PathBuf, key: PathBuf) -> Result<Self, Failure> {
        let looks = Fingerprint::of([certificate.as_path(), &key]);
        let pair = Arc::new(read(&certificate, &key)?);
        Ok(Self {
            certificate,
            key,
            last: Mutex::new((looks, pair)),
        })
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let looks = Fingerprint::of([self.certificate.as_path(), &self.key]);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != looks {
            match read(&self.certificate, &self.key) {
                Ok(pair) => *last = (looks, Arc::new(pair)),
                Err(failure) => tracing::warn!("{failure}; the certificate from before is shown"),
            }
        }
        Arc::clone(&last.1)
    }
}

impl ResolvesServerCert for Watched {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, Failure> {
    let text = read_file(certificate)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|_| invalid(certificate, "it is not PEM"))?;
    let text = read_file(key)?;
    let private = PrivateKeyDer::from_pem_slice(&text);
    let private = private.map_err(|_| invalid(key, "there is no private key in it"))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let pair = CertifiedKey::from_der(certificates, private, &provider);
    pair.map_err(|error| invalid(certificate, &error.to_string()))
}

fn invalid(path: &Path, why: &str) -> Failure {
    Failure::configuration("file.invalid", format!("{}: {why}", path.display()))
}
