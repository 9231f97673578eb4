use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::bench::hang_up;
use crate::bench::key_files::KeyFiles;
use crate::bench::proxy::Proxy;
use crate::failure::Result;

use super::door::Door;
use super::program::{AWS, Program};

/// Counts the sessions that many clients at once cost while one is due, inside
/// a sandbox whose first session has expired already: the helper takes it.
pub(in crate::bench) fn run() -> Result {
    let scratch =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    let files = KeyFiles::issue(scratch.path())?;
    println!("\nsessions opened for {CLIENTS} clients at once, while one is due");
    let aws = Proxy::before(AWS)?;
    match Program::helper(&files, &aws.address)? {
        Some(helper) => {
            let opened = opened(&aws, || at_once(&helper.imds()?))?;
            println!("aws_signing_helper  {opened:>3}");
        }
        None => println!("SKIPPED: aws_signing_helper is not on PATH"),
    }
    let ours = Program::iamra(&files, scratch.path(), ("info", &aws.address))?;
    let opened = opened(&aws, || {
        hang_up(ours.id())?;
        at_once(&ours.container()?)
    })?;
    let mark = if opened <= 1 { "✓" } else { "✗" };
    println!("creds serve         {opened:>3}, budget 1 {mark}");
    Ok(())
}

/// The sessions that something costs.
fn opened(aws: &Proxy, done: impl FnOnce() -> Result) -> Result<usize> {
    let before = aws.requests();
    done()?;
    Ok(settled(aws) - before)
}

fn at_once(door: &Door) -> Result {
    let answers = thread::scope(|scope| {
        let asking: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| door.knock())).collect();
        let joined = asking.into_iter().map(thread::ScopedJoinHandle::join);
        joined.collect::<Vec<_>>()
    });
    for answer in answers {
        answer.map_err(|_| Failure::new("a client panicked"))??;
    }
    Ok(())
}

/// The number of requests, once no more come.
fn settled(aws: &Proxy) -> usize {
    let deadline = Instant::now() + QUIET * 10;
    let mut seen = 0;
    loop {
        thread::sleep(QUIET);
        let now = aws.requests();
        if now == seen || Instant::now() > deadline {
            return now;
        }
        seen = now;
    }
}

const CLIENTS: usize = 20;
const QUIET: Duration = Duration::from_millis(500);
