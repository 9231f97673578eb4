use std::time::{Duration, SystemTime};

use aws_lc_rs::{constant_time, hmac};

use super::{Authorization, Scope, canonical_request, check_clock, hex_sha256, string_to_sign};
use crate::RequestParts;
use crate::sts::{SessionCredentials, Sessions};
use crate::timestamp::parse_amz_date;

/// How far a client's clock may be off for everybody but Roles Anywhere.
const TOLERANCE: Duration = Duration::from_secs(15 * 60);
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Whose signature a service takes, and when.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) now: SystemTime,
    pub(crate) service: &'a str,
    /// The region that the scope must name; none for any.
    pub(crate) region: Option<&'a str>,
}

/// Who signed a request, and for which region.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) credentials: SessionCredentials,
    pub(crate) region: String,
}

/// Why nobody is known to have signed a request. The codes differ from service
/// to service, the sentences do not.
#[derive(Debug)]
pub(crate) enum Unauthentic {
    /// There is no `Authorization`.
    Unsigned,
    /// The signature cannot be read.
    Incomplete(String),
    /// No such access key, or not with this session token.
    UnknownToken,
    /// Signed otherwise, for something else, or at another time.
    Mismatch(String),
    /// The session is over.
    Expired,
}

/// The credentials that a request is signed with.
pub(crate) fn authenticate(
    request: &RequestParts,
    sessions: &Sessions,
    expected: Expected<'_>,
) -> Result<Signed, Unauthentic> {
    let header = request
        .header("authorization")
        .ok_or(Unauthentic::Unsigned)?;
    let authorization = Authorization::parse(header).map_err(|part| {
        Unauthentic::Incomplete(format!(
            "Authorization header requires a well-formed '{part}' parameter."
        ))
    })?;
    check_scope(&authorization, request, expected)?;
    let credentials = sessions
        .find(authorization.identity)
        .ok_or(Unauthentic::UnknownToken)?;
    check_signature(&authorization, request, &credentials)?;
    if credentials.expiration <= expected.now {
        return Err(Unauthentic::Expired);
    }
    Ok(Signed {
        credentials,
        region: authorization.scope.region.to_owned(),
    })
}

fn check_scope(
    authorization: &Authorization<'_>,
    request: &RequestParts,
    expected: Expected<'_>,
) -> Result<(), Unauthentic> {
    let incomplete = |message: &str| Unauthentic::Incomplete(message.to_owned());
    if authorization.algorithm != ALGORITHM {
        return Err(incomplete("Unsupported AWS 'algorithm'"));
    }
    let date = request.header("x-amz-date").unwrap_or_default();
    let signed = parse_amz_date(date)
        .ok_or_else(|| incomplete("Date must be in ISO-8601 'basic format'."))?;
    check_clock(signed, expected.now, TOLERANCE)
        .map_err(|skew| Unauthentic::Mismatch(skew.to_string()))?;
    let scope = Scope {
        date: &date[..8],
        region: expected.region.unwrap_or(authorization.scope.region),
        service: expected.service,
        terminator: "aws4_request",
    };
    if authorization.scope != scope {
        let text = scope.text();
        return Err(Unauthentic::Mismatch(format!(
            "Credential should be scoped to {text}."
        )));
    }
    Ok(())
}

fn check_signature(
    authorization: &Authorization<'_>,
    request: &RequestParts,
    credentials: &SessionCredentials,
) -> Result<(), Unauthentic> {
    let mismatch = || {
        Unauthentic::Mismatch(
            "The request signature we calculated does not match the signature you provided. \
             Check your AWS Secret Access Key and signing method. \
             Consult the service documentation for details."
                .into(),
        )
    };
    let token = request.header("x-amz-security-token").unwrap_or_default();
    let same = constant_time::verify_slices_are_equal(
        token.as_bytes(),
        credentials.session_token.as_bytes(),
    );
    same.map_err(|_| Unauthentic::UnknownToken)?;
    // A user's access key comes without a session token, and only JSON 1.1 has the
    // operation in a header.
    let optional = ["x-amz-security-token", "x-amz-target"];
    let present = optional
        .iter()
        .filter(|name| request.headers.contains_key(**name));
    let mut required = ["host", "x-amz-date"].iter().chain(present);
    let complete = required.all(|name| authorization.signs(name));
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
