//! Thousands of pods that start at one moment, and who holds their sessions: what
//! `cargo xtask bench fleet` runs. Its arguments are the binary and what to do:
//!
//! - `fleet PODS AGENTS ACCOUNTS STRETCH KIND...`: how long it takes until all have
//!   credentials. STRETCH is so many seconds of those that the quota keeps long, or
//!   `whole`; KIND is `sidecars`, `agents` or `brokers`.
//! - `agent ACCOUNTS COMMAND...`: has a command measure one agent that knows so many
//!   accounts.
//!
//! Agents and brokers are processes. Vault, AWS and the API server are the sandbox,
//! and the pods are tasks, in this process: on the same machine.
#![cfg(target_os = "linux")]
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement for people, in a folder of its own, by the clock on the wall"
)]

use std::error::Error;
use std::path::PathBuf;

use rustix::process::{Resource, getrlimit, setrlimit};

#[path = "background/sandbox.rs"]
mod background;
#[path = "bench_fleet/cluster.rs"]
mod cluster;
#[path = "bench_fleet/course.rs"]
mod course;
#[path = "bench_fleet/memory.rs"]
mod memory;
#[path = "bench_fleet/nodes.rs"]
mod nodes;
#[path = "bench_fleet/one_agent.rs"]
mod one_agent;
#[path = "bench_fleet/outage.rs"]
mod outage;
#[path = "bench_fleet/process.rs"]
mod process;
#[path = "bench_fleet/row.rs"]
mod row;
#[path = "bench_fleet/sdk.rs"]
mod sdk;
#[path = "bench_fleet/sidecars.rs"]
mod sidecars;
#[path = "bench_fleet/start.rs"]
mod start;

use cluster::Size;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("name {what}"));
    let binary = PathBuf::from(next("the binary")?);
    let todo = next("what to do")?;
    open_many_files()?;
    match todo.as_str() {
        "fleet" => {
            let size = Size {
                pods: next("how many pods")?.parse()?,
                agents: next("how many agents")?.parse()?,
                accounts: next("how many accounts")?.parse()?,
            };
            let stretch = next("the stretch")?;
            let kinds = arguments.map(|kind| kind.parse()).collect::<Result<_>>()?;
            start::compare(&binary, size, (&stretch, kinds))
        }
        "agent" => {
            let accounts = next("how many accounts")?.parse()?;
            one_agent::measure(&binary, accounts, &arguments.collect::<Vec<_>>())
        }
        other => Err(format!("what is {other}?").into()),
    }
}

/// Each pod that waits is two of them, or three.
fn open_many_files() -> Result {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
