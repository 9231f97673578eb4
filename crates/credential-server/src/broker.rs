use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::Method;

use crate::{Caller, HandOut, Instance, Presented, Refusal};

/// Knows which caller gets which role's credentials.
///
/// It is asked for every request and therefore answers from what it keeps at
/// hand; many requests wait at once, and making one fetch of them is its work
/// (`refresh::Kept` does that). What it does not answer within
/// [`Limits::request_timeout`](crate::Limits::request_timeout) is
/// [`Refusal::Unavailable`] to the caller.
pub trait Broker: Send + Sync {
    /// The credentials for who asks, at the door where they ask.
    ///
    /// The same `Arc` should be returned for as long as the credentials are the
    /// same: the answer is rendered once for each. Credentials that have expired
    /// are not passed on.
    fn credentials(
        &self,
        request: &CredentialRequest<'_>,
    ) -> impl Future<Output = Result<Arc<HandOut>, Refusal>> + Send;

    /// What the metadata service tells this caller about "its instance". Its role
    /// is the one that is listed below `iam/security-credentials/`.
    fn instance(
        &self,
        caller: &Caller<'_>,
    ) -> impl Future<Output = Result<Arc<Instance>, Refusal>> + Send;

    /// Credentials were handed out: the place of the audit event. Called for
    /// every answer that holds credentials, just before it is sent.
    fn handed_out(&self, event: &HandedOut<'_>) {
        let _ = event;
    }
}

/// A broker whose type is forgotten.
pub(crate) trait AnyBroker: Send + Sync {
    fn any_credentials<'a>(&'a self, request: &'a CredentialRequest<'a>) -> Answered<'a, HandOut>;
    fn any_instance<'a>(&'a self, caller: &'a Caller<'a>) -> Answered<'a, Instance>;
    fn any_handed_out(&self, event: &HandedOut<'_>);
}

/// What a broker will answer.
pub(crate) type Answered<'a, T> =
    Pin<Box<dyn Future<Output = Result<Arc<T>, Refusal>> + Send + 'a>>;

impl<B: Broker> AnyBroker for B {
    fn any_credentials<'a>(&'a self, request: &'a CredentialRequest<'a>) -> Answered<'a, HandOut> {
        Box::pin(self.credentials(request))
    }

    fn any_instance<'a>(&'a self, caller: &'a Caller<'a>) -> Answered<'a, Instance> {
        Box::pin(self.instance(caller))
    }

    fn any_handed_out(&self, event: &HandedOut<'_>) {
        self.handed_out(event);
    }
}

/// Who wants credentials, and where they knocked.
#[derive(Clone, Copy, Debug)]
pub struct CredentialRequest<'a> {
    /// Who asks.
    pub caller: Caller<'a>,
    /// Where.
    pub door: Door<'a>,
    /// What stood in `Authorization`, at a route whose token the broker itself
    /// judges ([`Authorization::Delegated`](crate::Authorization::Delegated)).
    pub presented: Option<Presented<'a>>,
    /// By which method. SDKs send GET; a HEAD is answered without a body.
    pub method: &'a Method,
    /// What stood behind the `?` of its target. SDKs send nothing there.
    pub query: Option<&'a str>,
}

/// Where a caller knocked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Door<'a> {
    /// A container credentials path.
    Container {
        /// [`ContainerRoute::path`](crate::ContainerRoute::path).
        path: &'a str,
        /// [`ContainerRoute::label`](crate::ContainerRoute::label).
        label: &'a str,
    },
    /// `iam/security-credentials/NAME` of the metadata service.
    InstanceRole {
        /// The role's name, as in the path.
        name: &'a str,
    },
}

impl fmt::Display for Door<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container { path, .. } => f.write_str(path),
            Self::InstanceRole { name } => write!(f, "iam/security-credentials/{name}"),
        }
    }
}

/// One hand-out, for the audit trail. Holds no secret.
#[derive(Clone, Copy, Debug)]
pub struct HandedOut<'a> {
    /// Who got the credentials.
    pub caller: Caller<'a>,
    /// Where.
    pub door: Door<'a>,
    /// The credentials; its `Debug` and accessors show no secret.
    pub hand_out: &'a HandOut,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Peer;

    #[test]
    fn what_was_presented_is_not_shown() {
        let request = CredentialRequest {
            caller: Caller {
                peer: Peer::Tcp("127.0.0.1:1".parse().unwrap()),
                token_label: None,
            },
            door: Door::InstanceRole { name: "app" },
            presented: Some(Presented::new("s3cret")),
            method: &Method::GET,
            query: None,
        };
        assert_eq!(
            format!("{request:?}"),
            "CredentialRequest { caller: Caller { peer: Tcp(127.0.0.1:1), token_label: None }, \
             door: InstanceRole { name: \"app\" }, presented: Some(Presented([REDACTED])), \
             method: GET, query: None }"
        );
    }
}
