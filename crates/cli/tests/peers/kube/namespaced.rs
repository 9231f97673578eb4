use serde_json::{Value, json};

use super::installed::Installed;
use super::testbed::Testbed;

const DOCKER: &str = "kubernetes.io/dockerconfigjson";

fn secret(name: &str, secret_type: &str) -> Value {
    let data = json!({".dockerconfigjson": "e30="});
    json!({"metadata": {"name": name}, "type": secret_type, "data": data})
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
    let arguments = ["-n", &first, "-n", &second, "--service-account", "default"];
    let us = Installed::new(
        testbed,
        "few",
        &[&arguments[..], &["--secret-name", "aws"]].concat(),
    )
    .await;
    let secrets = |namespace: &str| format!("/api/v1/namespaces/{namespace}/secrets");
    for namespace in [&first, &second] {
        us.post(&secrets(namespace), &secret("aws", DOCKER))
            .await
            .ok();
        let path = format!("{}/aws", secrets(namespace));
        us.merge(&path, &json!({"data": {".dockerconfigjson": "e30K"}}))
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
    us.post(&secrets(&other), &secret("aws", DOCKER))
        .await
        .denied();
    us.post(&secrets(&us.namespace), &secret("aws", DOCKER))
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
    let session = [
        "--trust-anchor-arn",
        "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/a",
        "--profile-arn",
        "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/a",
        "--role-arn",
        "arn:aws:iam::123456789012:role/a",
    ];
    let vault = [
        "--vault-addr",
        "http://vault.test:8200",
        "--auth-role",
        "r",
        "--common-name",
        "a.test",
    ];
    for (config, form) in [
        ("job", &["--form", "cronjob"][..]),
        ("jobs", &["--form", "cronjob", "--namespace-glob", "no-*"]),
        ("cert", &["--form", "sidecar-cert"]),
        ("creds", &["--form", "sidecar-creds"]),
        (
            "file",
            &["--form", "sidecar-file", "--kube-version", "1.28"],
        ),
    ] {
        let session: &[&str] = if config == "cert" { &[] } else { &session };
        let arguments = [form, session, &vault].concat();
        if config.starts_with("job") {
            drop(Installed::new(testbed, config, &arguments).await);
        } else {
            Installed::without_rights(testbed, config, &arguments).await;
        }
    }
}
