//! A watch in simulated time: its own loop, the real HTTP client, the sandbox's
//! Vault and a folder; only the clock is not real.

use std::sync::Arc;
use std::time::Duration;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation, Sandbox, Settings};

use super::*;
use crate::environment::Environment;
use crate::resolved::Resolved;
use crate::simulated_clock::{SimulatedClock, Sleepers, run};

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
    sleepers: Sleepers,
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
            sleepers: Sleepers::new(&clock, 2),
            clock,
            sandbox,
            watch,
            folder,
        }
    }

    /// Lives until `end`; before each moment in which anything can happen,
    /// `moment` may change the world, and after it look at it.
    async fn live(&self, end: Duration, mut moment: impl FnMut(&Self)) {
        let is_obtaining = || self.watch.kept.status().is_obtaining;
        let time = self.sleepers.pass_until(end, is_obtaining, || moment(self));
        tokio::select! {
            never = self.watch.keep() => match never {},
            () = self.sandbox.serve() => unreachable!("it serves for ever"),
            () = time => {}
        }
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
    let settings = Resolved::new(matches, &environment, None, |_| unreachable!()).unwrap();
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

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
