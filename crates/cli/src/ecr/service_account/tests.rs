use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use std::time::UNIX_EPOCH;

use super::*;

const PULL_A: &str = "arn:aws:iam::123456789012:role/pull-a";
const PULL_B: &str = "arn:aws:iam::123456789012:role/pull-b";

struct Cluster {
    key: EncodingKey,
    jwk: Jwk,
}

impl Cluster {
    fn new(key_id: &str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let key = EncodingKey::from_ec_der(&pair.serialize_der());
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some(key_id.to_owned());
        Self { key, jwk }
    }

    fn token(&self, claims: &Value) -> SecretString {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = self.jwk.common.key_id.clone();
        encode(&header, claims, &self.key).unwrap().into()
    }

    fn roles(&self) -> ServiceAccountRoles {
        let listed = [
            format!("team-a/app={PULL_A}"),
            format!("team-a/app={PULL_B}"),
        ];
        ServiceAccountRoles {
            keys: signing_keys(vec![Self::new("old").jwk, self.jwk.clone()]),
            issuer: Some("https://kubernetes.example".to_owned()),
            audience: "iamra".to_owned(),
            roles: roles(&listed).unwrap(),
        }
    }
}

fn signing_keys(keys: Vec<Jwk>) -> SigningKeys {
    let document = serde_json::to_vec(&JwkSet { keys });
    SigningKeys::parse(&document.unwrap()).unwrap()
}

fn claims() -> Value {
    json!({
        "iss": "https://kubernetes.example",
        "aud": ["iamra"],
        "sub": "system:serviceaccount:team-a:app",
        "exp": 5000,
        "iat": 1000,
        "nbf": 1000,
        "kubernetes.io": {
            "namespace": "team-a",
            "serviceaccount": {"name": "app", "uid": "u"},
            "pod": {"name": "p", "uid": "u"},
        },
    })
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

fn annotated(role: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(ANNOTATION.to_owned(), role.to_owned())])
}

#[test]
fn a_listed_account_has_its_role_and_an_annotation_chooses_among_them() {
    let cluster = Cluster::new("new");
    let (roles, token) = (cluster.roles(), cluster.token(&claims()));
    let role = |annotations| {
        let account = roles.account(&token, &annotations, at(2000))?;
        assert_eq!(account.name, "team-a/app");
        Ok::<_, Failure>(account.role)
    };
    assert_eq!(role(BTreeMap::new()).unwrap().as_deref(), Some(PULL_A));
    assert_eq!(role(annotated(PULL_B)).unwrap().as_deref(), Some(PULL_B));
    let other = "arn:aws:iam::123456789012:role/admin";
    let failure = role(annotated(other)).unwrap_err();
    assert_eq!(failure.code(), "kubelet.role-not-listed");
}

#[test]
fn another_account_has_none_whatever_it_is_annotated_with() {
    let cluster = Cluster::new("new");
    let mut claims = claims();
    claims["sub"] = "system:serviceaccount:team-b:app".into();
    claims["kubernetes.io"]["namespace"] = "team-b".into();
    let token = cluster.token(&claims);
    let roles = cluster.roles();
    let found = roles.account(&token, &annotated(PULL_A), at(2000)).unwrap();
    assert_eq!((found.name.as_str(), found.role), ("team-b/app", None));
}

#[test]
fn what_proves_nothing_is_not_believed() {
    let cluster = Cluster::new("new");
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        cluster.token(&claims)
    };
    let stranger = Cluster::new("new").token(&claims());
    let mut forged = cluster.token(&claims()).expose_secret().to_owned();
    forged.replace_range(..1, "x");
    let unsigned = {
        let whole = cluster.token(&claims());
        let parts: Vec<&str> = whole.expose_secret().split('.').collect();
        let header = "eyJhbGciOiJub25lIn0";
        SecretString::from(format!("{header}.{}.", parts[1]))
    };
    for (token, now, why) in [
        (stranger, 2000, "none of the cluster's keys has signed it"),
        (forged.into(), 2000, "it has no header"),
        (unsigned, 2000, "it has no header"),
        (SecretString::from(""), 2000, "it has no header"),
        (with("aud", json!(["other"])), 2000, "must be for \"iamra\""),
        (
            with("iss", json!("https://evil.example")),
            2000,
            "its issuer is another",
        ),
        (
            with("sub", json!("system:serviceaccount:team-a:other")),
            2000,
            "it is not that of a service account",
        ),
        (
            with("kubernetes.io", json!({})),
            2000,
            "could not JSON decode",
        ),
        (with("exp", json!(1900)), 2000, "token is expired"),
        (with("exp", json!(1e300)), 2000, "token is expired"),
        (cluster.token(&claims()), 5061, "token is expired"),
        (cluster.token(&claims()), 939, "token is not valid yet"),
    ] {
        let roles = cluster.roles();
        let failure = roles
            .account(&token, &BTreeMap::new(), at(now))
            .unwrap_err();
        assert_eq!(failure.code(), "kubelet.token-refused");
        assert!(failure.message().contains(why), "{why}: {failure}");
    }
    for now in [941, 5059] {
        let token = cluster.token(&claims());
        assert!(
            cluster
                .roles()
                .account(&token, &BTreeMap::new(), at(now))
                .is_ok()
        );
    }
}

#[test]
fn a_secret_that_both_know_is_no_key_of_a_cluster() {
    let secret = EncodingKey::from_secret(b"hunter2hunter2hunter2hunter2hunter2");
    let jwk: Jwk = serde_json::from_value(json!({
        "kty": "oct", "k": "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMmh1bnRlcjI",
    }))
    .unwrap();
    let token = encode(&Header::new(Algorithm::HS256), &claims(), &secret).unwrap();
    let roles = ServiceAccountRoles {
        keys: signing_keys(vec![jwk]),
        ..Cluster::new("new").roles()
    };
    let token = token.into();
    let failure = roles.account(&token, &BTreeMap::new(), at(2000));
    assert!(
        failure
            .unwrap_err()
            .message()
            .contains("none of the cluster's keys")
    );
}

#[test]
fn the_list_names_single_accounts() {
    for (item, why) in [
        ("team-a/app", "NAMESPACE/NAME=ROLE"),
        ("app=arn:aws:iam::123456789012:role/r", "one account"),
        ("a/*=arn:aws:iam::123456789012:role/r", "one account"),
        ("*/app=arn:aws:iam::123456789012:role/r", "one account"),
        ("a/b/c=arn:aws:iam::123456789012:role/r", "one account"),
        ("a/b=role", "not an ARN"),
    ] {
        let failure = roles(&[item.to_owned()]).unwrap_err();
        assert!(failure.message().contains(why), "{item}: {failure}");
    }
}
