//! Vault's HTTP API, asked by other means than the binary.

use bytes::Bytes;
use destination::HttpClient;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// One Vault and its root token.
pub(crate) struct Api {
    url: String,
    root_token: String,
    namespace: Option<String>,
    client: HttpClient,
    runtime: Runtime,
}

/// What Vault said; `null` where it said nothing.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) document: Value,
}

/// What to ask.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) method: &'a str,
    /// Below `/v1/`.
    pub(crate) path: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) body: &'a Value,
}

impl Api {
    pub(crate) fn new(client: HttpClient, url: String, root_token: &str) -> Self {
        Self {
            url,
            root_token: root_token.to_owned(),
            namespace: None,
            client,
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    /// The same Vault, asked for what is in a namespace.
    pub(crate) fn in_namespace(&self, namespace: &str) -> Self {
        let client = HttpClient::new(self.client.destination().clone()).unwrap();
        Self {
            namespace: Some(namespace.to_owned()),
            ..Self::new(client, self.url.clone(), &self.root_token)
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn root_token(&self) -> &str {
        &self.root_token
    }

    pub(crate) fn ask(&self, question: Question<'_>) -> Answer {
        let Question { method, path, .. } = question;
        self.try_ask(question)
            .unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    pub(crate) fn try_ask(&self, question: Question<'_>) -> Result<Answer, destination::Error> {
        let uri = format!("{}/v1/{}", self.url, question.path);
        let mut request = http::Request::builder().method(question.method).uri(uri);
        for (name, value) in [
            ("X-Vault-Token", question.token),
            ("X-Vault-Namespace", self.namespace.as_deref()),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let body = match question.body {
            Value::Null => Bytes::new(),
            body => body.to_string().into(),
        };
        let request = request.body(body).unwrap();
        let response = self.runtime.block_on(self.client.send(request))?;
        Ok(Answer {
            status: response.status.as_u16(),
            document: serde_json::from_slice(&response.body).unwrap_or_default(),
        })
    }

    /// Asks as root for something that must succeed; the answer's document.
    pub(crate) fn demand(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(Question {
            method,
            path,
            token: Some(&self.root_token),
            body,
        });
        let Answer { status, document } = answer;
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {document}"
        );
        document
    }

    /// The same, with the answer wrapped for two minutes.
    pub(crate) fn demand_wrapped(&self, path: &str, body: &Value) -> Value {
        let uri = format!("{}/v1/{path}", self.url);
        let request = http::Request::post(uri)
            .header("X-Vault-Token", &self.root_token)
            .header("X-Vault-Wrap-TTL", "120s")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let response = self.runtime.block_on(self.client.send(request)).unwrap();
        serde_json::from_slice(&response.body).unwrap()
    }

    /// A token with these policies and `default`.
    pub(crate) fn token(&self, policy: &str) -> String {
        let body = serde_json::json!({ "policies": [policy] });
        let document = self.demand("POST", "auth/token/create", &body);
        document["auth"]["client_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}
