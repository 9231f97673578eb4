use super::login;
use crate::{Call, Operation, Refusal, RefusalCause};

/// What to do about a refusal, where that can be said.
pub(super) fn hint(call: &Call, refusal: &Refusal) -> Option<String> {
    let path = &call.path;
    let text = match (&refusal.cause, call.operation) {
        (RefusalCause::PolicyDenied, operation) => return forbidden(call, operation),
        (RefusalCause::BadToken, Operation::Login) => LOGIN_DENIED.to_owned(),
        (RefusalCause::BadToken, operation) => {
            let policy = forbidden(call, operation)?;
            format!("check that the token has neither expired nor been revoked; or {policy}")
        }
        (RefusalCause::LoginDenied, _) => login::denied(&refusal.messages).to_owned(),
        (RefusalCause::RoleMissing, _) => {
            format!("check the last part of {path}, the PKI role: it does not exist there")
        }
        (RefusalCause::MountMissing | RefusalCause::PathUnsupported, _) => {
            format!("check the mount and the namespace of {path}")
        }
        (RefusalCause::CaExpiresFirst { ca_not_after }, _) => format!(
            "ask for a life that ends before {ca_not_after}, renew the CA, \
             or set the issuer's leaf_not_after_behavior to truncate"
        ),
        (cause, _) => always(cause)?.to_owned(),
    };
    Some(text)
}

/// What is the same whatever the call.
fn always(cause: &RefusalCause) -> Option<&'static str> {
    Some(match cause {
        RefusalCause::NoToken => {
            "no token was sent: send to an Agent or Proxy that adds its own, or log in"
        }
        RefusalCause::InlineIgnored => {
            "OpenBao 2.4 and later take a login along with a call, Vault does not: log in without \
             inline authentication"
        }
        RefusalCause::LoginRoleMissing => "create the role in the auth method, or name another one",
        RefusalCause::NamespaceMissing => "check the namespace",
        RefusalCause::IssuerMissing => "check the issuer, or leave it out for the role's own",
        RefusalCause::KeyRefused { .. } => {
            "choose the key type that the role wants, or change the role's key_type and key_bits"
        }
        RefusalCause::NameNotAllowed => {
            "allow the name in the role: allowed_domains with allow_bare_domains or \
             allow_subdomains, allow_ip_sans, allowed_uri_sans"
        }
        RefusalCause::NotRenewable => "nothing is wrong: such a token is replaced, not renewed",
        RefusalCause::CertificateUnknown => {
            "check the mount; a role with no_store keeps no certificate: revoke it by the \
             certificate itself, or with its key"
        }
        RefusalCause::KeyMismatch => "give the private key of that very certificate",
        RefusalCause::LeaseImpossible => {
            "set generate_lease=false in the PKI role, or log in without inline authentication"
        }
        RefusalCause::Sealed => "unseal Vault",
        _ => return None,
    })
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
