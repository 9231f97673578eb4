use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

use crate::guard::Offence;
use crate::{ErrorFormat, Outcome, Refusal};

pub(crate) type Reply = Response<Full<Bytes>>;

/// A response, and what it is counted as.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) outcome: Outcome,
}

impl Answer {
    /// Credentials.
    pub(crate) fn credentials(document: Bytes, content_type: HeaderValue) -> Self {
        let mut reply = reply(StatusCode::OK, document, content_type);
        let headers = reply.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self {
            reply,
            outcome: Outcome::HandedOut,
        }
    }

    /// To a HEAD nothing is handed out: hyper leaves the body out.
    pub(crate) fn to(mut self, method: &Method) -> Self {
        if method == Method::HEAD && self.outcome == Outcome::HandedOut {
            self.outcome = Outcome::Answered;
        }
        self
    }

    pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self {
            reply: reply(status, text.into(), TEXT),
            outcome: Outcome::of(status),
        }
    }

    pub(crate) fn json(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self {
            reply: reply(status, text.into(), JSON),
            outcome: Outcome::of(status),
        }
    }

    /// An error with a code and a sentence.
    pub(crate) fn error(format: ErrorFormat, status: StatusCode, error: &Problem<'_>) -> Self {
        match format {
            ErrorFormat::Text => Self::plain_error(status, error.message),
            ErrorFormat::Json => Self::json(status, serde_json::to_vec(error).unwrap_or_default()),
        }
    }

    /// As Go's servers write an error, the EKS agent among them.
    pub(crate) fn plain_error(status: StatusCode, message: &str) -> Self {
        let mut answer = Self::text(status, format!("{message}\n"));
        let headers = answer.reply.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        answer
    }

    pub(crate) fn refusal(format: ErrorFormat, refusal: &Refusal) -> Self {
        let problem = Problem {
            code: refusal.code(),
            message: &refusal.to_string(),
        };
        let mut answer = Self::error(format, refusal.status(), &problem);
        if let Some(wait) = refusal.retry_after() {
            let headers = answer.reply.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        answer
    }

    /// A request that goes no further. Whatever comes behind it on the same
    /// connection is not read.
    pub(crate) fn offence(offence: Offence) -> Self {
        let (status, text) = match offence {
            Offence::Shape(why) => (StatusCode::BAD_REQUEST, why),
            Offence::ForeignHost => (StatusCode::FORBIDDEN, "Host is not a name of this server"),
            Offence::Forwarded => (StatusCode::FORBIDDEN, "forwarded requests are not served"),
        };
        Self::text(status, text).and_close()
    }

    pub(crate) fn method_not_allowed(allowed: &'static str) -> Self {
        let text = format!("{allowed} only");
        let mut answer = Self::text(StatusCode::METHOD_NOT_ALLOWED, text);
        let headers = answer.reply.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static(allowed));
        answer
    }

    pub(crate) fn and_close(mut self) -> Self {
        let headers = self.reply.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        self
    }
}

/// The document of an error, as the SDKs read it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Problem<'a> {
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
}

fn reply(status: StatusCode, body: Bytes, content_type: HeaderValue) -> Reply {
    let mut reply = Response::new(Full::new(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, content_type);
    reply
}

/// At least one: zero would have a client ask in a loop.
fn whole_seconds(wait: Duration) -> u64 {
    let rounded_up = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    rounded_up.max(1)
}

pub(crate) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
