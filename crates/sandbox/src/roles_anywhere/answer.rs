use http::StatusCode;
use serde_json::json;

use super::{Granted, Refusal};
use crate::answer::Answer;
use crate::sts::SessionCredentials;
use crate::timestamp::rfc3339;

/// The header that carries the request id.
pub(crate) const REQUEST_ID: &str = "x-amzn-requestid";

/// `201 Created` with the one credential set.
pub(crate) fn granted_answer(granted: &Granted, credentials: &SessionCredentials) -> Answer {
    let document = json!({
        "credentialSet": [{
            "assumedRoleUser": {
                "arn": granted.assumed_role_arn,
                "assumedRoleId": credentials.user_id,
            },
            "credentials": {
                "accessKeyId": credentials.access_key_id,
                "expiration": rfc3339(credentials.expiration),
                "secretAccessKey": credentials.secret_access_key,
                "sessionToken": credentials.session_token,
            },
            "packedPolicySize": 10,
            "roleArn": granted.role_arn,
            "sourceIdentity": granted.source_identity,
        }],
        "subjectArn": granted.subject_arn,
    });
    Answer::json(StatusCode::CREATED, &document)
}

/// The error that AWS sends for a refusal.
pub(crate) fn refused_answer(refusal: &Refusal) -> Answer {
    let (status, code) = status_and_code(refusal);
    error_answer(status, code, &message(refusal))
}

/// `ThrottlingException`.
pub(crate) fn throttled_answer() -> Answer {
    error_answer(
        StatusCode::TOO_MANY_REQUESTS,
        "ThrottlingException",
        "Rate exceeded",
    )
}

/// The same answer under a request id.
pub(crate) fn request_id_header(answer: Answer, id: &str) -> Answer {
    answer.with_header(REQUEST_ID, id)
}

pub(super) fn error_answer(status: StatusCode, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message })).with_header("x-amzn-errortype", code)
}

fn status_and_code(refusal: &Refusal) -> (StatusCode, &'static str) {
    use Refusal as R;
    match refusal {
        R::UnknownOperation => (StatusCode::NOT_FOUND, "UnknownOperationException"),
        R::TrustAnchorNotFound | R::ProfileNotFound => {
            (StatusCode::NOT_FOUND, "ResourceNotFoundException")
        }
        R::ContentType
        | R::BodyMalformed
        | R::ParameterMalformed { .. }
        | R::ParameterMissing { .. }
        | R::ArnMalformed { .. }
        | R::PartitionMismatch { .. }
        | R::RegionMismatch { .. }
        | R::DurationOutOfRange { .. }
        | R::SessionNameMalformed
        | R::CertificateTooLarge
        | R::ChainTooLong { .. } => (StatusCode::BAD_REQUEST, "ValidationException"),
        _ => (StatusCode::FORBIDDEN, "AccessDeniedException"),
    }
}

/// AWS's sentence where it is known; otherwise what is wrong.
fn message(refusal: &Refusal) -> String {
    use Refusal as R;
    match refusal {
        R::SignatureMismatch | R::SignatureMalformed | R::SerialMismatch => {
            "Invalid signature".into()
        }
        R::CertificateKeyUsage
        | R::CertificateIsAuthority
        | R::CertificateVersion
        | R::CertificateSignatureWeak
        | R::CertificateKeyUnsupported => "Untrusted certificate. Insufficient certificate".into(),
        R::CertificateExpired | R::CertificateNotYetValid => {
            "Untrusted certificate. Certificate is not within its validity period".into()
        }
        R::Untrusted { .. } => "Untrusted Signing Certificate".into(),
        R::SessionNameNotAccepted => "Not authorized to set roleSessionName.".into(),
        R::RoleNotAssumable { role_arn } => format!("Unable to assume role for {role_arn}"),
        R::AttributeUnmappable { attribute } => {
            format!("Some attributes failed to be mapped into session tags. {attribute}")
        }
        other => other.to_string(),
    }
}
