use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The environment, read once. Nothing else reads it.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The names of all variables.
    #[cfg(feature = "sandbox")]
    pub(crate) fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0.keys().map(OsString::as_os_str)
    }

    /// All variables with their values.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// All variables but those of these names.
    pub(crate) fn without(&self, names: &[String]) -> Vec<(OsString, OsString)> {
        let is_other = |name: &OsStr| !names.iter().any(|other| name == OsStr::new(other));
        self.0
            .iter()
            .filter(|(name, _)| is_other(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// What is meant for us alone, and the home folder: the variables of others are
    /// those of this machine.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn ours(&self) -> Self {
        let is_ours = |name: &OsStr| {
            let name = name.to_string_lossy();
            name.starts_with("IAMRA_") || ["HOME", "USERPROFILE"].contains(&&*name)
        };
        let ours = self.all().filter(|(name, _)| is_ours(name));
        ours.collect()
    }

    /// The value of a variable as it is, empty or not.
    pub(crate) fn raw(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The value of a variable; empty counts as unset.
    pub(crate) fn value(&self, name: &str) -> Option<&OsStr> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// The first of `names` that has a value, and the value.
    ///
    /// A `BAO_X` that is set but empty hides the `VAULT_X` behind it, as in
    /// OpenBao's own command line.
    pub(crate) fn first(&self, names: &[String]) -> Option<(String, &OsStr)> {
        names
            .iter()
            .filter(|name| !self.is_hidden(name))
            .find_map(|name| Some((name.clone(), self.value(name)?)))
    }

    /// The user's home folder; `/` is that of a user who has none.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        let home = PathBuf::from(self.value(variable)?);
        (home != Path::new("/")).then_some(home)
    }

    /// The folder, or the file, that a variable names.
    pub(crate) fn folder(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// Where this user's programs have their settings.
    ///
    /// [XDG Base Directory](https://specifications.freedesktop.org/basedir-spec/latest/)
    #[cfg(feature = "ecr")]
    pub(crate) fn config_folder(&self) -> Option<PathBuf> {
        self.folder("XDG_CONFIG_HOME")
            .or_else(|| Some(self.home()?.join(".config")))
    }

    /// Where this user's programs leave what is of the moment.
    #[cfg(feature = "serve")]
    pub(crate) fn temporary_folder(&self) -> PathBuf {
        let (variable, usual) = if cfg!(windows) {
            ("TEMP", r"C:\Windows\Temp")
        } else {
            ("TMPDIR", "/tmp")
        };
        self.value(variable)
            .map_or_else(|| usual.into(), PathBuf::from)
    }

    fn is_hidden(&self, name: &str) -> bool {
        name.strip_prefix("VAULT_")
            .is_some_and(|rest| self.raw(&format!("BAO_{rest}")).is_some())
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        Self(
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// Shows no value: many are secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.0.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(variables: &[(&str, &str)], names: &[&str]) -> Option<String> {
        let environment: Environment = variables.iter().copied().collect();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        environment
            .first(&names)
            .map(|(name, value)| format!("{name}={}", value.display()))
    }

    #[test]
    fn the_first_variable_with_a_value_counts() {
        let names = ["IAMRA_X", "BAO_X", "VAULT_X"];
        for (variables, expected) in [
            (&[][..], None),
            (&[("VAULT_X", "v")], Some("VAULT_X=v")),
            (&[("VAULT_X", "v"), ("BAO_X", "b")], Some("BAO_X=b")),
            (&[("VAULT_X", "v"), ("BAO_X", "")], None),
            (&[("VAULT_X", "v"), ("IAMRA_X", "")], Some("VAULT_X=v")),
            (&[("VAULT_X", "")], None),
        ] {
            assert_eq!(
                first(variables, &names).as_deref(),
                expected,
                "{variables:?}"
            );
        }
    }

    #[test]
    fn an_empty_openbao_variable_hides_only_its_own_twin() {
        let variables = [
            ("BAO_AGENT_ADDR", ""),
            ("VAULT_AGENT_ADDR", "a"),
            ("VAULT_ADDR", "v"),
        ];
        let names = [
            "BAO_AGENT_ADDR",
            "VAULT_AGENT_ADDR",
            "BAO_ADDR",
            "VAULT_ADDR",
        ];
        assert_eq!(first(&variables, &names).as_deref(), Some("VAULT_ADDR=v"));
    }

    #[test]
    fn debug_shows_no_value() {
        let environment: Environment = [("VAULT_TOKEN", "hunter2")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), "Environment { variables: 1 }");
    }
}
