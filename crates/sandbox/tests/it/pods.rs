//! Pod identity: a pod's own token logs in, and has its own name signed alone.

mod sessions;

use std::time::Duration;

use iamra_sandbox::{KubernetesRole, Pod, ServiceAccount};
use rcgen::{CertificateParams, DnType, KeyPair};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::running::{Clock, Running};

const AUDIENCE: &str = "pods.eks.amazonaws.com";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn error(answer: &Value) -> &str {
    answer["errors"][0].as_str().unwrap_or_default()
}

/// A sandbox with pod identity for the cluster `c1.example`.
async fn running(clock: &Clock) -> Running {
    Running::with(clock.settings().with_pods("c1.example")).await
}

/// A pod that runs.
fn pod(running: &Running, namespace: &str, account: &str) -> Pod {
    let pod = Pod::named(namespace, &format!("{account}-0"), account);
    running.kubernetes().create_pod(&pod);
    pod
}

async fn log_in_with(running: &Running, jwt: &str) -> (u16, Value) {
    let body = json!({"role": "pods", "jwt": jwt});
    running.post("auth/kubernetes/login", "", &body).await
}

/// The Vault token for a pod's own one.
async fn log_in(running: &Running, pod: &Pod) -> String {
    let jwt = running.kubernetes().pod_token(pod, AUDIENCE, DAY).unwrap();
    let (status, answer) = log_in_with(running, jwt.expose_secret()).await;
    assert_eq!(status, 200, "{answer}");
    answer["auth"]["client_token"].as_str().unwrap().to_owned()
}

/// Asks for a certificate with a common name and no other.
async fn sign(running: &Running, token: &str, common_name: &str) -> (KeyPair, (u16, Value)) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let csr = params.serialize_request(&key).unwrap().pem().unwrap();
    let body = json!({ "csr": csr });
    (key, running.post("pki-aws/sign/pods", token, &body).await)
}

#[tokio::test]
async fn a_pod_has_its_own_name_signed_and_no_other() {
    let running = running(&Clock::recorded()).await;
    let web = log_in(&running, &pod(&running, "shop", "web")).await;
    let ledger = log_in(&running, &pod(&running, "bank", "ledger")).await;
    let own = "web.shop.pods.c1.example";
    for (token, name, allowed) in [
        (&web, own, true),
        (&ledger, "ledger.bank.pods.c1.example", true),
        (&web, "ledger.bank.pods.c1.example", false),
        (&ledger, own, false),
        (&web, "admin.shop.pods.c1.example", false),
        (&web, "web.bank.pods.c1.example", false),
        (&web, "x.web.shop.pods.c1.example", false),
        (&web, "web.shop.pods.c2.example", false),
        (&web, "pods.c1.example", false),
        (&web, "localhost", false),
    ] {
        let (_, (status, answer)) = sign(&running, token, name).await;
        if allowed {
            assert_eq!(status, 200, "{name}: {answer}");
        } else {
            let text = format!("common name {name} not allowed by this role");
            assert_eq!((status, error(&answer)), (400, &*text));
        }
    }
}

