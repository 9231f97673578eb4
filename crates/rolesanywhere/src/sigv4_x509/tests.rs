use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
};
use aws_sigv4::sign::v4;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::{PemSources, PrivateKey};

/// A request that another client sent, as it was captured.
#[derive(Deserialize)]
struct Capture {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Capture {
    fn load(name: &str) -> Self {
        let path = format!(
            "{}/testdata/create-session/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn header(&self, wanted: &str) -> &str {
        let found = self
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        &found.unwrap().1
    }

    /// The request with every header that was signed, and no other.
    fn request(&self) -> Request<Bytes> {
        let authorization = self.header("authorization");
        let signed = authorization.split("SignedHeaders=").nth(1).unwrap();
        let signed: Vec<&str> = signed.split(',').next().unwrap().split(';').collect();
        let uri = format!("{}?{}", self.path, self.query);
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(uri.trim_end_matches('?'));
        for (name, value) in &self.headers {
            if signed.contains(&name.to_ascii_lowercase().as_str()) {
                request = request.header(name, value);
            }
        }
        request.body(Bytes::from(self.body.clone())).unwrap()
    }

    fn time(&self) -> SystemTime {
        let date = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", self.header("x-amz-date"));
        date.unwrap()
            .to_zoned(TimeZone::UTC)
            .unwrap()
            .timestamp()
            .into()
    }
}

use jiff::tz::TimeZone;

#[test]
fn signs_captured_rsa_requests_as_the_other_client_did() {
    let key = PrivateKey::from_pem(include_bytes!("../../testdata/pki/rsa2048.key")).unwrap();
    for name in [
        "rsa2048-int",
        "rsa2048-p12-leaf-in-chain",
        "awslabs-python-rsa",
    ] {
        let capture = Capture::load(name);
        let scope = Scope::new("us-east-1".parse().unwrap(), capture.time());
        let serial = capture
            .header("authorization")
            .split(['=', '/'])
            .nth(1)
            .unwrap();
        assert_eq!(
            authorization(
                &capture.request(),
                Credential {
                    serial,
                    signer: &key
                },
                &scope
            )
            .unwrap(),
            capture.header("authorization"),
            "{name}"
        );
    }
}

#[test]
fn hashes_captured_ecdsa_requests_as_the_other_client_did() {
    for (name, certificate) in [
        ("ecp256-chain2-rsn-900", "ecp256"),
        ("ecp256-encrypted-key", "ecp256"),
        ("ecp384", "ecp384"),
        ("ecp521", "ecp521"),
    ] {
        let capture = Capture::load(name);
        let request = capture.request();
        let canonical = CanonicalRequest::new(&request);
        let scope = Scope::new("us-east-1".parse().unwrap(), capture.time());
        let message = format!(
            "AWS4-X509-ECDSA-SHA256\n{}\n{scope}\n{}",
            scope.time.as_str(),
            canonical.hash()
        );
        let signature = capture.header("authorization").rsplit('=').next().unwrap();
        assert!(
            verifies(
                certificate,
                message.as_bytes(),
                &hex::decode(signature).unwrap()
            ),
            "{name}"
        );
    }
}

/// Verifies with AWS-LC, whatever signed.
fn verifies(certificate: &str, message: &[u8], signature: &[u8]) -> bool {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P521_SHA256_ASN1,
        RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
    };
    let algorithm: &dyn VerificationAlgorithm = match certificate {
        "ecp256" => &ECDSA_P256_SHA256_ASN1,
        "ecp384" => &ECDSA_P384_SHA256_ASN1,
        "ecp521" => &ECDSA_P521_SHA256_ASN1,
        _ => &RSA_PKCS1_2048_8192_SHA256,
    };
    let path = format!(
        "{}/testdata/pki/{certificate}.pem",
        env!("CARGO_MANIFEST_DIR")
    );
    let pem = std::fs::read(path).unwrap();
    let sources = PemSources {
        certificate: &pem,
        private_key: None,
        intermediates: None,
    };
    let (certificate, _) = sources.certificates().unwrap();
    UnparsedPublicKey::new(algorithm, certificate.public_key())
        .verify(message, signature)
        .is_ok()
}

#[test]
fn every_kind_of_key_signs_verifiably() {
    for name in ["rsa2048", "ecp256", "ecp384", "ecp521"] {
        let path = format!("{}/testdata/pki/{name}.key", env!("CARGO_MANIFEST_DIR"));
        let key = PrivateKey::from_pem(&std::fs::read(path).unwrap()).unwrap();
        let signature = key.sign(b"message").unwrap();
        assert!(verifies(name, b"message", &signature), "{name}");
        assert!(!verifies(name, b"another message", &signature), "{name}");
    }
}

#[test]
fn the_request_carries_what_the_identity_has() {
    let identity = Identity::from_pem(PemSources {
        certificate: include_bytes!("../../testdata/pki/ecp256.pem"),
        private_key: Some(include_bytes!("../../testdata/pki/ecp256.key")),
        intermediates: Some(include_bytes!("../../testdata/pki/chain2.pem")),
    })
    .unwrap();
    let mut request = Request::post("https://host.example:8443/sessions")
        .header("content-type", "application/json")
        .body(Bytes::from_static(b"{}"))
        .unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_236_665);
    sign(
        &mut request,
        &identity,
        &Scope::new("us-east-1".parse().unwrap(), time),
    )
    .unwrap();
    assert_eq!(request.headers()["host"], "host.example:8443");
    assert_eq!(request.headers()["x-amz-date"], "20261121T045105Z");
    // The root in the file is not sent.
    assert!(
        !request.headers()["x-amz-x509-chain"]
            .to_str()
            .unwrap()
            .contains(',')
    );
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(authorization.starts_with(
        "AWS4-X509-ECDSA-SHA256 Credential=123/20261121/us-east-1/rolesanywhere/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-x509;x-amz-x509-chain, Signature=30"
    ));
}

