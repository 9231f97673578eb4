//! What the tests have in common: settings, a clock, answers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use refresh::{Clock, Sleep};
use serde_json::{Value, json};
use vault_pki::{
    AppRoleLogin, CertificateRequest, KubernetesLogin, LoginMethod, Names, SecretSource,
    TokenLogin, Vault, VaultSettings,
};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const SIGN: &str = "/v1/pki-aws/sign/app";
pub(crate) const ISSUE: &str = "/v1/pki-aws/issue/app";
pub(crate) const LOGIN: &str = "/v1/auth/kubernetes/login";
pub(crate) const REVOKE: &str = "/v1/auth/token/revoke-self";

/// Noon of the day on which the test CA's certificates are valid.
pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400)
}

/// A clock whose waits are over at once, and remembered.
#[derive(Clone, Debug)]
pub(crate) struct ImpatientClock(Arc<Mutex<(SystemTime, Vec<Duration>)>>);

impl ImpatientClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new((noon(), Vec::new()))))
    }

    pub(crate) fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap().1.clone()
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.0.lock().unwrap().0 += duration;
    }
}

impl Clock for ImpatientClock {
    fn now(&self) -> SystemTime {
        self.0.lock().unwrap().0
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        self.0.lock().unwrap().1.push(duration);
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

pub(crate) fn settings(server: &MockServer) -> VaultSettings {
    VaultSettings {
        address: server.uri().parse().unwrap(),
        ..VaultSettings::default()
    }
}

pub(crate) fn token(text: &str) -> Box<dyn LoginMethod> {
    Box::new(TokenLogin::new(&text.into()).unwrap())
}

pub(crate) fn vault(settings: VaultSettings, login: Box<dyn LoginMethod>) -> Vault {
    Vault::new(settings, login, Arc::new(ImpatientClock::new())).unwrap()
}

pub(crate) fn request(names: Names) -> CertificateRequest {
    CertificateRequest::new("pki-aws".parse().unwrap(), "app".parse().unwrap(), names)
}

pub(crate) fn app() -> CertificateRequest {
    request(Names::common_name("app.example.test"))
}

pub(crate) fn errors(status: u16, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"errors": [text]}))
}

/// The answer to a login that gives `token` for 20 minutes.
pub(crate) fn logged_in(token: &str) -> ResponseTemplate {
    let auth = json!({
        "client_token": token, "accessor": "acc", "policies": ["default"], "renewable": true,
        "lease_duration": 1200, "mfa_requirement": null, "token_type": "service",
    });
    ResponseTemplate::new(200).set_body_json(json!({"data": null, "auth": auth}))
}

/// Answers `POST`s to `at`: the first `times` of them, or all for 0.
pub(crate) async fn answer(server: &MockServer, at: &str, times: u64, answer: ResponseTemplate) {
    let mock = Mock::given(method("POST"))
        .and(path(at))
        .respond_with(answer);
    let mock = if times == 0 {
        mock
    } else {
        mock.up_to_n_times(times)
    };
    mock.mount(server).await;
}

/// The paths that were asked for, in their order.
pub(crate) async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect()
}

/// A header of the request with that number.
pub(crate) async fn header(server: &MockServer, number: usize, name: &str) -> Option<String> {
    let requests = server.received_requests().await.unwrap();
    let value = requests[number].headers.get(name)?;
    Some(value.to_str().unwrap().to_owned())
}

/// The JSON body of the request with that number.
pub(crate) async fn body(server: &MockServer, number: usize) -> Value {
    server.received_requests().await.unwrap()[number]
        .body_json()
        .unwrap()
}

/// A login by a service account, with a file that is always there.
pub(crate) fn kubernetes() -> Box<dyn LoginMethod> {
    Box::new(KubernetesLogin {
        mount: "kubernetes".parse().unwrap(),
        role: "app".to_owned(),
        jwt_file: concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into(),
    })
}

/// A login that may be had once.
pub(crate) fn app_role() -> AppRoleLogin {
    let text = |text: &str| SecretSource::Text(text.into());
    AppRoleLogin::new("approle".parse().unwrap(), text("r"), Some(text("s")))
}

/// The recorded answer of a real server.
pub(crate) fn recording(name: &str) -> ResponseTemplate {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/recordings");
    let text = std::fs::read(format!("{folder}/{name}.json")).unwrap();
    let recording: Value = serde_json::from_slice(&text).unwrap();
    let status = recording["status"].as_u64().unwrap();
    let mut answer = ResponseTemplate::new(u16::try_from(status).unwrap());
    for (name, value) in recording["headers"].as_object().into_iter().flatten() {
        answer = answer.insert_header(name.as_str(), value.as_str().unwrap());
    }
    answer.set_body_json(&recording["response"])
}