#[tokio::test]
async fn who_is_no_pod_has_nothing_signed() {
    let clock = Clock::recorded();
    let running = running(&clock).await;
    let name = "iamra.apps.pods.c1.example";
    let root = running.vault_root_token().expose_secret().to_owned();
    for token in [running.token(), root] {
        let (_, (status, answer)) = sign(&running, &token, name).await;
        let text = format!("common name {name} not allowed by this role");
        assert_eq!((status, error(&answer)), (400, &*text));
    }
    // The same login by another role is the same identity.
    let (_, (status, answer)) = sign(&running, &running.log_in("iamra").await, name).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_pods_token_may_sign_and_little_else() {
    let running = running(&Clock::recorded()).await;
    let token = log_in(&running, &pod(&running, "shop", "web")).await;
    let (status, looked) = running.get("auth/token/lookup-self", &token).await;
    assert_eq!(status, 200, "{looked}");
    assert_eq!(looked["data"]["policies"], json!(["default", "pods"]));
    assert_eq!(looked["data"]["meta"]["role"], "pods");
    assert_eq!(looked["data"]["meta"]["service_account_name"], "web");
    assert_eq!(looked["data"]["meta"]["service_account_namespace"], "shop");
    let name = json!({"common_name": "web.shop.pods.c1.example"});
    for path in [
        "pki-aws/issue/pods",
        "pki-aws/sign/iamra",
        "pki-aws/sign-verbatim/pods",
        "pki-aws/issuer/default/sign/pods",
        "auth/token/create",
    ] {
        let (status, answer) = running.post(path, &token, &name).await;
        assert_eq!(status, 403, "{path}: {answer}");
    }
    assert_eq!(running.get("pki-aws/roles/pods", &token).await.0, 403);
    // Everybody else may what they could.
    let other = running.log_in("iamra").await;
    let (status, answer) = running.get("pki-aws/roles/pods", &other).await;
    assert_eq!(status, 200, "{answer}");
    let ended = running.post("auth/token/revoke-self", &token, &Value::Null);
    assert_eq!(ended.await.0, 204);
}

#[tokio::test]
async fn a_login_needs_a_pod_that_runs_and_its_token_for_aws() {
    let clock = Clock::recorded();
    let running = running(&clock).await;
    let kubernetes = running.kubernetes();
    let web = pod(&running, "shop", "web");
    let token = |audience, lifetime| kubernetes.pod_token(&web, audience, lifetime).unwrap();
    let good = token(AUDIENCE, DAY);
    let foreign = kubernetes.foreign_token(&web, AUDIENCE, DAY).unwrap();
    let audience =
        "invalid audience (aud) claim: audience claim does not match any expected audience";
    let expired = "invalid expiration time (exp) claim: token is expired";
    for (jwt, text) in [
        (&foreign, "permission denied"),
        (&token("vault", DAY), audience),
        (&token(AUDIENCE, Duration::ZERO), expired),
    ] {
        let (status, answer) = log_in_with(&running, jwt.expose_secret()).await;
        assert_eq!((status, error(&answer)), (403, text));
    }
    assert_eq!(log_in_with(&running, good.expose_secret()).await.0, 200);
    kubernetes.delete_pod("shop", "web-0");
    let (status, answer) = log_in_with(&running, good.expose_secret()).await;
    assert_eq!((status, error(&answer)), (403, "permission denied"));
}

#[tokio::test]
async fn a_token_of_another_cluster_is_good_once_it_is_trusted() {
    let clock = Clock::recorded();
    let running = running(&clock).await;
    let kubernetes = running.kubernetes();
    let web = pod(&running, "shop", "web");
    let foreign = |audience| kubernetes.foreign_token(&web, audience, DAY).unwrap();
    let [trusted, other, for_vault] = [AUDIENCE, AUDIENCE, "vault"].map(foreign);
    kubernetes.trust_token(&trusted);
    kubernetes.trust_token(&for_vault);
    kubernetes.delete_pod("shop", "web-0");
    for (jwt, status) in [(&trusted, 200), (&other, 403), (&for_vault, 403)] {
        assert_eq!(log_in_with(&running, jwt.expose_secret()).await.0, status);
    }
    clock.advance(DAY + Duration::from_secs(1));
    let (status, answer) = log_in_with(&running, trusted.expose_secret()).await;
    assert_eq!(status, 403, "{answer}");
}

#[tokio::test]
async fn roles_do_not_take_each_others_tokens() {
    let running = running(&Clock::recorded()).await;
    let account = ServiceAccount::default();
    let for_vault = running.service_account_token(&account).unwrap();
    let (status, _) = log_in_with(&running, for_vault.expose_secret()).await;
    assert_eq!(status, 403);
    let iamra = pod(&running, "apps", "iamra");
    let for_aws = running.kubernetes().pod_token(&iamra, AUDIENCE, DAY);
    let jwt = for_aws.unwrap().expose_secret().to_owned();
    for (role, status, text) in [
        ("iamra", 403, "invalid audience (aud) claim"),
        ("other", 400, "invalid role name \"other\""),
        ("pods", 200, ""),
    ] {
        let body = json!({"role": role, "jwt": jwt});
        let (answered, answer) = running.post("auth/kubernetes/login", "", &body).await;
        assert_eq!(answered, status, "{role}: {answer}");
        assert!(error(&answer).starts_with(text), "{role}: {answer}");
    }
}

#[tokio::test]
async fn a_role_may_be_for_names_that_begin_alike_and_be_mounted_elsewhere() {
    let mut settings = Clock::recorded().settings();
    settings.more_kubernetes_roles = vec![KubernetesRole {
        mount: "clusters/two".into(),
        bound_service_account_name: "web-*".into(),
        bound_service_account_namespace: "shop".into(),
        ..KubernetesRole::pods()
    }];
    let running = Running::with(settings).await;
    for (namespace, account, status, text) in [
        ("shop", "web-1", 200, ""),
        ("shop", "ledger", 403, "service account name not authorized"),
        ("shop-b", "web-1", 403, "namespace not authorized"),
    ] {
        let pod = pod(&running, namespace, account);
        let jwt = running.kubernetes().pod_token(&pod, AUDIENCE, DAY).unwrap();
        let body = json!({"role": "pods", "jwt": jwt.expose_secret()});
        let (answered, answer) = running.post("auth/clusters/two/login", "", &body).await;
        assert_eq!((answered, error(&answer)), (status, text), "{namespace}");
    }
}

#[tokio::test]
async fn the_template_names_the_accessor_that_vault_tells() {
    let running = running(&Clock::recorded()).await;
    let root = running.vault_root_token().expose_secret().to_owned();
    let (status, mounts) = running.get("sys/auth", &root).await;
    assert_eq!(status, 200, "{mounts}");
    let mount = &mounts["data"]["kubernetes/"];
    assert_eq!(mount["type"], "kubernetes");
    let accessor = mount["accessor"].as_str().unwrap();
    assert_eq!(accessor, KubernetesRole::pods().accessor());
    let (_, one) = running.get("sys/auth/kubernetes", &root).await;
    assert_eq!(&one["data"], mount);
    assert_eq!(running.get("sys/auth/none", &root).await.0, 400);
    assert_eq!(running.get("sys/auth", &running.token()).await.0, 403);

    let (_, role) = running.get("pki-aws/roles/pods", &root).await;
    let of = |key| format!("{{{{identity.entity.aliases.{accessor}.metadata.{key}}}}}");
    let name = of("service_account_name");
    let namespace = of("service_account_namespace");
    assert_eq!(
        role["data"]["allowed_domains"],
        json!([format!("{name}.{namespace}.pods.c1.example")])
    );
    assert_eq!(role["data"]["allowed_domains_template"], true);

    // Whoever writes the role without saying so gets no template.
    let body = json!({
        "allowed_domains": role["data"]["allowed_domains"],
        "allow_bare_domains": true,
        "key_type": "ec",
    });
    let (status, _) = running.post("pki-aws/roles/pods", &root, &body).await;
    assert_eq!(status, 200);
    let token = log_in(&running, &pod(&running, "shop", "web")).await;
    let sign = || sign(&running, &token, "web.shop.pods.c1.example");
    assert_eq!(sign().await.1.0, 400);
    let mut body = body;
    body["allowed_domains_template"] = true.into();
    running.post("pki-aws/roles/pods", &root, &body).await;
    assert_eq!(sign().await.1.0, 200);
}
