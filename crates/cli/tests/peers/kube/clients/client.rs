use std::ffi::OsString;
use std::process::Command;

use super::rust;
use super::scene::{Scene, Workload};
use crate::laboratory::Laboratory;
use crate::peer::{Peer, variable};
use crate::run::Run;

/// A program of AWS's, or with AWS's SDK, that says who it is for STS.
pub(in crate::kube) struct Client {
    pub(in crate::kube) name: &'static str,
    /// What it says where the agent gives it nothing.
    pub(super) refused: &'static str,
    words: Vec<OsString>,
}

impl Client {
    /// Those that are here; of each other one it is said aloud that it is not.
    pub(in crate::kube) fn all() -> Vec<Self> {
        let all = [
            boto3(),
            aws_cli(),
            go(),
            javascript(),
            java(),
            Some(of_rust()),
        ];
        all.into_iter().flatten().collect()
    }

    /// Those of them that go on asking.
    pub(super) fn lasting() -> Vec<Self> {
        let all = Self::all().into_iter();
        all.filter(|client| client.name != AWS_CLI).collect()
    }

    /// What it says in a pod.
    pub(super) fn run(&self, scene: &Scene, workload: &Workload, address: &str) -> Run {
        let found = (address, workload.token_file.as_str());
        Run::of(&mut self.command(scene.laboratory(), found))
    }

    /// With the variables that the webhook gives it, and no other way to be anybody.
    pub(in crate::kube) fn command(
        &self,
        laboratory: &Laboratory,
        (address, token_file): (&str, &str),
    ) -> Command {
        let mut command = Command::new(&self.words[0]);
        command
            .args(&self.words[1..])
            .env_clear()
            .current_dir(laboratory.home())
            .env("HOME", laboratory.home())
            .env("PATH", variable("PATH").unwrap_or_default())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL_STS", laboratory.sandbox.aws_url())
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file)
            .env(rust::ASKED, "");
        command
    }

    fn new(name: &'static str, refused: &'static str, words: Vec<OsString>) -> Self {
        Self {
            name,
            refused,
            words,
        }
    }
}

/// Who a program has said that it is.
pub(in crate::kube) fn arn(run: &Run) -> Option<String> {
    let mut lines = run.stdout.lines();
    lines
        .find(|line| line.starts_with("arn:"))
        .map(str::to_owned)
}

fn boto3() -> Option<Client> {
    let python = Peer::python("boto3")?;
    let words = vec![python.path().into(), "-c".into(), CALLER_IDENTITY.into()];
    Some(Client::new("boto3", ACCESS_DENIED, words))
}

fn aws_cli() -> Option<Client> {
    let aws = Peer::program("aws")?;
    let words = [
        "sts",
        "get-caller-identity",
        "--query",
        "Arn",
        "--output",
        "text",
    ];
    let words = std::iter::once(aws.path().into()).chain(words.map(OsString::from));
    Some(Client::new(AWS_CLI, ACCESS_DENIED, words.collect()))
}

fn go() -> Option<Client> {
    built("caller-identity-go", ACCESS_DENIED)
}

/// Its chain of providers asks an older one last, which knows no agent.
fn javascript() -> Option<Client> {
    let refused = "is not a valid container metadata service hostname";
    built("caller-identity-javascript", refused)
}

fn java() -> Option<Client> {
    let refused = "ContainerCredentialsProvider(): Failed to load credentials";
    built("caller-identity-java", refused)
}

/// One that `cargo xtask peers` makes of what lies beside this file.
fn built(name: &'static str, refused: &'static str) -> Option<Client> {
    let program = Peer::program(name)?;
    Some(Client::new(name, refused, vec![program.path().into()]))
}

fn of_rust() -> Client {
    Client::new("the SDK for Rust", "StatusCode(403)", rust::words())
}

const CALLER_IDENTITY: &str = include_str!("caller_identity.py");

const AWS_CLI: &str = "aws-cli";

/// The agent's own words.
const ACCESS_DENIED: &str = "Access Denied";
