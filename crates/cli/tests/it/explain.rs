//! What stands behind an error.

use crate::laboratory::Laboratory;
use crate::run::{Run, bare, filters, iamra};

fn snapshot(name: &str, run: &Run) {
    let nowhere = std::path::Path::new("/nowhere");
    filters(nowhere).bind(|| insta::assert_snapshot!(format!("explain-{name}"), run));
}

#[test]
fn a_code_a_message_and_a_foreign_text_are_explained() {
    snapshot("code", &bare(&["explain", "vault.sealed"]).ok());
    snapshot(
        "json",
        &bare(&["explain", "aws.disabled", "-o", "json"]).ok(),
    );
    let words = "An error occurred (AccessDeniedException): Insufficient certificate";
    snapshot("text", &bare(&["explain", words]).ok());
    let apart: Vec<&str> = std::iter::once("explain").chain(words.split(' ')).collect();
    assert_eq!(bare(&apart).stdout, bare(&["explain", words]).stdout);
}

#[test]
fn standard_input_is_read_and_nothing_of_it_printed() {
    let home = tempfile::tempdir().unwrap();
    let log = "token=hvs.SECRETSECRET\nPUT https://vault.example/v1/x\n* Vault is sealed\n";
    for words in [&["explain"][..], &["explain", "-"]] {
        let run = Run::told(iamra(home.path()).args(words), log).ok();
        assert!(run.stdout.starts_with("vault.sealed: "), "{run}");
        assert!(!run.to_string().contains("SECRET"), "{run}");
        assert!(!run.to_string().contains("vault.example"), "{run}");
    }
}

/// A line that begins with dashes is text, and no flag to complain of.
#[test]
fn what_was_pasted_by_mistake_is_not_printed() {
    for pasted in [
        "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----",
        "-u AWS:SECRET",
        "--password=SECRET",
    ] {
        for (words, code) in [
            (vec!["explain", pasted], 2),
            (vec!["explain", "--", pasted], 1),
        ] {
            let run = bare(&words);
            assert_eq!(run.code, Some(code), "{run}");
            assert!(!run.to_string().contains("SECRET"), "{run}");
        }
    }
}

#[test]
fn what_nobody_knows_ends_with_what_to_try() {
    let run = bare(&["explain", "nothing of the kind"]);
    assert_eq!(run.code, Some(1), "{run}");
    snapshot("nothing", &run);
    let home = tempfile::tempdir().unwrap();
    let much = "x".repeat((1 << 20) + 1);
    let run = Run::told(iamra(home.path()).arg("explain"), &much);
    assert_eq!(run.code, Some(2), "{run}");
    snapshot("much", &run);
}

#[test]
fn all_that_can_be_explained_is_listed() {
    let text = bare(&["explain", "--list"]).ok().stdout;
    let json = bare(&["explain", "--list", "-o", "json"]).ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(text.lines().count(), json.as_array().unwrap().len());
    assert!(text.contains("\nvault.denied "), "{text}");
}

/// From each error to its explanation, and even from one of the config file.
#[test]
fn an_error_leads_to_its_explanation() {
    let laboratory = Laboratory::new();
    let config = laboratory.write("broken.toml", "schema = 1\nnope = 1\n");
    let run = |words: &[&str]| {
        let mut command = laboratory.command(words);
        Run::of(command.env("IAMRA_CONFIG", &config))
    };
    let failed = run(&["creds", "check"]);
    assert_eq!(failed.code, Some(2), "{failed}");
    let explained = run(&["explain", &failed.stderr]).ok();
    assert!(
        explained.stdout.starts_with("config.invalid: "),
        "{explained}"
    );
}
