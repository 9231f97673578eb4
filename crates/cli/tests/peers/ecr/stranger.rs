//! boto3 and aws-cli at the sandbox's ECR: it speaks to strangers as AWS does.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, SystemTime};

use iamra_sandbox::{EcrAction, EcrDenial};
use refresh::{Clock as _, SystemClock};
use serde_json::Value;

use super::HOST;
use super::stage::Stage;
use crate::peer::Peer;
use crate::run::Run;

const TOKEN: &str = include_str!("token.py");

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn boto3_gets_tokens() {
    let Some(python) = Peer::python("boto3") else {
        return;
    };
    let stage = Stage::new();
    for (service, registry) in [("ecr", HOST), ("ecr-public", "")] {
        let run = Run::of(&mut boto3_token(&stage, &python, service)).ok();
        let token: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(token["username"], "AWS");
        assert_eq!(token["registry"], registry);
        let password = token["password"].as_str().unwrap().to_owned();
        assert!(stage.laboratory.sandbox.secrets().contains(&password));
        let left = token["expiresAt"].as_f64().unwrap() - now().as_secs_f64();
        assert!((left - TWELVE_HOURS).abs() < 120.0, "{left} s");
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn boto3_knows_the_refusals() {
    let Some(python) = Peer::python("boto3") else {
        return;
    };
    let stage = Stage::new();
    let refused = |name: &str, value: &str| {
        let mut command = boto3_token(&stage, &python, "ecr");
        let run = Run::of(command.env(name, value));
        assert_eq!(run.code, Some(1), "{run}");
        run.stderr.trim_end().to_owned()
    };
    for (name, value, code) in [
        (
            "AWS_SECRET_ACCESS_KEY",
            "wrong",
            "InvalidSignatureException",
        ),
        (
            "AWS_ACCESS_KEY_ID",
            "ASIAQQQQQQQQQQQQQQQQ",
            "UnrecognizedClientException",
        ),
    ] {
        assert_eq!(refused(name, value), code);
    }
    deny(&stage);
    assert_eq!(refused("UNUSED", ""), "AccessDeniedException");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn aws_cli_gets_passwords_and_shows_a_refusal() {
    let Some(aws) = Peer::program("aws") else {
        return;
    };
    let stage = Stage::new();
    let ask = |service: &str| {
        let mut command = stage.peer(&aws);
        command.envs(session_variables(&stage));
        Run::of(command.args([service, "get-login-password"]))
    };
    for service in ["ecr", "ecr-public"] {
        let run = ask(service).ok();
        let password = run.stdout.trim_end().to_owned();
        let known = stage.laboratory.sandbox.secrets().contains(&password);
        assert!(known, "{service}");
    }
    deny(&stage);
    let run = ask("ecr");
    let told = "(AccessDeniedException) when calling the GetAuthorizationToken operation";
    assert!(run.stderr.contains(told), "{run}");
}

/// boto3 as somebody with a session.
pub(super) fn boto3_token(stage: &Stage, python: &Peer, service: &str) -> Command {
    let mut command = stage.peer(python);
    command
        .envs(session_variables(stage))
        .args(["-c", TOKEN, service]);
    command
}

/// The credentials of a session, for programs that know no Roles Anywhere.
pub(super) fn session_variables(stage: &Stage) -> BTreeMap<String, String> {
    let words = ["creds", "env", "-o", "json", "--with-region"];
    let run = stage.laboratory.run(&words).ok();
    serde_json::from_str(&run.stdout).unwrap()
}

/// From now on the sandbox's role gets no tokens.
fn deny(stage: &Stage) {
    let sandbox = &stage.laboratory.sandbox;
    sandbox.configure_ecr(|ecr| {
        ecr.denials = vec![EcrDenial {
            principal_arn: sandbox.role_arn().to_owned(),
            action: EcrAction::GetAuthorizationToken,
        }];
    });
}

fn now() -> Duration {
    let since_1970 = SystemClock.now().duration_since(SystemTime::UNIX_EPOCH);
    since_1970.unwrap()
}

const TWELVE_HOURS: f64 = 12.0 * 60.0 * 60.0;
