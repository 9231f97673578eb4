use serde_json::{Value, json};

use super::installed::Installed;
use super::testbed::Testbed;

const DOCKER: &str = "kubernetes.io/dockerconfigjson";

fn secret(name: &str, secret_type: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": secret_type,
        "data": {".dockerconfigjson": "e30="},
    })
}

async fn installed(testbed: &'static Testbed, config: &str) -> Installed {
    let arguments = [
        "--namespace-glob",
        "test-*",
        "--service-account",
        "ci-*",
        "--leader-elect",
    ];
    Installed::new(testbed, config, &arguments).await
}

/// A service account of somebody's, in a namespace of its own.
async fn account(testbed: &Testbed) -> String {
    let namespace = testbed.namespace(json!({})).await;
    let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    let account = json!({
        "metadata": {"name": "ci-1", "annotations": {"a": "b"}},
        "imagePullSecrets": [{"name": "theirs"}, {"name": "theirs-too"}],
    });
    testbed.create(&accounts, &account).await;
    format!("{accounts}/ci-1")
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn what_we_do_is_allowed() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let us = installed(testbed, "allowed").await;
    let target = testbed.namespace(json!({})).await;
    let secrets = format!("/api/v1/namespaces/{target}/secrets");
    us.post(&secrets, &secret("ecr-pull", DOCKER)).await.ok();
    let path = format!("{secrets}/ecr-pull");
    us.apply(&path, &secret("ecr-pull", DOCKER)).await.ok();
    us.get(&path).await.ok();
    let ours = "fieldSelector=metadata.name%3Decr-pull";
    let all = us.get(&format!("/api/v1/secrets?{ours}")).await.ok();
    // Other tests have theirs.
    let mut all = all["items"].as_array().unwrap().iter();
    assert!(all.any(|secret| secret["metadata"]["namespace"] == target));
    for watched in ["secrets?watch=true&", "namespaces?watch=true&"] {
        let path = format!("/api/v1/{watched}timeoutSeconds=1&");
        let path = if watched.starts_with("secrets") {
            path + ours
        } else {
            path
        };
        assert_eq!(us.get(&path).await.status, 200, "{path}");
    }
    us.get("/api/v1/namespaces").await.ok();
    let events = format!("/apis/events.k8s.io/v1/namespaces/{target}/events");
    us.post(&events, &event(&target)).await.ok();
    at_home(&us).await;
}

fn event(namespace: &str) -> Value {
    json!({
        "metadata": {"name": "ecr-pull.1", "namespace": namespace},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "iamra.dev/iamra",
        "reportingInstance": "iamra-0",
        "action": "Write",
        "reason": "Created",
        "type": "Normal",
        "regarding": {"apiVersion": "v1", "kind": "Secret", "name": "ecr-pull", "namespace": namespace},
    })
}

