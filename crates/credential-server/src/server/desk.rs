use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::poll;
use http::{Method, Request, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::task::coop::unconstrained;

use super::Front;
use super::accept::{Accepted, Gates};
use super::activity::{Activity, State};
use super::connections::Connections;
use crate::answer::{Answer, Reply};
use crate::broker::AnyBroker;
use crate::imds::ImdsPath;
use crate::{
    ContainerAccess, ContainerRoute, CredentialRequest, Doors, Entrance, HandOut, HandedOut,
    Listener, Manner, Peer, Refusal, guard,
};

/// Where callers are answered, whoever the broker is: what is generic would be
/// compiled with each broker, by the settings of its crate.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) front: &'a Front,
    pub(crate) broker: &'a dyn AnyBroker,
}

impl<'a> Desk<'a> {
    /// Answers on all listeners for as long as this is awaited.
    pub(super) async fn serve(self, listeners: Vec<Listener>) -> Infallible {
        let mut gates = Gates::new(listeners, self.front.hop_limit);
        let mut connections = Connections::new(&self.front.counters, self.front.limits);
        loop {
            // In turns by chance: what the runtime lets one task do at once may be used
            // up by either side, and the other one must not always come second.
            tokio::select! {
                () = connections.tend() => {}
                accepted = gates.accept(&self.front.counters) => match accepted {
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

    async fn converse(self, accepted: Accepted, activity: Arc<Activity>) {
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
                self.front.counters.connection_broken();
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
            self.front.counters.connection_broken();
            tracing::debug!(peer = %line.peer, %error, "a connection ended early");
        }
    }

    async fn respond<T>(&self, request: &Request<T>, line: &Line) -> Reply {
        line.activity.enter(State::Request);
        let (entrance, answer) = self.answer(request, line).await;
        self.front.counters.count(entrance, answer.outcome);
        line.activity.enter(State::Idle);
        answer.reply
    }

    async fn answer<T>(&self, request: &Request<T>, line: &Line) -> (Entrance, Answer) {
        if !line.admitted {
            let answer = Answer::text(StatusCode::FORBIDDEN, "this user is not served");
            return (Entrance::Neither, answer.and_close());
        }
        if let Manner::PodIdentityAgent { hosts } = &self.front.manner {
            return self.answer_pod(hosts, request, line).await;
        }
        if let Err(offence) = guard::check(request, line.local, &self.front.allowed_hosts) {
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

    fn route(&self, path: &str, doors: Doors) -> Option<&'a ContainerRoute> {
        if doors.container == ContainerAccess::Closed {
            return None;
        }
        self.front
            .routes
            .get(path.strip_suffix('/').unwrap_or(path))
    }

    /// The route of that path, to the letter.
    pub(crate) fn route_exactly(&self, path: &str) -> Option<&'a ContainerRoute> {
        self.front.routes.get(path)
    }

    /// Credentials that are valid now, and have been reported as handed out, but to a
    /// HEAD.
    pub(crate) async fn hand_out(
        &self,
        request: &CredentialRequest<'_>,
    ) -> Result<Arc<HandOut>, Refusal> {
        let hand_out = self.in_time(self.broker.any_credentials(request)).await?;
        if hand_out.expires_at() <= self.front.clock.now() {
            return Err(unavailable("the credentials at hand have expired"));
        }
        // Nothing is in the answer to that.
        if request.method != Method::HEAD {
            self.broker.any_handed_out(&HandedOut {
                caller: request.caller,
                door: request.door,
                hand_out: &hand_out,
            });
        }
        Ok(hand_out)
    }

    /// A broker's answer, or that there was none in time.
    pub(crate) async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Refusal>> + Send,
    ) -> Result<T, Refusal> {
        let mut answer = pin!(answer);
        // What is at hand needs no timer.
        if let Poll::Ready(answer) = poll!(answer.as_mut()) {
            return answer;
        }
        match tokio::time::timeout(self.front.limits.request_timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(unavailable("no credentials could be had in time")),
        }
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

pub(super) type Conversation<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

fn unavailable(message: &str) -> Refusal {
    Refusal::Unavailable {
        message: message.to_owned(),
        retry_after: A_MOMENT,
    }
}

const A_MOMENT: Duration = Duration::from_secs(5);
/// hyper's least. A head that is longer is answered with 431.
const LONGEST_HEAD: usize = 8192;
