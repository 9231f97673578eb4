use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use self::accounts::Accounts;
use self::roster::Roster;
use super::cluster::Cluster;
use super::content::Content;
use super::limits::Limits;
use super::secret_sink::{Delivered, SecretSink};
use super::service_account::{Attached, SeenServiceAccount, ServiceAccounts};
use super::targets::{Pattern, Targets};
use super::{Error, Seen};

mod accounts;
mod place;
mod roster;
mod watching;
mod witness;

pub use place::Problem;
pub use roster::Standing;
pub use witness::{Happened, Witness};

/// Keeps one content in the Secrets of all targets: in new namespaces at once,
/// where it was deleted or changed again, and everywhere when there is another.
///
/// It reads nothing of the cluster but metadata: of the Secrets of its name, and
/// of namespaces where they have to be found.
pub struct Controller {
    cluster: Cluster,
    sink: SecretSink,
    targets: Targets,
    limits: Limits,
    witness: Arc<dyn Witness>,
    /// Whether we may write at this moment.
    gate: Arc<dyn Fn() -> bool + Send + Sync>,
    patterns: Vec<Pattern>,
    roster: Mutex<Roster>,
    accounts: Mutex<Accounts>,
    /// How many lists are still to be read for the first time.
    unlisted: AtomicUsize,
    changed: Notify,
    /// What is wanted now.
    wanted: Mutex<Option<Arc<Content>>>,
}

/// What was under way.
enum Ended {
    Secret(Arc<str>, Arc<Content>, Duration, Result<Delivered, Error>),
    Account(SeenServiceAccount, Result<Attached, Error>),
}

/// What is to be done next.
enum Task {
    Secret(Arc<str>, Option<Seen>, Arc<Content>),
    Account(SeenServiceAccount),
}

impl Controller {
    /// Secrets as `sink` writes them, in these namespaces.
    pub fn new(
        cluster: Cluster,
        sink: SecretSink,
        targets: Targets,
        witness: Arc<dyn Witness>,
    ) -> Self {
        let controller = Self {
            cluster,
            sink,
            targets,
            limits: Limits::default(),
            witness,
            gate: Arc::new(|| true),
            patterns: Vec::new(),
            roster: Mutex::default(),
            accounts: Mutex::default(),
            unlisted: AtomicUsize::new(0),
            changed: Notify::new(),
            wanted: Mutex::default(),
        };
        let lists = controller.lists();
        controller.unlisted.store(lists, Ordering::Relaxed);
        controller
    }

    /// The same within these limits, which it shares with whoever else has them.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same, and service accounts of such names in the targets get the
    /// Secret's name among their `imagePullSecrets`.
    #[must_use]
    pub fn with_service_accounts(self, patterns: Vec<Pattern>) -> Self {
        let accounts = Accounts::new(patterns.clone(), self.sink.spec().name());
        Self {
            patterns,
            accounts: Mutex::new(accounts),
            ..self
        }
    }

    /// The same, and right before each write `gate` is asked whether it may
    /// happen: whether we still lead, say.
    #[must_use]
    pub fn with_gate(self, gate: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self {
            gate: Arc::new(gate),
            ..self
        }
    }

    /// Brings what `wanted` says to all targets, for as long as this is awaited.
    /// While it says nothing, it only watches.
    pub async fn run(&self, wanted: watch::Receiver<Option<Arc<Content>>>) -> Infallible {
        {
            let mut roster = self.roster();
            for name in self.targets.names() {
                roster.found(NAMED, name, true);
            }
        }
        let attaching = ServiceAccounts::new(self.cluster.clone(), self.sink.spec().name());
        tokio::select! {
            never = self.watch() => match never {},
            never = self.work(wanted, attaching.ok()) => match never {},
        }
    }

    /// How the targets stand.
    pub fn standing(&self) -> Standing {
        let wanted = self.wanted();
        self.roster().standing(wanted.as_deref())
    }

    /// The namespaces that cannot have the Secret, and why.
    pub fn problems(&self) -> Vec<(String, Problem)> {
        self.roster().problems()
    }

    /// Whether everything was read once.
    pub fn is_synced(&self) -> bool {
        self.unlisted.load(Ordering::Relaxed) == 0
    }

    /// Whether nothing is to be done.
    pub fn is_idle(&self) -> bool {
        self.is_synced() && self.roster().is_idle()
    }

