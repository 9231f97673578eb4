//! No secret in any output that is not meant to hold one.

use crate::laboratory::Laboratory;
use crate::run::Run;

/// Every command, with whether its stdout is credentials.
const COMMANDS: [(&[&str], bool); 11] = [
    (&["creds", "process"], true),
    (&["creds", "file"], false),
    (&["creds", "check"], false),
    (&["creds", "check", "--output", "json"], false),
    (&["cert", "issue", "--out-dir", "pki"], false),
    (
        &[
            "cert",
            "issue",
            "--out-dir",
            "legacy",
            "--layout",
            "legacy",
            "--pki-mode",
            "issue",
        ],
        false,
    ),
    (
        &[
            "cert",
            "check",
            "--certificate",
            "pki/cert.pem",
            "--private-key",
            "pki/private.pem",
        ],
        false,
    ),
    (&["cert", "show", "--certificate", "legacy/cert.pem"], false),
    (&["config", "print"], false),
    (&["config", "check"], false),
    (&["doctor"], false),
];

#[test]
fn no_command_shows_a_secret_at_any_level() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let mut runs: Vec<(String, Run, bool)> = Vec::new();
    for (words, is_credentials) in COMMANDS {
        for format in ["text", "json"] {
            let logging = ["--log-level", "trace", "--log-format", format];
            let run = laboratory.run(&[words, &logging].concat()).ok();
            let is_quiet = words.contains(&"config") || words.contains(&"show");
            assert!(
                is_quiet || run.stderr.len() > 20,
                "nothing was logged: {run}"
            );
            runs.push((words.join(" "), run, is_credentials));
        }
    }
    check(&laboratory, &runs);
}

#[test]
fn no_failure_shows_a_secret() {
    use iamra_sandbox::{Fault, FaultEffect, FaultTarget};
    let mut runs = Vec::new();
    for target in [
        FaultTarget::VaultLogin,
        FaultTarget::VaultPki,
        FaultTarget::RolesAnywhere,
        FaultTarget::Sts,
    ] {
        for effect in [
            FaultEffect::ServerError { status: 501 },
            FaultEffect::HtmlPage { status: 403 },
            FaultEffect::EndlessBody,
            FaultEffect::Redirect {
                location: "http://127.0.0.1:1/".to_owned(),
            },
        ] {
            let laboratory =
                Laboratory::with(iamra_sandbox::Settings::seed(std::sync::Arc::new(now)));
            let jwt = laboratory.service_account_token();
            laboratory
                .sandbox
                .faults()
                .add(Fault::always(target, effect));
            let mut command = laboratory.command(&[
                "creds",
                "check",
                "--log-level",
                "trace",
                "--pki-mode",
                "issue",
            ]);
            let run = Run::of(command.env("IAMRA_JWT_FILE", jwt));
            assert_ne!(run.code, Some(0), "{run}");
            check(&laboratory, &[(format!("{target:?}"), run.clone(), false)]);
            runs.push(run);
        }
    }
    assert_eq!(runs.len(), 16);
}

fn now() -> std::time::SystemTime {
    refresh::Clock::now(&refresh::SystemClock)
}

fn check(laboratory: &Laboratory, runs: &[(String, Run, bool)]) {
    let secrets = laboratory.sandbox.secrets();
    assert!(!secrets.is_empty());
    for (name, run, is_credentials) in runs {
        for secret in secrets.iter().filter(|secret| secret.len() > 8) {
            assert!(
                !run.stderr.contains(secret.as_str()),
                "{name} logs a secret: {run}"
            );
            assert!(
                *is_credentials || !run.stdout.contains(secret.as_str()),
                "{name} prints a secret: {run}"
            );
        }
    }
}
