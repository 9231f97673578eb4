//! boto3 and aws-cli with roles that are assumed onwards, and with variables.

use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::Run;

const ASSUME_ROLE: &str = include_str!("sdk/assume_role.py");

/// A profile whose process assumes the next role.
fn with_profile() -> Laboratory {
    let laboratory = Laboratory::new();
    std::fs::create_dir(laboratory.path(".aws")).unwrap();
    let next = laboratory.sandbox.next_role_arn();
    let line = format!(
        "[profile next]\ncredential_process = \"{}\" creds process --chain-role-arn {next}\n",
        env!("CARGO_BIN_EXE_iamra")
    );
    laboratory.write(".aws/config", &line);
    laboratory
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn boto3_goes_on_from_where_a_chain_ends() {
    let Some(python) = Peer::python("boto3") else {
        return;
    };
    let laboratory = with_profile();
    let sandbox = &laboratory.sandbox;
    let mut command = python.command(&laboratory);
    command.args(["-c", ASSUME_ROLE, "next"]);
    command.args([&sandbox.aws_url(), sandbox.last_role_arn()]);
    let run = Run::of(&mut command).ok();
    let arn = "arn:aws:sts::345678901234:assumed-role/iamra-sandbox-last/boto3";
    assert_eq!(run.stdout.trim(), arn, "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn aws_cli_is_the_last_role_by_process_and_by_variables() {
    let Some(aws) = Peer::program("aws") else {
        return;
    };
    let laboratory = with_profile();
    let url = laboratory.sandbox.aws_url();
    let arn = [
        "sts",
        "get-caller-identity",
        "--endpoint-url",
        &url,
        "--query",
        "Arn",
    ];
    let expected = "arn:aws:sts::210987654321:assumed-role/iamra-sandbox-next/";
    let mut command = aws.command(&laboratory);
    command
        .args(arn)
        .args(["--output", "text", "--profile", "next"]);
    let run = Run::of(&mut command).ok();
    assert!(run.stdout.starts_with(expected), "{run}");

    let next = laboratory.sandbox.next_role_arn();
    let variables = [
        "creds",
        "env",
        "-o",
        "json",
        "--with-region",
        "--chain-role-arn",
        next,
    ];
    let variables = laboratory.run(&variables).ok();
    let variables: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&variables.stdout).unwrap();
    let mut command = aws.command(&laboratory);
    command.args(arn).args(["--output", "text"]).envs(variables);
    let run = Run::of(&mut command).ok();
    assert!(run.stdout.starts_with(expected), "{run}");
}
