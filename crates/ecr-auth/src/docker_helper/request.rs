use super::{HelperAction, HelperCredentials, HelperError};

/// What docker wants of a credential helper: its argument, and its stdin.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the protocol has these actions and no way to add one"
)]
pub enum HelperRequest {
    /// The credentials for a server.
    Get {
        /// A host, or a URL; not empty.
        server_url: String,
    },
    /// Credentials to be kept.
    Store(HelperCredentials),
    /// Credentials to be forgotten.
    Erase {
        /// A host, or a URL; not empty.
        server_url: String,
    },
    /// For which servers there are credentials.
    List,
    /// Which program this is.
    Version,
    /// How it is used.
    Help,
}

impl HelperRequest {
    /// Reads what came on stdin, of which an action may need nothing: clients
    /// send `unused` to `list`.
    pub fn parse(action: HelperAction, stdin: &[u8]) -> Result<Self, HelperError> {
        if stdin.len() > LONGEST_HELPER_REQUEST {
            return Err(HelperError::TooLong {
                bytes: stdin.len(),
                limit: LONGEST_HELPER_REQUEST,
            });
        }
        Ok(match action {
            HelperAction::Get => Self::Get {
                server_url: server_url(stdin)?,
            },
            HelperAction::Store => Self::Store(HelperCredentials::parse(stdin)?),
            HelperAction::Erase => Self::Erase {
                server_url: server_url(stdin)?,
            },
            HelperAction::List => Self::List,
            HelperAction::Version => Self::Version,
            HelperAction::Help => Self::Help,
        })
    }
}

/// How many bytes of stdin are worth reading: 1 MiB. One more tells that there
/// are too many.
pub const LONGEST_HELPER_REQUEST: usize = 1024 * 1024;

/// The one line of `get` and `erase`, which may or may not end in a line end.
fn server_url(stdin: &[u8]) -> Result<String, HelperError> {
    let text = str::from_utf8(stdin).map_err(|_| HelperError::ServerUrl)?;
    let url = text.trim();
    if url.is_empty() {
        return Err(HelperError::NoServerUrl);
    }
    if url.contains(char::is_control) {
        return Err(HelperError::ServerUrl);
    }
    Ok(url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_one_line() {
        for stdin in ["https://h", "https://h\n", " \thttps://h \r\n"] {
            for action in [HelperAction::Get, HelperAction::Erase] {
                let request = HelperRequest::parse(action, stdin.as_bytes()).unwrap();
                let (HelperRequest::Get { server_url } | HelperRequest::Erase { server_url }) =
                    request
                else {
                    panic!("{request:?}");
                };
                assert_eq!(server_url, "https://h");
            }
        }
        for (stdin, message) in [
            (&b""[..], "no credentials server URL"),
            (b" \n\n", "no credentials server URL"),
            (b"h\ni", "the server URL is not one line of text"),
            (b"h\0", "the server URL is not one line of text"),
            (b"h\xff", "the server URL is not one line of text"),
        ] {
            let refused = HelperRequest::parse(HelperAction::Get, stdin).unwrap_err();
            assert_eq!(refused.to_string(), message);
        }
    }

    #[test]
    fn other_actions_need_nothing() {
        for stdin in [&b""[..], b"unused", b"\xff"] {
            let request = HelperRequest::parse(HelperAction::List, stdin);
            assert!(matches!(request, Ok(HelperRequest::List)));
        }
    }

    #[test]
    fn more_than_a_mebibyte_is_not_read() {
        let stdin = vec![b'x'; LONGEST_HELPER_REQUEST + 1];
        assert!(HelperRequest::parse(HelperAction::Get, &stdin[1..]).is_ok());
        let refused = HelperRequest::parse(HelperAction::Get, &stdin).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the request has 1048577 bytes or more, 1048576 are the limit"
        );
    }

    #[test]
    fn a_request_shows_no_secret() {
        let stdin = br#"{"ServerURL":"h","Username":"u","Secret":"hunter2"}"#;
        let request = HelperRequest::parse(HelperAction::Store, stdin).unwrap();
        assert_eq!(
            format!("{request:?}"),
            r#"Store(HelperCredentials { server_url: "h", username: "u", .. })"#
        );
    }
}
