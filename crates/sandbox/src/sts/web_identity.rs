use std::time::SystemTime;

use super::action::{Form, Reception, Sts};
use super::answer::web_identity_answer;
use super::parameters::{duration, required, session_name};
use super::refusal::StsRefusal;
use super::sessions::SessionCredentials;
use crate::answer::Answer;
use crate::jwt::{GITHUB, JwtKey, audiences, claims};
use crate::timestamp::unix_seconds;

/// The audience of tokens for STS.
const AUDIENCE: &str = "sts.amazonaws.com";

/// Whom a token is about, and who says so.
pub(super) struct WebIdentity {
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) audience: &'static str,
}

/// `AssumeRoleWithWebIdentity`: who has a token of an identity provider needs no
/// signature.
pub(super) fn assume_role_with_web_identity(
    form: &Form,
    sts: Sts<'_>,
    reception: Reception<'_>,
) -> Result<(Answer, SessionCredentials), StsRefusal> {
    let arn = required(form, "RoleArn", "roleArn")?;
    let session_name = session_name(form)?;
    let token = required(form, "WebIdentityToken", "webIdentityToken")?;
    let seconds = duration(form)?;
    let identity = verify(token, sts.identity_provider, reception.now)?;
    let role = sts.roles.iter().find(|role| role.arn == arn);
    let role = role.filter(|role| role.trusts_issuer(&identity.issuer));
    let role = role.ok_or_else(|| {
        let message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
        StsRefusal::forbidden("AccessDenied", message)
    })?;
    role.check_duration(seconds)?;
    let issued = sts.open(&role.session(session_name), seconds, reception.now);
    let answer = web_identity_answer(&issued, &identity, reception.request_id);
    Ok((answer, issued))
}

/// Whether the sandbox's identity provider made the token, and for STS.
fn verify(token: &str, key: &JwtKey, now: SystemTime) -> Result<WebIdentity, StsRefusal> {
    let claims = claims(token).ok_or_else(|| {
        invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    })?;
    let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let issuer = text("iss");
    if issuer != GITHUB {
        let message = format!("No OpenIDConnect provider found in your account for {issuer}");
        return Err(invalid(&message));
    }
    if !key.signed(token) {
        return Err(invalid("The signature of the token is not valid"));
    }
    if !audiences(&claims["aud"]).iter().any(|it| it == AUDIENCE) {
        return Err(invalid("Incorrect token audience"));
    }
    check_end(claims["exp"].as_i64(), unix_seconds(now))?;
    let subject = text("sub");
    if subject.is_empty() {
        return Err(invalid("Missing a required claim: sub"));
    }
    Ok(WebIdentity {
        subject,
        issuer,
        audience: AUDIENCE,
    })
}

fn check_end(end: Option<i64>, now: i64) -> Result<(), StsRefusal> {
    let end = end.ok_or_else(|| invalid("Missing a required claim: exp"))?;
    if now < end {
        return Ok(());
    }
    let message = format!(
        "Token expired: current date/time {now} must be before the expiration date/time {end}"
    );
    Err(StsRefusal::bad_request("ExpiredTokenException", message))
}

fn invalid(message: &str) -> StsRefusal {
    StsRefusal::bad_request("InvalidIdentityToken", message)
}
