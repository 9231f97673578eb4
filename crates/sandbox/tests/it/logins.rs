//! Each login as a client goes through it, and what the recordings do not show.

use std::sync::Arc;
use std::time::Duration;

use iamra_sandbox::{
    ClientCertificate, InlineAuth, JwtClaims, Operation, Sandbox, ServiceAccount, Settings,
    TokenRules,
};
use refresh::{Clock as _, SystemClock};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::running::{Clock, Running, client_with};

fn exposed(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}

fn error(answer: &Value) -> &str {
    answer["errors"][0].as_str().unwrap_or_default()
}

async fn log_in(running: &Running, path: &str, body: &Value) -> (u16, Value) {
    running.post(&format!("auth/{path}"), "", body).await
}

#[tokio::test]
async fn a_secret_id_is_good_for_its_uses_and_its_time() {
    let clock = Clock::recorded();
    let mut settings = clock.settings();
    settings.app_role.secret_id_num_uses = 2;
    let running = Running::with(settings).await;
    let credentials = |sandbox: &Sandbox| {
        let it = sandbox.app_role();
        json!({"role_id": it.role_id, "secret_id": it.secret_id.expose_secret()})
    };
    let body = credentials(&running);
    for status in [200, 200, 400] {
        assert_eq!(log_in(&running, "approle/login", &body).await.0, status);
    }
    let body = credentials(&running);
    clock.advance(Duration::from_secs(60 * 60));
    let (status, answer) = log_in(&running, "approle/login", &body).await;
    assert_eq!((status, error(&answer)), (400, "invalid role or secret ID"));
}

#[tokio::test]
async fn a_secret_id_without_a_limit_is_good_for_ever() {
    let clock = Clock::recorded();
    let mut settings = clock.settings();
    settings.app_role.secret_id_ttl = Duration::ZERO;
    settings.app_role.secret_id_num_uses = 0;
    let running = Running::with(settings).await;
    let it = running.app_role();
    let body = json!({"role_id": it.role_id, "secret_id": it.secret_id.expose_secret()});
    for _ in 0..4 {
        assert_eq!(log_in(&running, "approle/login", &body).await.0, 200);
        clock.advance(Duration::from_secs(365 * 24 * 60 * 60));
    }
}

#[tokio::test]
async fn a_role_may_need_no_secret_id() {
    let mut settings = Clock::recorded().settings();
    settings.app_role.bind_secret_id = false;
    let running = Running::with(settings).await;
    let body = json!({"role_id": running.app_role().role_id});
    assert_eq!(log_in(&running, "approle/login", &body).await.0, 200);
}

#[tokio::test]
async fn a_wrapped_secret_id_unwraps_once_and_in_time() {
    let clock = Clock::recorded();
    let running = Running::with(clock.settings()).await;
    let minute = Duration::from_secs(60);
    let wrapped = running.wrapped_app_role(minute);
    let token = exposed(&wrapped.secret_id);
    let body = json!({ "token": token });
    let (_, looked) = running.post("sys/wrapping/lookup", "", &body).await;
    assert_eq!(looked["data"]["creation_path"], running.secret_id_path());
    assert_eq!(looked["data"]["creation_ttl"], 60);
    let (status, opened) = running
        .post("sys/wrapping/unwrap", &token, &json!({}))
        .await;
    assert_eq!(status, 200, "{opened}");
    let body = json!({
        "role_id": wrapped.role_id,
        "secret_id": opened["data"]["secret_id"],
    });
    assert_eq!(log_in(&running, "approle/login", &body).await.0, 200);

    let late = exposed(&running.wrapped_app_role(minute).secret_id);
    clock.advance(minute);
    for spent in [token, late] {
        let (status, answer) = running
            .post("sys/wrapping/unwrap", &spent, &json!({}))
            .await;
        let text = "wrapping token is not valid or does not exist";
        assert_eq!((status, error(&answer)), (400, text));
    }
    assert_eq!(running.requests().count(Operation::VaultUnwrap), 4);
}

