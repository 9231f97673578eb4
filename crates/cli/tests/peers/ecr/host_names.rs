//! What is a registry of ECR, and whom to ask for its token: our answers beside
//! those of the programs that we replace. Nobody is reached: what counts is who
//! is asked for, at a proxy that leads nowhere.

use std::net::TcpListener;
use std::process::Command;

use serde_json::{Value, json};

use super::stage::Stage;
use crate::laboratory::Laboratory;
use crate::passage::Passage;
use crate::peer::Peer;
use crate::run::Run;

/// One host on a line: whom we ask, whom the two others, and why that differs.
/// `-` is nobody: it is no registry; `=` is the one that we ask.
const HOSTS: &str = include_str!("host_names/hosts.txt");

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn we_ask_as_the_table_says() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let authority = laboratory.sandbox.aws_ca_pem().unwrap().to_owned();
    let stage = Stage::with(laboratory, nowhere(), &authority);
    for row in rows() {
        let asked = stage.passage.asked_while(|| {
            let mut command = stage.ecr(&["token", "--no-cache", "--registry", row.host]);
            for name in ["AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL_ECR_PUBLIC"] {
                command.env_remove(name);
            }
            assert_ne!(Run::of(&mut command).code, Some(0));
        });
        assert_eq!(asked, row.ours.as_slice(), "{}", row.host);
        let parsed = Run::of(&mut stage.ecr(&["parse", "-o", "json", row.host]));
        assert_eq!(parsed.code == Some(0), row.ours.is_some(), "{parsed}");
        if let Some(asked) = row.ours {
            let parsed: Value = serde_json::from_str(&parsed.stdout).unwrap();
            let region = format!(".{}.", parsed["region"].as_str().unwrap());
            assert!(asked.contains(&region), "{} {parsed}", row.host);
        }
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn docker_credential_ecr_login_asks_as_the_table_says() {
    let Some(program) = Peer::program("docker-credential-ecr-login") else {
        return;
    };
    let passage = nowhere();
    let home = tempfile::tempdir().unwrap();
    for row in rows() {
        let asked = passage.asked_while(|| {
            let mut command = somebody(&program, &passage);
            command.arg("get").env("HOME", home.path());
            ask(&mut command, row.host);
        });
        assert_eq!(asked, row.theirs.as_slice(), "{}", row.host);
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn ecr_credential_provider_asks_as_the_table_says() {
    let Some(program) = Peer::program("ecr-credential-provider") else {
        return;
    };
    let passage = nowhere();
    for row in rows() {
        let question = json!({
            "kind": "CredentialProviderRequest",
            "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
            "image": format!("{}/team/app", row.host.trim_end_matches('/')),
        });
        let asked = passage.asked_while(|| {
            ask(&mut somebody(&program, &passage), &question.to_string());
        });
        assert_eq!(asked, row.theirs.as_slice(), "{}", row.host);
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn every_difference_has_a_reason() {
    for row in rows() {
        let same = row.theirs == row.ours;
        assert_eq!(same, row.reason.is_empty(), "{}", row.host);
    }
}

struct Row {
    host: &'static str,
    ours: Option<&'static str>,
    theirs: Option<&'static str>,
    reason: &'static str,
}

fn rows() -> Vec<Row> {
    let lines = HOSTS.lines().filter(|line| !line.trim().is_empty());
    lines.map(row).collect()
}

fn row(line: &'static str) -> Row {
    let (answers, reason) = line.split_once('#').unwrap_or((line, ""));
    let words: Vec<_> = answers.split_whitespace().collect();
    let [host, ours, theirs] = words[..] else {
        panic!("no row: {line}");
    };
    let asked = |word| if word == "=" { ours } else { word };
    let somebody = |word: &'static str| (word != "-").then_some(word);
    Row {
        host,
        ours: somebody(ours),
        theirs: somebody(asked(theirs)),
        reason: reason.trim(),
    }
}

/// Whoever goes there learns that it leads nowhere.
fn nowhere() -> Passage {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    Passage::to(closed.local_addr().unwrap())
}

/// A Go program with credentials that nobody gave.
fn somebody(program: &Peer, passage: &Passage) -> Command {
    let mut command = Command::new(program.path());
    command
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "AKIAQQQQQQQQQQQQQQQQ")
        .env("AWS_SECRET_ACCESS_KEY", "nobody's")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("AWS_ECR_DISABLE_CACHE", "true")
        .env("HTTPS_PROXY", passage.url());
    command
}

/// Asks a program; both say that they could not.
fn ask(command: &mut Command, question: &str) {
    let run = Run::told(command, question);
    assert_eq!(run.code, Some(1), "{run}");
}
