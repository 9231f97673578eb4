//! The whole way: log in, have a certificate signed, open a session, ask who
//! one is.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iamra_sandbox::{Operation, Outcome, Record, Refusal, Settings};
use rcgen::{CertificateParams, DnType, KeyPair};
use reqwest::Response;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::running::{Clock, Running};
use crate::signer;
use crate::sts::caller_identity;

/// The decimal serial number of a certificate, by arithmetic on text.
fn decimal(serial: &str) -> String {
    let mut digits = vec![0_u32];
    for byte in serial.split(':') {
        let mut carry = u32::from_str_radix(byte, 16).unwrap();
        for digit in &mut digits {
            carry += *digit * 256;
            *digit = carry % 10;
            carry /= 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().map(u32::to_string).collect()
}

/// A key and what Vault issued for it.
pub(crate) struct Issued {
    client: signer::Client,
    serial: String,
    chain: String,
}

pub(crate) async fn sign(running: &Running, token: &str, role: &str) -> Issued {
    let key = KeyPair::generate().unwrap();
    let csr = signing_request(&key, &["app.example.test"]);
    let path = format!("pki-aws/sign/{role}");
    let (status, answer) = running.post(&path, token, &json!({ "csr": csr })).await;
    assert_eq!(status, 200, "{answer}");
    issued(key, &answer["data"])
}

/// A signing request with a common name and those alternative names.
pub(crate) fn signing_request(key: &KeyPair, names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "app.example.test");
    params.serialize_request(key).unwrap().pem().unwrap()
}

pub(crate) fn issued(key: KeyPair, data: &Value) -> Issued {
    let der = |pem: &Value| CertificateDer::from_pem_slice(pem.as_str().unwrap().as_bytes());
    Issued {
        client: signer::Client {
            key,
            certificate: der(&data["certificate"]).unwrap(),
        },
        serial: decimal(data["serial_number"].as_str().unwrap()),
        chain: STANDARD.encode(der(&data["issuing_ca"]).unwrap()),
    }
}

impl Issued {
    /// Sends `CreateSession` for the role of the sandbox, signed at `now`.
    pub(crate) async fn open_session(&self, running: &Running, now: SystemTime) -> Response {
        self.open_session_of(running, running.role_arn(), now).await
    }

    /// Sends `CreateSession`, signed at `now`.
    pub(crate) async fn open_session_of(
        &self,
        running: &Running,
        role_arn: &str,
        now: SystemTime,
    ) -> Response {
        let timestamp = jiff::Timestamp::try_from(now).unwrap();
        let date = timestamp.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut draft = self.client.draft(&[]);
        draft.serial.clone_from(&self.serial);
        draft.scope = format!("{}/us-east-1/rolesanywhere/aws4_request", &date[..8]);
        draft.headers[1].1 = running.aws_http_url().replace("http://", "");
        draft.headers[2].1 = date;
        draft.headers.push(("x-amz-x509-chain", self.chain.clone()));
        draft.body = json!({
            "trustAnchorArn": running.trust_anchor_arn(),
            "profileArn": running.profile_arn(),
            "roleArn": role_arn,
        })
        .to_string();
        let request = self.client.sign(&draft);
        let url = format!("{}/sessions", running.aws_http_url());
        let sent = running.client.post(url).headers(request.headers);
        sent.body(request.body).send().await.unwrap()
    }
}

pub(crate) async fn credentials(response: Response) -> Credentials {
    let session: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let issued = &session["credentialSet"][0]["credentials"];
    let text = |name: &str| issued[name].as_str().unwrap().to_owned();
    Credentials::new(
        text("accessKeyId"),
        text("secretAccessKey"),
        Some(text("sessionToken")),
        None,
        "test",
    )
}

#[tokio::test]
async fn from_login_to_identity_in_four_requests() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let token = running.log_in("iamra").await;
    let issued = sign(&running, &token, "iamra").await;
    let response = issued.open_session(&running, clock.now()).await;
    assert_eq!(response.status().as_u16(), 201);
    assert!(response.headers().contains_key("x-amzn-requestid"));
    assert_eq!(response.headers()["date"], "Sat, 21 Nov 2026 05:05:29 GMT");
    let credentials = credentials(response).await;
    let (status, identity) = caller_identity(&running, &credentials, clock.now()).await;
    assert_eq!(status, 200, "{identity}");
    let arn = "arn:aws:sts::123456789012:assumed-role/iamra-sandbox/";
    assert!(identity.contains(&format!("<Arn>{arn}")), "{identity}");
    assert!(
        identity.contains("<Account>123456789012</Account>"),
        "{identity}"
    );

    let answered = |operation, status| Record {
        operation,
        outcome: Outcome::Answered(status),
    };
    assert_eq!(
        running.requests().log,
        [
            answered(Operation::VaultLogin, 200),
            answered(Operation::VaultSign, 200),
            answered(Operation::CreateSession, 201),
            answered(Operation::CallerIdentity, 200),
        ]
    );
    let secrets = running.secrets();
    let shown = format!("{:?} {:?}", *running, running.requests());
    assert!(
        !secrets.iter().any(|secret| shown.contains(secret)),
        "{shown}"
    );
    for secret in [
        &token,
        credentials.secret_access_key(),
        credentials.session_token().unwrap(),
    ] {
        assert!(secrets.iter().any(|known| known == secret));
    }
}

