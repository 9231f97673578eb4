//! Changes to a request after it was signed.

use http::{HeaderName, HeaderValue};
use iamra_sandbox::{Refusal, RequestParts};

use super::World;

type Change = fn(&mut RequestParts, &World);

fn authorization(request: &RequestParts) -> String {
    request.headers["authorization"]
        .to_str()
        .unwrap()
        .to_owned()
}

fn set(request: &mut RequestParts, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).unwrap();
    request.headers.insert(HeaderName::from_static(name), value);
}

fn replace(request: &mut RequestParts, from: &str, to: &str) {
    let text = authorization(request);
    assert!(text.contains(from), "{text}");
    set(request, "authorization", &text.replacen(from, to, 1));
}

fn check(table: &[(&str, Change, Refusal)]) {
    let world = World::new();
    for (what, change, refusal) in table {
        let mut request = world.request();
        change(&mut request, &world);
        assert_eq!(world.refusal(&request).as_ref(), Some(refusal), "{what}");
    }
}

#[test]
fn signed_parts_cannot_be_changed() {
    let mismatch = || Refusal::SignatureMismatch;
    check(&[
        (
            "body",
            |r, _| r.body = [&r.body[..], b" "].concat().into(),
            mismatch(),
        ),
        ("query", |r, _| r.query = "a=b".into(), mismatch()),
        (
            "host",
            |r, _| set(r, "host", "elsewhere.example"),
            mismatch(),
        ),
        (
            "type",
            |r, _| set(r, "content-type", "application/x-amz-json-1.0"),
            mismatch(),
        ),
        (
            "date",
            |r, _| set(r, "x-amz-date", "20261121T120001Z"),
            mismatch(),
        ),
        (
            "certificate of another with the same serial",
            |r, world| {
                let other = world.intermediate.issue(|_| {});
                let header = other.draft(&[]).headers.remove(3).1;
                set(r, "x-amz-x509", &header);
            },
            mismatch(),
        ),
        (
            "chain",
            |r, world| {
                let header = world.client.draft(&[&world.root]).headers.remove(4).1;
                set(r, "x-amz-x509-chain", &header);
            },
            mismatch(),
        ),
        (
            "chain taken away",
            |r, _| drop(r.headers.remove("x-amz-x509-chain")),
            Refusal::SignedHeaderMissing {
                name: "x-amz-x509-chain".into(),
            },
        ),
        (
            "host taken away",
            |r, _| drop(r.headers.remove("host")),
            Refusal::SignedHeaderMissing {
                name: "host".into(),
            },
        ),
    ]);
}

#[test]
fn the_signature_cannot_be_changed() {
    check(&[
        (
            "another integer",
            |r, _| {
                let text = authorization(r);
                let last = if text.ends_with('0') { "1" } else { "0" };
                set(
                    r,
                    "authorization",
                    &format!("{}{last}", &text[..text.len() - 1]),
                );
            },
            Refusal::SignatureMismatch,
        ),
        (
            "upper case",
            |r, _| {
                let text = authorization(r);
                let (head, signature) = text.rsplit_once('=').unwrap();
                set(
                    r,
                    "authorization",
                    &format!("{head}={}", signature.to_uppercase()),
                );
            },
            Refusal::SignatureMalformed,
        ),
        (
            "half a byte less",
            |r, _| {
                let text = authorization(r);
                set(r, "authorization", &text[..text.len() - 1]);
            },
            Refusal::SignatureMalformed,
        ),
        (
            "empty",
            |r, _| {
                let text = authorization(r);
                let (head, _) = text.rsplit_once('=').unwrap();
                set(r, "authorization", &format!("{head}="));
            },
            Refusal::AuthorizationMalformed { part: "part" },
        ),
    ]);
}

#[test]
fn the_authorization_cannot_be_changed() {
    check(&[
        (
            "missing",
            |r, _| drop(r.headers.remove("authorization")),
            Refusal::AuthorizationMissing,
        ),
        (
            "twice",
            |r, _| {
                let value = r.headers["authorization"].clone();
                r.headers.append("authorization", value);
            },
            Refusal::AuthorizationMissing,
        ),
        (
            "bearer",
            |r, _| set(r, "authorization", "Bearer token"),
            Refusal::AuthorizationMalformed { part: "part" },
        ),
        (
            "scope too short",
            |r, _| replace(r, "/aws4_request", ""),
            Refusal::AuthorizationMalformed { part: "Credential" },
        ),
        (
            "upper-case header name",
            |r, _| replace(r, "host;", "Host;"),
            Refusal::AuthorizationMalformed {
                part: "SignedHeaders",
            },
        ),
        (
            "serial in hexadecimal",
            |r, _| replace(r, "=258/", "=0102/"),
            Refusal::SerialMismatch,
        ),
        (
            "serial with a zero",
            |r, _| replace(r, "=258/", "=0258/"),
            Refusal::SerialMismatch,
        ),
        (
            "fewer signed headers",
            |r, _| replace(r, "content-type;", ""),
            Refusal::HeaderUnsigned {
                name: "content-type",
            },
        ),
    ]);
}

#[test]
fn only_whole_requests_of_the_operation_count() {
    check(&[
        (
            "method",
            |r, _| r.method = "PUT".into(),
            Refusal::UnknownOperation,
        ),
        (
            "path",
            |r, _| r.path = "/session".into(),
            Refusal::UnknownOperation,
        ),
        (
            "no certificate",
            |r, _| drop(r.headers.remove("x-amz-x509")),
            Refusal::HeaderMissing { name: "x-amz-x509" },
        ),
        (
            "two dates",
            |r, _| {
                let date = HeaderValue::from_static("20261121T120000Z");
                r.headers.append("x-amz-date", date);
            },
            Refusal::HeaderMissing { name: "x-amz-date" },
        ),
        (
            "certificate in PEM",
            |r, world| {
                let pem = world.root.1.pem().replace('\n', "");
                set(r, "x-amz-x509", &pem);
            },
            Refusal::CertificateMalformed,
        ),
        (
            "more after the certificate",
            |r, _| {
                let both = [r.headers["x-amz-x509"].as_bytes(), b"AAAA"].concat();
                r.headers
                    .insert("x-amz-x509", HeaderValue::from_bytes(&both).unwrap());
            },
            Refusal::CertificateMalformed,
        ),
        (
            "larger than 16 KiB",
            |r, _| set(r, "x-amz-x509", &"A".repeat(16 * 1024 + 4)),
            Refusal::CertificateTooLarge,
        ),
    ]);
}

/// Each character of each signed header, and of the signature's own.
#[test]
fn no_character_can_be_changed() {
    let world = World::new();
    let good = world.request();
    let mut changes = 0;
    for (name, value) in &good.headers {
        for place in 0..value.len() {
            let mut bytes = value.as_bytes().to_vec();
            bytes[place] ^= 1;
            let Ok(value) = HeaderValue::from_bytes(&bytes) else {
                continue;
            };
            let mut request = good.clone();
            request.headers.insert(name, value);
            assert_ne!(world.refusal(&request), None, "{name} at {place}");
            changes += 1;
        }
    }
    assert!(changes > 1000, "{changes}");
}