#[tokio::test]
async fn github_gives_a_job_its_jwt_for_any_audience() {
    let running = Running::standard().await;
    let request = running.github_id_token_request();
    let ask = |audience: &str, authorization: String| {
        let url = format!("{}&audience={audience}", request.url);
        let request = running.client.get(url);
        request.header("authorization", authorization).send()
    };
    let right = format!("bearer {}", request.token.expose_secret());
    let refused = ask("x", "bearer wrong".into()).await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
    for (audience, status) in [
        ("https%3A%2F%2Fvault.example.test", 200),
        ("sts.amazonaws.com", 400),
    ] {
        let answer = ask(audience, right.clone()).await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        // The role is the default one.
        let body = json!({ "jwt": answer["value"] });
        let (answered, answer) = log_in(&running, "jwt/login", &body).await;
        assert_eq!(answered, status, "{audience}: {answer}");
    }
    assert_eq!(running.requests().count(Operation::IdToken), 3);
}

/// Against OpenBao 2.6.2: the order of the checks and the words.
#[tokio::test]
async fn a_jwt_is_refused_for_what_is_wrong_with_it() {
    let mut settings = Clock::recorded().settings();
    settings.jwt_role.is_default = false;
    let running = Running::with(settings).await;
    let good = JwtClaims::default();
    let with = |claims: &JwtClaims| exposed(&running.jwt(claims).unwrap());
    let stranger = Running::standard().await;
    let foreign = exposed(&stranger.jwt(&good).unwrap());
    let issuer = JwtClaims {
        issuer: "https://other.example".into(),
        ..good.clone()
    };
    let both = JwtClaims {
        audience: "other".into(),
        lifetime: Duration::ZERO,
        ..good.clone()
    };
    let signature = "error validating token: error verifying token signature:";
    for (role, jwt, text) in [
        ("", with(&good), "missing role".to_owned()),
        (
            "gha",
            foreign,
            format!("{signature} no known key successfully validated the token signature"),
        ),
        (
            "gha",
            "a.b".into(),
            format!("{signature} go-jose/go-jose: compact JWS format must have three parts"),
        ),
        (
            "gha",
            with(&issuer),
            "error validating token: invalid issuer (iss) claim".into(),
        ),
        (
            "gha",
            with(&both),
            "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience".into(),
        ),
    ] {
        let body = json!({"role": role, "jwt": jwt});
        let (status, answer) = log_in(&running, "jwt/login", &body).await;
        assert_eq!((status, error(&answer)), (400, text.as_str()));
    }
    let body = json!({"role": "gha", "jwt": format!("{}\n", with(&good))});
    assert_eq!(log_in(&running, "jwt/login", &body).await.0, 200);
}

