//! Each way into a real kube-apiserver.

use secrecy::SecretString;
use serde_json::json;

use super::cluster::look;
use super::*;

#[path = "../../../../../k8s-sinks/tests/kube/testbed.rs"]
#[expect(dead_code, reason = "the sinks' own tests use more of it")]
mod testbed;

use testbed::Testbed;

async fn open(kubeconfig: &Path) -> Result<Access, Failure> {
    let environment: Environment = [("PATH", "/usr/bin:/bin")].into_iter().collect();
    let command = with_settings(clap::Command::new("x"), settings::ALL);
    let matches = command.get_matches_from(["x", "--kubeconfig", kubeconfig.to_str().unwrap()]);
    let resolved = Resolved::new(&matches, &environment, None, |_| unreachable!()).unwrap();
    Access::new(&Context::new(resolved)).await
}

/// A kubeconfig of the testbed's cluster with another user.
fn with_user(testbed: &Testbed, folder: &Path, user: &str) -> PathBuf {
    let path = folder.join("config");
    let text = format!(
        "current-context: x\nclusters: [{{name: c, cluster: {{server: '{}', certificate-authority: {}}}}}]\n\
         contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {user}}}]",
        testbed.base(),
        testbed.state("ca.crt").display(),
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// The token of a kubeconfig that the testbed has written.
fn token_of(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let mut tokens = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("token: "));
    tokens.next().unwrap().to_owned()
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_token_and_a_certificate_of_a_kubeconfig_lead_in() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    for path in [testbed.kubeconfig(), testbed.state("kubeconfig.cert")] {
        let access = open(&path).await.unwrap();
        assert!(!look(&access, "default").await.unwrap(), "{}", access.place);
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn who_may_nothing_is_told_the_rule_and_who_is_unknown_that_he_is() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let access = open(&testbed.state("kubeconfig.nobody")).await.unwrap();
    let error = look(&access, "default").await.unwrap_err();
    let failure = access.failure(error).await;
    assert_eq!(failure.code(), "kubernetes.denied", "{failure}");
    assert!(
        failure
            .hint()
            .unwrap()
            .contains(r#"resourceNames: ["ecr-pull"]"#),
        "{failure:?}"
    );

    let folder = tempfile::tempdir().unwrap();
    let path = with_user(testbed, folder.path(), "{token: hunter2}");
    let access = open(&path).await.unwrap();
    let error = look(&access, "default").await.unwrap_err();
    let failure = access.failure(error).await;
    assert_eq!(failure.code(), "kubernetes.unauthorized", "{failure}");
    assert!(
        failure.hint().unwrap().starts_with("the token is no JWT"),
        "{failure:?}"
    );
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn another_authority_is_not_believed() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = with_user(testbed, folder.path(), "{token: t}");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace(", certificate-authority: ", ", x: ");
    std::fs::write(&path, text).unwrap();
    let access = open(&path).await.unwrap();
    let failure = Failure::from(look(&access, "default").await.unwrap_err());
    assert_eq!(failure.code(), "kubernetes.untrusted-server", "{failure}");
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_plugin_gives_a_token() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let credential = |name: &str, token: &str| {
        let text = json!({
            "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
            "status": {"token": token}
        });
        std::fs::write(folder.path().join(name), text.to_string()).unwrap();
    };
    credential("now", "unknown");
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: cat, args: [FILE]}}";
    let file = folder.path().join("now");
    let user = user.replace("FILE", file.to_str().unwrap());
    let access = open(&with_user(testbed, folder.path(), &user))
        .await
        .unwrap();
    let failure = Failure::from(look(&access, "default").await.unwrap_err());
    assert_eq!(failure.code(), "kubernetes.unauthorized", "{failure}");

    credential("now", &token_of(&testbed.kubeconfig()));
    let access = open(&with_user(testbed, folder.path(), &user))
        .await
        .unwrap();
    assert!(!look(&access, "default").await.unwrap());
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_plugin_gives_a_certificate() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| std::fs::read_to_string(testbed.state(name)).unwrap();
    let text = json!({
        "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1",
        "status": {"clientCertificateData": read("admin.crt"), "clientKeyData": read("admin.key")}
    });
    let file = folder.path().join("credential");
    std::fs::write(&file, text.to_string()).unwrap();
    let user = format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1beta1, command: cat, args: [{}]}}}}",
        file.display()
    );
    let access = open(&with_user(testbed, folder.path(), &user))
        .await
        .unwrap();
    assert!(!look(&access, "default").await.unwrap());
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_pods_projected_token_leads_in_and_is_read_again() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = testbed.namespace(json!({})).await;
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    testbed
        .create(&path, &json!({"metadata": {"name": "iamra"}}))
        .await;
    let request = json!({"spec": {"expirationSeconds": 600}});
    let granted = testbed
        .create(&format!("{path}/iamra/token"), &request)
        .await;
    let token: SecretString = granted["status"]["token"]
        .as_str()
        .unwrap()
        .to_owned()
        .into();

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::copy(testbed.state("ca.crt"), at("ca.crt")).unwrap();
    std::fs::write(at("namespace"), &namespace).unwrap();
    std::fs::write(at("token"), "not-yet").unwrap();
    let port = testbed.base().port().unwrap().to_string();
    let variables = [
        ("KUBERNETES_SERVICE_HOST", testbed.base().host().unwrap()),
        ("KUBERNETES_SERVICE_PORT", &port),
    ];
    let access = access(&[], &variables, folder.path()).unwrap();
    assert_eq!(access.own_namespace, namespace);
    let failure = Failure::from(look(&access, &namespace).await.unwrap_err());
    assert_eq!(failure.code(), "kubernetes.unauthorized", "{failure}");

    std::fs::write(at("token"), token.expose_secret()).unwrap();
    let failure = Failure::from(look(&access, &namespace).await.unwrap_err());
    assert_eq!(failure.code(), "kubernetes.denied", "{failure}");
    let whose = format!("system:serviceaccount:{namespace}:iamra");
    assert!(failure.to_string().contains(&whose), "{failure}");
}
