use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::failure::Result;

use super::key_files::{KeyFiles, variable};
use super::memory::{Memory, cpu_of};

mod door;
mod load;
mod program;
mod storm;
mod table;

use door::Door;
use load::{Generator, Load};
use program::{AWS, Program};
pub(super) use storm::run as storm;
use table::Line;

/// Measures how `creds serve` answers from what it has at hand, beside
/// `aws_signing_helper serve`, inside the sandbox.
pub(super) fn run(seconds: u32) -> Result {
    let scratch =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    let files = KeyFiles::issue(scratch.path())?;
    let aws = variable(AWS)?;
    let generator = Generator::found();
    println!("\ncredentials at hand, {CONNECTIONS} connections, {generator}");
    let mut contenders = Vec::new();
    let quiet = Program::iamra(&files, scratch.path(), ("warn", &aws))?;
    let audited = Program::iamra(&files, scratch.path(), ("info", &aws))?;
    let helper = Program::helper(&files, &aws)?;
    match &helper {
        Some(helper) => contenders.push(Contender::new(PEER, helper, helper.imds()?)),
        None => println!("SKIPPED: aws_signing_helper is not on PATH; there is nothing to compare"),
    }
    contenders.push(Contender::new("creds serve, IMDSv2", &quiet, quiet.imds()?));
    contenders.push(Contender::new(
        "creds serve, container",
        &quiet,
        quiet.container()?,
    ));
    contenders.push(Contender::new(
        "creds serve, IMDSv2, audit",
        &audited,
        audited.imds()?,
    ));
    contenders.push(Contender::new(
        "creds serve, container, audit",
        &audited,
        audited.container()?,
    ));
    // What a start leaves to be done is done.
    thread::sleep(Duration::from_secs(1));
    for contender in &mut contenders {
        contender.line.idle = Memory::of(contender.process)?;
    }
    // In turns, so that what else the machine does hits all of them.
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            contender.measure(generator, seconds)?;
        }
    }
    let lines: Vec<Line> = contenders.into_iter().map(|it| it.line).collect();
    table::print(&lines, PEER);
    Ok(())
}

/// A program at one of its doors.
struct Contender {
    process: u32,
    door: Door,
    line: Line,
}

impl Contender {
    fn new(what: &'static str, program: &Program, door: Door) -> Self {
        Self {
            process: program.id(),
            door,
            line: Line::new(what),
        }
    }

    fn measure(&mut self, generator: Generator, seconds: u32) -> Result {
        let process = self.process;
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let watching = thread::spawn(move || {
            let mut most = Memory::default();
            while stopped.recv_timeout(GLANCE).is_err() {
                match Memory::of(process) {
                    Ok(now) => most = most.max(now),
                    Err(_) => break,
                }
            }
            most
        });
        let (started, cpu) = (Instant::now(), cpu_of(process)?);
        let load = generator.load(&self.door, seconds);
        // It waits for nothing else: it can only be gone already.
        let _ = stop.send(());
        let most = watching.join().unwrap_or_default();
        let load: Load = load?;
        if started.elapsed() < Duration::from_secs(u64::from(seconds)) / 2 {
            return Err(Failure::new("the load ended too early to mean anything"));
        }
        let cpu = (cpu_of(process)? - cpu) / (load.rate * f64::from(seconds));
        self.line.cpu.push(cpu * 1_000_000.0);
        self.line.loads.push(load);
        self.line.loaded = self.line.loaded.max(most);
        Ok(())
    }
}

const PEER: &str = "aws_signing_helper serve, IMDSv2";
const CONNECTIONS: usize = 128;
const ROUNDS: u32 = 3;
const GLANCE: Duration = Duration::from_millis(100);
