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
        let mut params = self.params();
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
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
    fn checked(&self) -> Result<(), PathFlaw> {
        let anchor = self.anchor();
        let checked = anchor.check_path(&self.certificate, &self.intermediates, now());
        let findings =
            Finding::of_trusted(&self.certificate, &self.intermediates, (&anchor, now()));
        let is_fit = findings
            .iter()
            .all(|finding| finding.severity != Severity::Error);
        assert_eq!(is_fit, checked.is_ok(), "{findings:?}");
        checked
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
            }],
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
fn name(checked: &Result<(), PathFlaw>) -> String {
    match checked {
        Ok(()) => "Ok".to_owned(),
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
            matches!(refusal, Refusal::Untrusted { .. }),
            "{what}: {refusal:?}"
        );
    }
}

#[test]
fn a_path_of_each_kind_of_key_holds() {
    for (root, middle) in [
        (&rcgen::PKCS_RSA_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384),
        (&rcgen::PKCS_RSA_SHA512, &rcgen::PKCS_RSA_SHA384),
        (
            &rcgen::PKCS_ECDSA_P521_SHA512,
            &rcgen::PKCS_ECDSA_P256_SHA256,
        ),
    ] {
        let (root, middle) = (Party::with("Root", root), Party::with("Middle", middle));
        let app = Party::new("app");
        let case = |anchor: Certificate| Case {
            app: &app,
            certificate: app.end_entity(&middle),
            intermediates: vec![middle.ca(&root, |_| {})],
            anchors: vec![anchor],
        };
        agree("the root is the anchor", "Ok", &case(root.root()));
        agree("the intermediate is", "Ok", &case(middle.ca(&root, |_| {})));
        agree(
            "another of that name is",
            "OtherKey",
            &case(Party::new("Root").root()),
        );
        agree(
            "another is",
            "IssuerMissing",
            &case(Party::new("Other").root()),
        );
    }
}

#[test]
fn what_breaks_a_path_is_said() {
    let [root, middle, app] = ["Root", "Middle", "app"].map(Party::new);
    let case = |change: fn(&mut CertificateParams)| Case {
        app: &app,
        certificate: app.end_entity(&middle),
        intermediates: vec![middle.ca(&root, change)],
        anchors: vec![root.root()],
    };
    agree("nothing", "Ok", &case(|_| {}));
    for (expected, change) in [
        (
            "IssuerNotCa",
            (|params| params.is_ca = IsCa::ExplicitNoCa) as fn(&mut CertificateParams),
        ),
        ("IssuerNotCa", |params| params.is_ca = IsCa::NoCa),
        ("IssuerMayNotSign", |params| {
            params.key_usages = vec![KeyUsagePurpose::CrlSign];
        }),
        ("IssuerNotValid", |params| {
            params.not_after = rcgen::date_time_ymd(2026, 1, 1);
        }),
        ("IssuerNotValid", |params| {
            params.not_before = rcgen::date_time_ymd(2027, 1, 1);
        }),
    ] {
        agree("an intermediate", expected, &case(change));
        let anchor = Case {
            intermediates: Vec::new(),
            certificate: app.end_entity(&root),
            anchors: vec![root.ca(&root, change)],
            ..case(|_| {})
        };
        agree("an anchor", expected, &anchor);
    }
    let missing = Case {
        intermediates: Vec::new(),
        ..case(|_| {})
    };
    agree("without the intermediate", "IssuerMissing", &missing);
}

#[test]
fn the_length_of_the_path_counts() {
    let [root, policy, middle, app] = ["Root", "Policy", "Middle", "app"].map(Party::new);
    for (allowed, expected) in [(0, "PathTooLong"), (1, "PathTooLong"), (2, "Ok")] {
        let limit = |params: &mut CertificateParams| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(allowed));
        };
        let case = Case {
            app: &app,
            certificate: app.end_entity(&middle),
            // In any order.
            intermediates: vec![policy.ca(&root, |_| {}), middle.ca(&policy, |_| {})],
            anchors: vec![root.ca(&root, limit)],
        };
        agree("two intermediates", expected, &case);
    }
    for allowed in [0, 1] {
        let limit = |params: &mut CertificateParams| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(allowed));
        };
        let case = Case {
            app: &app,
            certificate: app.end_entity(&middle),
            intermediates: vec![middle.ca(&policy, |_| {}), policy.ca(&root, limit)],
            anchors: vec![root.root()],
        };
        let expected = if allowed == 0 { "PathTooLong" } else { "Ok" };
        agree("an intermediate that allows few", expected, &case);
    }
}

/// A CA that changes its key: the names stay.
#[test]
fn a_rotated_issuer_is_found_by_its_key() {
    let [root, old, new, app] = ["Root", "Middle", "Middle", "app"].map(Party::new);
    let case = |certificate: Certificate| Case {
        app: &app,
        certificate,
        intermediates: vec![old.ca(&root, |_| {}), new.ca(&root, |_| {})],
        anchors: vec![root.root()],
    };
    agree("by the old key", "Ok", &case(app.end_entity(&old)));
    agree("by the new key", "Ok", &case(app.end_entity(&new)));
    let only_old = Case {
        intermediates: vec![old.ca(&root, |_| {})],
        ..case(app.end_entity(&new))
    };
    agree("the new one is not sent", "OtherKey", &only_old);
    let both_anchors = Case {
        intermediates: Vec::new(),
        anchors: vec![old.ca(&root, |_| {}), new.ca(&root, |_| {})],
        ..case(app.end_entity(&new))
    };
    agree("both are anchors", "Ok", &both_anchors);
}

