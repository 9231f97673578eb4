use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ArgMatches;
use clap::parser::ValueSource;
use secrecy::SecretString;

use crate::config_file::ConfigFile;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::setting::{Setting, Value};
use crate::settings::{self, sidecar};

/// Flags, environment and config file together: the one place that knows which
/// is stronger.
#[derive(Clone, Debug)]
pub(crate) struct Resolved<'a> {
    matches: &'a ArgMatches,
    environment: &'a Environment,
    config: ConfigFile,
    /// What one part of a command has of its own, the last one first.
    overlays: Vec<Overlay>,
    /// Whether the sidecar's bare words count.
    reads_sidecar: bool,
}

/// Settings of one part of a command: a route's, a session's. They are stronger
/// than what is said for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay {
    /// What errors call the place that they stand in.
    pub(crate) place: String,
    /// What is empty has no value there, whatever is said for all.
    pub(crate) values: BTreeMap<String, Vec<String>>,
}

/// Where a value came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Variable(String),
    ConfigFile(PathBuf, &'static str),
    /// A part of the command that has settings of its own, and the setting.
    Part(String, &'static str),
}

/// A value, and where it came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<'a> Resolved<'a> {
    /// Reads the config file that is named, or else the default one, if there is
    /// one.
    pub(crate) fn new(
        matches: &'a ArgMatches,
        environment: &'a Environment,
        default: Option<PathBuf>,
        read: impl FnOnce(&Path) -> Result<String, Failure>,
    ) -> Result<Self, Failure> {
        let mut resolved = Self::without_file(matches, environment);
        if let Some(path) = resolved.path("config")?.or(default) {
            resolved.config = ConfigFile::parse(&read(&path)?, &path)?;
        }
        Ok(resolved)
    }

    /// Flags and environment alone.
    pub(crate) fn without_file(matches: &'a ArgMatches, environment: &'a Environment) -> Self {
        Self {
            matches,
            environment,
            config: ConfigFile::default(),
            overlays: Vec::new(),
            reads_sidecar: false,
        }
    }

    /// The same where the words of the sidecars count, if they are there.
    pub(crate) fn for_verb(self, names: &[&str]) -> Self {
        Self {
            reads_sidecar: names.first() == Some(&"creds") && sidecar::is_meant(self.environment),
            ..self
        }
    }

    /// The config file.
    pub(crate) fn config(&self) -> &ConfigFile {
        &self.config
    }

    /// The same with another config file, which has taken the place of the one
    /// before.
    pub(crate) fn reread(&self, config: ConfigFile) -> Self {
        Self {
            matches: self.matches,
            environment: self.environment,
            config,
            overlays: self.overlays.clone(),
            reads_sidecar: self.reads_sidecar,
        }
    }

    /// Whether the sidecar's variables are there.
    pub(crate) fn reads_sidecar(&self) -> bool {
        self.reads_sidecar
    }

    /// The same for a part of the command with settings of its own.
    pub(crate) fn overlaid(&self, overlay: Overlay) -> Self {
        let mut overlays = self.overlays.clone();
        overlays.insert(0, overlay);
        Self {
            matches: self.matches,
            environment: self.environment,
            config: self.config.clone(),
            overlays,
            reads_sidecar: self.reads_sidecar,
        }
    }

    /// The same in another environment.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn within<'b>(&self, environment: &'b Environment) -> Resolved<'b>
    where
        'a: 'b,
    {
        Resolved {
            matches: self.matches,
            environment,
            config: self.config.clone(),
            overlays: self.overlays.clone(),
            reads_sidecar: false,
        }
    }

    pub(crate) fn environment(&self) -> &'a Environment {
        self.environment
    }

    /// The value of a setting as text, and where it came from.
    pub(crate) fn sourced(&self, name: &str) -> Result<Option<Sourced<String>>, Failure> {
        let values = self.sourced_list(settings::named(name))?;
        Ok(values.map(|values| Sourced {
            value: values.value.into_iter().next_back().unwrap_or_default(),
            origin: values.origin,
        }))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.sourced(name)?.map(|sourced| sourced.value))
    }

    /// The value of a secret: only a variable can hold one.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<SecretString>, Failure> {
        let value = self.variable(&settings::named(name).all_variables())?;
        Ok(value.map(|sourced| sourced.value.into()))
    }

    /// The first of these variables that has a value.
    pub(crate) fn variable(&self, names: &[String]) -> Result<Option<Sourced<String>>, Failure> {
        let Some((name, value)) = self.environment.first(names) else {
            return Ok(None);
        };
        let origin = Origin::Variable(name);
        match value.to_str() {
            Some(value) => Ok(Some(Sourced {
                value: value.to_owned(),
                origin,
            })),
            None => Err(origin.invalid("it is not UTF-8")),
        }
    }

    /// Which of several settings that exclude each other counts: the one from
    /// the strongest place, and of equals the first.
    pub(crate) fn strongest<'n>(
        &self,
        names: &[&'n str],
    ) -> Result<Option<(&'n str, Sourced<String>)>, Failure> {
        let mut strongest: Option<(&str, Sourced<String>)> = None;
        for name in names {
            let Some(sourced) = self.sourced(name)? else {
                continue;
            };
            let is_stronger =
                |other: &(&str, Sourced<String>)| sourced.origin.rank() < other.1.origin.rank();
            if strongest.as_ref().is_none_or(is_stronger) {
                strongest = Some((name, sourced));
            }
        }
        Ok(strongest)
    }

    /// The value of a setting as a path.
    pub(crate) fn path(&self, name: &str) -> Result<Option<PathBuf>, Failure> {
        let sourced = self.sourced(name)?;
        let path = sourced.map(|sourced| sourced.into_path(self.environment));
        Ok(path.transpose()?.map(|path| path.value))
    }

    pub(crate) fn list(&self, name: &str) -> Result<Vec<String>, Failure> {
        let values = self.sourced_list(settings::named(name))?;
        Ok(values.map(|values| values.value).unwrap_or_default())
    }

    /// Whether a switch is on.
    pub(crate) fn switch(&self, name: &str) -> Result<bool, Failure> {
        let Some(sourced) = self.sourced(name)? else {
            return Ok(false);
        };
        match sourced.value.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            _ => Err(sourced.origin.invalid("it must be true or false")),
        }
    }

    /// What one of a few words stands for; an error names them all.
    pub(crate) fn choice<T: Copy, const N: usize>(
        &self,
        name: &str,
        choices: [(&str, T); N],
    ) -> Result<Option<T>, Failure> {
        let Some(sourced) = self.sourced(name)? else {
            return Ok(None);
        };
        let found = choices.iter().find(|(word, _)| *word == sourced.value);
        match found {
            Some((_, meant)) => Ok(Some(*meant)),
            None => Err(sourced
                .origin
                .invalid(&one_of(&choices.map(|(word, _)| word)))),
        }
    }

    /// The value of a setting as a `T`; an error names flag or variable.
    pub(crate) fn parse<T>(&self, name: &str) -> Result<Option<T>, Failure>
    where
        T: FromStr,
        T::Err: std::error::Error,
    {
        let Some(sourced) = self.sourced(name)? else {
            return Ok(None);
        };
        match sourced.value.trim().parse() {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(sourced.origin.invalid(&chain(&error))),
        }
    }

    /// A value that must be there.
    pub(crate) fn require<T>(&self, name: &str) -> Result<T, Failure>
    where
        T: FromStr,
        T::Err: std::error::Error,
    {
        self.parse(name)?
            .ok_or_else(|| missing(settings::named(name)))
    }

    fn sourced_list(
        &self,
        setting: &'static Setting,
    ) -> Result<Option<Sourced<Vec<String>>>, Failure> {
        for overlay in &self.overlays {
            if let Some(values) = overlay.values.get(setting.name) {
                if values.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(Sourced {
                    value: values.clone(),
                    origin: Origin::Part(overlay.place.clone(), setting.name),
                }));
            }
        }
        if let Some(values) = self.flag(setting) {
            return Ok(Some(values));
        }
        if let Some(Sourced { value, origin }) = self.variable(&setting.all_variables())? {
            let value = split(setting, &value);
            return Ok(Some(Sourced { value, origin }));
        }
        if let Some((word, value)) = self.sidecar_word(setting) {
            let origin = Origin::Variable(word.to_owned());
            let value = split(setting, &value);
            return Ok(Some(Sourced { value, origin }));
        }
        Ok(self.config.values(setting).map(|values| Sourced {
            value: values.to_vec(),
            origin: Origin::ConfigFile(self.config.path().to_owned(), setting.name),
        }))
    }

    fn sidecar_word(&self, setting: &Setting) -> Option<(&'static str, String)> {
        let word = |setting| sidecar::word(self.environment, setting);
        self.reads_sidecar.then(|| word(setting.name)).flatten()
    }

    /// What the command line says; a command that does not have the flag says
    /// nothing.
    fn flag(&self, setting: &'static Setting) -> Option<Sourced<Vec<String>>> {
        let id = setting.name;
        self.matches.try_contains_id(id).ok()?;
        if self.matches.value_source(id) != Some(ValueSource::CommandLine) {
            return None;
        }
        let value = match setting.value {
            Value::Switch => vec!["true".to_owned()],
            _ => self.matches.get_many::<String>(id)?.cloned().collect(),
        };
        // `--flag ''`, written by a template, is no value.
        let is_empty = value.iter().all(String::is_empty);
        (!is_empty).then_some(Sourced {
            value,
            origin: Origin::Flag(id),
        })
    }
}

