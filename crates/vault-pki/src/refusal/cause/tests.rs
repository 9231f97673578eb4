use serde_json::Value;

use super::RefusalCause as Cause;
use crate::{KeyDemand, Operation, Refusal};
use http::StatusCode;
use refresh::FaultKind;

fn recording(name: &str) -> Refusal {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/recordings");
    let text = std::fs::read(format!("{folder}/{name}.json")).unwrap();
    let recording: Value = serde_json::from_slice(&text).unwrap();
    let errors = recording["response"]["errors"].as_array().unwrap();
    let errors: Vec<String> = errors
        .iter()
        .map(|error| error.as_str().unwrap().to_owned())
        .collect();
    let status = u16::try_from(recording["status"].as_u64().unwrap()).unwrap();
    of_sign(status, &errors)
}

fn of_sign(status: u16, texts: &[String]) -> Refusal {
    let status = StatusCode::from_u16(status).unwrap();
    Refusal::new(Operation::Sign, (status, texts), str::to_owned)
}

#[test]
fn every_recorded_error() {
    let ca_not_after = "2036-11-18T05:05:29Z".to_owned();
    for (name, cause) in [
        (
            "029-issue-ttl-beyond-CA",
            Cause::CaExpiresFirst { ca_not_after },
        ),
        ("030-issue-ttl-and-not_after", Cause::Rejected),
        ("031-issue-bad-ttl", Cause::Rejected),
        ("032-issue-empty-cn", Cause::CommonNameRequired),
        ("033-issue-cn-denied", Cause::NameNotAllowed),
        ("035-issue-urisan-denied", Cause::NameNotAllowed),
        ("036-issue-no-role", Cause::RoleMissing),
        ("037-issue-no-mount", Cause::MountMissing),
        ("038-issue-wrong-path", Cause::PathUnsupported),
        ("039-issue-GET", Cause::PathUnsupported),
        ("040-issue-bad-issuer", Cause::IssuerMissing),
        ("042-sign-no-csr", Cause::Rejected),
        ("043-sign-garbage-csr", Cause::Rejected),
        (
            "044-sign-wrong-keytype",
            Cause::KeyRefused {
                demand: KeyDemand::Ec,
            },
        ),
        ("065-issue-any-without-key_type", Cause::KeyTypeRequired),
        ("082-unwrap-twice", Cause::WrappingTokenSpent),
        ("085-approle-login-bad-secret", Cause::LoginDenied),
        ("093-sign-denied-path", Cause::PolicyDenied),
        ("094-nomount-limited-token", Cause::PolicyDenied),
        ("095-bad-token", Cause::BadToken),
        ("096-no-token", Cause::BadToken),
        ("104-use2", Cause::BadToken),
        ("116-jwt-login-wrong-aud", Cause::LoginDenied),
        ("127-kubernetes-login-wrong-aud", Cause::LoginDenied),
        ("128-kubernetes-login-wrong-ns", Cause::LoginDenied),
        ("129-kubernetes-login-wrong-sa", Cause::LoginDenied),
        ("130-kubernetes-login-denied-by-review", Cause::BadToken),
        ("131-kubernetes-login-no-role", Cause::LoginRoleMissing),
        ("132-kubernetes-login-missing-role", Cause::LoginRoleMissing),
        ("133-kubernetes-login-expired", Cause::LoginDenied),
        ("134-kubernetes-login-garbage", Cause::BadToken),
        ("140-ns-missing", Cause::NamespaceMissing),
        ("141-ns-team1-nomount", Cause::MountMissing),
        ("144-trailing-slash", Cause::Rejected),
        ("153-rate-limited-1", Cause::RateLimited),
        ("205-cert-login-wrongname", Cause::LoginDenied),
        ("209-sealed-issue", Cause::Sealed),
    ] {
        assert_eq!(recording(name).cause, cause, "{name}");
    }
}

#[test]
fn what_was_not_recorded() {
    for (status, text, cause, fault, attempts) in [
        (
            412,
            "required index state not present",
            Cause::NotReplicated,
            FaultKind::Unavailable,
            u32::MAX,
        ),
        (
            500,
            "internal error",
            Cause::Internal,
            FaultKind::Unavailable,
            2,
        ),
        (
            500,
            "could not load backend configuration",
            Cause::Internal,
            FaultKind::Unavailable,
            2,
        ),
        (501, "", Cause::NotInitialised, FaultKind::Unavailable, 1),
        (
            502,
            "",
            Cause::Unavailable,
            FaultKind::Unavailable,
            u32::MAX,
        ),
        (
            503,
            "node is not active",
            Cause::NoActiveNode,
            FaultKind::Unavailable,
            u32::MAX,
        ),
        (
            503,
            "no active Vault instance found",
            Cause::NoActiveNode,
            FaultKind::Unavailable,
            u32::MAX,
        ),
        (404, "", Cause::RoleMissing, FaultKind::Denied, 1),
        (403, "", Cause::BadToken, FaultKind::Denied, 1),
        (418, "", Cause::Other, FaultKind::Failed, 1),
        (
            400,
            "role requires keys of type rsa",
            Cause::KeyRefused {
                demand: KeyDemand::Rsa,
            },
            FaultKind::Denied,
            1,
        ),
        (
            400,
            "role requires a minimum of a 384-bit key, but CSR's key is 256 bits",
            Cause::KeyRefused {
                demand: KeyDemand::Bits(384),
            },
            FaultKind::Denied,
            1,
        ),
        (
            400,
            "role requires keys of type ed25519",
            Cause::KeyRefused {
                demand: KeyDemand::Other("ed25519".to_owned()),
            },
            FaultKind::Denied,
            1,
        ),
    ] {
        let refusal = of_sign(status, &[text.to_owned()]);
        assert_eq!(refusal.cause, cause, "{status} {text}");
        assert_eq!(cause.fault(), fault, "{status} {text}");
        assert_eq!(cause.attempts(), attempts, "{status} {text}");
    }
}

#[test]
fn shows_vaults_own_text() {
    let shown = |name| recording(name).to_string();
    assert_eq!(
        shown("093-sign-denied-path"),
        "permission denied (HTTP 403)"
    );
    assert_eq!(shown("036-issue-no-role"), "unknown role: nope (HTTP 400)");
    let silent = of_sign(404, &[]);
    assert_eq!(silent.to_string(), "HTTP 404 without a text");
}

#[test]
fn what_is_not_found_is_a_certificate_only_where_one_is_revoked() {
    let text = "certificate with serial 11:22 not found.".to_owned();
    for (operation, expected) in [
        (Operation::Revoke, Cause::CertificateUnknown),
        (Operation::RevokeWithKey, Cause::CertificateUnknown),
        (Operation::Sign, Cause::Rejected),
        (Operation::Login, Cause::Rejected),
    ] {
        let answer = (StatusCode::BAD_REQUEST, &[text.clone()][..]);
        let refusal = Refusal::new(operation, answer, str::to_owned);
        assert_eq!(refusal.cause, expected, "{operation}");
    }
}

#[test]
fn what_is_hidden_still_means_what_it_means() {
    let hide = |text: &str| {
        text.replace("ed25519", "[secret]")
            .replace("keys", "[secret]")
    };
    let text = "role requires keys of type ed25519".to_owned();
    let answer = (StatusCode::BAD_REQUEST, &[text][..]);
    let refusal = Refusal::new(Operation::Sign, answer, hide);
    let demand = KeyDemand::Other("[secret]".to_owned());
    assert_eq!(refusal.cause, Cause::KeyRefused { demand });
    let shown = "role requires [secret] of type [secret]";
    assert_eq!(refusal.messages, [shown]);
}
