use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use refresh::{Backoff, Fault as _, Pause, next_wait};
use serde_json::Value;

use super::Vault;
use super::calls::caller;
use super::token_life::Action;
use crate::envelope::Envelope;
use crate::{Error, RefusalCause, Session, Token, TokenInfo, backend};

impl Vault {
    /// Keeps the token alive, for as long as this is awaited: renews it at two
    /// thirds of its lease until renewal no longer extends it, and then logs in
    /// again, where that may not be possible later ([`LoginMethod::is_repeatable`](crate::LoginMethod::is_repeatable)),
    /// or where the last certificate hangs on the token.
    ///
    /// For a daemon, which awaits it beside its other work. Nothing else renews
    /// a token. Failures are waited out with backoff, and the token is kept
    /// until its end; after that, the next call that needs one logs in. A login
    /// that was refused is asked for again every hour. A token of somebody else
    /// is looked up (which spends a use) once a certificate was obtained, and
    /// renewed if it can be; it is never revoked.
    pub async fn keep_alive(&self) -> Infallible {
        let mut failures = Failures::default();
        loop {
            let now = self.transport.clock().now();
            let (action, session) = self.next_action(now);
            let Some(session) = session else {
                self.changed.notified().await;
                continue;
            };
            match (action, failures.pause(&session, now)) {
                (Action::Wait(until), _) => self.wait(next_wait(now, until)).await,
                (Action::Rest, _) if session.lifetime.is_none() => self.changed.notified().await,
                // A clock that is set right again tells nobody.
                (Action::Rest, _) => self.wait(LONGEST_WAIT).await,
                (_, Some(left)) => self.wait(left.min(LONGEST_WAIT)).await,
                (action, None) => match self.perform(action, &session).await {
                    Ok(()) => failures = Failures::default(),
                    Err(error) => failures.note(&error, &session, self.transport.clock().now()),
                },
            }
        }
    }

    fn next_action(&self, now: SystemTime) -> (Action, Option<Arc<Session>>) {
        let state = self.state();
        let life = state.life(self.login.is_repeatable(), now);
        let action = life.map(|life| life.next_action(now, state.random()));
        (action.unwrap_or(Action::Rest), state.session().cloned())
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
        self.note_refusal(action, session, &error);
        Ok(())
    }

    fn note_refusal(&self, action: Action, session: &Session, error: &Error) {
        let now = self.transport.clock().now();
        let mut state = self.state();
        if !state.holds(session) {
            // It was replaced, or revoked by us, meanwhile.
            tracing::debug!(%error, "a token that is no longer used was refused");
            return;
        }
        let is_lost = error
            .refusal()
            .is_some_and(|refusal| refusal.cause == RefusalCause::BadToken);
        match action {
            Action::Replace => {
                tracing::warn!(%error, "no other login to Vault; the token is used until its end");
                state.cannot_replace(session, now);
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
        self.state().spend(session);
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
        self.state().renewed(session, renewed);
        Ok(())
    }

    async fn look_up(&self, session: &Arc<Session>) -> Result<(), Error> {
        let request = backend::lookup_self()?;
        let now = self.transport.clock().now();
        let caller = caller(session, self.settings().login_namespace());
        let envelope: Envelope<TokenInfo> = self.transport.call(&request, caller).await?;
        let info = self.data_of(envelope, &request)?;
        let known = session.looked_up(info, now);
        self.state().looked_up(session, Some(known));
        Ok(())
    }

    async fn replace(&self, session: &Arc<Session>) -> Result<(), Error> {
        let _logging_in = self.logging_in.lock().await;
        // A call that found it bad may have been here first.
        let is_held = self.state().holds(session);
        if is_held {
            let other = self.log_in().await?;
            self.install(other);
        }
        Ok(())
    }
}

/// Failures in a row with one token, and how long they are waited out.
#[derive(Debug, Default)]
struct Failures {
    number: u32,
    pause: Option<(Token, Pause)>,
}

impl Failures {
    /// How much is left of the pause, if it concerns that token.
    fn pause(&self, session: &Session, now: SystemTime) -> Option<Duration> {
        let (token, pause) = self.pause.as_ref()?;
        let is_concerned = session.token.as_ref() == Some(token);
        pause.left(now).filter(|_| is_concerned)
    }

    fn note(&mut self, error: &Error, session: &Session, now: SystemTime) {
        tracing::warn!(%error, "the token was not renewed; trying again");
        let pause = Pause::after(self.number, Backoff::LOOP, error.retry_after(), now);
        let pause = pause.at_most(longest(session, now));
        self.number = self.number.saturating_add(1);
        self.pause = session.token.clone().map(|token| (token, pause));
    }
}

/// Whatever Vault asks for, the token must not end meanwhile: after half of
/// what is left of it, there is another attempt.
fn longest(session: &Session, now: SystemTime) -> Duration {
    let half = session.lifetime.map(|lifetime| lifetime.remaining(now) / 2);
    half.map_or(Pause::LONGEST_ASKED, |half| {
        half.clamp(Pause::SHORTEST, Pause::LONGEST_ASKED)
    })
}

/// No wait is longer than this without a look at the clock.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::StatusCode;
    use refresh::Lifetime;

    use super::*;
    use crate::{Call, Operation, Refusal};

    /// The pause after a failure at 800 s of a token's 1200.
    fn pause(retry_after: Option<u64>, lifetime: bool) -> Duration {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let session = Session {
            lifetime: lifetime.then(|| Lifetime::new(at(0), at(1200))),
            ..Session::foreign(Token::new(&"s.1".into()).unwrap())
        };
        let error = Error::Refused {
            call: Box::new(Call {
                operation: Operation::RenewSelf,
                path: "auth/token/renew-self".to_owned(),
                address: "https://vault:8200".to_owned(),
                namespace: None,
            }),
            refusal: Box::new(Refusal::new(
                Operation::RenewSelf,
                (StatusCode::TOO_MANY_REQUESTS, &[]),
                str::to_owned,
            )),
            retry_after: retry_after.map(Duration::from_secs),
        };
        let mut failures = Failures::default();
        failures.note(&error, &session, at(800));
        let other = Session::foreign(Token::new(&"s.2".into()).unwrap());
        assert_eq!(failures.pause(&other, at(800)), None, "another token's");
        assert_eq!(
            failures.pause(&session, at(799)),
            None,
            "the clock went back"
        );
        failures.pause(&session, at(800)).unwrap()
    }

    #[test]
    fn a_pause_is_a_second_at_least_and_half_of_what_is_left_at_most() {
        let seconds = Duration::from_secs;
        assert_eq!(pause(None, true), seconds(1));
        assert!((seconds(20)..=seconds(21)).contains(&pause(Some(20), true)));
        for asked in [86_400, u64::MAX] {
            assert_eq!(pause(Some(asked), true), seconds(200));
            assert_eq!(pause(Some(asked), false), seconds(3600));
        }
    }
}
