use std::time::{Duration, Instant};

use crate::failure::Result;

/// A named step, and what it does.
pub(crate) type Stage<'a> = (&'a str, &'a dyn Fn() -> Result);

/// Runs the stages one after the other up to the first that fails, and ends
/// with the time of each.
pub(crate) fn run(stages: &[Stage<'_>]) -> Result {
    let mut done = Vec::new();
    let mut result = Ok(());
    for (number, (name, work)) in stages.iter().enumerate() {
        println!("\n=== {name} ({} of {})", number + 1, stages.len());
        let started = Instant::now();
        result = work();
        done.push((*name, started.elapsed(), result.is_ok()));
        if result.is_err() {
            break;
        }
    }
    summarize(&done, stages.len());
    result
}

fn summarize(done: &[(&str, Duration, bool)], of: usize) {
    println!("\n=== summary");
    for (name, time, passed) in done {
        let mark = if *passed { "ok" } else { "FAILED" };
        println!("{name:<24} {:>8.1} s  {mark}", time.as_secs_f64());
    }
    let total: Duration = done.iter().map(|(_, time, _)| *time).sum();
    let passed = done.iter().filter(|(_, _, passed)| *passed).count();
    println!(
        "{:<24} {:>8.1} s  {passed} of {of} stages passed",
        "total",
        total.as_secs_f64()
    );
}
