use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_partition::{Endpoint, Region};
use destination::HttpClient;
use refresh::{Clock, Retry};

use crate::caller::Caller;
use crate::sender::{Operation, Sender};
use crate::{ClockSkewPolicy, EndpointUrl, Error, RoleArn, Session};

mod assume_role;
mod assumed;
mod caller_identity;
mod query;
mod session_policy;
mod session_tags;
mod web_identity;

pub use assume_role::{AssumeRole, ExternalId};
pub use caller_identity::CallerIdentity;
pub use session_policy::{ManagedPolicyArn, SessionPolicy};
pub use session_tags::SessionTags;
pub use web_identity::AssumeRoleWithWebIdentity;

use assume_role::Assumption;
use caller_identity::GetCallerIdentity;
use web_identity::WebIdentity;

/// The Security Token Service of one region: who credentials are, and sessions
/// of other roles.
#[derive(Debug)]
pub struct Sts {
    sender: Sender,
    region: Region,
}

impl Sts {
    /// A client for the region's own endpoint: at most three attempts within
    /// thirty seconds.
    pub fn new(http: Arc<HttpClient>, region: Region) -> Self {
        Self {
            sender: Sender::new(http),
            region,
        }
    }

    /// Sends requests to `endpoint` instead.
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

    /// How often and how long to try.
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

    /// Who `credentials` are. Everyone may ask that about themselves: no policy
    /// is needed, and no policy can forbid it.
    ///
    /// [`GetCallerIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html)
    pub async fn caller_identity(
        &self,
        credentials: &Credentials,
    ) -> Result<CallerIdentity, Error> {
        let endpoint = self.endpoint()?;
        let operation = GetCallerIdentity(self.caller(credentials));
        let answer = self.sender.send(&endpoint, &operation).await?;
        let text = String::from_utf8_lossy(&answer.response.body);
        CallerIdentity::from_xml(&text).ok_or_else(|| Error::UnusableAnswer {
            operation: GetCallerIdentity::NAME,
            endpoint: endpoint.to_string(),
            reason: "it is not the XML of a caller identity".to_owned(),
        })
    }

    /// A session of another role, for who holds `credentials`.
    ///
    /// Where those are a role's own, STS calls it role chaining and grants one
    /// hour at most: [`AssumeRole::CHAINED_AT_MOST`].
    ///
    /// [`AssumeRole`](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)
    pub async fn assume_role(
        &self,
        credentials: &Credentials,
        request: &AssumeRole,
    ) -> Result<Session, Error> {
        let endpoint = self.endpoint()?;
        let operation = Assumption {
            caller: self.caller(credentials),
            request,
        };
        self.assumed(&endpoint, &operation, request.role()).await
    }

    /// A session of a role, for who holds a token of an identity provider that
    /// the role trusts. Nothing is signed: the token is all that is shown.
    ///
    /// [`AssumeRoleWithWebIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html)
    pub async fn assume_role_with_web_identity(
        &self,
        request: &AssumeRoleWithWebIdentity,
    ) -> Result<Session, Error> {
        let endpoint = self.endpoint()?;
        let operation = WebIdentity(request);
        self.assumed(&endpoint, &operation, request.role()).await
    }

    async fn assumed<O: Operation>(
        &self,
        endpoint: &EndpointUrl,
        operation: &O,
        role: &RoleArn,
    ) -> Result<Session, Error> {
        let answer = self.sender.send(endpoint, operation).await?;
        let session = assumed::session(O::NAME, role, &answer);
        let session = session.map_err(|reason| Error::UnusableAnswer {
            operation: O::NAME,
            endpoint: endpoint.to_string(),
            reason: reason.to_string(),
        })?;
        tracing::debug!(
            assumed_role = session.assumed_role_arn,
            access_key_id = session.access_key_id,
            expires_at = session.expiration,
            request_id = session.request_id,
            packed_policy_size = session.packed_policy_size,
            "assumed role"
        );
        Ok(session)
    }

    fn caller<'a>(&'a self, credentials: &'a Credentials) -> Caller<'a> {
        Caller {
            credentials,
            region: &self.region,
        }
    }

    fn endpoint(&self) -> Result<EndpointUrl, Error> {
        match &self.sender.endpoint {
            Some(endpoint) => Ok(endpoint.clone()),
            None => Ok(EndpointUrl::of_service(
                Endpoint::default(),
                "sts",
                &self.region,
            )?),
        }
    }
}
