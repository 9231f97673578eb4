//! kubelet's own code: what it gets of our plugin, and finds in our pull secrets.

use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use iamra_sandbox::Operation;
use serde_json::{Value, json};

use super::HOST;
use super::stage::Stage;
use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::{Run, iamra};

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn the_plugin_answers_as_its_printed_configuration_says() {
    let Some(oracle) = oracle() else {
        return;
    };
    let stage = Stage::new();
    let settings = settings(&stage.laboratory, stage.laboratory.sandbox.role_arn());
    let mut command = plugin(&oracle, &stage, &settings);
    let images = [OURS, OTHER, PUBLIC];
    let command = command.args(images).arg("docker.io/library/busybox");
    let found = answers(&Run::told(command, "").ok());
    for (image, found) in images.iter().zip(&found) {
        let mut token = iamra(stage.laboratory.home());
        let (host, _) = image.split_once('/').unwrap();
        token.args(["ecr", "token", "--config", &settings, "--registry", host]);
        let token = Run::of(&mut token).ok();
        assert_eq!(found["creds"], creds(&[token.stdout.trim_end()]), "{image}");
    }
    assert_eq!(found[3]["found"], false);
    // Two regions and the public registry; our own questions were answered from
    // what the plugin had left.
    let requests = stage.laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::EcrToken), 2);
    assert_eq!(requests.count(Operation::EcrPublicToken), 1);
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn why_the_plugin_has_nothing_stands_in_kubelets_log() {
    let Some(oracle) = oracle() else {
        return;
    };
    let stage = Stage::new();
    let settings = settings(&stage.laboratory, "arn:aws:iam::123456789012:role/nobody");
    let mut command = plugin(&oracle, &stage, &settings);
    let run = Run::told(command.arg(OURS), "").ok();
    assert_eq!(answers(&run)[0]["found"], false);
    let reason = "CreateSession was refused: AccessDeniedException";
    assert!(run.stderr.contains(reason), "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_pull_secret_is_found_however_the_registry_was_named() {
    let Some(oracle) = oracle() else {
        return;
    };
    let stage = Stage::new();
    let password = stage.printed(&["token"]);
    for named in [
        HOST.to_owned(),
        format!("https://{HOST}"),
        format!("https://{HOST}/"),
        format!("https://{HOST}/v2/"),
        format!("{HOST}:443"),
        format!("{HOST}/team"),
        HOST.to_uppercase(),
    ] {
        for format in ["dockerconfigjson", "config-json"] {
            let printed = stage.printed(&["token", "-o", format, "--registry", &named]);
            let mut command = Command::new(oracle.path());
            command.arg("secret").args([
                OURS.to_owned(),
                format!("{HOST}/team/app@sha256:{}", "0".repeat(64)),
                format!("{HOST}/app"),
                format!("{HOST}/a/b/c:latest"),
            ]);
            for found in answers(&Run::told(&mut command, &secret(&printed)).ok()) {
                let expected = creds(&[password.trim_end()]);
                assert_eq!(found["creds"], expected, "{named} {}", found["image"]);
            }
        }
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_pull_secret_is_for_its_registries_and_no_other() {
    let Some(oracle) = oracle() else {
        return;
    };
    let stage = Stage::new();
    let several = ["--registry", HOST, "--registry", "public.ecr.aws"];
    let printed = stage.printed(&[&["token", "-o", "dockerconfigjson"], &several[..]].concat());
    let mut command = Command::new(oracle.path());
    command.args(["secret", OURS, PUBLIC, OTHER, "docker.io/library/busybox"]);
    let found = answers(&Run::told(&mut command, &secret(&printed)).ok());
    let found: Vec<_> = found.iter().map(|it| it["found"].clone()).collect();
    assert_eq!(found, [true, true, false, false]);
}

fn oracle() -> Option<Peer> {
    Peer::named_by_or_program("IAMRA_TEST_KUBELET", "kubelet-oracle")
}

/// The oracle with our plugin, as its own configuration has it. On a node there
/// is nothing of ours in the environment.
fn plugin(oracle: &Peer, stage: &Stage, settings: &str) -> Command {
    let config = stage.printed(&["kubelet-config", "--plugin-config", settings]);
    let config = stage.laboratory.write("providers.yaml", &config);
    let mut command = Command::new(oracle.path());
    command
        .env_clear()
        .args(["plugin", &config])
        .arg(stage.laboratory.path("bin"));
    command
}

/// What the oracle says of each image, in order.
fn answers(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn creds(passwords: &[&str]) -> Value {
    let one = |password: &&str| json!({ "username": "AWS", "password": password });
    passwords.iter().map(one).collect()
}

/// A pull secret with this file in it.
fn secret(file: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": BASE64_STANDARD.encode(file) },
    })
    .to_string()
}

/// Everything that the plugin needs on a node, in a file.
fn settings(laboratory: &Laboratory, role: &str) -> String {
    let [_, certificate, _, key] = laboratory.key_files("iamra");
    let sandbox = &laboratory.sandbox;
    let text = format!(
        "schema = 1\ntrust-anchor-arn = '{anchor}'\nprofile-arn = '{profile}'\n\
         role-arn = '{role}'\ncertificate = '{certificate}'\nprivate-key = '{key}'\n\
         endpoint = '{url}'\necr-endpoint = '{url}'\necr-public-endpoint = '{url}'\n\
         cache-dir = '{cache}'\n",
        anchor = sandbox.trust_anchor_arn(),
        profile = sandbox.profile_arn(),
        url = sandbox.aws_http_url(),
        cache = laboratory.path("node-cache").display(),
    );
    laboratory.write("config.toml", &text)
}

/// An image of the sandbox's registry.
const OURS: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:1";
/// One in another region, by its other name.
const OTHER: &str = "210987654321.dkr-ecr.eu-central-1.on.aws/app:2";
const PUBLIC: &str = "public.ecr.aws/docker/library/busybox:1";
