//! No secret is in an error, nor in what a type shows of itself.

use std::error::Error as _;

use serde_json::json;
use vault_pki::{
    AppRoleLogin, JwtLogin, KeyPair, KeyType, LoginMethod, RefusalCause, SecretSource, Session,
    Token, UserpassLogin, VaultSettings,
};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

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

/// A server may repeat what it was sent: Vault does so with a `secret_id`.
#[tokio::test]
async fn a_login_that_is_repeated_to_us_is_not_repeated_by_us() {
    let secret = || SecretSource::Text(CANARY.into());
    let long = || SecretSource::Text(format!("{CANARY}{}", "A".repeat(1000)).into());
    let logins: [fn(SecretSource) -> Box<dyn LoginMethod>; 3] = [
        |secret| {
            let role_id = SecretSource::Text("role".into());
            Box::new(AppRoleLogin::new(
                "m".parse().unwrap(),
                role_id,
                Some(secret),
            ))
        },
        |secret| {
            Box::new(JwtLogin {
                mount: "m".parse().unwrap(),
                role: None,
                source: Box::new(secret),
            })
        },
        |password| {
            Box::new(UserpassLogin {
                mount: "m".parse().unwrap(),
                username: "u".to_owned(),
                password,
            })
        },
    ];
    for login in logins {
        for secret in [secret(), long()] {
            for inline_authentication in [false, true] {
                let server = MockServer::start().await;
                Mock::given(method("POST"))
                    .respond_with(echo)
                    .mount(&server)
                    .await;
                let settings = VaultSettings {
                    inline_authentication,
                    ..server::settings(&server)
                };
                let vault = server::vault(settings, login(secret.clone()));
                assert!(!format!("{vault:?}").contains("CANARY"));
                let error = vault.sign(&server::app(), server::noon()).await;
                let text = everything(&error.unwrap_err());
                assert!(text.contains("[secret]"), "{text}");
                assert!(!text.contains("CANARY"), "{text}");
            }
        }
    }
}

/// To leave it out of Vault's own sentence would be to say that it is right.
#[tokio::test]
async fn a_password_that_is_a_word_of_vaults_is_neither_said_nor_in_the_way() {
    let mut shown = Vec::new();
    for password in ["password", "invalid", "hunter22", "a"] {
        let server = MockServer::start().await;
        let refused = server::recording("111-userpass-login-bad");
        server::answer(&server, "/v1/auth/m/login/u", 0, refused).await;
        let login = UserpassLogin {
            mount: "m".parse().unwrap(),
            username: "u".to_owned(),
            password: SecretSource::Text(password.into()),
        };
        let vault = server::vault(server::settings(&server), Box::new(login));
        let error = vault.session().await.unwrap_err();
        let refusal = error.refusal().unwrap();
        shown.push((refusal.to_string(), refusal.cause.clone(), error.hint()));
    }
    assert_eq!(shown[0].0, "invalid username or password (HTTP 400)");
    assert_eq!(shown[0].1, RefusalCause::LoginDenied);
    assert!(shown.iter().all(|it| *it == shown[0]), "{shown:?}");
}

/// Refuses with every secret that could have been sent.
fn echo(request: &Request) -> ResponseTemplate {
    let long = format!("{CANARY}{}", "A".repeat(1000));
    let body = String::from_utf8_lossy(&request.body).contains(&long);
    let header = request.headers.values().any(|value| value.len() > 1000);
    let sent = if body || header {
        long
    } else {
        CANARY.to_owned()
    };
    server::errors(400, &format!("invalid secret_id {sent:?}"))
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
