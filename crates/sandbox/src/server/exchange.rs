use std::future;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use rustls_pki_types::CertificateDer;

use super::body::ResponseBody;
use crate::answer::Answer;
use crate::faults::{Play, Scene, play};
use crate::roles_anywhere::request_id_header;
use crate::sandbox::{Moment, Served, Services, Side, classify};
use crate::timestamp::http_date;
use crate::{FaultTarget, Operation, Outcome, RequestParts};

/// No request is larger.
const LONGEST_BODY: usize = 1024 * 1024;

/// Makes hyper close the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
pub(super) struct Closed;

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// Whom it wants to speak to.
    pub(super) side: Side,
    /// The certificates that it showed.
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

/// One request and its response.
pub(super) async fn exchange(
    services: &Services,
    peer: &Peer,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Closed> {
    let Some(request) = receive(request).await else {
        let answer = Answer::empty(StatusCode::PAYLOAD_TOO_LARGE);
        return Ok(response(answer, services.now()));
    };
    let request_id = services.random().uuid();
    let exchange = Exchange {
        services,
        peer,
        request: &request,
        request_id: &request_id,
    };
    exchange.play().await
}

/// A request that was received whole.
struct Exchange<'a> {
    services: &'a Services,
    peer: &'a Peer,
    request: &'a RequestParts,
    request_id: &'a str,
}

impl Exchange<'_> {
    async fn play(&self) -> Result<Response<ResponseBody>, Closed> {
        let (operation, target) = classify(self.peer.side, self.request);
        let scene = Scene {
            now: self.services.now(),
            path: &self.request.path,
            request_id: self.request_id,
        };
        match self.disturb(operation, target, scene) {
            Play::Handle {
                now,
                expired,
                after,
            } => {
                if after > Duration::ZERO {
                    tokio::time::sleep(after).await;
                }
                let moment = Moment {
                    now,
                    expired,
                    request_id: self.request_id,
                    client: &self.peer.certificates,
                };
                Ok(self.handle(operation, moment).await)
            }
            Play::Answer(answer) => Ok(response(answer, scene.now)),
            Play::Endless => Ok(endless(scene.now)),
            Play::Hang => future::pending().await,
            Play::Close => Err(Closed),
        }
    }

    /// What becomes of the request; a disturbed one is on record at once, since
    /// it may never end.
    fn disturb(&self, operation: Operation, target: Option<FaultTarget>, scene: Scene<'_>) -> Play {
        let faults = &self.services.faults;
        let effect = target.and_then(|target| Some((target, faults.take(target)?)));
        let Some((target, effect)) = effect else {
            return Play::Handle {
                now: scene.now,
                expired: false,
                after: Duration::ZERO,
            };
        };
        let played = play(&effect, target, scene);
        if !matches!(played, Play::Handle { .. }) {
            self.record(operation, Outcome::Disturbed(effect));
        }
        played
    }

    /// The service's own answer.
    async fn handle(&self, operation: Operation, moment: Moment<'_>) -> Response<ResponseBody> {
        let Served {
            answer,
            outcome,
            watch,
            forward,
        } = self.services.handle(operation, self.request, moment);
        self.record(operation, outcome);
        let answer = match forward {
            Some(forward) => forward.answer().await,
            None => answer,
        };
        let answer = match self.peer.side {
            Side::Vault | Side::Kubernetes => answer,
            Side::Aws => request_id_header(answer, self.request_id),
        };
        let response = response(answer, moment.now);
        match watch {
            Some(watch) => response.map(|_| ResponseBody::Watch(watch)),
            None => response,
        }
    }

    fn record(&self, operation: Operation, outcome: Outcome) {
        let host = self.request.header("host").unwrap_or_default();
        self.services.ledger.record(operation, outcome, host);
    }
}

async fn receive(request: Request<Incoming>) -> Option<RequestParts> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LONGEST_BODY).collect().await.ok()?;
    Some(RequestParts {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.to_bytes(),
    })
}

fn response(answer: Answer, now: SystemTime) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Whole(Full::new(answer.body)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    date(response, now)
}

fn endless(now: SystemTime) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Endless);
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    date(response, now)
}

/// The service's own clock is in the `Date` header.
fn date(mut response: Response<ResponseBody>, now: SystemTime) -> Response<ResponseBody> {
    if let Ok(date) = http::HeaderValue::from_maybe_shared(Bytes::from(http_date(now))) {
        response.headers_mut().insert(DATE, date);
    }
    response
}
