use std::sync::Arc;

use refresh::Fault as _;
use serde::de::DeserializeOwned;

use super::{State, Vault};
use crate::backend::ApiRequest;
use crate::envelope::Envelope;
use crate::login::{InlineLogin, LoginExchange};
use crate::transport::Caller;
use crate::{Credential, Error, Namespace, RefusalCause, Session};

/// A session, and whether this very call has logged in for it.
pub(super) struct Held {
    pub(super) session: Arc<Session>,
    is_fresh: bool,
}

impl Vault {
    pub(super) async fn data<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<T, Error> {
        let envelope: Envelope<T> = self.authorised(request, namespace).await?;
        self.data_of(envelope, request)
    }

    pub(super) fn data_of<T: DeserializeOwned>(
        &self,
        envelope: Envelope<T>,
        request: &ApiRequest,
    ) -> Result<T, Error> {
        envelope.data.ok_or_else(|| Error::UnusableAnswer {
            call: Box::new(self.transport.describe(request, Caller::default())),
            reason: "it has no data".to_owned(),
        })
    }

    /// Makes a call with our token, and once more with another where Vault
    /// does not take this one.
    pub(super) async fn authorised<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<T, Error> {
        if self.settings().inline_authentication {
            return self.inline(request, namespace).await;
        }
        let held = self.held().await?;
        let result = self
            .transport
            .call(request, caller(&held.session, namespace))
            .await;
        let error = match result {
            Err(error) if error.is_forbidden() => error,
            other => return other,
        };
        let Some(session) = self.replaced(&held, &error).await? else {
            return Err(error);
        };
        self.transport
            .call(request, caller(&session, namespace))
            .await
    }

    /// Makes a call that brings its login. Nothing is kept.
    async fn inline<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<T, Error> {
        let exchange = LoginExchange::new(&self.transport);
        let Credential::Login(login) = self.login.credential(&exchange).await? else {
            let method = self.login.name();
            return Err(Error::NotInline { method });
        };
        let login = InlineLogin::new(&login, self.settings().login_namespace())?;
        let caller = Caller {
            inline: Some(&login),
            ..Caller::anonymous(namespace)
        };
        self.transport.call(request, caller).await
    }

    /// A session for one call.
    async fn held(&self) -> Result<Held, Error> {
        let mut state = self.state.lock().await;
        let held = self.current(&mut state).await?;
        state.spend();
        Ok(held)
    }

    /// The session that we have, or a new one. A token that is not ours is
    /// asked for each time: its file may have changed.
    pub(super) async fn current(&self, state: &mut State) -> Result<Held, Error> {
        let now = self.transport.clock().now();
        let usable = state.usable(now);
        let is_worn = state.is_worn(now);
        if let Some(session) = usable.clone().filter(|_| !is_worn) {
            return Ok(Held {
                is_fresh: session.is_new(now),
                session,
            });
        }
        match (self.log_in().await, usable) {
            (Ok(session), _) => Ok(Held {
                session: self.install(state, session),
                is_fresh: true,
            }),
            (Err(error), Some(session)) => {
                tracing::warn!(%error, "no other login to Vault; used the token that ends soon");
                if !error.fault().is_transient() {
                    state.cannot_replace(&session);
                }
                Ok(Held {
                    is_fresh: session.is_new(now),
                    session,
                })
            }
            (Err(error), None) => Err(error),
        }
    }

    fn install(&self, state: &mut State, session: Arc<Session>) -> Arc<Session> {
        self.changed.notify_one();
        state.install(session)
    }

    /// Another session instead of one that was refused, where there can be one.
    async fn replaced(&self, held: &Held, error: &Error) -> Result<Option<Arc<Session>>, Error> {
        let is_policy = error
            .refusal()
            .is_some_and(|refusal| refusal.cause == RefusalCause::PolicyDenied);
        // Its policies are those of a moment ago.
        if held.session.is_ours && held.is_fresh && is_policy {
            return Ok(None);
        }
        let mut state = self.state.lock().await;
        // Somebody else was refused, too, and was here first.
        let kept = state.session().filter(|session| session.is_ours);
        let other = kept.filter(|other| other.token != held.session.token);
        if let Some(other) = other.cloned() {
            state.spend();
            return Ok(Some(other));
        }
        let session = self.log_in().await?;
        if session.token == held.session.token {
            return Ok(None);
        }
        let session = self.install(&mut state, session);
        state.spend();
        Ok(Some(session))
    }

    pub(super) async fn log_in(&self) -> Result<Arc<Session>, Error> {
        let exchange = LoginExchange::new(&self.transport);
        let request = match self.login.credential(&exchange).await? {
            Credential::Login(request) => request,
            Credential::Foreign(token) => return Ok(Arc::new(Session::foreign(token))),
            Credential::Absent => return Ok(Arc::new(Session::without_token())),
        };
        let session = Arc::new(exchange.submit(&request).await?);
        self.logins.remember(&session);
        tracing::debug!(
            method = self.login.name(),
            accessor = session.accessor,
            "logged in to Vault"
        );
        Ok(session)
    }
}

pub(super) fn caller<'a>(session: &'a Session, namespace: Option<&'a Namespace>) -> Caller<'a> {
    Caller {
        token: session.token.as_ref(),
        ..Caller::anonymous(namespace)
    }
}
