use serde_json::{Value, json};

use super::installed::Installed;
use super::testbed::Testbed;

fn secret(name: &str, secret_type: &str) -> Value {
    json!({"metadata": {"name": name}, "type": secret_type})
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn rights_end_where_the_named_namespaces_do() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let [first, second, other] = [
        testbed.namespace(json!({})).await,
        testbed.namespace(json!({})).await,
        testbed.namespace(json!({})).await,
    ];
    let format = ["--secret-format", "aws-credentials", "--secret-name", "aws"];
    let arguments = ["-n", &first, "-n", &second, "--service-account", "default"];
    let us = Installed::new(testbed, "few", &[&arguments[..], &format].concat()).await;
    let secrets = |namespace: &str| format!("/api/v1/namespaces/{namespace}/secrets");
    for namespace in [&first, &second] {
        us.post(&secrets(namespace), &secret("aws", "Opaque"))
            .await
            .ok();
        let path = format!("{}/aws", secrets(namespace));
        us.merge(&path, &json!({"data": {"credentials": "eA=="}}))
            .await
            .ok();
        let selector = "fieldSelector=metadata.name%3Daws";
        us.get(&format!("{}?{selector}", secrets(namespace)))
            .await
            .ok();
        us.get(&format!("/api/v1/secrets?{selector}"))
            .await
            .denied();
        let answer = us
            .post(&secrets(namespace), &secret("more", "Opaque"))
            .await;
        answer.refused("only the Secrets of this configuration");
        let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        us.get(&accounts).await.denied();
        let selector = "fieldSelector=metadata.name%3Ddefault";
        us.get(&format!("{accounts}?{selector}")).await.ok();
    }
    us.post(&secrets(&other), &secret("aws", "Opaque"))
        .await
        .denied();
    us.post(&secrets(&us.namespace), &secret("aws", "Opaque"))
        .await
        .ok();
    us.get("/api/v1/namespaces").await.denied();
    let lease = json!({"metadata": {"name": us.name}});
    let leases = format!(
        "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
        us.namespace
    );
    us.post(&leases, &lease).await.denied();
}

/// Every other form is taken by the API server, too: fields that it does not
/// know are errors.
#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn every_form_is_taken() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let vault = [
        "--trust-anchor-arn",
        "arn",
        "--vault-addr",
        "http://vault.test:8200",
        "--auth-role",
        "r",
    ];
    for (config, form) in [
        ("job", &["--form", "cronjob"][..]),
        ("cert", &["--form", "sidecar-cert"]),
        ("creds", &["--form", "sidecar-creds"]),
        (
            "file",
            &["--form", "sidecar-file", "--kube-version", "1.28"],
        ),
        ("demo", &["--sandbox"]),
    ] {
        let is_job = config == "job" || config == "demo";
        let settings = match config {
            "cert" => &vault[2..],
            _ => &vault,
        };
        let arguments = [form, settings].concat();
        if is_job {
            drop(Installed::new(testbed, config, &arguments).await);
        } else {
            Installed::without_rights(testbed, config, &arguments).await;
        }
    }
}
