use clap::Command;

use crate::settings;

/// A setting that means something of its own here.
pub(super) struct Said {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) default: Option<&'static str>,
}

impl Said {
    /// The command whose flag has this help.
    pub(super) fn over(command: Command, said: &Self) -> Command {
        let Self {
            name,
            help,
            default,
        } = *said;
        let variable = settings::named(name).own_variable();
        let default = default.map(|default| format!("[default: {default}]"));
        let default = default.unwrap_or_default();
        let first = help.split_inclusive(". ").next().unwrap_or(help);
        let short = format!("{} {default}", first.trim_end().trim_end_matches('.'));
        command.mut_arg(name, |arg| {
            let long = format!("{help}\n\n[env: {variable}]\n{default}");
            arg.help(short.trim_end().to_owned())
                .long_help(long.trim_end().to_owned())
        })
    }
}
