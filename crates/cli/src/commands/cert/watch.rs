use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Command;
use refresh::{Backoff, Clock, Kept, Schedule};

use super::issue;
use crate::certificate::{CertificateKeeper, Delivered};
use crate::commands::verb;
use crate::context::Context;
use crate::daemon::{Hooks, Monitor, Request, Signals, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::settings;

mod metrics;
mod report;

pub(crate) fn command() -> Command {
    verb(
        "watch",
        "Keep a certificate from Vault and its key in files, and replace them in time",
        |command| {
            let more = [&settings::ONCE, &settings::HOOKS, &settings::MONITOR];
            with_settings(command, &issue::groups(&more))
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Keeps a certificate from Vault and its key in files, and replaces them when two thirds of its life \
are over. What is on disk and good is not issued again, at a restart neither. While Vault is sealed, \
gone, slow or throttling, the certificate on disk stays, and Vault is asked again at random times, at \
most five minutes apart.

SIGHUP obtains another certificate now. SIGTERM ends within five seconds.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    if context.settings.switch("once")? {
        return Watch::new(context)?.pass().await;
    }
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    // Everything that can be wrong here is said before anybody is called.
    let watch = Watch::new(context)?;
    let monitor = match context.settings.parse::<SocketAddr>("metrics-addr")? {
        Some(address) => Some(Monitor::bind(address).await?),
        None => None,
    };
    watch.run(&mut signals, monitor.as_ref()).await;
    service_manager::stopping();
    watch.kept.source().finish().await;
    Ok(Exit::Done)
}

/// A certificate that is kept in its folder, and those who are told of it.
pub(crate) struct Watch {
    kept: Kept<CertificateKeeper>,
    hooks: Hooks,
    clock: Arc<dyn Clock>,
}

impl Watch {
    /// From the settings and what is on disk; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let hooks = Hooks::new(context)?;
        let keeper = CertificateKeeper::new(context)?;
        let standing = keeper.standing()?;
        let clock = Arc::clone(&context.clock);
        let mut kept = Kept::new(keeper, Schedule::CERTIFICATE, Arc::clone(&clock));
        match &standing.wanting {
            None => tracing::info!("the certificate on disk is good"),
            Some(why) => tracing::info!("a certificate is wanted: {why}"),
        }
        if let Some(usable) = standing.usable {
            kept = kept.starting_with(usable);
        }
        Ok(Self { kept, hooks, clock })
    }

    /// One pass: the certificate, if it is due, and the hooks, if it changed.
    async fn pass(&self) -> Result<Exit, Failure> {
        let misses = self.kept.status().misses;
        let facts = self.kept.get().await;
        let keeper = self.kept.source();
        keeper.finish().await;
        let status = self.kept.status();
        if status.misses > misses
            && let Some(error) = status.last_error
        {
            // What is on disk is still valid: that is no success, but no end.
            return Err(report::failure(&error));
        }
        let facts = facts.map_err(|error| report::failure(&error))?;
        if keeper.has_changed() {
            self.hooks.run(&variables(&facts)).await?;
        }
        Ok(Exit::Done)
    }

    /// Until a signal asks for the end.
    pub(crate) async fn run(&self, signals: &mut Signals, monitor: Option<&Monitor>) {
        let monitored = async {
            match monitor {
                Some(monitor) => monitor.serve(self).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            never = self.keep() => match never {},
            never = monitored => match never {},
            never = service_manager::keep_alive() => match never {},
            () = self.heed(signals) => {}
        }
    }

    /// All that goes on by itself.
    pub(crate) async fn keep(&self) -> Infallible {
        tokio::select! {
            never = self.kept.keep_fresh() => never,
            never = self.report() => never,
            never = self.tell() => never,
            never = self.kept.source().keep_token_alive() => never,
            never = self.mind_the_lease() => never,
        }
    }

    /// A certificate that hangs on a token ends with it: another one is
    /// obtained while the token is still good.
    async fn mind_the_lease(&self) -> Infallible {
        let keeper = self.kept.source();
        loop {
            keeper.leased.notified().await;
            loop {
                self.clock.sleep(self.lease_wait().await).await;
                if keeper.is_lease_worn().await {
                    tracing::info!("the certificate ends with the token that it hangs on");
                    self.refresh_now();
                    break;
                }
            }
        }
    }

    /// How long the lease need not be looked at: the less of it is left, the
    /// more often it is.
    async fn lease_wait(&self) -> Duration {
        let end = self.kept.source().lease_end().await;
        let left = end.map(|end| end.duration_since(self.clock.now()).unwrap_or_default());
        left.map_or(LONGEST_WAIT, |left| {
            (left / 3).clamp(SHORTEST_WAIT, LONGEST_WAIT)
        })
    }

    async fn heed(&self, signals: &mut Signals) {
        while signals.next().await == Request::Refresh {
            tracing::info!("asked for another certificate");
            self.refresh_now();
        }
    }

    pub(crate) fn refresh_now(&self) {
        self.kept.source().force();
        self.kept.refresh_now();
    }

    /// Runs the hooks whenever the files have changed; those that fail, again
    /// and again: until they are told, readers use what is no longer there.
    async fn tell(&self) -> Infallible {
        let changed = &self.kept.source().changed;
        loop {
            changed.notified().await;
            let mut misses = 0;
            while let Err(failure) = self.run_hooks().await {
                let wait = Backoff::LOOP.delay(misses, fastrand::f64(), None);
                let wait = wait.max(SHORTEST_WAIT);
                misses += 1;
                tracing::warn!(
                    code = failure.code(),
                    retry_in_seconds = wait.as_secs() + 1,
                    "{failure}"
                );
                tokio::select! {
                    () = self.clock.sleep(wait) => {}
                    () = changed.notified() => misses = 0,
                }
            }
        }
    }

    async fn run_hooks(&self) -> Result<(), Failure> {
        if self.hooks.is_empty() {
            return Ok(());
        }
        match self.kept.source().delivered() {
            Some(facts) => self.hooks.run(&variables(&facts)).await,
            None => Ok(()),
        }
    }
}

/// What a hook is told.
fn variables(facts: &Delivered) -> [(&'static str, String); 3] {
    [
        ("IAMRA_FOLDER", facts.folder.display().to_string()),
        ("IAMRA_SERIAL", facts.serial.clone()),
        ("IAMRA_NOT_AFTER", crate::audit::rfc3339(facts.not_after)),
    ]
}

/// Without a look at the clock.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
