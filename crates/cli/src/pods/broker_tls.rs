use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rolesanywhere::Certificate;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{
    ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore,
    ServerConfig, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::transport::{Transport, TransportCertificate};
use crate::failure::Failure;

/// How a broker speaks TLS: with its certificate of now, and to agents and other
/// brokers alone, who are known by theirs.
pub(super) fn configuration(
    transport: &Arc<Transport>,
    names: [String; 2],
) -> Result<Arc<ServerConfig>, Failure> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let callers = Callers {
        transport: Arc::clone(transport),
        names,
        provider: Arc::clone(&provider),
        last: Mutex::default(),
    };
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder
        .map_err(|error| Failure::configuration("config.invalid", format!("TLS: {error}")))?;
    let mut config = builder
        .with_client_cert_verifier(Arc::new(callers))
        .with_cert_resolver(Arc::new(Shown(Arc::clone(transport))));
    // A session that is taken up again would not be asked who it is.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Whether one side does not know the other one's CA. Anybody may say so, which
/// is why it has another certificate signed no more often than that is cheap.
pub(super) fn is_of_another_ca(error: &std::io::Error) -> bool {
    let error = error
        .get_ref()
        .and_then(|it| it.downcast_ref::<rustls::Error>());
    matches!(
        error,
        Some(
            // Or one that has its name, and another key.
            rustls::Error::AlertReceived(
                AlertDescription::UnknownCA | AlertDescription::DecryptError
            ) | rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature
            )
        )
    )
}

/// The certificate that a broker shows.
struct Shown(Arc<Transport>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.certified()
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}

/// Lets agents and brokers in, by the common names that Vault gives nobody else.
struct Callers {
    transport: Arc<Transport>,
    names: [String; 2],
    provider: Arc<CryptoProvider>,
    /// What verifies by the authorities of that certificate.
    last: Mutex<Option<(TransportCertificate, Arc<dyn ClientCertVerifier>)>>,
}

impl Callers {
    fn verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, rustls::Error> {
        let nobody = || rustls::Error::General("no certificate is at hand yet".to_owned());
        let certificate = self.transport.at_hand().ok_or_else(nobody)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, verifier)) = &*last
            && of.is(&certificate)
        {
            return Ok(Arc::clone(verifier));
        }
        let mut roots = RootCertStore::empty();
        for authority in certificate.authorities() {
            roots.add(authority.clone())?;
        }
        let provider = Arc::clone(&self.provider);
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier = verifier.map_err(|error| rustls::Error::General(error.to_string()))?;
        *last = Some((certificate, Arc::clone(&verifier)));
        Ok(verifier)
    }
}

impl ClientCertVerifier for Callers {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self
            .verifier()?
            .verify_client_cert(end_entity, intermediates, now)?;
        let certificate = Certificate::from_der(end_entity.clone().into_owned());
        let name = certificate
            .ok()
            .and_then(|certificate| certificate.common_name());
        if name.as_ref().is_some_and(|name| self.names.contains(name)) {
            return Ok(verified);
        }
        let [agent, broker] = &self.names;
        tracing::warn!(
            name,
            agent,
            broker,
            "refused who is neither agent nor broker"
        );
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callers")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
