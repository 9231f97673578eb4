use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use destination::HttpClient;
use http::Uri;
use refresh::{Backoff, Clock, Retry, SystemClock};

use crate::{AuthorizationToken, Error, TokenScope};

mod api_address;
mod service_clock;
mod token_request;

use service_clock::ServiceClock;

/// Asks ECR and ECR Public for authorization tokens.
#[derive(Debug)]
pub struct Ecr {
    http: Arc<HttpClient>,
    endpoint: Option<Uri>,
    public_endpoint: Option<Uri>,
    clock: Arc<dyn Clock>,
    service_clock: ServiceClock,
    corrects_clock_skew: bool,
    retry: Retry,
}

impl Ecr {
    /// A client for the API of each scope's own region: at most three attempts
    /// within thirty seconds.
    pub fn new(http: Arc<HttpClient>) -> Self {
        Self {
            http,
            endpoint: None,
            public_endpoint: None,
            clock: Arc::new(SystemClock),
            service_clock: ServiceClock::default(),
            corrects_clock_skew: false,
            retry: Retry {
                attempts: 3,
                backoff: Backoff::REQUEST,
                within: Duration::from_secs(30),
            },
        }
    }

    /// Sends what is for a private registry's API to this base URL instead: a
    /// VPC endpoint, a test.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Uri) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// The same for the public registry's API.
    #[must_use]
    pub fn with_public_endpoint(mut self, endpoint: Uri) -> Self {
        self.public_endpoint = Some(endpoint);
        self
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where AWS refuses because this machine's clock is off, signs once more with
    /// AWS's time, and goes on with it.
    #[must_use]
    pub fn with_clock_skew_correction(mut self, corrects: bool) -> Self {
        self.corrects_clock_skew = corrects;
        self
    }

    /// How often and how long to try. `within` is the deadline of everything
    /// together; an attempt gets an equal share of it, and ten seconds at
    /// least.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// A token that is good for the registries of `scope`.
    ///
    /// A FIPS or dual-stack scope asks the API of that kind. Each attempt is
    /// dated and signed anew; a refusal is not tried again.
    ///
    /// [`ecr:GetAuthorizationToken`](https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html),
    /// and for the public registry
    /// [`ecr-public:GetAuthorizationToken`](https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html),
    /// which needs `sts:GetServiceBearerToken`, too.
    pub async fn authorization_token(
        &self,
        scope: &TokenScope,
        credentials: &Credentials,
    ) -> Result<AuthorizationToken, Error> {
        let late = |within, last| Error::DeadlineExceeded {
            operation: operation(scope),
            endpoint: self.address(scope),
            within,
            last,
        };
        let attempt = |_| self.attempt(scope, credentials);
        self.retry.run_in_time(&*self.clock, late, attempt).await
    }

    /// One attempt; two where the first teaches us AWS's time.
    async fn attempt(
        &self,
        scope: &TokenScope,
        credentials: &Credentials,
    ) -> Result<AuthorizationToken, Error> {
        let ended = token_request::ask(self, scope, credentials).await;
        let theirs = ended.as_ref().err().and_then(Error::time_of_a_skewed_clock);
        let token = match theirs {
            Some(theirs) if self.corrects_clock_skew => {
                tracing::warn!("the clock did not agree with AWS's");
                self.service_clock.learn(self.clock.now(), theirs);
                token_request::ask(self, scope, credentials).await?
            }
            _ => ended?,
        };
        tracing::debug!(%scope, proxy_endpoint = token.proxy_endpoint, "received an authorization token");
        Ok(token)
    }

    /// When a request is signed, by AWS's clock as far as we know it.
    fn signing_time(&self) -> SystemTime {
        self.service_clock.theirs(self.clock.now())
    }

    /// Of what an answer holds: the text of the token, and when it ends.
    fn token(
        &self,
        text: Option<&str>,
        asked_at: SystemTime,
        expires_at: Option<SystemTime>,
    ) -> Result<AuthorizationToken, &'static str> {
        let text = text.ok_or("there is no token in it")?;
        let expires_at = expires_at.ok_or("it does not say when the token expires")?;
        AuthorizationToken::decode(text, asked_at, self.service_clock.ours(expires_at))
    }

    /// Whom requests for `scope` are sent to, for errors.
    fn address(&self, scope: &TokenScope) -> String {
        let own = match scope {
            TokenScope::Public { .. } => &self.public_endpoint,
            TokenScope::Private { .. } => &self.endpoint,
        };
        let own = own.as_ref().map(ToString::to_string);
        let address = own.unwrap_or_else(|| api_address::api_address(scope));
        address.trim_end_matches('/').to_owned()
    }

    fn unusable(&self, scope: &TokenScope, reason: impl Into<String>) -> Error {
        Error::UnusableAnswer {
            operation: operation(scope),
            endpoint: self.address(scope),
            reason: reason.into(),
        }
    }
}

fn operation(scope: &TokenScope) -> &'static str {
    match scope {
        TokenScope::Public { .. } => "ecr-public:GetAuthorizationToken",
        TokenScope::Private { .. } => "ecr:GetAuthorizationToken",
    }
}
