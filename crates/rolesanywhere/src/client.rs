use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_partition::{Endpoint, Region};
use bytes::Bytes;
use destination::HttpClient;
use http::{HeaderMap, Request, header};
use refresh::{Backoff, Clock, Retry, SystemClock};

use crate::exchange::Operation;
use crate::session::InvalidAnswer;
use crate::sigv4_x509::{self, Scope};
use crate::{ClockSkew, EndpointUrl, Error, Identity, Session, SessionRequest};

const OPERATION: &str = "CreateSession";

/// What to do when AWS refuses because this machine's clock is off.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClockSkewPolicy {
    /// Say how far it is off.
    #[default]
    Report,
    /// Sign once more with AWS's time, and go on with it.
    Correct,
}

/// Opens sessions in one region.
#[derive(Debug)]
pub struct RolesAnywhere {
    http: Arc<HttpClient>,
    region: Region,
    endpoint: Option<EndpointUrl>,
    clock: Arc<dyn Clock>,
    retry: Retry,
    skew_policy: ClockSkewPolicy,
    skew: Mutex<Option<ClockSkew>>,
}

impl RolesAnywhere {
    /// A client for the region's own endpoint: at most three attempts within
    /// thirty seconds.
    pub fn new(http: Arc<HttpClient>, region: Region) -> Self {
        Self {
            http,
            region,
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

    /// Sends requests to `endpoint` instead: a VPC endpoint, FIPS, a test.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: EndpointUrl) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How often and how long to try. `within` is the deadline of everything
    /// together.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// What to do about a clock that is off.
    #[must_use]
    pub fn with_clock_skew_policy(mut self, policy: ClockSkewPolicy) -> Self {
        self.skew_policy = policy;
        self
    }

    /// Opens a session.
    ///
    /// Each attempt is dated and signed anew. Transient failures are tried
    /// again; a refusal is not, except that a clock that is off is
    /// [corrected](ClockSkewPolicy::Correct) on request.
    pub async fn create_session(
        &self,
        identity: &Identity,
        request: &SessionRequest,
    ) -> Result<Session, Error> {
        let endpoint = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => EndpointUrl::of_service(Endpoint::default(), "rolesanywhere", &self.region)?,
        };
        let operation = Operation {
            name: OPERATION,
            endpoint: &endpoint,
        };
        let attempts = self
            .retry
            .run(&*self.clock, |_| self.attempt(operation, identity, request));
        tokio::time::timeout(self.retry.within, attempts)
            .await
            .unwrap_or_else(|_| {
                Err(Error::DeadlineExceeded {
                    operation: OPERATION,
                    endpoint: endpoint.to_string(),
                    within: self.retry.within,
                })
            })
    }

    /// One attempt; two where the first teaches us AWS's time.
    async fn attempt(
        &self,
        operation: Operation<'_>,
        identity: &Identity,
        request: &SessionRequest,
    ) -> Result<Session, Error> {
        let known = *self.skew.lock().unwrap_or_else(PoisonError::into_inner);
        let (error, headers) = match self.exchange(operation, identity, request).await {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        let Some(skew) = self.intolerable_skew(&error, &headers) else {
            return Err(error);
        };
        let corrects = self.skew_policy == ClockSkewPolicy::Correct;
        if corrects && known != Some(skew) {
            tracing::warn!(%skew, "signed with the time of AWS");
            *self.skew.lock().unwrap_or_else(PoisonError::into_inner) = Some(skew);
            let second = self.exchange(operation, identity, request).await;
            return second.map_err(|(error, _)| error);
        }
        Err(with_skew(error, skew))
    }

    async fn exchange(
        &self,
        operation: Operation<'_>,
        identity: &Identity,
        request: &SessionRequest,
    ) -> Result<Session, (Error, HeaderMap)> {
        let time = self.now();
        let request = self
            .signed(operation, (identity, time), request)
            .map_err(|error| (error, HeaderMap::new()))?;
        let response = operation.send(&self.http, request).await?;
        let unusable = |reason: &InvalidAnswer| {
            let endpoint = operation.endpoint.to_string();
            (
                Error::unusable(OPERATION, endpoint, reason),
                HeaderMap::new(),
            )
        };
        let mut session = Session::from_answer(&response.body, time).map_err(|e| unusable(&e))?;
        session.request_id = header(&response.headers, "x-amzn-requestid");
        tracing::debug!(
            assumed_role = session.assumed_role_arn,
            access_key_id = session.access_key_id,
            expires_at = session.expiration,
            request_id = session.request_id,
            serial = identity.certificate().serial_hex(),
            "opened session"
        );
        Ok(session)
    }

    fn signed(
        &self,
        operation: Operation<'_>,
        (identity, time): (&Identity, SystemTime),
        request: &SessionRequest,
    ) -> Result<Request<Bytes>, Error> {
        let body = request
            .body()
            .map_err(|_| unsendable("the parameters are not JSON"))?;
        let mut request = Request::post(operation.endpoint.uri("/sessions"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body))
            .map_err(|_| unsendable("the endpoint is not a URI"))?;
        let scope = Scope::new(self.region.clone(), time);
        sigv4_x509::sign(&mut request, identity, &scope).map_err(Error::Signing)?;
        Ok(request)
    }

    /// Our time, or AWS's where we learnt it.
    fn now(&self) -> SystemTime {
        let ours = self.clock.now();
        let skew = *self.skew.lock().unwrap_or_else(PoisonError::into_inner);
        skew.map_or(ours, |skew| skew.correct(ours))
    }

    /// The skew that explains a refusal, if there is one.
    fn intolerable_skew(&self, error: &Error, headers: &HeaderMap) -> Option<ClockSkew> {
        let Error::Refused { refusal, .. } = error else {
            return None;
        };
        ClockSkew::measured(self.clock.now(), headers)
            .filter(|skew| skew.is_intolerable() && !refusal.is_transient())
    }
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

fn unsendable(reason: &str) -> Error {
    Error::Signing(crate::SigningError::new(reason))
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}
