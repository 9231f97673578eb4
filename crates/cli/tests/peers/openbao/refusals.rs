//! What a real OpenBao refuses, we tell in the words and with the exit code
//! that we have for the sandbox.

use std::process::Command;

use serde_json::Value;

use super::deployment::Deployment;
use crate::run::Run;

/// A situation: its exit code, the variables and the arguments that make it.
type Case<'a> = (i32, &'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn what_it_refuses_is_told_as_for_the_sandbox() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let cases: [Case<'_>; 10] = [
        (3, &[], &["--pki-role", "nope"]),
        (3, &[], &["--common-name", "www.example.com"]),
        (3, &[], &["--uri", "spiffe://elsewhere.test/a"]),
        (3, &[], &["--pki-mount", "pki-none"]),
        (3, &[], &["--issuer", "nope"]),
        (3, &[], &["--key-type", "rsa-2048"]),
        (
            3,
            &[],
            &["--key-type", "ec-p384", "--pki-role", "default-role"],
        ),
        (3, &[("VAULT_NAMESPACE", "nowhere")], &[]),
        (3, &[("VAULT_TOKEN", "s.bad")], &[]),
        (5, &[], &["--pki-role", "keyenc-only"]),
    ];
    for case in cases {
        assert_alike(&deployment, case);
    }
    // Who may not look sees no difference between a mount and none.
    let root = deployment.bao.token("root");
    let mut command = deployment.command(&["cert", "issue", "--pki-mount", "pki-none"]);
    let run = Run::of(command.env("VAULT_TOKEN", root));
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("no handler for route"), "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn logins_that_it_refuses_are_told_as_for_the_sandbox() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let accounts = &deployment.service_accounts;
    for (role, mount, jwt) in [
        ("nope", "kubernetes", &accounts.good),
        ("iamra", "elsewhere", &accounts.good),
        ("iamra", "kubernetes", &accounts.expired),
        ("iamra", "kubernetes", &accounts.foreign_audience),
        ("iamra", "kubernetes", &accounts.foreign_namespace),
        ("iamra", "kubernetes", &accounts.foreign_name),
        ("iamra", "kubernetes", &accounts.forged),
    ] {
        let file = deployment.laboratory.write("jwt", jwt);
        let arguments = [
            ["--auth", "kubernetes"],
            ["--auth-role", role],
            ["--auth-mount", mount],
            ["--jwt-file", &file],
        ];
        assert_alike(&deployment, (3, &[], &arguments.concat()));
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn where_only_issue_is_allowed_sign_is_denied_and_says_so() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let token = deployment.bao.token("issue-only");
    let issue = |mode| {
        let mut command = deployment.command(&["cert", "issue", "--pki-mode", mode]);
        Run::of(command.env("VAULT_TOKEN", &token))
    };
    let run = issue("sign");
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("--pki-mode issue"), "{run}");
    assert!(run.stderr.contains("pki-aws/sign/iamra"), "{run}");
    issue("issue").ok();
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_sealed_one_is_told_as_for_the_sandbox() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    deployment.bao.demand("PUT", "sys/seal", &Value::Null);
    deployment.laboratory.sandbox.seal(true);
    let arguments = ["--vault-max-retries", "1"];
    let run = assert_alike(&deployment, (4, &[], &arguments));
    assert!(run.stderr.contains("Vault is sealed"), "{run}");
}

/// The same situation at both: the same exit code and the same words.
#[track_caller]
fn assert_alike(deployment: &Deployment, case: Case<'_>) -> Run {
    let (code, variables, arguments) = case;
    let run = |mut command: Command| {
        command.args(arguments).envs(variables.iter().copied());
        Run::of(&mut command)
    };
    let theirs = run(deployment.command(&["cert", "issue"]));
    let sandbox = run(deployment.laboratory.command(&["cert", "issue"]));
    assert_eq!(theirs.code, Some(code), "{arguments:?}: {theirs}");
    assert_eq!(theirs.stdout, "", "{theirs}");
    let words = |run: &Run| {
        let text = run.stderr.replace(deployment.bao.url(), "[VAULT]");
        let text = text.replace(deployment.sandbox.url(), "[VAULT]");
        let lines = text.lines().filter(|line| !line.starts_with(" INFO"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        words(&theirs),
        words(&sandbox),
        "{arguments:?} {variables:?}"
    );
    theirs
}
