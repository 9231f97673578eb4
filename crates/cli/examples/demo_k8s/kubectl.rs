use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use destination::{Destination, HttpClient};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::Result;
use crate::pull_secret::PullSecret;
use crate::testbed::Testbed;

/// What kubectl would send as the administrator, and say.
pub(crate) struct Kubectl<'a> {
    testbed: &'a Testbed,
    runtime: Handle,
}

impl<'a> Kubectl<'a> {
    pub(crate) fn new(testbed: &'a Testbed, runtime: Handle) -> Self {
        Self { testbed, runtime }
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.testbed.kubeconfig()
    }

    pub(crate) fn create_namespace(&self, name: &str) -> Result {
        println!("   $ kubectl create namespace {name}");
        let namespace = json!({"metadata": {"name": name}});
        self.done(Method::POST, "/api/v1/namespaces", &namespace)?;
        println!("   namespace/{name} created");
        Ok(())
    }

    pub(crate) fn label_namespace(&self, name: &str, (key, value): (&str, &str)) -> Result {
        println!("   $ kubectl label namespace {name} {key}={value}");
        let label = json!({"metadata": {"labels": {key: value}}});
        let path = format!("/api/v1/namespaces/{name}");
        self.done(Method::PATCH, &path, &label)?;
        println!("   namespace/{name} labeled");
        Ok(())
    }

    pub(crate) fn delete_secret(&self, namespace: &str) -> Result {
        println!("   $ kubectl delete secret -n {namespace} {NAME}");
        self.done(Method::DELETE, &path(namespace), &Value::Null)?;
        println!("   secret \"{NAME}\" deleted");
        Ok(())
    }

    /// All pull secrets with iamra's label: their namespaces.
    pub(crate) fn list_secrets(&self) -> Result<Vec<String>> {
        println!("   $ kubectl get secrets -A -l app.kubernetes.io/managed-by=iamra");
        let path = "/api/v1/secrets?labelSelector=app.kubernetes.io%2Fmanaged-by%3Diamra";
        let list = self.done(Method::GET, path, &Value::Null)?;
        let mut holders = Vec::new();
        println!("   {:<10} {:<20} TYPE", "NAMESPACE", "NAME");
        for item in list["items"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let meta = &item["metadata"];
            let (namespace, name) = (text(&meta["namespace"]), text(&meta["name"]));
            println!("   {namespace:<10} {name:<20} {}", text(&item["type"]));
            if name == NAME {
                holders.push(namespace);
            }
        }
        holders.sort_unstable();
        Ok(holders)
    }

    /// The pull secret of a namespace, which has to be there.
    pub(crate) fn secret(&self, namespace: &str) -> Result<PullSecret> {
        PullSecret::of(&self.done(Method::GET, &path(namespace), &Value::Null)?)
    }

    /// Waits for a pull secret that is like that.
    pub(crate) fn until(
        &self,
        namespace: &str,
        what: impl Fn(&PullSecret) -> bool,
    ) -> Result<PullSecret> {
        for _ in 0..3000 {
            // Where there is none, the answer is an error.
            if let Ok(secret) = self.secret(namespace)
                && what(&secret)
            {
                return Ok(secret);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(format!("{namespace} has no such Secret").into())
    }

    /// What a registry says to a login.
    pub(crate) fn registry(&self, url: &str, secret: &PullSecret) -> Result<StatusCode> {
        let request = Request::get(url)
            .header("authorization", secret.authorization()?)
            .body(Bytes::new())?;
        let http = HttpClient::new(Destination::default())?;
        Ok(self.runtime.block_on(http.send(request))?.status)
    }

    fn done(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let what = format!("{method} {path}");
        match self.ask(method, path, body) {
            (200..300, object) => Ok(object),
            (status, refusal) => Err(format!("{what}: {status}, {}", refusal["message"]).into()),
        }
    }

    fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        self.runtime.block_on(self.testbed.ask(method, path, body))
    }
}

fn path(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets/{NAME}")
}

/// What iamra calls a pull secret that nobody has named.
pub(crate) const NAME: &str = "ecr-pull";
