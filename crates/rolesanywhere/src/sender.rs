use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use destination::{HttpClient, Response};
use http::{HeaderMap, Request, StatusCode, header};
use refresh::{Backoff, Clock, Retry, SystemClock};

use crate::refusal::{Refusal, one_line};
use crate::{ClockSkew, ClockSkewPolicy, EndpointUrl, Error};

/// Sends signed requests to one service: deadline, attempts that are signed
/// anew, and the clock that they are dated with.
#[derive(Debug)]
pub(crate) struct Sender {
    http: Arc<HttpClient>,
    pub(crate) endpoint: Option<EndpointUrl>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retry: Retry,
    pub(crate) skew_policy: ClockSkewPolicy,
    skew: Mutex<Option<ClockSkew>>,
}

/// One operation of a service.
pub(crate) trait Operation {
    /// Its name in errors.
    const NAME: &'static str;
    /// Whether the request bears a time: without one, no refusal of it is due to
    /// a clock that is off.
    const IS_DATED: bool = true;

    /// The request, signed for `time`.
    fn signed(&self, endpoint: &EndpointUrl, time: SystemTime) -> Result<Request<Bytes>, Error>;

    /// The error document of an answer, if it is one of the service's.
    fn refusal(&self, response: &Response) -> Option<Refusal>;
}

/// A success, and when it was asked for.
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// By our clock.
    pub(crate) sent_at: SystemTime,
    /// By the service's clock, as far as we know it.
    pub(crate) signed_at: SystemTime,
    /// How the two differ.
    pub(crate) skew: Option<ClockSkew>,
}

/// A failure, with what is needed to judge the clock.
struct Failed {
    error: Error,
    headers: HeaderMap,
    signed_at: SystemTime,
}

impl Sender {
    /// At most three attempts within thirty seconds.
    pub(crate) fn new(http: Arc<HttpClient>) -> Self {
        Self {
            http,
            endpoint: None,
            clock: Arc::new(SystemClock),
            retry: Retry {
                attempts: 3,
                backoff: Backoff::REQUEST,
                within: Duration::from_secs(30),
            },
            skew_policy: ClockSkewPolicy::Report,
            skew: Mutex::new(None),
        }
    }

    /// Sends until there is a success, or no attempt left.
    pub(crate) async fn send<O: Operation>(
        &self,
        endpoint: &EndpointUrl,
        operation: &O,
    ) -> Result<Answer, Error> {
        let late = |within, last| Error::DeadlineExceeded {
            operation: O::NAME,
            endpoint: endpoint.to_string(),
            within,
            last,
        };
        let attempt = |_| self.attempt(endpoint, operation);
        self.retry.run_in_time(&*self.clock, late, attempt).await
    }

    /// One attempt; two where the first teaches us the service's time.
    async fn attempt<O: Operation>(
        &self,
        endpoint: &EndpointUrl,
        operation: &O,
    ) -> Result<Answer, Error> {
        let failed = match self.exchange(endpoint, operation).await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        };
        if !O::IS_DATED || !is_refused_for_good(&failed.error) {
            return Err(failed.error);
        }
        // Compared with the time that was signed: a correction that is in force,
        // and right, explains nothing.
        let signed = ClockSkew::measured(failed.signed_at, &failed.headers);
        let Some(skew) = signed.filter(|skew| skew.is_intolerable()) else {
            return Err(failed.error);
        };
        let ours = ClockSkew::measured(self.clock.now(), &failed.headers);
        if self.skew_policy == ClockSkewPolicy::Report {
            return Err(with_skew(failed.error, ours.unwrap_or(skew)));
        }
        // A clock that has been set right needs no correction any more.
        let learnt = ours.filter(|skew| skew.is_intolerable());
        tracing::warn!(corrected = learnt.is_some(), %skew, "the clock did not agree with AWS's");
        *lock(&self.skew) = learnt;
        self.exchange(endpoint, operation)
            .await
            .map_err(|failed| failed.error)
    }

    async fn exchange<O: Operation>(
        &self,
        endpoint: &EndpointUrl,
        operation: &O,
    ) -> Result<Answer, Failed> {
        let sent_at = self.clock.now();
        let skew = *lock(&self.skew);
        let signed_at = skew.map_or(sent_at, |skew| skew.correct(sent_at));
        let failed = |error, headers| Failed {
            error,
            headers,
            signed_at,
        };
        let request = operation
            .signed(endpoint, signed_at)
            .map_err(|error| failed(error, HeaderMap::new()))?;
        let response = self.http.send(request).await.map_err(|source| {
            let error = Error::NoAnswer {
                operation: O::NAME,
                endpoint: endpoint.to_string(),
                source: Box::new(source),
            };
            failed(error, HeaderMap::new())
        })?;
        if response.status.is_success() {
            return Ok(Answer {
                response,
                sent_at,
                signed_at,
                skew,
            });
        }
        let error = failure(endpoint, operation, &response);
        Err(failed(error, response.headers))
    }
}

fn failure<O: Operation>(endpoint: &EndpointUrl, operation: &O, response: &Response) -> Error {
    let retry_after = response.retry_after();
    match operation.refusal(response) {
        Some(refusal) => Error::Refused {
            operation: O::NAME,
            refusal,
            retry_after,
        },
        None => Error::NotAws {
            operation: O::NAME,
            endpoint: endpoint.to_string(),
            status: response.status,
            content_type: content_type(&response.headers),
            retry_after,
        },
    }
}

/// A clock that is off is a reason for a refusal, not for a throttle.
fn is_refused_for_good(error: &Error) -> bool {
    matches!(error, Error::Refused { refusal, .. } if !refusal.is_transient())
}

fn with_skew(error: Error, skew: ClockSkew) -> Error {
    match error {
        Error::Refused {
            operation, refusal, ..
        } => Error::ClockSkewed {
            operation,
            skew,
            refusal,
        },
        other => other,
    }
}

fn content_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map_or_else(|| "no content type".to_owned(), one_line)
}

/// Whether another server's answer may be another one in a moment.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    status.is_server_error() || passing.contains(&status)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
