use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use destination::{AnswerBody, HttpClient};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use refresh::{Backoff, Clock, Retry, SystemClock};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::authorization::Authorization;
use super::gate::Gate;
use super::refusal::refusal;
use super::{Error, Right};

/// A Kubernetes cluster, and who we are in it.
///
/// Requests go over an [`HttpClient`], so that trust, proxies and deadlines are
/// those of that destination. What the server cannot answer now is tried again
/// for a while; nothing else is.
#[derive(Clone)]
pub struct Cluster {
    http: Arc<HttpClient>,
    base: Uri,
    authorization: Arc<dyn Authorization>,
    clock: Arc<dyn Clock>,
    retry: Retry,
}

/// A request as kube builds it.
pub(crate) type Built = Result<Request<Vec<u8>>, kube::core::request::Error>;

/// A request, and the right that it takes.
pub(crate) struct Call {
    pub(crate) right: Right,
    request: Request<Bytes>,
    gate: Option<Gate>,
}

impl Cluster {
    /// The cluster at `base`, `https://10.0.0.1:6443`. Connects to nobody.
    pub fn new(http: HttpClient, base: Uri, authorization: Arc<dyn Authorization>) -> Self {
        Self {
            http: Arc::new(http),
            base,
            authorization,
            clock: Arc::new(SystemClock),
            retry: RETRY,
        }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The same with another policy of trying again; usually five attempts
    /// within 30 seconds.
    #[must_use]
    pub fn with_retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// By which its users date what they do.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Sends a request until there is an answer, and reads it.
    pub(crate) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let body = self.bytes(call).await?;
        call.parsed(&body)
    }

    /// The same; `None` where it is not there.
    pub(crate) async fn find<T: DeserializeOwned>(&self, call: &Call) -> Result<Option<T>, Error> {
        match self.read(call).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same as the bytes that came, which may hold secrets.
    pub(crate) async fn bytes(&self, call: &Call) -> Result<Zeroizing<Vec<u8>>, Error> {
        let late = |after, last| Error::DeadlineExceeded { after, last };
        // Where the gate is closed, another attempt would not help.
        let once = async |_| match call.gate.as_ref().map_or(Ok(()), Gate::pass) {
            Ok(()) => self.once(call).await.map(Ok),
            Err(closed) => Ok(Err(closed)),
        };
        self.retry.run_in_time(&*self.clock, late, once).await?
    }

    /// Sends a request once, for those who have a loop of their own.
    pub(crate) async fn once(&self, call: &Call) -> Result<Zeroizing<Vec<u8>>, Error> {
        let within = self.http.destination().timeout;
        let answer = self.open(call, within).await?;
        collected(call, answer.into_body()).await
    }

    /// The same, and gives it up when it takes longer.
    pub(crate) async fn once_within(
        &self,
        call: &Call,
        within: Duration,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let ended = tokio::time::timeout(within, self.once(call)).await;
        ended.unwrap_or(Err(Error::DeadlineExceeded {
            after: within,
            last: None,
        }))
    }

    /// Sends a request whose answer comes piece by piece.
    pub(crate) async fn open(
        &self,
        call: &Call,
        within: Duration,
    ) -> Result<Response<AnswerBody>, Error> {
        match self.sent(call, within).await {
            Err(Error::Unauthorized { .. }) if self.authorization.refused().await => {
                self.sent(call, within).await
            }
            ended => ended,
        }
    }

    async fn sent(&self, call: &Call, within: Duration) -> Result<Response<AnswerBody>, Error> {
        let mut request = self.addressed(call)?;
        if let Some(header) = self.authorization.header().await? {
            request.headers_mut().insert(AUTHORIZATION, header);
        }
        let answer = self.http.open(request, within).await;
        let answer = answer.map_err(|source| Error::NoAnswer { source })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (parts, body) = answer.into_parts();
        let body = collected(call, body).await?;
        Err(refusal(&call.right, parts.status, &parts.headers, &body))
    }

    /// The request at this cluster, whose address may end in a path.
    fn addressed(&self, call: &Call) -> Result<Request<Bytes>, Error> {
        let mut request = call.request.clone();
        let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
        let prefix = self.base.path().trim_end_matches('/');
        let mut parts = self.base.clone().into_parts();
        let address = [prefix, path].concat();
        parts.path_and_query = address.parse().ok();
        *request.uri_mut() = Uri::from_parts(parts).map_err(|error| Error::Invalid {
            what: "address",
            value: address,
            reason: error.to_string(),
        })?;
        Ok(request)
    }
}

impl Call {
    /// A request as kube builds it.
    pub(crate) fn new(right: Right, request: Built) -> Result<Self, Error> {
        let request = built(&right, request)?.map(Bytes::from);
        Ok(Self {
            right,
            request,
            gate: None,
        })
    }

