use crate::run::{bare, filters};

/// `--help` of every command, as a page of the product.
#[test]
fn every_command_has_help() {
    for words in [
        &[][..],
        &["cert"],
        &["cert", "issue"],
        &["cert", "check"],
        &["cert", "show"],
        &["cert", "watch"],
        &["cert", "trust-anchor"],
        &["cert", "revoke"],
        &["creds"],
        &["creds", "process"],
        &["creds", "file"],
        &["creds", "env"],
        &["creds", "check"],
        &["config"],
        &["config", "check"],
        &["config", "print"],
        &["doctor"],
        &["health"],
        &["setup"],
        &["setup", "vault"],
        &["sandbox"],
    ] {
        let run = bare(&[words, &["-h"]].concat()).ok();
        let name = format!("help {}", words.join(" "));
        filters(std::path::Path::new("/nowhere")).bind(|| {
            insta::assert_snapshot!(name.trim().replace(' ', "-"), run.stdout);
        });
    }
}

#[test]
fn a_wrong_command_line_is_one_line_and_exit_code_2() {
    for (words, expected) in [
        (&["cred"][..], "error: unrecognized subcommand 'cred'"),
        (
            &["creds", "process", "--rol-arn", "x"],
            "error: unexpected argument '--rol-arn' found",
        ),
        (
            &["creds", "process", "--role-arn"],
            "error: a value is required for '--role-arn <ARN>' but none was supplied",
        ),
        (
            &["creds", "process", "x"],
            "error: unexpected argument 'x' found",
        ),
    ] {
        let run = bare(words);
        assert_eq!(run.code, Some(2), "{run}");
        assert_eq!(run.stderr.lines().next().unwrap(), expected);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn the_version_is_printed() {
    let run = bare(&["--version"]).ok();
    assert_eq!(run.stdout, format!("iamra {}\n", env!("CARGO_PKG_VERSION")));
}
