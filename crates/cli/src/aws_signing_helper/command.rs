use std::ffi::OsString;

use clap::{Arg, Command, value_parser};
use clap_complete::Shell;

use super::NAME;
use super::subcommand::{SUBCOMMANDS, Subcommand};

/// The helper's command line.
pub(super) fn command() -> Command {
    let shell = Arg::new("shell").value_parser(value_parser!(Shell));
    let command = Command::new(NAME)
        .about("iamra, called as aws_signing_helper: its subcommands and flags, and what iamra makes of them")
        .max_term_width(100)
        .args_override_self(true)
        .subcommand(Command::new("version").about("Print the version").arg(rest()))
        .subcommand(
            Command::new("completion")
                .about("Print a script that completes command lines")
                .arg(shell),
        );
    SUBCOMMANDS.iter().fold(command, |command, subcommand| {
        command.subcommand(made(subcommand))
    })
}

/// The script for a shell.
pub(super) fn completion(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), NAME, &mut script);
    script
}

/// The helper takes flags before the subcommand, too: each with the next word as
/// its value, which is all that it knows of them there.
pub(super) fn in_order(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut place = 1;
    while let Some(word) = arguments.get(place).and_then(|word| word.to_str()) {
        let is_flag = word.starts_with("--") && word.len() > 2;
        if !is_flag || word == "--help" {
            break;
        }
        place += if word.contains('=') { 1 } else { 2 };
    }
    let is_known = |word: &OsString| {
        let mut names = SUBCOMMANDS.iter().map(|subcommand| subcommand.name);
        names.any(|name| word == name)
    };
    if !arguments.get(place).is_some_and(is_known) {
        return arguments;
    }
    let mut ordered = arguments;
    ordered[1..=place].rotate_right(1);
    ordered
}

fn made(subcommand: &Subcommand) -> Command {
    let flags = || subcommand.flags.iter().copied().flatten();
    let command = Command::new(subcommand.name)
        .about(subcommand.about)
        .args_override_self(true)
        .arg(rest());
    flags().fold(command, |command, flag| {
        let others = subcommand
            .pairs
            .iter()
            .filter_map(|(one, other)| match flag.name {
                name if name == *one => Some(*other),
                name if name == *other => Some(*one),
                _ => None,
            });
        let there = others.filter(|other| flags().any(|flag| flag.name == *other));
        command.arg(flag.arg().conflicts_with_all(there.collect::<Vec<_>>()))
    })
}

/// Other words mean nothing to the helper, and are no error either.
fn rest() -> Arg {
    Arg::new("rest").num_args(0..).hide(true)
}

#[cfg(test)]
mod tests;
