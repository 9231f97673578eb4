mod accept;
mod activity;
mod connections;
mod desk;
mod stream;

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use refresh::Clock;

use crate::imds::Tokens;
use crate::{
    Broker, ContainerRoute, Counters, Error, HostName, Limits, Listener, Manner, Settings,
};
pub(crate) use desk::{Desk, Line};

/// Answers SDKs that ask for credentials.
pub struct CredentialServer<B> {
    broker: B,
    front: Front,
}

/// All of a server but its broker.
pub(crate) struct Front {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tokens: Tokens,
    pub(crate) counters: Counters,
    routes: HashMap<String, ContainerRoute>,
    allowed_hosts: Vec<HostName>,
    hop_limit: Option<u8>,
    manner: Manner,
    limits: Limits,
}

impl<B: Broker> CredentialServer<B> {
    /// A server in front of `broker`. By the clock, credentials and metadata
    /// tokens expire; connections are timed by tokio.
    pub fn new(broker: B, clock: Arc<dyn Clock>, settings: Settings) -> Result<Self, Error> {
        settings.limits.check()?;
        let front = Front {
            tokens: Tokens::new(clock.now())?,
            clock,
            counters: Counters::default(),
            routes: routes_by_path(settings.routes)?,
            allowed_hosts: settings.allowed_hosts,
            hop_limit: settings.hop_limit,
            manner: settings.manner,
            limits: settings.limits,
        };
        Ok(Self { broker, front })
    }

    /// Who is asked for the credentials.
    pub fn broker(&self) -> &B {
        &self.broker
    }

    /// What has been done so far.
    pub fn counters(&self) -> &Counters {
        &self.front.counters
    }

    /// Answers on all listeners for as long as this is awaited; when it is
    /// dropped, listeners and connections are closed.
    pub async fn serve(&self, listeners: Vec<Listener>) -> Infallible {
        let desk = Desk {
            front: &self.front,
            broker: &self.broker,
        };
        desk.serve(listeners).await
    }
}

impl<B> fmt::Debug for CredentialServer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialServer")
            .field("routes", &self.front.routes)
            .field("limits", &self.front.limits)
            .finish_non_exhaustive()
    }
}

fn routes_by_path(routes: Vec<ContainerRoute>) -> Result<HashMap<String, ContainerRoute>, Error> {
    let mut by_path = HashMap::with_capacity(routes.len());
    for route in routes {
        let path = route.path.clone();
        if !route.has_valid_path() {
            return Err(Error::Path { path });
        }
        if by_path.insert(path.clone(), route).is_some() {
            return Err(Error::PathTwice { path });
        }
    }
    Ok(by_path)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use refresh::ManualClock;

    use super::*;
    use crate::{
        Authorization, Caller, CredentialRequest, ErrorFormat, HandOut, Instance, Refusal,
    };

    struct Nobody;

    impl Broker for Nobody {
        async fn credentials(&self, _: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
            Err(Refusal::NotFound)
        }

        async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
            Err(Refusal::NotFound)
        }
    }

    fn made(paths: &[&str], limits: Limits) -> Result<String, String> {
        let route = |path: &&str| ContainerRoute {
            path: (*path).to_owned(),
            label: "test".to_owned(),
            authorization: Authorization::fixed("s3cret".into()),
            errors: ErrorFormat::Json,
        };
        let settings = Settings {
            routes: paths.iter().map(route).collect(),
            limits,
            ..Settings::default()
        };
        let clock = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH));
        match CredentialServer::new(Nobody, clock, settings) {
            Ok(server) => Ok(format!("{server:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        let limits = Limits::default();
        let no_room = Limits {
            most_connections: 0,
            ..limits
        };
        for (paths, limits, error) in [
            (&["/a", "/a"][..], limits, "two roles have the path /a"),
            (
                &["/latest/a"][..],
                limits,
                "\"/latest/a\" cannot be a container path",
            ),
            (&[][..], no_room, "most_connections must be more than zero"),
        ] {
            let refused = made(paths, limits).unwrap_err();
            assert!(refused.starts_with(error), "{refused}");
        }
    }

    /// So that it can be spawned.
    #[test]
    fn what_serves_can_be_sent() {
        fn is_send(_: impl Send) {}
        let clock = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH));
        let server = CredentialServer::new(Nobody, clock, Settings::default()).unwrap();
        is_send(server.serve(Vec::new()));
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = made(&["/a"], Limits::default()).unwrap();
        assert!(shown.contains("/a") && !shown.contains("s3cret"), "{shown}");
    }
}
