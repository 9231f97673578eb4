//! Authorization tokens, from the sandbox's ECR.

mod ambient;
mod cache;
mod docker_config;
mod docker_credential;
mod faults;
mod inputs;
pub(crate) mod kubelet;
mod login;
mod registry;
mod token;

use std::process::Command;

use iamra_sandbox::{Operation, Settings};
use serde_json::Value;

use crate::laboratory::Laboratory;
use crate::run::Run;

/// The sandbox's own registry.
const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

/// A laboratory, and PEM files to open sessions with.
struct Ecr {
    laboratory: Laboratory,
    files: [String; 4],
}

impl Ecr {
    fn new() -> Self {
        Self::of(Laboratory::new())
    }

    fn changed(change: impl FnOnce(&mut Settings)) -> Self {
        Self::of(Laboratory::changed(change))
    }

    fn of(laboratory: Laboratory) -> Self {
        let files = laboratory.key_files("iamra");
        Self { laboratory, files }
    }

    /// `iamra ecr …` with the certificate's files.
    fn command(&self, arguments: &[&str]) -> Command {
        let files = self.files.iter().map(String::as_str);
        let all: Vec<&str> = std::iter::once("ecr")
            .chain(arguments.iter().copied())
            .chain(files)
            .collect();
        self.laboratory.command(&all)
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    /// The same with something on stdin.
    fn say(&self, arguments: &[&str], stdin: &str) -> Run {
        Run::told(&mut self.command(arguments), stdin)
    }

    /// How many tokens ECR was asked for.
    fn asked(&self) -> usize {
        self.laboratory
            .sandbox
            .requests()
            .count(Operation::EcrToken)
    }

    fn fault(&self, notation: &str) {
        let faults = self.laboratory.sandbox.faults();
        faults.add(notation.parse().unwrap());
    }

    /// Compares a run with its snapshot.
    fn snapshot(&self, name: &str, run: &Run) {
        snapshot(&self.laboratory, name, run);
    }
}

fn snapshot(laboratory: &Laboratory, name: &str, run: &Run) {
    let mut filters = laboratory.filters();
    filters.add_filter(r"[A-Za-z0-9+/]{200,}={0,2}", "[SECRET]");
    filters.add_filter(r#""(cacheDuration)":"[0-9hms]+""#, r#""$1":"[DURATION]""#);
    filters.add_filter(r"token-[0-9a-f]{64}", "token-[KEY]");
    filters.bind(|| insta::assert_snapshot!(format!("ecr-{name}"), run));
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
