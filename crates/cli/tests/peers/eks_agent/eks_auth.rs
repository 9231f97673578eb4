//! EKS Auth, as far as its agent asks it: `AssumeRoleForPodIdentity`.
//!
//! Statuses and codes are those of
//! <https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumeRoleForPodIdentity.html>.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use refresh::Clock as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::background::Background;
use crate::laboratory::runtime;

/// What the service makes of a token.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    Genuine,
    /// Its signature or its audience.
    Invalid,
    /// The account has no association.
    NoRole,
}

pub(super) struct EksAuth {
    _server: Background,
    pub(super) url: String,
}

impl EksAuth {
    /// Whoever is not listed is invalid.
    pub(super) fn start(known: BTreeMap<String, Verdict>) -> Self {
        let runtime = runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self {
            _server: Background::serve(runtime, serve(listener, Arc::new(known))),
            url,
        }
    }
}

async fn serve(listener: TcpListener, known: Arc<BTreeMap<String, Verdict>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let known = Arc::clone(&known);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &known));
            let connection = hyper::server::conn::http1::Builder::new();
            // The agent may hang up.
            let _ = connection
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    known: &BTreeMap<String, Verdict>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(
        request.uri().path(),
        "/clusters/c1/assume-role-for-pod-identity"
    );
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let verdict = known.get(asked["token"].as_str().unwrap());
    let (status, code, document) = match verdict.copied().unwrap_or(Verdict::Invalid) {
        Verdict::Genuine => (200, None, credentials()),
        Verdict::Invalid => (
            400,
            Some("InvalidTokenException"),
            json!({"message": "no valid token"}),
        ),
        Verdict::NoRole => (
            404,
            Some("ResourceNotFoundException"),
            json!({"message": "no association"}),
        ),
    };
    let mut response = Response::builder()
        .status(status)
        .header("x-amzn-requestid", "8d2a2d0c-0000-4000-8000-000000000000");
    if let Some(code) = code {
        response = response.header("x-amzn-errortype", code);
    }
    Ok(response.body(document.to_string().into()).unwrap())
}

fn credentials() -> Value {
    let end = refresh::SystemClock.now() + Duration::from_secs(3600);
    let end = end.duration_since(UNIX_EPOCH).unwrap().as_secs();
    json!({
        "subject": {"namespace": "shop", "serviceAccount": "web"},
        "audience": "pods.eks.amazonaws.com",
        "podIdentityAssociation": {
            "associationArn": "arn:aws:eks:eu-west-1:123456789012:podidentityassociation/c1/a-1",
            "associationId": "a-1",
        },
        "assumedRoleUser": {
            "arn": "arn:aws:sts::123456789012:assumed-role/web/s",
            "assumeRoleId": "AROA:s",
        },
        "credentials": {
            "accessKeyId": "ASIAEXAMPLE",
            "secretAccessKey": "secret",
            "sessionToken": "session",
            "expiration": end,
        },
    })
}
