use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::core::params::{GetParams, PostParams};
use tokio::sync::watch;

use self::lease_document::LeaseDocument;
use self::standing::{Standing, Step};
use self::uptime::uptime;
use super::cluster::{Built, Call, Cluster};
use super::names::{check_name, check_namespace};
use super::resource::LEASES;
use super::{Error, Right};

mod lease_document;
mod lease_times;
mod standing;
mod uptime;

pub use self::lease_times::LeaseTimes;

/// Lets one of several replicas lead, by a Lease in one namespace.
///
/// What holds, and by what:
///
/// - The holder leads for [`renew_deadline`](LeaseTimes::renew_deadline) after
///   it *sent* the renewal that succeeded last; the others leave the Lease alone
///   until they have *seen* it unchanged for the longer
///   [`duration`](LeaseTimes::duration). Both measure by their own uptime, which
///   no wall clock moves and which goes on while the machine is suspended. The
///   times in the Lease are for people: nobody compares them with a clock.
/// - Of several that take it at once, the version in the PUT lets one through.
/// - The name of the holder proves nothing: who has not just renewed it waits,
///   so that two processes of one name do not lead both.
/// - The value of [`run`](Self::run)'s channel becomes false at the deadline, and
///   at most a second later after a suspend. [`leads`](Self::leads) has not even
///   that second: ask it right before a write.
/// - A write that was sent cannot be called back, and a virtual machine that was
///   stopped with its clocks knows nothing of it. So no write may rely on the
///   Lease alone: ours carry the uid or the version that was seen.
pub struct Election {
    cluster: Cluster,
    namespace: String,
    name: String,
    identity: String,
    times: LeaseTimes,
    state: Mutex<State>,
}

struct State {
    standing: Standing,
    /// Whether [`Election::run`] is being awaited: nobody leads without.
    is_running: bool,
}

impl Election {
    /// For the Lease of this name, as `identity`: the pod's name, and something
    /// that no other process has.
    pub fn new(
        cluster: Cluster,
        namespace: &str,
        name: &str,
        identity: &str,
    ) -> Result<Self, Error> {
        check_namespace(namespace)?;
        check_name("lease name", name)?;
        if identity.trim().is_empty() {
            return Err(Error::Invalid {
                what: "identity of a replica",
                value: identity.to_owned(),
                reason: "an empty one means that nobody leads".to_owned(),
            });
        }
        let times = LeaseTimes::default();
        Ok(Self {
            cluster,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            identity: identity.to_owned(),
            times,
            state: Mutex::new(State {
                standing: Standing::new(identity.to_owned(), times),
                is_running: false,
            }),
        })
    }

    /// The same with other times.
    #[must_use]
    pub fn with_times(self, times: LeaseTimes) -> Self {
        let state = Mutex::new(State {
            standing: Standing::new(self.identity.clone(), times),
            is_running: false,
        });
        Self {
            times,
            state,
            ..self
        }
    }

    /// Takes the Lease when it is free, and renews it, for as long as the future
    /// is awaited. `leading` says whether we lead; it becomes false when the
    /// future is dropped, and the Lease stays ours until it is over or
    /// [released](Self::release).
    ///
    /// Ends never: what fails is tried again, for as long as it takes.
    pub async fn run(&self, leading: &watch::Sender<bool>) -> Infallible {
        let running = Running::start(self, leading);
        let mut is_failing = false;
        loop {
            let ended = running.while_it_lasts(self.round()).await;
            running.tell();
            match ended {
                Some(Err(error)) if !is_failing => {
                    is_failing = true;
                    let (lease, source) = (&self.name, std::error::Error::source(&error));
                    tracing::warn!(%error, source, lease, "the Lease was not seen to");
                }
                Some(Ok(())) => is_failing = false,
                _ => {}
            }
            let pause = self.cluster.clock().sleep(self.times.retry);
            running.while_it_lasts(pause).await;
            running.tell();
        }
    }

    /// Whether we lead at this moment.
    pub fn leads(&self) -> bool {
        self.left().is_some()
    }

    /// Who held the Lease when it was seen last; `None` where nobody did.
    pub fn holder(&self) -> Option<String> {
        self.state().standing.holder().map(str::to_owned)
    }

