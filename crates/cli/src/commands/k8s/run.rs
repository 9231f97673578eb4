use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use clap::Command;
use futures_util::future::join_all;
use k8s_sinks::kubernetes::{Election, Events, Limits, Notice};
use refresh::Schedule;
use tokio::sync::{mpsc, watch};

use crate::commands::verb;
use crate::context::Context;
use crate::daemon::{Monitor, Monitored, Request, Signals, metrics_address, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{
    Access, Group, GroupDaemon, Guard, Purpose, Scopes, Shared, config_name, durations, limits,
};
use crate::settings;
use crate::tally::Tally;

mod metrics;

pub(crate) fn command() -> Command {
    verb(
        "run",
        "Keep the Secrets of all targets, with fresh tokens, for as long as it runs",
        |command| {
            let own = [&settings::WRITES, &settings::CONTROLLER, &settings::MONITOR];
            // It keeps its tokens in the cluster.
            super::filling(command, &own, &["cache-dir", "no-cache"])
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Watches the Secrets of its name, and the namespaces where they have to be found, by their metadata \
alone. A new namespace gets its Secret at once, one that is deleted or edited is mended without a new \
token, and after half of the tokens' life all Secrets get the next ones. While AWS, Vault or the \
cluster is away, everything stays as it is.

The current tokens are kept in a Secret of our own namespace, so that a restart asks nobody. With \
--leader-elect several replicas may run: the one that has the Lease writes. SIGHUP obtains other tokens \
now, SIGTERM ends.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    let start = tokio::select! {
        start = Box::pin(Start::new(context)) => start?,
        () = ended(&mut signals) => return Ok(Exit::Done),
    };
    let election = start.election.clone();
    let may_write: Arc<dyn Fn() -> bool + Send + Sync> =
        Arc::new(move || election.as_ref().is_none_or(|election| election.leads()));
    let (notices, posted) = mpsc::channel(NOTICES);
    let shared = Shared {
        access: &start.access,
        limits: start.limits.clone(),
        notices,
        durations: durations(),
        schedule: start.schedule,
        keeps_tokens: !context.settings.switch("forget-tokens")?,
    };
    let tallies: Vec<_> = start.groups.iter().map(|_| Tally::default()).collect();
    let daemons = start.groups.iter().zip(&tallies);
    let daemons = daemons
        .map(|(group, tally)| GroupDaemon::new(group, tally, &shared, Arc::clone(&may_write)));
    let running = Running {
        daemons: daemons.collect::<Result<_, _>>()?,
        leading: watch::Sender::new(start.election.is_none()),
        election: start.election.clone(),
    };
    let events = Events::new(start.access.cluster.clone(), &start.identity)?;
    let monitor = start.monitor.as_ref();
    Box::pin(running.run(&mut signals, monitor, (events, posted))).await;
    service_manager::stopping();
    running.finish().await;
    Ok(Exit::Done)
}

/// What has to be right before anything is kept.
struct Start<'a> {
    access: Access,
    groups: Vec<Group<'a>>,
    limits: Limits,
    schedule: Schedule,
    /// Which replica we are.
    identity: String,
    election: Option<Arc<Election>>,
    monitor: Option<Monitor>,
}

impl<'a> Start<'a> {
    /// May run an exec plugin, and asks the cluster for a policy.
    async fn new(context: &Context<'a>) -> Result<Self, Failure> {
        let limits = limits(context)?;
        let schedule = schedule(context)?;
        let access = Access::new(context).await?;
        let groups = Group::all(context, &access.own_namespace)?;
        let scopes = Scopes::new(context, (&groups, &access.own_namespace), Purpose::Run)?;
        Guard::check(context, &access, &scopes).await?;
        let identity = identity(context);
        Ok(Self {
            election: election(context, &access, &identity)?,
            monitor: match metrics_address(context)? {
                Some(address) => Some(Monitor::bind(address).await?),
                None => None,
            },
            access,
            groups,
            limits,
            schedule,
            identity,
        })
    }
}

/// Waits for the signal that ends us: nothing is kept yet that another could be
/// asked for.
async fn ended(signals: &mut Signals) {
    while signals.next().await != Request::End {}
}

struct Running<'a> {
    daemons: Vec<GroupDaemon<'a>>,
    /// Whether we are the one that writes.
    leading: watch::Sender<bool>,
    election: Option<Arc<Election>>,
}

impl Running<'_> {
    async fn run(
        &self,
        signals: &mut Signals,
        monitor: Option<&Monitor>,
        (events, posted): (Events, mpsc::Receiver<Notice>),
    ) {
        tokio::select! {
            never = self.keep() => match never {},
            never = self.elect() => match never {},
            never = post(&events, posted) => match never {},
            never = Monitor::serve_if(monitor, self) => match never {},
            never = service_manager::keep_alive() => match never {},
            never = self.announce() => match never {},
            () = self.heed(signals) => {}
        }
    }

    async fn keep(&self) -> Infallible {
        let keeping = self.daemons.iter();
        let keeping = keeping.map(|daemon| daemon.keep(self.leading.subscribe()));
        match join_all(keeping).await.into_iter().next() {
            Some(never) => match never {},
            None => std::future::pending().await,
        }
    }

    async fn elect(&self) -> Infallible {
        match &self.election {
            Some(election) => election.run(&self.leading).await,
            None => std::future::pending().await,
        }
    }

    /// Tells the service manager once that the cluster is known and tokens are
    /// there.
    async fn announce(&self) -> Infallible {
        while self.readiness().is_err() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        service_manager::ready("the secrets are kept");
        std::future::pending().await
    }

    async fn heed(&self, signals: &mut Signals) {
        while signals.next().await == Request::Refresh {
            tracing::info!("asked for other tokens");
            for daemon in &self.daemons {
                daemon.refresh_now();
            }
        }
    }

    /// Lets another one lead at once.
    async fn finish(&self) {
        self.leading.send_replace(false);
        if let Some(election) = &self.election {
            let released = tokio::time::timeout(LAST_WORDS, election.release()).await;
            if let Ok(Err(error)) = released {
                tracing::warn!("the Lease is not released: {error}");
            }
        }
    }
}

