use super::Error;
use crate::{Call, Operation, RedirectProblem, Refusal, RefusalCause};

mod login;

/// The sentence that says what to do.
pub(super) fn hint(error: &Error) -> Option<String> {
    match error {
        Error::Refused { call, refusal, .. } => refused(call, refusal),
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
        | Error::ForeignWrappingToken { .. }
        | Error::MfaRequired { .. } => login::hint(error).map(str::to_owned),
        Error::NotVault { .. } => Some(
            "check the address and the path prefix; something before Vault has answered".to_owned(),
        ),
        Error::Redirected {
            to,
            problem: RedirectProblem::OtherScheme,
            ..
        } if to.starts_with("https:") => Some(format!("set the address to {to}, if that is Vault")),
        Error::Redirected {
            problem: RedirectProblem::OtherScheme,
            ..
        } => Some(
            "the token is not sent over plain HTTP: correct the address that Vault, or the proxy \
             before it, knows of itself (api_addr)"
                .to_owned(),
        ),
        Error::Redirected {
            to,
            problem: RedirectProblem::OtherHostInPlainText,
            ..
        } => Some(format!(
            "set the address to {to}, if that is Vault; over HTTPS such a redirect is followed"
        )),
        Error::NoAnswer { source, .. } => no_answer(source).map(str::to_owned),
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

fn refused(call: &Call, refusal: &Refusal) -> Option<String> {
    let path = &call.path;
    let text = match (&refusal.cause, call.operation) {
        (RefusalCause::PolicyDenied, operation) => forbidden(call, operation)?,
        (RefusalCause::NoToken, _) => "no token was sent: send to an Agent or Proxy that adds \
             its own, or log in"
            .to_owned(),
        (RefusalCause::InlineIgnored, _) => "OpenBao 2.4 and later take a login along with a \
             call, Vault does not: log in without inline authentication"
            .to_owned(),
        (RefusalCause::BadToken, Operation::Login) => LOGIN_DENIED.to_owned(),
        (RefusalCause::BadToken, operation) => {
            let policy = forbidden(call, operation)?;
            format!("check that the token has neither expired nor been revoked; or {policy}")
        }
        (RefusalCause::LoginDenied, _) => login::denied(&refusal.messages).to_owned(),
        (RefusalCause::LoginRoleMissing, _) => {
            "create the role in the auth method, or name another one".to_owned()
        }
        (RefusalCause::RoleMissing, _) => {
            format!("check the last part of {path}, the PKI role: it does not exist there")
        }
        (RefusalCause::MountMissing | RefusalCause::PathUnsupported, _) => {
            format!("check the mount and the namespace of {path}")
        }
        (RefusalCause::NamespaceMissing, _) => "check the namespace".to_owned(),
        (RefusalCause::IssuerMissing, _) => {
            "check the issuer, or leave it out for the role's own".to_owned()
        }
        (RefusalCause::KeyRefused { .. }, _) => {
            "choose the key type that the role wants, or change the role's key_type and key_bits"
                .to_owned()
        }
        (RefusalCause::NameNotAllowed, _) => {
            "allow the name in the role: allowed_domains with allow_bare_domains or \
             allow_subdomains, allow_ip_sans, allowed_uri_sans"
                .to_owned()
        }
        (RefusalCause::CaExpiresFirst { ca_not_after }, _) => format!(
            "ask for a life that ends before {ca_not_after}, renew the CA, \
             or set the issuer's leaf_not_after_behavior to truncate"
        ),
        (RefusalCause::NotRenewable, _) => {
            "nothing is wrong: such a token is replaced, not renewed".to_owned()
        }
        (RefusalCause::CertificateUnknown, _) => {
            "check the mount; a role with no_store keeps no certificate: revoke it by the \
             certificate itself, or with its key"
                .to_owned()
        }
        (RefusalCause::KeyMismatch, _) => {
            "give the private key of that very certificate".to_owned()
        }
        (RefusalCause::LeaseImpossible, _) => {
            "set generate_lease=false in the PKI role, or log in without inline authentication"
                .to_owned()
        }
        (RefusalCause::Sealed, _) => "unseal Vault".to_owned(),
        _ => return None,
    };
    Some(text)
}

/// The policy to add; for `sign`, also the way for those who may not.
fn forbidden(call: &Call, operation: Operation) -> Option<String> {
    if matches!(
        operation,
        Operation::Login | Operation::Unwrap | Operation::LookupWrapping
    ) {
        return None;
    }
    let (path, capability) = (&call.path, operation.capability());
    let policy = format!(
        "allow it in a policy of the token: path \"{path}\" {{ capabilities = [\"{capability}\"] }}"
    );
    Some(match operation {
        Operation::Sign => format!(
            "{policy}; where only issue is allowed, choose the mode issue: Vault then makes the key"
        ),
        Operation::Revoke => {
            format!("{policy}; it allows to revoke all of the mount: prefer revoke-with-key")
        }
        _ => policy,
    })
}

/// Vault keeps to itself why.
const LOGIN_DENIED: &str = "check the mount of the auth method, and that Vault may review \
     the token (system:auth-delegator) and takes its issuer and audience";
