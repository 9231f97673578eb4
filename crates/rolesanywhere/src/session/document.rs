use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{Granted, InvalidAnswer, Session};
use crate::sender::Answer;

impl Session {
    /// From a success of `CreateSession`.
    pub(crate) fn from_answer(answer: &Answer) -> Result<Self, InvalidAnswer> {
        let document: Document =
            serde_json::from_slice(&answer.response.body).map_err(|error| InvalidAnswer::Json {
                category: category(&error),
                line: error.line(),
                column: error.column(),
            })?;
        let set = document.credential_set.into_iter().next();
        let set = set.ok_or(InvalidAnswer::NoCredentials)?;
        let credentials = set.credentials;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let granted = Granted {
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_access_key,
            session_token: credentials.session_token,
            expiration: credentials.expiration,
            role_arn: text(&set.role_arn),
            assumed_role_arn: text(&set.assumed_role_user["arn"]),
            subject_arn: text(&document.subject_arn),
            source_identity: text(&set.source_identity),
            packed_policy_size: set.packed_policy_size.as_u64(),
        };
        Self::granted(granted, answer)
    }
}

/// The error's own text would show a part of the body.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io => "read error",
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Data => "unexpected member",
        serde_json::error::Category::Eof => "cut off",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    credential_set: Vec<CredentialSet>,
    #[serde(default)]
    subject_arn: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialSet {
    credentials: AnswerCredentials,
    #[serde(default)]
    assumed_role_user: Value,
    #[serde(default)]
    role_arn: Value,
    #[serde(default)]
    source_identity: Value,
    #[serde(default)]
    packed_policy_size: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerCredentials {
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: SecretString,
    expiration: String,
}
