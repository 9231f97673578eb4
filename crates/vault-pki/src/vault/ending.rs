use std::sync::Arc;
use std::time::SystemTime;

use super::calls::caller;
use super::{State, Vault};
use crate::envelope::Envelope;
use crate::{Error, Session, backend};

impl Vault {
    /// Gives our token back for good: revokes it, if we obtained it and no
    /// certificate hangs on it; returns the session whose token was revoked.
    ///
    /// To be called when the last certificate is there. A token that is not
    /// revoked expires by itself.
    pub async fn finish(&self) -> Result<Option<Arc<Session>>, Error> {
        let mut state = self.state.lock().await;
        if state.holds_lease() {
            tracing::info!("kept the token, because a certificate hangs on its lease");
            state.forget();
            return Ok(None);
        }
        self.give_back(&mut state).await
    }

    /// Gives our token back until the next call logs in again, so that none
    /// stands for hours: for a daemon that has a certificate now. As
    /// [`Vault::finish`], but a token is kept where another login may not be
    /// had; and so is the session of a token on which a certificate hangs, for
    /// [`Vault::lease_end`].
    pub async fn rest(&self) -> Result<Option<Arc<Session>>, Error> {
        let mut state = self.state.lock().await;
        if state.holds_lease() || !self.login.is_repeatable() {
            return Ok(None);
        }
        self.give_back(&mut state).await
    }

    /// Until when the certificate that was obtained last lives at most, as far
    /// as is known now: where it hangs on the lease of a token, Vault revokes
    /// it with that. Moves on while the token is renewed.
    pub async fn lease_end(&self) -> Option<SystemTime> {
        self.state.lock().await.lease_end()
    }

    /// Whether the certificate that was obtained last hangs on the lease of a
    /// token that ends soon or has ended: time for another certificate, which
    /// then hangs on another token. A token that can still be renewed does not
    /// end, as long as [`Vault::keep_alive`] is awaited.
    pub async fn is_lease_worn(&self) -> bool {
        let now = self.transport.clock().now();
        self.state.lock().await.is_lease_worn(now)
    }

    async fn give_back(&self, state: &mut State) -> Result<Option<Arc<Session>>, Error> {
        let is_revocable = state.is_revocable();
        let session = match state.session() {
            // Whoever obtained it goes on using it, and so do we.
            Some(session) if !session.is_ours => None,
            _ => state.forget(),
        };
        let Some(session) = session.filter(|_| is_revocable) else {
            return Ok(None);
        };
        let request = backend::revoke_self()?;
        let caller = caller(&session, self.settings().login_namespace());
        self.transport
            .call::<Envelope<serde_json::Value>>(&request, caller)
            .await?;
        tracing::debug!(accessor = session.accessor, "revoked the token");
        Ok(Some(session))
    }
}
