//! What came of the cases, fit to be shown to anybody.

use rolesanywhere::{Error, Session};
use serde::Serialize;

use crate::case::cause;
use crate::place::Place;

/// What one case was expected to give, and gave.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) case: String,
    pub(crate) expected: String,
    pub(crate) got: Got,
    pub(crate) as_expected: bool,
}

/// An answer, without what is the account's own.
#[derive(Debug, Serialize)]
pub(crate) struct Got {
    pub(crate) answer: String,
    /// What we read out of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
}

impl Got {
    pub(crate) fn of(answer: &Result<Session, Error>, place: &Place) -> Self {
        match answer {
            Ok(session) => Self::text(&format!("a session of {}", session.assumed_role_arn), place),
            Err(error) => Self {
                cause: cause(error).map(|cause| format!("{cause:?}")),
                ..Self::failed(error, place)
            },
        }
    }

    pub(crate) fn text(text: &str, place: &Place) -> Self {
        Self {
            answer: redacted(text, place.account()),
            cause: None,
        }
    }

    /// The error and its causes, on one line.
    pub(crate) fn failed(error: &dyn std::error::Error, place: &Place) -> Self {
        let mut text = error.to_string();
        let mut next = error.source();
        while let Some(error) = next {
            text = format!("{text}: {error}");
            next = error.source();
        }
        Self::text(&text, place)
    }
}

/// Without the account's number, and what has an id without that.
pub(crate) fn redacted(text: &str, account: &str) -> String {
    let text = text.replace(account, "(account)");
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut redacted = String::new();
    for piece in text.split_inclusive(|c: char| !is_of_word(c)) {
        let word = piece.trim_end_matches(|c: char| !is_of_word(c));
        let is_id =
            is_uuid(word) || (word.len() >= 20 && word.chars().all(|c| c.is_ascii_hexdigit()));
        redacted.push_str(if is_id { "(id)" } else { word });
        redacted.push_str(&piece[word.len()..]);
    }
    redacted
}

fn is_uuid(word: &str) -> bool {
    let lengths = word.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

#[test]
fn nothing_of_the_account_is_shown() {
    let text = "AccessDeniedException: arn:aws:rolesanywhere:eu-central-1:123456789012:profile/\
                31123e3d-f033-49cd-b1b4-eecbbca4c123 is disabled (request id 0a1b2c3d-0000-4000-8000-00000000abcd), \
                arn:aws:sts::123456789012:assumed-role/app/5f0c1122334455667788";
    assert_eq!(
        redacted(text, "123456789012"),
        "AccessDeniedException: arn:aws:rolesanywhere:eu-central-1:(account):profile/(id) is disabled \
         (request id (id)), arn:aws:sts::(account):assumed-role/app/(id)"
    );
}
