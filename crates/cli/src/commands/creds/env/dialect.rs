use std::collections::BTreeMap;

use refresh::FaultKind;

use crate::context::Context;
use crate::failure::Failure;

/// A way to write variables down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Dialect {
    Sh,
    Fish,
    PowerShell,
    Dotenv,
    Json,
}

impl Dialect {
    pub(super) fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let dialects = [
            ("sh", Self::Sh),
            ("fish", Self::Fish),
            ("powershell", Self::PowerShell),
            ("dotenv", Self::Dotenv),
            ("json", Self::Json),
        ];
        let dialect = context.settings.choice("output", dialects)?;
        Ok(dialect.unwrap_or(Self::Sh))
    }

    /// What a person types to have the variables and not to see them.
    pub(super) fn use_it(self) -> &'static str {
        match self {
            Self::Sh => r#"eval "$(iamra creds env)""#,
            Self::Fish => "iamra creds env -o fish | source",
            Self::PowerShell => "iamra creds env -o powershell | Out-String | Invoke-Expression",
            Self::Dotenv => "iamra creds env -o dotenv > FILE",
            Self::Json => "iamra creds env -o json | PROGRAM",
        }
    }

    /// One line for each variable; JSON is one object.
    pub(super) fn render(self, variables: &[(&str, &str)]) -> Result<String, Failure> {
        if self == Self::Json {
            let object: BTreeMap<_, _> = variables.iter().copied().collect();
            let text = serde_json::to_string_pretty(&object);
            let text = text.map_err(|error| failed(error.to_string()))?;
            return Ok(format!("{text}\n"));
        }
        let lines = variables.iter().map(|(name, value)| self.line(name, value));
        lines.collect()
    }

    fn line(self, name: &str, value: &str) -> Result<String, Failure> {
        Ok(match self {
            Self::Fish => format!("set -gx {name} '{}'\n", escaped(value, &['\\', '\''])),
            Self::PowerShell => {
                // To PowerShell each of these is a quote: two are one of them.
                let quoted: String = value.chars().flat_map(doubled).collect();
                format!("$Env:{name} = '{quoted}'\n")
            }
            Self::Dotenv => format!("{name}={}\n", dotenv(value)),
            _ => {
                let quoted = shlex::try_quote(value).map_err(|error| failed(error.to_string()))?;
                format!("export {name}={quoted}\n")
            }
        })
    }
}

fn failed(why: String) -> Failure {
    Failure::new("output.failed", FaultKind::Failed, why)
}

/// Bare where that is safe, because `docker run --env-file` takes quotes for a
/// part of the value; otherwise in the quotes that all readers know.
fn dotenv(value: &str) -> String {
    let is_bare = |it: char| it.is_ascii_alphanumeric() || "_./+=:@%-".contains(it);
    if value.chars().all(is_bare) {
        return value.to_owned();
    }
    let quoted = escaped(value, &['\\', '"', '$', '`']);
    format!("\"{}\"", quoted.replace('\n', "\\n"))
}

/// `value` with a backslash before each of `special`.
fn escaped(value: &str, special: &[char]) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        if special.contains(&character) {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

fn doubled(character: char) -> impl Iterator<Item = char> {
    let is_quote = matches!(character, '\'' | '\u{2018}'..='\u{201b}');
    std::iter::repeat_n(character, if is_quote { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARD: &str = "a'b\"c\\d$HOME`id`\n é=+/ ~ *;&|<>(){}[]!#%";

    fn line(dialect: Dialect, value: &str) -> String {
        dialect.line("X", value).unwrap()
    }

    #[test]
    fn plain_values_are_plain() {
        for (dialect, expected) in [
            (Dialect::Sh, "export X='a/b+c=='\n"),
            (Dialect::Fish, "set -gx X 'a/b+c=='\n"),
            (Dialect::PowerShell, "$Env:X = 'a/b+c=='\n"),
            (Dialect::Dotenv, "X=a/b+c==\n"),
        ] {
            assert_eq!(line(dialect, "a/b+c=="), expected);
        }
    }

    #[test]
    fn quotes_stay_inside() {
        for (dialect, value, expected) in [
            (Dialect::Fish, r"a'b\c", "set -gx X 'a\\'b\\\\c'\n"),
            (Dialect::PowerShell, "a'b’c$d", "$Env:X = 'a''b’’c$d'\n"),
            (Dialect::Dotenv, "a b", "X=\"a b\"\n"),
            (Dialect::Dotenv, "a\"$b'\n", "X=\"a\\\"\\$b'\\n\"\n"),
        ] {
            assert_eq!(line(dialect, value), expected);
        }
        let json = Dialect::Json.render(&[("X", HARD)]).unwrap();
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["X"], HARD);
    }

    #[cfg(unix)]
    #[test]
    fn shells_read_back_what_was_written() {
        for (shell, dialect) in [
            ("sh", Dialect::Sh),
            ("bash", Dialect::Sh),
            ("fish", Dialect::Fish),
        ] {
            let script = format!("{}printf %s \"$X\"", line(dialect, HARD));
            let output = std::process::Command::new(shell)
                .args(["-c", &script])
                .output();
            match output {
                Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout), HARD, "{shell}"),
                Err(_) => assert_ne!(shell, "sh", "every system has one"),
            }
        }
    }
}
