//! An installation as `iamra k8s manifests` prints it, and whoever has the
//! token of its service account.

use std::time::Duration;

use bytes::Bytes;
use destination::HttpClient;
use http::{Method, Request};
use serde_json::{Value, json};

use super::testbed::Testbed;
use crate::run::{Run, bare};

/// Applied, and enforced.
pub(super) struct Installed {
    pub(super) testbed: &'static Testbed,
    pub(super) namespace: String,
    pub(super) name: String,
    http: HttpClient,
    token: String,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) said: Value,
}

impl Installed {
    /// Prints, applies, and waits until the policy counts. Configurations of
    /// the same cluster need different names.
    pub(super) async fn new(testbed: &'static Testbed, config: &str, arguments: &[&str]) -> Self {
        let namespace = applied(testbed, config, arguments).await;
        let installed = Self::of_account(testbed, namespace, format!("iamra-{config}")).await;
        installed.enforced().await;
        installed
    }

    /// Whoever has the token of a service account.
    pub(super) async fn of_account(
        testbed: &'static Testbed,
        namespace: String,
        name: String,
    ) -> Self {
        let account = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
        let asked = json!({"spec": {"expirationSeconds": 3600}});
        let made = testbed.create(&account, &asked).await;
        let http = HttpClient::new(testbed.trusting());
        Self {
            testbed,
            token: made["status"]["token"].as_str().unwrap().to_owned(),
            namespace,
            name,
            http: http.unwrap(),
        }
    }

    /// The same for what has no rights in the cluster.
    pub(super) async fn without_rights(
        testbed: &'static Testbed,
        config: &str,
        arguments: &[&str],
    ) {
        applied(testbed, config, arguments).await;
    }

    /// The API server looks for new policies now and then: until it has seen
    /// ours, it lets pass what it refuses later.
    async fn enforced(&self) {
        let path = format!("/api/v1/namespaces/{}/secrets?dryRun=All", self.namespace);
        for _ in 0..120 {
            let body = json!({"metadata": {"name": "probe"}});
            let answer = self.post(&path, &body).await;
            if answer.is_by_policy() {
                return;
            }
            assert_eq!(answer.status, 201, "{}", answer.said);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("the policy is not enforced");
    }

    /// The token of its service account.
    pub(super) fn token(&self) -> String {
        self.token.clone()
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        (form, body): (&str, &Value),
    ) -> Answer {
        let base = self.testbed.base().to_string();
        let address = format!("{}{path}", base.trim_end_matches('/'));
        let body = match body {
            Value::Null => Vec::new(),
            body => serde_json::to_vec(body).unwrap(),
        };
        let request = Request::builder()
            .method(method)
            .uri(address)
            .header("content-type", form)
            .header("authorization", format!("Bearer {}", self.token));
        let request = request.body(Bytes::from(body)).unwrap();
        let answer = self.http.send(request).await.unwrap();
        Answer {
            status: answer.status.as_u16(),
            said: serde_json::from_slice(&answer.body).unwrap_or(Value::Null),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, (JSON, &Value::Null)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, (JSON, &Value::Null)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, (JSON, body)).await
    }

    pub(super) async fn merge(&self, path: &str, body: &Value) -> Answer {
        let form = "application/merge-patch+json";
        self.ask(Method::PATCH, path, (form, body)).await
    }

    pub(super) async fn json_patch(&self, path: &str, body: &Value) -> Answer {
        let form = "application/json-patch+json";
        self.ask(Method::PATCH, path, (form, body)).await
    }

    /// By server-side apply.
    pub(super) async fn apply(&self, path: &str, body: &Value) -> Answer {
        let path = format!("{path}?fieldManager=iamra&force=true");
        self.ask(Method::PATCH, &path, (APPLY, body)).await
    }
}

impl Answer {
    pub(super) fn is_by_policy(&self) -> bool {
        let message = self.said["message"].as_str().unwrap_or_default();
        self.status == 422 && message.contains("ValidatingAdmissionPolicy")
    }

    /// It must have worked.
    #[track_caller]
    pub(super) fn ok(self) -> Value {
        assert!(matches!(self.status, 200 | 201), "{}", self.said);
        self.said
    }

    /// A role does not allow it.
    #[track_caller]
    pub(super) fn denied(self) {
        assert_eq!(self.status, 403, "{}", self.said);
        let message = self.said["message"].as_str().unwrap();
        assert!(message.contains("cannot"), "{message}");
    }

    /// A role would allow it, and the policy does not.
    #[track_caller]
    pub(super) fn refused(self, why: &str) {
        assert!(self.is_by_policy(), "{} {}", self.status, self.said);
        let message = self.said["message"].as_str().unwrap();
        assert!(message.contains(why), "{message}");
    }
}

/// The documents of a stream as they are printed, without those of the
/// Prometheus operator, whose kinds are not there.
pub(super) fn documents(yaml: &str) -> Vec<String> {
    let yaml = format!("\n{yaml}");
    let documents = yaml.split("\n---\n");
    documents
        .filter(|text| !text.trim().is_empty() && !text.contains("monitoring.coreos.com/v1"))
        .map(|text| format!("{text}\n"))
        .collect()
}

/// What is printed; where pulls are meant, of some registry.
pub(super) fn printed(arguments: &[&str]) -> Run {
    let is_sidecar = arguments.iter().any(|word| word.starts_with("sidecar"));
    let region: &[&str] = if is_sidecar {
        &[]
    } else {
        &["--region", "eu-central-1"]
    };
    bare(&[&["k8s", "manifests"], arguments, region].concat()).ok()
}

/// Prints and applies; returns our own namespace.
async fn applied(testbed: &Testbed, config: &str, arguments: &[&str]) -> String {
    let namespace = testbed.namespace(json!({})).await;
    let own = ["--own-namespace", &namespace, "--config-name", config];
    let run = printed(&[&own[..], arguments].concat());
    for document in documents(&run.stdout) {
        apply(testbed, document).await;
    }
    namespace
}

pub(super) async fn apply(testbed: &Testbed, document: String) {
    let object: Value = serde_saphyr::from_str(&document).unwrap();
    let text = |place: &str| object.pointer(place).and_then(Value::as_str);
    let (version, kind) = (text("/apiVersion").unwrap(), text("/kind").unwrap());
    let api = match version {
        "v1" => "/api/v1".to_owned(),
        group => format!("/apis/{group}"),
    };
    let plural = match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{kind}s"),
    };
    let namespace = text("/metadata/namespace");
    let namespace = namespace.map_or_else(String::new, |name| format!("/namespaces/{name}"));
    let path = format!(
        "{api}{namespace}/{}/{}?fieldManager=test&fieldValidation=Strict",
        plural.to_lowercase(),
        text("/metadata/name").unwrap()
    );
    let (status, said) = testbed
        .send(Method::PATCH, &path, (APPLY, document.into_bytes()))
        .await;
    assert!(matches!(status, 200 | 201), "{path}: {said}");
}

const JSON: &str = "application/json";
const APPLY: &str = "application/apply-patch+yaml";
