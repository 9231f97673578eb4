use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use secrecy::SecretString;

use crate::context::{Context, read_file};
use crate::failure::Failure;

#[cfg(unix)]
mod terminal;

/// What opens a private key, or a PKCS#12 file.
#[derive(Default)]
pub(crate) struct Passphrase {
    source: Source,
    may_ask: bool,
    /// What was typed in, for the next time.
    typed: OnceLock<SecretString>,
}

#[derive(Default)]
enum Source {
    #[default]
    None,
    File(PathBuf),
    Text(SecretString),
}

impl Passphrase {
    /// As the settings name it: the file from the command line or a variable
    /// of ours comes before the text, which only a variable can hold.
    pub(crate) fn named(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let names = ["private-key-passphrase-file", "private-key-passphrase"];
        let source = match settings.strongest(&names)? {
            None => Source::None,
            Some(("private-key-passphrase", sourced)) => Source::Text(sourced.value.into()),
            Some((file, _)) => settings.path(file)?.map_or(Source::None, Source::File),
        };
        Ok(Self {
            source,
            ..Self::default()
        })
    }

    /// The same for a command whose user may sit at the terminal.
    pub(crate) fn asking(self) -> Self {
        Self {
            may_ask: true,
            ..self
        }
    }

    /// The passphrase, where one was given: a file is read each time, as it may
    /// change with the key.
    pub(crate) fn given(&self) -> Result<Option<SecretString>, Failure> {
        match &self.source {
            Source::None => Ok(self.typed.get().cloned()),
            Source::Text(text) => Ok(Some(text.clone())),
            Source::File(path) => of_file(path).map(Some),
        }
    }

    /// Asks for it at the terminal; `None` where nobody can answer.
    pub(crate) fn ask(&self, what: &str) -> Option<SecretString> {
        if !self.may_ask || !matches!(self.source, Source::None) {
            return None;
        }
        #[cfg(unix)]
        {
            let typed = terminal::ask(&format!("Passphrase of {what}: "))?;
            let typed = SecretString::from(first_line(&typed));
            Some(self.typed.get_or_init(|| typed).clone())
        }
        #[cfg(not(unix))]
        {
            let _ = what;
            None
        }
    }

    /// The file that it stands in.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            _ => None,
        }
    }
}

/// What stands in a file, without its final line break.
pub(super) fn of_file(path: &Path) -> Result<SecretString, Failure> {
    let content = read_file(path)?;
    let text = std::str::from_utf8(&content).map_err(|_| {
        let message = format!("{} is not UTF-8", path.display());
        Failure::configuration("file.invalid", message)
    })?;
    Ok(first_line(text).into())
}

/// Without its line break, whichever system wrote it. Anything else may be a
/// part of the passphrase.
fn first_line(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Says whether there is one.
impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            Source::None => "none",
            Source::File(_) => "a file",
            Source::Text(_) => "a variable",
        };
        f.debug_tuple("Passphrase").field(&source).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_break_is_no_part_of_it() {
        for (text, expected) in [
            ("word", "word"),
            ("word\n", "word"),
            ("word\r\n", "word"),
            (" two words \n", " two words "),
            ("word\n\n", "word\n"),
            ("\n", ""),
        ] {
            assert_eq!(first_line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_passphrase() {
        let passphrase = Passphrase {
            source: Source::Text("hunter2".into()),
            ..Passphrase::default()
        };
        assert_eq!(format!("{passphrase:?}"), "Passphrase(\"a variable\")");
    }
}
