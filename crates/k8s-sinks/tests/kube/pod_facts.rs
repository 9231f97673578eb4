use serde_json::json;

use crate::somebody::{nobody, service_account};
use crate::testbed::Testbed;

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn a_pod_shows_its_way_to_credentials() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let namespace = service_account(testbed, "web", json!({})).await;
    let folder = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
    let file = format!("{folder}/eks-pod-identity-token");
    let uri = "http://169.254.170.23/v1/credentials";
    let audience = "pods.eks.amazonaws.com";
    let mount = json!({"name": "eks-pod-identity-token", "mountPath": folder, "readOnly": true});
    let object = json!({"metadata": {"name": "web-1", "annotations": {"team": "x"}}, "spec": {
        "serviceAccountName": "web", "nodeName": "n1", "hostNetwork": true,
        "initContainers": [{"name": "start", "image": "start"}],
        "containers": [{
            "name": "app", "image": "app", "volumeMounts": [mount],
            "env": [
                {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": uri},
                {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": file},
                {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ],
        }],
        "volumes": [{"name": "eks-pod-identity-token", "projected": {"sources": [
            {"serviceAccountToken": {
                "audience": audience, "path": "eks-pod-identity-token", "expirationSeconds": 86400,
            }},
        ]}}],
    }});
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let made = testbed.create(&pods, &object).await;

    let cluster = testbed.cluster();
    let pod = cluster.pod(&namespace, "web-1").await.unwrap().unwrap();
    assert_eq!(made["metadata"]["uid"], pod.uid);
    assert_eq!(
        (&*pod.service_account, pod.node.as_deref()),
        ("web", Some("n1"))
    );
    assert_eq!((&*pod.phase, pod.is_host_network), ("Pending", true));
    assert_eq!(pod.annotations["team"], "x");
    let [start, app] = &pod.containers[..] else {
        panic!("{pod:?}");
    };
    assert!(start.is_init && start.credentials_uri.is_none() && start.token_file.is_none());
    assert_eq!(app.credentials_uri.as_deref(), Some(uri));
    assert_eq!(app.token_file.as_ref(), Some(&file));
    assert_eq!(app.variables[2], "POD");
    assert!(app.mounts.iter().any(|mount| mount.path == folder));
    let tokens = pod.token_volumes.iter();
    let ours: Vec<_> = tokens
        .filter(|it| it.audience.as_deref() == Some(audience))
        .collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0].volume, "eks-pod-identity-token");
    assert_eq!(
        (&*ours[0].path, ours[0].expiration_seconds),
        ("eks-pod-identity-token", 86400)
    );

    // The one that Kubernetes adds by itself is the API server's.
    let tokens = pod.token_volumes.iter();
    let theirs: Vec<_> = tokens.filter(|it| it.audience.is_none()).collect();
    assert_eq!((theirs.len(), &*theirs[0].path), (1, "token"));
    assert_eq!(cluster.pod(&namespace, "web-2").await.unwrap(), None);
}

#[tokio::test]
#[ignore = "peer: kube-apiserver"]
async fn the_right_to_get_a_pod_is_named() {
    let Some(testbed) = Testbed::get() else {
        return;
    };
    let error = nobody(testbed)
        .await
        .pod("shop", "web-1")
        .await
        .unwrap_err();
    let expected = "not allowed to get pods web-1 in namespace shop: ";
    assert!(error.to_string().starts_with(expected), "{error}");
}
