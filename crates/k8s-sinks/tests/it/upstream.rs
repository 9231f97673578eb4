//! `aws_signing_helper update`: its own cases, and what it gets wrong.
//!
//! Its cases start with three lines that no SDK accepts; with them a file is
//! refused, without them it is edited. Keys that are new go below ours here,
//! and to the end of the section there: the SDKs do not care.

use std::{fs, thread};

use k8s_sinks::file::{CredentialsFile, ProfileFile};
use private_file::Options;

use crate::oracle::{credentials, expected, keys, put};

/// Name, profile, file, and the file afterwards.
const CASES: [(&str, &str, &str, &str); 6] = [
    (
        "space-separated keys",
        "test profile",
        "[test profile]\naws_access_key_id = test\n[test]\naws_secret_access_key = test",
        "[test profile]\naws_access_key_id = ASIA7\naws_secret_access_key = secret/7+\naws_session_token = token7==\n[test]\naws_secret_access_key = test",
    ),
    (
        "profile with other keys",
        "test profile",
        "[test profile]\naws_access_key_id = test\ntest_key = test\n[test]\naws_secret_access_key = test",
        "[test profile]\naws_access_key_id = ASIA7\naws_secret_access_key = secret/7+\naws_session_token = token7==\ntest_key = test\n[test]\naws_secret_access_key = test",
    ),
    (
        "commented profile",
        "test profile",
        "[default]\n# [test profile]\naws_access_key_id = test\n[test]\naws_secret_access_key = test",
        "[default]\n# [test profile]\naws_access_key_id = test\n[test]\naws_secret_access_key = test\n\n[test profile]\naws_access_key_id=ASIA7\naws_secret_access_key=secret/7+\naws_session_token=token7==\n",
    ),
    (
        "profile does not exist",
        "test profile",
        "[test]\naws_secret_access_key = test",
        "[test]\naws_secret_access_key = test\n\n[test profile]\naws_access_key_id=ASIA7\naws_secret_access_key=secret/7+\naws_session_token=token7==\n",
    ),
    (
        "first word in profile matches",
        "test",
        "[test profile]\naws_access_key_id = test\n[test]\naws_secret_access_key = test",
        "[test profile]\naws_access_key_id = test\n[test]\naws_secret_access_key = secret/7+\naws_access_key_id = ASIA7\naws_session_token = token7==\n",
    ),
    (
        "multiple profiles with the same name",
        "test",
        "[test]\ntest_key = test\n[test profile]\naws_access_key_id = test\n[test]\naws_secret_access_key = test",
        "[test]\naws_access_key_id = ASIA7\naws_secret_access_key = secret/7+\naws_session_token = token7==\ntest_key = test\n[test profile]\naws_access_key_id = test\n[test]\naws_secret_access_key = secret/7+\naws_access_key_id = ASIA7\naws_session_token = token7==\n",
    ),
];

#[test]
fn its_cases() {
    for (name, profile, before, after) in CASES {
        let edited = put(before.as_bytes(), profile, 7).unwrap();
        assert_eq!(String::from_utf8_lossy(&edited.contents), after, "{name}");
        let refused = put(format!("test\ntest\ntest\n{before}").as_bytes(), profile, 7);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "line 1 has no `=`",
            "{name}"
        );
    }
}

#[test]
fn the_last_line_of_the_last_profile_stays() {
    for end in ["", "\n"] {
        let before = format!("[default]\naws_access_key_id = 1\nregion = x\noutput = json{end}");
        let edited = put(before.as_bytes(), "default", 7).unwrap();
        let tail = format!("\nregion = x\noutput = json{end}");
        assert!(edited.contents.ends_with(tail.as_bytes()), "{end:?}");
    }
}

#[test]
fn what_follows_a_long_line_stays() {
    let long = "x".repeat(70_000);
    let before =
        format!("[long]\nkey = {long}\n[default]\naws_session_token = {long}\n[last]\na = 1\n");
    let edited = put(before.as_bytes(), "default", 7).unwrap();
    let after = format!(
        "[long]\nkey = {long}\n[default]\naws_session_token = token7==\naws_access_key_id = ASIA7\n\
         aws_secret_access_key = secret/7+\n[last]\na = 1\n"
    );
    assert_eq!(String::from_utf8_lossy(&edited.contents), after);
}

#[test]
fn eight_writers_on_eight_profiles_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".aws/credentials");
    thread::scope(|scope| {
        for writer in 0..8_u32 {
            let profile = format!("profile{writer}").parse().unwrap();
            let sink = CredentialsFile::new(&path, profile, Options::new().create_folder());
            scope.spawn(move || {
                for round in 0..5 {
                    sink.deliver(&credentials(writer * 100 + round)).unwrap();
                }
            });
        }
    });
    let contents = fs::read(&path).unwrap();
    for writer in 0..8 {
        let read = keys(
            ProfileFile::Credentials,
            &contents,
            &format!("profile{writer}"),
        );
        assert_eq!(read, expected(writer * 100 + 4));
    }
}

#[test]
fn headers_and_keys_that_it_misses_are_found() {
    for before in [
        "[default]\n",
        "[ default ]\naws_access_key_id=1\n",
        "[default] # c\naws_access_key_id=1\n",
        "[default]\nAWS_ACCESS_KEY_ID=1\n",
        "[default]\r\naws_access_key_id=1\r\n",
    ] {
        let edited = put(before.as_bytes(), "default", 7).unwrap();
        let text = String::from_utf8_lossy(&edited.contents).to_lowercase();
        assert_eq!(text.matches('[').count(), 1, "{before:?} has one section");
        assert_eq!(
            text.matches("aws_access_key_id").count(),
            1,
            "{before:?} has one key"
        );
        let newlines = text.matches('\n').count();
        let windows = if before.contains('\r') { newlines } else { 0 };
        assert_eq!(
            text.matches("\r\n").count(),
            windows,
            "{before:?} keeps its line ends"
        );
    }
}
