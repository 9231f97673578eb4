//! What is printed for agents and brokers is enough: the binary with the arguments
//! of its container, the settings of its config file and the token of its account.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use serde_json::{Value, json};

use super::enough::kubeconfig;
use super::installed::Installed;
use super::pods::{applied, forget_webhook};
use super::scene::Scene;
use crate::daemon::{Daemon, free_address};
use crate::laboratory::runtime;

#[test]
#[ignore = "peer: kube-apiserver"]
fn an_agent_needs_no_more_than_is_printed() {
    let Some(scene) = Scene::new() else {
        return;
    };
    for how in ["tokenreview", "jwks"] {
        let (own, objects) = runtime().block_on(applied(scene.testbed, &["--verify", how]));
        runtime().block_on(forget_webhook(scene.testbed));
        let name = "iamra-agent".to_owned();
        let us = Installed::of_account(scene.testbed, own, name);
        let us = runtime().block_on(us);
        answers(&scene, &us, &objects);
    }
}

fn answers(scene: &Scene, us: &Installed, objects: &[Value]) {
    let [listen, metrics] = [free_address(), free_address()];
    let mut command = command(scene, us, &words(scene, objects, (us, &metrics)));
    command.args(["--listen", &listen]);
    let mut agent = Daemon::start(&mut command, scene.laboratory.home());
    agent.until_said("other brokers are ready", 1);
    let accounts = format!("/api/v1/namespaces/{}/serviceaccounts", us.namespace);
    scene.create(&accounts, &json!({"metadata": {"name": "web"}}));
    // Its token was verified, and its account was looked at.
    let answer = ask(&listen, &token(scene, us, "web"));
    assert!(answer.contains("No role is associated with"), "{answer}");
    assert!(answer.contains("iamra.dev/role-arn"), "{answer}");
    assert_eq!(super::run::probe(&metrics, "/readyz"), "ok\n");
    nothing_was_missing(agent);
}

/// It begins; without a certificate, it says that it is not ready.
#[test]
#[ignore = "peer: kube-apiserver"]
fn a_broker_begins_as_it_is_printed() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (own, objects) = runtime().block_on(applied(scene.testbed, &[]));
    runtime().block_on(forget_webhook(scene.testbed));
    let us = Installed::of_account(scene.testbed, own, "iamra-broker".to_owned());
    let us = runtime().block_on(us);
    let metrics = free_address();
    let mut command = command(&scene, &us, &words(&scene, &objects, (&us, &metrics)));
    let mut broker = Daemon::start(&mut command, scene.laboratory.home());
    broker.until_said("metrics and probes are served", 1);
    assert_eq!(super::run::probe(&metrics, "/healthz"), "ok\n");
    nothing_was_missing(broker);
}

/// The binary as that account.
fn command(scene: &Scene, us: &Installed, words: &[String]) -> Command {
    let own = token(scene, us, &us.name);
    let own = scene.laboratory.write("token", &own);
    let mut command = scene.laboratory.command(&[]);
    command
        .args(words)
        .args(["--jwt-file", &own, "--log-level", "info"])
        .args(["--kubeconfig", &kubeconfig(&scene.laboratory, us)])
        .env("POD_NAMESPACE", &us.namespace);
    // What is printed says it, and of another region than the laboratory's.
    for name in [
        "ANCHOR_ARN",
        "PROFILE_ARN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ] {
        command.env_remove(name);
    }
    command
}

fn nothing_was_missing(daemon: Daemon) {
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    for word in ["not allowed", "could not", "cannot be watched", "forbidden"] {
        assert!(!said.contains(word), "{word} in {said}");
    }
}

/// Those of the container, with a folder and a port of ours.
fn words(scene: &Scene, objects: &[Value], (us, metrics): (&Installed, &str)) -> Vec<String> {
    let config = objects.iter().find(|it| it["kind"] == "ConfigMap");
    let config = config.unwrap()["data"]["iamra.toml"].as_str().unwrap();
    let config = scene.laboratory.write("printed.toml", config);
    let container = "/spec/template/spec/containers/0/args";
    let mut workloads = objects
        .iter()
        .filter(|it| it["metadata"]["name"] == us.name);
    let words = workloads.find_map(|it| it.pointer(container)).unwrap();
    let words = words.as_array().unwrap().iter();
    let words = words.map(|word| {
        let word = word.as_str().unwrap();
        word.replace("/etc/iamra/config/iamra.toml", &config)
            .replace("$(NODE_IP):2705", metrics)
            .replace("[::]:9090", metrics)
            .replace("[::]:8443", &free_address())
    });
    words.collect()
}

/// As kubelet would put it there.
fn token(scene: &Scene, us: &Installed, account: &str) -> String {
    let namespace = &us.namespace;
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
    let audiences = ["pods.eks.amazonaws.com"];
    let asked = json!({"spec": {"audiences": audiences, "expirationSeconds": 3600}});
    let made = scene.create(&path, &asked);
    made["status"]["token"].as_str().unwrap().to_owned()
}

/// As an SDK asks.
fn ask(address: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let host = "Host: 169.254.170.23\r\nConnection: close";
    let request =
        format!("GET /v1/credentials HTTP/1.1\r\n{host}\r\nAuthorization: {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
