use std::sync::{Arc, MutexGuard, PoisonError};

use destination::Verification;
use refresh::Clock;
use tokio::sync::Notify;

use crate::backend;
use crate::envelope;
use crate::inspection::HealthAnswer;
use crate::transport::{Caller, Transport, is_health_status};
use crate::{
    Error, Health, LoginMethod, Mount, PkiRole, RoleName, Session, TokenInfo, VaultSettings,
};

mod acme;
mod authority;
mod calls;
mod certificates;
mod ending;
mod keep_alive;
mod logins;
mod revocation;
mod state;
mod token_life;

use logins::Logins;
pub use revocation::{Revocable, Revocation};
use state::State;

/// One Vault or OpenBao, and one way to log in to it.
///
/// The first call that needs a token logs in; those after it use the same
/// token over the same connection. A token that we obtained is replaced once
/// where Vault no longer takes it, and revoked by [`Vault::finish`].
#[derive(Debug)]
pub struct Vault {
    transport: Arc<Transport>,
    login: Box<dyn LoginMethod>,
    /// Never held over an await; `logging_in` is.
    state: std::sync::Mutex<State>,
    logging_in: tokio::sync::Mutex<()>,
    /// There is another session, or a certificate: [`Vault::keep_alive`] looks
    /// again.
    changed: Notify,
    logins: Logins,
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
        Ok(Self::over(
            Arc::new(Transport::new(settings, clock)?),
            login,
        ))
    }

    /// The same Vault for somebody else, over the same connections: for who logs
    /// in on behalf of many, each with a token of its own.
    #[must_use]
    pub fn with_login(&self, login: Box<dyn LoginMethod>) -> Self {
        Self::over(Arc::clone(&self.transport), login)
    }

    fn over(transport: Arc<Transport>, login: Box<dyn LoginMethod>) -> Self {
        Self {
            transport,
            login,
            state: std::sync::Mutex::default(),
            logging_in: tokio::sync::Mutex::default(),
            changed: Notify::new(),
            logins: Logins::default(),
        }
    }

    /// How Vault is reached.
    pub fn settings(&self) -> &VaultSettings {
        self.transport.settings()
    }

    /// Logs in, unless that has happened, and says what came of it. Where each
    /// call brings its login, there is nothing to say.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        if self.settings().inline_authentication {
            return Ok(Arc::new(Session::without_token()));
        }
        self.current().await
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

    /// The same, as soon as there is one: for a daemon, in which
    /// [`Vault::keep_alive`] logs in, too.
    pub async fn next_logins(&self) -> Vec<Arc<Session>> {
        self.logins.next().await
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

    /// The roles of a PKI mount, where the token's policies allow to list them.
    pub async fn roles(&self, mount: &Mount) -> Result<Vec<String>, Error> {
        let request = backend::list_roles(mount)?;
        let namespace = self.settings().certificate_namespace();
        let list: crate::inspection::Keys = self.data(&request, namespace).await?;
        Ok(list.keys)
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
