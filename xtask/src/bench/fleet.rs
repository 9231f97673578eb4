use std::path::Path;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

use super::FleetArgs;
use super::key_files::variable;
use super::serve::{CONNECTIONS, Contender, Door, Generator, Line, ROUNDS, heading, mark, measure};

mod usage;

/// Has the example `bench_fleet`, which holds sandbox, agents and pods in its hands,
/// start a fleet in each way, and then one agent, which is asked by us.
pub(super) fn run(binary: &Path, args: &FleetArgs, seconds: u32) -> Result {
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format!("which program is this? {error}")))?;
    let FleetArgs {
        pods,
        agents,
        accounts,
        ..
    } = args;
    let stretch = if args.whole {
        "whole".to_owned()
    } else {
        args.stretch.to_string()
    };
    let fleet = example(binary)
        .words(&format!("fleet {pods} {agents} {accounts} {stretch}"))
        .args(&args.kinds)
        .run();
    // One figure that is missed keeps no other from being measured.
    let agent = example(binary)
        .words(&format!("agent {}", args.accounts_of_one))
        .arg(own)
        .words(&format!("bench fleet --inside --seconds {seconds}"))
        .run();
    fleet.and(agent)
}

fn example(binary: &Path) -> Tool {
    let words = "run --quiet --locked --release --package iamra --example bench_fleet --";
    Tool::cargo(words).arg(binary)
}

/// Measures the agents that the example has started: how fast each answers the pod
/// of an account whose session is at hand, and in how much memory.
pub(super) fn ask_agents(seconds: u32) -> Result {
    let token = workspace::read(Path::new(&variable("FLEET_TOKEN_FILE")?))?;
    let contender = |what, level: &str| {
        let address = variable(&format!("FLEET_AGENT_{level}"))?;
        let process = variable(&format!("FLEET_PROCESS_{level}"))?;
        let process = process
            .parse()
            .map_err(|error| Failure::new(format!("no process number: {error}")))?;
        Ok::<_, Failure>(Contender::new(
            what,
            process,
            Door::pod(&address, token.clone()),
        ))
    };
    let mut contenders = [
        contender(QUIET, "WARN")?,
        contender("k8s agent, audit", "INFO")?,
    ];
    let generator = Generator::found();
    println!("\none agent, sessions at hand, {CONNECTIONS} connections, {generator}");
    let before = usage::of_generator(generator)?;
    measure(&mut contenders, generator, seconds)?;
    let asking = usage::of_generator(generator)? - before;
    heading();
    for contender in &contenders {
        println!("{}", contender.line.text());
    }
    let [quiet, audited] = contenders.map(|contender| contender.line);
    // Both, one after the other.
    let asked_for = f64::from(2 * ROUNDS * seconds);
    println!(
        "of two cores, who asks takes {:.2}; the agent {:.2}, with audit {:.2}",
        asking / asked_for,
        quiet.cores(),
        audited.cores(),
    );
    judge(&quiet)
}

fn judge(agent: &Line) -> Result {
    let (rate, memory) = (agent.rate(), agent.loaded.max(agent.idle));
    let (is_fast, is_small) = (rate >= RATE, memory.resident <= MEMORY);
    println!(
        "{rate:.0} requests a second, target {RATE:.0} {}; {:.1} MiB resident, {:.1} of it its own, \
         target {MEMORY:.0} {}",
        mark(is_fast),
        memory.resident,
        memory.anonymous,
        mark(is_small),
    );
    if is_fast && is_small {
        return Ok(());
    }
    Err(Failure::new("one agent misses its target"))
}

const QUIET: &str = "k8s agent";
const RATE: f64 = 50_000.0;
/// In MiB.
const MEMORY: f64 = 24.0;
