//! A pod lives longer than its token, which kubelet replaces in the file: SDKs must
//! look there each time.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use super::client::Client;
use super::endpoint::Endpoint;
use crate::laboratory::Laboratory;

/// A client that says who it is whenever it is asked.
struct Running {
    process: Child,
    asks: ChildStdin,
    says: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(client: &Client, laboratory: &Laboratory, found: (&str, &str)) -> Self {
        let mut command = client.command(laboratory, found);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        Self {
            asks: process.stdin.take().unwrap(),
            says: BufReader::new(process.stdout.take().unwrap()).lines(),
            process,
        }
    }

    /// Waits until it says who it is.
    fn says(&mut self) -> String {
        let mut lines = self.says.by_ref().map(Result::unwrap);
        lines.find(|line| line.starts_with("arn:")).unwrap()
    }

    fn ends(mut self) {
        drop(self.asks);
        // What else it has to say must not hold it up.
        self.says.for_each(drop);
        assert!(self.process.wait().unwrap().success());
    }
}

#[test]
#[ignore = "peers: AWS's SDKs"]
fn a_program_that_runs_on_reads_the_token_anew() {
    let laboratory = Laboratory::new();
    let process = laboratory.run(&["creds", "process"]).ok();
    let credentials: serde_json::Value = serde_json::from_str(&process.stdout).unwrap();
    for client in Client::lasting() {
        let endpoint = Endpoint::start(credentials.clone());
        let file = laboratory.write("token", "first");
        let mut running = Running::start(&client, &laboratory, (&endpoint.uri(), &file));
        let known = running.says();
        assert!(endpoint.tokens().iter().all(|token| token == "first"));
        laboratory.write("token", "second");
        until_shown(&endpoint, "second", || {
            running.asks.write_all(b"\n").unwrap();
            assert_eq!(running.says(), known, "{}", client.name);
        });
        running.ends();
    }
}

/// Goes on until the endpoint has seen that token: some SDKs ask in the background.
fn until_shown(endpoint: &Endpoint, token: &str, mut go_on: impl FnMut()) {
    for _ in 0..300 {
        go_on();
        if endpoint.tokens().iter().any(|shown| shown == token) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{token} is not among {:?}", endpoint.tokens());
}