#[test]
fn cross_certificates_lead_on() {
    let [old, new, other, app] = ["Root", "Root", "Other", "app"].map(Party::new);
    let case = |intermediates: Vec<Certificate>, anchors: Vec<Certificate>| Case {
        app: &app,
        certificate: app.end_entity(&new),
        intermediates,
        anchors,
    };
    // The old key vouches for the new one, under the same name.
    let rollover = || new.ca(&old, |_| {});
    agree(
        "self-issued",
        "Ok",
        &case(vec![rollover()], vec![old.root()]),
    );
    let strict = old.ca(&old, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    agree(
        "it does not count",
        "Ok",
        &case(vec![rollover()], vec![strict]),
    );
    agree(
        "the new root is sent",
        "OtherKey",
        &case(vec![new.root()], vec![old.root()]),
    );
    // Another CA vouches for it; a circle ends.
    let cross = || {
        vec![
            new.ca(&other, |_| {}),
            other.ca(&new, |_| {}),
            other.ca(&old, |_| {}),
        ]
    };
    agree("by another", "Ok", &case(cross(), vec![other.root()]));
    agree("by another on", "Ok", &case(cross(), vec![old.root()]));
    agree(
        "a circle",
        "IssuerMissing",
        &case(cross(), vec![Party::new("x").root()]),
    );
    // One way is closed, another is open.
    let expired = new.ca(&other, |params| {
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
    });
    let ways = vec![expired, new.ca(&other, |_| {})];
    agree("one of two", "Ok", &case(ways, vec![other.root()]));
}

#[test]
fn more_than_five_intermediates_are_too_many() {
    let parties = ["A", "B", "C", "D", "E", "F", "G"].map(Party::new);
    let app = Party::new("app");
    let chain = |count: usize| {
        let pairs = parties.windows(2).take(count);
        pairs
            .map(|pair| pair[0].ca(&pair[1], |_| {}))
            .collect::<Vec<_>>()
    };
    let case = |count: usize| Case {
        app: &app,
        certificate: app.end_entity(&parties[0]),
        intermediates: chain(count),
        anchors: vec![parties[count].root()],
    };
    agree("five", "Ok", &case(5));
    assert_eq!(name(&case(6).checked()), "TooManyIntermediates");
}

#[test]
fn the_anchor_itself_is_looked_at() {
    let root = Party::new("Root");
    let lines = |anchors: Vec<Certificate>| -> Vec<String> {
        let app = Party::new("app");
        let certificate = app.end_entity(&root);
        let case = Case {
            app: &app,
            certificate,
            intermediates: Vec::new(),
            anchors,
        };
        let flaws = case.anchor().flaws(now());
        flaws
            .iter()
            .map(|finding| {
                assert_eq!(finding.severity, Severity::Warning);
                finding.unfitness.to_string()
            })
            .collect()
    };
    assert_eq!(lines(vec![root.root(), root.root()]), [""; 0]);
    assert_eq!(
        lines(vec![root.root(), root.root(), root.root()]),
        ["the trust anchor has 3 certificates, and AWS takes 2"]
    );
    assert_eq!(
        lines(vec![root.end_entity(&root)]),
        ["the trust anchor CN=Root is no CA (CA:TRUE is missing)"]
    );
    let no_usage = root.ca(&root, |params| {
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
    });
    assert_eq!(
        lines(vec![no_usage]),
        ["the trust anchor CN=Root has no keyCertSign in its key usage"]
    );
    let expired = root.ca(&root, |params| {
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
    });
    assert_eq!(
        lines(vec![expired]),
        [
            "the trust anchor CN=Root is valid from 1975-01-01T00:00:00Z to 2026-01-01T00:00:00Z only"
        ]
    );
}

#[test]
fn a_weak_signature_is_one_wherever_it_stands() {
    let pem = include_bytes!("../../testdata/fitness/sha1.pem");
    let sources = rolesanywhere::PemSources {
        certificate: pem,
        private_key: None,
        intermediates: None,
    };
    let (certificate, _) = sources.certificates().unwrap();
    // Its own name is the issuer's, or a namesake's: the hash decides.
    let anchor = TrustAnchor::from_pem(pem).unwrap();
    let checked = anchor.check_path(&certificate, &[], now());
    assert_eq!(name(&checked), "WeakSignature", "{checked:?}");
}

#[test]
fn a_bundle_without_certificates_is_none() {
    for text in [&b""[..], b"no PEM at all\n"] {
        let error = TrustAnchor::from_pem(text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the text of the trust anchor holds no certificate"
        );
    }
    TrustAnchor::from_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap_err();
}
