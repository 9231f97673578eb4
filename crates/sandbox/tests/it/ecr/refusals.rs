//! Requests that are wrong in one way each.

use std::time::Duration;

use aws_credential_types::Credentials;
use reqwest::Request;

use super::{PRIVATE, PUBLIC, ask, ask_as, assert_refused, post, send};
use crate::sts::{answer, replace, session, signed_for};

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let it = session().await;
    let (id, secret) = (
        it.credentials.access_key_id(),
        it.credentials.secret_access_key(),
    );
    let token = it.credentials.session_token().map(str::to_owned);
    let changed = |id: &str, secret: &str, token| Credentials::new(id, secret, token, None, "test");
    for (what, credentials, code) in [
        (
            "key",
            changed("AKIAUNKNOWN", secret, token.clone()),
            "UnrecognizedClientException",
        ),
        (
            "no token",
            changed(id, secret, None),
            "UnrecognizedClientException",
        ),
        (
            "token",
            changed(id, secret, Some("other".into())),
            "UnrecognizedClientException",
        ),
        (
            "secret",
            changed(id, "other", token),
            "InvalidSignatureException",
        ),
    ] {
        for target in [PRIVATE, PUBLIC] {
            let refused = ask_as(&it, &credentials, target, "us-east-1").await;
            assert_refused(&refused, code, what);
        }
    }
    it.clock.advance(Duration::from_secs(13 * 3600));
    let refused = ask(&it, PRIVATE, "us-east-1").await;
    assert_refused(&refused, "ExpiredTokenException", "expired");
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    type Change = fn(&mut Request);
    let it = session().await;
    let table: [(&str, Change, &str); 10] = [
        (
            "unsigned",
            |r| drop(r.headers_mut().remove("authorization")),
            "MissingAuthenticationTokenException",
        ),
        (
            "another algorithm",
            |r| replace(r, "HMAC-SHA256", "HMAC-SHA512"),
            "IncompleteSignatureException",
        ),
        (
            "another service",
            |r| replace(r, "/ecr/", "/ecr-public/"),
            "InvalidSignatureException",
        ),
        (
            "another region",
            |r| replace(r, "us-east-1", "us-east-2"),
            "InvalidSignatureException",
        ),
        (
            "token not signed",
            |r| replace(r, ";x-amz-security-token", ""),
            "InvalidSignatureException",
        ),
        (
            "target not signed",
            |r| replace(r, ";x-amz-target", ""),
            "InvalidSignatureException",
        ),
        (
            "another operation",
            |r| drop(r.headers_mut().insert("x-amz-target", other_operation())),
            "UnknownOperationException",
        ),
        (
            "another content type",
            |r| {
                drop(
                    r.headers_mut()
                        .insert("content-type", "application/json".parse().unwrap()),
                );
            },
            "UnknownOperationException",
        ),
        (
            "another path",
            |r| r.url_mut().set_path("/ecr"),
            "UnknownOperationException",
        ),
        (
            "another method",
            |r| *r.method_mut() = reqwest::Method::PUT,
            "UnknownOperationException",
        ),
    ];
    for (what, change, code) in table {
        let mut request = post(&it.running, PRIVATE, "{}");
        signed_for(
            &mut request,
            &it.credentials,
            it.clock.now(),
            ("ecr", "us-east-1"),
        );
        change(&mut request);
        let (status, text) = answer(&it.running, request).await;
        assert_refused(&(status, serde_json::from_str(&text).unwrap()), code, what);
    }
}

fn other_operation() -> reqwest::header::HeaderValue {
    PRIVATE.replace("GetAuth", "DescribeAuth").parse().unwrap()
}

#[tokio::test]
async fn what_is_signed_rightly_can_still_be_wrong() {
    let it = session().await;
    let refused = ask(&it, PRIVATE, "us_east").await;
    assert_refused(&refused, "InvalidSignatureException", "no region");
    let request = post(&it.running, PRIVATE, "[]");
    let refused = send(&it, request, &it.credentials, ("ecr", "us-east-1")).await;
    assert_refused(&refused, "SerializationException", "no object");
    let mut request = post(&it.running, PRIVATE, "{}");
    let early = it.clock.now() - Duration::from_secs(16 * 60);
    signed_for(&mut request, &it.credentials, early, ("ecr", "us-east-1"));
    let (status, text) = answer(&it.running, request).await;
    assert_eq!(status, 400);
    assert!(
        text.contains("Signature expired: 20261121T044929Z"),
        "{text}"
    );
}
