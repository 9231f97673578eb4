//! Two `creds serve`, one with Vault as identity and one with files, disturbed
//! in every way that the sandbox knows, while many clients ask: what `cargo xtask
//! bench serve --soak` runs. Its arguments are the binary and the seconds.
//!
//! Fails where an answer was wrong, or where memory or file descriptors grew.
#![cfg(unix)]
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement for people, in a folder of its own, by the clock on the wall"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use iamra_sandbox::{Operation, Sandbox};

#[path = "background/sandbox.rs"]
mod background;
#[path = "soak_serve/clients.rs"]
mod clients;
#[path = "soak_serve/disturbance.rs"]
mod disturbance;
#[path = "soak_serve/gate.rs"]
mod gate;
#[path = "soak_serve/http.rs"]
mod http;
#[path = "soak_serve/server.rs"]
mod server;
#[path = "soak_serve/truth.rs"]
mod truth;

use disturbance::Disturbance;
use gate::Gate;
use server::{Sample, Server};
use truth::Truth;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().ok_or("name the binary")?;
    let seconds = arguments.next().ok_or("name the seconds")?.parse()?;
    let scratch = tempfile::tempdir()?;
    let stage = Stage::new(binary.into(), scratch.path())?;
    let servers = [Server::with_vault(&stage)?, Server::with_files(&stage)?];
    let truth = Truth::new(&stage.sandbox)?;
    truth.is_sound(&servers[0].document()?)?;
    let samples = soak(&stage, &servers, (&truth, Duration::from_secs(seconds)))?;
    let findings = judge(&stage, &servers, (&truth, &samples))?;
    if findings.is_empty() {
        println!("\nno wrong answer, flat memory, flat file descriptors");
        return Ok(());
    }
    for server in &servers {
        println!("\n{} said last:\n{}", server.name, server.said(20));
    }
    Err(findings.join("\n").into())
}

/// The sandbox, and what stands between it and the binary.
pub(crate) struct Stage {
    pub(crate) binary: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) sandbox: Sandbox,
    pub(crate) vault: Gate,
    pub(crate) aws: Gate,
}

impl Stage {
    fn new(binary: PathBuf, folder: &Path) -> Result<Self> {
        let (sandbox, _) = background::sandbox(|_| {})?;
        Ok(Self {
            binary,
            folder: folder.to_owned(),
            vault: Gate::before(&sandbox.vault_http_url())?,
            aws: Gate::before(&sandbox.aws_http_url())?,
            sandbox,
        })
    }
}

/// Clients ask and everything is disturbed until the time is over; how the
/// servers stood meanwhile.
fn soak(
    stage: &Stage,
    servers: &[Server],
    (truth, time): (&Truth, Duration),
) -> Result<Vec<Vec<Sample>>> {
    let over = AtomicBool::new(false);
    let mut disturbance = Disturbance::new(stage, servers);
    println!("{}", Sample::HEADING);
    thread::scope(|scope| {
        for server in servers {
            clients::start(scope, server, (truth, &over));
        }
        scope.spawn(|| {
            while !over.load(Relaxed) {
                disturbance.step();
            }
            disturbance.stop();
        });
        let samples = watch(servers, (truth, time));
        over.store(true, Relaxed);
        samples
    })
}

fn watch(servers: &[Server], (truth, time): (&Truth, Duration)) -> Result<Vec<Vec<Sample>>> {
    let started = Instant::now();
    let mut samples = Vec::new();
    for part in 1..=PARTS {
        let next = time * part / PARTS;
        thread::sleep(next.saturating_sub(started.elapsed()));
        let row: Vec<Sample> = servers.iter().map(Server::sample).collect::<Result<_>>()?;
        for (server, sample) in servers.iter().zip(&row) {
            println!("{:>6} s  {:<6} {sample}", next.as_secs(), server.name);
        }
        samples.push(row);
        if truth.is_broken() {
            break;
        }
    }
    Ok(samples)
}

/// Everything that is not as it must be.
fn judge(
    stage: &Stage,
    servers: &[Server],
    (truth, samples): (&Truth, &[Vec<Sample>]),
) -> Result<Vec<String>> {
    // What clients have left is closed.
    thread::sleep(Duration::from_secs(2));
    let mut findings = truth.report();
    // The first fifth warms up: minute 2 of 10.
    let baseline = samples.get(1).ok_or("nothing was measured")?;
    let last = samples.last().ok_or("nothing was measured")?;
    for (server, (baseline, last)) in servers.iter().zip(baseline.iter().zip(last)) {
        let after = server.sample()?;
        println!(
            "{:<6} asked to refresh {} times, opened {} sessions; resident {:.2} MiB early, {:.2} \
             MiB late; {} file descriptors when the clients had gone, {} before they came",
            server.name,
            server.hang_ups(),
            after.sessions,
            baseline.resident,
            last.resident,
            after.descriptors,
            server.descriptors_at_first,
        );
        findings.extend(server.findings(baseline, last, &after));
    }
    let requests = stage.sandbox.requests();
    println!(
        "the sandbox saw {} CreateSession, those that it disturbed included, and signed {} \
         certificates",
        requests.count(Operation::CreateSession),
        requests.count(Operation::VaultSign),
    );
    Ok(findings)
}

const PARTS: u32 = 10;
