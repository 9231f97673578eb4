use std::process::Output;

use crate::layout::Unpacked;
use crate::node::Node;
use crate::sandbox::Sandbox;

/// What both are told; the addresses have certificates of private CAs.
fn with_sandbox<'a>(node: Node<'a>, sandbox: &Sandbox) -> Node<'a> {
    let variables = sandbox.environment.iter();
    let names = |name: &str| TOLD.contains(&name) || name.starts_with("AWS_ENDPOINT_URL");
    let variables = variables.filter(|(name, _)| names(name));
    let node = variables.fold(node, |node, (name, value)| node.with(name, value.clone()));
    let cas = ["VAULT_CACERT", "AWS_CA_BUNDLE"].into_iter();
    cas.fold(node, |node, name| {
        let place = format!("/run/{name}.pem");
        let node = node.mounted(&sandbox.file(name), &place);
        node.with(name, place)
    })
}

/// Certificate, session, identity, and a credentials file in the one folder that can be
/// written to.
fn main_job(node: Node<'_>) {
    let sandbox = Sandbox::start(&["--tls"]).unwrap();
    let folder = sandbox.empty_folder("aws");
    let node = with_sandbox(node, &sandbox).mounted(&folder, "/home/nobody/.aws");
    let checked = node.run(&["/iamra", "creds", "check"]);
    let said = ok(&checked);
    assert!(said.contains(":assumed-role/iamra-sandbox/"), "{said}");
    ok(&node.run(&["/iamra", "creds", "file"]));
    let written = std::fs::read_to_string(folder.join("credentials")).unwrap();
    assert!(written.contains("aws_session_token = ") || written.contains("aws_session_token="));
    // Beside that there is nowhere to write to.
    let elsewhere = node.run(&["/iamra", "cert", "issue", "--out-dir", "/home/nobody/pki"]);
    let refused = String::from_utf8_lossy(&elsewhere.stderr).into_owned();
    assert!(
        !elsewhere.status.success() && refused.contains("Read-only file system"),
        "{refused}"
    );
}

fn ok(output: &Output) -> String {
    let [said, logged] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(output.status.success(), "{said}\n{logged}");
    said.into_owned()
}

#[test]
#[ignore = "peer: an image, and root"]
fn it_does_the_main_job_in_an_empty_root_that_is_read_only() {
    let Some(image) = Unpacked::of("amd64") else {
        return;
    };
    assert_eq!(image.config["User"], "65534:65534");
    if let Some(node) = Node::of(&image) {
        main_job(node);
    }
}

#[test]
#[ignore = "peer: an image, qemu-user-static, and root"]
fn the_one_for_arm64_does_so_too() {
    let Some(image) = Unpacked::of("arm64") else {
        return;
    };
    if let Some(node) = Node::of(&image).and_then(Node::emulated) {
        main_job(node);
    }
}

/// As whom it is called.
#[test]
#[ignore = "peer: an image, and root"]
fn it_answers_to_each_of_its_names() {
    let Some(image) = Unpacked::of("amd64") else {
        return;
    };
    let Some(node) = Node::of(&image) else {
        return;
    };
    for (name, argument, said) in [
        ("iamra", "--version", "iamra "),
        ("aws_signing_helper", "version", "1."),
        ("docker-credential-iamra", "list", "{}"),
        ("docker-credential-ecr-login", "list", "{}"),
    ] {
        let output = node.run(&[name, argument]);
        let printed = ok(&output);
        assert!(printed.contains(said), "{name}: {printed}");
    }
}

/// What of the sandbox's variables counts in a container: the others name files of its own.
const TOLD: [&str; 9] = [
    "VAULT_ADDR",
    "VAULT_TOKEN",
    "VAULT_CERT_CN",
    "IAMRA_PKI_ROLE",
    "ANCHOR_ARN",
    "PROFILE_ARN",
    "ROLE_ARN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
];
