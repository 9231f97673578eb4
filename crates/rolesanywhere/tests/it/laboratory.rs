//! A sandbox with a client for it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use destination::{Destination, HttpClient, Roots};
use http::Request;
use iamra_sandbox::{Sandbox, Settings};
use refresh::{Backoff, Clock as _, Retry, SystemClock};
use rolesanywhere::{Identity, PemSources, RolesAnywhere, SessionRequest, Sts};
use secrecy::ExposeSecret as _;

pub(crate) struct Laboratory {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Arc<HttpClient>,
}

impl Laboratory {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(Arc::new(|| SystemClock.now()));
        change(&mut settings);
        let sandbox = Sandbox::bind(settings).await.unwrap();
        tokio::spawn(sandbox.serve());
        let roots = sandbox
            .aws_ca_pem()
            .map_or(Roots::System, |pem| Roots::Pem(pem.into()));
        let http = client(roots);
        Self { sandbox, http }
    }

    pub(crate) fn roles_anywhere(&self) -> RolesAnywhere {
        RolesAnywhere::new(Arc::clone(&self.http))
            .with_endpoint(self.sandbox.aws_url().parse().unwrap())
            .with_retry(Retry {
                attempts: 3,
                backoff: Backoff {
                    base: Duration::from_millis(1),
                    cap: Duration::from_secs(2),
                },
                within: Duration::from_secs(3),
            })
    }

    pub(crate) fn sts(&self) -> Sts {
        Sts::new(Arc::clone(&self.http), self.request().region().clone())
            .with_endpoint(self.sandbox.aws_url().parse().unwrap())
    }

    pub(crate) fn request(&self) -> SessionRequest {
        SessionRequest::new(
            self.sandbox.trust_anchor_arn().parse().unwrap(),
            self.sandbox.profile_arn().parse().unwrap(),
            self.sandbox.role_arn().parse().unwrap(),
        )
        .unwrap()
    }

    /// What the sandbox's Vault issues for `role`.
    pub(crate) async fn identity(&self, role: &str) -> Identity {
        let request = Request::post(format!(
            "{}/v1/pki-aws/issue/{role}",
            self.sandbox.vault_http_url()
        ))
        .header(
            "X-Vault-Token",
            self.sandbox.vault_root_token().expose_secret(),
        )
        .body(Bytes::from(r#"{"common_name":"app.example.test"}"#))
        .unwrap();
        let response = client(Roots::System).send(request).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        let data = &answer["data"];
        let text = |value: &serde_json::Value| {
            value
                .as_str()
                .unwrap_or_else(|| panic!("{answer}"))
                .to_owned()
        };
        let chain = data["ca_chain"].as_array().unwrap();
        let chain: Vec<String> = chain.iter().map(text).collect();
        Identity::from_pem(PemSources {
            certificate: text(&data["certificate"]).as_bytes(),
            private_key: Some(text(&data["private_key"]).as_bytes()),
            intermediates: Some(chain.join("\n").as_bytes()),
        })
        .unwrap()
    }
}

/// A client that gives up within a second.
pub(crate) fn client(roots: Roots) -> Arc<HttpClient> {
    let destination = Destination {
        roots,
        timeout: Duration::from_secs(1),
        ..Destination::default()
    };
    Arc::new(HttpClient::new(destination).unwrap())
}
