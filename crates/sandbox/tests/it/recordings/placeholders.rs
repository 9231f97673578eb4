//! The names in braces, which stand for what the sandbox has instead.

use std::collections::BTreeMap;
use std::time::Duration;

use iamra_sandbox::{ClientCertificate, JwtClaims, ServiceAccount};
use reqwest::Client;
use secrecy::ExposeSecret as _;

use super::exposed;
use crate::running::Running;

/// What was issued before the first replayed recording.
pub(super) async fn from_the_start(running: &Running) -> BTreeMap<String, String> {
    let issuer = running.issuer_id().await;
    let root = exposed(&running.vault_root_token());
    [
        ("{root}", root),
        ("{password}", exposed(&running.userpass().1)),
        ("{issuer-012}", issuer),
        ("{certificate-1}", running.trust_anchor_pem().trim().into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The text with what is known in place of its name.
pub(super) fn replace(text: &str, learned: &BTreeMap<String, String>) -> String {
    let names = learned.iter();
    names.fold(text.to_owned(), |text, (name, value)| {
        text.replace(name, value)
    })
}

/// The text with a JWT that has the flaw which is named.
pub(super) fn fill(running: &Running, text: &str) -> String {
    for (name, account) in service_accounts() {
        if text.contains(name) {
            let jwt = exposed(&running.service_account_token(&account).unwrap());
            let end = jwt.rfind('.').unwrap() + 1;
            let forged = name == "{jwt:forged}";
            return text.replace(name, if forged { &jwt[..end] } else { &jwt });
        }
    }
    for (name, claims) in id_tokens() {
        if text.contains(name) {
            return text.replace(name, &exposed(&running.jwt(&claims).unwrap()));
        }
    }
    text.to_owned()
}

fn service_accounts() -> [(&'static str, ServiceAccount); 6] {
    let good = ServiceAccount::default;
    let other = || "other".to_owned();
    [
        ("{jwt}", good()),
        ("{jwt:forged}", good()),
        (
            "{jwt:audience}",
            ServiceAccount {
                audience: other(),
                ..good()
            },
        ),
        (
            "{jwt:namespace}",
            ServiceAccount {
                namespace: other(),
                ..good()
            },
        ),
        (
            "{jwt:name}",
            ServiceAccount {
                name: other(),
                ..good()
            },
        ),
        (
            "{jwt:expired}",
            ServiceAccount {
                lifetime: Duration::ZERO,
                ..good()
            },
        ),
    ]
}

fn id_tokens() -> [(&'static str, JwtClaims); 4] {
    let good = JwtClaims::default;
    [
        ("{id-token}", good()),
        (
            "{id-token:audience}",
            JwtClaims {
                audience: "other".into(),
                ..good()
            },
        ),
        (
            "{id-token:repository}",
            JwtClaims {
                repository: "acme/other".into(),
                ..good()
            },
        ),
        (
            "{id-token:expired}",
            JwtClaims {
                lifetime: Duration::ZERO,
                ..good()
            },
        ),
    ]
}

/// A client that shows a certificate, if it has one. Whom it speaks to does not
/// matter here, and the server's certificate is of the recordings' time.
pub(super) fn client(identity: Option<ClientCertificate>) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut builder = Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    if let Some(it) = identity {
        let pem = [it.key_pem.expose_secret(), &it.certificate_pem].concat();
        let identity = reqwest::Identity::from_pem(pem.as_bytes()).unwrap();
        builder = builder.identity(identity);
    }
    builder.build().unwrap()
}
