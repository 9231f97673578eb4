//! A cluster of a few bytes, which refuses.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use k8s_sinks::kubernetes::{SecretData, SecretForm, SecretSink, SecretSpec};

use super::*;

/// Any Secret.
#[derive(Debug)]
pub(super) struct AnyForm;

impl SecretForm for AnyForm {
    fn secret_type(&self) -> &'static str {
        "Opaque"
    }

    fn keys(&self) -> Vec<String> {
        vec!["a".to_owned()]
    }

    fn is_replaceable(&self, _: &SecretData) -> bool {
        false
    }

    fn merged(&self, _: &SecretData, _: &SecretData) -> Result<SecretData, String> {
        Err("it is never merged".to_owned())
    }
}

/// Looks whether a Secret is there.
pub(super) async fn look(access: &Access, namespace: &str) -> Result<bool, Error> {
    let spec = SecretSpec::new("ecr-pull", "default", Arc::new(AnyForm)).unwrap();
    let sink = SecretSink::new(access.cluster.clone(), Arc::new(spec));
    sink.look(namespace).await.map(|seen| seen.is_some())
}

/// Answers each request like that; returns its address.
fn answering(status: u16, message: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let body = format!(r#"{{"kind":"Status","message":{message:?}}}"#);
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} No\r\nconnection: close\r\ncontent-length: {length}");
            stream
                .write_all(format!("{head}\r\n\r\n{body}").as_bytes())
                .unwrap();
        }
    });
    address
}

/// The failure that comes of looking for a Secret with this token.
async fn refused(status: u16, message: &'static str, token: &str) -> Failure {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let server = answering(status, message);
    let text = format!(
        "current-context: x\nclusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
         contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\n\
         users: [{{name: u, user: {{token: '{token}'}}}}]"
    );
    std::fs::write(&file, text).unwrap();
    let access = access(
        &["--kubeconfig", file.to_str().unwrap()],
        &[],
        folder.path(),
    )
    .unwrap();
    let error = look(&access, "team-a").await.unwrap_err();
    access.failure(error).await
}

#[tokio::test]
async fn a_missing_right_is_named_as_a_rule() {
    let message = r#"secrets "ecr-pull" is forbidden: User "u" cannot get resource "secrets""#;
    let failure = refused(403, message, "t").await;
    assert_eq!(failure.code(), "kubernetes.denied");
    let rule = r#"a Role in team-a must allow it: - {apiGroups: [""], resources: ["secrets"], resourceNames: ["ecr-pull"], verbs: ["get"]}; "#;
    assert!(
        failure.hint().unwrap().starts_with(rule),
        "{:?}",
        failure.hint()
    );
}

#[tokio::test]
async fn a_token_that_is_over_is_named_with_its_end() {
    let claims = r#"{"sub":"system:serviceaccount:a:b","exp":60}"#;
    let token = format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims));
    let failure = refused(401, "Unauthorized", &token).await;
    assert_eq!(failure.code(), "kubernetes.unauthorized");
    let facts = "the token of system:serviceaccount:a:b expired at 1970-01-01T00:01:00Z; in a pod";
    assert!(
        failure.hint().unwrap().starts_with(facts),
        "{:?}",
        failure.hint()
    );
}
