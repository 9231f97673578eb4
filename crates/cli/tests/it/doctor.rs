use iamra_sandbox::{Fault, FaultEffect, FaultTarget};

use crate::laboratory::Laboratory;
use crate::run::Run;

fn snapshot(laboratory: &Laboratory, name: &str, run: &Run) {
    laboratory.filters().bind(|| {
        insta::assert_snapshot!(
            format!("doctor-{name}"),
            format!("exit code: {:?}\n{}", run.code, run.stdout)
        );
    });
}

#[test]
fn a_healthy_pipeline_is_all_ticks() {
    let laboratory = Laboratory::new();
    snapshot(&laboratory, "healthy", &laboratory.run(&["doctor"]).ok());
    let json = laboratory.run(&["doctor", "--output", "json"]).ok();
    let steps: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(
        steps
            .as_array()
            .unwrap()
            .iter()
            .all(|step| step["ok"] != false),
        "{json}"
    );
}

#[test]
fn it_ends_with_the_first_failures_exit_code() {
    for (name, code, change, arguments) in [
        (
            "vault-sealed",
            4,
            Some((FaultTarget::VaultPki, FaultEffect::Sealed)),
            &[][..],
        ),
        ("role-missing", 3, None, &["--pki-role", "nope"]),
        ("unfit", 5, None, &["--pki-role", "no-keyusage"]),
        ("aws-denied", 3, None, &["--role-session-name", "build-7"]),
        ("no-arns", 2, None, &["--role-arn", "x"]),
    ] {
        let laboratory = Laboratory::new();
        if let Some((target, effect)) = change {
            laboratory
                .sandbox
                .faults()
                .add(Fault::always(target, effect));
        }
        let run = laboratory.run(&[&["doctor", "--vault-max-retries", "0"], arguments].concat());
        assert_eq!(run.code, Some(code), "{name}: {run}");
        snapshot(&laboratory, name, &run);
    }
}

#[test]
fn offline_calls_nobody() {
    let laboratory = Laboratory::new();
    snapshot(
        &laboratory,
        "offline",
        &laboratory.run(&["doctor", "--offline"]).ok(),
    );
    let files = laboratory.key_files("iamra");
    let before = laboratory.sandbox.requests().len();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    laboratory
        .run(&[&["doctor", "--offline"], &files[..]].concat())
        .ok();
    assert_eq!(laboratory.sandbox.requests().len(), before);
}
