use std::sync::Arc;

use bytes::Bytes;
use destination::{HttpClient, Response};
use http::{HeaderValue, Request, Uri, header};
use refresh::{Backoff, Clock, Fault, FaultKind, Retry};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use crate::backend::ApiRequest;
use crate::login::InlineLogin;
use crate::{Call, Error, Namespace, Operation, Token, VaultSettings};

mod answer;
mod redirect;

pub(crate) use answer::{is_health_status, not_vault};
pub use redirect::RedirectProblem;

/// Sends calls to one Vault: headers, one redirect, retries, one deadline.
#[derive(Debug)]
pub(crate) struct Transport {
    http: HttpClient,
    settings: VaultSettings,
    clock: Arc<dyn Clock>,
}

/// In whose name a call is made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Caller<'a> {
    pub(crate) token: Option<&'a Token>,
    pub(crate) namespace: Option<&'a Namespace>,
    /// A login that goes with the call, instead of a token.
    pub(crate) inline: Option<&'a InlineLogin>,
    /// What else the call holds that no error may repeat.
    pub(crate) secrets: &'a [SecretString],
}

impl<'a> Caller<'a> {
    /// Nobody: for what Vault tells everybody.
    pub(crate) fn anonymous(namespace: Option<&'a Namespace>) -> Self {
        Self {
            namespace,
            ..Self::default()
        }
    }

    fn hiding(self, secrets: &'a [SecretString]) -> Self {
        Self { secrets, ..self }
    }

    /// `text` without the secrets of the call, should a server have repeated
    /// one: Vault does so with a `secret_id`.
    fn redacted(self, text: &str) -> String {
        let of_inline = self.inline.map_or(&[][..], InlineLogin::secrets);
        let token = self.token.map(Token::text);
        let mut secrets: Vec<_> = token
            .into_iter()
            .chain(self.secrets)
            .chain(of_inline)
            .map(ExposeSecret::expose_secret)
            .filter(|secret| is_worth_hiding(secret))
            .collect();
        // A part of another one must not leave the rest of that.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret, "[secret]")
        })
    }
}

/// Whether a secret can be told from what Vault says anyway. A password that is
/// a word of its sentences is not: to leave it out of them would be to say it.
fn is_worth_hiding(secret: &str) -> bool {
    secret.len() >= SHORTEST && !crate::refusal::is_said_by_vault(secret)
}

/// What is shorter stands in many a text by chance.
const SHORTEST: usize = 6;

impl Transport {
    pub(crate) fn new(settings: VaultSettings, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let http = HttpClient::new(settings.destination()).map_err(Error::Destination)?;
        Ok(Self {
            http,
            settings,
            clock,
        })
    }

    pub(crate) fn settings(&self) -> &VaultSettings {
        &self.settings
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Sends a call until it is answered for good, and reads the answer.
    ///
    /// Every call here may be repeated: a `sign` whose answer was lost has
    /// made a certificate that nobody uses. Only a wrapping token works once:
    /// where it may have been taken, a second attempt would look like theft.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        caller: Caller<'_>,
    ) -> Result<T, Error> {
        let call = self.describe(request, caller);
        let caller = caller.hiding(&request.secrets);
        let works_once = request.operation == Operation::Unwrap;
        let retry = Retry {
            attempts: self.settings.max_retries.saturating_add(1),
            backoff: BACKOFF,
            within: self.settings.timeout,
        };
        let attempts = retry.run(&*self.clock, |attempt| {
            let call = &call;
            async move {
                let result = match self.exchange(request, caller, call).await {
                    Ok(response) => self.read(&response, caller, call),
                    Err(error) => Err(error),
                };
                result.map_err(|error| Attempt {
                    is_last: attempt + 1 >= error.attempts()
                        || (works_once && error.is_answer_lost()),
                    error,
                })
            }
        });
        // An attempt that takes all the time ends by its own deadline, which
        // knows who did not answer.
        let within = self.settings.timeout + GRACE;
        match tokio::time::timeout(within, attempts).await {
            Ok(result) => result.map_err(|attempt| attempt.error),
            Err(_) => Err(Error::DeadlineExceeded {
                within: self.settings.timeout,
                call: Box::new(call),
            }),
        }
    }

