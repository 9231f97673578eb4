//! Tokens: what they say, who believes them, and until when.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use iamra_sandbox::{Error, Operation, Pod, ServiceAccount};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{get, running};
use crate::running::{Clock, Running};

const PODS: &str = "pods.eks.amazonaws.com";
const HOUR: Duration = Duration::from_secs(3600);

async fn post(running: &Running, document: &Value) -> (u16, Value) {
    let url = running.kubernetes_url().unwrap() + "/apis/authentication.k8s.io/v1/tokenreviews";
    let token = running.kubernetes_token();
    let request = running.client.post(url).bearer_auth(token.expose_secret());
    let response = request.body(document.to_string()).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap())
}

/// The `status` of a review.
async fn review(running: &Running, token: &str, audiences: &[&str]) -> Value {
    let document = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token, "audiences": audiences},
    });
    let (status, answer) = post(running, &document).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["spec"]["token"], token);
    answer["status"].clone()
}

fn error(text: &str) -> Value {
    json!({"user": {}, "error": format!("[invalid bearer token, {text}]")})
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn exposed(token: &SecretString) -> String {
    token.expose_secret().to_owned()
}

#[tokio::test]
async fn a_good_token_is_whose_it_is() {
    let (running, pod) = running(&Clock::recorded()).await;
    let token = running.kubernetes().pod_token(&pod, PODS, HOUR).unwrap();
    let token = exposed(&token);
    let claims = part(&token, 1);
    let bound = &claims["kubernetes.io"];
    let status = review(&running, &token, &[PODS, "vault"]).await;
    let id = claims["jti"].as_str().unwrap();
    assert_eq!(
        status,
        json!({
            "authenticated": true,
            "audiences": [PODS],
            "user": {
                "username": "system:serviceaccount:shop:web",
                "uid": bound["serviceaccount"]["uid"],
                "groups": [
                    "system:serviceaccounts",
                    "system:serviceaccounts:shop",
                    "system:authenticated",
                ],
                "extra": {
                    "authentication.kubernetes.io/credential-id": [format!("JTI={id}")],
                    "authentication.kubernetes.io/node-name": ["node-1"],
                    "authentication.kubernetes.io/node-uid": [bound["node"]["uid"]],
                    "authentication.kubernetes.io/pod-name": ["web-0"],
                    "authentication.kubernetes.io/pod-uid": [bound["pod"]["uid"]],
                },
            },
        })
    );
    assert!(running.secrets().contains(&token));
    let api = exposed(&running.kubernetes_token());
    assert!(running.secrets().contains(&api));
    let requests = running.requests();
    assert_eq!(requests.count(Operation::KubernetesTokenReview), 1);
}

#[tokio::test]
async fn every_wrong_token_is_told_as_the_real_one_tells_it() {
    let clock = Clock::recorded();
    let (running, pod) = running(&clock).await;
    let (other, _) = super::running(&clock).await;
    let kubernetes = running.kubernetes();
    let good = exposed(&kubernetes.pod_token(&pod, PODS, HOUR).unwrap());
    let foreign = exposed(&kubernetes.foreign_token(&pod, PODS, HOUR).unwrap());
    let elsewhere = exposed(&other.kubernetes().pod_token(&pod, PODS, HOUR).unwrap());
    let (signed, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = foreign.rsplit_once('.').unwrap();
    let mixed = format!("{signed}.{signature}");
    let unknown = "invalid signature, no keys found";
    for (what, token, audience, expected) in [
        ("foreign", &foreign, PODS, error(unknown)),
        ("elsewhere", &elsewhere, PODS, error(unknown)),
        (
            "signature",
            &mixed,
            PODS,
            error("go-jose/go-jose: error in cryptographic primitive"),
        ),
        (
            "audience",
            &good,
            "vault",
            error(
                "token audiences [\"pods.eks.amazonaws.com\"] is invalid for the target audiences [\"vault\"]",
            ),
        ),
        (
            "form",
            &"garbage".to_owned(),
            PODS,
            json!({"user": {}, "error": "invalid bearer token"}),
        ),
    ] {
        assert_eq!(
            review(&running, token, &[audience]).await,
            expected,
            "{what}"
        );
    }
    // Whoever names no audience means the API's.
    let nameless = review(&running, &good, &[]).await;
    let text = nameless["error"].as_str().unwrap();
    assert!(text.contains("kubernetes.default.svc"), "{text}");

    let leeway = Duration::from_secs(60);
    clock.advance(HOUR + leeway);
    assert_eq!(
        review(&running, &good, &[PODS]).await["authenticated"],
        true
    );
    clock.advance(Duration::from_secs(1));
    let expired = error("service account token has expired");
    assert_eq!(review(&running, &good, &[PODS]).await, expired);
    clock.advance(Duration::ZERO);
    clock.set(clock.now() - 2 * HOUR);
    let early = error("service account token is not valid yet");
    assert_eq!(review(&running, &good, &[PODS]).await, early);
}

#[tokio::test]
async fn a_token_dies_with_its_pod_and_its_account() {
    let (running, pod) = running(&Clock::recorded()).await;
    let kubernetes = running.kubernetes();
    let token = exposed(&kubernetes.pod_token(&pod, PODS, HOUR).unwrap());
    // Another pod of the same name is not the same pod.
    let uid = kubernetes.create_pod(&pod);
    let first = part(&token, 1)["kubernetes.io"]["pod"]["uid"].clone();
    let text = format!(
        "pod UID ({uid}) does not match service account pod ref claim ({})",
        first.as_str().unwrap()
    );
    assert_eq!(review(&running, &token, &[PODS]).await, error(&text));

    assert!(kubernetes.delete_pod("shop", "web-0"));
    let gone = error("service account token has been invalidated");
    assert_eq!(review(&running, &token, &[PODS]).await, gone);
    let made = kubernetes.pod_token(&pod, PODS, HOUR);
    assert!(matches!(made, Err(Error::NoSuchPod { .. })), "{made:?}");

    let pod = Pod::named("shop", "web-1", "web");
    kubernetes.create_pod(&pod);
    let token = exposed(&kubernetes.pod_token(&pod, PODS, HOUR).unwrap());
    kubernetes.delete_service_account("shop", "web");
    let gone = error("serviceaccounts \"web\" not found");
    assert_eq!(review(&running, &token, &[PODS]).await, gone);
    kubernetes.create_service_account("shop", "web", &[]);
    let status = review(&running, &token, &[PODS]).await;
    let text = status["error"].as_str().unwrap();
    assert!(text.contains("service account UID ("), "{text}");
}

#[tokio::test]
async fn a_token_that_is_bound_to_no_pod_is_good_without_one() {
    let running = running(&Clock::recorded()).await.0;
    let token = running.service_account_token(&ServiceAccount::default());
    let status = review(&running, &exposed(&token.unwrap()), &["vault"]).await;
    assert_eq!(status["authenticated"], true, "{status}");
    assert_eq!(
        status["user"]["username"],
        "system:serviceaccount:apps:iamra"
    );
    let extra = &status["user"]["extra"];
    assert_eq!(extra["authentication.kubernetes.io/pod-name"], Value::Null);
}

#[tokio::test]
async fn a_review_needs_a_token() {
    let (running, _) = running(&Clock::recorded()).await;
    for (document, message) in [
        (
            json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {}}),
            "token is required for TokenReview in authentication",
        ),
        (
            json!({"spec": {"token": "a"}}),
            "the object is no TokenReview",
        ),
    ] {
        let (status, answer) = post(&running, &document).await;
        assert_eq!((status, &answer["message"]), (400, &json!(message)));
    }
}

#[tokio::test]
async fn the_keys_tell_the_clusters_tokens_from_others() {
    let (running, pod) = running(&Clock::recorded()).await;
    let kubernetes = running.kubernetes();
    let (status, discovery) = get(&running, "/.well-known/openid-configuration").await;
    assert_eq!(status, 200, "{discovery}");
    let url = running.kubernetes_url().unwrap();
    let path = discovery["jwks_uri"].as_str().unwrap();
    let (_, keys) = get(&running, path.strip_prefix(&url).unwrap()).await;
    let own = &keys["keys"][0];
    let token = exposed(&kubernetes.pod_token(&pod, PODS, HOUR).unwrap());
    assert_eq!(discovery["issuer"], part(&token, 1)["iss"]);
    assert_eq!(
        part(&token, 0),
        json!({"alg": own["alg"], "kid": own["kid"]})
    );
    let foreign = exposed(&kubernetes.foreign_token(&pod, PODS, HOUR).unwrap());
    assert_ne!(part(&foreign, 0)["kid"], own["kid"]);
    let claims = |token: &str| part(token, 1)["kubernetes.io"].clone();
    assert_eq!(claims(&foreign), claims(&token));
}
