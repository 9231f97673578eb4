use std::sync::Arc;

use destination::Verification;
use refresh::Clock;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::backend::{self, ApiRequest};
use crate::envelope::{self, Envelope};
use crate::inspection::HealthAnswer;
use crate::login::LoginExchange;
use crate::transport::{Caller, Transport, is_health_status};
use crate::{
    Error, Health, LoginMethod, Mount, Namespace, PkiRole, RefusalCause, RoleName, Session,
    TokenInfo, VaultSettings,
};

mod certificates;
mod logins;

use logins::Logins;

/// One Vault or OpenBao, and one way to log in to it.
///
/// The first call that needs a token logs in; those after it use the same
/// token over the same connection. A token that we obtained is replaced once
/// where Vault no longer takes it, and revoked by [`Vault::finish`].
#[derive(Debug)]
pub struct Vault {
    transport: Transport,
    login: Box<dyn LoginMethod>,
    state: Mutex<State>,
    logins: Logins,
}

#[derive(Debug, Default)]
struct State {
    session: Option<Arc<Session>>,
    /// Whether a certificate hangs on the session's token.
    holds_lease: bool,
}

/// A session, and whether this very call has logged in for it.
struct Held {
    session: Arc<Session>,
    is_fresh: bool,
}

impl Vault {
    /// How many logins [`Vault::take_logins`] knows of at most.
    pub const LOGINS_KEPT: usize = 64;

    /// Reads the settings' files. Connects to nobody.
    pub fn new(
        settings: VaultSettings,
        login: Box<dyn LoginMethod>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        if settings.address.is_plain_text() {
            tracing::warn!(address = %settings.address, "Vault is reached without TLS");
        }
        if settings.verification != Verification::Full {
            tracing::warn!(address = %settings.address, "Vault's certificate is not checked");
        }
        Ok(Self {
            transport: Transport::new(settings, clock)?,
            login,
            state: Mutex::default(),
            logins: Logins::default(),
        })
    }

    /// How Vault is reached.
    pub fn settings(&self) -> &VaultSettings {
        self.transport.settings()
    }

    /// Logs in, unless that has happened, and says what came of it.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        Ok(self.held().await?.session)
    }

    /// The sessions that were obtained since the last call, the oldest first,
    /// each once: those of [`Vault::session`], and those that replaced a token
    /// on the way. For audit records: no other method tells of the latter. A
    /// token of somebody else is no login and not among them.
    ///
    /// To be called after failures, too, as a login may have come before them.
    /// Whoever does not call it loses the oldest after [`Vault::LOGINS_KEPT`].
    pub fn take_logins(&self) -> Vec<Arc<Session>> {
        self.logins.take()
    }

    /// What our token is, as Vault sees it.
    pub async fn token_info(&self) -> Result<TokenInfo, Error> {
        let request = backend::lookup_self()?;
        self.data(&request, self.settings().login_namespace()).await
    }

    /// What a role of a PKI mount asks, where the token's policies allow to
    /// read it.
    pub async fn role(&self, mount: &Mount, role: &RoleName) -> Result<PkiRole, Error> {
        let request = backend::read_role(mount, role)?;
        let namespace = self.settings().certificate_namespace();
        self.data(&request, namespace).await
    }

    /// How Vault is. Needs no token, is tried once, and a sealed Vault is an
    /// answer like any other.
    pub async fn health(&self) -> Result<Health, Error> {
        let request = backend::health()?;
        let call = self.transport.describe(&request, Caller::default());
        let response = self
            .transport
            .exchange(&request, Caller::default(), &call)
            .await?;
        let answer = envelope::read::<HealthAnswer>(&response.body).ok();
        let health = answer.filter(|_| is_health_status(response.status));
        let health = health.and_then(|answer| answer.with(response.status));
        health.ok_or_else(|| crate::transport::not_vault(&response, &call))
    }

    /// Revokes our token, if we obtained it and no certificate hangs on it;
    /// returns the session whose token was revoked.
    ///
    /// To be called when the last certificate is there. A token that is not
    /// revoked expires by itself.
    pub async fn finish(&self) -> Result<Option<Arc<Session>>, Error> {
        let mut state = self.state.lock().await;
        let Some(session) = state.session.take() else {
            return Ok(None);
        };
        if !session.is_revocable() {
            return Ok(None);
        }
        if state.holds_lease {
            tracing::info!("kept the token, because a certificate hangs on its lease");
            return Ok(None);
        }
        let request = backend::revoke_self()?;
        let caller = caller(&session, self.settings().login_namespace());
        self.transport
            .call::<Envelope<serde_json::Value>>(&request, caller)
            .await?;
        tracing::debug!(accessor = session.accessor, "revoked the token");
        Ok(Some(session))
    }

    async fn data<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<T, Error> {
        let envelope: Envelope<T> = self.authorised(request, namespace).await?;
        envelope.data.ok_or_else(|| Error::UnusableAnswer {
            call: Box::new(self.transport.describe(request, Caller::default())),
            reason: "it has no data".to_owned(),
        })
    }

    /// Makes a call with our token, and once more with another where Vault
    /// does not take this one.
    async fn authorised<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
        namespace: Option<&Namespace>,
    ) -> Result<T, Error> {
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

    /// The session that we have, or a new one. A token that is not ours is
    /// asked for each time: its file may have changed.
    async fn held(&self) -> Result<Held, Error> {
        let mut state = self.state.lock().await;
        let now = self.transport.clock().now();
        let kept = state.session.clone();
        if let Some(session) = kept.filter(|session| session.is_ours && session.is_alive(now)) {
            return Ok(Held {
                is_fresh: session.is_new(now),
                session,
            });
        }
        let session = self.log_in().await?;
        *state = State {
            session: Some(session.clone()),
            holds_lease: false,
        };
        Ok(Held {
            session,
            is_fresh: true,
        })
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
        let kept = state.session.clone().filter(|session| session.is_ours);
        if let Some(other) = kept.filter(|other| !Arc::ptr_eq(other, &held.session)) {
            return Ok(Some(other));
        }
        let session = self.log_in().await?;
        if session.token == held.session.token {
            return Ok(None);
        }
        *state = State {
            session: Some(session.clone()),
            holds_lease: false,
        };
        Ok(Some(session))
    }

    async fn log_in(&self) -> Result<Arc<Session>, Error> {
        let exchange = LoginExchange::new(&self.transport);
        let session = Arc::new(self.login.log_in(&exchange).await?);
        if session.is_ours {
            self.logins.remember(&session);
            tracing::debug!(
                method = self.login.name(),
                accessor = session.accessor,
                "logged in to Vault"
            );
        }
        Ok(session)
    }
}

fn caller<'a>(session: &'a Session, namespace: Option<&'a Namespace>) -> Caller<'a> {
    Caller {
        token: session.token.as_ref(),
        namespace,
    }
}
