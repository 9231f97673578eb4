use clap::{Arg, ArgAction};

use crate::settings::GENERAL;

/// One thing that can be set: by a flag, a variable, or the config file.
///
/// A setting is declared once; its flag, its variables, its key in the config
/// file, its help and its line in the reference all come from here.
#[derive(Debug)]
pub struct Setting {
    /// The name of the flag and of the key in the config file.
    pub name: &'static str,
    /// The flag's short form.
    pub short: Option<char>,
    /// What its value is.
    pub value: Value,
    /// The variables of the ecosystem that set it, the strongest first. Our own
    /// stands before them all: [`Setting::own_variable`].
    pub variables: &'static [&'static str],
    /// The value without any of these, in words where it is not a constant.
    pub default: Option<&'static str>,
    /// What it does: a sentence, and what else must be known.
    pub help: &'static str,
}

/// What the value of a [`Setting`] is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// One text; the name that stands for it in the help.
    Text(&'static str),
    /// Several texts: the flag is repeated, a variable is separated by commas.
    List(&'static str),
    /// Yes or no.
    Switch,
    /// A secret, which no flag and no config file may hold: only variables.
    SecretVariable,
}

/// A heading in the help, and the settings under it.
#[derive(Debug)]
pub struct Group {
    /// The heading.
    pub heading: &'static str,
    /// The settings.
    pub settings: &'static [Setting],
}

impl Setting {
    /// Our own variable: `IAMRA_` and the name.
    pub fn own_variable(&self) -> String {
        format!("IAMRA_{}", self.name.replace('-', "_").to_uppercase())
    }

    /// Every variable that sets it, the strongest first.
    pub fn all_variables(&self) -> Vec<String> {
        let own = (self.value != Value::SecretVariable).then(|| self.own_variable());
        let others = self.variables.iter().map(|name| (*name).to_owned());
        own.into_iter().chain(others).collect()
    }

    /// Its flag; a secret has none.
    fn arg(&self, heading: &'static str) -> Option<Arg> {
        let arg = Arg::new(self.name)
            .long(self.name)
            .help(self.short_help())
            .long_help(self.long_help())
            .help_heading(heading);
        let arg = match self.short {
            Some(short) => arg.short(short),
            None => arg,
        };
        match self.value {
            // PEM text begins with dashes.
            Value::Text("PEM") => Some(arg.value_name("PEM").allow_hyphen_values(true)),
            Value::Text(name) => Some(arg.value_name(name).action(ArgAction::Set)),
            Value::List(name) => Some(arg.value_name(name).action(ArgAction::Append)),
            Value::Switch => Some(arg.action(ArgAction::SetTrue)),
            Value::SecretVariable => None,
        }
    }

    fn short_help(&self) -> String {
        let first = self.help.split_inclusive(". ").next().unwrap_or(self.help);
        let first = first.trim_end().trim_end_matches('.');
        match self.default {
            Some(default) => format!("{first} [default: {default}]"),
            None => first.to_owned(),
        }
    }

    fn long_help(&self) -> String {
        let variables = self.all_variables().join(", ");
        let default = self
            .default
            .map(|default| format!("\n[default: {default}]"));
        format!(
            "{}\n\n[env: {variables}]{}",
            self.help,
            default.unwrap_or_default()
        )
    }
}

/// Adds the flags of `groups`, and those of every command, to `command`.
pub(crate) fn with_settings(command: clap::Command, groups: &[&'static Group]) -> clap::Command {
    with_settings_but(command, groups, &[])
}

/// The same without these flags, which would say nothing to this command.
pub(crate) fn with_settings_but(
    command: clap::Command,
    groups: &[&'static Group],
    without: &[&'static str],
) -> clap::Command {
    let is_general = |group: &&Group| group.settings[0].name == GENERAL.settings[0].name;
    let general = (!groups.iter().any(is_general)).then_some(&GENERAL);
    let args = groups.iter().copied().chain(general).flat_map(|group| {
        let wanted = group.settings.iter();
        let wanted = wanted.filter(|setting| !without.contains(&setting.name));
        wanted.filter_map(|setting| setting.arg(group.heading))
    });
    args.fold(command, clap::Command::arg)
}

/// The same of these groups alone, for a command that has the rest already.
#[cfg(feature = "pods")]
pub(crate) fn with_more(command: clap::Command, groups: &[&'static Group]) -> clap::Command {
    let args = groups.iter().flat_map(|group| {
        let settings = group.settings.iter();
        settings.filter_map(|setting| setting.arg(group.heading))
    });
    args.fold(command, clap::Command::arg)
}

/// Adds single flags, for a command that takes not all of their groups.
pub(crate) fn with_named(command: clap::Command, names: &[&'static str]) -> clap::Command {
    let groups = crate::settings::ALL.iter();
    let args = groups.flat_map(|group| {
        let wanted = group.settings.iter();
        let wanted = wanted.filter(|setting| names.contains(&setting.name));
        wanted.filter_map(|setting| setting.arg(group.heading))
    });
    args.fold(command, clap::Command::arg)
}
