//! `creds env`.

use std::collections::BTreeMap;
use std::process::Command;

use crate::laboratory::Laboratory;
use crate::run::Run;

fn env(laboratory: &Laboratory, more: &[&str]) -> Run {
    let files = laboratory.key_files("iamra");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    laboratory.run(&[&["creds", "env"], &files[..], more].concat())
}

/// What a shell has after it has evaluated `script`.
fn evaluated(shell: &str, script: &str) -> Option<BTreeMap<String, String>> {
    let mut command = Command::new(shell);
    command.args(["-c", &format!("{script}\nenv")]).env_clear();
    let output = command.env("PATH", "/usr/bin:/bin").output().ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let ours = pairs.filter(|(name, _)| name.starts_with("AWS_"));
    Some(
        ours.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    )
}

#[test]
fn a_shell_that_evaluates_it_has_credentials_that_work() {
    let laboratory = Laboratory::new();
    for (shell, format) in [("sh", "sh"), ("fish", "fish")] {
        let run = env(&laboratory, &["--with-region", "-o", format]).ok();
        assert_eq!(run.stderr, "");
        let Some(variables) = evaluated(shell, &run.stdout) else {
            assert_ne!(shell, "sh");
            continue;
        };
        let names: Vec<&str> = variables.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "AWS_ACCESS_KEY_ID",
                "AWS_CREDENTIAL_EXPIRATION",
                "AWS_DEFAULT_REGION",
                "AWS_REGION",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
            ]
        );
        let secrets = laboratory.sandbox.secrets();
        for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            assert!(secrets.contains(&variables[name]), "{name}");
        }
        let expiration: Result<jiff::Timestamp, _> = variables["AWS_CREDENTIAL_EXPIRATION"].parse();
        assert!(expiration.is_ok(), "{variables:?}");
    }
}

#[test]
fn each_format_is_chosen_and_others_are_refused() {
    let laboratory = Laboratory::new();
    for (format, start) in [
        ("sh", "export AWS_ACCESS_KEY_ID=ASIA"),
        ("fish", "set -gx AWS_ACCESS_KEY_ID 'ASIA"),
        ("powershell", "$Env:AWS_ACCESS_KEY_ID = 'ASIA"),
        ("dotenv", "AWS_ACCESS_KEY_ID=ASIA"),
        ("json", "{\n  \"AWS_ACCESS_KEY_ID\": \"ASIA"),
    ] {
        let run = env(&laboratory, &["--output", format]).ok();
        assert!(run.stdout.starts_with(start), "{run}");
        assert!(!run.stdout.contains("REGION"), "{run}");
    }
    let run = env(&laboratory, &["-o", "text"]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(
        run.stderr
            .contains("--output: it must be sh, fish, powershell, dotenv or json"),
        "{run}"
    );
}

/// `script` gives a program a terminal; not every system has it.
#[test]
fn on_a_terminal_it_says_that_secrets_are_shown() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra").join(" ");
    let binary = env!("CARGO_BIN_EXE_iamra");
    let line = format!("{binary} creds env {files}");
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .envs(laboratory.sandbox.environment());
    if let Ok(output) = command.output() {
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("secrets are on this terminal"), "{text}");
    }
}
