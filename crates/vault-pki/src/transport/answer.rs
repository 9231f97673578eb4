use std::time::Duration;

use destination::Response;
use http::{HeaderMap, StatusCode, header};
use refresh::Clock;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Caller;
use crate::login::is_failed_login;
use crate::{Call, Error, Operation, Refusal, RefusalCause, envelope};

/// Reads an answer, whatever it is.
pub(super) fn read<T: DeserializeOwned>(
    response: &Response,
    caller: Caller<'_>,
    (call, clock): (&Call, &dyn Clock),
) -> Result<T, Error> {
    if !response.status.is_success() {
        return Err(refused(response, caller, (call, clock)));
    }
    // 204: done, and nothing to say.
    let body: &[u8] = if response.body.is_empty() {
        b"{}"
    } else {
        &response.body
    };
    envelope::read(body).map_err(|unreadable| {
        if is_json(&response.headers) {
            return Error::UnusableAnswer {
                call: Box::new(call.clone()),
                reason: unreadable.to_string(),
            };
        }
        not_vault(response, call)
    })
}

/// What Vault says when it refuses; `RustyVault`, and some proxies, in the
/// singular.
#[derive(Deserialize)]
struct Errors {
    errors: Option<Vec<String>>,
    error: Option<String>,
}

fn refused(response: &Response, caller: Caller<'_>, (call, clock): (&Call, &dyn Clock)) -> Error {
    let texts = match envelope::read::<Errors>(&response.body) {
        Ok(Errors {
            errors: Some(errors),
            ..
        }) => errors,
        Ok(Errors {
            error: Some(error), ..
        }) => vec![error],
        _ => return not_vault(response, call),
    };
    let inline = caller.inline.filter(|_| is_failed_login(&response.headers));
    let operation = inline.map_or(call.operation, |_| Operation::Login);
    let answer = (response.status, &texts[..]);
    let mut refusal = Refusal::new(operation, answer, |text| caller.redacted(text));
    if refusal.cause == RefusalCause::BadToken && inline.is_none() {
        refusal.cause = without_token(caller, call.operation);
    }
    Error::Refused {
        call: Box::new(inline.map_or_else(|| call.clone(), |inline| inline.call(call))),
        refusal: Box::new(refusal),
        retry_after: retry_after(&response.headers, clock),
    }
}

/// What a refusal of the token means where none was sent.
fn without_token(caller: Caller<'_>, operation: Operation) -> RefusalCause {
    match (caller.token, caller.inline) {
        (None, Some(_)) => RefusalCause::InlineIgnored,
        (None, None) if operation.needs_token() => RefusalCause::NoToken,
        _ => RefusalCause::BadToken,
    }
}

/// The error for an answer that Vault did not give.
pub(crate) fn not_vault(response: &Response, call: &Call) -> Error {
    let content_type = response.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let content_type = content_type.map(|text| text.chars().take(60).collect());
    Error::NotVault {
        call: Box::new(call.clone()),
        status: response.status,
        content_type: content_type.unwrap_or_else(|| "no media type".to_owned()),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

/// RFC 9110, section 10.2.3: seconds, or a date.
fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    let date = std::time::SystemTime::from(date.timestamp());
    Some(date.duration_since(clock.now()).unwrap_or_default())
}

/// Whether a health check was answered by Vault: it uses statuses for states.
pub(crate) fn is_health_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 429 | 472 | 473 | 501 | 503)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = UNIX_EPOCH + Duration::from_secs(1_445_412_470);
        let clock = refresh::ManualClock::new(now);
        for (text, expected) in [
            ("7", Some(7)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(10)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(&headers, &clock), expected, "{text}");
        }
    }
}
