//! A watch in simulated time: its own loop, the real HTTP client, the sandbox's
//! Vault and a folder; only the clock is not real.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation, Sandbox, Settings};

use super::*;
use crate::environment::Environment;
use crate::resolved::Resolved;

mod clock;
mod day;
mod outage;
mod standing;

use clock::SimulatedClock;

/// A watch, its Vault, and their time.
struct Simulation {
    clock: SimulatedClock,
    sandbox: Sandbox,
    watch: Watch,
    folder: tempfile::TempDir,
}

impl Simulation {
    async fn new(ttl: &str) -> Self {
        let clock = SimulatedClock::new();
        let vaults = clock.clone();
        let settings = Settings::new(Arc::new(move || vaults.true_time()));
        let sandbox = Sandbox::bind(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let watch = start(&sandbox, &clock, (folder.path(), ttl));
        Self {
            clock,
            sandbox,
            watch,
            folder,
        }
    }

    /// Lives until `end`; before each moment in which anything can happen,
    /// `moment` may change the world, and after it look at it.
    async fn live(&self, end: Duration, mut moment: impl FnMut(&Self)) {
        let time = async {
            while self.clock.elapsed() < end {
                // While a request is under way, time stands still.
                let is_obtaining = self.watch.kept.status().is_obtaining;
                if !is_obtaining && self.clock.is_anybody_asleep() {
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

    fn is_usable(&self) -> bool {
        report::is_usable(&self.watch.kept.status())
    }

    fn signed(&self) -> usize {
        self.sandbox.requests().count(Operation::VaultSign)
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
    let folder = folder.display().to_string();
    let environment: Environment = sandbox.environment().into_iter().collect();
    let command = crate::commands::command();
    let matches = command.get_matches_from([
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
    ]);
    let (_, matches) = crate::commands::innermost(&matches);
    let settings = Resolved::new(matches, &environment, |_| unreachable!()).unwrap();
    let context = Context {
        settings,
        clock: Arc::new(clock.clone()),
    };
    Watch::new(&context).unwrap()
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
