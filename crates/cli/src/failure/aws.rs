use refresh::{Fault as _, FaultKind};
use rolesanywhere::{
    Error, InvalidIdentity, InvalidPkcs12, InvalidPrivateKey, Refusal, RefusalCause,
};

use super::Failure;
use crate::explanation::{Cause, aws, connection, identity};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(code(&error), hint(&error), error)
    }
}

/// The caller says which files or which Vault role it is about.
impl From<InvalidIdentity> for Failure {
    fn from(error: InvalidIdentity) -> Self {
        let hint = identity_hint(&error);
        Self::new("identity.invalid", FaultKind::Configuration, error).with_hint_if(hint)
    }
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::Identity(_) => "identity.invalid",
        Error::Arn(_) | Error::Parameter(_) | Error::Endpoint(_) => "config.invalid",
        Error::NoAnswer { source, .. } => connection_code(source, "aws"),
        Error::Destination(source) => connection_code(source, "aws"),
        Error::DeadlineExceeded { .. } => "aws.unavailable",
        Error::Refused { refusal, .. } => refusal_code(refusal),
        Error::ClockSkewed { .. } => "aws.clock-skew",
        Error::NotAws { .. } => "aws.not-aws",
        Error::UnusableAnswer { .. } => "aws.unusable-answer",
        _ => "aws.failed",
    }
}

fn refusal_code(refusal: &Refusal) -> &'static str {
    match refusal.cause() {
        Some(RefusalCause::InsufficientCertificate) => "aws.insufficient-certificate",
        Some(RefusalCause::UntrustedIssuer) => "aws.untrusted-issuer",
        Some(RefusalCause::InvalidSignature) => "aws.invalid-signature",
        Some(RefusalCause::ClockSkew) => "aws.clock-skew",
        Some(RefusalCause::UnmappableAttribute) => "aws.unmappable-attribute",
        Some(RefusalCause::RoleNotAssumable) => "aws.role-not-assumable",
        Some(RefusalCause::SessionNameNotAccepted) => "aws.session-name-not-accepted",
        Some(RefusalCause::Disabled) => "aws.disabled",
        Some(RefusalCause::NoSuchResource) => "aws.no-such-resource",
        Some(RefusalCause::DurationTooLong | RefusalCause::ChainedDurationTooLong) => {
            "aws.duration-too-long"
        }
        Some(RefusalCause::TaggingDenied) => "aws.tagging-denied",
        Some(RefusalCause::SourceIdentityDenied) => "aws.source-identity-denied",
        Some(RefusalCause::TagSetBefore) => "aws.tag-set-before",
        Some(RefusalCause::PolicyMalformed) => "aws.policy-malformed",
        Some(RefusalCause::PolicyTooLarge) => "aws.policy-too-large",
        Some(RefusalCause::RegionDisabled) => "aws.region-disabled",
        Some(RefusalCause::Throttled) => "aws.throttled",
        _ if refusal.is_transient() => "aws.unavailable",
        _ => "aws.denied",
    }
}

/// The code of a failed connection to Vault, AWS or Kubernetes.
pub(super) fn connection_code(error: &destination::Error, peer: &'static str) -> &'static str {
    let is_untrusted = matches!(error, destination::Error::UntrustedCertificate { .. });
    let [unavailable, untrusted, failed] = match peer {
        "aws" => ["aws.unavailable", "aws.untrusted-server", "aws.failed"],
        "kubernetes" => [
            "kubernetes.unavailable",
            "kubernetes.untrusted-server",
            "kubernetes.failed",
        ],
        _ => [
            "vault.unavailable",
            "vault.untrusted-server",
            "vault.failed",
        ],
    };
    match error.fault() {
        FaultKind::Unavailable => unavailable,
        _ if is_untrusted => untrusted,
        FaultKind::Configuration => "config.invalid",
        _ => failed,
    }
}

fn hint(error: &Error) -> Option<String> {
    match error {
        Error::Identity(error) => identity_hint(error).map(str::to_owned),
        Error::NoAnswer { source, .. } => connection_hint(source, AWS_CA),
        Error::Destination(source) => connection_hint(source, AWS_CA),
        Error::DeadlineExceeded { .. } => Some(connection::SILENT.fix.to_owned()),
        Error::ClockSkewed { .. } => Some(aws::CLOCK.fix.to_owned()),
        Error::Refused { refusal, .. } => refusal_hint(refusal)
            .or_else(|| (refusal.code == "AccessDeniedException").then_some(aws::ROLE.fix))
            .map(str::to_owned),
        Error::NotAws { .. } => Some(aws::NOT_AWS.fix.to_owned()),
        _ => None,
    }
}

fn identity_hint(error: &InvalidIdentity) -> Option<&'static str> {
    let cause = match error {
        InvalidIdentity::KeyMismatch { .. } => identity::KEY_MISMATCH,
        InvalidIdentity::PrivateKey(key) => return key_hint(key),
        InvalidIdentity::Pkcs12(error) => pkcs12_cause(error),
        InvalidIdentity::TooManyIntermediates { .. } => identity::TOO_MANY,
        _ => return None,
    };
    Some(cause.fix)
}

