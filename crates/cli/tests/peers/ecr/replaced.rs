//! The programs that ours stand in for, with the same ECR: what they answer, we
//! answer, but for the password.

use std::process::Command;

use serde_json::{Value, json};

use super::HOST;
use super::stage::Stage;
use super::stranger::session_variables;
use crate::peer::Peer;
use crate::run::Run;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn docker_is_answered_as_by_docker_credential_ecr_login() {
    let Some(theirs) = Peer::program("docker-credential-ecr-login") else {
        return;
    };
    let stage = Stage::new();
    for server in [
        HOST.to_owned(),
        format!("https://{HOST}"),
        "public.ecr.aws".to_owned(),
    ] {
        let mut theirs = at_ecr(&theirs, &stage);
        let theirs = Run::told(theirs.arg("get"), &server).ok();
        let ours = Run::told(&mut stage.ecr(&["docker-credential", "get"]), &server).ok();
        let [ours, theirs] = [ours, theirs].map(|run| without(&run, "Secret"));
        assert_eq!(ours, theirs);
    }
    let mut theirs = at_ecr(&theirs, &stage);
    let theirs = Run::told(theirs.arg("get"), "docker.io");
    let ours = Run::told(&mut stage.ecr(&["docker-credential", "get"]), "docker.io");
    assert_eq!(
        (ours.code, ours.stdout.trim_end()),
        (theirs.code, theirs.stdout.trim_end())
    );
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn kubelet_is_answered_as_by_ecr_credential_provider() {
    let Some(theirs) = Peer::program("ecr-credential-provider") else {
        return;
    };
    let stage = Stage::new();
    for host in [HOST, "public.ecr.aws"] {
        let question = json!({
            "kind": "CredentialProviderRequest",
            "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
            "image": format!("{host}/team/app"),
        })
        .to_string();
        let theirs = Run::told(&mut at_ecr(&theirs, &stage), &question).ok();
        let ours = Run::told(&mut stage.ecr(&["kubelet-provider"]), &question).ok();
        let [ours, theirs] = [ours, theirs].map(|run| without(&run, "password"));
        let durations = [&ours, &theirs].map(|it| it["cacheDuration"].clone());
        // Half of what is left, which is less by the moment.
        for duration in durations {
            let duration = duration.as_str().unwrap().to_owned();
            let is_half = duration.starts_with("5h59m") || duration.starts_with("6h0m0s");
            assert!(is_half, "{duration}");
        }
        for name in ["kind", "apiVersion", "cacheKeyType"] {
            assert_eq!(ours[name], theirs[name], "{host}");
        }
        assert_eq!(ours["auth"], theirs["auth"], "{host}");
    }
}

/// A program with a session, for it knows no Roles Anywhere.
fn at_ecr(program: &Peer, stage: &Stage) -> Command {
    let mut command = stage.peer(program);
    command.envs(session_variables(stage));
    command
}

/// An answer in which every password is replaced, and was there.
fn without(run: &Run, name: &str) -> Value {
    let mut answer: Value = serde_json::from_str(&run.stdout).unwrap();
    let secrets: Vec<&mut Value> = match answer.pointer_mut("/auth") {
        Some(Value::Object(logins)) => logins.values_mut().map(|login| &mut login[name]).collect(),
        _ => vec![&mut answer[name]],
    };
    for secret in secrets {
        assert!(secret.as_str().is_some_and(|it| it.len() > 1000), "{run}");
        *secret = "…".into();
    }
    answer
}
