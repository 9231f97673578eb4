use refresh::{Fault, FaultKind};

use super::{NO_SERVER_URL, NO_USERNAME};
use crate::InvalidJson;

/// What a credential helper says instead of an answer, on stdout and with exit
/// code 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HelperError {
    /// There is no such action.
    #[error("unknown action: {word}")]
    UnknownAction {
        /// The argument.
        word: String,
    },
    /// No server was named.
    #[error("{NO_SERVER_URL}")]
    NoServerUrl,
    /// Credentials to be kept have no user.
    #[error("{NO_USERNAME}")]
    NoUsername,
    /// The server's URL is more than one line of text.
    #[error("the server URL is not one line of text")]
    ServerUrl,
    /// More came than any credentials are.
    #[error("the request has {bytes} bytes or more, {limit} are the limit")]
    TooLong {
        /// How many were read.
        bytes: usize,
        /// How many may be.
        limit: usize,
    },
    /// Credentials to be kept are not one JSON object.
    #[error("the credentials cannot be read")]
    Json {
        /// What is wrong.
        source: InvalidJson,
    },
    /// A field of credentials to be kept is not a string.
    #[error("{field} of the credentials is not a string")]
    NotAString {
        /// Its name.
        field: &'static str,
    },
}

impl From<InvalidJson> for HelperError {
    fn from(source: InvalidJson) -> Self {
        Self::Json { source }
    }
}

impl Fault for HelperError {
    fn fault(&self) -> FaultKind {
        FaultKind::Configuration
    }
}
