use std::path::PathBuf;

use serde_json::Value;

use crate::layout::Unpacked;
use crate::node::Node;
use crate::sandbox::Sandbox;

/// The pod that iamra replaces: changed are image, command and args.
const POD: &str = include_str!("../../../crates/cli/testdata/seed/pod.yaml");

#[test]
#[ignore = "peer: an image, and root"]
fn the_pod_of_the_recipe_runs_from_its_own_manifest() {
    let Some(image) = Unpacked::of("amd64") else {
        return;
    };
    let Some(node) = Node::of(&image) else {
        return;
    };
    let Some(sandbox) = Sandbox::start(&["--seed"]) else {
        return;
    };
    let pod: Value = serde_saphyr::from_str(POD).unwrap();
    let container = &pod["spec"]["initContainers"][0];
    let user = &container["securityContext"]["runAsUser"];
    let mut node = node.run_as(&format!("{user}:{user}"));
    for variable in container["env"].as_array().unwrap() {
        let (name, value) = variable_of(variable, &sandbox);
        node = node.with(&name, value);
    }
    // Every pod has the token of its service account there.
    let token = sandbox.file("IAMRA_JWT_FILE");
    let place = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    // The sandbox is not where AWS is.
    let aws = sandbox.environment["AWS_ENDPOINT_URL_STS"].clone();
    node = node.mounted(&token, place).with("AWS_ENDPOINT_URL", aws);
    let mut folders: Vec<PathBuf> = Vec::new();
    for mount in container["volumeMounts"].as_array().unwrap() {
        let folder = sandbox.empty_folder(text(&mount["name"]));
        node = node.mounted(&folder, text(&mount["mountPath"]));
        folders.push(folder);
    }
    let words = ["command", "args"].map(|it| container[it].as_array().unwrap());
    let words: Vec<&str> = words.into_iter().flatten().map(text).collect();
    let run = node.run(&words);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let written = std::fs::read_to_string(folders[0].join("credentials")).unwrap();
    let keys = written
        .lines()
        .map(|line| line.split('=').next().unwrap().trim());
    let expected = [
        "[default]",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
    ];
    assert!(keys.eq(expected), "{}", written.len());
}

/// A variable of the pod: what its cluster would have filled in is the sandbox's.
fn variable_of(variable: &Value, sandbox: &Sandbox) -> (String, String) {
    let name = text(&variable["name"]);
    let ours = || sandbox.environment[name].clone();
    let value = match variable["value"].as_str() {
        Some(_) if name == "VAULT_ADDR" => ours(),
        Some("${VAULT_CERT_CN}") => sandbox.environment["VAULT_CERT_CN"].clone(),
        Some(value) => value.to_owned(),
        None => ours(),
    };
    (name.to_owned(), value)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
