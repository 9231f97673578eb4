use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, RETRY_AFTER};
use kube::core::response::Status;

use super::{Error, Right};

/// What an answer that is no success means.
///
/// [Response status kind](https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#response-status-kind)
pub(crate) fn refusal(
    right: &Right,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Error {
    let told: Option<Status> = serde_json::from_slice(body).ok();
    let Some(told) = told.filter(|told| !told.reason.is_empty() || !told.message.is_empty()) else {
        return unexplained(right, status, headers);
    };
    let message = short(&told.message);
    match status.as_u16() {
        401 => Error::Unauthorized { message },
        403 if has_cause(&told, "NamespaceTerminating") => Error::Terminating {
            namespace: right.namespace.clone().unwrap_or_default(),
        },
        403 => Error::Denied {
            right: Box::new(right.clone()),
            message,
        },
        404 => Error::NotFound {
            what: missing(right, &told),
        },
        409 if told.reason == "AlreadyExists" => Error::AlreadyExists { what: named(right) },
        409 => Error::Contended { what: named(right) },
        410 => Error::Gone { message },
        429 | 500..=599 => Error::Unavailable {
            status: status.as_u16(),
            message,
            retry_after: asked_for(&told).or_else(|| retry_after(headers)),
        },
        _ => Error::Rejected {
            right: Box::new(right.clone()),
            message,
            fields: fields(told),
        },
    }
}

/// Something between us and the API has answered, or the API in a hurry.
fn unexplained(right: &Right, status: StatusCode, headers: &HeaderMap) -> Error {
    let reason = status.canonical_reason().unwrap_or("no reason is given");
    match status.as_u16() {
        401 => Error::Unauthorized {
            message: reason.to_owned(),
        },
        408 | 429 | 500..=599 => Error::Unavailable {
            status: status.as_u16(),
            message: reason.to_owned(),
            retry_after: retry_after(headers),
        },
        410 => Error::Gone {
            message: reason.to_owned(),
        },
        status => Error::Unexplained {
            what: right.to_string(),
            status,
        },
    }
}

fn fields(told: Status) -> Vec<String> {
    let causes = told.details.into_iter().flat_map(|details| details.causes);
    causes.map(|cause| cause.field).collect()
}

fn has_cause(told: &Status, reason: &str) -> bool {
    let causes = told.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == reason)
}

fn asked_for(told: &Status) -> Option<Duration> {
    let seconds = told.details.as_ref()?.retry_after_seconds;
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// A request for a Secret may end in this because its namespace is not there.
fn missing(right: &Right, told: &Status) -> String {
    let kind = told.details.as_ref().map(|details| details.kind.as_str());
    match (kind, &right.namespace) {
        (Some("namespaces"), Some(namespace)) => format!("namespace {namespace}"),
        _ => named(right),
    }
}

fn named(right: &Right) -> String {
    if right.is_for_path() {
        return right.resource.to_owned();
    }
    let resource = right.resource.strip_suffix('s').unwrap_or(right.resource);
    match (&right.namespace, &right.name) {
        (Some(namespace), Some(name)) => format!("{resource} {namespace}/{name}"),
        (Some(namespace), None) => format!("{resource} in namespace {namespace}"),
        (None, Some(name)) => format!("{resource} {name}"),
        (None, None) => resource.to_owned(),
    }
}

/// A server's message, in one line that a log can bear.
pub(crate) fn short(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept: String = line
        .chars()
        .filter(|character| !character.is_control())
        .take(LONGEST_MESSAGE)
        .collect();
    if kept.is_empty() {
        "no reason is given".to_owned()
    } else {
        kept
    }
}

const LONGEST_MESSAGE: usize = 500;
