//! moto's ECR: what boto3 and aws-cli get there, we get there, too.

use std::process::Command;

use serde_json::Value;

use super::stage::Stage;
use super::stranger::{boto3_token, session_variables};
use crate::moto::Moto;
use crate::peer::Peer;
use crate::run::Run;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn what_boto3_and_aws_cli_get_of_moto_we_get() {
    let (Some(python), Some(aws)) = (Peer::python("boto3"), Peer::program("aws")) else {
        return;
    };
    let Some(of_moto) = Peer::python("moto.server") else {
        return;
    };
    let stage = Stage::new();
    let moto = Moto::start(stage.peer(&of_moto), Some(TWELVE_HOURS));
    let theirs = Run::of(boto3_token(&stage, &python, "ecr").env(ENDPOINT, &moto.url)).ok();
    let theirs: Value = serde_json::from_str(&theirs.stdout).unwrap();
    let ours = Run::of(&mut at(&moto, &stage, &["-o", "json"])).ok();
    let ours: Value = serde_json::from_str(&ours.stdout).unwrap();
    assert_eq!(ours["username"], theirs["username"]);
    assert_eq!(ours["password"], theirs["password"]);
    assert_eq!(ours["registries"][0], theirs["registry"]);
    let ends: jiff::Timestamp = ours["expiresAt"].as_str().unwrap().parse().unwrap();
    let apart = ends.as_duration().as_secs_f64() - theirs["expiresAt"].as_f64().unwrap();
    assert!(apart.abs() < 120.0, "{ours} {theirs}");
    for (of_aws, format) in [
        ("get-login-password", "password"),
        ("get-authorization-token", "authorization"),
    ] {
        let mut command = stage.peer(&aws);
        command
            .envs(session_variables(&stage))
            .env(ENDPOINT, &moto.url)
            .args(["ecr", of_aws, "--output", "text"]);
        let theirs = Run::of(&mut command).ok().stdout;
        let ours = Run::of(&mut at(&moto, &stage, &["-o", format])).ok().stdout;
        let ours = ours.trim_end().trim_start_matches("Authorization: Basic ");
        assert!(theirs.split_whitespace().any(|it| it == ours), "{of_aws}");
    }
}

/// A token that has ended opens nothing: it is better not to hand it out.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_token_of_2015_is_refused_though_aws_cli_takes_it() {
    let (Some(aws), Some(of_moto)) = (Peer::program("aws"), Peer::python("moto.server")) else {
        return;
    };
    let stage = Stage::new();
    let moto = Moto::start(stage.peer(&of_moto), None);
    let mut command = stage.peer(&aws);
    command
        .envs(session_variables(&stage))
        .env(ENDPOINT, &moto.url)
        .args(["ecr", "get-login-password"]);
    let theirs = Run::of(&mut command).ok();
    assert_eq!(theirs.stdout, "123456789012-auth-token\n");
    let ours = Run::of(&mut at(&moto, &stage, &[]));
    assert_ne!(ours.code, Some(0), "{ours}");
    assert!(ours.stderr.contains("has expired already"), "{ours}");
    assert!(!ours.stderr.contains("auth-token"), "{ours}");
}

/// `iamra ecr token` there, with a session of the sandbox.
fn at(moto: &Moto, stage: &Stage, words: &[&str]) -> Command {
    let mut command = stage.ecr(&["token", "--no-cache"]);
    command.args(words).env(ENDPOINT, &moto.url);
    command
}

const ENDPOINT: &str = "AWS_ENDPOINT_URL_ECR";
const TWELVE_HOURS: u32 = 12 * 60 * 60;
