use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Body;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::reviewer::{Refused, Reviewer};
use crate::context::Context;
use crate::daemon::{Heard, Patience, one_request, receive};
use crate::failure::Failure;
use crate::serve;

/// Where to listen.
pub(super) fn addresses(context: &Context<'_>) -> Result<Vec<SocketAddr>, Failure> {
    let named = context.settings.list("listen")?;
    if named.is_empty() {
        return Ok(vec![EVERYWHERE]);
    }
    let addresses = named.iter().map(|text| {
        text.trim().parse().map_err(|_| {
            let message =
                format!("--listen {text:?}: it must be ADDRESS:PORT: [::]:9443, 127.0.0.1:9443");
            Failure::configuration("config.invalid", message)
        })
    });
    addresses.collect()
}

/// Binds them. A machine may be without IPv6.
pub(super) async fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = match TcpListener::bind(address).await {
            Err(_) if *address == EVERYWHERE => TcpListener::bind(EVERYWHERE_V4).await,
            bound => bound,
        };
        let listener = listener.map_err(|error| serve::unbound(&address.to_string(), &error))?;
        let address = listener.local_addr().unwrap_or(*address);
        tracing::info!(%address, "reviews are answered");
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Answers for as long as this is awaited.
pub(super) async fn serve(
    listeners: &[TcpListener],
    tls: &Arc<ServerConfig>,
    reviewer: &Reviewer,
) -> Infallible {
    let acceptor = TlsAcceptor::from(Arc::clone(tls));
    receive(listeners, MOST_CONNECTIONS, async |stream, heard| {
        converse(stream, &acceptor, (reviewer, &heard)).await;
    })
    .await
}

/// One request: with one that we end while the next one is on its way, a pod
/// would be without credentials.
async fn converse(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    (reviewer, heard): (&Reviewer, &Heard),
) {
    let handshake = tokio::time::timeout(PATIENCE_FOR_HANDSHAKE, acceptor.accept(stream));
    let stream = match handshake.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a handshake failed"),
        Err(_) => return tracing::debug!("a handshake took too long"),
    };
    let answer = async |request| {
        let answer = answer(request, (reviewer, heard)).await;
        answer.unwrap_or_else(|refused| refusal(&refused))
    };
    one_request(stream, &PATIENCE, answer).await;
}

async fn answer<B>(
    request: Request<B>,
    (reviewer, heard): (&Reviewer, &Heard),
) -> Result<Response<Full<Bytes>>, Refused>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if request.uri().path() != PATH {
        return Err(refused(StatusCode::NOT_FOUND, "there is /mutate alone"));
    }
    if request.method() != Method::POST {
        return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "POST only"));
    }
    if !is_json(request.headers()) {
        let why = "the content type must be application/json";
        return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let body = tokio::time::timeout(PATIENCE_FOR_BODY, read(request.into_body())).await;
    let body = body.map_err(|_| refused(StatusCode::REQUEST_TIMEOUT, "the body is too slow"))??;
    heard.all();
    let review = reviewer.review(&body).await?;
    let mut response = Response::new(Full::new(review.into()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

async fn read<B>(body: B) -> Result<Bytes, Refused>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let why = "the body is larger than 4 MiB";
            Err(refused(StatusCode::PAYLOAD_TOO_LARGE, why))
        }
        Err(error) => {
            tracing::debug!(%error, "a body ended early");
            Err(refused(StatusCode::BAD_REQUEST, "the body ended early"))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = value.and_then(|it| it.split(';').next());
    essence.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

fn refused(status: StatusCode, why: &str) -> Refused {
    Refused {
        status,
        why: why.to_owned(),
    }
}

/// API servers put it into the error that they log or show.
fn refusal(refused: &Refused) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(format!("{}\n", refused.why).into()));
    *response.status_mut() = refused.status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, plain);
    if refused.status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

const PATH: &str = "/mutate";
/// Both IPv6 and IPv4, where there is IPv6.
const EVERYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), PORT);
const EVERYWHERE_V4: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT);
const PORT: u16 = 9443;
const MOST_CONNECTIONS: usize = 128;
const PATIENCE_FOR_HANDSHAKE: Duration = Duration::from_secs(3);
const PATIENCE_FOR_BODY: Duration = Duration::from_secs(3);
const PATIENCE: Patience = Patience {
    for_head: Duration::from_secs(2),
    // API servers wait no longer, if nobody says otherwise.
    for_all: Duration::from_secs(10),
    longest_head: 16 * 1024,
};
/// A review has the pod twice at the most, and etcd takes 1.5 MiB.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_read() {
        for (value, expected) in [
            (Some("application/json"), true),
            (Some("application/JSON; charset=utf-8"), true),
            (Some("text/plain"), false),
            (Some("application/jsonx"), false),
            (None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            }
            assert_eq!(is_json(&headers), expected, "{value:?}");
        }
    }
}
