use std::error::Error as _;

use refresh::Fault as _;

use super::*;
use crate::Operation;

mod samples;

use samples::{denied_by_policy, every_error, refused};

/// What a user reads: the sentence, its cause, its kind, and what to do.
#[test]
fn every_error_as_it_is_read() {
    let mut shown = String::new();
    for error in every_error() {
        shown += &format!("{:?}: {error}\n", error.fault());
        if let Some(source) = error.source() {
            shown += &format!("    because {source}\n");
        }
        if let Some(hint) = error.hint() {
            shown += &format!("    hint: {hint}\n");
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_refusal_to_sign_names_the_policy_and_the_other_mode() {
    let hint = denied_by_policy(Operation::Sign).hint().unwrap();
    assert!(hint.contains("path \"pki-aws/sign/app\" { capabilities = [\"update\"] }"));
    assert!(hint.contains("mode issue"));
    let hint = denied_by_policy(Operation::Issue).hint().unwrap();
    assert!(!hint.contains("mode issue"));
}

#[test]
fn the_wait_that_was_asked_for_is_passed_on() {
    let mut error = refused(Operation::Sign, 429, "");
    assert_eq!(error.retry_after(), None);
    if let Error::Refused { retry_after, .. } = &mut error {
        *retry_after = Some(Duration::from_secs(7));
    }
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}
