use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use super::HelperError;
use crate::json_object::JsonObject;
use crate::secret_json;

/// Credentials as they pass between docker and a helper, in either direction:
/// the answer to `get`, and the request of `store`.
///
/// To push a login into somebody else's helper, run `docker-credential-<name>
/// store` with [`to_json`](Self::to_json) on its stdin.
#[derive(Clone)]
pub struct HelperCredentials {
    server_url: String,
    username: String,
    secret: SecretString,
}

impl HelperCredentials {
    /// Credentials for a server; in an answer, by the name that was asked for.
    pub fn new(server_url: &str, username: &str, secret: SecretString) -> Self {
        Self {
            server_url: server_url.to_owned(),
            username: username.to_owned(),
            secret,
        }
    }

    /// The server, as docker names it: a host, or a URL.
    pub fn server_url(&self) -> &str {
        &self.server_url
    }

    /// The user; `<token>` says that the secret is an identity token.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The password.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// One line of JSON.
    ///
    /// Go's encoder writes `<`, `>` and `&` as escapes, which is the same JSON;
    /// here they stand for themselves.
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Shown<'a> {
            #[serde(rename = "ServerURL")]
            server_url: &'a str,
            username: &'a str,
            secret: &'a str,
        }
        secret_json::render_line(&Shown {
            server_url: &self.server_url,
            username: &self.username,
            secret: self.secret.expose_secret(),
        })
    }

    /// What a client sends to be kept. Other fields are passed over, as upstream.
    pub(super) fn parse(stdin: &[u8]) -> Result<Self, HelperError> {
        let object = JsonObject::parse(stdin)?;
        let field = |name| match object.get(name) {
            Some(member) => member
                .string()
                .ok_or(HelperError::NotAString { field: name }),
            None => Ok(""),
        };
        let (server_url, username) = (field("ServerURL")?, field("Username")?);
        if server_url.is_empty() {
            return Err(HelperError::NoServerUrl);
        }
        if username.is_empty() {
            return Err(HelperError::NoUsername);
        }
        Ok(Self::new(server_url, username, field("Secret")?.into()))
    }
}

/// Shows whose they are, never the secret.
impl fmt::Debug for HelperCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HelperCredentials")
            .field("server_url", &self.server_url)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_line_of_json() {
        let credentials = HelperCredentials::new("https://h", "AWS", "a<>&\"\\é\u{2028}".into());
        let json = credentials.to_json();
        assert_eq!(
            str::from_utf8(&json).unwrap(),
            "{\"ServerURL\":\"https://h\",\"Username\":\"AWS\",\"Secret\":\"a<>&\\\"\\\\é\u{2028}\"}\n"
        );
        let read = HelperCredentials::parse(&json).unwrap();
        assert_eq!(read.secret().expose_secret(), "a<>&\"\\é\u{2028}");
        assert_eq!(
            format!("{read:?}"),
            r#"HelperCredentials { server_url: "https://h", username: "AWS", .. }"#
        );
    }

    #[test]
    fn escapes_of_go_are_read() {
        let read = HelperCredentials::parse(
            br#"{"ServerURL":"h","Username":"\u003ctoken\u003e","Secret":"\u0026","More":[1]}"#,
        )
        .unwrap();
        assert_eq!(read.username(), "<token>");
        assert_eq!(read.secret().expose_secret(), "&");
    }

    #[test]
    fn what_is_missing_has_the_words_of_upstream() {
        for (stdin, message) in [
            ("{}", "no credentials server URL"),
            (
                r#"{"ServerURL":"","Username":"u"}"#,
                "no credentials server URL",
            ),
            (
                r#"{"ServerURL":"h","Secret":"s"}"#,
                "no credentials username",
            ),
            (
                r#"{"ServerURL":"h","Username":"u","Secret":1}"#,
                "Secret of the credentials is not a string",
            ),
            ("", "the credentials cannot be read"),
            (
                r#"{"ServerURL":"h","Username":"u","Secret":"s","Secret":"t"}"#,
                "the credentials cannot be read",
            ),
        ] {
            let refused = HelperCredentials::parse(stdin.as_bytes()).unwrap_err();
            assert_eq!(refused.to_string(), message, "{stdin}");
        }
    }
}
