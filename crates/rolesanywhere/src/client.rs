use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_partition::{Endpoint, Region};
use bytes::Bytes;
use destination::{HttpClient, Response};
use http::{HeaderMap, Request, header};
use refresh::{Clock, Retry};

use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::registered::{GetProfile, GetTrustAnchor, Registered};
use crate::sender::{Operation, Sender};
use crate::sigv4_x509::{self, Scope};
use crate::{
    EndpointUrl, Error, Identity, InvalidParameter, ProfileArn, RegisteredProfile,
    RegisteredTrustAnchor, Session, SessionRequest, SigningError, TrustAnchorArn,
};

/// What to do when AWS refuses because this machine's clock is off.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClockSkewPolicy {
    /// Say how far it is off.
    #[default]
    Report,
    /// Sign once more with AWS's time, and go on with it until the clock is
    /// right again.
    Correct,
}

/// Opens sessions.
#[derive(Debug)]
pub struct RolesAnywhere {
    sender: Sender,
}

impl RolesAnywhere {
    /// A client for each request's own region: at most three attempts within
    /// thirty seconds.
    pub fn new(http: Arc<HttpClient>) -> Self {
        Self {
            sender: Sender::new(http),
        }
    }

    /// Sends requests to `endpoint` instead: a VPC endpoint, FIPS, a test.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: EndpointUrl) -> Self {
        self.sender.endpoint = Some(endpoint);
        self
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.sender.clock = clock;
        self
    }

    /// How often and how long to try. `within` is the deadline of everything
    /// together; an attempt gets an equal share of it, and ten seconds at
    /// least.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.sender.retry = retry;
        self
    }

    /// What to do about a clock that is off.
    #[must_use]
    pub fn with_clock_skew_policy(mut self, policy: ClockSkewPolicy) -> Self {
        self.sender.skew_policy = policy;
        self
    }

    /// The clock that sessions are dated with.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.sender.clock)
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
        let endpoint = self.endpoint(request.region())?;
        let operation = CreateSession { identity, request };
        let answer = self.sender.send(&endpoint, &operation).await?;
        let session = Session::from_answer(&answer).map_err(|reason| Error::UnusableAnswer {
            operation: CreateSession::NAME,
            endpoint: endpoint.to_string(),
            reason: reason.to_string(),
        })?;
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

    /// How a trust anchor is registered, for who holds `credentials` and may
    /// `rolesanywhere:GetTrustAnchor`.
    ///
    /// [`GetTrustAnchor`](https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_GetTrustAnchor.html)
    pub async fn trust_anchor(
        &self,
        credentials: &Credentials,
        arn: &TrustAnchorArn,
    ) -> Result<RegisteredTrustAnchor, Error> {
        let region = arn.region().ok_or_else(|| no_region(arn))?;
        let get = GetTrustAnchor {
            caller: Caller {
                credentials,
                region,
            },
            id: arn.id(),
        };
        self.read(&get, region).await
    }

    /// How a profile is registered, for who holds `credentials` and may
    /// `rolesanywhere:GetProfile`.
    ///
    /// [`GetProfile`](https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_GetProfile.html)
    pub async fn profile(
        &self,
        credentials: &Credentials,
        arn: &ProfileArn,
    ) -> Result<RegisteredProfile, Error> {
        let region = arn.region().ok_or_else(|| no_region(arn))?;
        let get = GetProfile {
            caller: Caller {
                credentials,
                region,
            },
            id: arn.id(),
        };
        self.read(&get, region).await
    }

    async fn read<O: Registered>(&self, get: &O, region: &Region) -> Result<O::Document, Error> {
        let endpoint = self.endpoint(region)?;
        let answer = self.sender.send(&endpoint, get).await?;
        O::read(&answer.response.body).map_err(|reason| Error::UnusableAnswer {
            operation: O::NAME,
            endpoint: endpoint.to_string(),
            reason,
        })
    }

    fn endpoint(&self, region: &Region) -> Result<EndpointUrl, Error> {
        match &self.sender.endpoint {
            Some(endpoint) => Ok(endpoint.clone()),
            None => Ok(EndpointUrl::of_service(
                Endpoint::default(),
                "rolesanywhere",
                region,
            )?),
        }
    }
}

fn no_region(arn: &dyn std::fmt::Display) -> Error {
    Error::Parameter(InvalidParameter::NoRegion {
        arn: arn.to_string(),
    })
}

struct CreateSession<'a> {
    identity: &'a Identity,
    request: &'a SessionRequest,
}

impl Operation for CreateSession<'_> {
    const NAME: &'static str = "CreateSession";

    fn signed(&self, endpoint: &EndpointUrl, time: SystemTime) -> Result<Request<Bytes>, Error> {
        let unsendable = |reason: &str| Error::Signing(SigningError::new(reason));
        let body = self.request.body();
        let body = body.map_err(|_| unsendable("the parameters are not JSON"))?;
        let mut request = Request::post(endpoint.uri("/sessions"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body))
            .map_err(|_| unsendable("the endpoint is not a URI"))?;
        let scope = Scope::new(self.request.region().clone(), time);
        sigv4_x509::sign(&mut request, self.identity, &scope).map_err(Error::Signing)?;
        Ok(request)
    }

    fn refusal(&self, response: &Response) -> Option<Refusal> {
        Refusal::from_answer(response.status, &response.headers, &response.body)
    }
}

/// The service's id of a request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-amzn-requestid")?.to_str().ok()?;
    Some(value.to_owned())
}
