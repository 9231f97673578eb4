//! The binary between a sandbox and a cluster.

use std::process::Command;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::testbed::Testbed;
use crate::daemon::Daemon;
use crate::laboratory::{Laboratory, runtime};
use crate::run::Run;

/// A laboratory, and a cluster in which it is the administrator.
pub(super) struct Scene {
    pub(super) laboratory: Laboratory,
    pub(super) testbed: &'static Testbed,
}

impl Scene {
    /// `None`, and a loud word, where there is no cluster.
    pub(super) fn new() -> Option<Self> {
        Some(Self {
            testbed: Testbed::get()?,
            laboratory: Laboratory::new(),
        })
    }

    /// `iamra k8s` as the administrator.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let kubeconfig = self.testbed.kubeconfig().display().to_string();
        let mut command = self.laboratory.command(&["k8s"]);
        command.args(arguments).args(["--kubeconfig", &kubeconfig]);
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    pub(super) fn start(&self, arguments: &[&str]) -> Daemon {
        Daemon::start(&mut self.command(arguments), self.laboratory.home())
    }

    /// A new namespace that only the caller knows.
    pub(super) fn namespace(&self, labels: &Value) -> String {
        runtime().block_on(self.testbed.namespace(labels.clone()))
    }

    pub(super) fn create(&self, path: &str, object: &Value) -> Value {
        runtime().block_on(self.testbed.create(path, object))
    }

    pub(super) fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        runtime().block_on(self.testbed.ask(method, path, body))
    }

    /// The pull secret of a namespace; null where there is none.
    pub(super) fn secret(&self, namespace: &str) -> Value {
        match self.ask(Method::GET, &path(namespace), &Value::Null) {
            (200, secret) => secret,
            (404, _) => Value::Null,
            answer => panic!("{answer:?}"),
        }
    }

    pub(super) fn delete(&self, path: &str) {
        let (status, said) = self.ask(Method::DELETE, path, &Value::Null);
        assert_eq!(status, 200, "{said}");
    }

    /// Waits until the namespace has a pull secret that is like that.
    #[track_caller]
    pub(super) fn until(&self, namespace: &str, what: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..300 {
            let secret = self.secret(namespace);
            if !secret.is_null() && what(&secret) {
                return secret;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let annotations = self.secret(namespace)["metadata"]["annotations"].clone();
        let said = self.laboratory.read("stderr");
        panic!("{namespace}: {annotations}, after {said}");
    }
}

pub(super) fn path(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets/ecr-pull")
}

/// Labels that nobody else has.
pub(super) fn team(name: &str) -> (Value, String) {
    let team = format!("{name}-{}", std::process::id());
    (json!({"team": team}), format!("team={team}"))
}
