use super::Error;
use crate::RedirectProblem;

mod login;
mod refused;

/// The sentence that says what to do.
pub(super) fn hint(error: &Error) -> Option<String> {
    match error {
        Error::Refused { call, refusal, .. } => refused::hint(call, refusal),
        Error::KeyInPlainText { .. } => Some(
            "reach Vault over TLS; or revoke by the certificate or its serial number, with a login \
             whose policy allows it"
                .to_owned(),
        ),
        Error::LoginRoleUnset { .. } => {
            Some("name the role of Vault's Kubernetes auth method (VAULT_ROLE)".to_owned())
        }
        Error::AmbiguousLogin { .. }
        | Error::NoGitHubActions
        | Error::NoJwt { .. }
        | Error::NotInline { .. }
        | Error::LoginTooLarge { .. }
        | Error::WrappingTokenSpent { .. }
        | Error::UnwrapLost { .. }
        | Error::ForeignWrappingToken { .. }
        | Error::MfaRequired { .. } => login::hint(error).map(str::to_owned),
        Error::NotVault { .. } => Some(
            "check the address and the path prefix; something before Vault has answered".to_owned(),
        ),
        Error::Redirected { to, problem, .. } => redirected(to, *problem),
        Error::NoAnswer { source, .. } => no_answer(source).map(str::to_owned),
        _ => None,
    }
}

fn redirected(to: &str, problem: RedirectProblem) -> Option<String> {
    match problem {
        RedirectProblem::OtherScheme if to.starts_with("https:") => {
            Some(format!("set the address to {to}, if that is Vault"))
        }
        RedirectProblem::OtherScheme => Some(
            "the token is not sent over plain HTTP: correct the address that Vault, or the proxy \
             before it, knows of itself (api_addr)"
                .to_owned(),
        ),
        RedirectProblem::OtherHostInPlainText => Some(format!(
            "set the address to {to}, if that is Vault; over HTTPS such a redirect is followed"
        )),
        _ => None,
    }
}

fn no_answer(source: &destination::Error) -> Option<&'static str> {
    use destination::{CertificateProblem, Error};
    match source {
        Error::UntrustedCertificate {
            problem: CertificateProblem::UnknownIssuer,
            ..
        } => Some("name the file with Vault's CA (VAULT_CACERT); it replaces the system's CAs"),
        Error::UntrustedCertificate {
            problem: CertificateProblem::OtherName,
            ..
        } => Some("say which name Vault's certificate has (VAULT_TLS_SERVER_NAME)"),
        Error::NotTls { .. } => {
            Some("check whether Vault speaks HTTPS at that address, or say http://")
        }
        Error::ClientCertificateRefused { .. } => {
            Some("show a client certificate that Vault knows (VAULT_CLIENT_CERT, VAULT_CLIENT_KEY)")
        }
        _ => None,
    }
}
