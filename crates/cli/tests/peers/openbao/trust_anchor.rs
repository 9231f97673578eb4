//! `cert trust-anchor` against a real OpenBao.

use serde_json::{Value, json};

use super::deployment::Deployment;
use crate::run::Run;

/// Gives the mount another CA of the same root, which becomes the default.
fn rotate(deployment: &Deployment) {
    let ask = |path: &str, body: &Value| deployment.bao.demand("POST", path, body);
    let key = json!({ "common_name": "next intermediate", "key_type": "ec", "key_bits": 256 });
    let made = ask("pki-aws/intermediate/generate/internal", &key);
    let request = json!({
        "csr": made["data"]["csr"],
        "common_name": "next intermediate",
        "ttl": "8000h",
    });
    let signed = ask("pki/root/sign-intermediate", &request);
    let certificate = json!({ "certificate": signed["data"]["certificate"] });
    let set = ask("pki-aws/intermediate/set-signed", &certificate);
    let id = &set["data"]["imported_issuers"][0];
    ask("pki-aws/config/issuers", &json!({ "default": id }));
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn what_is_printed_is_what_issued_before_and_after_a_rotation() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let print = |more: &[&str]| {
        let mut command = deployment.command(&[&["cert", "trust-anchor"], more].concat());
        Run::of(command.env("VAULT_TOKEN", "")).ok()
    };
    let issue = |folder: &str| {
        deployment.run(&["cert", "issue", "--out-dir", folder]).ok();
        deployment.laboratory.read(&format!("{folder}/chain.pem"))
    };
    assert_eq!(print(&[]).stdout, issue("before"));
    rotate(&deployment);
    assert_eq!(print(&[]).stdout, issue("after"));
    // Both issuers, and not the root that the mount knows.
    let bundle = print(&["--bundle"]).stdout;
    assert_eq!(bundle.matches("BEGIN CERTIFICATE").count(), 2, "{bundle}");
    deployment.laboratory.write("bundle.pem", &bundle);
    for folder in ["before", "after"] {
        let certificate = format!("{folder}/cert.pem");
        let check = [
            "cert",
            "check",
            "--certificate",
            &certificate,
            "--trust-anchor-pem",
        ];
        deployment.run(&[&check[..], &["bundle.pem"]].concat()).ok();
        let root = deployment.run(&[&check[..], &["root.pem"]].concat());
        assert_eq!(root.code, Some(5), "{root}");
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_mount_that_is_shared_is_seen() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let quiet = deployment.run(&["cert", "trust-anchor"]).ok();
    assert!(!quiet.stderr.contains("ACME"), "{quiet}");
    let ask = |path: &str, body: &Value| deployment.bao.demand("POST", path, body);
    let path = format!("{}/v1/pki-aws", deployment.bao.url());
    ask("pki-aws/config/cluster", &json!({ "path": path }));
    ask("pki-aws/config/acme", &json!({ "enabled": true }));
    let run = deployment.run(&["cert", "trust-anchor"]).ok();
    assert!(run.stderr.contains("answers ACME"), "{run}");
    let words = ["cert", "trust-anchor", "--inspect-roles"];
    let mut command = deployment.command(&words);
    let run = Run::of(command.env("VAULT_TOKEN", deployment.bao.root_token())).ok();
    assert!(
        run.stderr
            .contains("the role default-role of the mount pki-aws"),
        "{run}"
    );
    assert!(!run.stderr.contains("the role iamra of"), "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_mount_that_is_not_there_is_no_question_of_tokens() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    for token in ["", deployment.token.as_str()] {
        let mut command = deployment.command(&["cert", "trust-anchor", "--pki-mount", "nope"]);
        let run = Run::of(command.env("VAULT_TOKEN", token));
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.stderr.contains("there may be no such mount"), "{run}");
    }
}
