//! The cases in an account: what they need is made by a template, and taken away again.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use refresh::{Clock as _, SystemClock};
use rolesanywhere::Session;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::case::{self, CASES};
use crate::certificates::Authority;
use crate::outcome::Outcome;
use crate::place::Place;
use crate::registries;

#[test]
#[ignore = "needs an AWS account: cargo xtask test --aws"]
fn aws_answers_as_expected() {
    let (result, second) = (said("IAMRA_EVIDENCE"), said("IAMRA_EVIDENCE_REGION"));
    let now = SystemClock.now();
    let root = Authority::root("iamra evidence", now);
    let other = Authority::root("iamra evidence other", now);
    let seconds = now.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let stack = Stack::create(&format!("iamra-evidence-{seconds}"), &root, &other, &second);
    let place = stack.place();
    let runtime = Builder::new_current_thread().enable_all().build();
    let record = Record {
        path: Path::new(&result),
        seconds,
    };
    let outcomes = runtime.unwrap().block_on(outcomes(&place, &root, &record));
    drop(stack);
    println!("{result}");
    let surprises: Vec<_> = outcomes.iter().filter(|it| !it.as_expected).collect();
    assert!(surprises.is_empty(), "{surprises:#?}");
}

/// What `cargo xtask test --aws` tells.
#[expect(clippy::disallowed_methods, reason = "a test's own variables")]
fn said(name: &str) -> String {
    std::env::var(name).unwrap()
}

async fn outcomes(place: &Place, root: &Authority, record: &Record<'_>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let session = granted(place, root).await;
    for case in &CASES {
        let outcome = case.run(place, root).await;
        println!("{}: {}", outcome.case, outcome.got.answer);
        outcomes.push(outcome);
        record.write(&outcomes);
    }
    if let Some(session) = session {
        outcomes.extend(registries::run(place, &session).await);
        record.write(&outcomes);
    }
    outcomes
}

/// The first session: IAM takes a while to know a role everywhere.
async fn granted(place: &Place, root: &Authority) -> Option<Session> {
    for _ in 0..12 {
        if let Ok(session) = case::session(place, root).await {
            return Some(session);
        }
        SystemClock.sleep(Duration::from_secs(10)).await;
    }
    None
}

/// Where what came out is kept, after each case. Nothing in it is the account's own.
struct Record<'a> {
    path: &'a Path,
    seconds: u64,
}

impl Record<'_> {
    #[expect(clippy::disallowed_methods, reason = "a test's own result")]
    fn write(&self, outcomes: &[Outcome]) {
        let document = json!({
            "iamra": env!("CARGO_PKG_VERSION"),
            "time": self.seconds,
            "outcomes": outcomes,
        });
        let text = serde_json::to_string_pretty(&document).unwrap();
        std::fs::write(self.path, text + "\n").unwrap();
    }
}

/// A stack that goes with the value, whatever happens in between.
struct Stack {
    name: String,
}

impl Stack {
    fn create(name: &str, root: &Authority, other: &Authority, second: &str) -> Self {
        let parameter =
            |key: &str, value: &str| json!({"ParameterKey": key, "ParameterValue": value});
        let parameters = json!([
            parameter("CaCertificate", &root.pem),
            parameter("OtherCaCertificate", &other.pem),
            parameter("SecondRegion", second),
        ]);
        let stack = Self {
            name: name.to_owned(),
        };
        stack.call(
            "create-stack",
            &[
                "--template-body",
                include_str!("template.yaml"),
                "--capabilities",
                "CAPABILITY_IAM",
                "--parameters",
                &parameters.to_string(),
            ],
        );
        stack.call("wait", &["stack-create-complete"]);
        stack
    }

    fn place(&self) -> Place {
        let answer: Value = serde_json::from_str(&self.call("describe-stacks", &[])).unwrap();
        let outputs = answer["Stacks"][0]["Outputs"].as_array().unwrap();
        let pairs = outputs.iter().map(|output| {
            let key = output["OutputKey"].as_str().unwrap().to_owned();
            (key, output["OutputValue"].clone())
        });
        serde_json::from_value(Value::Object(pairs.collect())).unwrap()
    }

    fn call(&self, verb: &str, arguments: &[&str]) -> String {
        let output = self.command(verb, arguments).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "aws cloudformation {verb}: {complaint}"
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self, verb: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("aws");
        command.args(["cloudformation", verb]).args(arguments);
        command.args(["--stack-name", &self.name, "--output", "json"]);
        command
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let delete = self.command("delete-stack", &[]).status();
        let wait = self.command("wait", &["stack-delete-complete"]).status();
        if !(delete.is_ok_and(|it| it.success()) && wait.is_ok_and(|it| it.success())) {
            println!("the stack {} is still there: delete it", self.name);
        }
    }
}
