use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde_json::json;

use super::{FaultEffect, FaultTarget};
use crate::answer::Answer;
use crate::vault::VaultError;
use crate::{ecr, imds, kubernetes, registry, roles_anywhere, sts};

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Play {
    /// The service handles it, by this clock.
    Handle {
        now: SystemTime,
        expired: bool,
        after: Duration,
    },
    /// This is the answer.
    Answer(Answer),
    /// A body without end.
    Endless,
    /// Nothing, for ever.
    Hang,
    /// The connection ends.
    Close,
}

/// Turns an effect into what becomes of a request for `target`.
pub(crate) fn play(effect: &FaultEffect, target: FaultTarget, scene: Scene<'_>) -> Play {
    let handle = |now, expired, after| Play::Handle {
        now,
        expired,
        after,
    };
    match effect {
        FaultEffect::Slow(after) => handle(scene.now, false, *after),
        FaultEffect::Expired => handle(scene.now, true, Duration::ZERO),
        FaultEffect::ClockSkew { seconds } => {
            handle(skewed(scene.now, *seconds), false, Duration::ZERO)
        }
        FaultEffect::Hang => Play::Hang,
        FaultEffect::Close => Play::Close,
        FaultEffect::EndlessBody => Play::Endless,
        FaultEffect::Throttle { retry_after } => {
            let answer = throttled(target, scene);
            Play::Answer(match retry_after {
                Some(wait) => answer.with_header("retry-after", &wait.as_secs().to_string()),
                None => answer,
            })
        }
        FaultEffect::Sealed => Play::Answer(sealed(target, scene)),
        FaultEffect::ServerError { status } => {
            Play::Answer(server_error(target, scene, status_of(*status)))
        }
        FaultEffect::HtmlPage { status } => Play::Answer(html_page(status_of(*status))),
        FaultEffect::Redirect { location } => Play::Answer(
            Answer::empty(StatusCode::TEMPORARY_REDIRECT).with_header("location", location),
        ),
    }
}

/// The request that is disturbed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) now: SystemTime,
    pub(crate) path: &'a str,
    pub(crate) request_id: &'a str,
}

fn throttled(target: FaultTarget, scene: Scene<'_>) -> Answer {
    match target {
        FaultTarget::VaultLogin
        | FaultTarget::VaultToken
        | FaultTarget::VaultPki
        | FaultTarget::IdToken => VaultError::throttled(scene.path).answer(),
        FaultTarget::RolesAnywhere => identified(roles_anywhere::throttled_answer(), scene),
        FaultTarget::Sts => identified(sts::throttled_answer(scene.request_id), scene),
        FaultTarget::Ecr => identified(ecr::throttled_answer(), scene),
        FaultTarget::Registry => registry::throttled_answer(),
        FaultTarget::Imds => imds::server_error_answer(StatusCode::SERVICE_UNAVAILABLE),
        FaultTarget::Kubernetes => kubernetes::throttled_answer(),
    }
}

fn sealed(target: FaultTarget, scene: Scene<'_>) -> Answer {
    match target {
        FaultTarget::VaultLogin | FaultTarget::VaultToken | FaultTarget::VaultPki => {
            VaultError::sealed().answer()
        }
        _ => server_error(target, scene, StatusCode::SERVICE_UNAVAILABLE),
    }
}

fn server_error(target: FaultTarget, scene: Scene<'_>, status: StatusCode) -> Answer {
    match target {
        FaultTarget::VaultLogin
        | FaultTarget::VaultToken
        | FaultTarget::VaultPki
        | FaultTarget::IdToken => VaultError::server(status).answer(),
        FaultTarget::RolesAnywhere => {
            let document = json!({"message": "Internal service error"});
            let answer = Answer::json(status, &document)
                .with_header("x-amzn-errortype", "InternalServerException");
            identified(answer, scene)
        }
        FaultTarget::Sts => {
            let message = "The request processing has failed because of an unknown error.";
            let id = scene.request_id;
            identified(
                sts::error_answer(status, "InternalFailure", message, id),
                scene,
            )
        }
        FaultTarget::Ecr => identified(ecr::server_error_answer(status), scene),
        FaultTarget::Registry => registry::server_error_answer(status),
        FaultTarget::Imds => imds::server_error_answer(status),
        FaultTarget::Kubernetes => kubernetes::server_error_answer(status),
    }
}

/// AWS's answers carry a request id, a proxy's do not.
fn identified(answer: Answer, scene: Scene<'_>) -> Answer {
    roles_anywhere::request_id_header(answer, scene.request_id)
}

fn html_page(status: StatusCode) -> Answer {
    let page = format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    Answer::text(status, "text/html", page)
}

fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn skewed(now: SystemTime, seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        now - distance
    } else {
        now + distance
    }
}
