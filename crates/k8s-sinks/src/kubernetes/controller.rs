use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{Notify, watch};

use self::accounts::Accounts;
use self::roster::Roster;
use super::cluster::Cluster;
use super::content::Content;
use super::gate::Gate;
use super::limits::Limits;
use super::secret_sink::{Delivered, SecretSink};
use super::service_account::{Attached, SeenServiceAccount, ServiceAccounts};
use super::targets::{Pattern, Targets};
use super::{Error, Seen};

mod accounts;
mod agenda;
mod place;
mod roster;
mod watching;
mod witness;

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
    gate: Gate,
    patterns: Vec<Pattern>,
    roster: Mutex<Roster>,
    accounts: Mutex<Accounts>,
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
            gate: Gate::default(),
            patterns: Vec::new(),
            roster: Mutex::default(),
            accounts: Mutex::default(),
            changed: Notify::new(),
            wanted: Mutex::default(),
        };
        controller.begin();
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
        let gate = Gate::new(gate);
        Self {
            sink: self.sink.with_gate(gate.clone()),
            gate,
            ..self
        }
    }

    /// Brings what `wanted` says to all targets, for as long as this is awaited.
    /// While it says nothing, it only watches.
    pub async fn run(&self, wanted: watch::Receiver<Option<Arc<Content>>>) -> Infallible {
        self.begin();
        tokio::select! {
            never = self.watch() => match never {},
            never = self.work(wanted) => match never {},
        }
    }

    /// How the targets stand.
    pub fn standing(&self) -> Standing {
        let wanted = self.wanted();
        self.roster().standing(wanted.as_deref())
    }

    /// Whether everything was read once.
    pub fn is_synced(&self) -> bool {
        self.roster().is_synced()
    }

    /// Nothing is read yet, and nothing under way.
    fn begin(&self) {
        let mut roster = self.roster();
        roster.begin(self.listings());
        for name in self.targets.names() {
            roster.found(NAMED, name, true);
        }
        drop(roster);
        self.accounts().abandon();
    }

    async fn work(&self, mut wanted: watch::Receiver<Option<Arc<Content>>>) -> Infallible {
        let attaching = ServiceAccounts::of(self.cluster.clone(), self.sink.spec());
        let attaching = attaching.with_gate(self.gate.clone());
        let mut under_way = FuturesUnordered::new();
        // Where whoever wants something is gone, nothing else is wanted any more.
        let mut is_asked = true;
        loop {
            if self.want(wanted.borrow_and_update().clone()) {
                // What is under way was told by somebody who has no say any more.
                under_way.clear();
                self.roster().abandon();
                self.accounts().abandon();
            }
            while under_way.len() < self.limits.concurrency() {
                let Some(task) = self.next() else {
                    break;
                };
                under_way.push(self.perform(task, &attaching));
            }
            let has_hands = under_way.len() < self.limits.concurrency();
            tokio::select! {
                Some(ended) = under_way.next() => self.took(ended),
                changed = wanted.changed(), if is_asked => is_asked = changed.is_ok(),
                () = self.changed.notified() => {}
                () = self.cluster.clock().sleep(self.rest()), if has_hands => {}
            }
        }
    }

    /// How long nothing is to be done, if nothing happens.
    fn rest(&self) -> Duration {
        if self.wanted().is_none() {
            return LONGEST_REST;
        }
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
        // Where it is there already, nothing is delivered that would wake them.
        self.accounts().wake_all();
        is_over
    }

    fn next(&self) -> Option<Task> {
        let content = self.wanted()?;
        let now = self.cluster.clock().now();
        let mut roster = self.roster();
        if let Some((name, seen)) = roster.next(&content, now) {
            return Some(Task::Secret(name, seen, content));
        }
        // Whoever waits for a Secret waits for its name, too; those that have one
        // that is good for a while come last.
        let has = |namespace: &str| roster.has(namespace, &content);
        if let Some(seen) = self.accounts().next(has, now) {
            return Some(Task::Account(seen));
        }
        let (name, seen) = roster.next_at_leisure(&content, now)?;
        Some(Task::Secret(name, seen, content))
    }

    async fn perform(&self, task: Task, attaching: &ServiceAccounts) -> Ended {
        let _turn = self.limits.turn().await;
        match task {
            Task::Secret(name, seen, content) => {
                let began = self.cluster.clock().now();
                let ended = self.sink.deliver(&name, seen, &content).await;
                let took = self.cluster.clock().now().duration_since(began);
                Ended::Secret(name, content, took.unwrap_or_default(), ended)
            }
            Task::Account(seen) => {
                let ended = attaching.attach(seen.clone()).await;
                Ended::Account(seen, ended)
            }
        }
    }

    fn took(&self, ended: Ended) {
        match ended {
            Ended::Secret(name, content, took, ended) => {
                self.took_secret(&name, (&content, took), &ended);
            }
            Ended::Account(seen, ended) => self.took_account(&seen, &ended),
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

    fn took_account(&self, seen: &SeenServiceAccount, ended: &Result<Attached, Error>) {
        let (namespace, name) = (&*seen.namespace, &*seen.name);
        let now = self.cluster.clock().now();
        match ended {
            Ok(Attached { changed, .. }) => {
                self.accounts().ended(seen, *changed, now);
                if *changed {
                    self.witness
                        .witness(&Happened::Attached { namespace, name });
                }
            }
            // It is gone, and so there is nothing to say.
            Err(Error::NotFound { .. } | Error::Terminating { .. }) => {
                self.accounts().ended(seen, false, now);
            }
            Err(error) => {
                self.accounts().failed(seen, error, now);
                self.witness.witness(&Happened::NotAttached {
                    namespace,
                    name,
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

/// The search that finds what is named.
const NAMED: u8 = 0;

/// The wall clock may be set, or the machine suspended: so it is looked at.
const LONGEST_REST: Duration = Duration::from_secs(30);
