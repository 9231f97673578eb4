use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::setting::{Setting, Value};
use crate::settings;

/// The settings that a config file holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigFile {
    path: PathBuf,
    values: BTreeMap<String, Vec<String>>,
    parts: toml::Table,
}

/// The tables of a file for `iamra run` and `iamra k8s`: they are read there.
pub(crate) const PARTS: [&str; 4] = ["group", "identity", "session", "sink"];

/// The version of the file's form.
const SCHEMA: i64 = 1;

impl ConfigFile {
    /// Parses the text of the file at `path`.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        let invalid = |message: String| {
            Failure::configuration("config.invalid", format!("{}: {message}", path.display()))
        };
        let table: toml::Table = text.parse().map_err(|error| invalid(one_line(&error)))?;
        match table.get("schema") {
            Some(toml::Value::Integer(SCHEMA)) => {}
            Some(_) => return Err(invalid("this version reads schema = 1 only".to_owned())),
            None => return Err(invalid("schema = 1 is missing".to_owned())),
        }
        let (parts, settings): (toml::Table, toml::Table) = table
            .into_iter()
            .filter(|(key, _)| key != "schema")
            .partition(|(key, _)| PARTS.contains(&key.as_str()));
        Ok(Self {
            path: path.to_owned(),
            values: values(&settings).map_err(invalid)?,
            parts,
        })
    }

    /// The tables that are not settings of the whole command.
    pub(crate) fn parts(&self) -> &toml::Table {
        &self.parts
    }

    /// The values of a setting; one, unless it is a list.
    pub(crate) fn values(&self, setting: &Setting) -> Option<&[String]> {
        self.values.get(setting.name).map(Vec::as_slice)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The settings that a table holds, each with its texts; or what is wrong.
pub(crate) fn values(table: &toml::Table) -> Result<BTreeMap<String, Vec<String>>, String> {
    let values = table.iter().map(|(key, value)| {
        let setting = known(key).ok_or_else(|| unknown(key))?;
        let texts = texts(setting, value);
        let texts = texts.ok_or_else(|| format!("{key} must be {}", shape(setting)))?;
        Ok((key.clone(), texts))
    });
    values.collect()
}

/// A config file cannot name another one, and holds no secret.
fn known(key: &str) -> Option<&'static Setting> {
    settings::all().find(|setting| {
        setting.name == key && key != "config" && setting.value != Value::SecretVariable
    })
}

fn unknown(key: &str) -> String {
    if key == "config" {
        return "a config file cannot name another one".to_owned();
    }
    if settings::all().any(|setting| setting.name == key) {
        return format!("{key} is a secret, which does not belong in a config file");
    }
    let near = settings::all()
        .map(|setting| setting.name)
        .min_by_key(|name| strsim::damerau_levenshtein(name, key));
    format!(
        "there is no setting {key:?}; did you mean {:?}?",
        near.unwrap_or_default()
    )
}

fn texts(setting: &Setting, value: &toml::Value) -> Option<Vec<String>> {
    match (setting.value, value) {
        (Value::Switch, toml::Value::Boolean(on)) => Some(vec![on.to_string()]),
        (Value::List(_), toml::Value::Array(items)) => items.iter().map(text).collect(),
        (Value::List(_) | Value::Text(_), value) => Some(vec![text(value)?]),
        _ => None,
    }
}

fn text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Datetime(time) => Some(time.to_string()),
        _ => None,
    }
}

fn shape(setting: &Setting) -> &'static str {
    match setting.value {
        Value::Switch => "true or false",
        Value::List(_) => "a text or an array of texts",
        Value::Text(_) | Value::SecretVariable => "a text",
    }
}

/// The parser's message without the excerpt of the file: it may hold a secret.
fn one_line(error: &toml::de::Error) -> String {
    error.message().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, String> {
        ConfigFile::parse(text, Path::new("iamra.toml")).map_err(|failure| failure.to_string())
    }

    #[test]
    fn keys_are_the_names_of_the_flags() {
        let text = "schema = 1\nrole-arn = 'r'\nsession-duration = 900\ndns = ['a', 'b']\nuse-fips-endpoint = true\n";
        let config = parse(text).unwrap();
        let value = |name| {
            config.values(
                settings::all()
                    .find(|setting| setting.name == name)
                    .unwrap(),
            )
        };
        assert_eq!(value("role-arn").unwrap(), ["r"]);
        assert_eq!(value("session-duration").unwrap(), ["900"]);
        assert_eq!(value("dns").unwrap(), ["a", "b"]);
        assert_eq!(value("use-fips-endpoint").unwrap(), ["true"]);
        assert_eq!(value("region"), None);
    }

    #[test]
    fn what_it_cannot_mean_is_refused() {
        for (text, expected) in [
            ("", "iamra.toml: schema = 1 is missing"),
            (
                "schema = 2",
                "iamra.toml: this version reads schema = 1 only",
            ),
            (
                "schema = 1\nrole_arn = 'r'",
                "iamra.toml: there is no setting \"role_arn\"; did you mean \"role-arn\"?",
            ),
            (
                "schema = 1\nvault-token = 'x'",
                "iamra.toml: vault-token is a secret, which does not belong in a config file",
            ),
            (
                "schema = 1\nconfig = 'x'",
                "iamra.toml: a config file cannot name another one",
            ),
            (
                "schema = 1\nrole-arn = ['r']",
                "iamra.toml: role-arn must be a text",
            ),
            (
                "schema = 1\nuse-fips-endpoint = 'yes'",
                "iamra.toml: use-fips-endpoint must be true or false",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected);
        }
        assert!(parse("schema = ").unwrap_err().starts_with("iamra.toml: "));
    }
}
