//! A watch in simulated time: its own loop, the real HTTP client, the sandbox's
//! Vault and a folder; only the clock is not real.

use std::sync::Arc;
use std::time::Duration;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation, Sandbox, Settings};

use super::*;
use crate::environment::Environment;
use crate::resolved::Resolved;
use crate::simulated_clock::SimulatedClock;

mod day;
mod outage;
mod standing;
mod token;

/// A watch, its Vault, and their time.
struct Simulation {
    clock: SimulatedClock,
    sandbox: Sandbox,
    watch: Watch,
    folder: tempfile::TempDir,
    /// How many sleep when nothing happens.
    sleepers: std::cell::Cell<usize>,
}

impl Simulation {
    async fn new(ttl: &str) -> Self {
        Self::with(|_| {}, |_, _| Vec::new(), ttl).await
    }

    /// Another Vault, and flags that may need a file in the folder.
    async fn with(
        change: impl FnOnce(&mut Settings),
        flags: impl FnOnce(&Sandbox, &std::path::Path) -> Vec<String>,
        ttl: &str,
    ) -> Self {
        let clock = SimulatedClock::new();
        let vaults = clock.clone();
        let mut settings = Settings::new(Arc::new(move || vaults.true_time()));
        change(&mut settings);
        let sandbox = Sandbox::bind(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let flags = flags(&sandbox, folder.path());
        let watch = start_with(&sandbox, &clock, (folder.path(), ttl, &flags));
        Self {
            clock,
            sandbox,
            watch,
            folder,
            sleepers: std::cell::Cell::new(2),
        }
    }

    /// Lives until `end`; before each moment in which anything can happen,
    /// `moment` may change the world, and after it look at it.
    async fn live(&self, end: Duration, mut moment: impl FnMut(&Self)) {
        let time = async {
            while self.clock.elapsed() < end {
                // While a request is under way, time stands still.
                if self.is_quiet().await {
                    moment(self);
                    self.clock.pass();
                }
                // Whoever wakes comes first, whichever order they are asked in.
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            never = self.watch.keep() => match never {},
            () = self.sandbox.serve() => unreachable!("it serves for ever"),
            () = time => {}
        }
    }

    /// Whether all sleep that can: what one of them does takes no time. How
    /// many can is learnt, as some have nothing to do until they are told.
    async fn is_quiet(&self) -> bool {
        for _ in 0..50_000 {
            if self.watch.kept.status().is_obtaining {
                return false;
            }
            let asleep = self.clock.asleep();
            if asleep >= self.sleepers.get() && asleep > 0 {
                self.sleepers.set(asleep);
                return true;
            }
            tokio::task::yield_now().await;
        }
        self.sleepers.set(self.clock.asleep());
        false
    }

    fn is_usable(&self) -> bool {
        crate::refreshed::is_usable(&self.watch.kept.status())
    }

    fn signed(&self) -> usize {
        self.count(Operation::VaultSign)
    }

    /// How many attempts brought nothing.
    fn refused(&self) -> usize {
        use crate::tally::Outcome;
        let tally = &self.watch.kept.source().tally;
        usize::try_from(tally.of(Outcome::Unavailable)).unwrap()
    }

    fn count(&self, operation: Operation) -> usize {
        self.sandbox.requests().count(operation)
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }
}

/// As the binary starts one; another time on the same folder, too.
fn start(
    sandbox: &Sandbox,
    clock: &SimulatedClock,
    (folder, ttl): (&std::path::Path, &str),
) -> Watch {
    start_with(sandbox, clock, (folder, ttl, &[]))
}

fn start_with(
    sandbox: &Sandbox,
    clock: &SimulatedClock,
    (folder, ttl, flags): (&std::path::Path, &str, &[String]),
) -> Watch {
    let folder = folder.display().to_string();
    let environment: Environment = sandbox.environment().into_iter().collect();
    let command = crate::commands::command();
    let words = [
        "iamra",
        "cert",
        "watch",
        "--out-dir",
        &folder,
        "--ttl",
        ttl,
        // A retry would sleep beside the loop, and time could not tell.
        "--vault-max-retries",
        "0",
    ];
    let words = words.into_iter().chain(flags.iter().map(String::as_str));
    let matches = command.get_matches_from(words);
    let (_, matches) = crate::commands::innermost(&matches);
    let settings = Resolved::new(matches, &environment, |_| unreachable!()).unwrap();
    let context = Context {
        settings,
        clock: Arc::new(clock.clone()),
    };
    Watch::new(&context).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test's own folder")]
fn write(folder: &std::path::Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn run<F: Future<Output = ()>>(future: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future);
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
