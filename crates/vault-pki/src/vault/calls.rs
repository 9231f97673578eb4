use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::Vault;
use super::state::Held;
use crate::backend::ApiRequest;
use crate::envelope::Envelope;
use crate::login::{InlineLogin, LoginExchange};
use crate::transport::Caller;
use crate::{Credential, Error, Namespace, Session};

impl Vault {
    pub(super) async fn data<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<T, Error> {
        let (envelope, _) = self.authorised(request, namespace).await?;
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
    /// does not take this one. Says with which it was answered.
    pub(super) async fn authorised<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<(Envelope<T>, Arc<Session>), Error> {
        if self.settings().inline_authentication {
            let envelope = self.inline(request, namespace).await?;
            return Ok((envelope, Arc::new(Session::without_token())));
        }
        let held = self.held().await?;
        let error = match self.call_as(&held, request, namespace).await {
            Ok(envelope) => return Ok((envelope, held.session)),
            Err(error) if error.is_forbidden() => error,
            Err(error) => return Err(error),
        };
        let other = if error.is_policy() {
            self.with_other_policies(&held).await
        } else {
            self.other_than(&held).await?
        };
        let other = other.ok_or(error)?;
        let envelope = self.call_as(&other, request, namespace).await?;
        Ok((envelope, other.session))
    }

    async fn call_as<T: DeserializeOwned>(
        &self,
        held: &Held,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<Envelope<T>, Error> {
        let caller = caller(&held.session, namespace);
        self.transport.call(request, caller).await
    }

    /// Makes a call that brings its login. Nothing is kept.
    async fn inline<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<T, Error> {
        let method = self.login.name();
        let not_inline = || Error::NotInline { method };
        // Before anything is asked of it: what it unwraps would be spent.
        if !self.login.is_login() {
            return Err(not_inline());
        }
        let exchange = LoginExchange::new(&self.transport);
        let Credential::Login(login) = self.login.credential(&exchange).await? else {
            return Err(not_inline());
        };
        let login = InlineLogin::new(&login, self.settings().login_namespace())?;
        let caller = Caller {
            inline: Some(&login),
            ..Caller::anonymous(namespace)
        };
        self.transport.call(request, caller).await
    }

    /// The session that we have, or a new one; without a use of it.
    pub(super) async fn current(&self) -> Result<Arc<Session>, Error> {
        let usable = || self.state().usable(self.transport.clock().now());
        if let Some(session) = usable() {
            return Ok(session);
        }
        let _logging_in = self.logging_in.lock().await;
        // Whoever was here first has logged in for all.
        if let Some(session) = usable() {
            return Ok(session);
        }
        let session = self.log_in().await?;
        Ok(self.install(session))
    }

    /// A session for one call: the one that we have, as long as it is good,
    /// because replacing it is a matter of [`Vault::keep_alive`]. A token that
    /// is not ours is asked for each time: its file may have changed.
    async fn held(&self) -> Result<Held, Error> {
        let hold = || self.state().hold(self.transport.clock().now());
        if let Some(held) = hold() {
            return Ok(held);
        }
        let _logging_in = self.logging_in.lock().await;
        if let Some(held) = hold() {
            return Ok(held);
        }
        let session = self.log_in().await?;
        Ok(self.install_and_hold(session))
    }

    pub(super) fn install(&self, session: Arc<Session>) -> Arc<Session> {
        let session = self.state().install(session);
        self.changed.notify_one();
        session
    }

    fn install_and_hold(&self, session: Arc<Session>) -> Held {
        let mut state = self.state();
        let session = state.install(session);
        let held = state.begin(session, true);
        drop(state);
        self.changed.notify_one();
        held
    }

    /// Another session instead of one that Vault does not take.
    async fn other_than(&self, held: &Held) -> Result<Option<Held>, Error> {
        let _logging_in = self.logging_in.lock().await;
        if let Some(other) = self.installed_instead_of(held) {
            return Ok(Some(other));
        }
        let session = self.log_in().await?;
        let is_other = session.token != held.session.token;
        Ok(is_other.then(|| self.install_and_hold(session)))
    }

    /// Another session instead of one whose policies deny the call, where that
    /// may help and costs nothing that cannot be had again. The token that it
    /// replaces is revoked: nobody would, later.
    async fn with_other_policies(&self, held: &Held) -> Option<Held> {
        let _logging_in = self.logging_in.lock().await;
        if let Some(other) = self.installed_instead_of(held) {
            return Some(other);
        }
        if held.session.is_ours && !self.may_replace(held) {
            return None;
        }
        let session = self.log_in().await.inspect_err(|error| {
            tracing::debug!(%error, "no other login to Vault after a refusal by policy");
        });
        let session = session.ok()?;
        if session.token == held.session.token {
            return None;
        }
        let is_dispensable = self.state().is_dispensable(&held.session);
        let other = self.install_and_hold(session);
        if is_dispensable && held.session.is_revocable() {
            self.discard(&held.session).await;
        }
        Some(other)
    }

    /// Policies of a moment ago are those of now.
    fn may_replace(&self, held: &Held) -> bool {
        !held.is_fresh && self.login.is_repeatable() && self.state().is_dispensable(&held.session)
    }

    /// Somebody else was refused, too, and was here first.
    fn installed_instead_of(&self, held: &Held) -> Option<Held> {
        let mut state = self.state();
        if state.holds(&held.session) {
            return None;
        }
        state.hold(self.transport.clock().now())
    }

    /// Where that fails, the token ends by itself.
    async fn discard(&self, session: &Arc<Session>) {
        if let Err(error) = self.revoke_token(session).await {
            tracing::debug!(%error, "the token that was replaced was not revoked");
        }
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
