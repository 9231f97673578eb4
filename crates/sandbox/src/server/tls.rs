use std::sync::Arc;

use rustls::ServerConfig;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature,
    verify_tls13_signature,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio_rustls::TlsAcceptor;

use crate::Error;
use crate::authority::{Authority, server_identity};
use crate::sandbox::{Services, Side};

/// TLS 1.2 and 1.3 with a server certificate of `authority`. Vault asks for a
/// certificate of the client's, too.
pub(super) fn acceptor(
    authority: &Authority,
    side: Side,
    services: &Services,
) -> Result<TlsAcceptor, Error> {
    let what = "TLS configuration";
    let names = match side {
        Side::Vault | Side::Kubernetes => &[][..],
        Side::Aws => &AWS_NAMES,
    };
    let identity = server_identity(authority, names, services.now(), services.random())?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let anyone = Arc::new(Anyone::new(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::authority(what))?;
    let config = match side {
        Side::Vault => config.with_client_cert_verifier(anyone),
        Side::Aws | Side::Kubernetes => config.with_no_client_auth(),
    };
    let config = config
        .with_single_cert(vec![identity.certificate], identity.key)
        .map_err(Error::authority(what))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Whom a client believes to speak to that comes through a tunnel: registries and
/// ECR's endpoints, of a few regions and in all forms that there are.
const AWS_NAMES: [&str; 16] = [
    "*.dkr.ecr.us-east-1.amazonaws.com",
    "*.dkr.ecr.eu-central-1.amazonaws.com",
    "*.dkr.ecr.cn-north-1.amazonaws.com.cn",
    "*.dkr-ecr.us-east-1.on.aws",
    "*.dkr.ecr-fips.us-east-1.amazonaws.com",
    "*.dkr-ecr-fips.us-east-1.on.aws",
    "public.ecr.aws",
    "ecr-public.aws.com",
    "api.ecr.us-east-1.amazonaws.com",
    "api.ecr.eu-central-1.amazonaws.com",
    "api.ecr-fips.us-east-1.amazonaws.com",
    "ecr-fips.us-east-1.amazonaws.com",
    "ecr.us-east-1.api.aws",
    "ecr-fips.us-east-1.api.aws",
    "api.ecr-public.us-east-1.amazonaws.com",
    "ecr-public.us-east-1.api.aws",
];

/// Takes any client with or without a certificate, as Vault does: who it is,
/// and whether that is enough, the login decides. That the client has the key is
/// verified here.
#[derive(Debug)]
struct Anyone(WebPkiSupportedAlgorithms);

impl Anyone {
    fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

impl ClientCertVerifier for Anyone {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
