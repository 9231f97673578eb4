use crate::Failure;
use crate::failure::Result;

use super::key_files::{KeyFiles, variable};

mod contender;
mod door;
mod load;
mod program;
mod storm;
mod table;

pub(super) use contender::{Contender, ROUNDS, measure};
pub(super) use door::Door;
pub(super) use load::Generator;
use program::{AWS, Program};
pub(super) use storm::run as storm;
pub(super) use table::{Line, heading, mark};

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
        Some(helper) => contenders.push(Contender::new(PEER, helper.id(), helper.imds()?)),
        None => println!("SKIPPED: aws_signing_helper is not on PATH; there is nothing to compare"),
    }
    contenders.push(Contender::new(
        "creds serve, IMDSv2",
        quiet.id(),
        quiet.imds()?,
    ));
    contenders.push(Contender::new(
        "creds serve, container",
        quiet.id(),
        quiet.container()?,
    ));
    contenders.push(Contender::new(
        "creds serve, IMDSv2, audit",
        audited.id(),
        audited.imds()?,
    ));
    contenders.push(Contender::new(
        "creds serve, container, audit",
        audited.id(),
        audited.container()?,
    ));
    measure(&mut contenders, generator, seconds)?;
    let lines: Vec<_> = contenders.into_iter().map(|it| it.line).collect();
    table::print(&lines, PEER);
    Ok(())
}

const PEER: &str = "aws_signing_helper serve, IMDSv2";
pub(super) const CONNECTIONS: usize = 128;
