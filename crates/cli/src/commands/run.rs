use clap::Command;
use private_file::Fingerprint;

use crate::commands::verb;
use crate::config_file::ConfigFile;
use crate::context::{Context, read_text};
use crate::daemon::{Monitor, Request, Signals, metrics_address, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::settings;

mod groups;
mod made_of;
mod metrics;
mod part;
mod parts;
mod plan;
mod reload;
mod sinks;

use part::Running;
use parts::Parts;
use plan::Plan;
use reload::Reloads;

pub(crate) fn command() -> Command {
    verb(
        "run",
        "Keep any number of identities, sessions and sinks, as a config file names them",
        |command| with_settings(command, &[&settings::MONITOR]),
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Keeps what a config file names, in one process: identities, the sessions that they open, and the \
sinks that the credentials go to. An identity logs in once, and a session is opened once, whoever \
uses them.

The file is read again when it changes, and on SIGHUP. What does not validate changes nothing: the \
old configuration stays, and a metric says so. What has not changed in the file goes on as it is.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    let look = Fingerprint::of([context.settings.config().path()]);
    // Everything that can be wrong here is said before anybody is called.
    let start = Plan::at_the_start()?;
    let plan = Plan::new(context, &parts(context)?, &start)?;
    let monitor = match metrics_address(context)? {
        Some(address) => Some(Monitor::bind(address).await?),
        None => None,
    };
    // What is printed, works.
    plan.introduce(&start).await?;
    let mut daemon = Daemon {
        plan,
        look,
        reloads: Reloads::default(),
        monitor,
    };
    let mut running = Running::default();
    daemon.run(context, &mut signals, &mut running).await;
    service_manager::stopping();
    running.end().await;
    daemon.plan.finish().await;
    Ok(Exit::Done)
}

/// What runs, and how it is watched.
struct Daemon {
    plan: Plan,
    /// The config file that the plan is of.
    look: Fingerprint,
    reloads: Reloads,
    monitor: Option<Monitor>,
}

impl Daemon {
    /// Until somebody asks for the end.
    async fn run(&mut self, context: &Context<'_>, signals: &mut Signals, running: &mut Running) {
        loop {
            self.plan.begin(running);
            let asked = asked(context, &self.look, signals);
            if self.attend(running, asked).await == Request::End {
                return;
            }
            self.look = Fingerprint::of([context.settings.config().path()]);
            let next = next(context, &self.plan, signals);
            match self.attend(running, next).await {
                Some(Ok(next)) => self.follow(next, running),
                Some(Err(failure)) => self.refuse(&failure),
                None => return,
            }
        }
    }

    fn follow(&mut self, next: Plan, running: &Running) {
        self.reloads.applied();
        tracing::info!("read the config file again");
        let left = std::mem::replace(&mut self.plan, next);
        left.finish_all_but(&self.plan, running);
    }

    fn refuse(&self, failure: &Failure) {
        self.reloads.refused();
        let (code, hint) = (failure.code(), failure.hint());
        tracing::error!(code, hint, "{failure}; the old configuration stays");
    }

    /// Goes on while `work` is done.
    async fn attend<T>(&self, running: &mut Running, work: impl Future<Output = T>) -> T {
        let told = (&self.plan, &self.reloads);
        tokio::select! {
            never = running.go_on() => match never {},
            never = self.plan.announce() => match never {},
            never = service_manager::keep_alive() => match never {},
            never = Monitor::serve_if(self.monitor.as_ref(), &told) => match never {},
            done = work => done,
        }
    }
}

/// What is asked for next, by a signal or by another config file.
async fn asked(context: &Context<'_>, look: &Fingerprint, signals: &mut Signals) -> Request {
    tokio::select! {
        request = signals.next() => request,
        () = reload::changed(look, context) => Request::Refresh,
    }
}

/// The plan of the file as it is now; nothing where the end is asked for
/// meanwhile.
async fn next(
    context: &Context<'_>,
    earlier: &Plan,
    signals: &mut Signals,
) -> Option<Result<Plan, Failure>> {
    loop {
        tokio::select! {
            next = read_again(context, earlier) => return Some(next),
            request = signals.next() => match request {
                Request::End => return None,
                Request::Refresh => {}
            },
        }
    }
}

/// What is still the same is taken over.
async fn read_again(context: &Context<'_>, earlier: &Plan) -> Result<Plan, Failure> {
    let path = context.settings.config().path();
    let file = ConfigFile::parse(&read_text(path)?, path)?;
    let context = context.reread(file);
    let plan = Plan::new(&context, &parts(&context)?, earlier)?;
    plan.introduce(earlier).await?;
    Ok(plan)
}

fn parts(context: &Context<'_>) -> Result<Parts, Failure> {
    let file = context.settings.config();
    if file.path().as_os_str().is_empty() {
        let message = "--config is missing: the file that names what to run";
        return Err(Failure::configuration("config.missing", message));
    }
    Parts::read(file.parts(), file.path())
}

/// Says whether the tables of a config file can be run; connects to nobody.
pub(crate) fn check(context: &Context<'_>) -> Result<(), Failure> {
    let parts = parts(context)?;
    Plan::check(context, &parts)
}
