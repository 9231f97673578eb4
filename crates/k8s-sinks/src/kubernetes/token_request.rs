use std::time::Duration;

use http::Request;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::cluster::{Call, Cluster};
use super::names::{check_name, check_namespace};
use super::resource::SERVICE_ACCOUNT_TOKENS;
use super::wiped_json::wiped_json;
use super::{BoundPod, Error};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenRequest<'a> {
    api_version: &'static str,
    kind: &'static str,
    spec: Spec<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    audiences: [&'a str; 1],
    expiration_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_object_ref: Option<Bound<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bound<'a> {
    api_version: &'static str,
    kind: &'static str,
    name: &'a str,
    uid: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    token: SecretString,
}

impl Cluster {
    /// A token of a service account for one audience, as kubelet puts it into a
    /// pod; bound to a pod of that account where one is named, and it ends with it.
    ///
    /// The server takes no less than ten minutes, and may choose another lifetime.
    /// Needs the right to create `serviceaccounts/token`, which is as good as being
    /// that account.
    ///
    /// [TokenRequest](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/)
    pub async fn request_token(
        &self,
        (namespace, account): (&str, &str),
        (audience, lifetime): (&str, Duration),
        pod: Option<&BoundPod>,
    ) -> Result<SecretString, Error> {
        check_namespace(namespace)?;
        check_name("service account name", account)?;
        let request = TokenRequest {
            api_version: "authentication.k8s.io/v1",
            kind: "TokenRequest",
            spec: Spec {
                audiences: [audience],
                expiration_seconds: lifetime.as_secs(),
                bound_object_ref: pod.map(|pod| Bound {
                    api_version: "v1",
                    kind: "Pod",
                    name: &pod.name,
                    uid: &pod.uid,
                }),
            },
        };
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
        let built = Request::post(path).body(Vec::new());
        let built = built.map_err(kube::core::request::Error::BuildRequest);
        let right = SERVICE_ACCOUNT_TOKENS.right("create", Some(namespace), Some(account));
        let mut call = Call::with_body(right, built, wiped_json(&request))?;
        call.send_json();
        let answer: Answer = self.read(&call).await?;
        Ok(answer.status.token)
    }
}
