//! What `iamra setup vault -o kubernetes` prints, applied: Vault may ask about the
//! tokens of workloads, and nothing else.

use serde_json::json;

use super::installed::{Installed, apply, documents};
use super::scene::Scene;
use crate::laboratory::runtime;
use crate::run::bare;

#[test]
#[ignore = "peer: kube-apiserver"]
fn vault_may_ask_about_tokens_and_nothing_else() {
    let Some(scene) = Scene::new() else {
        return;
    };
    runtime().block_on(async {
        let testbed = scene.testbed;
        let namespace = testbed.namespace(json!({})).await;
        let ca = scene
            .laboratory
            .write("cluster-ca.pem", &testbed_ca(&scene));
        let workload = format!("app.example=app@{namespace}");
        let reviewer = format!("reviewer@{namespace}");
        let words = ["setup", "vault", "--enable-auth", "-o", "kubernetes"];
        let more = ["--workload", &workload, "--token-reviewer", &reviewer];
        let host = [
            "--kubernetes-host",
            "https://k.example:6443",
            "--kubernetes-ca-file",
            &ca,
        ];
        let run = bare(&[&words[..], &more, &host].concat()).ok();
        for document in documents(&run.stdout) {
            apply(testbed, document).await;
        }
        let vault = Installed::of_account(testbed, namespace.clone(), "reviewer".to_owned()).await;
        let account = format!("/api/v1/namespaces/{namespace}/serviceaccounts/app/token");
        let asked = json!({"spec": {"audiences": ["vault"], "expirationSeconds": 3600}});
        let made = testbed.create(&account, &asked).await;
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": made["status"]["token"], "audiences": ["vault"]},
        });
        let said = vault
            .post("/apis/authentication.k8s.io/v1/tokenreviews", &review)
            .await
            .ok();
        assert_eq!(said["status"]["authenticated"], true, "{said}");
        let user = format!("system:serviceaccount:{namespace}:app");
        assert_eq!(said["status"]["user"]["username"], user, "{said}");
        vault
            .get(&format!("/api/v1/namespaces/{namespace}/secrets"))
            .await
            .denied();
    });
}

fn testbed_ca(scene: &Scene) -> String {
    std::fs::read_to_string(scene.testbed.state("ca.crt")).unwrap()
}
