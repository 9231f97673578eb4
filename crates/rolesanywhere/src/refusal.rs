use std::fmt;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// What AWS says when it refuses.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The error code, such as `AccessDeniedException`.
    pub code: String,
    /// The message, on one line.
    pub message: String,
    /// The service's id of the request, for the support.
    pub request_id: Option<String>,
}

/// The cause that a refusal's message tells, where it is a known one.
///
/// Each stands for one thing to check; what to do about it is the caller's to
/// say, because it depends on where the certificate came from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RefusalCause {
    /// The certificate lacks something, such as `digitalSignature`.
    InsufficientCertificate,
    /// No path leads from the certificate to the trust anchor.
    UntrustedIssuer,
    /// A CA on the path may not be one: its basic constraints say so.
    UnfitAuthority,
    /// The signature is not the certificate's key's, or the request was changed.
    InvalidSignature,
    /// The date of the request is too far off.
    ClockSkew,
    /// An attribute of the certificate cannot become a session tag.
    UnmappableAttribute,
    /// The role does not trust Roles Anywhere, or this trust anchor, or this
    /// certificate; or the profile does not list the role.
    RoleNotAssumable,
    /// The profile takes no session name.
    SessionNameNotAccepted,
    /// The trust anchor or the profile is switched off.
    Disabled,
    /// There is no such trust anchor or profile in this region and account.
    NoSuchResource,
    /// The session would be longer than the role allows.
    DurationTooLong,
    /// A session that is opened with a role's own credentials would be longer
    /// than an hour.
    ChainedDurationTooLong,
    /// The role does not let its sessions be tagged.
    TaggingDenied,
    /// The role does not take a source identity, and the session has one.
    SourceIdentityDenied,
    /// A tag that goes on from an earlier session cannot be set again.
    TagSetBefore,
    /// The session policy is not one for IAM.
    PolicyMalformed,
    /// Session policies and tags take more space than there is.
    PolicyTooLarge,
    /// STS is not active in the region for the account.
    RegionDisabled,
    /// Too many requests.
    Throttled,
}

/// What appears in a message, in lower case, and the cause that it tells.
/// Earlier lines win.
const CAUSES: [(&str, RefusalCause); 21] = [
    ("incorrect basic constraints", RefusalCause::UnfitAuthority),
    (
        "insufficient certificate",
        RefusalCause::InsufficientCertificate,
    ),
    (
        "untrusted signing certificate",
        RefusalCause::UntrustedIssuer,
    ),
    ("untrusted certificate", RefusalCause::UntrustedIssuer),
    ("invalid signature", RefusalCause::InvalidSignature),
    ("signature expired", RefusalCause::ClockSkew),
    ("not yet current", RefusalCause::ClockSkew),
    ("session tags", RefusalCause::UnmappableAttribute),
    ("session name", RefusalCause::SessionNameNotAccepted),
    ("rolesessionname", RefusalCause::SessionNameNotAccepted),
    ("disabled", RefusalCause::Disabled),
    ("not enabled", RefusalCause::Disabled),
    ("not found", RefusalCause::NoSuchResource),
    ("does not exist", RefusalCause::NoSuchResource),
    (
        "exceeds the maxsessionduration",
        RefusalCause::DurationTooLong,
    ),
    ("1 hour session limit", RefusalCause::ChainedDurationTooLong),
    ("unable to assume role", RefusalCause::RoleNotAssumable),
    ("perform: sts:tagsession", RefusalCause::TaggingDenied),
    (
        "perform: sts:setsourceidentity",
        RefusalCause::SourceIdentityDenied,
    ),
    ("transitive tag keys", RefusalCause::TagSetBefore),
    ("not authorized to perform", RefusalCause::RoleNotAssumable),
];

impl Refusal {
    /// Reads an error answer of the REST-JSON protocol; `None` where the answer
    /// is not AWS's: a proxy's page, say.
    pub(crate) fn from_answer(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Self> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        // Services spell these in both ways, and some in both at once.
        let member = |names: [&str; 3]| {
            let texts = names.iter().filter_map(|name| document[*name].as_str());
            texts.map(str::to_owned).find(|text| !text.is_empty())
        };
        let code = header("x-amzn-errortype")
            .map(str::to_owned)
            .or_else(|| member(["__type", "code", "Code"]))?;
        Some(Self {
            status,
            code: bare_code(&code),
            message: one_line(&member(["message", "Message", "errorMessage"]).unwrap_or_default()),
            request_id: header("x-amzn-requestid").map(one_line),
        })
    }

    /// Whether the same request may be granted later.
    pub fn is_transient(&self) -> bool {
        self.cause() == Some(RefusalCause::Throttled)
            // STS could not ask the identity provider for its keys.
            || self.code == "IDPCommunicationError"
            || self.status.is_server_error()
            || self.status == StatusCode::REQUEST_TIMEOUT
    }

    /// The known cause that the code and the message tell.
    pub fn cause(&self) -> Option<RefusalCause> {
        let throttling = [
            "ThrottlingException",
            "TooManyRequestsException",
            "Throttling",
        ];
        if throttling.contains(&self.code.as_str()) || self.status == StatusCode::TOO_MANY_REQUESTS
        {
            return Some(RefusalCause::Throttled);
        }
        match self.code.as_str() {
            "ResourceNotFoundException" => return Some(RefusalCause::NoSuchResource),
            "MalformedPolicyDocument" => return Some(RefusalCause::PolicyMalformed),
            "PackedPolicyTooLarge" => return Some(RefusalCause::PolicyTooLarge),
            "RegionDisabledException" => return Some(RefusalCause::RegionDisabled),
            _ => {}
        }
        let message = self.message.to_lowercase();
        CAUSES
            .iter()
            .find(|(words, _)| message.contains(words))
            .map(|(_, cause)| *cause)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        write!(f, " (HTTP {}", self.status.as_u16())?;
        if let Some(id) = &self.request_id {
            write!(f, ", request id {id}")?;
        }
        f.write_str(")")
    }
}

