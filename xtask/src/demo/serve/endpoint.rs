use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{Door, Stage};
use crate::failure::Result;
use crate::{Failure, workspace};

/// `creds serve` in the background, and the variables that it printed.
pub(super) struct Endpoint {
    child: Child,
    log: PathBuf,
    pub(super) container: Door,
    pub(super) imds: Door,
}

impl Endpoint {
    pub(super) fn start(stage: &Stage) -> Result<Self> {
        let token = stage.path("token");
        let verb = ["creds", "serve", "--listen", "127.0.0.1:0"];
        let verb = [&verb[..], &["--authorization-token-file", &token]].concat();
        println!("   $ iamra {} &", verb.join(" "));
        let log = PathBuf::from(stage.path("log"));
        let file = File::create(&log).map_err(|error| Failure::file(&log, &error))?;
        let mut command = stage.iamra(&verb);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command
            .stderr(file)
            .spawn()
            .map_err(|error| Failure::new(format!("creds serve: {error}")))?;
        let printed = child.stdout.take();
        let mut endpoint = Self {
            child,
            log,
            container: Vec::new(),
            imds: Vec::new(),
        };
        endpoint.listen(printed.into_iter().map(BufReader::new));
        endpoint.until("opened a session", 1)?;
        Ok(endpoint)
    }

    /// Reads what it prints, up to the last variable.
    fn listen(&mut self, printed: impl Iterator<Item = impl BufRead>) {
        for line in printed
            .flat_map(BufRead::lines)
            .map_while(std::io::Result::ok)
        {
            println!("   {line}");
            let Some((name, value)) = line
                .strip_prefix("export ")
                .and_then(|line| line.split_once('='))
            else {
                continue;
            };
            let variable = (name.to_owned(), value.trim_matches('\'').to_owned());
            if name.starts_with("AWS_CONTAINER_") {
                self.container.push(variable);
            } else {
                self.imds.push(variable);
                return;
            }
        }
    }

    /// Asks for another session, and waits for it.
    pub(super) fn replace(&mut self) -> Result {
        println!("   $ kill -HUP $!");
        self.signal(Signal::SIGHUP)?;
        self.until("opened a session", 2)
    }

    /// Shows to whom what was handed out, and ends it.
    pub(super) fn end(mut self) -> Result {
        println!("\n── What its log says: who had which credentials, at which door");
        for line in workspace::read(&self.log)?.lines() {
            let Ok(event) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            if event["event"] == "hand-out" {
                let fact = |name: &str| event[name].as_str().unwrap_or("?").to_owned();
                let [key, caller, door] = ["access_key_id", "caller", "door"].map(fact);
                println!("   • {key} to {caller} at {door}");
            }
        }
        println!("   $ kill $!");
        self.signal(Signal::SIGTERM)?;
        let status = self.child.wait();
        let status = status.map_err(|error| Failure::new(format!("creds serve: {error}")))?;
        println!("   ended: {status}");
        Ok(())
    }

    fn until(&mut self, text: &str, times: usize) -> Result {
        for _ in 0..500 {
            let log = workspace::read(&self.log)?;
            if log.matches(text).count() >= times {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::new(format!("creds serve: {status}\n{log}")));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(Failure::new(format!("creds serve never said {text:?}")))
    }

    fn signal(&self, signal: Signal) -> Result {
        let id = i32::try_from(self.child.id());
        let id = id.map_err(|error| Failure::new(error.to_string()))?;
        kill(Pid::from_raw(id), signal).map_err(|error| Failure::new(error.to_string()))
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
