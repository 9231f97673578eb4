use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde_json::json;

use super::ImdsTokens;
use crate::answer::Answer;
use crate::random::Random;
use crate::sts::{SessionCredentials, Sessions};
use crate::timestamp::{end, rfc3339};
use crate::{AssumableRole, ImdsProfile, Operation, RequestParts};

const TOKEN: &str = "/latest/api/token";
const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// How long an instance's credentials are good for.
const LIFETIME: Duration = Duration::from_secs(6 * 3600);
/// The session of an instance has its id for a name.
const INSTANCE: &str = "i-0123456789abcdef0";

/// What the metadata service is asked for; none where the request is not for it.
pub(crate) fn operation(request: &RequestParts) -> Option<Operation> {
    if !request.path.starts_with("/latest/") {
        return None;
    }
    if request.path == TOKEN {
        Some(Operation::ImdsToken)
    } else {
        Some(Operation::ImdsCredentials)
    }
}

/// The metadata service of an instance that has a role.
#[derive(Clone, Copy)]
pub(crate) struct Imds<'a> {
    pub(crate) profile: ImdsProfile,
    pub(crate) tokens: &'a ImdsTokens,
    pub(crate) role: &'a AssumableRole,
    pub(crate) sessions: &'a Sessions,
    pub(crate) random: &'a Random,
    /// Whether the credentials that are issued have expired already.
    pub(crate) expired: bool,
}

impl Imds<'_> {
    /// Answers a request, and says which secrets came into being by it.
    pub(crate) fn answer(self, request: &RequestParts, now: SystemTime) -> (Answer, Vec<String>) {
        self.give(request, now)
            .unwrap_or_else(|status| (refused(status), Vec::new()))
    }

    fn give(
        self,
        request: &RequestParts,
        now: SystemTime,
    ) -> Result<(Answer, Vec<String>), StatusCode> {
        if request.path == TOKEN {
            return self.token(request, now);
        }
        self.admit(request, now)?;
        if request.method != "GET" {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        let name = self.role.name();
        match request.path.strip_prefix(CREDENTIALS) {
            Some("" | "/") => {
                let answer = Answer::text(StatusCode::OK, "text/plain", name.to_owned());
                Ok((answer, Vec::new()))
            }
            Some(rest) if rest.strip_prefix('/') == Some(name) => Ok(self.credentials(now)),
            _ => Err(StatusCode::NOT_FOUND),
        }
    }

    fn token(
        self,
        request: &RequestParts,
        now: SystemTime,
    ) -> Result<(Answer, Vec<String>), StatusCode> {
        if self.profile == ImdsProfile::V1Only {
            return Err(StatusCode::NOT_FOUND);
        }
        if request.method != "PUT" {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        // Whoever was led here from outside shall get no token.
        if request.headers.contains_key("x-forwarded-for") {
            return Err(StatusCode::FORBIDDEN);
        }
        let ttl = request.header(TTL).unwrap_or_default();
        let seconds = ttl.parse().ok().filter(|it| (1..=21_600).contains(it));
        let seconds = seconds.ok_or(StatusCode::BAD_REQUEST)?;
        let lifetime = Duration::from_secs(seconds);
        let token = self.tokens.issue(lifetime, now, self.random);
        let answer = Answer::text(StatusCode::OK, "text/plain", token.clone());
        Ok((answer.with_header(TTL, ttl), vec![token]))
    }

    fn admit(self, request: &RequestParts, now: SystemTime) -> Result<(), StatusCode> {
        let token = request.header("x-aws-ec2-metadata-token");
        let is_live = token.is_some_and(|token| self.tokens.is_live(token, now));
        if is_live || self.profile == ImdsProfile::V1Only {
            return Ok(());
        }
        Err(StatusCode::UNAUTHORIZED)
    }

    fn credentials(self, now: SystemTime) -> (Answer, Vec<String>) {
        let expiration = end(now + LIFETIME, now, self.expired);
        let session = self.role.session(INSTANCE);
        let SessionCredentials {
            access_key_id,
            secret_access_key,
            session_token,
            ..
        } = self.sessions.open(&session, expiration, self.random);
        let document = json!({
            "Code": "Success",
            "LastUpdated": rfc3339(now),
            "Type": "AWS-HMAC",
            "AccessKeyId": access_key_id,
            "SecretAccessKey": secret_access_key,
            "Token": session_token,
            "Expiration": rfc3339(expiration),
        });
        // It says so, though it is JSON.
        let answer = Answer::text(StatusCode::OK, "text/plain", document.to_string());
        (answer, vec![secret_access_key, session_token])
    }
}

/// An error of the service's own, or a throttled request.
pub(crate) fn server_error_answer(status: StatusCode) -> Answer {
    refused(status)
}

fn refused(status: StatusCode) -> Answer {
    let title = status.canonical_reason().unwrap_or_default();
    let number = status.as_u16();
    let page = format!(
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<html>\n <head>\n  \
         <title>{number} - {title}</title>\n </head>\n <body>\n  \
         <h1>{number} - {title}</h1>\n </body>\n</html>\n"
    );
    Answer::text(status, "text/html", page)
}
