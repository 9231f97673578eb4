use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use refresh::Schedule;

use crate::context::Context;
use crate::daemon::{Monitor, Monitored, Request, Signals, metrics_address, service_manager};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::profile_sink::ProfileSink;
use crate::session::{CredentialSource, SessionDaemon};

/// Keeps the profile fresh until a signal asks for the end.
pub(super) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    // From here on, no signal ends us by itself.
    let mut signals = Signals::listen()?;
    // Everything that can be wrong here is said before anybody is called.
    let watch = Watch::new(context)?;
    let monitor = match metrics_address(context)? {
        Some(address) => Some(Monitor::bind(address).await?),
        None => None,
    };
    let health = match health_port(context)? {
        Some(port) => Some(health_monitor(port).await?),
        None => None,
    };
    Box::pin(watch.run(&mut signals, (monitor, health))).await;
    service_manager::stopping();
    watch.session.finish().await;
    Ok(Exit::Done)
}

struct Watch {
    session: SessionDaemon,
    sink: ProfileSink,
}

impl Watch {
    fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let mut source = CredentialSource::named(context)?;
        let region = source.keeper().map(|keeper| &keeper.aws().region);
        let sink = ProfileSink::new(context, region)?;
        source.looking_for(sink.left_behind());
        let session = SessionDaemon::new(source, context, schedule(context)?);
        Ok(Self { session, sink })
    }

    async fn run(&self, signals: &mut Signals, monitors: (Option<Monitor>, Option<Monitor>)) {
        tokio::select! {
            never = self.session.keep() => match never {},
            never = self.sink.keep(&self.session) => match never {},
            never = Monitor::serve_if(monitors.0.as_ref(), self) => match never {},
            never = Monitor::serve_if(monitors.1.as_ref(), self) => match never {},
            never = service_manager::keep_alive() => match never {},
            never = self.announce() => match never {},
            () = self.heed(signals) => {}
        }
    }

    /// Tells the service manager once that credentials are in the file.
    async fn announce(&self) -> Infallible {
        self.sink.written().await;
        service_manager::ready(&self.session.line(&self.session.status()));
        std::future::pending().await
    }

    async fn heed(&self, signals: &mut Signals) {
        while signals.next().await == Request::Refresh {
            tracing::info!("asked for another session");
            self.session.refresh_now();
        }
    }
}

impl Monitored for Watch {
    fn readiness(&self) -> Result<(), String> {
        self.session.readiness()?;
        self.sink.readiness()
    }

    /// Made anew for each scrape: most of it depends on the time.
    fn metrics(&self) -> String {
        let mut registry = Registry::with_prefix("iamra");
        SessionDaemon::register(std::iter::once(&self.session), &mut registry);
        ProfileSink::register(std::iter::once(&self.sink), &mut registry);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

/// Two thirds of the session's life, or what an operator wants.
fn schedule(context: &Context<'_>) -> Result<Schedule, Failure> {
    let Some(sourced) = context.settings.sourced("refresh-interval")? else {
        return Ok(Schedule::SESSION);
    };
    let text = sourced.value.trim();
    match text.strip_suffix('s').unwrap_or(text).parse() {
        Ok(seconds @ 1..=43_200) => {
            Ok(Schedule::SESSION.no_later_than(Duration::from_secs(seconds)))
        }
        _ => Err(sourced.origin.invalid("it must be 1 to 43200 seconds")),
    }
}

/// As the sidecar had it: with a colon before it, or without.
fn health_port(context: &Context<'_>) -> Result<Option<u16>, Failure> {
    let Some(sourced) = context.settings.sourced("health-port")? else {
        return Ok(None);
    };
    let text = sourced.value.trim();
    match text.strip_prefix(':').unwrap_or(text).parse() {
        Ok(port @ 1..) => Ok(Some(port)),
        _ => Err(sourced.origin.invalid("it must be a port: 3000, or :3000")),
    }
}

/// A probe comes from outside; a machine without IPv6 has only the other one.
async fn health_monitor(port: u16) -> Result<Monitor, Failure> {
    let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    let monitor = match Monitor::bind(both).await {
        Ok(monitor) => monitor,
        Err(_) => Monitor::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))).await?,
    };
    Ok(monitor.telling_health())
}
