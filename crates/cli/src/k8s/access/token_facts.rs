use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::audit::rfc3339_seconds;

/// What a token says about itself, for whoever wonders why it was refused.
/// Nothing of it is verified, and nothing is decided by it.
pub(super) fn facts(token: &str, now: SystemTime) -> String {
    let Some(claims) = claims(token) else {
        return "the token is no JWT, so nothing is known of it: it is over, or of another cluster"
            .to_owned();
    };
    let whose: String = claims.sub.unwrap_or_default();
    let whose = whose
        .chars()
        .filter(|it| !it.is_control())
        .take(LONGEST)
        .collect::<String>();
    let whose = if whose.is_empty() {
        String::new()
    } else {
        format!(" of {whose}")
    };
    let end = claims
        .exp
        .and_then(|exp| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(exp)));
    match end {
        Some(end) if end <= now => {
            format!("the token{whose} expired at {}", rfc3339_seconds(end))
        }
        Some(end) => format!(
            "the token{whose} says that it is valid until {}: it is of another cluster or for another \
             audience, or its pod or service account is gone",
            rfc3339_seconds(end)
        ),
        None => format!(
            "the token{whose} has no end: it is of another cluster, or its Secret or service account is gone"
        ),
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<u64>,
}

fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.trim().split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?);
    serde_json::from_slice(&payload).ok()
}

const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_it_ends_and_whose_it_is() {
        let token = |claims: &str| format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(120);
        for (text, expected) in [
            ("opaque".to_owned(), "the token is no JWT"),
            (token("[]"), "the token is no JWT"),
            (
                token(r#"{"sub":"system:serviceaccount:a:b","exp":60}"#),
                "the token of system:serviceaccount:a:b expired at 1970-01-01T00:01:00Z",
            ),
            (
                token(r#"{"sub":"b","exp":180}"#),
                "the token of b says that it is valid until 1970-01-01T00:03:00Z: ",
            ),
            (token("{}"), "the token has no end: "),
        ] {
            let said = facts(&text, now);
            assert!(said.starts_with(expected), "{text}: {said}");
        }
    }
}
