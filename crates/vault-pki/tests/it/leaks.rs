//! No secret is in an error, nor in what a type shows of itself.

use std::error::Error as _;

use serde_json::json;
use vault_pki::{KeyPair, KeyType, Session, Token, VaultSettings};
use wiremock::{MockServer, ResponseTemplate};

use crate::server::{self, ISSUE};

const CANARY: &str = "hvs.CANARY";

/// Everything that can be read of an error.
fn everything(error: &vault_pki::Error) -> String {
    let mut text = format!("{error:?} {error} {:?}", error.hint());
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause:?} {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn no_answer_puts_a_secret_into_an_error() {
    let json = |value| ResponseTemplate::new(200).set_body_json(value);
    let key = json!({"private_key": CANARY, "certificate": CANARY, "ca_chain": [CANARY]});
    for answer in [
        json(json!({"data": key})),
        json(json!({"data": {"certificate": 1, "private_key": CANARY}})),
        json(json!({"data": CANARY})),
        json(json!({"data": {"private_key": {"nested": CANARY}}})),
        json(json!({"lease_id": [CANARY]})),
        ResponseTemplate::new(200)
            .set_body_raw(format!("{{\"data\":\"{CANARY}"), "application/json"),
        ResponseTemplate::new(200).set_body_raw(CANARY, "text/html"),
        ResponseTemplate::new(502).set_body_raw(CANARY, "text/html"),
        ResponseTemplate::new(400).set_body_json(json!({"errors": [{"secret": CANARY}]})),
        // A proxy that repeats what it was sent.
        server::errors(400, &format!("bad header x-vault-token: {CANARY}")),
        server::errors(403, &format!("1 error occurred:\n\t* {CANARY}\n")),
        ResponseTemplate::new(307).insert_header("location", format!("/x?token={CANARY}")),
        ResponseTemplate::new(307).insert_header("location", format!("https://{CANARY}@h/v1/x")),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, ISSUE, 0, answer).await;
        let settings = VaultSettings {
            max_retries: 0,
            ..server::settings(&server)
        };
        let vault = server::vault(settings, server::token(CANARY));
        let error = vault
            .issue(&server::app(), server::noon())
            .await
            .unwrap_err();
        let text = everything(&error);
        assert!(!text.contains("CANARY"), "{text}");
        assert!(!format!("{vault:?}").contains("CANARY"));
    }
}

#[test]
fn what_holds_a_secret_shows_none() {
    let token = Token::new(&CANARY.into()).unwrap();
    for text in [
        format!("{token:?}"),
        format!("{:?}", Session::foreign(token)),
        format!("{:?}", server::token(CANARY)),
        format!("{:?}", KeyPair::generate(KeyType::Auto).unwrap()),
    ] {
        assert!(!text.contains("CANARY"), "{text}");
    }
}
