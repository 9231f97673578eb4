use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

#[cfg(unix)]
mod ecr;
mod entropy;
#[cfg(unix)]
mod fleet;
#[cfg(unix)]
mod k8s;
mod key_files;
mod measurement;
mod memory;
mod pipeline;
mod proxy;
mod round_trips;
mod row;
#[cfg(unix)]
mod serve;
pub(crate) mod size;
#[cfg(unix)]
mod soak;
#[cfg(unix)]
mod watch;

#[cfg(feature = "release")]
pub(crate) use size::of_release as within_budget;
#[cfg(unix)]
pub(crate) use soak::run as soak;

/// Measures the release build against the budgets and against its peers.
///
/// Medians over many runs, over HTTP and over HTTPS with a private CA, against
/// the sandbox on this machine. An absent peer is named as absent. Numbers of a
/// busy machine are the busy machine's.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this: `watch` refreshes a certificate many times and shows that the
    /// memory of `cert watch` stays flat; `serve` measures how fast `creds serve`
    /// answers, and in how much memory; `ecr` how long the credential helper and the
    /// kubelet plugin take with a token at hand, and that many at once ask ECR once;
    /// `k8s` how long pull secrets take to be in thousands of namespaces of a real
    /// kube-apiserver, with how many calls and how much memory: ten minutes and more;
    /// `fleet` how long thousands of pods that start at once wait for credentials, by
    /// sidecars, agents alone, and brokers, one of which is killed at last, and how
    /// fast one agent answers: eight minutes.
    #[arg(value_enum)]
    part: Option<Part>,
    /// How often `watch` refreshes.
    #[arg(long, default_value_t = 10_000)]
    refreshes: u64,
    /// How long `serve` asks each program, three times.
    #[arg(long, default_value_t = 4)]
    seconds: u32,
    /// `serve` shows instead that so many minutes of rotation, throttling and
    /// absent upstreams bring no wrong answer and no growth.
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, default_missing_value = "10")]
    soak: Option<u64>,
    /// In how many namespaces `k8s` writes.
    #[arg(long, default_value_t = 10_000)]
    namespaces: u32,
    #[command(flatten)]
    fleet: FleetArgs,
    /// How often each command runs.
    #[arg(long, default_value_t = 40)]
    runs: u32,
    /// Measure a build for this target, `x86_64-unknown-linux-musl` say: what is
    /// shipped is static, starts faster and takes less memory than a build that
    /// loads the C library. Its target and C compiler must be installed.
    #[arg(long)]
    target: Option<String>,
    /// Also build the binary with each feature alone, and print the sizes: minutes.
    #[arg(long)]
    sizes: bool,
    /// The part that the sandbox starts with its variables set.
    #[arg(long, hide = true)]
    inside: bool,
    /// What the measured command reads.
    #[arg(long, hide = true, requires = "measured")]
    input: Option<PathBuf>,
    /// The part that runs a command and prints what it took.
    #[arg(last = true, hide = true)]
    measured: Vec<OsString>,
}

/// How large the cluster of `fleet` is.
#[derive(Debug, clap::Args)]
struct FleetArgs {
    /// How many pods `fleet` starts, all at once.
    #[arg(long, default_value_t = 10_000)]
    pods: u32,
    /// On how many nodes, which have an agent each.
    #[arg(long, default_value_t = 200)]
    agents: u32,
    /// How many service accounts they have.
    #[arg(long, default_value_t = 400)]
    accounts: u32,
    /// How many accounts the agent knows whose rate and memory `fleet` measures.
    #[arg(long, default_value_t = 250)]
    accounts_of_one: u32,
    /// Only these of the ways to credentials.
    #[arg(
        long,
        value_name = "KIND",
        value_delimiter = ',',
        default_value = "sidecars,agents,brokers"
    )]
    kinds: Vec<String>,
    /// For how many seconds sidecars, and agents alone, are watched: the quota keeps
    /// 10 000 pods waiting for a quarter of an hour, of which the rest is extrapolated.
    #[arg(long, default_value_t = 120)]
    stretch: u32,
    /// Watch them to the end.
    #[arg(long)]
    whole: bool,
}

