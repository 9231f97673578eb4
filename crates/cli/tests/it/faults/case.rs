//! One fault in a set-up that works without it.

use std::process::Command;

use iamra_sandbox::Settings;

use crate::laboratory::Laboratory;
use crate::run::Run;

/// A set-up, what breaks it, and what must be said.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What the sandbox is from the start.
    pub(super) sandbox: fn(&mut Settings),
    pub(super) command: &'static [&'static str],
    /// What else the command needs to work.
    pub(super) prepare: fn(&Laboratory, &mut Command),
    /// Breaks the sandbox, a file, or how the command is called.
    pub(super) fault: fn(&Laboratory, &mut Command),
    pub(super) said: Said,
}

/// How it ends.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) code: &'static str,
    pub(super) exit: i32,
    /// What names the fix, in the message or its hint.
    pub(super) fix: &'static str,
}

impl Case {
    /// Runs it without the fault, which must work, and with it.
    pub(super) fn run(&self) -> Run {
        let laboratory = Laboratory::changed(self.sandbox);
        let prepared = || {
            let mut command = laboratory.command(self.command);
            (self.prepare)(&laboratory, &mut command);
            command
        };
        let healthy = Run::of(&mut prepared());
        assert_eq!(healthy.code, Some(0), "{} before: {healthy}", self.name);
        let mut command = prepared();
        (self.fault)(&laboratory, &mut command);
        Run::of(&mut command)
    }
}

impl Said {
    /// Whether it ends like this.
    pub(super) fn is_so(self, run: &Run) -> bool {
        let error = format!("error[{}]: ", self.code);
        let errors = run.stderr.lines().filter(|line| line.starts_with(&error));
        run.code == Some(self.exit) && errors.count() == 1
    }

    /// Whether error and hint alone name the fix.
    pub(super) fn is_told(self, run: &Run) -> bool {
        let told = run.stderr.lines().filter(|line| line.contains(self.fix));
        told.count() == 1
    }
}
