//! A foreign program, if it is here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::laboratory::Laboratory;

pub(crate) struct Peer(PathBuf);

impl Peer {
    /// A program on the `PATH`; says aloud that it is not there.
    pub(crate) fn program(name: &str) -> Option<Self> {
        let path = variable("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file());
        if found.is_none() {
            skipped(&format!("{name} is not on the PATH"));
        }
        found.map(Self)
    }

    /// The Python that has a module; says aloud that there is none.
    pub(crate) fn python(module: &str) -> Option<Self> {
        let python = Self::program("python3")?;
        let import = format!("import {module}");
        let output = Command::new(&python.0).args(["-c", &import]).output();
        let there = output.is_ok_and(|output| output.status.success());
        if !there {
            skipped(&format!("the python3 on the PATH has no module {module}"));
        }
        there.then_some(python)
    }

    /// The program that a variable names; says aloud that it is not set.
    pub(crate) fn named_by(name: &str) -> Option<Self> {
        let program = variable(name).filter(|value| !value.is_empty());
        if program.is_none() {
            skipped(&format!("{name} is not set"));
        }
        program.map(|program| Self(program.into()))
    }

    /// The program that a variable names, otherwise one on the `PATH`; says
    /// aloud that neither is there.
    #[cfg(feature = "ecr")]
    pub(crate) fn named_by_or_program(variable_name: &str, name: &str) -> Option<Self> {
        match variable(variable_name).filter(|value| !value.is_empty()) {
            Some(program) => Some(Self(program.into())),
            None => Self::program(name),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The program in the laboratory, with the environment that ours has there.
    pub(crate) fn command(&self, laboratory: &Laboratory) -> Command {
        let ours = laboratory.command(&[]);
        let variables = ours
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        let mut command = Command::new(&self.0);
        command
            .env_clear()
            .envs(variables)
            .env("PATH", variable("PATH").unwrap_or_default())
            .current_dir(laboratory.home());
        command
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a test that did not happen must not look as if it had"
)]
fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "which peers there are, the environment says"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
