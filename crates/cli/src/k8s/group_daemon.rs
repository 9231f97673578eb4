use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use k8s_sinks::kubernetes::{Content, Controller, Limits, Notice, SecretSink, Witness};
use refresh::{Clock, Kept, Schedule, Status};
use tokio::sync::{mpsc, watch};

use super::access::Access;
use super::filled::Filled;
use super::group::Group;
use super::reporter::{Durations, Reporter};
use super::token_keeper::TokenKeeper;
use super::token_source::TokenSource;
use crate::audit;
use crate::failure::Failure;
use crate::refreshed;
use crate::tally::Tally;

/// A group whose Secrets are kept, in one process.
pub(crate) struct GroupDaemon<'a> {
    pub(crate) group: &'a Group<'a>,
    pub(crate) controller: Controller,
    pub(crate) reporter: Arc<Reporter>,
    pub(crate) tally: &'a Tally,
    /// Where the current tokens are kept.
    keeper: Option<TokenKeeper<'a>>,
    may_write: Arc<dyn Fn() -> bool + Send + Sync>,
    schedule: Schedule,
    clock: Arc<dyn Clock>,
    wanted: watch::Sender<Option<Arc<Content>>>,
    /// Why the tokens cannot be brought into a Secret.
    problem: Mutex<Option<String>>,
    /// The tokens, while we lead.
    tokens: Mutex<Option<Arc<Kept<TokenSource<'a>>>>>,
}

/// What several groups share.
pub(crate) struct Shared<'a> {
    pub(crate) access: &'a Access,
    pub(crate) limits: Limits,
    pub(crate) notices: mpsc::Sender<Notice>,
    pub(crate) durations: Durations,
    /// When tokens are due.
    pub(crate) schedule: Schedule,
    /// Whether the current tokens are kept in a Secret of our own namespace, of
    /// each group in its own, so that a restart asks nobody.
    pub(crate) keeps_tokens: bool,
}

impl<'a> GroupDaemon<'a> {
    /// Watches and writes nothing yet.
    pub(crate) fn new(
        group: &'a Group<'a>,
        tally: &'a Tally,
        shared: &Shared<'_>,
        may_write: Arc<dyn Fn() -> bool + Send + Sync>,
    ) -> Result<Self, Failure> {
        let cluster = &shared.access.cluster;
        let reporter = Arc::new(Reporter::new(
            &group.spec,
            (shared.notices.clone(), shared.durations.clone()),
        ));
        let witness: Arc<dyn Witness> = reporter.clone();
        let sink = SecretSink::new(cluster.clone(), Arc::clone(&group.spec));
        let controller = Controller::new(cluster.clone(), sink, group.targets.clone(), witness)
            .with_limits(shared.limits.clone())
            .with_service_accounts(group.service_accounts.clone())
            .with_gate({
                let may_write = Arc::clone(&may_write);
                move || may_write()
            });
        Ok(Self {
            group,
            controller,
            reporter,
            tally,
            keeper: if shared.keeps_tokens && group.form.has_logins() {
                Some(TokenKeeper::new(group, shared.access)?)
            } else {
                None
            },
            may_write,
            schedule: shared.schedule,
            clock: Arc::clone(&group.context.clock),
            wanted: watch::Sender::new(None),
            problem: Mutex::default(),
            tokens: Mutex::default(),
        })
    }

    /// Keeps the Secrets for as long as this is awaited; writes while `leading`.
    pub(crate) async fn keep(&self, mut leading: watch::Receiver<bool>) -> Infallible {
        let lead = async {
            loop {
                let _ = leading.wait_for(|leads| *leads).await;
                tokio::select! {
                    never = self.reign() => match never {},
                    _ = leading.wait_for(|leads| !*leads) => {}
                }
                self.wanted.send_replace(None);
                *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
        };
        tokio::select! {
            never = self.controller.run(self.wanted.subscribe()) => never,
            never = lead => never,
        }
    }

    /// Has other tokens obtained.
    pub(crate) fn refresh_now(&self) {
        if let Some(tokens) = self.tokens() {
            tokens.refresh_now();
        }
    }

    /// How the tokens stand; `None` while another leads.
    pub(crate) fn status(&self) -> Option<Status<Failure>> {
        Some(self.tokens()?.status())
    }

    /// Whether all is known, and a good token is on its way to the Secrets where
    /// we are the one that `leads`; if not, why.
    pub(crate) fn readiness(&self, leads: bool) -> Result<(), String> {
        if !self.controller.is_synced() {
            return Err("the cluster has not been read yet".to_owned());
        }
        if !leads {
            return Ok(());
        }
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(problem) = &*problem {
            return Err(problem.clone());
        }
        drop(problem);
        let Some(status) = self.status() else {
            return Err(format!("{} has no token", self.group.title()));
        };
        let now = self.clock.now();
        let left = status
            .lifetime
            .map(|life| (life.remaining(now), life.duration()));
        match left {
            Some((left, whole)) if left > whole / LEAST_SHARE => Ok(()),
            _ => Err(self.line(&status)),
        }
    }

    /// Obtains tokens when they are due, and hands them to the controller.
    async fn reign(&self) -> Infallible {
        let stored = match &self.keeper {
            Some(keeper) => keeper.read().await.map(Filled::Logins),
            None => None,
        };
        let source = TokenSource::new(self.group, self.tally);
        let mut kept = Kept::new(source, self.schedule, Arc::clone(&self.clock));
        if let Some(stored) = &stored {
            kept = kept.starting_with(stored.clone());
        }
        let kept = Arc::new(kept);
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&kept));
        if let Some(stored) = stored {
            tracing::info!("took the tokens that were kept in the cluster");
            self.want(&stored);
        }
        let pump = async {
            loop {
                kept.source().landed.notified().await;
                // Only once it has landed is it in the state.
                kept.settled().await;
                let status = kept.status();
                refreshed::say(&status, &self.line(&status), self.clock.now());
                if let (None, Ok(filled)) = (&status.last_error, kept.get().await) {
                    // Whoever pulls does not wait for what is kept.
                    self.want(&filled);
                    if let (Some(keeper), Filled::Logins(logins)) = (&self.keeper, &filled) {
                        keeper.write(logins, &*self.may_write).await;
                    }
                }
            }
        };
        tokio::select! {
            never = kept.keep_fresh() => match never {},
            never = pump => never,
        }
    }

    fn want(&self, filled: &Filled) {
        let problem = match filled.content(&self.group.form) {
            Ok(content) => {
                filled.handed_out(&self.group.title());
                self.wanted.send_replace(Some(Arc::new(content)));
                None
            }
            Err(failure) => {
                tracing::error!(code = failure.code(), "{failure}");
                Some(failure.message())
            }
        };
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    fn tokens(&self) -> Option<Arc<Kept<TokenSource<'a>>>> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.clone()
    }

    /// How the tokens stand, for people.
    fn line(&self, status: &Status<Failure>) -> String {
        let title = self.group.title();
        match status.lifetime {
            None => format!("{title} has no token"),
            Some(life) => {
                let end = audit::rfc3339_seconds(life.end());
                format!("the tokens of {title} are good until {end}")
            }
        }
    }
}

/// With less than a tenth left, whoever pulls may be late.
const LEAST_SHARE: u32 = 10;
