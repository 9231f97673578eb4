//! A sandbox that answers for the length of a test, and a client for it.

use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use iamra_sandbox::{ClientCertificate, Sandbox, ServiceAccount, Settings};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// When the recordings were made.
pub(crate) const RECORDED_AT: Duration = Duration::from_secs(1_795_237_529);

/// The time that a test sets.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Mutex<SystemTime>>);

impl Clock {
    pub(crate) fn recorded() -> Self {
        Self(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + RECORDED_AT)))
    }

    pub(crate) fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    pub(crate) fn advance(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }

    pub(crate) fn set(&self, time: SystemTime) {
        *self.0.lock().unwrap() = time;
    }

    pub(crate) fn settings(&self) -> Settings {
        let clock = self.clone();
        Settings::new(Arc::new(move || clock.now()))
    }
}

/// A sandbox being served; it stops when this is dropped.
pub(crate) struct Running {
    sandbox: Sandbox,
    pub(crate) client: Client,
    serving: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn with(settings: Settings) -> Self {
        let sandbox = Sandbox::bind(settings).await.unwrap();
        Self {
            serving: tokio::spawn(sandbox.serve()),
            client: client(&[]),
            sandbox,
        }
    }

    pub(crate) async fn standard() -> Self {
        Self::with(Clock::recorded().settings()).await
    }

    /// Posts JSON to Vault with a token.
    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/v1/{path}", self.vault_http_url());
        let request = self.client.post(url).header("x-vault-token", token);
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// A request that brings its login along.
    pub(crate) fn inline(
        &self,
        login: &str,
        parameters: &[(&str, String)],
        path: &str,
    ) -> RequestBuilder {
        let url = format!("{}/v1/{path}", self.vault_http_url());
        let request = self.client.post(url);
        let request = request.header("x-vault-inline-auth-path", login);
        parameters.iter().fold(request, |request, (key, value)| {
            let parameter = json!({"key": key, "value": value}).to_string();
            let name = format!("x-vault-inline-auth-parameter-{key}");
            request.header(name, URL_SAFE_NO_PAD.encode(parameter))
        })
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        self.read(Method::GET, path, token).await
    }

    pub(crate) async fn list(&self, path: &str, token: &str) -> (u16, Value) {
        let method = Method::from_bytes(b"LIST").unwrap();
        self.read(method, path, token).await
    }

    async fn read(&self, method: Method, path: &str, token: &str) -> (u16, Value) {
        let url = format!("{}/v1/{path}", self.vault_http_url());
        let request = self.client.request(method, url);
        let request = request.header("x-vault-token", token);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Logs in with the service account that may, and gives the token.
    pub(crate) async fn log_in(&self, role: &str) -> String {
        let jwt = self
            .sandbox
            .service_account_token(&ServiceAccount::default());
        let body = json!({"role": role, "jwt": jwt.unwrap().expose_secret()});
        let (status, answer) = self.post("auth/kubernetes/login", "", &body).await;
        assert_eq!(status, 200, "{answer}");
        let token = answer["auth"]["client_token"].as_str();
        token.unwrap().to_owned()
    }

    /// The default issuer's id.
    pub(crate) async fn issuer_id(&self) -> String {
        let (_, answer) = self.get("pki-aws/issuer/default/json", "").await;
        answer["data"]["issuer_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn token(&self) -> String {
        self.sandbox.vault_token().expose_secret().to_owned()
    }
}

impl Deref for Running {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A client that follows no redirect and trusts exactly these authorities.
pub(crate) fn client(authorities: &[&str]) -> Client {
    builder(authorities).build().unwrap()
}

/// The same for one authority, with a certificate to show.
pub(crate) fn client_with(authority: &str, shown: Option<&ClientCertificate>) -> Client {
    let mut builder = builder(&[authority]);
    if let Some(shown) = shown {
        let pem = [shown.key_pem.expose_secret(), &shown.certificate_pem].concat();
        let identity = reqwest::Identity::from_pem(pem.as_bytes()).unwrap();
        builder = builder.identity(identity);
    }
    builder.build().unwrap()
}

/// What [`client`] is made from.
pub(crate) fn builder(authorities: &[&str]) -> reqwest::ClientBuilder {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    // Another test may have been first.
    let _ = provider.install_default();
    let authorities = authorities
        .iter()
        .map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    Client::builder()
        .tls_certs_only(authorities)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .no_proxy()
}
