use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::*;
use crate::{Names, SubjectAltName, envelope};

/// Soon after the recordings were made.
fn recorded_at() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_237_600)
}

/// The answer of a recording.
fn answer(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/recordings");
    let text = std::fs::read(format!("{folder}/{name}.json")).unwrap();
    let recording: Value = serde_json::from_slice(&text).unwrap();
    recording["response"].clone()
}

fn issued(answer: &Value, names: &Names) -> Result<IssuedCertificate, NotIssued> {
    let envelope = envelope::read(answer.to_string().as_bytes()).unwrap();
    let expected = Expected {
        names,
        now: recorded_at(),
    };
    assemble(envelope, KeySource::Server, &expected)
}

fn app(answer: &Value) -> IssuedCertificate {
    issued(answer, &Names::common_name("app.example.test")).unwrap()
}

fn mismatches(result: Result<IssuedCertificate, NotIssued>) -> Vec<Mismatch> {
    match result {
        Err(NotIssued::Mismatched { mismatches, .. }) => mismatches,
        other => panic!("{other:?}"),
    }
}

#[test]
fn chains_of_every_issuer_situation() {
    for (name, common_name, served, intermediates, root) in [
        ("007-issue-from-ROOT-issuer", "x.example.test", 1, 0, true),
        (
            "008-issue-from-ROOT-remove-roots",
            "x.example.test",
            0,
            0,
            true,
        ),
        ("015-issue-int-only-chain", "app.example.test", 1, 1, false),
        (
            "018-issue-int-plus-root-chain",
            "app.example.test",
            2,
            1,
            true,
        ),
    ] {
        let issued = issued(&answer(name), &Names::common_name(common_name)).unwrap();
        assert_eq!(issued.ca_chain.len(), served, "{name}");
        assert_eq!(issued.intermediates.len(), intermediates, "{name}");
        assert_eq!(issued.root.is_some(), root, "{name}");
        assert_eq!(
            issued.served_serial.as_ref(),
            Some(&issued.serial),
            "{name}"
        );
        assert!(issued.warnings.is_empty(), "{name}");
    }
}

#[test]
fn ca_chain_may_be_absent_an_array_or_a_text_and_in_any_order() {
    let array = answer("018-issue-int-plus-root-chain");
    let chain = array["data"]["ca_chain"].as_array().unwrap().clone();
    let with = |chain: Value| {
        let mut answer = array.clone();
        answer["data"]["ca_chain"] = chain;
        app(&answer)
    };
    let text = |chain: &[Value]| -> String {
        let texts: Vec<_> = chain.iter().map(|text| text.as_str().unwrap()).collect();
        texts.join("\n")
    };
    let reversed: Vec<_> = chain.iter().rev().cloned().collect();
    let twice: Vec<_> = chain.iter().chain(&chain).cloned().collect();
    let whole = app(&array);
    for chain in [json!(text(&chain)), json!(reversed), json!(twice)] {
        let issued = with(chain);
        assert_eq!(issued.intermediates, whole.intermediates);
        assert_eq!(issued.root, whole.root);
    }
    let absent = with(Value::Null);
    assert_eq!(absent.intermediates, whole.intermediates);
    assert!(absent.root.is_none() && absent.ca_chain.is_empty());
}

#[test]
fn the_life_is_that_of_the_certificate() {
    let life = |name| app(&answer(name)).lifetime().duration().as_secs();
    // 500 h were asked for, and a month; the role's limit is 24 h.
    assert_eq!(life("027-issue-ttl-clamped"), 24 * 3600 + 30);
    assert!(life("028-issue-not_after-beyond-max_ttl") > 24 * 24 * 3600);
    let clamped = app(&answer("027-issue-ttl-clamped"));
    assert!(clamped.warnings[0].contains("longer than permitted maxTTL"));
}

#[test]
fn warnings_are_surfaced() {
    let answer = answer("041-issue-unknown-param");
    let issued = app(&answer);
    assert_eq!(issued.request_id.as_deref(), answer["request_id"].as_str());
    let expected = "Endpoint ignored these unrecognized parameters: [bogus]";
    assert_eq!(issued.warnings, [expected]);
}

#[test]
fn what_every_signed_request_is_told_is_no_news() {
    let mut answer = answer("041-issue-unknown-param");
    let told = "the common_name field was provided but the role is set with \"use_csr_common_name\" set to true";
    answer["warnings"] = serde_json::json!([told, "something else"]);
    assert_eq!(app(&answer).warnings, ["something else"]);
}

#[test]
fn a_lease_is_seen() {
    let issued = app(&answer("146-issue-with-lease"));
    let lease = issued.lease.unwrap();
    assert!(lease.id.starts_with("pki-aws/issue/lease/"));
    assert_eq!(lease.duration, Duration::from_secs(3599));
    assert!(app(&answer("148-issue-nostore")).lease.is_none());
}

