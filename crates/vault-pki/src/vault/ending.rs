use std::sync::Arc;
use std::time::SystemTime;

use super::Vault;
use super::calls::caller;
use crate::envelope::Envelope;
use crate::{Error, Session, backend};

impl Vault {
    /// Gives our token back for good: revokes it, if we obtained it and no
    /// certificate hangs on it; returns the session whose token was revoked.
    ///
    /// To be called when the last certificate is there. A token that is not
    /// revoked expires by itself.
    pub async fn finish(&self) -> Result<Option<Arc<Session>>, Error> {
        if self.state().holds_lease() {
            tracing::info!("kept the token, because a certificate hangs on its lease");
            self.state().forget();
            return Ok(None);
        }
        self.give_back().await
    }

    /// Gives our token back until the next call logs in again, so that none
    /// stands for hours: for a daemon that has a certificate now. As
    /// [`Vault::finish`], but a token is kept where another login may not be
    /// had, or a call is under way with it; and so is the session of a token on which a certificate hangs, for
    /// [`Vault::lease_end`].
    pub async fn rest(&self) -> Result<Option<Arc<Session>>, Error> {
        let is_needed = {
            let state = self.state();
            state.holds_lease() || state.is_busy()
        };
        if is_needed || !self.login.is_repeatable() {
            return Ok(None);
        }
        self.give_back().await
    }

    /// Until when the certificate that was obtained last lives at most, as far
    /// as is known now: where it hangs on the lease of a token, Vault revokes
    /// it with that. Moves on while the token is renewed.
    #[expect(
        clippy::unused_async,
        reason = "an await for its callers, though nobody is waited for"
    )]
    pub async fn lease_end(&self) -> Option<SystemTime> {
        self.state().lease_end()
    }

    /// Whether the certificate that was obtained last had better be replaced:
    /// it hangs on the lease of a token which [`Vault::keep_alive`] has replaced,
    /// because nothing extended it any more, or which has ended. Never so for
    /// the next one, as long as the token stays the same.
    #[expect(
        clippy::unused_async,
        reason = "an await for its callers, though nobody is waited for"
    )]
    pub async fn is_lease_ending(&self) -> bool {
        let now = self.transport.clock().now();
        self.state().is_lease_ending(now)
    }

    async fn give_back(&self) -> Result<Option<Arc<Session>>, Error> {
        let Some(session) = self.state().give_back() else {
            return Ok(None);
        };
        self.revoke_token(&session).await?;
        Ok(Some(session))
    }

    pub(super) async fn revoke_token(&self, session: &Arc<Session>) -> Result<(), Error> {
        let request = backend::revoke_self()?;
        let caller = caller(session, self.settings().login_namespace());
        self.transport
            .call::<Envelope<serde_json::Value>>(&request, caller)
            .await?;
        tracing::debug!(accessor = session.accessor, "revoked the token");
        Ok(())
    }
}