    /// The same with a body of ours, because it may be a secret: it is wiped
    /// when it was sent.
    pub(crate) fn with_body(
        right: Right,
        request: Built,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Self, Error> {
        let body = Bytes::from_owner(Wiped(body));
        let request = built(&right, request)?.map(|_| body);
        Ok(Self {
            right,
            request,
            gate: None,
        })
    }

    /// Each attempt asks this gate first.
    pub(crate) fn ask_first(&mut self, gate: &Gate) {
        self.gate = Some(gate.clone());
    }

    /// Asks for another representation of the answer.
    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }

    /// Asks for an answer without an object's values.
    pub(crate) fn ask_for_metadata(&mut self) {
        let metadata = HeaderValue::from_static(METADATA_ONLY);
        self.headers_mut().insert(ACCEPT, metadata);
    }

    /// Says that the body is JSON, for a request that kube does not build.
    pub(crate) fn send_json(&mut self) {
        let form = HeaderValue::from_static("application/json");
        self.headers_mut().insert(CONTENT_TYPE, form);
    }

    /// Says that the body is a JSON Patch (RFC 6902): kube's own needs another
    /// crate for the same few bytes.
    pub(crate) fn send_json_patch(&mut self) {
        let form = HeaderValue::from_static("application/json-patch+json");
        self.headers_mut().insert(CONTENT_TYPE, form);
    }

    /// What an answer says.
    pub(crate) fn parsed<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Error> {
        serde_json::from_slice(body).map_err(|error| self.unusable(&error))
    }

    /// The error where an answer is none. Its text holds no value of the answer.
    pub(crate) fn unusable(&self, error: &serde_json::Error) -> Error {
        Error::Unusable {
            what: self.right.to_string(),
            reason: format!("line {}, column {}", error.line(), error.column()),
        }
    }
}

/// Shows where to, never the authorization.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

fn built(right: &Right, request: Built) -> Result<Request<Vec<u8>>, Error> {
    request.map_err(|error| Error::Invalid {
        what: "request",
        value: right.to_string(),
        reason: error.to_string(),
    })
}

/// Memory that is wiped when the last one who sends it is done.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The whole of an answer, in memory that is wiped. Its size is known as a rule;
/// where it is not, a larger buffer takes the place of one that is wiped.
async fn collected(call: &Call, mut body: AnswerBody) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut whole = Zeroizing::new(Vec::with_capacity(EXPECTED));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|source| Error::NoAnswer { source })?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if whole.len() + data.len() > LARGEST_ANSWER {
            return Err(Error::Unusable {
                what: call.right.to_string(),
                reason: format!("it is larger than {LARGEST_ANSWER} bytes"),
            });
        }
        if whole.capacity() - whole.len() < data.len() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * (whole.len() + data.len())));
            larger.extend_from_slice(&whole);
            whole = larger;
        }
        whole.extend_from_slice(data);
    }
    Ok(whole)
}

const RETRY: Retry = Retry {
    attempts: 5,
    backoff: Backoff {
        base: Duration::from_millis(500),
        cap: Duration::from_secs(10),
    },
    within: Duration::from_secs(30),
};

const EXPECTED: usize = 4096;

/// The largest Secret that the API gives is 1 MiB of values, a third more in
/// base64, and its metadata; of a list a page comes at once, with up to 256 KiB of
/// annotations of each, which hardly anything has.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
