//! aws-cli and boto3 at every door: with what they read from us, and nothing
//! else, STS knows them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::TcpStream;
use std::process::Command;

use iamra_sandbox::Operation;
use rustix::process::Signal;

use crate::daemon::{Daemon, free_address};
use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::{Run, iamra};

const WHO: &str = include_str!("doors/who.py");

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn boto3_reads_at_every_door() {
    let Some(python) = Peer::python("boto3") else {
        return;
    };
    every_door_leads_to_the_role(&Client::boto3(&python));
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn aws_cli_reads_at_every_door() {
    let Some(aws) = Peer::program("aws") else {
        return;
    };
    every_door_leads_to_the_role(&Client::aws_cli(&aws));
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn boto3_gets_what_is_new_after_a_rotation() {
    let Some(python) = Peer::python("boto3") else {
        return;
    };
    what_is_new_comes_after_a_rotation(&Client::boto3(&python));
}

/// At each door of the endpoint. The client says its access key id, too.
pub(crate) fn what_is_new_comes_after_a_rotation(client: &Client) {
    let stage = Stage::new();
    let opened = stage.sessions();
    let mut endpoint = Served::start(&stage);
    let doors = [endpoint.imds(), endpoint.container(&stage)];
    let before: BTreeSet<String> = doors.iter().map(|door| stage.asks(client, door)).collect();
    endpoint.daemon.signal(Signal::HUP);
    endpoint.daemon.until_said("opened a session", 2);
    let after: BTreeSet<String> = doors.iter().map(|door| stage.asks(client, door)).collect();
    assert_eq!((before.len(), after.len()), (1, 1), "one session for all");
    assert_ne!(before, after);
    assert_eq!(stage.sessions() - opened, 2);
    endpoint.daemon.end();
}

pub(crate) fn every_door_leads_to_the_role(client: &Client) {
    let stage = Stage::new();
    for (name, door) in [
        ("credential_process", stage.process()),
        ("credentials file", stage.file()),
    ] {
        stage.is_known(name, &stage.asks(client, &door));
    }
    let opened = stage.sessions();
    let endpoint = Served::start(&stage);
    for (name, door) in [
        ("IMDSv2", endpoint.imds()),
        ("container endpoint", endpoint.container(&stage)),
    ] {
        for _ in 0..2 {
            stage.is_known(name, &stage.asks(client, &door));
        }
    }
    assert_eq!(stage.sessions() - opened, 1, "one session for all");
    endpoint.daemon.end();
    for options in [&["exec"][..], &["exec", "--serve"]] {
        stage.is_known(&options.join(" "), &stage.below(client, options));
    }
}

/// A client as a command line, but for the address of STS.
pub(crate) struct Client {
    words: Vec<OsString>,
    /// What stands behind the address.
    last: &'static [&'static str],
    /// The variable that the address is in, if it is no word.
    variable: Option<&'static str>,
}

impl Client {
    pub(crate) fn of(program: impl Into<OsString>, words: &[&str]) -> Self {
        let words = words.iter().map(OsString::from);
        Self {
            words: std::iter::once(program.into()).chain(words).collect(),
            last: &[],
            variable: None,
        }
    }

    /// The address of STS is in this variable.
    pub(crate) fn telling_sts_by(self, variable: &'static str) -> Self {
        Self {
            variable: Some(variable),
            ..self
        }
    }

    fn boto3(python: &Peer) -> Self {
        Self::of(python.path(), &["-c", WHO])
    }

    fn aws_cli(aws: &Peer) -> Self {
        let words = ["sts", "get-caller-identity", "--endpoint-url"];
        Self {
            last: &["--query", "Arn", "--output", "text"],
            ..Self::of(aws.path(), &words)
        }
    }

    fn words(&self, sts: &str) -> Vec<OsString> {
        let sts = self.variable.is_none().then_some(OsString::from(sts));
        let last = self.last.iter().map(OsString::from);
        self.words.iter().cloned().chain(sts).chain(last).collect()
    }

    fn variable<'a>(&self, sts: &'a str) -> Option<(&'static str, &'a str)> {
        Some((self.variable?, sts))
    }
}