#[tokio::test]
async fn every_role_whose_certificates_are_unfit_is_found_out() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    for (role, refusal) in [
        ("iamra", None),
        ("any-sign-ed", None),
        ("no-cn", None),
        ("server-only", None),
        ("lease", None),
        ("no-keyusage", Some(Refusal::CertificateKeyUsage)),
    ] {
        let issued = sign(&running, &running.token(), role).await;
        let response = issued.open_session(&running, clock.now()).await;
        let expected = match refusal {
            None => (201, None),
            Some(_) => (403, Some("Untrusted certificate. Insufficient certificate")),
        };
        assert_eq!(response.status().as_u16(), expected.0, "{role}");
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(body["message"].as_str(), expected.1, "{role}");
        if let Some(refusal) = refusal {
            let last = running.requests().log.pop().unwrap();
            assert_eq!(last.outcome, Outcome::Refused(refusal), "{role}");
        }
    }
}

#[tokio::test]
async fn refusals_carry_code_message_and_request_id() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let issued = sign(&running, &running.token(), "iamra").await;
    let late = clock.now() - Duration::from_secs(600);
    let response = issued.open_session(&running, late).await;
    assert_eq!(response.status().as_u16(), 403);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-amzn-errortype"), "AccessDeniedException");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("x-amzn-requestid").len(), 36);
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(
        body["message"],
        "Signature expired: 20261121T045529Z is now earlier than 20261121T050029Z (20261121T050529Z - 5 min.)"
    );

    running.configure_roles_anywhere(|state| state.profiles.clear());
    let response = issued.open_session(&running, clock.now()).await;
    assert_eq!(response.status().as_u16(), 404);
    assert_eq!(
        response.headers()["x-amzn-errortype"],
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn the_seed_has_only_issue_with_a_key_from_the_server() {
    let clock = Clock::recorded();
    let now = clock.clone();
    let settings = Settings::seed(std::sync::Arc::new(move || now.now()));
    let running = Running::with(settings).await;
    let variables = running.environment();
    let variable = |name: &str| {
        let pair = variables.iter().find(|(other, _)| other == name);
        pair.map(|(_, value)| value.as_str()).unwrap()
    };
    assert_eq!(variable("VAULT_TOKEN"), "");
    assert_eq!(variable("VAULT_CERT_CN"), variable("VAULT_CERT_NAME"));
    assert!(variable("VAULT_ADDR").starts_with("http://"));

    let token = running.log_in(variable("VAULT_ROLE")).await;
    let role = variable("VAULT_CERT_NAME");
    let body = json!({ "common_name": variable("VAULT_CERT_CN"), "format": "pem" });
    let (status, answer) = running
        .post(&format!("pki-aws/sign/{role}"), &token, &body)
        .await;
    assert_eq!(
        (status, answer["errors"][0].as_str()),
        (403, Some("1 error occurred:\n\t* permission denied\n\n"))
    );
    let (status, answer) = running
        .post(&format!("pki-aws/issue/{role}"), &token, &body)
        .await;
    assert_eq!(status, 200, "{answer}");
    let key = answer["data"]["private_key"].as_str().unwrap();
    assert!(
        key.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"),
        "{key}"
    );
    assert!(running.secrets().iter().any(|secret| secret == key));
}
