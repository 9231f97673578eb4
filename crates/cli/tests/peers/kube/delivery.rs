//! The sink itself, with no more rights than those that are printed.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use destination::HttpClient;
use k8s_sinks::kubernetes::{
    Cluster, Content, Error, OnForeign, Outcome, SecretData, SecretForm, SecretSink, SecretSpec,
    Token,
};
use refresh::Lifetime;
use serde_json::json;
use zeroize::Zeroizing;

use super::installed::Installed;
use super::testbed::Testbed;

#[derive(Debug)]
struct Login;

impl SecretForm for Login {
    fn secret_type(&self) -> &'static str {
        "kubernetes.io/dockerconfigjson"
    }

    fn keys(&self) -> Vec<String> {
        vec![KEY.to_owned()]
    }

    fn is_replaceable(&self, _: &SecretData) -> bool {
        true
    }

    fn merged(&self, _: &SecretData, ours: &SecretData) -> Result<SecretData, String> {
        Ok(ours.clone())
    }
}

const KEY: &str = ".dockerconfigjson";

fn content(id: &str) -> Content {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let data = [(KEY.to_owned(), Zeroizing::new(b"{\"auths\":{}}".to_vec()))];
    let lifetime = Lifetime::new(start, start + Duration::from_hours(12));
    Content::new(id.to_owned(), lifetime, data.into())
}

fn sink(us: &Installed, on_foreign: OnForeign) -> SecretSink {
    let http = HttpClient::new(us.testbed.trusting()).unwrap();
    let token = Arc::new(Token::new(us.token().into()));
    let cluster = Cluster::new(http, us.testbed.base().clone(), token);
    let spec = SecretSpec::new("ecr-pull", "sink", Arc::new(Login)).unwrap();
    SecretSink::new(cluster, Arc::new(spec.with_on_foreign(on_foreign)))
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn the_sink_needs_nothing_more() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let arguments = ["--namespace-glob", "test-*"];
    let us = Installed::new(testbed, "sink", &arguments).await;
    let target = testbed.namespace(json!({})).await;
    let ours = sink(&us, OnForeign::Refuse);
    let made = ours.deliver(&target, None, &content("1")).await.unwrap();
    assert_eq!(made.outcome, Outcome::Created);
    let seen = ours.look(&target).await.unwrap();
    let next = ours.deliver(&target, seen, &content("2")).await.unwrap();
    assert_eq!(next.outcome, Outcome::Updated);

    let theirs = json!({
        "metadata": {"name": "ecr-pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {KEY: "e30="},
    });
    for (on_foreign, expected) in [
        (OnForeign::AdoptReplaceable, Outcome::Adopted),
        (OnForeign::Merge, Outcome::Merged),
    ] {
        let target = testbed.namespace(json!({})).await;
        let secrets = format!("/api/v1/namespaces/{target}/secrets");
        testbed.create(&secrets, &theirs).await;
        let (sink, content) = (sink(&us, on_foreign), content("1"));
        let delivered = sink.deliver(&target, None, &content).await;
        assert_eq!(delivered.unwrap().outcome, expected);
    }
    // Where nothing of ours belongs, the policy is the last word.
    let answer = ours.deliver("kube-system", None, &content("1")).await;
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
}
