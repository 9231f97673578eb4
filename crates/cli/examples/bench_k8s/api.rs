use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use destination::{ClientIdentity, Destination, HttpClient};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::Result;
use crate::testbed::Testbed;

/// The apiserver as its administrator sees it.
pub(crate) struct Api {
    http: Arc<HttpClient>,
    base: String,
    runtime: Runtime,
}

/// How often the apiserver was asked for Secrets, by the verb.
#[derive(Debug)]
pub(crate) struct Calls(BTreeMap<String, usize>);

impl Api {
    pub(crate) fn new(testbed: &Testbed) -> Result<Self> {
        let destination = Destination {
            client_identity: Some(ClientIdentity::Files {
                certificate: testbed.state("admin.crt"),
                private_key: testbed.state("admin.key"),
            }),
            ..testbed.trusting()
        };
        Ok(Self {
            http: Arc::new(HttpClient::new(destination)?),
            base: testbed.base().to_string().trim_end_matches('/').to_owned(),
            runtime: Builder::new_current_thread().enable_all().build()?,
        })
    }

    /// So many namespaces with a label, `bench-0` and so on.
    pub(crate) fn make_namespaces(&self, count: usize) -> Result {
        self.make(count, |number| {
            let metadata = json!({"name": format!("bench-{number}"), "labels": {"bench": "yes"}});
            (
                "/api/v1/namespaces".to_owned(),
                json!({"metadata": metadata}),
            )
        })
    }

    /// A Secret in each, as large as a pull secret.
    pub(crate) fn make_secrets(&self, count: usize) -> Result {
        let login = "x".repeat(3000);
        self.make(count, |number| {
            let path = format!("/api/v1/namespaces/bench-{number}/secrets");
            (
                path,
                json!({"metadata": {"name": "bare"}, "stringData": {"login": login}}),
            )
        })
    }

    fn make(&self, count: usize, object: impl Fn(usize) -> (String, Value)) -> Result {
        let made = stream::iter(0..count).map(|number| {
            let (path, object) = object(number);
            async move { self.ask(Method::POST, &path, &object.to_string()).await }
        });
        let made = made.buffer_unordered(AT_ONCE);
        self.runtime.block_on(made.try_for_each(async |_| Ok(())))
    }

    /// As the apiserver counts them.
    pub(crate) fn calls(&self) -> Result<Calls> {
        let text = self
            .runtime
            .block_on(self.ask(Method::GET, "/metrics", ""))?;
        let mut calls = BTreeMap::new();
        let lines = text.lines();
        let lines = lines.filter_map(|line| line.strip_prefix("apiserver_request_total{"));
        for line in lines.filter(|line| line.contains("resource=\"secrets\"")) {
            let (labels, count) = line.rsplit_once("} ").ok_or("no metric")?;
            let verb = labels
                .split("verb=\"")
                .nth(1)
                .and_then(|it| it.split('"').next());
            let count: usize = count.parse()?;
            *calls.entry(verb.ok_or("no verb")?.to_owned()).or_default() += count;
        }
        Ok(Calls(calls))
    }

    async fn ask(&self, method: Method, path: &str, body: &str) -> Result<String> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/json");
        let request = request.body(Bytes::copy_from_slice(body.as_bytes()))?;
        // Its metrics are more than is taken otherwise.
        let answer = self.http.open(request, PATIENCE).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok(text)
    }
}

impl Calls {
    /// What came after `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let own = self.0.iter();
        let since = own.map(|(verb, count)| {
            let before = before.0.get(verb).copied().unwrap_or_default();
            (verb.clone(), count - before)
        });
        Self(since.filter(|(_, count)| *count > 0).collect())
    }

    pub(crate) fn writes(&self) -> usize {
        let writes = ["POST", "PUT", "PATCH", "APPLY", "DELETE"];
        writes.iter().filter_map(|verb| self.0.get(*verb)).sum()
    }

    pub(crate) fn reads(&self) -> usize {
        self.0.values().sum::<usize>() - self.writes()
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.0.iter().map(|(verb, count)| format!("{count} {verb}"));
        f.write_str(&calls.collect::<Vec<_>>().join(", "))
    }
}

/// As many as `k8s run` asks at once.
const AT_ONCE: usize = 16;
const PATIENCE: Duration = Duration::from_mins(1);