impl Sourced<String> {
    /// As a path; `~/` is the home folder, as it is for the SDKs, which nobody's
    /// shell has expanded in a variable or a file.
    pub(crate) fn into_path(self, environment: &Environment) -> Result<Sourced<PathBuf>, Failure> {
        let Self { value, origin } = self;
        let value = match (value.strip_prefix("~/"), environment.home()) {
            (None, _) => value.into(),
            (Some(rest), Some(home)) => home.join(rest),
            _ => return Err(origin.invalid("there is no home folder for the ~ in it")),
        };
        Ok(Sourced { value, origin })
    }
}

impl Origin {
    /// The smaller, the stronger.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Flag(_) | Self::Part(..) => 0,
            Self::Variable(name) if name.starts_with("IAMRA_") => 1,
            Self::Variable(_) => 2,
            Self::ConfigFile(..) => 3,
        }
    }

    /// A failure that says where the wrong value stands.
    pub(crate) fn invalid(&self, reason: &str) -> Failure {
        Failure::configuration("config.invalid", format!("{self}: {reason}"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) => f.write_str(name),
            Self::ConfigFile(path, key) => write!(f, "{} ({key})", path.display()),
            Self::Part(place, key) => write!(f, "{place} ({key})"),
        }
    }
}

fn split(setting: &Setting, value: &str) -> Vec<String> {
    match setting.value {
        Value::List(_) => {
            let items = value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            items.map(str::to_owned).collect()
        }
        _ => vec![value.to_owned()],
    }
}

