use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::backend::{self, ApiRequest};
use crate::envelope::{AuthBlock, Envelope};
use crate::path::segment;
use crate::transport::{Caller, Transport};
use crate::{Call, Error, InvalidName, Mount, Namespace, Session, Token};

/// What a login method speaks to Vault with.
#[derive(Clone, Copy, Debug)]
pub struct LoginExchange<'a> {
    transport: &'a Transport,
    namespace: Option<&'a Namespace>,
}

/// What a login method sends.
pub struct LoginRequest(ApiRequest);

impl LoginRequest {
    /// A `POST` to `auth/<mount>/<segments>` with a JSON body.
    pub fn new(
        mount: &Mount,
        segments: &[&str],
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Self, InvalidName> {
        let segments: Vec<String> = segments
            .iter()
            .map(|text| segment(text))
            .collect::<Result<_, _>>()?;
        Ok(Self(ApiRequest::login(mount, &segments.join("/"), body)))
    }
}

impl From<ApiRequest> for LoginRequest {
    fn from(request: ApiRequest) -> Self {
        Self(request)
    }
}

/// Shows where to, never what.
impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest")
            .field("path", &self.0.path)
            .finish_non_exhaustive()
    }
}

impl<'a> LoginExchange<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Self {
            transport,
            namespace: transport.settings().login_namespace(),
        }
    }

    /// Logs in.
    pub async fn submit(&self, request: LoginRequest) -> Result<Session, Error> {
        let caller = self.caller(None);
        let call = || Box::new(self.transport.describe(&request.0, caller));
        let envelope: Envelope<Value> = self.transport.call(&request.0, caller).await?;
        let auth = envelope.auth.ok_or_else(|| Error::UnusableAnswer {
            call: call(),
            reason: "it has no auth block".to_owned(),
        })?;
        if auth.mfa_requirement.is_some() {
            return Err(Error::MfaRequired { call: call() });
        }
        let token = token(&auth, call)?;
        let now = self.transport.clock().now();
        Ok(Session {
            request_id: envelope.request_id.filter(|id| !id.is_empty()),
            ..Session::obtained(token, auth, now)
        })
    }

    /// Exchanges a wrapping token for the token inside, which works once.
    pub async fn unwrap(&self, wrapping: &Token) -> Result<Token, Error> {
        let request = backend::unwrap()?;
        let caller = self.caller(Some(wrapping));
        let call = || Box::new(self.transport.describe(&request, caller));
        let envelope: Envelope<WrappedToken> = self.transport.call(&request, caller).await?;
        // Wrapped by the sink: the token alone; by the login: its whole answer.
        let auth = envelope.auth.unwrap_or_default();
        let secret = envelope.data.and_then(|data| data.token);
        let auth = AuthBlock {
            client_token: secret.or(auth.client_token),
            ..AuthBlock::default()
        };
        token(&auth, call)
    }

    fn caller<'b>(&'b self, token: Option<&'b Token>) -> Caller<'b> {
        Caller {
            token,
            namespace: self.namespace,
        }
    }
}

#[derive(Deserialize)]
struct WrappedToken {
    token: Option<secrecy::SecretString>,
}

fn token(auth: &AuthBlock, call: impl Fn() -> Box<Call>) -> Result<Token, Error> {
    let text = auth.client_token.as_ref();
    text.and_then(|text| Token::new(text).ok())
        .ok_or_else(|| Error::EmptyToken { call: call() })
}
