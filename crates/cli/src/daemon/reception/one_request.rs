use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

/// What is borne of one connection.
pub(crate) struct Patience {
    /// How long the head of a request may take.
    pub(crate) for_head: Duration,
    /// How long all of it may take.
    pub(crate) for_all: Duration,
    /// In bytes.
    pub(crate) longest_head: usize,
}

/// Answers one request. A connection is not kept: nobody can hold one for long,
/// and none ends while the next request is on its way.
pub(crate) async fn one_request(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    patience: &Patience,
    answer: impl AsyncFn(Request<Incoming>) -> Response<Full<Bytes>>,
) {
    let service = service_fn(async |request| Ok::<_, Infallible>(answer(request).await));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.for_head)
        .keep_alive(false)
        .max_buf_size(patience.longest_head)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(patience.for_all, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        Err(_) => tracing::debug!("a request took too long"),
    }
}
