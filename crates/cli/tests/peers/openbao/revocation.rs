//! `cert revoke` and `sign-verbatim` against a real OpenBao.

use serde_json::{Value, json};

use super::deployment::Deployment;
use crate::run::Run;

/// Runs the binary with a token that may only do this.
fn run_allowed(deployment: &Deployment, path: &str, arguments: &[&str]) -> Run {
    let policy = format!("path \"{path}\" {{ capabilities = [\"update\"] }}");
    let body = json!({ "policy": policy });
    deployment
        .bao
        .demand("PUT", "sys/policies/acl/of-the-test", &body);
    let token = deployment.bao.token("of-the-test");
    let mut command = deployment.command(arguments);
    Run::of(command.env("VAULT_TOKEN", token))
}

fn serial(deployment: &Deployment, file: &str) -> String {
    let show = ["cert", "show", "-o", "json", "--certificate", file];
    let run = deployment.run(&show).ok();
    let shown: Value = serde_json::from_str(&run.stdout).unwrap();
    shown[0]["serial"].as_str().unwrap().to_owned()
}

fn is_revoked(deployment: &Deployment, serial: &str) -> bool {
    let revoked = deployment
        .bao
        .demand("LIST", "pki-aws/certs/revoked", &Value::Null);
    let keys = revoked["data"]["keys"].as_array().unwrap().clone();
    keys.iter().any(|key| key == serial)
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_certificate_is_revoked_by_key_and_by_serial() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    for (name, path, by_serial) in [
        ("by-key", "pki-aws/revoke-with-key", false),
        ("by-serial", "pki-aws/revoke", true),
    ] {
        deployment.run(&["cert", "issue", "--out-dir", name]).ok();
        let certificate = format!("{name}/cert.pem");
        let serial = serial(&deployment, &certificate);
        let target = if by_serial {
            ["--serial", &serial]
        } else {
            ["--out-dir", name]
        };
        let words = [&["cert", "revoke"], &target[..]].concat();
        // Its own policy does not allow it; nor does that of the other way.
        let refused = deployment.run(&words);
        assert_eq!(refused.code, Some(3), "{refused}");
        assert!(
            refused.stderr.contains(&format!("path \"{path}\"")),
            "{refused}"
        );
        assert!(!is_revoked_yet(&deployment, &serial));
        let run = run_allowed(&deployment, path, &words).ok();
        assert!(run.stdout.contains(&serial), "{run}");
        assert!(is_revoked(&deployment, &serial), "{name}");
        // Once more is no failure: it stays revoked.
        run_allowed(&deployment, path, &words).ok();
    }
}

/// The list is not there before the first one.
fn is_revoked_yet(deployment: &Deployment, serial: &str) -> bool {
    let question = super::api::Question {
        method: "LIST",
        path: "pki-aws/certs/revoked",
        token: Some(deployment.bao.root_token()),
        body: &Value::Null,
    };
    deployment.bao.ask(question).status == 200 && is_revoked(deployment, serial)
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn what_was_not_stored_is_revoked_by_its_key_or_itself() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let role =
        json!({ "allow_any_name": true, "key_type": "ec", "key_bits": 256, "no_store": true });
    deployment.bao.demand("POST", "pki-aws/roles/brief", &role);
    for (name, path) in [("a", "pki-aws/revoke-with-key"), ("b", "pki-aws/revoke")] {
        let issue = ["cert", "issue", "--pki-role", "brief", "--out-dir", name];
        deployment.run(&issue).ok();
        let certificate = format!("{name}/cert.pem");
        let serial = serial(&deployment, &certificate);
        let by_serial = ["cert", "revoke", "--serial", &serial];
        let unknown = run_allowed(&deployment, "pki-aws/revoke", &by_serial);
        assert_eq!(unknown.code, Some(3), "{unknown}");
        assert!(unknown.stderr.contains("no_store"), "{unknown}");
        let target = match path {
            "pki-aws/revoke" => ["--certificate", &certificate],
            _ => ["--out-dir", name],
        };
        let words = [&["cert", "revoke"], &target[..]].concat();
        run_allowed(&deployment, path, &words).ok();
        assert!(is_revoked(&deployment, &serial), "{name}");
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn sign_verbatim_signs_what_no_role_allows() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let words = [
        "cert",
        "issue",
        "--pki-role",
        "iamra",
        "--common-name",
        "of.nobody.invalid",
        "--out-dir",
        "verbatim",
    ];
    let refused = deployment.run(&words);
    assert_ne!(refused.code, Some(0), "{refused}");
    let mode = ["--pki-mode", "sign-verbatim", "--allow-sign-verbatim"];
    let words = [&words[..], &mode].concat();
    let run = run_allowed(&deployment, "pki-aws/sign-verbatim/iamra", &words).ok();
    assert!(run.stderr.contains("may be anybody"), "{run}");
}
