use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use refresh::{Backoff, Fault as _, next_wait};
use serde_json::Value;

use super::Vault;
use super::calls::caller;
use super::token_life::Action;
use crate::envelope::Envelope;
use crate::{Error, RefusalCause, Session, TokenInfo, backend};

/// Failures in a row, and until when they are waited out.
#[derive(Debug, Default)]
struct Failures {
    number: u32,
    until: Option<SystemTime>,
}

impl Vault {
    /// Keeps the token alive, for as long as this is awaited: renews it at two
    /// thirds of its lease until renewal no longer extends it, and then logs in
    /// again, where that may not be possible later ([`LoginMethod::is_repeatable`](crate::LoginMethod::is_repeatable)).
    ///
    /// For a daemon, which awaits it beside its other work. Nothing else renews
    /// a token. Failures are waited out with backoff, and the token is kept
    /// until its end; after that, the next call that needs one logs in. A token
    /// of somebody else is looked up (which spends a use) once a certificate
    /// was obtained, and renewed if it can be; it is never revoked.
    pub async fn keep_alive(&self) -> Infallible {
        let mut failures = Failures::default();
        loop {
            let (now, action, session) = self.next_action().await;
            let paused = failures.until.filter(|until| now < *until);
            match (action, session) {
                (Action::Wait(until), _) => self.wait(next_wait(now, until)).await,
                (Action::Rest, _) | (_, None) => {
                    failures = Failures::default();
                    self.changed.notified().await;
                }
                (_, Some(_)) if paused.is_some() => {
                    let until = paused.unwrap_or(now);
                    self.wait(next_wait(now, until)).await;
                }
                (action, Some(session)) => match self.perform(action, &session).await {
                    Ok(()) => failures = Failures::default(),
                    Err(error) => failures.note(&error, self.transport.clock().now()),
                },
            }
        }
    }

    async fn next_action(&self) -> (SystemTime, Action, Option<Arc<Session>>) {
        let state = self.state.lock().await;
        // Read when nobody is logging in any more: before the life of the token
        // that comes of it, the clock would seem to have been set back.
        let now = self.transport.clock().now();
        let life = state.life(self.login.is_repeatable());
        let action = life.map(|life| life.next_action(now, state.random()));
        let action = action.unwrap_or(Action::Rest);
        (now, action, state.session().cloned())
    }

    async fn wait(&self, duration: Duration) {
        tokio::select! {
            () = self.transport.clock().sleep(duration) => {}
            () = self.changed.notified() => {}
        }
    }

    /// Fails only where another attempt may help; a refusal is final, and noted
    /// as such.
    async fn perform(&self, action: Action, session: &Arc<Session>) -> Result<(), Error> {
        let error = match self.attempt(action, session).await {
            Err(error) if error.fault().is_transient() => return Err(error),
            Err(error) => error,
            Ok(()) => return Ok(()),
        };
        let is_lost = error
            .refusal()
            .is_some_and(|refusal| refusal.cause == RefusalCause::BadToken);
        let now = self.transport.clock().now();
        let mut state = self.state.lock().await;
        match action {
            Action::Replace => {
                tracing::warn!(%error, "no other login to Vault; the token is used until its end");
                state.cannot_replace(session);
            }
            Action::Renew if is_lost => {
                tracing::warn!(%error, "Vault no longer knows the token");
                state.lost(session, now);
            }
            Action::Renew => {
                tracing::info!(%error, "the token cannot be renewed");
                state.cannot_renew(session);
            }
            _ => {
                tracing::info!(%error, "the token cannot be looked up, and is not renewed");
                state.looked_up(session, None);
            }
        }
        Ok(())
    }

    async fn attempt(&self, action: Action, session: &Arc<Session>) -> Result<(), Error> {
        match action {
            Action::Renew => self.renew(session).await,
            Action::LookUp => self.look_up(session).await,
            Action::Replace => self.replace(session).await,
            Action::Rest | Action::Wait(_) => Ok(()),
        }
    }

    async fn renew(&self, session: &Arc<Session>) -> Result<(), Error> {
        let request = backend::renew_self()?;
        self.state.lock().await.spend();
        // Read before: what it is extended to is never later than we think.
        let now = self.transport.clock().now();
        let caller = caller(session, self.settings().login_namespace());
        let envelope: Envelope<Value> = self.transport.call(&request, caller).await?;
        let auth = envelope.auth.ok_or_else(|| Error::UnusableAnswer {
            call: Box::new(self.transport.describe(&request, caller)),
            reason: "it has no auth block".to_owned(),
        })?;
        let renewed = session.renewed(&auth, now);
        tracing::debug!(accessor = renewed.accessor, "renewed the token");
        self.state.lock().await.renewed(session, renewed);
        Ok(())
    }

    async fn look_up(&self, session: &Arc<Session>) -> Result<(), Error> {
        let request = backend::lookup_self()?;
        let now = self.transport.clock().now();
        let caller = caller(session, self.settings().login_namespace());
        let envelope: Envelope<TokenInfo> = self.transport.call(&request, caller).await?;
        let info = self.data_of(envelope, &request)?;
        let known = session.looked_up(info, now);
        self.state.lock().await.looked_up(session, Some(known));
        Ok(())
    }

    async fn replace(&self, session: &Arc<Session>) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        if state.holds(session) {
            let other = self.log_in().await?;
            state.install(other);
        }
        Ok(())
    }
}

impl Failures {
    fn note(&mut self, error: &Error, now: SystemTime) {
        let pause = Backoff::LOOP.delay(self.number, fastrand::f64(), error.retry_after());
        tracing::warn!(%error, "the token was not renewed; trying again");
        self.number = self.number.saturating_add(1);
        self.until = now.checked_add(pause);
    }
}
