//! Certification paths to a trust anchor: what is said offline, and what the
//! sandbox, which verifies by other means, does with the same certificates.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use iamra_sandbox::{Profile, Refusal, RequestParts, Role, RolesAnywhereState, verify};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SignatureAlgorithm,
};
use rolesanywhere::{
    Certificate, Finding, Identity, PathFlaw, PrivateKey, Severity, TrustAnchor, sigv4_x509,
};
use rustls_pki_types::CertificateDer;

mod anchors;
mod extensions;
mod flaws;
mod rotation;

/// A name and a key: any number of certificates may say that they belong
/// together.
struct Party {
    name: &'static str,
    key: KeyPair,
}

impl Party {
    fn new(name: &'static str) -> Self {
        Self::with(name, &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    fn with(name: &'static str, algorithm: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        Self { name, key }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.remove(DnType::CommonName);
        params
            .distinguished_name
            .push(DnType::CommonName, self.name);
        params
    }

    /// A CA certificate of this party by `issuer`.
    fn ca(&self, issuer: &Self, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut params = self.params();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        change(&mut params);
        self.signed(&params, issuer)
    }

    fn root(&self) -> Certificate {
        self.ca(self, |_| {})
    }

    /// An end-entity certificate of this party by `issuer`.
    fn end_entity(&self, issuer: &Self) -> Certificate {
        self.changed_end_entity(issuer, |_| {})
    }

    fn changed_end_entity(
        &self,
        issuer: &Self,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Certificate {
        let mut params = self.params();
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        change(&mut params);
        self.signed(&params, issuer)
    }

    fn signed(&self, params: &CertificateParams, issuer: &Self) -> Certificate {
        let issuer = Issuer::new(issuer.params(), &issuer.key);
        let certificate = params.signed_by(&self.key, &issuer).unwrap();
        Certificate::from_der(certificate.der().clone()).unwrap()
    }
}

/// A certificate with what is sent and what is trusted.
struct Case<'a> {
    app: &'a Party,
    certificate: Certificate,
    intermediates: Vec<Certificate>,
    anchors: Vec<Certificate>,
}

impl Case<'_> {
    fn anchor(&self) -> TrustAnchor {
        let pem = self.anchors.iter().map(|anchor| {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(anchor.der());
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        });
        TrustAnchor::from_pem(pem.collect::<String>().as_bytes()).unwrap()
    }

    /// What is said offline.
    fn checked(&self) -> Result<Vec<Finding>, PathFlaw> {
        let anchor = self.anchor();
        let checked = anchor.check_path(&self.certificate, &self.intermediates, now());
        let findings = self.findings();
        let is_fit = findings
            .iter()
            .all(|finding| finding.severity != Severity::Error);
        assert_eq!(is_fit, checked.is_ok(), "{findings:?}");
        for warning in checked.iter().flatten() {
            assert!(findings.contains(warning), "{warning:?}");
        }
        checked
    }

    fn findings(&self) -> Vec<Finding> {
        let trusted = (&self.anchor(), now());
        Finding::of_trusted(&self.certificate, &self.intermediates, trusted)
    }

    /// What the sandbox answers to a request with these certificates.
    fn sent(&self) -> Result<(), Refusal> {
        let key = PrivateKey::from_pem(self.app.key.serialize_pem().as_bytes()).unwrap();
        let signer = Arc::new(key);
        let identity =
            Identity::new(self.certificate.clone(), self.intermediates.clone(), signer).unwrap();
        let body = serde_json::json!({
            "durationSeconds": 3600, "trustAnchorArn": ANCHOR, "profileArn": PROFILE, "roleArn": ROLE,
        });
        let mut request =
            http::Request::post("https://rolesanywhere.us-east-1.amazonaws.com/sessions")
                .header("content-type", "application/json")
                .body(Bytes::from(body.to_string()))
                .unwrap();
        let scope = sigv4_x509::Scope::new("us-east-1".parse().unwrap(), now());
        sigv4_x509::sign(&mut request, &identity, &scope).unwrap();
        let parts = RequestParts {
            method: "POST".into(),
            path: "/sessions".into(),
            query: String::new(),
            headers: request.headers().clone(),
            body: request.body().clone(),
        };
        verify(&parts, now(), &self.account()).map(drop)
    }

    fn account(&self) -> RolesAnywhereState {
        let anchors = self.anchors.iter();
        let certificates: Vec<CertificateDer<'static>> =
            anchors.map(|anchor| anchor.der().clone()).collect();
        RolesAnywhereState {
            partition: "aws".into(),
            region: "us-east-1".into(),
            trust_anchors: vec![iamra_sandbox::TrustAnchor {
                arn: ANCHOR.into(),
                enabled: true,
                certificates,
            }],
            profiles: vec![Profile {
                arn: PROFILE.into(),
                enabled: true,
                role_arns: vec![ROLE.into()],
                duration: Duration::from_hours(1),
                accept_role_session_name: true,
                require_instance_properties: false,
            }],
            roles: vec![Role {
                arn: ROLE.into(),
                max_session_duration: Duration::from_hours(12),
                common_names: Vec::new(),
            }],
            roles_may_read: false,
        }
    }
}

const ANCHOR: &str = "arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/a";
const PROFILE: &str = "arn:aws:rolesanywhere:us-east-1:123456789012:profile/b";
const ROLE: &str = "arn:aws:iam::123456789012:role/r";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400)
}

/// `Ok`, or the name of the flaw.
fn name(checked: &Result<Vec<Finding>, PathFlaw>) -> String {
    match checked {
        Ok(_) => "Ok".to_owned(),
        Err(flaw) => format!("{flaw:?}")
            .split([' ', '{'])
            .next()
            .unwrap()
            .to_owned(),
    }
}

#[track_caller]
fn agree(what: &str, expected: &str, case: &Case<'_>) {
    let (checked, sent) = (case.checked(), case.sent());
    assert_eq!(name(&checked), expected, "{what}: {checked:?}");
    assert_eq!(
        checked.is_ok(),
        sent.is_ok(),
        "{what}: {checked:?} {sent:?}"
    );
    if let Err(refusal) = sent {
        assert!(
            matches!(
                refusal,
                Refusal::Untrusted { .. }
                    | Refusal::CertificateExpired
                    | Refusal::CertificateNotYetValid
            ),
            "{what}: {refusal:?}"
        );
    }
}