#[test]
fn keys_of_every_kind_become_pkcs8() {
    for (name, label) in [
        ("025-issue-pkcs8", "PRIVATE KEY"),
        ("026-issue-default-keyformat", "EC PRIVATE KEY"),
        ("046-issue-role-default-role", "RSA PRIVATE KEY"),
        ("060-issue-role-p521", "EC PRIVATE KEY"),
        ("062-issue-role-pss", "RSA PRIVATE KEY"),
        ("052-issue-role-ed25519", "PRIVATE KEY"),
    ] {
        let issued = app(&answer(name));
        let pem = issued.server_key_pem().unwrap().expose_secret();
        assert!(
            pem.starts_with(&format!("-----BEGIN {label}-----")),
            "{name}"
        );
        let key = issued.private_key();
        let key = pkcs8::PrivateKeyInfoRef::try_from(key.secret_pkcs8_der());
        assert!(key.is_ok(), "{name}");
    }
}

#[test]
fn a_role_that_drops_names_is_found_out() {
    // `sign` was asked for two more names, and answered 200 without them.
    let dns = |name: &str| SubjectAltName::Dns(name.to_owned());
    let uri = "spiffe://example.test/ns/a/sa/b";
    let names = Names {
        common_name: Some("other.example.test".to_owned()),
        dns: vec!["APP.example.test".to_owned(), "b.example.test".to_owned()],
        uri: vec![uri.to_owned()],
        ..Names::default()
    };
    let found = mismatches(issued(&answer("018-issue-int-plus-root-chain"), &names));
    let expected = [
        Mismatch::CommonName {
            expected: "other.example.test".to_owned(),
            actual: Some("app.example.test".to_owned()),
        },
        Mismatch::MissingName {
            name: dns("b.example.test"),
        },
        Mismatch::MissingName {
            name: SubjectAltName::Uri(uri.to_owned()),
        },
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_certificate_for_another_key_is_found_out() {
    let mut foreign = answer("018-issue-int-plus-root-chain");
    foreign["data"]["private_key"] = answer("025-issue-pkcs8")["data"]["private_key"].clone();
    let found = mismatches(issued(&foreign, &Names::default()));
    assert_eq!(found, [Mismatch::OtherKey]);
}

#[test]
fn an_issuer_that_did_not_sign_is_found_out() {
    let mut answer = answer("018-issue-int-plus-root-chain");
    let root = answer["data"]["ca_chain"][1].clone();
    answer["data"]["issuing_ca"] = root.clone();
    answer["data"]["ca_chain"] = json!([root]);
    let found = mismatches(issued(&answer, &Names::default()));
    assert_eq!(found, [Mismatch::IssuerMissing]);
}

#[test]
fn validity_is_seen_from_now() {
    let answer = answer("018-issue-int-plus-root-chain");
    let at = |now| {
        let envelope = envelope::read(answer.to_string().as_bytes()).unwrap();
        let names = &Names::default();
        assemble(envelope, KeySource::Server, &Expected { names, now })
    };
    let certificate = at(recorded_at()).unwrap();
    assert!(at(certificate.not_before - Duration::from_secs(60)).is_ok());
    assert_eq!(
        mismatches(at(certificate.not_before - Duration::from_secs(301))),
        [Mismatch::NotYetValid {
            not_before: certificate.not_before
        }]
    );
    assert_eq!(
        mismatches(at(certificate.not_after)),
        [Mismatch::Expired {
            not_after: certificate.not_after
        }]
    );
}

#[test]
fn an_answer_without_what_it_should_hold_is_unusable() {
    let whole = answer("018-issue-int-plus-root-chain");
    for (field, value, expected) in [
        ("certificate", Value::Null, "it has no certificate"),
        (
            "certificate",
            json!("hunter2"),
            "its certificate holds no PEM",
        ),
        (
            "ca_chain",
            json!(["-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----"]),
            "its ca_chain: it is not an X.509 certificate in PEM",
        ),
        ("private_key", Value::Null, "it has no private key"),
        (
            "private_key",
            json!("hunter2"),
            "its private key cannot be used",
        ),
    ] {
        let mut answer = whole.clone();
        answer["data"][field] = value;
        match issued(&answer, &Names::default()) {
            Err(NotIssued::Unusable(reason)) => assert_eq!(reason, expected),
            other => panic!("{other:?}"),
        }
    }
    let wrapped = issued(&answer("097-sign-WRAPPED"), &Names::default());
    assert!(matches!(wrapped, Err(NotIssued::Unusable(_))));
}

#[test]
fn debug_shows_no_key() {
    let text = format!("{:?}", app(&answer("025-issue-pkcs8")));
    assert!(text.starts_with("IssuedCertificate { serial: \""), "{text}");
    assert!(
        text.ends_with("intermediates: 1, lease: None, .. }"),
        "{text}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_damage_to_an_answer_panics(position in 0_usize..3500, byte in any::<u8>()) {
        let mut text = answer("018-issue-int-plus-root-chain").to_string().into_bytes();
        let position = position % text.len();
        text[position] = byte;
        let names = &Names::default();
        if let Ok(envelope) = envelope::read(&text) {
            let now = recorded_at();
            let _ = assemble(envelope, KeySource::Server, &Expected { names, now });
        }
    }
}
