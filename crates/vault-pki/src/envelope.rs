use std::fmt;

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What every answer of Vault is wrapped in. Fields that are absent, null or
/// unknown are no error: Vault, OpenBao and their versions differ in them.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: DeserializeOwned"))]
pub(crate) struct Envelope<T> {
    #[serde(default)]
    pub(crate) request_id: Option<String>,
    #[serde(default)]
    pub(crate) lease_id: Option<String>,
    #[serde(default)]
    pub(crate) lease_duration: Option<i64>,
    #[serde(default = "none")]
    pub(crate) data: Option<T>,
    #[serde(default)]
    pub(crate) auth: Option<AuthBlock>,
    #[serde(default)]
    pub(crate) warnings: Option<Vec<String>>,
}

fn none<T>() -> Option<T> {
    None
}

/// What a login gives.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct AuthBlock {
    pub(crate) client_token: Option<SecretString>,
    pub(crate) accessor: Option<String>,
    pub(crate) policies: Option<Vec<String>>,
    pub(crate) lease_duration: Option<i64>,
    pub(crate) renewable: Option<bool>,
    pub(crate) token_type: Option<String>,
    pub(crate) num_uses: Option<i64>,
    pub(crate) mfa_requirement: Option<serde::de::IgnoredAny>,
}

/// What an Agent writes instead of a token that it has wrapped.
#[derive(Deserialize)]
pub(crate) struct WrapInfo {
    pub(crate) token: SecretString,
}

/// Why an answer cannot be read: where, and never what stands there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads JSON. serde's own error repeats the value that it stumbled over, which
/// may be a key.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(body).map_err(|error| {
        let problem = match error.classify() {
            serde_json::error::Category::Syntax => "it is not JSON",
            serde_json::error::Category::Eof => "it ends too early",
            _ => "a field is not of the expected kind",
        };
        let (line, column) = (error.line(), error.column());
        Unreadable(format!("{problem} (line {line}, column {column})"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_missing_or_null_is_none() {
        for text in [
            "{}",
            r#"{"data":null,"auth":null,"lease_id":null,"warnings":null,"wrap_info":null}"#,
            r#"{"nobody":"knows this","lease_duration":0}"#,
        ] {
            let envelope: Envelope<Value> = read(text.as_bytes()).unwrap();
            assert!(envelope.data.is_none() && envelope.auth.is_none());
        }
    }

    #[test]
    fn an_error_says_where_and_never_what() {
        for (text, expected) in [
            ("<html>hunter2</html>", "it is not JSON (line 1, column 1)"),
            (
                r#"{"lease_id":"hunter2"#,
                "it ends too early (line 1, column 20)",
            ),
            (
                r#"{"lease_duration":"hunter2"}"#,
                "a field is not of the expected kind (line 1, column 27)",
            ),
        ] {
            let error = read::<Envelope<Value>>(text.as_bytes()).err().unwrap();
            assert_eq!(error.to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Envelope<Value>>(&body);
        }

        #[test]
        fn no_json_panics(text in "\\{(\"(data|auth|warnings|lease_id|wrap_info)\":(null|1|\"\\w*\"|\\[\\]|\\{\\}),?){0,5}\\}") {
            let _ = read::<Envelope<crate::issued::IssuedData>>(text.as_bytes());
        }
    }
}
