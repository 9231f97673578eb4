use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use super::*;

/// P-256 keys made for this test by `openssl ecparam -genkey -name prime256v1`.
const ONE: &[u8] = include_bytes!("../../testdata/keys/one.der");
const OTHER: &[u8] = include_bytes!("../../testdata/keys/other.der");

fn signed(der: &[u8], id: Option<&str>) -> SecretString {
    let key = EncodingKey::from_ec_der(der);
    let mut header = Header::new(Algorithm::ES256);
    header.kid = id.map(str::to_owned);
    encode(&header, &json!({"sub": "x"}), &key).unwrap().into()
}

/// The public half of a key, as a cluster tells it.
fn keys(der: &[u8], id: Option<&str>) -> SigningKeys {
    let key = EncodingKey::from_ec_der(der);
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
    jwk.common.key_id = id.map(str::to_owned);
    let document = serde_json::to_vec(&json!({"keys": [jwk]})).unwrap();
    SigningKeys::parse(&document).unwrap()
}

#[test]
fn only_what_the_cluster_has_signed_is_genuine() {
    let keys = keys(ONE, Some("a"));
    assert_eq!(keys.verify(&signed(ONE, Some("a"))), Ok(()));
    for (token, is_known) in [
        (signed(OTHER, Some("a")), true),
        (signed(ONE, Some("b")), false),
        (tampered(&signed(ONE, Some("a"))), true),
        ("a.b.c".into(), false),
    ] {
        assert!(keys.verify(&token).is_err());
        assert_eq!(keys.has_key_of(&token), is_known);
    }
}

#[test]
fn keys_without_a_name_are_tried() {
    assert_eq!(keys(ONE, None).verify(&signed(ONE, Some("b"))), Ok(()));
    assert_eq!(keys(ONE, Some("a")).verify(&signed(ONE, None)), Ok(()));
}

#[test]
fn a_shared_secret_signs_nothing() {
    let document = br#"{"keys":[{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}]}"#;
    let keys = SigningKeys::parse(document).unwrap();
    let key = EncodingKey::from_secret(b"secret");
    let token = encode(&Header::new(Algorithm::HS256), &json!({"sub": "x"}), &key).unwrap();
    assert!(keys.verify(&token.into()).is_err());
}

#[test]
fn another_document_is_an_error() {
    let error = SigningKeys::parse(b"<html>").unwrap_err().to_string();
    assert_eq!(error, "the cluster's keys are no JWK set: line 1, column 1");
}

fn tampered(token: &SecretString) -> SecretString {
    let token = token.expose_secret();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    format!("{header}.eyJzdWIiOiJ5In0.{signature}").into()
}
