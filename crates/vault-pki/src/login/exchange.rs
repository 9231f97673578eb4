use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::LoginRequest;
use crate::backend;
use crate::envelope::Envelope;
use crate::transport::{Caller, Transport};
use crate::{Call, Error, Namespace, RefusalCause, Session, Token};

/// What a login method speaks to Vault with.
#[derive(Clone, Copy, Debug)]
pub struct LoginExchange<'a> {
    transport: &'a Transport,
    namespace: Option<&'a Namespace>,
}

impl<'a> LoginExchange<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Self {
            transport,
            namespace: transport.settings().login_namespace(),
        }
    }

    /// Exchanges a wrapping token for the token inside, which works once.
    /// `origin` is where the wrapping token is from, as errors name it. Where
    /// no answer comes, it may have been unwrapped all the same
    /// ([`Error::UnwrapLost`]).
    pub async fn unwrap(&self, wrapping: &Token, origin: &str) -> Result<Token, Error> {
        let (envelope, call) = self.open(wrapping, origin).await?;
        // Wrapped by the sink: the token alone; by the login: its whole answer.
        let auth = envelope.auth.unwrap_or_default();
        let secret = envelope.data.and_then(|data| data.token);
        token(secret.or(auth.client_token).as_ref(), || call.clone())
    }

    pub(crate) fn namespace(&self) -> Option<&'a Namespace> {
        self.namespace
    }

    /// Logs in.
    pub(crate) async fn submit(&self, request: &LoginRequest) -> Result<Session, Error> {
        let (request, caller) = (request.api(), self.caller(None));
        let call = || Box::new(self.transport.describe(request, caller));
        let envelope: Envelope<Value> = self.transport.call(request, caller).await?;
        let auth = envelope.auth.ok_or_else(|| Error::UnusableAnswer {
            call: call(),
            reason: "it has no auth block".to_owned(),
        })?;
        if auth.mfa_requirement.is_some() {
            return Err(Error::MfaRequired { call: call() });
        }
        let token = token(auth.client_token.as_ref(), call)?;
        let now = self.transport.clock().now();
        Ok(Session {
            request_id: envelope.request_id.filter(|id| !id.is_empty()),
            ..Session::obtained(token, auth, now)
        })
    }

    /// The path of the call whose answer a wrapping token wraps. Spends
    /// nothing.
    pub(crate) async fn creation_path(
        &self,
        wrapping: &Token,
        origin: &str,
    ) -> Result<String, Error> {
        let mut request = backend::wrapping_lookup(wrapping)?;
        request.secrets.push(wrapping.text().clone());
        let caller = self.caller(None);
        let envelope = self.transport.call(&request, caller).await;
        let envelope: Envelope<Wrapped> = envelope.map_err(|error| spent(error, origin))?;
        let path = envelope.data.and_then(|data| data.creation_path);
        path.ok_or_else(|| Error::UnusableAnswer {
            call: Box::new(self.transport.describe(&request, caller)),
            reason: "it has no creation_path".to_owned(),
        })
    }

    /// Exchanges a wrapping token for the `secret_id` inside, which works once.
    pub(crate) async fn unwrap_secret_id(
        &self,
        wrapping: &Token,
        origin: &str,
    ) -> Result<SecretString, Error> {
        let (envelope, call) = self.open(wrapping, origin).await?;
        let secret_id = envelope.data.and_then(|data| data.secret_id);
        secret_id.ok_or_else(|| Error::UnusableAnswer {
            call,
            reason: "it has no secret_id".to_owned(),
        })
    }

    async fn open(
        &self,
        wrapping: &Token,
        origin: &str,
    ) -> Result<(Envelope<Wrapped>, Box<Call>), Error> {
        let request = backend::unwrap()?;
        let caller = self.caller(Some(wrapping));
        let envelope = self.transport.call(&request, caller).await;
        let envelope = envelope.map_err(|error| lost_or_spent(error, origin))?;
        Ok((
            envelope,
            Box::new(self.transport.describe(&request, caller)),
        ))
    }

    fn caller<'b>(&'b self, token: Option<&'b Token>) -> Caller<'b> {
        Caller {
            token,
            ..Caller::anonymous(self.namespace)
        }
    }
}

/// What may be wrapped, and what a look-up says of it.
#[derive(Deserialize)]
struct Wrapped {
    token: Option<SecretString>,
    secret_id: Option<SecretString>,
    creation_path: Option<String>,
}

fn token(text: Option<&SecretString>, call: impl Fn() -> Box<Call>) -> Result<Token, Error> {
    text.and_then(|text| Token::new(text).ok())
        .ok_or_else(|| Error::EmptyToken { call: call() })
}

/// The error of its own that an unwrapping without an answer is.
fn lost_or_spent(error: Error, origin: &str) -> Error {
    if error.is_answer_lost() {
        return Error::UnwrapLost {
            origin: origin.to_owned(),
            source: Box::new(error),
        };
    }
    spent(error, origin)
}

/// The error of its own that a spent wrapping token is.
fn spent(error: Error, origin: &str) -> Error {
    match error {
        Error::Refused { call, refusal, .. }
            if refusal.cause == RefusalCause::WrappingTokenSpent =>
        {
            Error::WrappingTokenSpent {
                origin: origin.to_owned(),
                call,
                refusal,
            }
        }
        other => other,
    }
}
