//! Commands in scripts, units and profile files.

mod ecr;
mod signing_helper;

pub(super) use signing_helper::{Translation, is_of_the_helper};

use super::Findings;
use super::words::{Command, commands};

pub(super) fn look(text: &str, findings: &mut Findings) {
    let commands = commands(text);
    for (command, _) in &commands {
        if findings.edits.is_free(command.range()) {
            signing_helper::look(command, findings);
        }
    }
    ecr::look(text, &commands, findings);
}

/// The name of the Secret that kubectl is told to make of a login.
pub(super) fn secret_name<'t>(command: &Command<'t>) -> Option<&'t str> {
    ecr::create_secret(command).map(|at| command.raw(at))
}