fn pkcs12_cause(error: &InvalidPkcs12) -> Cause {
    match error {
        InvalidPkcs12::PassphraseMissing => identity::PASSPHRASE,
        InvalidPkcs12::WrongPassphrase => identity::FILE_PASSPHRASE,
        _ => identity::PKCS12,
    }
}

fn key_hint(error: &InvalidPrivateKey) -> Option<&'static str> {
    let cause = match error {
        InvalidPrivateKey::PassphraseMissing => identity::PASSPHRASE,
        InvalidPrivateKey::WrongPassphrase { .. } => identity::KEY_PASSPHRASE,
        InvalidPrivateKey::UnsupportedEncryption { .. } | InvalidPrivateKey::TooCostly { .. } => {
            identity::ENCRYPTION
        }
        _ => return None,
    };
    Some(cause.fix)
}

/// What to do where no trusted connection came about.
pub(super) fn connection_hint(error: &destination::Error, ca_setting: &str) -> Option<String> {
    use destination::{CertificateProblem, Error};
    let cause = match error {
        Error::UntrustedCertificate { problem, .. } => match problem {
            CertificateProblem::UnknownIssuer => {
                return Some(format!(
                    "if that CA is to be trusted here, name its PEM file with {ca_setting}"
                ));
            }
            CertificateProblem::OtherName => connection::OTHER_NAME,
            _ => connection::NOT_VALID,
        },
        Error::Connect { reason, .. }
            if reason.contains("lookup") || reason.contains("resolve") =>
        {
            connection::UNKNOWN_HOST
        }
        Error::Connect { .. } => connection::UNREACHABLE,
        Error::Timeout { .. } => connection::SILENT,
        Error::NotTls { .. } => connection::NOT_TLS,
        Error::ClientCertificateRefused { .. } => connection::CLIENT_CERTIFICATE,
        // Which setting names it is not known: a CA, or a client certificate.
        Error::UnreadableFile { .. } => connection::UNREADABLE,
        Error::InvalidPem { .. } => connection::NO_PEM,
        Error::UnreadableFolder { .. } | Error::TooManyFiles { .. } | Error::NoRoots { .. } => {
            return Some(format!("check {ca_setting}"));
        }
        Error::InvalidProxy => connection::PROXY,
        _ => return None,
    };
    Some(cause.fix.to_owned())
}

pub(super) const AWS_CA: &str = "--aws-ca-bundle (AWS_CA_BUNDLE)";

fn refusal_hint(refusal: &Refusal) -> Option<&'static str> {
    let cause = match refusal.cause()? {
        RefusalCause::InsufficientCertificate => aws::INSUFFICIENT,
        RefusalCause::UntrustedIssuer => aws::UNTRUSTED_ISSUER,
        RefusalCause::InvalidSignature => aws::SIGNATURE,
        RefusalCause::ClockSkew => aws::CLOCK,
        RefusalCause::UnmappableAttribute => aws::ATTRIBUTE,
        RefusalCause::RoleNotAssumable
        | RefusalCause::TaggingDenied
        | RefusalCause::SourceIdentityDenied => aws::ROLE,
        RefusalCause::SessionNameNotAccepted => aws::SESSION_NAME,
        RefusalCause::Disabled => aws::DISABLED,
        RefusalCause::NoSuchResource => aws::NO_SUCH_RESOURCE,
        RefusalCause::DurationTooLong => aws::DURATION,
        RefusalCause::Throttled => aws::THROTTLED,
        _ => return None,
    };
    Some(cause.fix)
}
