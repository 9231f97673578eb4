use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::bench::memory::{Memory, cpu_of};
use crate::failure::Result;

use super::door::Door;
use super::load::{Generator, Load};
use super::table::Line;

/// A program at one of its doors.
pub(in crate::bench) struct Contender {
    process: u32,
    door: Door,
    pub(in crate::bench) line: Line,
}

/// Has each asked for so many seconds, three times, in turns: what else the machine
/// does hits all of them.
pub(in crate::bench) fn measure(
    contenders: &mut [Contender],
    generator: Generator,
    seconds: u32,
) -> Result {
    // What a start leaves to be done is done.
    thread::sleep(Duration::from_secs(1));
    for contender in &mut *contenders {
        contender.line.idle = Memory::of(contender.process)?;
    }
    for _ in 0..ROUNDS {
        for contender in &mut *contenders {
            contender.measure(generator, seconds)?;
        }
    }
    Ok(())
}

impl Contender {
    pub(in crate::bench) fn new(what: &'static str, process: u32, door: Door) -> Self {
        Self {
            process,
            door,
            line: Line::new(what),
        }
    }

    fn measure(&mut self, generator: Generator, seconds: u32) -> Result {
        let process = self.process;
        let (stop, stopped) = mpsc::channel::<()>();
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

/// How often each is asked.
pub(in crate::bench) const ROUNDS: u32 = 3;
const GLANCE: Duration = Duration::from_millis(100);