/// Token, Lease, and the look at the policy.
async fn at_home(us: &Installed) {
    let own = format!("/api/v1/namespaces/{}/secrets", us.namespace);
    let token = format!("{}-token", us.name);
    let kept = secret(&token, "iamra.dev/token");
    us.post(&own, &kept).await.ok();
    us.apply(&format!("{own}/{token}"), &kept).await.ok();
    us.get(&format!("{own}/{token}")).await.ok();
    let leases = format!(
        "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
        us.namespace
    );
    let lease = json!({"metadata": {"name": us.name}, "spec": {"holderIdentity": "a"}});
    us.post(&leases, &lease).await.ok();
    let path = format!("{leases}/{}", us.name);
    let mut lease = us.get(&path).await.ok();
    lease["spec"]["holderIdentity"] = json!("b");
    let form = ("application/json", &lease);
    us.ask(http::Method::PUT, &path, form).await.ok();
    us.get(&format!("{leases}/other")).await.denied();
    let beyond = format!("{}.{}", us.name, us.namespace);
    for kind in [
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
    ] {
        let path = format!("/apis/admissionregistration.k8s.io/v1/{kind}");
        us.get(&format!("{path}/{beyond}")).await.ok();
        us.get(&path).await.denied();
        us.delete(&format!("{path}/{beyond}")).await.denied();
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn no_other_secret_can_be_made_or_read() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let us = installed(testbed, "secrets").await;
    let target = testbed.namespace(json!({})).await;
    let secrets = format!("/api/v1/namespaces/{target}/secrets");
    let own = format!("/api/v1/namespaces/{}/secrets", us.namespace);
    let token = format!("{}-token", us.name);
    let ours = "only the Secrets of this configuration";
    for (path, name, secret_type) in [
        (&secrets, "other", DOCKER),
        (&secrets, "ecr-pull", "Opaque"),
        (&secrets, "ecr-pull", "iamra.dev/token"),
        (&secrets, token.as_str(), "iamra.dev/token"),
        (&own, token.as_str(), "Opaque"),
        (&own, token.as_str(), DOCKER),
    ] {
        us.post(path, &secret(name, secret_type))
            .await
            .refused(ours);
    }
    let mut guessed = secret("x", DOCKER);
    guessed["metadata"] = json!({"generateName": "ecr-pull"});
    us.post(&secrets, &guessed).await.refused(ours);
    let mut account_token = secret("ecr-pull", "kubernetes.io/service-account-token");
    account_token["metadata"]["annotations"] =
        json!({"kubernetes.io/service-account.name": "default"});
    let answer = us.post(&secrets, &account_token).await;
    answer.refused("never a token of a service account");
    for system in ["kube-system", "kube-public", "kube-node-lease"] {
        let path = format!("/api/v1/namespaces/{system}");
        if testbed.ask(http::Method::GET, &path, &Value::Null).await.0 == 404 {
            let made = json!({"metadata": {"name": system}});
            testbed.create("/api/v1/namespaces", &made).await;
        }
        let answer = us
            .post(&format!("{path}/secrets"), &secret("ecr-pull", DOCKER))
            .await;
        answer.refused("never in kube-system");
    }
    // One that is there, and whose type is another: it stays.
    testbed
        .create(&secrets, &secret("ecr-pull", "Opaque"))
        .await;
    let path = format!("{secrets}/ecr-pull");
    us.merge(&path, &json!({"data": {"x": "eA=="}}))
        .await
        .refused(ours);
    us.delete(&path).await.denied();
    testbed.create(&secrets, &secret("theirs", DOCKER)).await;
    us.get(&format!("{secrets}/theirs")).await.denied();
    us.get(&secrets).await.denied();
    us.get("/api/v1/secrets").await.denied();
    let theirs = format!("{secrets}/theirs");
    us.merge(&theirs, &json!({"data": {"x": "eA=="}}))
        .await
        .denied();
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_secret_is_marked_by_nobody_else() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let us = installed(testbed, "marks").await;
    let target = testbed.namespace(json!({})).await;
    let secrets = format!("/api/v1/namespaces/{target}/secrets");
    let path = format!("{secrets}/ecr-pull");
    let theirs = "of labels and annotations only what this configuration has";
    let others = [
        json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}),
        json!({"labels": {"iamra.dev/config": "other"}}),
        json!({"labels": {"a": "b"}}),
        json!({"labels": {"a": ""}}),
        json!({"annotations": {"replicator.example.test/from": "kube-system/admin"}}),
    ];
    for change in &others {
        let mut made = secret("ecr-pull", DOCKER);
        made["metadata"] = change.clone();
        made["metadata"]["name"] = json!("ecr-pull");
        us.post(&secrets, &made).await.refused(theirs);
    }
    // What somebody else has marked stays as it is.
    let mut made = secret("ecr-pull", DOCKER);
    made["metadata"]["labels"] = json!({"theirs": "a"});
    made["metadata"]["annotations"] = json!({"theirs": "b"});
    testbed.create(&secrets, &made).await;
    let ours = json!({"metadata": {
        "labels": {"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "marks"},
        "annotations": {"iamra.dev/content-id": "1", "iamra.dev/expires-at": "2"},
    }});
    let marked = us.merge(&path, &ours).await.ok();
    assert_eq!(marked["metadata"]["labels"]["theirs"], "a");
    for change in &others {
        let change = json!({"metadata": change});
        us.merge(&path, &change).await.refused(theirs);
    }
    let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"});
    for change in [
        json!({"finalizers": ["example.test/a"]}),
        json!({"ownerReferences": [owner]}),
    ] {
        let answer = us.merge(&path, &json!({"metadata": change})).await;
        answer.refused("no owner and no finalizer");
    }
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn of_a_service_account_only_our_name_changes() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let us = installed(testbed, "accounts").await;
    let path = account(testbed).await;
    let before = testbed.object(&path).await;
    let fields = "nothing of a service account but its imagePullSecrets";
    for change in [
        json!({"metadata": {"annotations": {"a": "c"}}}),
        json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": "x"}}}),
        json!({"metadata": {"annotations": null}}),
        json!({"metadata": {"labels": {"a": "b"}}}),
        json!({"metadata": {"finalizers": ["example.test/a"]}}),
        json!({"metadata": {"ownerReferences": [
            {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "b"},
        ]}}),
        json!({"secrets": [{"name": "theirs"}]}),
        json!({"automountServiceAccountToken": true}),
        json!({"automountServiceAccountToken": false}),
        json!({"imagePullSecrets": [{"name": "ecr-pull"}], "secrets": [{"name": "a"}]}),
    ] {
        us.merge(&path, &change).await.refused(fields);
    }
    let names = "of the imagePullSecrets only the name of our Secret";
    for change in [
        json!({"imagePullSecrets": []}),
        json!({"imagePullSecrets": null}),
        json!({"imagePullSecrets": [{"name": "theirs"}]}),
        json!({"imagePullSecrets": [{"name": "theirs-too"}, {"name": "theirs"}]}),
        json!({"imagePullSecrets": [{"name": "ecr-pull"}]}),
        json!({"imagePullSecrets": [
            {"name": "theirs"}, {"name": "theirs-too"}, {"name": "of-nobody"},
        ]}),
    ] {
        us.merge(&path, &change).await.refused(names);
    }
    assert_eq!(testbed.object(&path).await, before);
    let add = json!([
        {"op": "test", "path": "/imagePullSecrets", "value": before["imagePullSecrets"]},
        {"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "ecr-pull"}},
    ]);
    let added = us.json_patch(&path, &add).await.ok();
    let expected = json!([{"name": "theirs"}, {"name": "theirs-too"}, {"name": "ecr-pull"}]);
    assert_eq!(added["imagePullSecrets"], expected);
    let remove = json!([{"op": "remove", "path": "/imagePullSecrets/2"}]);
    let removed = us.json_patch(&path, &remove).await.ok();
    assert_eq!(removed["imagePullSecrets"], before["imagePullSecrets"]);
    // Others may do what they could before.
    let change = json!({"metadata": {"annotations": {"a": "c"}}, "imagePullSecrets": []});
    assert_eq!(
        testbed.ask(http::Method::PATCH, &path, &change).await.0,
        200
    );
    // And to one that has none yet, ours is added.
    let first =
        json!([{"op": "add", "path": "/imagePullSecrets", "value": [{"name": "ecr-pull"}]}]);
    us.json_patch(&path, &first).await.ok();
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn there_is_no_way_to_more() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let us = installed(testbed, "more").await;
    let path = account(testbed).await;
    let (accounts, _) = path.rsplit_once('/').unwrap();
    let (namespace, _) = accounts.rsplit_once('/').unwrap();
    let request = json!({"spec": {"expirationSeconds": 3600}});
    us.post(&format!("{path}/token"), &request).await.denied();
    let own = format!(
        "/api/v1/namespaces/{}/serviceaccounts/{}/token",
        us.namespace, us.name
    );
    us.post(&own, &request).await.denied();
    let made = json!({"metadata": {"name": "ci-2"}});
    us.post(accounts, &made).await.denied();
    us.delete(&path).await.denied();
    us.post("/api/v1/namespaces", &made).await.denied();
    us.get(&format!("{namespace}/configmaps")).await.denied();
    us.get(&format!("{namespace}/pods")).await.denied();
    us.post(&format!("{namespace}/pods"), &made).await.denied();
    let beyond = format!("{}.{}", us.name, us.namespace);
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    for path in [
        format!("{rbac}/clusterroles/{beyond}"),
        format!("{rbac}/namespaces/{}/roles/{}", us.namespace, us.name),
    ] {
        us.get(&path).await.denied();
        us.merge(&path, &json!({"rules": all})).await.denied();
    }
    let bindings = format!("{rbac}/clusterrolebindings");
    let admin = json!({
        "metadata": {"name": "mine"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin",
        },
        "subjects": [{"kind": "ServiceAccount", "name": us.name, "namespace": us.namespace}],
    });
    us.post(&bindings, &admin).await.denied();
    let policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    let path = format!("{policies}/{beyond}");
    let open = json!({"spec": {"failurePolicy": "Ignore"}});
    us.merge(&path, &open).await.denied();
}
