use crate::context::Context;
use crate::failure::Failure;

/// Whether anything is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DryRun {
    /// It is.
    No,
    /// Nothing is sent that writes.
    Client,
    /// The server says what it would do, and does nothing.
    Server,
}

impl DryRun {
    /// As the settings say.
    pub(crate) fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let kinds = [
            ("none", Self::No),
            ("client", Self::Client),
            ("server", Self::Server),
        ];
        let kind = context.settings.choice("dry-run", kinds)?;
        Ok(kind.unwrap_or(Self::No))
    }

    /// What stands behind each line that is said.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Client | Self::Server => " (dry run)",
        }
    }
}
