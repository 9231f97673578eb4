use std::sync::Arc;

use k8s_sinks::kubernetes::{Cluster, NoAuthorization};
use serde_json::{Value, json};

use super::*;
use crate::context::Context;
use crate::environment::Environment;
use crate::resolved::Resolved;

/// What is answered by these settings, where no API server is there.
fn reviewer(words: &[&str]) -> Result<Reviewer, String> {
    let all = [&["webhook"], words].concat();
    let matches = crate::commands::k8s::webhook::command().get_matches_from(all);
    let environment = Environment::from_iter([("X", "y")]);
    let context = Context::new(Resolved::without_file(&matches, &environment));
    let http = destination::HttpClient::new(destination::Destination::default()).unwrap();
    let nowhere = "http://127.0.0.1:1".parse().unwrap();
    let cluster = Cluster::new(http, nowhere, Arc::new(NoAuthorization));
    let domain = AnnotationDomain::default();
    let form = InjectedForm::new(&context).map_err(|failure| failure.message())?;
    let roles = Roles::new(&context, (&cluster, &domain), &form);
    let roles = roles.map_err(|failure| failure.message())?;
    Ok(Reviewer::new(roles, domain, form))
}

fn review(account: &str, operation: &str) -> Vec<u8> {
    let review = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "1",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": operation,
            "namespace": "shop",
            "object": {
                "metadata": {"name": "web-0"},
                "spec": {"serviceAccountName": account, "containers": [{"name": "web"}]},
            },
        },
    });
    review.to_string().into_bytes()
}

fn list(name: &str, document: &Value) -> tempfile::TempPath {
    use std::io::Write as _;
    let mut file = tempfile::Builder::new().prefix(name).tempfile().unwrap();
    file.write_all(document.to_string().as_bytes()).unwrap();
    file.into_temp_path()
}

fn associations() -> tempfile::TempPath {
    let document = json!({"associations": [{
        "namespace": "shop", "serviceAccount": "web",
        "roleArn": "arn:aws:iam::111122223333:role/web",
        "profileArn": "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/a",
    }]});
    list("associations", &document)
}

async fn answered(reviewer: &Reviewer, body: &[u8]) -> Value {
    let answer = reviewer.review(body).await.unwrap();
    serde_json::from_slice::<Value>(&answer).unwrap()["response"].take()
}

#[tokio::test]
async fn who_is_listed_is_injected_and_nobody_is_asked() {
    let associations = associations();
    let associations = associations.to_str().unwrap();
    let reviewer = reviewer(&["--associations", associations]).unwrap();
    let web = answered(&reviewer, &review("web", "CREATE")).await;
    assert_eq!(web["allowed"], true);
    assert_eq!(web["patchType"], "JSONPatch");
    // Later, it is too late.
    let later = answered(&reviewer, &review("web", "UPDATE")).await;
    assert_eq!(later, json!({"uid": "1", "allowed": true}));
    assert_eq!(reviewer.counts().of(Outcome::Injected), 1);
    assert_eq!(reviewer.counts().of(Outcome::Untouched), 1);
}

#[tokio::test]
async fn identities_of_the_eks_webhook_are_injected() {
    let identities = json!({"identities": [{"namespace": "shop", "serviceAccount": "web"}]});
    let identities = list("identities", &identities);
    let words = [
        "--container-credentials-config",
        identities.to_str().unwrap(),
    ];
    let web = answered(&reviewer(&words).unwrap(), &review("web", "CREATE")).await;
    assert_eq!(web["patchType"], "JSONPatch");
    let sidecar = [
        &words[..],
        &["--inject", "sidecar", "--vault-addr", "http://v"],
        &["--sidecar-image", "i", "--cluster-name", "c1"],
        &["--trust-anchor-arn", ANCHOR],
    ];
    let refused = reviewer(&sidecar.concat()).err().unwrap();
    assert!(refused.contains("names no roles"), "{refused}");
}

#[tokio::test]
async fn what_cannot_be_known_is_for_the_failure_policy() {
    let reviewer = reviewer(&[]).unwrap();
    let missed = reviewer.review(&review("web", "CREATE")).await.unwrap_err();
    assert_eq!(missed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(missed.why.contains("shop/web"), "{missed:?}");
    let invalid = reviewer.review(b"{").await.unwrap_err();
    assert_eq!(invalid.status, StatusCode::BAD_REQUEST);
    let named = answered(&reviewer, &review("No Name", "CREATE")).await;
    assert_eq!(named["allowed"], true);
    assert!(named["warnings"][0].is_string(), "{named}");
    assert_eq!(reviewer.counts().of(Outcome::Missed), 1);
    assert_eq!(reviewer.counts().of(Outcome::Invalid), 2);
}

#[test]
fn what_is_said_is_checked_at_the_start() {
    for (words, why) in [
        (&["--inject", "both"][..], "it must be agent or sidecar"),
        (&["--pod-uri", "169.254.170.23"], "it must be a URL"),
        (&["--token-expiration", "599"], "600 or more"),
        (&["--token-expiration", "1h"], "600 or more"),
        (&["--inject", "sidecar"], "needs --vault-addr"),
        (&["--region", "Mars 1"], "--region"),
    ] {
        let refused = reviewer(words).err().unwrap();
        assert!(refused.contains(why), "{refused}");
    }
}

const ANCHOR: &str = "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/\
                      a1b2c3d4-5678-90ab-cdef-1234567890ab";
