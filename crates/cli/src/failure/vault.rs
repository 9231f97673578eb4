use refresh::{Fault as _, FaultKind};
use vault_pki::{Error, InvalidToken, Operation, RefusalCause};

use super::Failure;
use super::aws::{connection_code, connection_hint};
use crate::explanation::vault;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let hint = error
            .hint()
            .map(|hint| with_flag(&error, hint))
            .or_else(|| hint(&error));
        Self::of(code(&error), hint, error)
    }
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::Setting(_)
        | Error::Name(_)
        | Error::CertificateName(_)
        | Error::EmptySecret { .. } => "config.invalid",
        Error::Token(_) => "vault.token-invalid",
        Error::NoLogin { .. }
        | Error::LoginRoleUnset { .. }
        | Error::AmbiguousLogin { .. }
        | Error::NoGitHubActions => "vault.no-login",
        Error::NoJwt { .. } => "vault.no-jwt",
        Error::NotInline { .. } | Error::LoginTooLarge { .. } => "vault.not-inline",
        Error::WrappingTokenSpent { .. } | Error::ForeignWrappingToken { .. } => {
            "vault.wrapping-token"
        }
        Error::UnreadableFile { .. } | Error::UnusableFile { .. } => "file.invalid",
        Error::Destination(source) | Error::NoAnswer { source, .. } => {
            connection_code(source, "vault")
        }
        Error::DeadlineExceeded { .. } => "vault.unavailable",
        Error::Refused { refusal, .. } => {
            refusal_code(&refusal.cause).unwrap_or_else(|| match error.fault() {
                FaultKind::Unavailable => "vault.unavailable",
                _ => "vault.rejected",
            })
        }
        Error::NotVault { .. } => "vault.not-vault",
        Error::KeyInPlainText { .. } => "vault.plain-text",
        Error::UnwrapLost { .. } => "vault.unwrap-lost",
        Error::Redirected { .. } => "vault.redirected",
        Error::UnusableAnswer { .. } | Error::EmptyToken { .. } => "vault.unusable-answer",
        Error::MfaRequired { .. } => "vault.mfa-required",
        Error::Mismatched { .. } => "vault.certificate-mismatch",
        _ => "vault.failed",
    }
}

fn refusal_code(cause: &RefusalCause) -> Option<&'static str> {
    Some(match cause {
        RefusalCause::BadToken | RefusalCause::NoToken | RefusalCause::PolicyDenied => {
            "vault.denied"
        }
        RefusalCause::LoginDenied | RefusalCause::LoginRoleMissing => "vault.login-denied",
        RefusalCause::RoleMissing => "vault.role-missing",
        RefusalCause::MountMissing | RefusalCause::PathUnsupported => "vault.mount-missing",
        RefusalCause::NamespaceMissing => "vault.namespace-missing",
        RefusalCause::IssuerMissing => "vault.issuer-missing",
        RefusalCause::KeyRefused { .. } | RefusalCause::KeyTypeRequired => "vault.key-refused",
        RefusalCause::NameNotAllowed | RefusalCause::CommonNameRequired => "vault.name-not-allowed",
        RefusalCause::CaExpiresFirst { .. } => "vault.ca-expires-first",
        RefusalCause::CertificateUnknown => "vault.certificate-unknown",
        RefusalCause::LeaseImpossible | RefusalCause::InlineIgnored => "vault.not-inline",
        RefusalCause::RateLimited => "vault.throttled",
        RefusalCause::Sealed => "vault.sealed",
        RefusalCause::NotReplicated | RefusalCause::NoActiveNode | RefusalCause::Internal => {
            "vault.unavailable"
        }
        _ => return None,
    })
}

fn hint(error: &Error) -> Option<String> {
    match error {
        Error::NoLogin { .. } => Some(vault::NO_LOGIN.fix.to_owned()),
        Error::Token(InvalidToken::Empty) => Some(vault::NO_TOKEN.fix.to_owned()),
        Error::Destination(source) | Error::NoAnswer { source, .. } => {
            connection_hint(source, "--vault-cacert (VAULT_CACERT)")
        }
        Error::Refused { refusal, .. } if refusal.cause == RefusalCause::RateLimited => {
            Some(vault::QUOTA.fix.to_owned())
        }
        Error::UnreadableFile { .. } => Some(vault::LOGIN_FILE.fix.to_owned()),
        Error::DeadlineExceeded { .. } => Some(vault::LATE.fix.to_owned()),
        Error::Mismatched { .. } => Some(vault::MISMATCH.fix.to_owned()),
        _ => None,
    }
}

/// The library knows the mode, and we know its flag.
fn with_flag(error: &Error, hint: String) -> String {
    match error {
        Error::AmbiguousLogin { .. } => return format!("{hint}: --auth METHOD"),
        Error::NotInline { .. } | Error::LoginTooLarge { .. } => {
            return format!("{hint} (--inline-auth)");
        }
        _ => {}
    }
    if let Some(hint) = instead(error) {
        return hint;
    }
    let is_sign = error
        .call()
        .is_some_and(|call| call.operation == Operation::Sign);
    let is_denied = error.refusal().is_some_and(|refusal| {
        matches!(
            refusal.cause,
            RefusalCause::BadToken | RefusalCause::PolicyDenied
        )
    });
    if !(is_sign && is_denied) {
        return hint;
    }
    let hint = format!("{hint} (--pki-mode issue)");
    match error.refusal().map(|refusal| &refusal.cause) {
        Some(RefusalCause::PolicyDenied) => format!(
            "{hint}; a policy of iamra setup vault allows the workload's own name alone, and no --not-after"
        ),
        _ => hint,
    }
}

/// Where the library, which hears of a refused token, does not know that there
/// was none to refuse.
fn instead(error: &Error) -> Option<String> {
    let call = error.call()?;
    match (&error.refusal()?.cause, call.operation) {
        (
            RefusalCause::BadToken | RefusalCause::PolicyDenied,
            Operation::ReadIssuer | Operation::ListIssuers,
        ) => Some(vault::MOUNT_OR_TOKEN.fix.to_owned()),
        (RefusalCause::NoToken, _) => Some(format!(
            "we sent no token (--auth none): the Agent or Proxy at that address adds none, or one whose policies do not allow {}; or log in (--auth METHOD)",
            call.path
        )),
        _ => None,
    }
}