    /// Sends a call once, or twice where it is redirected.
    pub(crate) async fn exchange(
        &self,
        request: &ApiRequest,
        caller: Caller<'_>,
        call: &Call,
    ) -> Result<Response, Error> {
        let uri = self.settings.address.uri(&request.path)?;
        let response = self.send(request, caller, (call, &uri)).await?;
        if !redirect::is_redirect(response.status) {
            return Ok(response);
        }
        let target = redirect::target(&self.settings, &uri, &response.headers);
        let target = target.map_err(|refused| refused.into_error(call))?;
        let (from, to) = (&self.settings.address, target.host().unwrap_or_default());
        if redirect::is_other_host(&uri, &target) {
            tracing::warn!(%from, to, "followed a redirect of Vault to another host");
        } else {
            tracing::info!(%from, to, "followed a redirect of Vault");
        }
        let response = self.send(request, caller, (call, &target)).await?;
        if redirect::is_redirect(response.status) {
            let refused = redirect::Refused::second(&target, &response.headers);
            return Err(refused.into_error(call));
        }
        Ok(response)
    }

    /// Reads the answer to a call.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        response: &Response,
        caller: Caller<'_>,
        call: &Call,
    ) -> Result<T, Error> {
        answer::read(response, caller, (call, &*self.clock))
    }

    pub(crate) fn describe(&self, request: &ApiRequest, caller: Caller<'_>) -> Call {
        Call {
            operation: request.operation,
            path: request.path.clone(),
            address: self.settings.address.to_string(),
            namespace: caller.namespace.map(ToString::to_string),
        }
    }

    async fn send(
        &self,
        request: &ApiRequest,
        caller: Caller<'_>,
        (call, uri): (&Call, &Uri),
    ) -> Result<Response, Error> {
        let request = http_request(request, caller, uri)?;
        let answer = self.http.send(request).await;
        answer.map_err(|source| Error::NoAnswer {
            call: Box::new(call.clone()),
            source,
        })
    }
}

/// An error, and whether it is worth no other attempt.
struct Attempt {
    error: Error,
    is_last: bool,
}

impl Fault for Attempt {
    fn fault(&self) -> FaultKind {
        if self.is_last {
            return FaultKind::Failed;
        }
        self.error.fault()
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        self.error.retry_after()
    }
}

fn http_request(
    request: &ApiRequest,
    caller: Caller<'_>,
    uri: &Uri,
) -> Result<Request<Bytes>, Error> {
    let mut http = Request::new(request.body.clone());
    *http.method_mut() = request.method.clone();
    *http.uri_mut() = uri.clone();
    let headers = http.headers_mut();
    // Agents and proxies of Vault can demand it: no browser sends it.
    headers.insert("x-vault-request", HeaderValue::from_static("true"));
    if !request.body.is_empty() {
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
    }
    if let Some(token) = caller.token {
        headers.insert("x-vault-token", token.header()?);
    }
    if let Some(inline) = caller.inline {
        headers.extend(inline.headers().clone());
    }
    if let Some(namespace) = caller.namespace {
        let encoded = crate::path::encode(namespace.as_str());
        let value = HeaderValue::try_from(encoded);
        let value = value.map_err(|_| Error::Unencodable { what: "namespace" })?;
        headers.insert("x-vault-namespace", value);
    }
    Ok(http)
}

/// By how much the deadline of all attempts comes after that of one.
const GRACE: std::time::Duration = std::time::Duration::from_millis(100);

/// A second before the first repetition, as Vault's own client waits, but
/// spread.
const BACKOFF: Backoff = Backoff {
    base: std::time::Duration::from_secs(1),
    cap: std::time::Duration::from_secs(30),
};