    async fn work(
        &self,
        mut wanted: watch::Receiver<Option<Arc<Content>>>,
        attaching: Option<ServiceAccounts>,
    ) -> Infallible {
        let mut under_way = FuturesUnordered::new();
        loop {
            if self.want(wanted.borrow_and_update().clone()) {
                // What is under way was told by somebody who has no say any more.
                under_way.clear();
                self.roster().abandon();
            }
            while under_way.len() < self.limits.concurrency() {
                let Some(task) = self.next() else {
                    break;
                };
                under_way.push(self.perform(task, attaching.as_ref()));
            }
            tokio::select! {
                Some(ended) = under_way.next() => self.took(ended),
                changed = wanted.changed() => {
                    // Whoever wants something is gone: nothing changes any more.
                    if changed.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
                () = self.changed.notified() => {}
                () = self.cluster.clock().sleep(self.rest()) => {}
            }
        }
    }

    /// How long nothing is to be done, if nothing happens.
    fn rest(&self) -> Duration {
        let now = self.cluster.clock().now();
        let rests = [self.roster().rest(now), self.accounts().rest(now)];
        let rests = rests.into_iter().flatten();
        rests.fold(LONGEST_REST, Duration::min)
    }

    /// Whether nothing is wanted any more.
    fn want(&self, wanted: Option<Arc<Content>>) -> bool {
        let mut held = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let id = |content: &Option<Arc<Content>>| content.as_ref().map(|it| it.id().to_owned());
        if id(&held) == id(&wanted) {
            return false;
        }
        let is_over = wanted.is_none();
        *held = wanted;
        drop(held);
        self.roster().wants_other();
        is_over
    }

    fn next(&self) -> Option<Task> {
        let content = self.wanted()?;
        let now = self.cluster.clock().now();
        let is_synced = self.is_synced();
        let mut roster = self.roster();
        if let Some((name, seen)) = roster.next(&content, |_| is_synced, now) {
            return Some(Task::Secret(name, seen, content));
        }
        let has = |namespace: &str| roster.has(namespace, &content);
        self.accounts().next(has, now).map(Task::Account)
    }

    async fn perform(&self, task: Task, attaching: Option<&ServiceAccounts>) -> Ended {
        let _turn = self.limits.turn().await;
        match task {
            Task::Secret(name, seen, content) => {
                let began = Instant::now();
                let ended = if (self.gate)() {
                    self.sink.deliver(&name, seen, &content).await
                } else {
                    Err(overtaken())
                };
                Ended::Secret(name, content, began.elapsed(), ended)
            }
            Task::Account(seen) => {
                let ended = match attaching.filter(|_| (self.gate)()) {
                    Some(attaching) => attaching.attach(seen.clone()).await,
                    None => Err(overtaken()),
                };
                Ended::Account(seen, ended)
            }
        }
    }

    fn took(&self, ended: Ended) {
        match ended {
            Ended::Secret(name, content, took, ended) => {
                self.took_secret(&name, (&content, took), &ended);
            }
            Ended::Account(seen, ended) => self.took_account(seen, &ended),
        }
    }

    fn took_secret(
        &self,
        namespace: &Arc<str>,
        (content, took): (&Content, Duration),
        ended: &Result<Delivered, Error>,
    ) {
        let now = self.cluster.clock().now();
        let so = self.roster().ended(namespace, (content, ended), now);
        match ended {
            Ok(delivered) => {
                self.accounts().has_secret(namespace);
                self.witness.witness(&Happened::Delivered {
                    namespace,
                    delivered,
                    is_repair: so.is_repair,
                    took,
                });
            }
            Err(error) => self.witness.witness(&Happened::Failed {
                namespace,
                error,
                again_in: so
                    .pause
                    .and_then(|pause| pause.left(now))
                    .unwrap_or_default(),
            }),
        }
        if so.is_fight {
            self.witness.witness(&Happened::Fight { namespace });
        }
    }

    fn took_account(&self, seen: SeenServiceAccount, ended: &Result<Attached, Error>) {
        let (namespace, name) = (seen.namespace.clone(), seen.name.clone());
        match ended {
            Ok(Attached { changed: true, .. }) => self.witness.witness(&Happened::Attached {
                namespace: &namespace,
                name: &name,
            }),
            // It is gone, or has the name already.
            Ok(_) | Err(Error::NotFound { .. } | Error::Terminating { .. }) => {}
            Err(error) => {
                let now = self.cluster.clock().now();
                self.accounts()
                    .failed(seen, place::pause(error, 0, now), now);
                self.witness.witness(&Happened::NotAttached {
                    namespace: &namespace,
                    name: &name,
                    error,
                });
            }
        }
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self) -> Option<Arc<Content>> {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.clone()
    }
}

impl fmt::Debug for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controller")
            .field("sink", &self.sink)
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

/// Somebody else leads by now.
fn overtaken() -> Error {
    Error::Overtaken {
        what: "the lead".to_owned(),
    }
}

/// The search that finds what is named.
const NAMED: u8 = 0;

/// The wall clock may be set, or the machine suspended.
const LONGEST_REST: Duration = Duration::from_secs(30);