    /// Hands the Lease to whoever comes, so that nobody has to wait for its end:
    /// for a graceful end, after [`run`](Self::run) was dropped and the last
    /// write is done. Nothing happens where it is not ours.
    pub async fn release(&self) -> Result<(), Error> {
        self.state().is_running = false;
        for _ in 0..RELEASES {
            let Some(held) = self.state().standing.held(uptime()).cloned() else {
                return Ok(());
            };
            let released = held.released(self.cluster.clock().now());
            match self.put(&released).await {
                Ok(_) => {
                    self.state().standing.lost();
                    return Ok(());
                }
                // A renewal whose answer was lost, or somebody else.
                Err(Error::Contended { .. } | Error::NotFound { .. }) => {
                    let found = self.look().await?;
                    self.state().standing.saw(found, uptime());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Does what is to be done now. Somebody else's being faster is no error.
    async fn round(&self) -> Result<(), Error> {
        if !self.state().is_running {
            // Released, and not to be taken back.
            return Ok(());
        }
        let held = self.state().standing.held(uptime()).cloned();
        if let Some(lease) = &held {
            match self.renew(lease).await {
                Err(Error::Contended { .. } | Error::NotFound { .. }) => {}
                ended => return ended,
            }
        }
        let found = self.look().await?;
        let step = self.state().standing.saw(found, uptime());
        let ended = match step {
            Step::Wait => return Ok(()),
            // Somebody has freed it from us: that we do not lead is said first.
            Step::Take(_) if held.is_some() => return Ok(()),
            Step::Renew(lease) => self.renew(&lease).await,
            Step::Take(lease) => self.take(&lease).await,
            Step::Create => self.create().await,
        };
        match ended {
            Err(Error::AlreadyExists { .. } | Error::Contended { .. } | Error::NotFound { .. }) => {
                self.state().standing.lost();
                Ok(())
            }
            ended => ended,
        }
    }

    async fn renew(&self, lease: &LeaseDocument) -> Result<(), Error> {
        let now = self.cluster.clock().now();
        let sent = uptime();
        let lease = self.put(&lease.renewed(self.times.duration, now)).await?;
        self.state().standing.wrote(lease, sent);
        Ok(())
    }

    async fn take(&self, lease: &LeaseDocument) -> Result<(), Error> {
        let taken = self.taken(lease);
        let sent = uptime();
        let lease = self.put(&taken).await?;
        self.state().standing.wrote(lease, sent);
        Ok(())
    }

    async fn create(&self) -> Result<(), Error> {
        let taken = self.taken(&LeaseDocument::absent(&self.namespace, &self.name));
        let request = LEASES.requests(Some(&self.namespace));
        let request = request.create(&PostParams::default(), taken.body());
        let sent = uptime();
        let lease = self.ask(self.right("create", false), request).await?;
        self.state().standing.wrote(lease, sent);
        Ok(())
    }

    fn taken(&self, lease: &LeaseDocument) -> LeaseDocument {
        let now = self.cluster.clock().now();
        lease.taken(&self.identity, self.times.duration, now)
    }

    async fn put(&self, lease: &LeaseDocument) -> Result<LeaseDocument, Error> {
        let request = LEASES.requests(Some(&self.namespace));
        let request = request.replace(&self.name, &PostParams::default(), lease.body());
        self.ask(self.right("update", true), request).await
    }

    async fn look(&self) -> Result<Option<LeaseDocument>, Error> {
        let request = LEASES.requests(Some(&self.namespace));
        let request = request.get(&self.name, &GetParams::default());
        match self.ask(self.right("get", true), request).await {
            Ok(lease) => Ok(Some(lease)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ask(&self, right: Right, request: Built) -> Result<LeaseDocument, Error> {
        let call = Call::new(right, request)?;
        let answer = self.cluster.once_within(&call, self.times.request());
        call.parsed(&answer.await?)
    }

    fn right(&self, verb: &'static str, is_named: bool) -> Right {
        let name = is_named.then_some(&*self.name);
        LEASES.right(verb, Some(&self.namespace), name)
    }

    /// For how much longer we lead without another renewal.
    fn left(&self) -> Option<Duration> {
        let state = self.state();
        let left = state.standing.left(uptime());
        left.filter(|_| state.is_running)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Election {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Election")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// The time in which [`Election::run`] is awaited.
struct Running<'a> {
    election: &'a Election,
    leading: &'a watch::Sender<bool>,
}

impl<'a> Running<'a> {
    fn start(election: &'a Election, leading: &'a watch::Sender<bool>) -> Self {
        election.state().is_running = true;
        let running = Self { election, leading };
        running.tell();
        running
    }

    /// Awaits `work`, but no longer than we lead where we do: `None` then.
    ///
    /// A timer may stand still in a suspend, so none is longer than a second.
    async fn while_it_lasts<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        while let Some(left) = self.election.left() {
            let ended = tokio::time::timeout(left.min(LONGEST_TIMER), &mut work).await;
            if let Ok(ended) = ended {
                return Some(ended);
            }
        }
        if *self.leading.borrow() {
            return None;
        }
        Some(work.await)
    }

    /// Says whether we lead, where that has changed.
    fn tell(&self) {
        let leads = self.election.leads();
        let has_changed = self.leading.send_if_modified(|leading| {
            let has_changed = *leading != leads;
            *leading = leads;
            has_changed
        });
        if has_changed {
            let (lease, identity) = (&self.election.name, &self.election.identity);
            if leads {
                tracing::info!(lease, identity, "took the lead");
            } else {
                tracing::info!(lease, identity, "lost the lead");
            }
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.election.state().is_running = false;
        self.tell();
    }
}

/// A renewal whose answer was lost costs one more.
const RELEASES: usize = 2;

const LONGEST_TIMER: Duration = Duration::from_secs(1);