#[tokio::test]
async fn a_user_has_a_password() {
    let running = Running::standard().await;
    let (name, password) = running.userpass();
    for (path, password, status) in [
        (format!("userpass/login/{name}"), exposed(&password), 200),
        (
            format!("userpass/login/{}", name.to_uppercase()),
            exposed(&password),
            200,
        ),
        (format!("userpass/login/{name}"), "wrong".into(), 400),
        ("userpass/login/nobody".into(), exposed(&password), 400),
        (format!("userpass/login/{name}"), String::new(), 500),
    ] {
        let body = json!({ "password": password });
        assert_eq!(log_in(&running, &path, &body).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn whatever_a_client_is_given_is_known_as_a_secret_and_not_shown() {
    let running = Running::standard().await;
    let app_role = running.app_role();
    let wrapped = running.wrapped_app_role(Duration::from_secs(60));
    let certificate = running.client_certificate("a.example.test").unwrap();
    let request = running.github_id_token_request();
    let given = [
        exposed(&app_role.secret_id),
        exposed(&wrapped.secret_id),
        exposed(&running.userpass().1),
        exposed(&running.jwt(&JwtClaims::default()).unwrap()),
        exposed(&request.token),
        exposed(&running.create_token(TokenRules::default())),
        exposed(&certificate.key_pem).trim().to_owned(),
    ];
    let known = running.secrets();
    let sandbox: &Sandbox = &running;
    let shown = format!("{app_role:?} {wrapped:?} {request:?} {certificate:?} {sandbox:?}");
    for secret in given {
        assert!(known.contains(&secret));
        assert!(!shown.contains(&secret));
    }
}

#[tokio::test]
async fn a_second_factor_gives_no_token() {
    let mut settings = Clock::recorded().settings();
    settings.mfa_required = true;
    let running = Running::with(settings).await;
    let (name, password) = running.userpass();
    let body = json!({"password": password.expose_secret()});
    let (status, answer) = log_in(&running, &format!("userpass/login/{name}"), &body).await;
    assert_eq!(status, 200);
    assert_eq!(answer["auth"]["client_token"], "");
    assert!(answer["auth"]["mfa_requirement"]["mfa_request_id"].is_string());
}

#[tokio::test]
async fn logins_give_the_tokens_of_the_settings() {
    let clock = Clock::recorded();
    let mut settings = clock.settings();
    settings.login_tokens = TokenRules {
        ttl: Duration::from_secs(90),
        num_uses: 5,
        batch: true,
        ..TokenRules::default()
    };
    let running = Running::with(settings).await;
    let token = running.log_in("iamra").await;
    assert!(token.starts_with("b."));
    let (_, answer) = running.get("auth/token/lookup-self", &token).await;
    assert_eq!(answer["data"]["ttl"], 90);
    assert_eq!(answer["data"]["type"], "batch");
    assert_eq!(answer["data"]["num_uses"], 4);
}

async fn with_tls(change: impl FnOnce(&mut Settings)) -> Running {
    let mut settings = Settings::new(Arc::new(|| SystemClock.now()));
    settings.tls = true;
    change(&mut settings);
    Running::with(settings).await
}

async fn by_certificate(running: &Running, client: &Client, body: Value) -> (u16, Value) {
    let url = format!("{}/v1/auth/cert/login", running.vault_url());
    let request = client.post(url).body(body.to_string());
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap())
}

fn showing(running: &Running, shown: &ClientCertificate) -> Client {
    client_with(running.vault_ca_pem().unwrap(), Some(shown))
}

#[tokio::test]
async fn a_certificate_fetches_its_successor() {
    let running = with_tls(|_| {}).await;
    let body = json!({"common_name": "app.example.test", "private_key_format": "pkcs8"});
    let (_, issued) = running
        .post("pki-aws/issue/iamra", &running.token(), &body)
        .await;
    let text = |name: &str| issued["data"][name].as_str().unwrap().to_owned();
    let current = ClientCertificate {
        certificate_pem: format!("{}\n", text("certificate")),
        key_pem: format!("{}\n", text("private_key")).into(),
    };
    let client = showing(&running, &current);
    let (status, answer) = by_certificate(&running, &client, json!({})).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["auth"]["metadata"]["cert_name"], "web");
    assert_eq!(
        answer["auth"]["metadata"]["common_name"],
        "app.example.test"
    );
    let token = answer["auth"]["client_token"].as_str().unwrap();
    let (status, _) = running.post("pki-aws/issue/iamra", token, &body).await;
    assert_eq!(status, 200);

    // Whoever renews shows the same certificate again (OpenBao 2.6.2).
    let url = format!("{}/v1/auth/token/renew-self", running.vault_url());
    let renew = |client: &Client| client.post(&url).header("x-vault-token", token).send();
    let nobody = client_with(running.vault_ca_pem().unwrap(), None);
    let other = running.client_certificate("app.example.test").unwrap();
    let other = showing(&running, &other);
    for (client, status) in [(&client, 200), (&nobody, 400), (&other, 500)] {
        assert_eq!(renew(client).await.unwrap().status().as_u16(), status);
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_or_is_for_servers_is_said_to_be() {
    let clock = Arc::new(std::sync::Mutex::new(SystemClock.now()));
    let now = Arc::clone(&clock);
    let running = with_tls(|settings| {
        settings.clock = Arc::new(move || *now.lock().unwrap());
    })
    .await;
    let body = json!({"common_name": "app.example.test", "private_key_format": "pkcs8"});
    let (_, issued) = running
        .post("pki-aws/issue/server-only", &running.token(), &body)
        .await;
    let text = |name: &str| format!("{}\n", issued["data"][name].as_str().unwrap());
    let server = ClientCertificate {
        certificate_pem: text("certificate"),
        key_pem: text("private_key").into(),
    };
    let early = running.client_certificate("a.example.test").unwrap();
    let clients = [showing(&running, &server), showing(&running, &early)];
    let flaws = ["incompatible key usage", "expired or is not yet valid"];
    for (client, flaw) in clients.iter().zip(flaws) {
        let (status, answer) = by_certificate(&running, client, json!({})).await;
        let text = error(&answer);
        let start = "failed to verify client's certificate: x509: certificate ";
        assert!(text.starts_with(start) && text.contains(flaw), "{text}");
        assert_eq!(status, 500);
        *clock.lock().unwrap() += Duration::from_secs(2 * 60 * 60);
    }
}

#[tokio::test]
async fn a_stranger_or_another_name_is_not_let_in() {
    let running = with_tls(|settings| {
        settings.certificate_role.allowed_common_names = vec!["a.example.test".into()];
        settings.certificate_role.trusts_pki = false;
    })
    .await;
    let invalid = "invalid certificate or no client certificate supplied";
    for (certificate, status, text) in [
        (running.client_certificate("a.example.test"), 200, ""),
        (
            running.client_certificate("b.example.test"),
            400,
            "no chain matching all constraints could be found for this login certificate",
        ),
        (
            running.foreign_client_certificate("a.example.test"),
            400,
            invalid,
        ),
    ] {
        let client = showing(&running, &certificate.unwrap());
        let answer = by_certificate(&running, &client, json!({})).await;
        assert_eq!((answer.0, error(&answer.1)), (status, text));
    }
}

/// Against OpenBao 2.6.2: which errors are marked, and how the others are told.
#[tokio::test]
async fn an_inline_login_says_how_it_failed() {
    let running = Running::standard().await;
    let jwt = |audience: &str| {
        let account = ServiceAccount {
            audience: audience.into(),
            ..ServiceAccount::default()
        };
        exposed(&running.service_account_token(&account).unwrap())
    };
    let sign = json!({"common_name": "app.example.test"});
    for (path, audience, target, status, marked, text) in [
        ("kubernetes", "vault", "issue/iamra", 200, false, ""),
        (
            "kubernetes",
            "api",
            "issue/iamra",
            403,
            false,
            "failed to perform inline authentication: invalid audience (aud) claim: audience claim does not match any expected audience",
        ),
        (
            "nowhere",
            "vault",
            "issue/iamra",
            403,
            true,
            "permission denied",
        ),
        (
            "kubernetes",
            "vault",
            "issue/lease",
            500,
            false,
            "requests with inline authentication cannot generate leases",
        ),
    ] {
        let parameters = [("role", "iamra".to_owned()), ("jwt", jwt(audience))];
        let login = format!("auth/{path}/login");
        let mut request = running.inline(&login, &parameters, &format!("pki-aws/{target}"));
        request = request.body(sign.to_string());
        let response = request.send().await.unwrap();
        let header = response
            .headers()
            .contains_key("x-vault-inline-auth-failed");
        let answered = response.status().as_u16();
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!((answered, header, error(&answer)), (status, marked, text));
    }
    // The certificate that nobody got is revoked.
    assert_eq!(running.revoked_serials().len(), 1);

    let mut settings = Clock::recorded().settings();
    settings.inline_auth = InlineAuth::Ignored;
    let vault = Running::with(settings).await;
    let request = vault.inline("auth/kubernetes/login", &[], "pki-aws/issue/iamra");
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 403);
}