/// A part of the measurements that is not among the others.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    Watch,
    Serve,
    Ecr,
    #[cfg(unix)]
    K8s,
    #[cfg(unix)]
    Fleet,
    /// The sessions that clients cost: the second half of `serve`.
    #[value(hide = true)]
    Storm,
}

pub(crate) fn run(args: &Args) -> Result {
    if !args.measured.is_empty() {
        return measurement::measure(&args.measured, args.input.as_deref(), args.runs);
    }
    if args.inside {
        return match args.part {
            #[cfg(unix)]
            Some(Part::Watch) => watch::run(args.refreshes),
            #[cfg(unix)]
            Some(Part::Serve) => serve::run(args.seconds),
            #[cfg(unix)]
            Some(Part::Storm) => serve::storm(),
            #[cfg(unix)]
            Some(Part::Ecr) => ecr::run(args.runs),
            // It has a sandbox of its own.
            #[cfg(unix)]
            Some(Part::K8s) => Ok(()),
            #[cfg(unix)]
            Some(Part::Fleet) => fleet::ask_agents(args.seconds),
            #[cfg(not(unix))]
            Some(_) => Err(Failure::new("there are no signals on this system")),
            None => pipeline::run(args.runs),
        };
    }
    let binary = binary(args.target.as_deref());
    build(args.target.as_deref())?;
    if let Some(part) = args.part {
        return run_part(part, &binary, args);
    }
    Tool::cargo("build --locked --package iamra").run()?;
    for transport in ["", "--tls"] {
        let words = format!("bench --inside --runs {}", args.runs);
        inside_sandbox(&binary, transport, &words)?;
    }
    println!("\nsigning, one thread, release build");
    Tool::cargo("run --quiet --release --locked --package xtask --example signing_rate").run()?;
    size::of_release(&binary)?;
    if args.sizes {
        size::by_feature()?;
    }
    entropy::check()
}

fn run_part(part: Part, binary: &Path, args: &Args) -> Result {
    match (part, args.soak) {
        (Part::Watch, _) => {
            let words = format!("bench watch --inside --refreshes {}", args.refreshes);
            inside_sandbox(binary, "", &words)
        }
        (Part::Ecr, _) => {
            let words = format!("bench ecr --inside --runs {}", args.runs);
            inside_sandbox(binary, "", &words)
        }
        #[cfg(unix)]
        (Part::K8s, _) => k8s::run(binary, args.namespaces),
        #[cfg(unix)]
        (Part::Fleet, _) => fleet::run(binary, &args.fleet, args.seconds),
        #[cfg(unix)]
        (Part::Serve, Some(minutes)) => soak::run(binary, minutes * 60),
        _ => {
            let words = format!("bench serve --inside --seconds {}", args.seconds);
            inside_sandbox(binary, "", &words)?;
            inside_sandbox(binary, EXPIRED, "bench storm --inside")
        }
    }
}

fn build(target: Option<&str>) -> Result {
    let mut cargo = Tool::cargo("build --release --locked --package iamra");
    if let Some(target) = target {
        cargo = cargo.arg("--target").arg(target);
    }
    cargo.run()
}

/// The release binary, for a target or for this machine.
fn binary(target: Option<&str>) -> PathBuf {
    match target {
        Some(target) => workspace::binary(&format!("{target}/release/iamra")),
        None => workspace::binary("release/iamra"),
    }
}

fn inside_sandbox(binary: &Path, transport: &str, words: &str) -> Result {
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format!("which program is this? {error}")))?;
    Tool::new(binary)
        .words(&format!("sandbox {transport} --"))
        .arg(own)
        .words(words)
        .run()
}

/// An address that is free now.
#[cfg(unix)]
fn free_address() -> Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    let address = address.map_err(|error| Failure::new(format!("no port: {error}")))?;
    Ok(address.to_string())
}

/// Asks a process of ours to refresh now.
#[cfg(unix)]
fn hang_up(process: u32) -> Result {
    use nix::sys::signal::{Signal, kill};
    let id = i32::try_from(process)
        .map_err(|error| Failure::new(format!("no process number: {error}")))?;
    kill(nix::unistd::Pid::from_raw(id), Signal::SIGHUP)
        .map_err(|error| Failure::new(format!("process {id} cannot be signalled: {error}")))
}

/// The first session is one that must be replaced.
const EXPIRED: &str = "--fault roles-anywhere=expired*1";
