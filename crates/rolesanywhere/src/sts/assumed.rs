use roxmltree::{Document, Node};
use secrecy::SecretString;

use super::query::child;
use crate::refusal::one_line;
use crate::sender::Answer;
use crate::session::{Granted, InvalidAnswer};
use crate::{RoleArn, Session};

/// The session of `role` that a success of `operation` grants: all operations
/// that assume a role answer alike.
pub(super) fn session(
    operation: &str,
    role: &RoleArn,
    answer: &Answer,
) -> Result<Session, InvalidAnswer> {
    let text = String::from_utf8_lossy(&answer.response.body);
    let document = Document::parse(&text).map_err(|_| InvalidAnswer::Xml)?;
    let result = child(document.root_element(), &format!("{operation}Result"));
    let result = result.ok_or(InvalidAnswer::Xml)?;
    let credentials = child(result, "Credentials").ok_or(InvalidAnswer::NoCredentials)?;
    let user = child(result, "AssumedRoleUser");
    let granted = Granted {
        access_key_id: one_line(text_of(credentials, "AccessKeyId")),
        secret_access_key: secret_of(credentials, "SecretAccessKey"),
        session_token: secret_of(credentials, "SessionToken"),
        expiration: one_line(text_of(credentials, "Expiration")),
        role_arn: role.to_string(),
        assumed_role_arn: user.map_or_else(String::new, |user| one_line(text_of(user, "Arn"))),
        subject_arn: String::new(),
        source_identity: one_line(text_of(result, "SourceIdentity")),
        packed_policy_size: text_of(result, "PackedPolicySize").parse().ok(),
    };
    Session::granted(granted, answer)
}

/// Empty where there is none.
fn text_of<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    child(node, name)
        .and_then(|child| child.text())
        .unwrap_or_default()
        .trim()
}

fn secret_of(node: Node<'_, '_>, name: &str) -> SecretString {
    text_of(node, name).to_owned().into()
}
