//! A program that is asked on its standard input.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::run::Run;

/// What it answers.
pub(super) fn answer(command: &mut Command, question: &str) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Whoever fails at once does not read it.
    let _ = stdin.write_all(question.as_bytes());
    drop(stdin);
    Run::from(child.wait_with_output().unwrap())
}
