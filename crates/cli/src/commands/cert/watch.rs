use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Command;
use refresh::{Clock, FaultKind, Kept, Schedule};

use super::issue;
use crate::certificate::{CertificateKeeper, Told};
use crate::commands::verb;
use crate::context::Context;
use crate::daemon::{Hooks, Monitor, Request, Signals, metrics_address, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::settings;

mod metrics;
mod minding;
mod report;
mod telling;

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
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    // Everything that can be wrong here is said before anybody is called.
    let watch = Watch::new(context)?;
    let address = metrics_address(context)?;
    if context.settings.switch("once")? {
        return watch.once(&mut signals).await;
    }
    let monitor = match address {
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
    told: Told,
    clock: Arc<dyn Clock>,
    /// Whether the last look at the folder found a certificate to use.
    is_there: AtomicBool,
}

impl Watch {
    /// From the settings and what is on disk; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let hooks = Hooks::new(context)?;
        let keeper = CertificateKeeper::new(context)?;
        let standing = keeper.standing()?;
        let told = Told::beside(keeper.folder());
        let clock = Arc::clone(&context.clock);
        let is_there = AtomicBool::new(true);
        let mut kept = Kept::new(keeper, Schedule::CERTIFICATE, Arc::clone(&clock));
        match &standing.wanting {
            None => tracing::info!("the certificate on disk is good"),
            Some(why) => tracing::info!("a certificate is wanted: {why}"),
        }
        if let Some(usable) = standing.usable {
            kept = kept.starting_with(usable);
        }
        if standing.wanting.is_some() {
            kept.refresh_now();
        }
        Ok(Self {
            kept,
            hooks,
            told,
            clock,
            is_there,
        })
    }

    /// One pass, unless a signal asks for the end.
    async fn once(&self, signals: &mut Signals) -> Result<Exit, Failure> {
        let end = async { while signals.next().await != Request::End {} };
        let passed = tokio::select! {
            passed = self.pass() => passed,
            () = end => Err(Failure::new("interrupted", FaultKind::Failed, "a signal has ended it")),
        };
        self.kept.source().finish().await;
        passed
    }

    /// The certificate, if it is due, and the hooks, if they were not told.
    async fn pass(&self) -> Result<Exit, Failure> {
        let facts = self.kept.get().await;
        if let Some(error) = self.kept.status().last_error {
            // What is on disk is still valid: that is no success, but no end.
            return Err(report::failure(&error));
        }
        facts.map_err(|error| report::failure(&error))?;
        self.run_hooks().await?;
        Ok(Exit::Done)
    }

    /// Until a signal asks for the end.
    pub(crate) async fn run(&self, signals: &mut Signals, monitor: Option<&Monitor>) {
        tokio::select! {
            never = self.keep() => match never {},
            never = Monitor::serve_if(monitor, self) => match never {},
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
            never = self.mind_the_folder() => never,
        }
    }

    /// SIGHUP is heeded at once; but what a hook sends us, which runs after
    /// each change, must not become a loop.
    async fn heed(&self, signals: &mut Signals) {
        let mut request = signals.next().await;
        while request == Request::Refresh {
            tracing::info!("asked for another certificate");
            self.refresh_now();
            request = if self.hooks.is_empty() {
                signals.next().await
            } else {
                self.next_after_a_while(signals).await
            };
        }
    }

    /// What is asked for meanwhile is done after it, once.
    async fn next_after_a_while(&self, signals: &mut Signals) -> Request {
        let while_over = self.clock.sleep(BETWEEN_ASKED);
        tokio::pin!(while_over);
        let mut is_asked = false;
        loop {
            tokio::select! {
                () = &mut while_over => break,
                request = signals.next() => match request {
                    Request::Refresh => is_asked = true,
                    Request::End => return Request::End,
                }
            }
        }
        if is_asked {
            return Request::Refresh;
        }
        signals.next().await
    }

    pub(crate) fn refresh_now(&self) {
        self.kept.source().force();
        self.kept.refresh_now();
    }
}

/// Without a look at the clock, or at the folder.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Between two refreshes that were asked for, where there are hooks.
const BETWEEN_ASKED: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
