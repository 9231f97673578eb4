mod accept;
mod activity;
mod connections;
mod stream;

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use refresh::Clock;
use tokio::task::coop::unconstrained;

use crate::answer::{Answer, Reply};
use crate::imds::{ImdsPath, Tokens};
use crate::{
    Broker, ContainerAccess, ContainerRoute, Counters, CredentialRequest, Doors, Entrance, Error,
    HandOut, HandedOut, HostName, Limits, Listener, Manner, Peer, Refusal, Settings, guard,
};
use accept::{Accepted, Gates};
use activity::{Activity, State};
use connections::Connections;

/// Answers SDKs that ask for credentials.
pub struct CredentialServer<B> {
    pub(crate) broker: B,
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
        Ok(Self {
            broker,
            tokens: Tokens::new(clock.now())?,
            clock,
            counters: Counters::default(),
            routes: routes_by_path(settings.routes)?,
            allowed_hosts: settings.allowed_hosts,
            hop_limit: settings.hop_limit,
            manner: settings.manner,
            limits: settings.limits,
        })
    }

    /// Who is asked for the credentials.
    pub fn broker(&self) -> &B {
        &self.broker
    }

    /// What has been done so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Answers on all listeners for as long as this is awaited; when it is
    /// dropped, listeners and connections are closed.
    pub async fn serve(&self, listeners: Vec<Listener>) -> Infallible {
        let mut gates = Gates::new(listeners, self.hop_limit);
        let mut connections = Connections::new(&self.counters, self.limits);
        loop {
            // In turns by chance: what the runtime lets one task do at once may be used
            // up by either side, and the other one must not always come second.
            tokio::select! {
                () = connections.tend() => {}
                accepted = gates.accept(&self.counters) => match accepted {
                    Some(accepted) => {
                        let activity = connections.begin();
                        let conversation = self.converse(accepted, Arc::clone(&activity));
                        // All of them are one task to the runtime, whose budget for a task
                        // would end with the same few every time: the others would starve.
                        // hyper yields by itself after some requests on one connection.
                        connections.add(activity, Box::pin(unconstrained(conversation)));
                    }
                    // Out of file descriptors, say.
                    None => connections.make_room(),
                },
            }
        }
    }

    async fn converse(&self, accepted: Accepted, activity: Arc<Activity>) {
        let line = Line {
            peer: accepted.peer,
            local: accepted.local,
            doors: accepted.doors,
            admitted: accepted.admitted,
            activity,
        };
        let stream = match accepted.open(Arc::clone(&line.activity)).await {
            Ok(stream) => stream,
            Err(error) => {
                self.counters.connection_broken();
                tracing::debug!(peer = %line.peer, %error, "a TLS handshake failed");
                return;
            }
        };
        let service = service_fn(|request: Request<hyper::body::Incoming>| {
            let line = &line;
            async move { Ok::<_, Infallible>(self.respond(&request, line).await) }
        });
        let connection = http1::Builder::new()
            // Idle connections and slow heads are `Connections`' to end.
            .header_read_timeout(None)
            .max_buf_size(LONGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = connection.await {
            self.counters.connection_broken();
            tracing::debug!(peer = %line.peer, %error, "a connection ended early");
        }
    }

    async fn respond<T>(&self, request: &Request<T>, line: &Line) -> Reply {
        line.activity.enter(State::Request);
        let (entrance, answer) = self.answer(request, line).await;
        self.counters.count(entrance, answer.outcome);
        line.activity.enter(State::Idle);
        answer.reply
    }

    async fn answer<T>(&self, request: &Request<T>, line: &Line) -> (Entrance, Answer) {
        if !line.admitted {
            let answer = Answer::text(StatusCode::FORBIDDEN, "this user is not served");
            return (Entrance::Neither, answer.and_close());
        }
        if let Manner::PodIdentityAgent { hosts } = &self.manner {
            return self.answer_pod(hosts, request, line).await;
        }
        if let Err(offence) = guard::check(request, line.local, &self.allowed_hosts) {
            tracing::debug!(peer = %line.peer, ?offence, "refused a request");
            return (Entrance::Neither, Answer::offence(offence));
        }
        let path = request.uri().path();
        if let Some(route) = self.route(path, line.doors) {
            let answer = self.answer_container(route, request, line).await;
            return (Entrance::Container, answer);
        }
        if let Some(path) = ImdsPath::parse(path).filter(|_| line.doors.imds) {
            let answer = self.answer_imds(path, request, line).await;
            return (Entrance::Imds, answer);
        }
        let answer = Answer::text(StatusCode::NOT_FOUND, "there is nothing here");
        (Entrance::Neither, answer)
    }

    fn route(&self, path: &str, doors: Doors) -> Option<&ContainerRoute> {
        if doors.container == ContainerAccess::Closed {
            return None;
        }
        self.routes.get(path.strip_suffix('/').unwrap_or(path))
    }

    /// The route of that path, to the letter.
    pub(crate) fn route_exactly(&self, path: &str) -> Option<&ContainerRoute> {
        self.routes.get(path)
    }

    /// Credentials that are valid now, and have been reported as handed out.
    pub(crate) async fn hand_out(
        &self,
        request: &CredentialRequest<'_>,
    ) -> Result<Arc<HandOut>, Refusal> {
        let hand_out = self.in_time(self.broker.credentials(request)).await?;
        if hand_out.expires_at() <= self.clock.now() {
            return Err(unavailable("the credentials at hand have expired"));
        }
        self.broker.handed_out(&HandedOut {
            caller: request.caller,
            door: request.door,
            hand_out: &hand_out,
        });
        Ok(hand_out)
    }

    /// A broker's answer, or that there was none in time.
    pub(crate) async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Refusal>> + Send,
    ) -> Result<T, Refusal> {
        match tokio::time::timeout(self.limits.request_timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(unavailable("no credentials could be had in time")),
        }
    }
}

impl<B> fmt::Debug for CredentialServer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialServer")
            .field("routes", &self.routes)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What is known of a connection.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) peer: Peer,
    /// The address that the caller connected to.
    pub(crate) local: Option<IpAddr>,
    pub(crate) doors: Doors,
    /// Whether the peer's user is one of those that are served.
    pub(crate) admitted: bool,
    pub(crate) activity: Arc<Activity>,
}

type Conversation<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

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

fn unavailable(message: &str) -> Refusal {
    Refusal::Unavailable {
        message: message.to_owned(),
        retry_after: A_MOMENT,
    }
}

const A_MOMENT: Duration = Duration::from_secs(5);
/// hyper's least. A head that is longer is answered with 431.
const LONGEST_HEAD: usize = 8192;

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use refresh::ManualClock;

    use super::*;
    use crate::{Authorization, Caller, ErrorFormat, Instance};

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
