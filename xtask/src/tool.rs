use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Failure;
use crate::failure::Result;
use crate::workspace;

/// One run of another program, from the workspace's root where nothing else is said.
#[derive(Debug)]
pub(crate) struct Tool {
    command: Command,
}

impl Tool {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(workspace::root());
        Self { command }
    }

    /// The cargo that runs us, so that the toolchain is the same.
    pub(crate) fn cargo(line: &str) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self::new(cargo).words(line)
    }

    /// Adds the arguments in `line`, which has no argument with a space.
    pub(crate) fn words(mut self, line: &str) -> Self {
        self.command.args(line.split_whitespace());
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it in this folder.
    #[cfg(feature = "release")]
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Leaves one variable out.
    #[cfg(feature = "release")]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Leaves what this machine's variables say out.
    pub(crate) fn without_environment(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// Prints the command, runs it on our terminal, and fails where it does.
    pub(crate) fn run(mut self) -> Result {
        println!("$ {}", self.line());
        let status = self.command.status().map_err(|error| self.absent(&error))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("`{}`: {status}", self.line())))
    }

    /// Runs it on our terminal; `false` where it fails, of which it has told.
    pub(crate) fn tells(mut self) -> Result<bool> {
        let status = self.command.status().map_err(|error| self.absent(&error))?;
        Ok(status.success())
    }

    /// Runs it without a word; its standard output, if it succeeded.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self
            .command
            .stdin(Stdio::null())
            .output()
            .map_err(|error| self.absent(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        let line = self.line();
        Err(Failure::new(format!(
            "`{line}`: {}\n{complaint}",
            output.status
        )))
    }

    /// Runs it; what it said, on both streams, if it succeeded.
    pub(crate) fn everything(mut self) -> Result<String> {
        let output = self
            .command
            .stdin(Stdio::null())
            .output()
            .map_err(|error| self.absent(&error))?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        let line = self.line();
        Err(Failure::new(format!("`{line}`: {}\n{said}", output.status)))
    }

    fn absent(&self, error: &std::io::Error) -> Failure {
        Failure::new(format!("`{}` did not start: {error}", self.line()))
    }

    /// The command as one would type it.
    fn line(&self) -> String {
        let program = Path::new(self.command.get_program());
        let name = program.file_name().unwrap_or(program.as_os_str());
        std::iter::once(name)
            .chain(self.command.get_args())
            .map(|word| word.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }
}
