//! JWT, certificate, userpass, and none at all.

use refresh::{Fault as _, FaultKind};
use secrecy::SecretString;
use serde_json::{Value, json};
use vault_pki::{
    CertificateLogin, Error, JwtLogin, JwtSource, LoginMethod, NoLogin, SecretSource, UserpassLogin,
};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer};

use crate::authority::Authority;
use crate::server::{self, SIGN};

fn jwt(role: Option<&str>, source: impl JwtSource + 'static) -> Box<dyn LoginMethod> {
    Box::new(JwtLogin {
        mount: "jwt".parse().unwrap(),
        role: role.map(str::to_owned),
        source: Box::new(source),
    })
}

fn certificate() -> Box<dyn LoginMethod> {
    Box::new(CertificateLogin {
        mount: "cert".parse().unwrap(),
        role: Some("web".to_owned()),
    })
}

fn userpass() -> Box<dyn LoginMethod> {
    Box::new(UserpassLogin {
        mount: "userpass".parse().unwrap(),
        username: "u/1".to_owned(),
        password: SecretSource::Text("p1".into()),
    })
}

/// A source that the caller brings, as one that runs a command.
#[derive(Debug)]
struct Command(Result<&'static str, FaultKind>);

#[async_trait::async_trait]
impl JwtSource for Command {
    fn is_repeatable(&self) -> bool {
        true
    }

    async fn jwt(&self) -> Result<SecretString, Error> {
        self.0
            .map(SecretString::from)
            .map_err(|fault| Error::NoJwt {
                origin: "the command print-jwt".to_owned(),
                reason: "it exited with 1".to_owned(),
                fault,
            })
    }
}

#[tokio::test]
async fn each_sends_what_vault_wants_and_reads_the_recorded_answer() {
    let text = || SecretSource::Text("e30.e30.x\n".into());
    for (login, at, recording, body, is_repeatable) in [
        (
            jwt(Some("gha"), text()),
            "/v1/auth/jwt/login",
            "115-jwt-login",
            json!({"role": "gha", "jwt": "e30.e30.x"}),
            false,
        ),
        (
            jwt(None, Command(Ok("e30.e30.y"))),
            "/v1/auth/jwt/login",
            "115-jwt-login",
            json!({"jwt": "e30.e30.y"}),
            true,
        ),
        (
            certificate(),
            "/v1/auth/cert/login",
            "203-cert-login",
            json!({"name": "web"}),
            true,
        ),
        (
            userpass(),
            "/v1/auth/userpass/login/u%2F1",
            "110-userpass-login",
            json!({"password": "p1"}),
            true,
        ),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, at, 0, server::recording(recording)).await;
        assert_eq!(login.is_repeatable(), is_repeatable, "{recording}");
        let vault = server::vault(server::settings(&server), login);
        let session = vault.session().await.unwrap();
        assert!(session.is_ours && session.is_renewable, "{recording}");
        assert_eq!(session.lifetime.unwrap().duration().as_secs(), 1200);
        assert_eq!(server::body(&server, 0).await, body, "{recording}");
    }
}

#[tokio::test]
async fn refused_logins_say_what_to_compare() {
    type Login = fn() -> Box<dyn LoginMethod>;
    let by_jwt: Login = || jwt(Some("gha"), SecretSource::Text("e30.e30.x".into()));
    let (at_jwt, at_cert) = ("/v1/auth/jwt/login", "/v1/auth/cert/login");
    let by_app_role: Login = || Box::new(server::app_role());
    let at_app_role = "/v1/auth/approle/login";
    for (login, at, recording, hint) in [
        (by_jwt, at_jwt, "116-jwt-login-wrong-aud", "bound_audiences"),
        (by_jwt, at_jwt, "117-jwt-login-expired", "clocks"),
        (by_jwt, at_jwt, "118-jwt-login-bad-claim", "bound_claims"),
        (by_jwt, at_jwt, "119-jwt-login-no-role", "create the role"),
        (by_jwt, at_jwt, "121-jwt-login-garbage", "issuer"),
        (
            certificate,
            at_cert,
            "205-cert-login-wrongname",
            "allowed_common_names",
        ),
        (
            certificate,
            at_cert,
            "206-cert-login-nocert",
            "show a client certificate",
        ),
        (
            userpass,
            "/v1/auth/userpass/login/u%2F1",
            "111-userpass-login-bad",
            "name and password",
        ),
        (
            by_app_role,
            at_app_role,
            "085-approle-login-bad-secret",
            "secret_id_ttl",
        ),
        (
            by_app_role,
            at_app_role,
            "086-approle-login-bad-role",
            "role_id",
        ),
        (
            by_app_role,
            at_app_role,
            "087-approle-login-missing-secret",
            "bind_secret_id",
        ),
    ] {
        let server = MockServer::start().await;
        server::answer(&server, at, 0, server::recording(recording)).await;
        let vault = server::vault(server::settings(&server), login());
        let error = vault.session().await.unwrap_err();
        assert_eq!(error.fault(), FaultKind::Denied, "{recording}");
        assert!(
            error.hint().unwrap().contains(hint),
            "{recording}: {:?}",
            error.hint()
        );
        assert_eq!(server::asked(&server).await.len(), 1, "{recording}");
    }
}

#[tokio::test]
async fn a_source_that_fails_says_who_and_why() {
    let server = MockServer::start().await;
    for fault in [FaultKind::Configuration, FaultKind::Unavailable] {
        let login = jwt(None, Command(Err(fault)));
        let vault = server::vault(server::settings(&server), login);
        let error = vault.session().await.unwrap_err();
        assert_eq!(error.fault(), fault);
        let expected = "no JWT from the command print-jwt: it exited with 1";
        assert_eq!(error.to_string(), expected);
    }
    assert!(server::asked(&server).await.is_empty());
}

#[tokio::test]
async fn behind_an_agent_no_token_is_sent_and_none_revoked() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(SIGN))
        .respond_with(Authority::new().responder())
        .mount(&server)
        .await;
    let vault = server::vault(server::settings(&server), Box::new(NoLogin::default()));
    vault.sign(&server::app(), server::noon()).await.unwrap();
    assert!(vault.rest().await.unwrap().is_none());
    assert!(vault.finish().await.unwrap().is_none());
    assert_eq!(server::asked(&server).await, [SIGN]);
    assert_eq!(server::header(&server, 0, "x-vault-token").await, None);
    let sent = server::header(&server, 0, "x-vault-request").await;
    assert_eq!(sent.as_deref(), Some("true"));
    assert!(vault.take_logins().is_empty());
    assert_eq!(
        server::body(&server, 0).await["common_name"],
        Value::from("app.example.test")
    );
}
