use std::collections::BTreeMap;
use std::str::FromStr;

use crate::quote::quoted;
use crate::secret_json;

mod credentials;
mod error;
mod request;

pub use credentials::HelperCredentials;
pub use error::HelperError;
pub use request::{HelperRequest, LONGEST_HELPER_REQUEST};

/// What docker wants of a credential helper: its one argument.
///
/// [docker-credential-helpers](https://github.com/docker/docker-credential-helpers#development)
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the protocol has these actions and no way to add one"
)]
pub enum HelperAction {
    /// `get`: the credentials for a server.
    Get,
    /// `store`: credentials to be kept.
    Store,
    /// `erase`: credentials to be forgotten.
    Erase,
    /// `list`: for which servers there are credentials.
    List,
    /// `version`, `--version` or `-v`.
    Version,
    /// `--help` or `-h`.
    Help,
}

impl FromStr for HelperAction {
    type Err = HelperError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            "get" => Self::Get,
            "store" => Self::Store,
            "erase" => Self::Erase,
            "list" => Self::List,
            "version" | "--version" | "-v" => Self::Version,
            "--help" | "-h" => Self::Help,
            _ => {
                let word = quoted(word);
                return Err(HelperError::UnknownAction { word });
            }
        })
    }
}

/// What docker takes for "no credentials", and goes on without: on **stdout**,
/// alone, with exit code 1. Any other text is shown to the user as an error.
pub const CREDENTIALS_NOT_FOUND: &str = "credentials not found in native keychain";

/// What a helper says to `get` and `erase` without a server, as above.
pub const NO_SERVER_URL: &str = "no credentials server URL";

/// What a helper says to `store` without a user, as above.
pub const NO_USERNAME: &str = "no credentials username";

/// The answer to `list`: users by server, as one line of JSON.
pub fn helper_list_json(users: &BTreeMap<String, String>) -> Vec<u8> {
    secret_json::render_line(users).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_protocol() {
        for (word, action) in [
            ("get", HelperAction::Get),
            ("store", HelperAction::Store),
            ("erase", HelperAction::Erase),
            ("list", HelperAction::List),
            ("version", HelperAction::Version),
            ("--version", HelperAction::Version),
            ("-v", HelperAction::Version),
            ("--help", HelperAction::Help),
            ("-h", HelperAction::Help),
        ] {
            assert_eq!(word.parse::<HelperAction>().unwrap(), action);
        }
        for word in ["", "GET", "get ", "help", "erase-all"] {
            let refused = word.parse::<HelperAction>().unwrap_err();
            assert_eq!(refused.to_string(), format!("unknown action: {word}"));
        }
    }

    #[test]
    fn the_list_is_a_line_of_json() {
        assert_eq!(helper_list_json(&BTreeMap::new()), b"{}\n");
        let user = ("https://h".to_owned(), "AWS".to_owned());
        let users = BTreeMap::from([user]);
        assert_eq!(helper_list_json(&users), b"{\"https://h\":\"AWS\"}\n");
    }
}
