//! `k8s run` over thousands of namespaces of a real kube-apiserver: what `cargo
//! xtask bench k8s` runs. Its arguments are the binary and the number of namespaces.
//!
//! Fails where the calls are more than they have to be, or memory is over its
//! limit. Times are printed, and what they are beside the same writes by a client
//! that does nothing else.
#![cfg(unix)]
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement for people, in a folder of its own, by the clock on the wall"
)]

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use iamra_sandbox::{Operation, Sandbox};

#[path = "bench_k8s/api.rs"]
mod api;
#[path = "background/sandbox.rs"]
mod background;
#[path = "bench_k8s/daemon.rs"]
mod daemon;
#[path = "../../k8s-sinks/tests/kube/testbed.rs"]
#[expect(dead_code, reason = "the sinks' own tests use more of it")]
mod testbed;

use api::{Api, Calls};
use daemon::Daemon;
use testbed::Testbed;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().ok_or("name the binary")?;
    let namespaces = arguments.next().ok_or("how many namespaces?")?.parse()?;
    let Some(testbed) = Testbed::start() else {
        return Err("there is no kube-apiserver".into());
    };
    let scratch = tempfile::tempdir()?;
    let (sandbox, _) = background::sandbox(|_| {})?;
    let bench = Bench {
        binary: binary.into(),
        folder: scratch.path().to_owned(),
        api: Api::new(&testbed)?,
        testbed,
        sandbox,
        namespaces,
    };
    bench.run()
}

/// What is measured with.
pub(crate) struct Bench {
    pub(crate) binary: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) testbed: Testbed,
    pub(crate) sandbox: Sandbox,
    api: Api,
    namespaces: usize,
}

impl Bench {
    fn run(&self) -> Result {
        let made = timed(|| self.api.make_namespaces(self.namespaces))?;
        println!(
            "{} namespaces made in {:.1} s",
            self.namespaces,
            made.as_secs_f64()
        );
        let bare = timed(|| self.api.make_secrets(self.namespaces))?;
        println!("{:>28} {:>8.1} s", "bare POSTs", bare.as_secs_f64());

        let daemon = Daemon::start(self, ("unlimited", "0"))?;
        self.measure("first sync, no rate limit", (&daemon, bare), 1)?;
        daemon.hang_up();
        self.measure("rotation, no rate limit", (&daemon, bare), 2)?;
        idle(&daemon)?;
        let memory = daemon.end()?;

        let paced = Duration::from_secs(self.namespaces as u64 / PER_SECOND);
        let daemon = Daemon::start(self, ("paced", &PER_SECOND.to_string()))?;
        self.measure("first sync, 20 a second", (&daemon, paced), 3)?;
        let memory = memory.max(daemon.end()?);
        println!("\nmemory {memory:.1} MiB at the most, of {LARGEST} MiB");
        if memory > LARGEST {
            return Err("that is too much memory".into());
        }
        Ok(())
    }

    /// Waits until all have the tokens of this request, and judges the calls since
    /// the last measurement.
    fn measure(&self, what: &str, (daemon, beside): (&Daemon, Duration), tokens: usize) -> Result {
        let before = self.api.calls()?;
        let took = timed(|| daemon.until_in_step(self.namespaces, tokens))?;
        let calls = self.api.calls()?.since(&before);
        let ratio = took.as_secs_f64() / beside.as_secs_f64();
        println!(
            "{what:>28} {:>8.1} s, {ratio:.2} of it; {calls}",
            took.as_secs_f64()
        );
        let asked = self.tokens();
        if asked != tokens {
            return Err(format!("{asked} tokens were asked for, not {tokens}").into());
        }
        self.judge(&calls)
    }

    /// How many tokens were asked for so far.
    pub(crate) fn tokens(&self) -> usize {
        self.sandbox.requests().count(Operation::EcrToken)
    }

    /// One write each, and a list in pages.
    fn judge(&self, calls: &Calls) -> Result {
        let spare = 20 + self.namespaces / 50;
        if calls.writes() > self.namespaces + spare || calls.reads() > spare {
            return Err(format!("{calls}: that is more than has to be").into());
        }
        Ok(())
    }
}

fn idle(daemon: &Daemon) -> Result {
    let before = daemon.cpu()?;
    std::thread::sleep(IDLE);
    let share = (daemon.cpu()? - before) / IDLE.as_secs_f64();
    println!("{:>28} {:>8.2} % of a core", "idle", share * 100.0);
    if share > LARGEST_SHARE {
        return Err("that is not idle".into());
    }
    Ok(())
}

fn timed(work: impl FnOnce() -> Result) -> Result<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

/// What `k8s run` writes in a second, unless it is told another number.
const PER_SECOND: u64 = 20;
/// In MiB.
const LARGEST: f64 = 64.0;
const IDLE: Duration = Duration::from_secs(20);
/// Of a core.
const LARGEST_SHARE: f64 = 0.01;
