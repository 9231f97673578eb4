//! `iamra k8s` between a sandbox and a cluster, by hand.

use std::process::Command;

use http::Method;
use serde_json::{Value, json};

use super::testbed::Testbed;
use crate::laboratory::{Laboratory, runtime};
use crate::run::Run;

/// A stand-in of AWS, and namespaces that only one test knows.
pub(super) struct Bench {
    pub(super) testbed: &'static Testbed,
    pub(super) laboratory: Laboratory,
    files: [String; 4],
    test: &'static str,
}

impl Bench {
    pub(super) fn new(test: &'static str) -> Option<Self> {
        let testbed = Testbed::get()?;
        let laboratory = Laboratory::new();
        let files = laboratory.key_files("iamra");
        Some(Self {
            testbed,
            laboratory,
            files,
            test,
        })
    }

    /// The namespace of this letter; they are in the letters' order.
    pub(super) fn namespace(&self, letter: char) -> String {
        let name = format!("{letter}-{}-{}", self.test, std::process::id());
        let object = json!({"metadata": {"name": name}});
        let (status, said) = self.ask(Method::POST, "/api/v1/namespaces", &object);
        assert!(matches!(status, 201 | 409), "{said}");
        name
    }

    pub(super) fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        runtime().block_on(self.testbed.ask(method, path, body))
    }

    pub(super) fn object(&self, path: &str) -> Value {
        runtime().block_on(self.testbed.object(path))
    }

    pub(super) fn create(&self, path: &str, object: &Value) -> Value {
        runtime().block_on(self.testbed.create(path, object))
    }

    /// `iamra k8s …` as the administrator, with a configuration of its own.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let all = [&["k8s"], arguments, &["--config-name", self.test]].concat();
        let mut command = self.laboratory.command(&all);
        command.env("KUBECONFIG", self.testbed.kubeconfig());
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// The same for a verb that asks AWS.
    pub(super) fn fill(&self, arguments: &[&str]) -> Run {
        let files = self.files.iter().map(String::as_str);
        let all: Vec<&str> = arguments.iter().copied().chain(files).collect();
        self.run(&[&all[..], &["--registry", HOST]].concat())
    }

    /// The same as a service account of this namespace that may nothing yet.
    pub(super) fn nobody(&self, namespace: &str) -> String {
        let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        self.create(&accounts, &json!({"metadata": {"name": "us"}}));
        let made = self.create(&format!("{accounts}/us/token"), &json!({}));
        self.kubeconfig(made["status"]["token"].as_str().unwrap())
    }

    pub(super) fn kubeconfig(&self, token: &str) -> String {
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "us",
            "clusters": [{"name": "us", "cluster": {
                "server": self.testbed.base().to_string(),
                "certificate-authority": self.testbed.state("ca.crt"),
            }}],
            "users": [{"name": "us", "user": {"token": token}}],
            "contexts": [{"name": "us", "context": {"cluster": "us", "user": "us"}}],
        });
        self.laboratory
            .write("kubeconfig.json", &kubeconfig.to_string())
    }

    pub(super) fn shown(&self, name: &str, run: &Run) {
        let mut settings = self.laboratory.filters();
        settings.set_snapshot_path("../../snapshots");
        let namespaces = format!(r"\b([a-z])-{}-\d+", self.test);
        for (pattern, shown) in [
            (&*namespaces, "[$1]"),
            (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "[TIME]"),
            (r"sha256:[0-9a-f]{12}\b", "sha256:[DIGEST]"),
            (r"(\S) {3,}", "$1  "),
            (
                r"https://127\.0\.0\.1:(\d+|\[PORT\])/?",
                "https://[CLUSTER]",
            ),
            (r"at /\S+ \(", "at [KUBECONFIG] ("),
        ] {
            settings.add_filter(pattern, shown);
        }
        settings.bind(|| insta::assert_snapshot!(format!("k8s-{name}"), run));
    }
}

pub(super) fn secrets(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets")
}

pub(super) fn secret(namespace: &str) -> String {
    format!("{}/ecr-pull", secrets(namespace))
}

pub(super) fn foreign() -> Value {
    json!({
        "metadata": {"name": "ecr-pull", "labels": {"app.kubernetes.io/managed-by": "Helm"}},
        "type": "kubernetes.io/dockerconfigjson",
        // {"auths":{"example.test":{"auth":"aGlkZGVuOmhpZGRlbg=="}}}
        "data": {".dockerconfigjson": "eyJhdXRocyI6eyJleGFtcGxlLnRlc3QiOnsiYXV0aCI6ImFHbGtaR1Z1T21ocFpHUmxiZz09In19fQ=="},
    })
}

/// The sandbox's own registry.
const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
