use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use refresh::FaultKind;
use tokio::net::TcpListener;

use super::reception::{Patience, one_request, receive};
use crate::context::Context;
use crate::explanation::machine;
use crate::failure::Failure;

/// Where a command's metrics are to be served, if anywhere.
pub(crate) fn metrics_address(context: &Context<'_>) -> Result<Option<SocketAddr>, Failure> {
    let Some(sourced) = context.settings.sourced("metrics-addr")? else {
        return Ok(None);
    };
    address(sourced.value.trim()).map(Some).ok_or_else(|| {
        let reason = "it must be an address and a port: 127.0.0.1:9100, 0.0.0.0:9100, [::]:9100";
        sourced.origin.invalid(reason)
    })
}

/// An IPv6 address needs no brackets: whoever has it from Kubernetes' downward API
/// cannot write them, as they do not know of which kind it is.
fn address(text: &str) -> Option<SocketAddr> {
    let whole = text.parse().ok();
    whole.or_else(|| {
        let (ip, port) = text.rsplit_once(':')?;
        let ip: std::net::Ipv6Addr = ip.parse().ok()?;
        Some(SocketAddr::new(ip.into(), port.parse().ok()?))
    })
}

/// What a long-running command tells those who watch it.
pub(crate) trait Monitored {
    /// Whether a valid value is at hand; if not, why.
    fn readiness(&self) -> Result<(), String>;

    /// Its metrics, in the text format of `OpenMetrics`.
    fn metrics(&self) -> String;

    /// What else is at a path, if anything, for whom these headers prove to be.
    async fn page(&self, _path: &str, _headers: &HeaderMap) -> Option<Page> {
        None
    }
}

/// What a command shows beside readiness and metrics.
pub(crate) struct Page(Response<Full<Bytes>>);

impl Page {
    /// A document for programs.
    #[cfg(feature = "pods")]
    pub(crate) fn json(status: StatusCode, document: &impl serde::Serialize) -> Self {
        // Texts and lists of them, into memory: that does not fail.
        let body = serde_json::to_vec(document).unwrap_or_default();
        let mut response = text(status, body);
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Self(response)
    }
}

/// The listener of `/healthz`, `/readyz` and `/metrics`, and of the pages that a
/// command has beside them. What it answers holds no secret.
pub(crate) struct Monitor {
    listener: TcpListener,
    /// Whether `/healthz` tells of readiness, too.
    tells_health: bool,
}

impl Monitor {
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, Failure> {
        let failed = |error| {
            let message = format!("cannot listen on {address}: {error}");
            Failure::new("monitor.failed", FaultKind::Configuration, message)
                .with_hint(machine::METRICS_ADDRESS.fix)
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "metrics and probes are served");
        }
        Ok(Self {
            listener,
            tells_health: false,
        })
    }

    /// The same whose `/healthz` tells whether a valid value is at hand: for
    /// who has only that one to ask.
    pub(crate) fn telling_health(self) -> Self {
        Self {
            tells_health: true,
            ..self
        }
    }

    /// Answers if there is one, for as long as this is awaited.
    pub(crate) async fn serve_if(monitor: Option<&Self>, subject: &impl Monitored) -> Infallible {
        match monitor {
            Some(monitor) => monitor.serve(subject).await,
            None => std::future::pending().await,
        }
    }

    /// Answers for as long as this is awaited.
    pub(crate) async fn serve(&self, subject: &impl Monitored) -> Infallible {
        let listeners = std::slice::from_ref(&self.listener);
        receive(listeners, MOST_CONNECTIONS, async |stream, heard| {
            one_request(stream, &PATIENCE, async |request| {
                let is_ours = OURS.contains(&request.uri().path());
                // A page may be for somebody, and until that is known others come first.
                if is_ours {
                    heard.all();
                }
                let path = match request.uri().path() {
                    "/healthz" if self.tells_health => "/readyz",
                    path => path,
                };
                let answer = answer((request.method(), path), request.headers(), subject).await;
                heard.all();
                answer
            })
            .await;
        })
        .await
    }
}

async fn answer(
    (method, path): (&Method, &str),
    headers: &HeaderMap,
    subject: &impl Monitored,
) -> Response<Full<Bytes>> {
    if ![Method::GET, Method::HEAD].contains(method) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n");
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    match path {
        // Whether Vault answers is no reason to restart us.
        "/healthz" => text(StatusCode::OK, "ok\n"),
        "/readyz" => match subject.readiness() {
            Ok(()) => text(StatusCode::OK, "ok\n"),
            Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
        },
        "/metrics" => {
            let mut response = text(StatusCode::OK, subject.metrics());
            let format = HeaderValue::from_static(OPEN_METRICS);
            response.headers_mut().insert(CONTENT_TYPE, format);
            response
        }
        _ => match subject.page(path, headers).await {
            Some(Page(response)) => response,
            None => text(StatusCode::NOT_FOUND, "/healthz, /readyz or /metrics\n"),
        },
    }
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

const OURS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const MOST_CONNECTIONS: usize = 64;
const PATIENCE: Patience = Patience {
    for_head: Duration::from_millis(500),
    for_all: Duration::from_secs(5),
    // hyper's least.
    longest_head: 8192,
};

#[cfg(test)]
mod tests {
    use super::*;

    struct Subject(Result<(), String>);

    impl Monitored for Subject {
        fn readiness(&self) -> Result<(), String> {
            self.0.clone()
        }
        fn metrics(&self) -> String {
            "# EOF\n".to_owned()
        }
    }

    #[test]
    fn an_address_is_taken_as_the_downward_api_has_it() {
        for (text, expected) in [
            ("10.0.0.1:2705", Some("10.0.0.1:2705")),
            ("[fd00::1]:2705", Some("[fd00::1]:2705")),
            ("fd00::1:2705", Some("[fd00::1]:2705")),
            ("10.0.0.1", None),
            ("fd00::1", None),
            (":2705", None),
            ("node:2705", None),
        ] {
            assert_eq!(
                address(text),
                expected.map(|it| it.parse().unwrap()),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn three_paths_and_two_methods() {
        let ready = Subject(Ok(()));
        let unready = Subject(Err("no certificate".to_owned()));
        for (method, path, subject, expected) in [
            ("GET", "/healthz", &unready, 200),
            ("GET", "/readyz", &ready, 200),
            ("GET", "/readyz", &unready, 503),
            ("HEAD", "/metrics", &ready, 200),
            ("GET", "/", &ready, 404),
            ("GET", "/metrics/", &ready, 404),
            ("POST", "/metrics", &ready, 405),
            ("DELETE", "/", &ready, 405),
        ] {
            let method = method.parse().unwrap();
            let response = answer((&method, path), &HeaderMap::new(), subject).await;
            assert_eq!(response.status(), expected, "{method} {path}");
        }
    }
}
