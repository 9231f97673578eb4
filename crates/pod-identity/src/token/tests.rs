use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOW: u64 = 1_795_262_400;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn encoded(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(header), part(claims))
}

/// As a kube-apiserver makes them.
fn claims() -> Value {
    json!({
        "aud": ["pods.eks.amazonaws.com"],
        "exp": NOW + 3600, "iat": NOW - 60, "nbf": NOW - 60,
        "iss": "https://kubernetes.default.svc.cluster.local",
        "jti": "0c9a", "sub": "system:serviceaccount:shop:web",
        "kubernetes.io": {
            "namespace": "shop",
            "node": {"name": "n1", "uid": "0d"},
            "pod": {"name": "web-0", "uid": "0a"},
            "serviceaccount": {"name": "web", "uid": "0b"},
        },
    })
}

fn read(token: &str) -> Result<PodToken, String> {
    let read = PodToken::read(&token.into(), "pods.eks.amazonaws.com", at(NOW));
    read.map_err(|fault| fault.to_string())
}

fn with(pointer: &str, value: Value) -> Result<PodToken, String> {
    let mut claims = claims();
    *claims.pointer_mut(pointer).unwrap() = value;
    read(&encoded(&json!({"alg": "RS256"}), &claims))
}

#[test]
fn a_projected_token_says_whose_it_is() {
    let token = read(&encoded(&json!({"alg": "RS256"}), &claims())).unwrap();
    assert_eq!(token.account.to_string(), "shop/web");
    assert_eq!(token.pod.as_ref().unwrap().to_string(), "web-0 (0a)");
    assert_eq!(token.expires_at, at(NOW + 3600));
    assert_eq!(token.age(at(NOW)), Duration::from_secs(60));
    assert_eq!(token.age(at(NOW - 600)), Duration::ZERO);
}

#[test]
fn what_is_none_is_refused_in_the_words_of_the_eks_agent() {
    let rs256 = json!({"alg": "RS256"});
    let good = encoded(&rs256, &claims());
    let (_, rest) = good.split_once('.').unwrap();
    let unparsable = "Service account token cannot be parsed: token is malformed: ";
    for (token, expected) in [
        (
            String::new(),
            "Service account token cannot be empty".to_owned(),
        ),
        (
            "a.b".to_owned(),
            format!("{unparsable}token contains an invalid number of segments"),
        ),
        (
            format!("{good}.x"),
            format!("{unparsable}token contains an invalid number of segments"),
        ),
        (
            format!("Bearer {good}"),
            format!(
                "{unparsable}could not base64 decode header: illegal base64 data at input byte 6"
            ),
        ),
        (
            format!("!a.{rest}"),
            format!(
                "{unparsable}could not base64 decode header: illegal base64 data at input byte 0"
            ),
        ),
        (
            format!("e30x.{rest}"),
            format!("{unparsable}could not JSON decode header: line 1, column 3"),
        ),
        (
            encoded(&json!({}), &claims()),
            "Service account token cannot be parsed: token is unverifiable: signing method (alg) \
             is unspecified"
                .to_owned(),
        ),
        (
            encoded(&json!({"alg": "XS1"}), &claims()),
            "Service account token cannot be parsed: token is unverifiable: signing method (alg) \
             is unavailable"
                .to_owned(),
        ),
    ] {
        assert_eq!(read(&token).unwrap_err(), expected, "{token}");
    }
}

#[test]
fn the_moment_counts_without_leeway() {
    let failed = "Service account token failed basic claim validations: ";
    assert!(with("/exp", json!(NOW + 1)).is_ok());
    assert_eq!(
        with("/exp", json!(NOW)).unwrap_err(),
        format!("{failed}token is expired")
    );
    assert!(with("/nbf", json!(NOW)).is_ok());
    assert_eq!(
        with("/nbf", json!(NOW + 1)).unwrap_err(),
        format!("{failed}token is not valid yet")
    );
    // A clock that cannot show it has passed it.
    assert_eq!(
        with("/exp", json!(-1)).unwrap_err(),
        format!("{failed}token is expired")
    );
    assert_eq!(
        with("/exp", Value::Null).unwrap_err(),
        "Service account token says neither iat nor exp"
    );
}

#[test]
fn a_token_of_somebody_else_is_refused() {
    let other = "Service account token is not that of a service account";
    assert_eq!(
        with("/sub", json!("system:serviceaccount:bank:web")).unwrap_err(),
        other
    );
    assert_eq!(with("/sub", json!("admin")).unwrap_err(), other);
    assert_eq!(with("/kubernetes.io", Value::Null).unwrap_err(), other);
    assert_eq!(
        with("/kubernetes.io/namespace", json!("shop:x")).unwrap_err(),
        other
    );
    assert_eq!(
        with("/aud", json!("vault")).unwrap_err(),
        "Service account token is for the audience [\"vault\"], and must be for \
         \"pods.eks.amazonaws.com\""
    );
    assert!(with("/aud", json!(["a", "pods.eks.amazonaws.com"])).is_ok());
}

#[test]
fn a_fingerprint_is_of_the_whole_token() {
    let token = |text: &str| Fingerprint::of(text);
    assert_eq!(token("a.b.c"), token("a.b.c"));
    assert_ne!(token("a.b.c"), token("a.b.d"));
    assert!(!format!("{:?}", token("s3cret")).contains("s3cret"));
}
