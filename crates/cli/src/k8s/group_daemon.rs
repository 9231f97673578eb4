use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use k8s_sinks::kubernetes::{
    Content, Controller, Error, KeptSecret, KeptVersion, Limits, Notice, SecretSink, Witness,
};
use refresh::{Clock, Kept, Schedule, Status};
use tokio::sync::{mpsc, watch};

use super::access::Access;
use super::filled::Filled;
use super::group::Group;
use super::kept_tokens;
use super::reporter::Reporter;
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
    /// Where the current tokens are kept, and whose they are.
    kept_secret: Option<(KeptSecret, String)>,
    schedule: Schedule,
    clock: Arc<dyn Clock>,
    wanted: watch::Sender<Option<Arc<Content>>>,
    /// The tokens, while we lead.
    tokens: Mutex<Option<Arc<Kept<TokenSource<'a>>>>>,
}

/// What several groups share.
pub(crate) struct Shared<'a> {
    pub(crate) access: &'a Access,
    pub(crate) limits: Limits,
    pub(crate) notices: mpsc::Sender<Notice>,
    /// When tokens are due.
    pub(crate) schedule: Schedule,
    /// The name of the Secret with the current tokens; of several groups each has
    /// its own.
    pub(crate) keeps_tokens: bool,
}

impl<'a> GroupDaemon<'a> {
    /// Watches and writes nothing yet.
    pub(crate) fn new(
        group: &'a Group<'a>,
        tally: &'a Tally,
        shared: &Shared<'_>,
        may_write: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let cluster = &shared.access.cluster;
        let reporter = Arc::new(Reporter::new(group.spec.name(), shared.notices.clone()));
        let witness: Arc<dyn Witness> = reporter.clone();
        let sink = SecretSink::new(cluster.clone(), Arc::clone(&group.spec));
        let controller = Controller::new(cluster.clone(), sink, group.targets.clone(), witness)
            .with_limits(shared.limits.clone())
            .with_service_accounts(group.service_accounts.clone())
            .with_gate(may_write);
        Ok(Self {
            group,
            controller,
            reporter,
            tally,
            kept_secret: if shared.keeps_tokens {
                kept_secret(group, shared.access)?
            } else {
                None
            },
            schedule: shared.schedule,
            clock: Arc::clone(&group.context.clock),
            wanted: watch::Sender::new(None),
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

    /// Whether all is known, and there is a good token where we are the one to
    /// have it; if not, why.
    pub(crate) fn readiness(&self) -> Result<(), String> {
        if !self.controller.is_synced() {
            return Err("the cluster has not been read yet".to_owned());
        }
        let Some(status) = self.status() else {
            return Ok(());
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
        let (stored, mut version) = self.stored().await;
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
                // Whatever landed is in the state by the next turn.
                tokio::task::yield_now().await;
                let status = kept.status();
                refreshed::say(&status, &self.line(&status), self.clock.now());
                if let (None, Ok(filled)) = (&status.last_error, kept.get().await) {
                    self.keep_tokens(&filled, &mut version).await;
                    self.want(&filled);
                }
            }
        };
        tokio::select! {
            never = kept.keep_fresh() => match never {},
            never = pump => never,
        }
    }

    fn want(&self, filled: &Filled) {
        match filled.content(&self.group.form) {
            Ok(content) => {
                filled.handed_out(&self.group.title());
                self.wanted.send_replace(Some(Arc::new(content)));
            }
            Err(failure) => tracing::error!(code = failure.code(), "{failure}"),
        }
    }

    /// What was kept in the cluster, if it is still good for us.
    async fn stored(&self) -> (Option<Filled>, Option<KeptVersion>) {
        let Some((secret, principal)) = &self.kept_secret else {
            return (None, None);
        };
        match secret.read().await {
            Ok(Some(kept)) => {
                let now = self.clock.now();
                let filled = kept_tokens::filled(&kept.value, principal, self.group, now);
                (filled, Some(kept.version))
            }
            Ok(None) => (None, None),
            Err(error) => {
                tracing::warn!("the tokens that were kept cannot be read: {error}");
                (None, None)
            }
        }
    }

    /// Keeps the tokens for the next one. That they cannot be kept is no reason
    /// to hold them back.
    async fn keep_tokens(&self, filled: &Filled, version: &mut Option<KeptVersion>) {
        let Some((secret, principal)) = &self.kept_secret else {
            return;
        };
        let text = kept_tokens::text(filled, principal);
        match secret.write(&text, version.as_ref()).await {
            Ok(written) => *version = Some(written),
            Err(Error::Overtaken { .. }) => {
                tracing::warn!("another one has kept tokens meanwhile");
                // The next ones are kept over those.
                *version = secret.read().await.ok().flatten().map(|kept| kept.version);
            }
            Err(error) => tracing::warn!("the tokens cannot be kept in the cluster: {error}"),
        }
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

/// The tokens that a daemon has kept in our own namespace, where they are still
/// good for a group.
pub(crate) async fn current_tokens(group: &Group<'_>, access: &Access) -> Option<Filled> {
    let (secret, principal) = kept_secret(group, access).ok()??;
    let kept = secret.read().await.ok()??;
    kept_tokens::filled(&kept.value, &principal, group, group.context.now())
}

/// The name of the Secret with the tokens of a group, by the name of its
/// configuration.
pub(crate) fn token_secret(config: &str) -> String {
    format!("iamra-{}-token", config.replace('.', "-"))
}

/// The Secret in our own namespace; `None` where it cannot be told whose tokens
/// they would be.
fn kept_secret(
    group: &Group<'_>,
    access: &Access,
) -> Result<Option<(KeptSecret, String)>, Failure> {
    let Some(principal) = crate::ecr::Tokens::principal(&group.context)? else {
        return Ok(None);
    };
    let config = group.spec.config();
    let name = token_secret(config);
    let secret = KeptSecret::new(access.cluster.clone(), &access.own_namespace, &name, config)?;
    Ok(Some((secret, principal)))
}

/// With less than a tenth left, whoever pulls may be late.
const LEAST_SHARE: u32 = 10;
