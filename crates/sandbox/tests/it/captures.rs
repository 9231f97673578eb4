//! Requests of other clients, as they came over the wire.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};
use iamra_sandbox::{
    Profile, Refusal, RequestParts, Role, RolesAnywhereState, TrustAnchor, verify,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;

const GO_ROLE: &str = "arn:aws:iam::123456789012:role/path/MyRole";
const PYTHON_ROLE: &str = "arn:aws:iam::123456789012:role/MyRole";

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "testdata", "create-session"]
        .iter()
        .collect()
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(folder().join(name)).unwrap()
}

/// The two clients were given ARNs of their own. Captures without a chain were
/// issued by the intermediate, so that is an anchor, too.
fn state() -> RolesAnywhereState {
    let id = "arn:aws:rolesanywhere:us-east-1:123456789012:";
    let roles = [GO_ROLE, PYTHON_ROLE];
    let anchor = |name| TrustAnchor {
        arn: format!("{id}trust-anchor/{name}"),
        enabled: true,
        certificates: vec![certificate("root.pem"), certificate("int.pem")],
    };
    let profile = |name| Profile {
        arn: format!("{id}profile/{name}"),
        enabled: true,
        role_arns: roles.map(String::from).into(),
        duration: Duration::from_secs(3600),
        accept_role_session_name: true,
        require_instance_properties: false,
    };
    let role = |arn: &str| Role {
        arn: arn.into(),
        max_session_duration: Duration::from_secs(3600),
        common_names: Vec::new(),
    };
    RolesAnywhereState {
        partition: "aws".into(),
        region: "us-east-1".into(),
        trust_anchors: ["a1b2c3d4-5678-90ab-cdef-111111111111", "a"]
            .map(anchor)
            .into(),
        profiles: ["a1b2c3d4-5678-90ab-cdef-222222222222", "b"]
            .map(profile)
            .into(),
        roles: roles.map(role).into(),
        roles_may_read: false,
    }
}

fn capture(name: &str) -> (RequestParts, SystemTime) {
    let text = fs::read_to_string(folder().join(name).with_extension("json")).unwrap();
    let capture: Value = serde_json::from_str(&text).unwrap();
    let member = |name: &str| capture[name].as_str().unwrap().to_owned();
    let mut headers = HeaderMap::new();
    for pair in capture["headers"].as_array().unwrap() {
        let name: HeaderName = pair[0].as_str().unwrap().parse().unwrap();
        let value: HeaderValue = pair[1].as_str().unwrap().parse().unwrap();
        headers.append(name, value);
    }
    let request = RequestParts {
        method: member("method"),
        path: member("path"),
        query: member("query"),
        headers,
        body: member("body").into(),
    };
    let time = Duration::from_secs_f64(capture["t"].as_f64().unwrap());
    (request, SystemTime::UNIX_EPOCH + time)
}

#[test]
fn good_captures_are_accepted() {
    let rsa = "f1e2d3c4b5a697887766554433221100aabbcc";
    for (name, role, session, seconds) in [
        ("awslabs-python-ec", PYTHON_ROLE, "7b", 3600),
        ("awslabs-python-rsa", PYTHON_ROLE, rsa, 3600),
        ("ecp256-chain2-rsn-900", GO_ROLE, "sess1", 900),
        ("ecp256-encrypted-key", GO_ROLE, "7b", 3600),
        ("ecp384", GO_ROLE, "5a5a5a5a5a5a5a5a", 3600),
        ("ecp521", GO_ROLE, "77", 3600),
        ("rsa2048-int", GO_ROLE, rsa, 3600),
        ("rsa2048-p12-end-entity-in-chain", GO_ROLE, rsa, 3600),
    ] {
        let (request, time) = capture(name);
        let granted = verify(&request, time, &state()).unwrap_or_else(|refusal| {
            panic!("{name}: {refusal:?}");
        });
        assert_eq!(granted.role_arn, role, "{name}");
        assert_eq!(granted.session_name, session, "{name}");
        assert_eq!(granted.duration, Duration::from_secs(seconds), "{name}");
        assert_eq!(granted.expiration, time + granted.duration, "{name}");
        assert!(
            granted
                .source_identity
                .is_some_and(|identity| identity.starts_with("CN=")),
            "{name}"
        );
    }
}

#[test]
fn the_key_of_another_certificate_is_refused() {
    let (request, time) = capture("BAD-mismatched-key");
    assert_eq!(
        verify(&request, time, &state()),
        Err(Refusal::AlgorithmMismatch {
            algorithm: "AWS4-X509-RSA-SHA256".into()
        })
    );
}

/// Another client's signatures, made by Go's implementation: they are taken,
/// and the certificates refused, as they are authorities.
#[test]
fn ml_dsa_captures_are_verified() {
    for name in ["mldsa44", "mldsa65", "mldsa87"] {
        let (request, time) = capture(name);
        let refusal = verify(&request, time, &state());
        assert_eq!(refusal, Err(Refusal::CertificateIsAuthority), "{name}");
    }
}
