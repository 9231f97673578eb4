//! One error of each kind, with facts that could be true.

use super::*;
use crate::SubjectAltName;

pub(super) fn every_error() -> Vec<Error> {
    let mut all = before_a_call();
    all.extend(failed_calls());
    all.extend(refusals());
    all.extend(other_refusals());
    all
}

fn before_a_call() -> Vec<Error> {
    let file = || PathBuf::from("/run/token");
    let names = crate::Names::common_name("a\nb");
    vec![
        Error::Setting("vault".parse::<crate::Address>().unwrap_err()),
        Error::Name("a/../b".parse::<crate::Mount>().unwrap_err()),
        Error::CertificateName(names.check().unwrap_err()),
        Error::Token(InvalidToken::Malformed),
        Error::Destination(destination::Error::InvalidProxy),
        Error::Crypto(CryptoFailure),
        Error::Unencodable { what: "request" },
        Error::KeyInPlainText {
            address: "http://vault:8200".to_owned(),
        },
        Error::NoLogin {
            token_file: Some(file()),
            jwt_file: "/sa/token".into(),
        },
        Error::LoginRoleUnset { jwt_file: file() },
        Error::AmbiguousLogin {
            one: "a role_id is given".to_owned(),
            other: "a username is given".to_owned(),
        },
        Error::NoGitHubActions,
        Error::NoJwt {
            origin: "GitHub's token endpoint".to_owned(),
            reason: "HTTP 403".to_owned(),
            fault: FaultKind::Denied,
        },
        Error::NoJwt {
            origin: "the command print-jwt".to_owned(),
            reason: "it exited with 1".to_owned(),
            fault: FaultKind::Configuration,
        },
        Error::EmptySecret { what: "password" },
        Error::NotInline { method: "token" },
        Error::LoginTooLarge {
            field: "jwt".to_owned(),
            length: 9000,
            limit: 8192,
        },
        Error::ForeignWrappingToken {
            origin: "/run/secret-id".to_owned(),
            expected: "auth/approle/role/app/secret-id".to_owned(),
            actual: "sys/wrapping/wrap".to_owned(),
        },
        Error::UnreadableFile {
            what: "token file",
            path: file(),
            source: private_file::Error::Missing { path: file() },
        },
        Error::UnusableFile {
            what: "token file",
            path: file(),
            problem: "is empty",
        },
    ]
}

fn failed_calls() -> Vec<Error> {
    let sign = || Box::new(call(Operation::Sign));
    vec![
        Error::NoAnswer {
            call: sign(),
            source: destination::Error::Connect {
                host: "vault".to_owned(),
                reason: "Connection refused (os error 111)".to_owned(),
            },
        },
        Error::DeadlineExceeded {
            call: sign(),
            within: Duration::from_secs(60),
        },
        Error::NotVault {
            call: sign(),
            status: StatusCode::BAD_GATEWAY,
            content_type: "text/html".to_owned(),
        },
        Error::Redirected {
            call: sign(),
            to: "http://vault:8200".to_owned(),
            problem: RedirectProblem::OtherScheme,
        },
        Error::UnusableAnswer {
            call: sign(),
            reason: "it has no data".to_owned(),
        },
        Error::MfaRequired {
            call: call(Operation::Login).into(),
        },
        Error::EmptyToken {
            call: call(Operation::Login).into(),
        },
        Error::Mismatched {
            call: sign(),
            serial: "0f:a1".to_owned(),
            mismatches: vec![
                Mismatch::OtherKey,
                Mismatch::CommonName {
                    expected: "app".to_owned(),
                    actual: None,
                },
                Mismatch::MissingName {
                    name: SubjectAltName::Dns("b.test".to_owned()),
                },
            ],
        },
        Error::Redirected {
            call: sign(),
            to: "https://vault:8200".to_owned(),
            problem: RedirectProblem::OtherScheme,
        },
        Error::Redirected {
            call: sign(),
            to: "http://active:8200".to_owned(),
            problem: RedirectProblem::OtherHostInPlainText,
        },
        Error::NoAnswer {
            call: sign(),
            source: destination::Error::UntrustedCertificate {
                host: "vault".to_owned(),
                problem: destination::CertificateProblem::UnknownIssuer,
            },
        },
    ]
}

