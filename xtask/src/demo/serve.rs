use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{log_line, redacted};
use crate::failure::Result;
use crate::{Failure, peers, workspace};

mod endpoint;

use endpoint::Endpoint;

/// Every door that a program can read credentials from, each tried by aws-cli:
/// it finds what that door's page in `docs/doors` says, and nothing else.
pub(super) fn walk(scratch: &Path) -> Result {
    let stage = Stage {
        folder: scratch.to_owned(),
        aws: aws_cli(),
    };
    stage.identity()?;
    stage.process()?;
    stage.file()?;
    stage.endpoint()?;
    stage.exec()?;
    println!(
        "\n{}",
        match stage.aws {
            Some(_) => "One identity at every door. STS of the sandbox checked each signature.",
            None => "Every door was opened. Without aws-cli, STS was not asked who reads there.",
        }
    );
    Ok(())
}

/// aws-cli; where it is absent, it is installed, and where that fails, said.
fn aws_cli() -> Option<PathBuf> {
    let found = peers::program("aws").or_else(|| {
        println!("aws-cli is not here: installing it from PyPI into target/peers");
        if let Err(failure) = peers::install_python() {
            println!("{failure}");
        }
        peers::program("aws")
    });
    if found.is_none() {
        println!(
            "aws-cli is ABSENT: where iamra can read itself, it shows who that is; \
             the other doors are opened, and read by nobody"
        );
    }
    found
}

/// Variables of one door.
pub(super) type Door = Vec<(String, String)>;

pub(super) struct Stage {
    folder: PathBuf,
    aws: Option<PathBuf>,
}

impl Stage {
    fn identity(&self) -> Result {
        title("An identity for all that follows: a certificate in files");
        self.show(&["cert", "issue", "--out-dir", &self.path("pki")], &[])
    }

    fn process(&self) -> Result {
        title("credential_process: an SDK runs iamra");
        let line = format!("{} creds process", super::iamra().display());
        let text = format!("[default]\ncredential_process = {line}\n");
        let config = self.path("config");
        std::fs::write(&config, &text).map_err(|error| Failure::file(config.as_ref(), &error))?;
        println!("   {config}:");
        for line in text.lines() {
            println!("   | {line}");
        }
        match self.aws {
            Some(_) => self.ask(&[("AWS_CONFIG_FILE".to_owned(), config)]),
            None => self.show(&["creds", "process"], &[]),
        }
    }

    fn file(&self) -> Result {
        title("A credentials file: iamra writes it, with --watch again and again");
        let file = self.path("credentials");
        self.show(&["creds", "file", "--credentials-file", &file], &[])?;
        for line in workspace::read(file.as_ref())?.lines() {
            println!("   | {}", redacted::line(line));
        }
        self.ask(&[("AWS_SHARED_CREDENTIALS_FILE".to_owned(), file)])
    }

    fn endpoint(&self) -> Result {
        title("An endpoint: creds serve says what programs need");
        let mut endpoint = Endpoint::start(self)?;
        title("The same, as ECS has it: container credentials, with a token in a file");
        if self.aws.is_some() {
            self.ask(&endpoint.container)?;
        } else {
            let file = self.path("from-endpoint");
            let verb = ["creds", "file", "--credentials-file", &file];
            self.read(&verb, &endpoint.container)?;
        }
        title("The same, as EC2 has it: the instance metadata service, version 2");
        self.ask(&endpoint.imds)?;
        title("SIGHUP: another session, for all who ask");
        endpoint.replace()?;
        self.ask(&endpoint.container)?;
        endpoint.end()
    }

    fn exec(&self) -> Result {
        title("creds exec: a command with credentials in its environment");
        self.below(&["creds", "exec"])?;
        title("creds exec --serve: a command with an endpoint of its own");
        self.below(&["creds", "exec", "--serve"])
    }

