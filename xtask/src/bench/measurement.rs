use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

/// What one run of a program takes, as medians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    /// From start to end, in milliseconds.
    pub(crate) wall: f64,
    /// User and system time, in milliseconds; the mean, as the system sums it up.
    pub(crate) cpu: f64,
    /// The most memory that a run had, in MB.
    pub(crate) memory: f64,
}

impl Measurement {
    /// Runs `command` `runs` times.
    ///
    /// In a process of its own, because the system knows the peak memory only
    /// of all children together.
    pub(crate) fn of(command: &[OsString], runs: u32) -> Result<Self> {
        Self::of_answers(command, (None, &[]), runs)
    }

    /// The same with a file as standard input, and with more variables.
    pub(crate) fn of_answers(
        command: &[OsString],
        (input, variables): (Option<&Path>, &[(String, String)]),
        runs: u32,
    ) -> Result<Self> {
        let own = std::env::current_exe()
            .map_err(|error| Failure::new(format!("which program is this? {error}")))?;
        let mut tool = Tool::new(own).words(&format!("bench --runs {runs}"));
        if let Some(input) = input {
            tool = tool.arg("--input").arg(input);
        }
        for (name, value) in variables {
            tool = tool.env(name, value);
        }
        tool = tool.arg("--");
        for word in command {
            tool = tool.arg(word);
        }
        let answer = tool.output()?;
        let mut numbers = answer.split_whitespace().map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(wall)), Some(Ok(cpu)), Some(Ok(memory))) => Ok(Self { wall, cpu, memory }),
            _ => Err(Failure::new(format!("no measurement: {answer}"))),
        }
    }
}

/// Runs a command many times, and prints wall, CPU and memory.
pub(crate) fn measure(command: &[OsString], input: Option<&Path>, runs: u32) -> Result {
    let Some((program, args)) = command.split_first() else {
        return Err(Failure::new("nothing to measure"));
    };
    let mut times = Vec::new();
    // The first run reads the program from the disk.
    for run in 0..=runs {
        let stdin = stdin(input)?;
        let started = Instant::now();
        let status = Command::new(program)
            .args(args)
            .stdin(stdin)
            .stdout(Stdio::null())
            .status()
            .map_err(|error| Failure::new(format!("{}: {error}", program.display())))?;
        let took = started.elapsed();
        if !status.success() {
            return Err(Failure::new(format!("{}: {status}", program.display())));
        }
        if run > 0 {
            times.push(took);
        }
    }
    let (cpu, memory) = usage()?;
    let (wall, cpu) = (milliseconds(median(times)), cpu / f64::from(runs + 1));
    println!("{wall} {cpu} {memory}");
    Ok(())
}

fn stdin(input: Option<&Path>) -> Result<Stdio> {
    let Some(path) = input else {
        return Ok(Stdio::null());
    };
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    Ok(file.into())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The CPU milliseconds of all children so far, and the peak MB of the largest.
#[cfg(unix)]
fn usage() -> Result<(f64, f64)> {
    use nix::sys::resource::{UsageWho, getrusage};

    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|error| Failure::new(format!("getrusage: {error}")))?;
    let milliseconds = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or_default())
            + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
    };
    let cpu = milliseconds(usage.user_time()) + milliseconds(usage.system_time());
    let kilobytes = u32::try_from(usage.max_rss()).unwrap_or(u32::MAX);
    // macOS counts bytes.
    let per_megabyte = if cfg!(target_os = "macos") {
        1024.0 * 1024.0
    } else {
        1024.0
    };
    Ok((self::milliseconds(cpu), f64::from(kilobytes) / per_megabyte))
}

#[cfg(not(unix))]
fn usage() -> Result<(f64, f64)> {
    Err(Failure::new("memory is measured on Unix only"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_no_mean() {
        let times = [9, 1, 2].map(Duration::from_secs).to_vec();
        assert_eq!(median(times), Duration::from_secs(2));
        assert_eq!(median(Vec::new()), Duration::ZERO);
    }
}
