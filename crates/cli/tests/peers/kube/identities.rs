//! Secrets that hold a certificate, or the credentials of a session.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use iamra_sandbox::Operation;
use rustix::process::Signal;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

use super::run::end_without_a_secret;
use super::scene::{Scene, path};

/// A value of a Secret.
fn value(secret: &Value, key: &str) -> String {
    let text = secret["data"][key].as_str().unwrap();
    String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap()
}

/// Where the Secrets of this test are named otherwise.
fn named(scene: &Scene, namespace: &str, name: &str) -> Value {
    let path = path(namespace).replace("ecr-pull", name);
    scene.ask(http::Method::GET, &path, &Value::Null).1
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn a_certificate_stands_in_a_tls_secret() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let namespace = scene.namespace(&json!({}));
    let arguments = [
        "sync",
        "-n",
        &namespace,
        "--secret-format",
        "tls",
        "--secret-name",
        "web-tls",
    ];
    scene.run(&arguments).ok();
    let secret = named(&scene, &namespace, "web-tls");
    assert_eq!(secret["type"], "kubernetes.io/tls");
    for key in ["tls.crt", "ca.crt"] {
        CertificateDer::from_pem_slice(value(&secret, key).as_bytes()).unwrap();
    }
    let key = value(&secret, "tls.key");
    PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let requests = scene.laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::CreateSession), 0);
    assert_eq!(requests.count(Operation::EcrToken), 0);
    // What a diff would show is of no use, and would cost a certificate.
    let mut diff = arguments;
    diff[0] = "diff";
    let run = scene.run(&diff);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
    assert!(run.stderr.contains("others each time"), "{run}");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn a_session_stands_in_named_namespaces_and_is_kept() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let namespace = scene.namespace(&json!({}));
    let arguments = [
        "run",
        "-n",
        &namespace,
        "--own-namespace",
        &namespace,
        "--secret-format",
        "aws-credentials",
        "--secret-name",
        "aws",
        "--config-name",
        "session",
    ];
    let daemon = scene.start(&arguments);
    let until = |what: &dyn Fn(&Value) -> bool| {
        for _ in 0..300 {
            let secret = named(&scene, &namespace, "aws");
            if secret["kind"] == "Secret" && what(&secret) {
                return secret;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{}", scene.laboratory.read("stderr"));
    };
    let made = until(&|_| true);
    assert_eq!(made["type"], "Opaque");
    let [id, key] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|key| value(&made, key));
    let file = value(&made, "credentials");
    let expected = format!("[default]\naws_access_key_id={id}\naws_secret_access_key={key}\n");
    assert!(file.starts_with(&expected), "another file");
    // Deleted, it is there again from the same session; asked for, from another.
    scene.delete(&path(&namespace).replace("ecr-pull", "aws"));
    let again = until(&|_| true);
    assert_eq!(again["data"], made["data"]);
    daemon.signal(Signal::HUP);
    until(&|secret| secret["data"] != made["data"]);
    let requests = scene.laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::CreateSession), 2);
    end_without_a_secret(&scene, daemon);
}
