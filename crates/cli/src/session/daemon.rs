use std::convert::Infallible;
use std::sync::Arc;

use refresh::{Clock, Due, Kept, Schedule, Status};
use tokio::sync::watch;

use super::{CredentialSource, SessionCredentials};
use crate::audit::rfc3339;
use crate::context::Context;
use crate::daemon::service_manager;
use crate::failure::Failure;
use crate::refreshed;

mod metrics;

/// A session that is kept open for all who use it, in one process.
pub(crate) struct SessionDaemon {
    kept: Kept<CredentialSource>,
    clock: Arc<dyn Clock>,
    /// How often something was tried: whoever waits for a change looks here.
    attempts: watch::Sender<u64>,
    /// How the session is called where there are several.
    name: Option<String>,
}

impl SessionDaemon {
    /// A session from `source`, replaced by `schedule`.
    pub(crate) fn new(source: CredentialSource, context: &Context<'_>, schedule: Schedule) -> Self {
        let clock = Arc::clone(&context.clock);
        let kept = Kept::new(source, schedule, Arc::clone(&clock));
        Self {
            kept,
            clock,
            attempts: watch::Sender::new(0),
            name: None,
        }
    }

    /// The same under a name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Credentials that are valid now. Must not be awaited in a handler of the
    /// `select!` that [`SessionDaemon::keep`] is a branch of.
    pub(crate) async fn credentials(&self) -> Result<SessionCredentials, Failure> {
        let got = self.kept.get().await;
        got.map_err(|error| refreshed::failure(&error, "session.expired"))
    }

    /// What they come from.
    pub(crate) fn source(&self) -> &CredentialSource {
        self.kept.source()
    }

    /// How things stand.
    pub(crate) fn status(&self) -> Status<Failure> {
        self.kept.status()
    }

    /// Whether valid credentials are at hand; if not, why.
    pub(crate) fn readiness(&self) -> Result<(), String> {
        let status = self.status();
        if refreshed::is_usable(&status) {
            Ok(())
        } else {
            Err(self.line(&status))
        }
    }

    /// How often something was tried, for whoever waits for the next time.
    pub(crate) fn attempts(&self) -> watch::Receiver<u64> {
        self.attempts.subscribe()
    }

    /// Waits until it is open.
    pub(crate) async fn opened(&self) {
        let mut attempts = self.attempts();
        while self.readiness().is_err() {
            // The sender is ours: it does not go.
            let _ = attempts.changed().await;
        }
    }

    /// Opens another one now, with another certificate where that is ours to
    /// replace.
    pub(crate) fn refresh_now(&self) {
        if let Some(keeper) = self.source().keeper() {
            keeper.force();
        }
        self.kept.refresh_now();
    }

    /// All that goes on by itself.
    pub(crate) async fn keep(&self) -> Infallible {
        tokio::select! {
            never = self.kept.keep_fresh() => never,
            never = self.source().keep() => never,
            never = self.report() => never,
        }
    }

    /// Takes leave.
    pub(crate) async fn finish(&self) {
        self.source().finish().await;
    }

    /// Says what came of each attempt, and wakes who waits for it.
    async fn report(&self) -> Infallible {
        loop {
            service_manager::status(&self.line(&self.status()));
            self.source().landed.notified().await;
            let status = self.status();
            refreshed::say(&status, &self.line(&status), self.clock.now());
            self.attempts.send_modify(|attempts| *attempts += 1);
        }
    }

    /// How things stand, for people.
    pub(crate) fn line(&self, status: &Status<Failure>) -> String {
        let what = match &self.name {
            Some(name) => format!("the session {name}"),
            None => "the session".to_owned(),
        };
        let Some(lifetime) = status.lifetime else {
            return format!("{what} is not open");
        };
        let end = rfc3339(lifetime.end());
        match status.due {
            Some(Due::Fresh { until }) => {
                let until = rfc3339(refreshed::whole_seconds(until));
                format!(
                    "{what} is valid until {end}, and due at {until}{}",
                    self.budget()
                )
            }
            Some(Due::Due) => format!("{what} is due, and valid until {end}{}", self.budget()),
            Some(Due::NotYetValid) => format!("{what} is not valid yet"),
            _ => format!("{what} expired at {end}"),
        }
    }

    /// How long the world may be away.
    fn budget(&self) -> String {
        let keeper = self.source().keeper();
        match keeper.and_then(|keeper| keeper.identity().remaining()) {
            Some(left) => format!(
                "; its certificate for another {}",
                refreshed::duration(left.as_secs())
            ),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests;
