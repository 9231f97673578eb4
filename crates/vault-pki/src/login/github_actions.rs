use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use destination::{Destination, HttpClient, Response};
use http::{HeaderValue, Request, header};
use refresh::{Backoff, Clock, Fault as _, FaultKind, Retry};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::JwtSource;
use crate::{Error, InvalidSetting, envelope};

/// The token endpoint of a GitHub Actions job: it gives the job a JWT that says
/// which repository, branch and workflow it is.
///
/// A job has it where its `permissions` say `id-token: write`.
pub struct GitHubActions {
    url: Url,
    request_token: HeaderValue,
    http: HttpClient,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Answer {
    value: Option<SecretString>,
}

impl GitHubActions {
    /// The endpoint that the two variables of a job name, asked for a JWT with
    /// that audience (GitHub's default, where absent).
    ///
    /// `destination` says how GitHub is reached: never by Vault's CA, proxy or
    /// client certificate.
    pub fn new(
        (url, request_token): (Option<&str>, Option<&SecretString>),
        audience: Option<&str>,
        destination: Destination,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let (Some(url), Some(token)) = (url, request_token) else {
            return Err(Error::NoGitHubActions);
        };
        let mut url = Url::parse(url).map_err(|_| invalid(Self::URL, "it is not a valid URL"))?;
        if url.scheme() != "https" && !is_loopback(&url) {
            return Err(invalid(Self::URL, "it must begin with https://").into());
        }
        if let Some(audience) = audience {
            url.query_pairs_mut().append_pair("audience", audience);
        }
        let bearer = format!("bearer {}", token.expose_secret().trim());
        let bearer = HeaderValue::try_from(bearer);
        let mut bearer = bearer.map_err(|_| invalid(Self::TOKEN, "it is not a token"))?;
        bearer.set_sensitive(true);
        let destination = Destination {
            timeout: ATTEMPT.min(destination.timeout),
            ..destination
        };
        Ok(Self {
            url,
            request_token: bearer,
            http: HttpClient::new(destination).map_err(Error::Destination)?,
            clock,
        })
    }

    /// The variable with the address of the endpoint.
    pub const URL: &'static str = "ACTIONS_ID_TOKEN_REQUEST_URL";
    /// The variable with the token that the endpoint takes.
    pub const TOKEN: &'static str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

    async fn ask(&self) -> Result<SecretString, Error> {
        let mut request = Request::new(Bytes::new());
        let uri = self.url.as_str().parse();
        *request.uri_mut() = uri.map_err(|_| invalid(Self::URL, "it is not a valid URL"))?;
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, self.request_token.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        match self.http.send(request).await {
            Ok(response) => read(&response),
            Err(source) => Err(Error::NoJwt {
                origin: ENDPOINT.to_owned(),
                reason: source.to_string(),
                fault: source.fault(),
            }),
        }
    }
}

#[async_trait]
impl JwtSource for GitHubActions {
    fn name(&self) -> &'static str {
        "github-actions"
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn jwt(&self) -> Result<SecretString, Error> {
        let retry = Retry {
            attempts: 3,
            backoff: Backoff::REQUEST,
            within: ALL_ATTEMPTS,
        };
        retry.run(&*self.clock, |_| self.ask()).await
    }
}

/// Shows the host: the path and the query identify the job.
impl fmt::Debug for GitHubActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHubActions")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

/// The answer is never repeated: it may hold a token.
fn read(response: &Response) -> Result<SecretString, Error> {
    let failed = |reason: String, fault| Error::NoJwt {
        origin: ENDPOINT.to_owned(),
        reason,
        fault,
    };
    let status = response.status;
    if !status.is_success() {
        let fault = match status.as_u16() {
            // Whoever sends us elsewhere is not the endpoint: it never does.
            300..=399 => FaultKind::Configuration,
            400..=499 if status.as_u16() != 429 => FaultKind::Denied,
            _ => FaultKind::Unavailable,
        };
        return Err(failed(format!("HTTP {}", status.as_u16()), fault));
    }
    let value = envelope::read::<Answer>(&response.body).ok();
    let value = value.and_then(|answer| answer.value);
    value
        .filter(|value| !value.expose_secret().trim().is_empty())
        .ok_or_else(|| failed("its answer holds no token".to_owned(), FaultKind::Failed))
}

fn invalid(variable: &str, reason: &str) -> InvalidSetting {
    InvalidSetting::new(variable, reason)
}

/// Plain HTTP that nobody else can read.
fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        }
}

const ENDPOINT: &str = "GitHub's token endpoint";
const ATTEMPT: Duration = Duration::from_secs(10);
const ALL_ATTEMPTS: Duration = Duration::from_secs(30);