impl Monitored for Running<'_> {
    fn readiness(&self) -> Result<(), String> {
        let leads = *self.leading.borrow();
        let mut daemons = self.daemons.iter();
        daemons.try_for_each(|daemon| daemon.readiness(leads))
    }

    fn metrics(&self) -> String {
        let leads = *self.leading.borrow();
        metrics::text(&self.daemons, leads)
    }
}

/// Posts one event after the other. That one cannot be posted is no reason to do
/// anything else.
async fn post(events: &Events, mut posted: mpsc::Receiver<Notice>) -> Infallible {
    while let Some(notice) = posted.recv().await {
        if let Err(error) = events.post(&notice).await {
            tracing::debug!("an event was not posted: {error}");
        }
    }
    std::future::pending().await
}

fn election(
    context: &Context<'_>,
    access: &Access,
    identity: &str,
) -> Result<Option<Arc<Election>>, Failure> {
    if !context.settings.switch("leader-elect")? {
        return Ok(None);
    }
    let name = format!("iamra-{}", config_name(context)?);
    let election = Election::new(
        access.cluster.clone(),
        &access.own_namespace,
        &name,
        identity,
    )?;
    Ok(Some(Arc::new(election)))
}

/// Which replica we are: the pod's name, which is its host name, and something
/// that no other process of it has.
fn identity(context: &Context<'_>) -> String {
    let host = context.settings.environment().value("HOSTNAME");
    let host = host.and_then(|host| host.to_str().map(str::to_owned));
    let host = host.unwrap_or_else(|| "iamra".to_owned());
    format!("{host}_{:08x}", fastrand::u32(..))
}

/// Half of the tokens' life, or what an operator wants.
pub(crate) fn schedule(context: &Context<'_>) -> Result<Schedule, Failure> {
    let Some(sourced) = context.settings.sourced("token-interval")? else {
        return Ok(Schedule::TOKEN);
    };
    match sourced.value.trim().parse() {
        Ok(seconds @ 1..=43_200) => Ok(Schedule::TOKEN.no_later_than(Duration::from_secs(seconds))),
        _ => Err(sourced.origin.invalid("it must be 1 to 43200 seconds")),
    }
}

/// How many events may wait to be posted.
const NOTICES: usize = 64;
/// How long the Lease may take to be released.
const LAST_WORDS: Duration = Duration::from_secs(3);
