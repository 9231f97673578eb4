use http::StatusCode;

use super::SessionCredentials;
use super::web_identity::WebIdentity;
use crate::answer::Answer;
use crate::timestamp::rfc3339;

/// What STS says of expired credentials.
pub(super) const EXPIRED: &str = "The security token included in the request is expired";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Who the session is.
pub(super) fn identity_answer(credentials: &SessionCredentials, request_id: &str) -> Answer {
    let document = format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\">\n  <GetCallerIdentityResult>\n    \
         <Arn>{}</Arn>\n    <UserId>{}</UserId>\n    <Account>{}</Account>\n  \
         </GetCallerIdentityResult>\n  <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  \
         </ResponseMetadata>\n</GetCallerIdentityResponse>\n",
        escape(&credentials.arn),
        escape(&credentials.user_id),
        escape(credentials.account()),
    );
    Answer::text(StatusCode::OK, "text/xml", document)
}

/// The credentials of another role.
pub(super) fn role_answer(
    credentials: &SessionCredentials,
    packed: usize,
    request_id: &str,
) -> Answer {
    let source = credentials.source_identity.as_deref().map(|identity| {
        let identity = escape(identity);
        format!("    <SourceIdentity>{identity}</SourceIdentity>\n")
    });
    let document = format!(
        "<AssumeRoleResponse xmlns=\"{NAMESPACE}\">\n  <AssumeRoleResult>\n{}{}    \
         <PackedPolicySize>{packed}</PackedPolicySize>\n  </AssumeRoleResult>\n  \
         <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n\
         </AssumeRoleResponse>\n",
        source.unwrap_or_default(),
        assumed_elements(credentials),
    );
    Answer::text(StatusCode::OK, "text/xml", document)
}

/// The credentials of a role, for a web identity.
pub(super) fn web_identity_answer(
    credentials: &SessionCredentials,
    identity: &WebIdentity,
    request_id: &str,
) -> Answer {
    let document = format!(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"{NAMESPACE}\">\n  \
         <AssumeRoleWithWebIdentityResult>\n    \
         <SubjectFromWebIdentityToken>{}</SubjectFromWebIdentityToken>\n    \
         <Audience>{}</Audience>\n    <Provider>{}</Provider>\n{}  \
         </AssumeRoleWithWebIdentityResult>\n  <ResponseMetadata>\n    \
         <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n\
         </AssumeRoleWithWebIdentityResponse>\n",
        escape(&identity.subject),
        identity.audience,
        escape(&identity.issuer),
        assumed_elements(credentials),
    );
    Answer::text(StatusCode::OK, "text/xml", document)
}

fn assumed_elements(credentials: &SessionCredentials) -> String {
    format!(
        "    <AssumedRoleUser>\n      <AssumedRoleId>{}</AssumedRoleId>\n      <Arn>{}</Arn>\n    \
         </AssumedRoleUser>\n    <Credentials>\n      <AccessKeyId>{}</AccessKeyId>\n      \
         <SecretAccessKey>{}</SecretAccessKey>\n      <SessionToken>{}</SessionToken>\n      \
         <Expiration>{}</Expiration>\n    </Credentials>\n",
        escape(&credentials.user_id),
        escape(&credentials.arn),
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        rfc3339(credentials.expiration),
    )
}

/// An error document; request ids go into the body, too.
pub(crate) fn error_answer(status: StatusCode, code: &str, message: &str, id: &str) -> Answer {
    let fault = if status.is_client_error() {
        "Sender"
    } else {
        "Receiver"
    };
    let document = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>{fault}</Type>\n    \
         <Code>{code}</Code>\n    <Message>{}</Message>\n  </Error>\n  \
         <RequestId>{id}</RequestId>\n</ErrorResponse>\n",
        escape(message),
    );
    Answer::text(status, "text/xml", document)
}

/// `Throttling`.
pub(crate) fn throttled_answer(id: &str) -> Answer {
    error_answer(StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded", id)
}

/// `ExpiredToken`.
pub(crate) fn expired_answer(id: &str) -> Answer {
    error_answer(StatusCode::FORBIDDEN, "ExpiredToken", EXPIRED, id)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