fn missing(setting: &Setting) -> Failure {
    let variables = setting.all_variables().join(" or ");
    let message = format!("--{} is missing", setting.name);
    Failure::configuration("config.missing", message).with_hint(format!("set it, or {variables}"))
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn one_of(words: &[&str]) -> String {
    match words {
        [most @ .., last] => format!("it must be {} or {last}", most.join(", ")),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::with_settings;

    fn resolve<T>(
        flags: &[&str],
        variables: &[(&str, &str)],
        config: Option<&str>,
        look: impl Fn(&Resolved<'_>) -> T,
    ) -> T {
        let command = with_settings(clap::Command::new("x"), settings::ALL);
        let matches = command.get_matches_from([&["x"], flags].concat());
        let mut environment: Vec<(&str, &str)> = variables.to_vec();
        if config.is_some() {
            environment.push(("IAMRA_CONFIG", "c.toml"));
        }
        let environment: Environment = environment.into_iter().collect();
        let read = |_: &Path| Ok(format!("schema = 1\n{}", config.unwrap_or_default()));
        look(&Resolved::new(&matches, &environment, None, read).unwrap())
    }

    #[test]
    fn flag_beats_own_variable_beats_foreign_variable_beats_file() {
        let config = Some("role-arn = 'file'");
        let foreign = [("ROLE_ARN", "foreign")];
        let both = [("ROLE_ARN", "foreign"), ("IAMRA_ROLE_ARN", "own")];
        let empty = [("ROLE_ARN", ""), ("IAMRA_ROLE_ARN", "")];
        for (flags, variables, expected, origin) in [
            (&["--role-arn", "flag"][..], &both[..], "flag", "--role-arn"),
            (&[], &both, "own", "IAMRA_ROLE_ARN"),
            (&[], &foreign, "foreign", "ROLE_ARN"),
            (&[], &empty, "file", "c.toml (role-arn)"),
            (&["--role-arn", ""], &empty, "file", "c.toml (role-arn)"),
        ] {
            let sourced = resolve(flags, variables, config, |resolved| {
                resolved.sourced("role-arn").unwrap().unwrap()
            });
            assert_eq!(
                (sourced.value.as_str(), sourced.origin.to_string().as_str()),
                (expected, origin)
            );
        }
    }

    #[test]
    fn switches_are_gos_booleans() {
        for (value, expected) in [
            ("1", Some(true)),
            ("true", Some(true)),
            ("F", Some(false)),
            ("", Some(false)),
            ("no", None),
        ] {
            let on = resolve(&[], &[("VAULT_SKIP_VERIFY", value)], None, |resolved| {
                resolved.switch("vault-skip-verify").ok()
            });
            assert_eq!(on, expected, "{value:?}");
        }
        assert!(resolve(&["--vault-skip-verify"], &[], None, |r| r
            .switch("vault-skip-verify")
            .unwrap()));
    }

    #[test]
    fn lists_are_repeated_or_separated_by_commas() {
        let dns = |flags: &[&str], variables: &[(&str, &str)]| {
            resolve(flags, variables, Some("dns = ['c']"), |resolved| {
                resolved.list("dns").unwrap()
            })
        };
        assert_eq!(dns(&["--dns", "a", "--dns", "b"], &[]), ["a", "b"]);
        assert_eq!(dns(&[], &[("IAMRA_DNS", "a, b,")]), ["a", "b"]);
        assert_eq!(dns(&[], &[]), ["c"]);
    }

    #[test]
    fn names_are_unique_and_every_variable_is_used_once() {
        let mut names: Vec<&str> = settings::all().map(|setting| setting.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