/// What a client finds in its environment.
type Door = Vec<(&'static str, String)>;

/// A certificate in files, and a home in which a client finds nothing.
struct Stage {
    laboratory: Laboratory,
    files: [String; 4],
    arn: String,
}

impl Stage {
    fn new() -> Self {
        let laboratory = Laboratory::new();
        let files = laboratory.key_files("iamra");
        let check = ["creds", "check", "--output", "json"];
        let files_of_check: Vec<&str> = files.iter().map(String::as_str).collect();
        let ours = laboratory.run(&[&check, &files_of_check[..]].concat()).ok();
        let ours: serde_json::Value = serde_json::from_str(&ours.stdout).unwrap();
        let arn = ours["arn"].as_str().unwrap().to_owned();
        assert!(arn.starts_with("arn:aws:sts::123456789012:assumed-role/iamra-sandbox/"));
        Self {
            laboratory,
            files,
            arn,
        }
    }

    fn iamra(&self, verb: &[&str]) -> Command {
        let mut command = self.laboratory.command(verb);
        command.args(&self.files);
        command
    }

    fn sessions(&self) -> usize {
        let requests = self.laboratory.sandbox.requests();
        requests.count(Operation::CreateSession)
    }

    fn process(&self) -> Door {
        let line = format!(
            "[default]\ncredential_process = \"{}\" creds process {} --trust-anchor-arn {} \
             --profile-arn {} --role-arn {} --endpoint {}\n",
            env!("CARGO_BIN_EXE_iamra"),
            self.files.join(" "),
            self.laboratory.sandbox.trust_anchor_arn(),
            self.laboratory.sandbox.profile_arn(),
            self.laboratory.sandbox.role_arn(),
            self.laboratory.sandbox.aws_url(),
        );
        vec![("AWS_CONFIG_FILE", self.laboratory.write("config", &line))]
    }

    fn file(&self) -> Door {
        let path = self.laboratory.path("written").display().to_string();
        let mut command = self.iamra(&["creds", "file", "--credentials-file", &path]);
        Run::of(&mut command).ok();
        vec![("AWS_SHARED_CREDENTIALS_FILE", path)]
    }

    /// What the client says with a door's variables alone.
    fn asks(&self, client: &Client, door: &Door) -> String {
        let sts = self.laboratory.sandbox.aws_url();
        let words = client.words(&sts);
        let mut command = Command::new(&words[0]);
        let base = iamra(self.laboratory.home());
        let base = base.get_envs().filter_map(|(name, it)| Some((name, it?)));
        command
            .args(&words[1..])
            .env_clear()
            .envs(base)
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .envs(door.iter().map(|(name, value)| (name, value)))
            .envs(client.variable(&sts))
            .current_dir(self.laboratory.home());
        said(&Run::of(&mut command).ok())
    }

    /// What the client says as a command of ours.
    fn below(&self, client: &Client, options: &[&str]) -> String {
        let verb = [&["creds"], options].concat();
        let sts = self.laboratory.sandbox.aws_url();
        let mut command = self.iamra(&verb);
        command.arg("--").args(client.words(&sts));
        said(&Run::of(command.envs(client.variable(&sts))).ok())
    }

    #[track_caller]
    fn is_known(&self, door: &str, said: &str) {
        let arn = said.split(' ').next();
        assert_eq!(arn, Some(self.arn.as_str()), "{door}");
    }
}

/// The line that names a role: other programs say more than that.
fn said(run: &Run) -> String {
    let line = run.stdout.lines().find(|line| line.starts_with("arn:"));
    line.unwrap_or_else(|| panic!("{run}")).to_owned()
}

/// `creds serve`, and where it is.
struct Served {
    daemon: Daemon,
    address: String,
}

impl Served {
    fn start(stage: &Stage) -> Self {
        let address = free_address();
        let token = stage.laboratory.path("token").display().to_string();
        let mut command = stage.iamra(&["creds", "serve", "--listen", &address]);
        command.args(["--authorization-token-file", &token]);
        let mut daemon = Daemon::start(&mut command, stage.laboratory.home());
        daemon.until("listening", || TcpStream::connect(&address).is_ok());
        Self { daemon, address }
    }

    fn imds(&self) -> Door {
        let address = format!("http://{}/", self.address);
        vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", address)]
    }

    fn container(&self, stage: &Stage) -> Door {
        let uri = format!("http://{}/creds", self.address);
        let token = stage.laboratory.path("token").display().to_string();
        vec![
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token),
        ]
    }
}