/// `com.amazon#Code:http://…` is `Code`.
fn bare_code(code: &str) -> String {
    let code = code.split(':').next().unwrap_or_default();
    one_line(code.rsplit('#').next().unwrap_or_default())
}

/// Bounded, and without anything that could move a terminal's cursor.
pub(crate) fn one_line(text: &str) -> String {
    let printable: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .take(1000)
        .collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, error_type: Option<&str>, body: &str) -> Option<Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-requestid", "req-1".parse().unwrap());
        if let Some(error_type) = error_type {
            headers.insert("x-amzn-errortype", error_type.parse().unwrap());
        }
        Refusal::from_answer(
            StatusCode::from_u16(status).unwrap(),
            &headers,
            body.as_bytes(),
        )
    }

    #[test]
    fn code_and_message_are_found_wherever_they_stand() {
        for (error_type, body) in [
            (
                Some("AccessDeniedException:http://internal/"),
                r#"{"message":"no"}"#,
            ),
            (
                Some("com.amazonaws#AccessDeniedException"),
                r#"{"Message":"no"}"#,
            ),
            (None, r#"{"__type":"AccessDeniedException","message":"no"}"#),
            (
                None,
                r#"{"code":"AccessDeniedException","message":"n\u001bo"}"#,
            ),
        ] {
            let refusal = refusal(403, error_type, body).unwrap();
            assert_eq!(refusal.code, "AccessDeniedException");
            assert!(
                matches!(refusal.message.as_str(), "no" | "n o"),
                "{}",
                refusal.message
            );
        }
        let shown = refusal(403, Some("X"), r#"{"message":"no"}"#)
            .unwrap()
            .to_string();
        assert_eq!(shown, "X: no (HTTP 403, request id req-1)");
        let shown = refusal(500, Some("X"), "").unwrap().to_string();
        assert_eq!(shown, "X (HTTP 500, request id req-1)");
    }

    #[test]
    fn a_page_of_a_proxy_is_not_a_refusal() {
        assert_eq!(refusal(403, None, "<html>Blocked</html>"), None);
    }

    #[test]
    fn known_messages_tell_their_cause() {
        for (code, message, cause) in [
            (
                "AccessDeniedException",
                "Untrusted certificate. Insufficient certificate",
                Some(RefusalCause::InsufficientCertificate),
            ),
            (
                "AccessDeniedException",
                "Untrusted Signing Certificate",
                Some(RefusalCause::UntrustedIssuer),
            ),
            (
                "AccessDeniedException",
                "Invalid signature",
                Some(RefusalCause::InvalidSignature),
            ),
            (
                "AccessDeniedException",
                "Signature expired: 20261121T000000Z is now earlier than 20261121T010000Z",
                Some(RefusalCause::ClockSkew),
            ),
            (
                "AccessDeniedException",
                "Some attributes failed to be mapped into session tags: SAN: [ DNS/2 ]",
                Some(RefusalCause::UnmappableAttribute),
            ),
            (
                "AccessDeniedException",
                "Unable to assume role for arn:aws:iam::1:role/r",
                Some(RefusalCause::RoleNotAssumable),
            ),
            (
                "ResourceNotFoundException",
                "Trust anchor",
                Some(RefusalCause::NoSuchResource),
            ),
            (
                "AccessDenied",
                "User: arn:aws:sts::1:assumed-role/r/7b is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/next",
                Some(RefusalCause::RoleNotAssumable),
            ),
            (
                "AccessDenied",
                "User: arn:aws:sts::1:assumed-role/r/7b is not authorized to perform: sts:TagSession on resource: arn:aws:iam::2:role/next",
                Some(RefusalCause::TaggingDenied),
            ),
            (
                "AccessDenied",
                "User: arn:aws:sts::1:assumed-role/r/7b is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::2:role/next",
                Some(RefusalCause::SourceIdentityDenied),
            ),
            (
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
                Some(RefusalCause::ChainedDurationTooLong),
            ),
            (
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
                Some(RefusalCause::DurationTooLong),
            ),
            (
                "PackedPolicyTooLarge",
                "Packed size of session tags consumes 120% of allotted space.",
                Some(RefusalCause::PolicyTooLarge),
            ),
            (
                "MalformedPolicyDocument",
                "Syntax errors in policy.",
                Some(RefusalCause::PolicyMalformed),
            ),
            (
                "ThrottlingException",
                "Rate exceeded",
                Some(RefusalCause::Throttled),
            ),
            ("ValidationException", "something new", None),
        ] {
            let body = format!(r#"{{"message":"{message}"}}"#);
            assert_eq!(
                refusal(403, Some(code), &body).unwrap().cause(),
                cause,
                "{message}"
            );
        }
    }

    #[test]
    fn only_throttling_and_server_errors_are_transient() {
        for (status, code, transient) in [
            (403, "AccessDeniedException", false),
            (400, "ValidationException", false),
            (400, "ThrottlingException", true),
            (400, "IDPCommunicationError", true),
            (400, "IDPRejectedClaim", false),
            (429, "X", true),
            (500, "InternalServerException", true),
            (503, "ServiceUnavailable", true),
        ] {
            assert_eq!(
                refusal(status, Some(code), "{}").unwrap().is_transient(),
                transient,
                "{status} {code}"
            );
        }
    }
}