    /// Who aws-cli is with these variables and no others.
    fn ask(&self, door: &[(String, String)]) -> Result {
        let Some(aws) = &self.aws else {
            println!("   aws-cli is absent: not read");
            return Ok(());
        };
        for (name, value) in door {
            println!("   $ export {name}={value}");
        }
        println!("   $ aws {}", IDENTITY.join(" "));
        let mut command = Command::new(aws);
        command.args(IDENTITY).env_clear().envs(inherited());
        // For the door where it runs us.
        command.envs(self.certificate());
        command.env("HOME", &self.folder).envs(door.iter().cloned());
        run(command)
    }

    /// Who aws-cli is below one of our verbs.
    fn below(&self, verb: &[&str]) -> Result {
        let aws = self.aws.as_ref().map(|aws| aws.display().to_string());
        let mut words = verb.to_vec();
        words.push("--");
        match &aws {
            Some(aws) => {
                words.push(aws);
                words.extend(IDENTITY);
            }
            None => words.extend(["printenv", "AWS_CREDENTIAL_EXPIRATION"]),
        }
        if aws.is_none() && verb.contains(&"--serve") {
            words.truncate(verb.len() + 1);
            words.extend(["printenv", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]);
        }
        self.show(&words, &[])
    }

    /// A command of ours with the identity, and what it says.
    fn show(&self, words: &[&str], variables: &[(String, String)]) -> Result {
        println!("   $ iamra {}", words.join(" "));
        let mut command = self.iamra(words);
        command.envs(variables.iter().cloned());
        run(command)
    }

    /// The same as a program that knows a door and no Roles Anywhere.
    fn read(&self, words: &[&str], door: &[(String, String)]) -> Result {
        println!("   $ iamra {}", words.join(" "));
        let mut command = Command::new(super::iamra());
        command.args(words).env_clear().envs(door.iter().cloned());
        command
            .env("HOME", &self.folder)
            .env("IAMRA_LOG_FORMAT", "json");
        run(command)
    }

    fn iamra(&self, words: &[&str]) -> Command {
        let mut command = Command::new(super::iamra());
        command
            .args(words)
            .env("HOME", &self.folder)
            .env("IAMRA_LOG_FORMAT", "json")
            .envs(self.certificate())
            .env("AWS_CONFIG_FILE", self.path("none"))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.path("none"));
        command
    }

    /// Where the identity is.
    fn certificate(&self) -> [(&'static str, String); 3] {
        [
            ("IAMRA_CERTIFICATE", self.path("pki/cert.pem")),
            ("IAMRA_INTERMEDIATES", self.path("pki/chain.pem")),
            ("IAMRA_PRIVATE_KEY", self.path("pki/private.pem")),
        ]
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// Runs a command, shows what it says with secrets cut, and fails where it does.
fn run(mut command: Command) -> Result {
    let program = PathBuf::from(command.get_program());
    let output = command
        .output()
        .map_err(|error| Failure::file(&program, &error))?;
    let seen = &mut BTreeSet::new();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        if let Some(line) = log_line::render(line, seen) {
            println!("   {line}");
        }
    }
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        println!("   {}", redacted::json(line));
    }
    if output.status.success() {
        return Ok(());
    }
    let message = format!("`{}`: {}", program.display(), output.status);
    Err(Failure::new(message))
}

/// What a program has at every door: where the services are, which the sandbox
/// has told us.
fn inherited() -> impl Iterator<Item = (String, String)> {
    let is_place = |name: &str| {
        let starts = ["AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "VAULT_"];
        starts.iter().any(|start| name.starts_with(start))
            || ["PATH", "ANCHOR_ARN", "PROFILE_ARN", "ROLE_ARN"].contains(&name)
    };
    std::env::vars().filter(move |(name, _)| is_place(name))
}

fn title(text: &str) {
    println!("\n── {text}");
}

/// The sandbox's address of STS is in `AWS_ENDPOINT_URL_STS`.
const IDENTITY: [&str; 6] = [
    "sts",
    "get-caller-identity",
    "--query",
    "Arn",
    "--output",
    "text",
];
