//! The authorities and certificates of the cases, of one day.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256,
    SignatureAlgorithm,
};

/// The common name that the role trusts; the template has it, too.
pub(crate) const NAME: &str = "iamra-evidence";
/// What another one is.
pub(crate) const OTHER_NAME: &str = "iamra-evidence-other";

/// Who signs.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub(crate) pem: String,
}

impl Authority {
    /// One that signs itself.
    pub(crate) fn root(name: &str, now: SystemTime) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = ca(name, now);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { params, key, pem }
    }

    fn below(&self, name: &str, now: SystemTime) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = ca(name, now);
        let pem = params.signed_by(&key, &self.issuer()).unwrap().pem();
        Self { params, key, pem }
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

/// A certificate, its key and its intermediates, in PEM.
pub(crate) struct Set {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) intermediates: Option<String>,
}

/// What an end-entity certificate is like.
struct Kind {
    name: &'static str,
    algorithm: &'static SignatureAlgorithm,
    has_basic_constraints: bool,
    usage: KeyUsagePurpose,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            name: NAME,
            algorithm: &PKCS_ECDSA_P256_SHA256,
            has_basic_constraints: true,
            usage: KeyUsagePurpose::DigitalSignature,
        }
    }
}

impl Kind {
    fn by(&self, authority: &Authority, now: SystemTime) -> Set {
        let key = KeyPair::generate_for(self.algorithm).unwrap();
        let mut params = dated(self.name, now);
        params.is_ca = if self.has_basic_constraints {
            IsCa::ExplicitNoCa
        } else {
            IsCa::NoCa
        };
        params.key_usages = vec![self.usage];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &authority.issuer()).unwrap();
        Set {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            intermediates: None,
        }
    }
}

/// The set of that name, as [`crate::case`] names them.
pub(crate) fn set(name: &str, root: &Authority, now: SystemTime) -> Set {
    let of = |kind: Kind| kind.by(root, now);
    match name {
        "ec-p256" => of(Kind::default()),
        "ec-p384" => of(Kind {
            algorithm: &PKCS_ECDSA_P384_SHA384,
            ..Kind::default()
        }),
        "rsa-2048" => of(Kind {
            algorithm: &PKCS_RSA_SHA256,
            ..Kind::default()
        }),
        "below-an-intermediate" => {
            let intermediate = root.below("iamra evidence intermediate", now);
            Set {
                intermediates: Some(intermediate.pem.clone()),
                ..Kind::default().by(&intermediate, now)
            }
        }
        "without-its-intermediate" => {
            Kind::default().by(&root.below("iamra evidence intermediate", now), now)
        }
        "without-basic-constraints" => of(Kind {
            has_basic_constraints: false,
            ..Kind::default()
        }),
        "without-digital-signature" => of(Kind {
            usage: KeyUsagePurpose::KeyEncipherment,
            ..Kind::default()
        }),
        "of-another-name" => of(Kind {
            name: OTHER_NAME,
            ..Kind::default()
        }),
        "of-another-ca" => {
            Kind::default().by(&Authority::root("iamra evidence stranger", now), now)
        }
        _ => panic!("no set is named {name}"),
    }
}

fn ca(name: &str, now: SystemTime) -> CertificateParams {
    let mut params = dated(name, now);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn dated(name: &str, now: SystemTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = (now - HOUR).into();
    params.not_after = (now + 24 * HOUR).into();
    params.use_authority_key_identifier_extension = true;
    params
}

const HOUR: Duration = Duration::from_secs(3600);
