//! `ecr-k8s-secret-creator`, by its name: with the rights of its own manifest,
//! and beside the Secret that it has left.

use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::testbed::Testbed;
use crate::daemon::Daemon;
use crate::laboratory::{Laboratory, runtime};

/// AWS, and a pod in a cluster that has applied the manifest.
struct Scene {
    laboratory: Laboratory,
    testbed: &'static Testbed,
    runtime: Runtime,
    namespace: String,
}

impl Scene {
    fn new() -> Option<Self> {
        let testbed = Testbed::get()?;
        let runtime = runtime();
        let namespace = runtime.block_on(testbed.namespace(json!({})));
        let scene = Self {
            laboratory: Laboratory::new(),
            testbed,
            runtime,
            namespace,
        };
        scene.apply_rights();
        Some(scene)
    }

    /// Its account, and secrets of all namespaces for it: nothing else.
    fn apply_rights(&self) {
        let name = format!("{NAME}-{}", self.namespace);
        let account = json!({"metadata": {"name": NAME}});
        self.create(&self.path("serviceaccounts"), &account);
        let verbs = [
            "get", "list", "watch", "create", "update", "patch", "delete",
        ];
        let role = json!({
            "metadata": {"name": name},
            "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": verbs}],
        });
        self.create(&format!("{RBAC}/clusterroles"), &role);
        let binding = json!({
            "metadata": {"name": name},
            "roleRef": {
                "kind": "ClusterRole",
                "name": name,
                "apiGroup": "rbac.authorization.k8s.io",
            },
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": self.namespace}],
        });
        self.create(&format!("{RBAC}/clusterrolebindings"), &binding);
    }

    /// The program with the account's token.
    fn command(&self, flags: &[&str]) -> Command {
        let asked = json!({"spec": {"expirationSeconds": 3600}});
        let path = format!("{}/{NAME}/token", self.path("serviceaccounts"));
        let made = self.create(&path, &asked);
        let kubeconfig = json!({
            "current-context": "pod",
            "contexts": [{
                "name": "pod",
                "context": {"cluster": "pod", "user": "pod", "namespace": self.namespace},
            }],
            "clusters": [{
                "name": "pod",
                "cluster": {
                    "server": self.testbed.base().to_string(),
                    "certificate-authority": self.testbed.state("ca.crt"),
                },
            }],
            "users": [{"name": "pod", "user": {"token": made["status"]["token"]}}],
        });
        let kubeconfig = self.laboratory.write("kubeconfig", &kubeconfig.to_string());
        let link = self.laboratory.path(NAME);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_iamra"), &link).unwrap();
        let mut command = Command::new(link);
        command
            .args(flags)
            .env_clear()
            .env("HOME", self.laboratory.home())
            .env("KUBECONFIG", kubeconfig)
            .envs(self.laboratory.sandbox.environment());
        command
    }

    /// The Secret as soon as it is ours.
    fn kept(&self, daemon: &mut Daemon, name: &str) -> Value {
        let path = format!("{}/{name}", self.path("secrets"));
        let mut found = Value::Null;
        daemon.until("kept the Secret", || {
            let asked = self.testbed.ask(Method::GET, &path, &Value::Null);
            found = self.runtime.block_on(asked).1;
            found["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "iamra"
        });
        found
    }

    fn create(&self, path: &str, object: &Value) -> Value {
        self.runtime.block_on(self.testbed.create(path, object))
    }

    fn object(&self, path: &str) -> Value {
        self.runtime.block_on(self.testbed.object(path))
    }

    fn path(&self, plural: &str) -> String {
        format!("/api/v1/namespaces/{}/{plural}", self.namespace)
    }
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn the_secret_is_that_of_the_old_program() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let user = scene.laboratory.sandbox.iam_user();
    let mut command = scene.command(&["-secretName=ecr-docker-secret", "-region=us-east-1"]);
    for name in ["ANCHOR_ARN", "PROFILE_ARN", "ROLE_ARN"] {
        command.env_remove(name);
    }
    command.env("AWS_ACCESS_KEY_ID", &user.access_key_id).env(
        "AWS_SECRET_ACCESS_KEY",
        user.secret_access_key.expose_secret(),
    );
    let mut daemon = Daemon::start(&mut command, scene.laboratory.home());
    let secret = scene.kept(&mut daemon, "ecr-docker-secret");
    assert_eq!(secret["type"], "Opaque");
    assert_login(&secret, "config.json");
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    // It has no right to post events, which nobody has to read about.
    for word in ["WARN", "ERROR", "events"] {
        assert!(!said.contains(word), "{said}");
    }
    let all = scene.object(&scene.path("secrets"));
    assert_eq!(all["items"].as_array().unwrap().len(), 1, "{all}");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn the_secret_of_the_old_program_is_taken_over() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let cases = [
        ("Opaque", "config.json"),
        ("kubernetes.io/dockerconfigjson", ".dockerconfigjson"),
        ("kubernetes.io/dockercfg", ".dockercfg"),
    ];
    let (secret_type, key) = cases[0];
    let old = left(secret_type, key);
    let made = scene.create(&scene.path("secrets"), &old);
    // With a session of Roles Anywhere, as the settings are there.
    let mut command = scene.command(&["-region", "us-east-1", "-profile", "123456789012"]);
    let mut daemon = Daemon::start(&mut command, scene.laboratory.home());
    let secret = scene.kept(&mut daemon, "ecr-auth-cfg");
    assert_eq!(secret["metadata"]["uid"], made["metadata"]["uid"]);
    assert_login(&secret, key);
    assert_eq!(daemon.end().0, Some(0));
    for (secret_type, key) in &cases[1..] {
        let name = secret_type.rsplit('/').next().unwrap();
        let mut old = left(secret_type, key);
        old["metadata"]["name"] = json!(name);
        let made = scene.create(&scene.path("secrets"), &old);
        std::fs::remove_file(scene.laboratory.path(NAME)).unwrap();
        let flags = ["--secretType", secret_type, "-secretName", name];
        let mut command = scene.command(&[&flags[..], &["-region=us-east-1"]].concat());
        let mut daemon = Daemon::start(&mut command, scene.laboratory.home());
        let secret = scene.kept(&mut daemon, name);
        assert_eq!(secret["metadata"]["uid"], made["metadata"]["uid"]);
        assert_eq!(secret["type"], *secret_type);
        assert_login(&secret, key);
        assert_eq!(daemon.end().0, Some(0));
    }
}

