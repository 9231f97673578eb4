use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Failure;
use crate::bench::key_files::words;
use crate::bench::measurement::Measurement;
use crate::failure::Result;

/// A program that answers a question on its standard input.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) what: String,
    command: Vec<OsString>,
    question: PathBuf,
    variables: Vec<(String, String)>,
}

impl Client {
    /// The question goes to a file below `scratch`.
    pub(super) fn new(line: &str, question: &str, scratch: &Path) -> Result<Self> {
        let file = scratch.join(line.replace(' ', "-"));
        std::fs::write(&file, question).map_err(|error| Failure::file(&file, &error))?;
        Ok(Self {
            what: line.to_owned(),
            command: words(line),
            question: file,
            variables: Vec::new(),
        })
    }

    /// The program there, and not the one on the `PATH`.
    pub(super) fn at(mut self, program: &Path) -> Self {
        self.command[0] = program.into();
        self
    }

    /// With more variables, of which the last of a name counts.
    pub(super) fn with(mut self, more: impl IntoIterator<Item = (String, String)>) -> Self {
        self.variables.extend(more);
        self
    }

    /// What it takes, as medians.
    pub(super) fn measure(&self, runs: u32) -> Result<Measurement> {
        let around = (Some(&*self.question), &*self.variables);
        Measurement::of_answers(&self.command, around, runs)
    }

    /// Starts it; its answer is to be read from the child.
    pub(super) fn start(&self, more: &[(String, String)]) -> Result<Child> {
        let failed = |error: &std::io::Error| Failure::new(format!("{}: {error}", self.what));
        let question = File::open(&self.question).map_err(|error| failed(&error))?;
        Command::new(&self.command[0])
            .args(&self.command[1..])
            .envs(self.variables.iter().cloned())
            .envs(more.iter().cloned())
            .stdin(question)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error))
    }

    /// Its answer, if it succeeded.
    pub(super) fn answer(&self, child: Child) -> Result<Vec<u8>> {
        let output = child
            .wait_with_output()
            .map_err(|error| Failure::new(format!("{}: {error}", self.what)))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        // The helper says on stdout what went wrong.
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        Err(Failure::new(format!(
            "{}: {}\n{said}",
            self.what, output.status
        )))
    }
}
