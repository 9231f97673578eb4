use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::log_line;
use crate::Failure;
use crate::failure::Result;

/// One command of the demo: a heading, the command as typed, what it printed.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    title: &'a str,
    command: Command,
}

impl<'a> Step<'a> {
    /// `iamra LINE`. The credentials file is always set, so that nobody's own
    /// file is touched.
    pub(crate) fn new(title: &'a str, line: &str, credentials: &Path) -> Self {
        let mut command = Command::new(super::iamra());
        command
            .args(line.split_whitespace())
            .env("AWS_SHARED_CREDENTIALS_FILE", credentials)
            .env("IAMRA_LOG_FORMAT", "json");
        Self { title, command }
    }

    pub(crate) fn path(mut self, path: &Path) -> Self {
        self.command.arg(path);
        self
    }

    /// Runs it; a command that fails ends the demo. Warnings that were `seen` are
    /// not shown again.
    pub(crate) fn run(mut self, seen: &mut BTreeSet<String>) -> Result {
        println!("\n── {}\n   $ iamra {}", self.title, self.line());
        let output = self
            .command
            .output()
            .map_err(|error| Failure::file(&super::iamra(), &error))?;
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            if let Some(line) = log_line::render(line, seen) {
                println!("   {line}");
            }
        }
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            println!("   {line}");
        }
        if output.status.success() {
            return Ok(());
        }
        let line = self.line();
        Err(Failure::new(format!("`iamra {line}`: {}", output.status)))
    }

    fn line(&self) -> String {
        self.command
            .get_args()
            .map(OsStr::to_string_lossy)
            .collect::<Vec<_>>()
            .join(" ")
    }
}