/// As the old program leaves it, to the byte.
fn left(secret_type: &str, key: &str) -> Value {
    let token = BASE64_STANDARD.encode("AWS:eyJwYXlsb2FkIjoib2xkIn0=");
    let document = [
        "{".to_owned(),
        "  \"auths\": {".to_owned(),
        format!("\t \"https://{HOST}\": {{"),
        format!("\t   \"auth\": \"{token}\""),
        "\t }".to_owned(),
        "  }".to_owned(),
        "}".to_owned(),
    ];
    json!({
        "metadata": {"name": "ecr-auth-cfg"},
        "type": secret_type,
        "data": {key: BASE64_STANDARD.encode(document.join("\n"))},
    })
}

/// One login, as `auth` alone, and a fresh one.
#[track_caller]
fn assert_login(secret: &Value, key: &str) {
    let data = secret["data"].as_object().unwrap();
    assert_eq!(data.keys().collect::<Vec<_>>(), [key]);
    let document = BASE64_STANDARD.decode(data[key].as_str().unwrap()).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let auths = match key {
        ".dockercfg" => &document,
        _ => &document["auths"],
    };
    let url = format!("https://{HOST}");
    let auth = auths[&url]["auth"].as_str().unwrap();
    assert_eq!(*auths, json!({url: {"auth": auth}}));
    let login = String::from_utf8(BASE64_STANDARD.decode(auth).unwrap()).unwrap();
    assert!(login.starts_with("AWS:") && !login.contains("b2xk"));
}

const NAME: &str = "ecr-k8s-secret-creator";
const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