/// What aws-sigv4 signs, with our canonical request in place of its own.
fn ours(request: &Request<Bytes>, time: SystemTime) -> String {
    let key = v4::generate_signing_key("secret", time, "eu-west-1", "service");
    let timestamp = Timestamp::new(time);
    let string_to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{}/eu-west-1/service/aws4_request\n{}",
        timestamp.as_str(),
        timestamp.date(),
        CanonicalRequest::new(request).hash()
    );
    v4::calculate_signature(key, string_to_sign.as_bytes())
}

fn theirs(request: &Request<Bytes>, time: SystemTime) -> String {
    let credentials = Credentials::new("id", "secret", None, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Double;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let params = v4::SigningParams::builder()
        .identity(&credentials)
        .region("eu-west-1")
        .name("service")
        .time(time)
        .settings(settings)
        .build()
        .unwrap();
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        headers,
        SignableBody::Bytes(request.body()),
    )
    .unwrap();
    let output = aws_sigv4::http_request::sign(signable, &params.into()).unwrap();
    output.signature().to_owned()
}

proptest! {
    #[test]
    fn canonical_requests_are_those_of_aws_sigv4(
        path in "(/[a-zA-Z0-9._~!$&'()*+,;=:@%-]{1,8}){1,3}",
        query in prop::collection::vec(("[a-zA-Z0-9._~-]{1,5}", "[a-zA-Z0-9._~/:=@-]{0,6}"), 0..4),
        header in "[!-~]([ !-~]{0,20}[!-~])?",
        body in prop::collection::vec(any::<u8>(), 0..64),
        seconds in 0_u64..4_000_000_000,
    ) {
        let path = path.replace('%', "%41");
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let uri = format!("https://service.example{path}?{}", query.join("&"));
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let request = Request::post(uri)
            .header("host", "service.example")
            .header("x-amz-date", Timestamp::new(time).as_str())
            .header("x-custom", header)
            .body(Bytes::from(body))
            .unwrap();
        prop_assert_eq!(ours(&request, time), theirs(&request, time));
    }
}
