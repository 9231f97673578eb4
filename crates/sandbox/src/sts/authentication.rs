use std::time::{Duration, SystemTime};

use aws_lc_rs::{constant_time, hmac};

use super::answer::EXPIRED;
use super::refusal::StsRefusal;
use super::{SessionCredentials, Sessions};
use crate::RequestParts;
use crate::sigv4::{
    Authorization, Scope, canonical_request, check_clock, hex_sha256, string_to_sign,
};
use crate::timestamp::parse_amz_date;

/// How far a client's clock may be off for STS.
const TOLERANCE: Duration = Duration::from_secs(15 * 60);
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Where and when a request came in, and under which id it is answered.
#[derive(Clone, Copy)]
pub(crate) struct Reception<'a> {
    pub(crate) now: SystemTime,
    pub(crate) region: &'a str,
    pub(crate) request_id: &'a str,
}

/// The credentials that a request is signed with.
pub(super) fn authenticate(
    request: &RequestParts,
    sessions: &Sessions,
    reception: Reception<'_>,
) -> Result<SessionCredentials, StsRefusal> {
    let header = request.header("authorization").ok_or_else(|| {
        StsRefusal::forbidden(
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        )
    })?;
    let authorization = Authorization::parse(header).map_err(|part| {
        StsRefusal::bad_request(
            "IncompleteSignature",
            format!("Authorization header requires a well-formed '{part}' parameter."),
        )
    })?;
    check_scope(&authorization, request, reception)?;
    let credentials = sessions
        .find(authorization.identity)
        .ok_or_else(StsRefusal::unknown_token)?;
    check_signature(&authorization, request, &credentials)?;
    if credentials.expiration <= reception.now {
        return Err(StsRefusal::forbidden("ExpiredToken", EXPIRED));
    }
    Ok(credentials)
}

fn check_scope(
    authorization: &Authorization<'_>,
    request: &RequestParts,
    reception: Reception<'_>,
) -> Result<(), StsRefusal> {
    let incomplete = |message: &str| StsRefusal::bad_request("IncompleteSignature", message);
    if authorization.algorithm != ALGORITHM {
        return Err(incomplete("Unsupported AWS 'algorithm'"));
    }
    let date = request.header("x-amz-date").unwrap_or_default();
    let signed = parse_amz_date(date)
        .ok_or_else(|| incomplete("Date must be in ISO-8601 'basic format'."))?;
    check_clock(signed, reception.now, TOLERANCE)
        .map_err(|skew| StsRefusal::mismatch(skew.to_string()))?;
    let expected = Scope {
        date: &date[..8],
        region: reception.region,
        service: "sts",
        terminator: "aws4_request",
    };
    if authorization.scope != expected {
        return Err(StsRefusal::mismatch(format!(
            "Credential should be scoped to {}.",
            expected.text()
        )));
    }
    Ok(())
}

fn check_signature(
    authorization: &Authorization<'_>,
    request: &RequestParts,
    credentials: &SessionCredentials,
) -> Result<(), StsRefusal> {
    let mismatch = || {
        StsRefusal::mismatch(
            "The request signature we calculated does not match the signature you provided. \
             Check your AWS Secret Access Key and signing method. \
             Consult the service documentation for details.",
        )
    };
    let token = request.header("x-amz-security-token").unwrap_or_default();
    let same = constant_time::verify_slices_are_equal(
        token.as_bytes(),
        credentials.session_token.as_bytes(),
    );
    same.map_err(|_| StsRefusal::unknown_token())?;
    let required = ["host", "x-amz-date", "x-amz-security-token"];
    let complete = required.iter().all(|name| authorization.signs(name));
    let claimed = request.header("x-amz-content-sha256");
    let honest = claimed.is_none_or(|hash| hash == hex_sha256(&request.body));
    if !(complete && honest && authorization.signed_headers_are_sorted()) {
        return Err(mismatch());
    }
    let canonical =
        canonical_request(request, &authorization.signed_headers).map_err(|_| mismatch())?;
    let date = request.header("x-amz-date").unwrap_or_default();
    let message = string_to_sign(ALGORITHM, date, &authorization.scope, &canonical);
    let key = signing_key(&credentials.secret_access_key, &authorization.scope);
    let signature = hex::decode(authorization.signature).map_err(|_| mismatch())?;
    hmac::verify(&key, message.as_bytes(), &signature).map_err(|_| mismatch())
}

/// The secret, bound to the scope step by step.
fn signing_key(secret: &str, scope: &Scope<'_>) -> hmac::Key {
    let start = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    [scope.date, scope.region, scope.service, scope.terminator]
        .into_iter()
        .fold(start, |key, part| {
            let tag = hmac::sign(&key, part.as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, tag.as_ref())
        })
}
