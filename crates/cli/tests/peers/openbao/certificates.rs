//! Certificates that a real OpenBao issues to the binary, and the sessions
//! that they open.

use serde_json::{Value, json};

use super::deployment::Deployment;
use crate::run::Run;

/// The certificate set in the folder `pki`, as `creds` takes it; `chain.pem` is
/// not in every layout.
const FILES: [&str; 4] = [
    "--certificate",
    "pki/cert.pem",
    "--private-key",
    "pki/private.pem",
];

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn every_login_obtains_a_certificate() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let tokens = || {
        let keys = deployment
            .bao
            .demand("LIST", "auth/token/accessors", &Value::Null);
        keys["data"]["keys"].as_array().unwrap().len()
    };
    let jwt = deployment
        .laboratory
        .write("jwt", &deployment.service_accounts.good);
    deployment
        .laboratory
        .write("sink", &format!("{}\n", deployment.token));
    for arguments in [
        &["--auth", "token"][..],
        &["--auth", "token-file", "--vault-token-file", "sink"],
        &["--auth", "kubernetes", "--jwt-file", &jwt],
    ] {
        let before = tokens();
        let run = deployment.run(&[&["cert", "issue"], arguments].concat());
        assert!(run.ok().stderr.contains("Vault issued a certificate"));
        // The one that we got by logging in is given back; the other is kept.
        assert_eq!(tokens(), before, "{arguments:?}");
    }
    // As in a pod that has all the variables, and the token empty.
    let mut command = deployment.command(&["cert", "issue"]);
    let run = Run::of(command.env("VAULT_TOKEN", "").env("IAMRA_JWT_FILE", &jwt)).ok();
    assert!(run.stderr.contains("method=\"kubernetes\""), "{run}");
    // As on a machine where somebody has logged in.
    deployment
        .laboratory
        .write(".vault-token", &deployment.token);
    let mut command = deployment.command(&["cert", "issue"]);
    let run = Run::of(command.env_remove("VAULT_TOKEN")).ok();
    assert!(run.stderr.contains("there is a token file"), "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn every_layout_and_mode_opens_a_session() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    for (layout, role, certificates) in [
        ("clean", "iamra", 1),
        ("bundle", "iamra", 2),
        ("legacy", "iamra", 2),
        ("clean", "default-role", 1),
        ("legacy", "default-role", 2),
        ("clean", "p384", 1),
    ] {
        for mode in ["sign", "issue"] {
            let name = format!("{layout} {role} {mode}");
            let options = ["--layout", layout, "--pki-mode", mode, "--pki-role", role];
            let issue = ["cert", "issue", "--out-dir", "pki"];
            deployment.run(&[&issue[..], &options].concat()).ok();
            let written = deployment.laboratory.read("pki/cert.pem");
            let count = written.matches("-----BEGIN CERTIFICATE-----").count();
            assert_eq!(count, certificates, "{name}");
            let mut files = FILES.to_vec();
            if layout != "bundle" {
                files.extend(["--intermediates", "pki/chain.pem"]);
            }
            deployment
                .run(&[&["cert", "check"], &files[..]].concat())
                .ok();
            assert_session(&deployment, &files);
            // The same without a file.
            assert_session(&deployment, &options[2..]);
        }
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn only_the_anchor_of_its_root_opens_a_session() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    deployment.run(&["doctor"]).ok();
    let sandbox = &deployment.laboratory.sandbox;
    let run = deployment.run(&["doctor", "--trust-anchor-arn", sandbox.trust_anchor_arn()]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stdout.contains("Untrusted"), "{run}");
}

/// A session is opened, and knows what the certificate is called.
#[track_caller]
fn assert_session(deployment: &Deployment, options: &[&str]) {
    let check = ["creds", "check", "--output", "json"];
    let run = deployment.run(&[&check, options].concat()).ok();
    let caller: Value = serde_json::from_str(&run.stdout).unwrap();
    let arn = caller["arn"].as_str().unwrap();
    let known = "arn:aws:sts::123456789012:assumed-role/iamra-sandbox/";
    assert!(arn.starts_with(known), "{run}");
    assert_eq!(caller["source_identity"], "CN=app.example.test", "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn key_names_and_life_are_as_asked() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let names = json!([
        "DNS:app.example.test",
        "DNS:api.example.test",
        "IP:10.0.0.1",
        "IP:2001:db8::1",
        "URI:spiffe://example.test/ns/apps/sa/iamra",
    ]);
    for (role, key_type, key) in [
        ("iamra", "auto", "EC P-256"),
        ("p384", "auto", "EC P-384"),
        ("p384", "ec-p384", "EC P-384"),
        ("default-role", "auto", "RSA, 2048 bits"),
        ("default-role", "rsa-3072", "RSA, 3072 bits"),
    ] {
        let shown = show(&deployment, &["--pki-role", role, "--key-type", key_type]);
        assert_eq!(shown["key"], key, "{role} {key_type}");
    }
    let arguments = [
        ["--dns", "api.example.test"],
        ["--ip", "10.0.0.1"],
        ["--ip", "2001:db8::1"],
        ["--uri", "spiffe://example.test/ns/apps/sa/iamra"],
        ["--ttl", "30m"],
    ];
    for mode in ["sign", "issue"] {
        let shown = show(
            &deployment,
            &[&["--pki-mode", mode], &arguments.concat()[..]].concat(),
        );
        let sorted = |value: &Value| {
            let names = value.as_array().unwrap().iter();
            let mut names: Vec<_> = names.map(ToString::to_string).collect();
            names.sort();
            names
        };
        assert_eq!(
            sorted(&shown["subject_alt_names"]),
            sorted(&names),
            "{mode}"
        );
        let time = |name: &str| {
            let text = shown[name].as_str().unwrap();
            text.parse::<jiff::Timestamp>().unwrap()
        };
        let life = time("not_after").duration_since(time("not_before"));
        assert!((1800..=1860).contains(&life.as_secs()), "{mode}: {life}");
    }
}

/// Issues a certificate and shows it.
#[track_caller]
fn show(deployment: &Deployment, options: &[&str]) -> Value {
    let issue = ["cert", "issue", "--out-dir", "pki"];
    deployment.run(&[&issue, options].concat()).ok();
    let show = ["cert", "show", "--output", "json", "--certificate"];
    let run = deployment
        .run(&[&show[..], &["pki/cert.pem"]].concat())
        .ok();
    let shown: Value = serde_json::from_str(&run.stdout).unwrap();
    shown[0].clone()
}
