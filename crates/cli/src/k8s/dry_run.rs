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
        let Some(sourced) = context.settings.sourced("dry-run")? else {
            return Ok(Self::No);
        };
        match sourced.value.as_str() {
            "none" => Ok(Self::No),
            "client" => Ok(Self::Client),
            "server" => Ok(Self::Server),
            _ => Err(sourced.origin.invalid("it must be none, client or server")),
        }
    }

    /// What stands behind each line that is said.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Client | Self::Server => " (dry run)",
        }
    }
}
