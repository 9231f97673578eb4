use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use refresh::{FaultKind, Lifetime};
use rolesanywhere::Certificate;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::context::read_file;
use crate::explanation::pods;
use crate::failure::Failure;

/// A certificate that we have made for ourselves, and its key, in memory alone.
pub(super) struct OwnCertificate {
    pub(super) der: CertificateDer<'static>,
    pub(super) pem: String,
    pub(super) lifetime: Lifetime,
    pub(super) key: Arc<CertifiedKey>,
}

impl OwnCertificate {
    /// For these names and addresses, valid from a while ago, as clocks differ.
    ///
    /// It is no CA: Go takes what is among its roots as it is (`x509.Verify`), and
    /// whoever would steal the key could sign for nobody.
    pub(super) fn make(names: &[String], now: SystemTime) -> Result<Self, Failure> {
        let lifetime = Lifetime::new(now, now + LIFE);
        let pair = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::new(names).map_err(failed)?;
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CommonName, COMMON_NAME);
        params.distinguished_name = subject;
        params.not_before = (now - SKEW).into();
        params.not_after = lifetime.end().into();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.self_signed(&pair).map_err(failed)?;
        let private = PrivatePkcs8KeyDer::from(pair.serialize_der());
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let chain = vec![certificate.der().clone()];
        let key = CertifiedKey::from_der(chain, private.into(), &provider).map_err(failed)?;
        Ok(Self {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            lifetime,
            key: Arc::new(key),
        })
    }
}

impl fmt::Debug for OwnCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnCertificate")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// What we are called by API servers: by the names of the service, and on this
/// machine where we listen on it alone.
pub(super) fn names(
    service: Option<&str>,
    namespace: &str,
    addresses: &[SocketAddr],
) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(service) = service {
        names.extend([
            service.to_owned(),
            format!("{service}.{namespace}"),
            format!("{service}.{namespace}.svc"),
            format!("{service}.{namespace}.svc.cluster.local"),
        ]);
    }
    if addresses.iter().any(|address| address.ip().is_loopback()) {
        names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    }
    names
}

/// When the first certificate of a file ends.
pub(super) fn end_of_file(path: &Path) -> Option<SystemTime> {
    let text = read_file(path).ok()?;
    let der = CertificateDer::from_pem_slice(&text).ok()?;
    Some(Certificate::from_der(der).ok()?.not_after())
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::new("pods.certificate-failed", FaultKind::Failed, error)
        .with_hint(pods::OWN_CERTIFICATE.fix)
}

/// By this others know ours.
pub(super) const COMMON_NAME: &str = "iamra-webhook";
const LIFE: Duration = Duration::from_hours(48);
const SKEW: Duration = Duration::from_mins(5);

#[cfg(test)]
mod tests {
    use rolesanywhere::SubjectAltName;

    use super::*;

    #[test]
    fn a_certificate_is_for_a_service_and_for_nothing_else() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        let loopback = ["127.0.0.1:9443".parse().unwrap()];
        let names = names(Some("our-hook"), "ns1", &loopback);
        let made = OwnCertificate::make(&names, now).unwrap();
        let read = Certificate::from_der(made.der.clone()).unwrap();
        assert_eq!(read.common_name().as_deref(), Some(COMMON_NAME));
        assert_eq!(read.not_before(), now - SKEW);
        assert_eq!(read.not_after(), now + LIFE);
        assert_ne!(read.is_ca(), Some(true));
        let alternatives = read.subject_alt_names().iter();
        let dns = alternatives.filter_map(|name| match name {
            SubjectAltName::Dns(name) => Some(name.as_str()),
            _ => None,
        });
        let expected = [
            "our-hook",
            "our-hook.ns1",
            "our-hook.ns1.svc",
            "our-hook.ns1.svc.cluster.local",
            "localhost",
        ];
        assert!(dns.eq(expected));
        assert_eq!(
            format!("{made:?}"),
            format!("OwnCertificate {{ lifetime: {:?}, .. }}", made.lifetime)
        );
    }

    #[test]
    fn nobody_else_calls_us_by_a_loopback_address() {
        let every = ["[::]:9443".parse().unwrap()];
        assert_eq!(names(None, "iamra", &every), [""; 0]);
        let both: [SocketAddr; 2] = ["[::1]:1", "10.0.0.1:1"].map(|it| it.parse().unwrap());
        assert_eq!(names(None, "iamra", &both).len(), 3);
    }
}
