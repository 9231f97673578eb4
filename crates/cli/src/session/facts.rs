use std::fmt::Write as _;
use std::path::Path;

use super::digest;
use crate::context::{Context, read_file};
use crate::failure::Failure;
use crate::setting::{Setting, Value};

/// Facts that tell one from another, as one text for a digest.
#[derive(Debug, Default)]
pub(crate) struct Facts(String);

impl Facts {
    /// The same with one more. With the lengths, no two lists look alike.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        // A string takes whatever is written to it.
        let _ = write!(self.0, "{}:{name}={}:{value};", name.len(), value.len());
        self
    }

    /// The same with a path: a relative one means another file elsewhere.
    pub(crate) fn with_path(self, name: &str, path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.with(name, &path.to_string_lossy())
    }

    /// The same with these settings, where they have a value that is no secret.
    pub(crate) fn with_settings(
        mut self,
        context: &Context<'_>,
        settings: impl IntoIterator<Item = &'static Setting>,
    ) -> Result<Self, Failure> {
        for setting in settings {
            let name = setting.name;
            match setting.value {
                Value::SecretVariable => {}
                Value::Text("FILE" | "FOLDER") => {
                    if let Some(path) = context.settings.path(name)? {
                        self = self.with_path(name, &path);
                    }
                }
                _ => {
                    for value in context.settings.list(name)? {
                        self = self.with(name, &value);
                    }
                }
            }
        }
        Ok(self)
    }

    /// The same with what `--session-policy` says: the same file may allow
    /// something else tomorrow.
    pub(crate) fn with_session_policy(self, context: &Context<'_>) -> Result<Self, Failure> {
        Ok(match context.settings.path("session-policy")? {
            Some(policy) => self.with("policy", &digest(&read_file(&policy)?)),
            None => self,
        })
    }

    /// The same with those of another.
    #[cfg(feature = "ecr")]
    pub(crate) fn with_all(mut self, other: &Self) -> Self {
        self.0 += &other.0;
        self
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Facts {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(facts: I) -> Self {
        let facts = facts.into_iter();
        facts.fold(Self::default(), |all, (name, value)| {
            all.with(name.as_ref(), value.as_ref())
        })
    }
}