fn refusals() -> Vec<Error> {
    vec![
        denied_by_policy(Operation::Sign),
        denied_by_policy(Operation::Issue),
        refused(Operation::Sign, 403, "permission denied"),
        refused(Operation::Login, 403, "permission denied"),
        refused(Operation::Login, 403, "namespace not authorized"),
        refused(Operation::Login, 400, "invalid role name \"nope\""),
        refused(Operation::Sign, 400, "unknown role: nope"),
        refused(Operation::Sign, 400, "role requires keys of type ec"),
        refused(
            Operation::Sign,
            400,
            "common name x not allowed by this role",
        ),
        refused(
            Operation::Sign,
            400,
            "cannot satisfy request, as TTL would result in notAfter of 2099-01-01T00:00:00Z that \
             is beyond the expiration of the CA certificate at 2036-11-18T05:05:29Z",
        ),
        refused(
            Operation::Sign,
            404,
            "no handler for route \"x\". route entry not found.",
        ),
        refused(Operation::Sign, 404, "namespace not found"),
        refused(
            Operation::Sign,
            429,
            "request path \"x\": rate limit quota exceeded",
        ),
        refused(
            Operation::Sign,
            500,
            "unable to find PKI issuer for reference: nope",
        ),
        refused(Operation::Sign, 503, "Vault is sealed"),
    ]
}

/// What each login says, and each call that is neither `sign` nor `issue`.
fn other_refusals() -> Vec<Error> {
    let login = |text| refused(Operation::Login, 400, text);
    let mut all = vec![
        login(
            "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience",
        ),
        login("audience claim found in JWT but no audiences bound to the role"),
        login("error validating token: invalid expiration time (exp) claim: token is expired"),
        login("error validating token: invalid issuer (iss) claim"),
        login("error validating token: invalid subject (sub) claim"),
        login(
            "error validating token: error verifying token signature: illegal base64 data at input byte 0",
        ),
        login(
            "error validating claims: claim \"repository\" does not match any associated bound claim values",
        ),
        login("role \"nope\" could not be found"),
        login("invalid role or secret ID"),
        login("missing secret_id"),
        login("invalid username or password"),
        login("invalid certificate or no client certificate supplied"),
        login("no client certificate found"),
        refused(Operation::RenewSelf, 400, "lease is not renewable"),
        refused(Operation::RenewSelf, 400, "batch tokens cannot be renewed"),
        refused(
            Operation::Revoke,
            400,
            "certificate with serial 11:22 not found.",
        ),
        refused(
            Operation::RevokeWithKey,
            500,
            "provided private key does not match certificate's public key",
        ),
        refused(
            Operation::Sign,
            500,
            "requests with inline authentication cannot generate leases",
        ),
    ];
    let operations = [
        Operation::SignVerbatim,
        Operation::Revoke,
        Operation::RevokeWithKey,
        Operation::RenewSelf,
        Operation::RevokeSelf,
        Operation::LookupSelf,
        Operation::ReadRole,
        Operation::ListRoles,
    ];
    all.extend(operations.map(denied_by_policy));
    let spent = "wrapping token is not valid or does not exist";
    let spent = (StatusCode::BAD_REQUEST, &[spent.to_owned()][..]);
    let spent = Refusal::new(Operation::Unwrap, spent, str::to_owned);
    all.push(Error::UnwrapLost {
        origin: "/run/secret-id".to_owned(),
        source: refused(Operation::Unwrap, 500, "internal error").into(),
    });
    all.push(Error::WrappingTokenSpent {
        origin: "/run/secret-id".to_owned(),
        call: call(Operation::Unwrap).into(),
        refusal: spent.into(),
    });
    all
}

fn call(operation: Operation) -> Call {
    Call {
        operation,
        path: format!("pki-aws/{operation}/app"),
        address: "https://vault:8200".to_owned(),
        namespace: Some("team".to_owned()),
    }
}

pub(super) fn refused(operation: Operation, status: u16, text: &str) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    Error::Refused {
        call: call(operation).into(),
        refusal: Box::new(Refusal::new(
            operation,
            (status, &[text.to_owned()]),
            str::to_owned,
        )),
        retry_after: None,
    }
}

pub(super) fn denied_by_policy(operation: Operation) -> Error {
    refused(
        operation,
        403,
        "1 error occurred:\n\t* permission denied\n\n",
    )
}
