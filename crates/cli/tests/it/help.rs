use crate::run::{bare, filters};

/// `-h` of every command, as a page of the product.
#[test]
fn every_command_has_help() {
    let mut all = vec![Vec::new()];
    walk(&iamra::command(), &[], &mut all);
    assert!(all.len() > 30, "{all:?}");
    for words in all {
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        arguments.push("-h");
        let run = bare(&arguments).ok();
        let name = format!("help {}", words.join(" "));
        filters(std::path::Path::new("/nowhere")).bind(|| {
            insta::assert_snapshot!(name.trim().replace(' ', "-"), run.stdout);
        });
    }
}

fn walk(command: &clap::Command, above: &[String], all: &mut Vec<Vec<String>>) {
    for verb in command.get_subcommands() {
        let mut words = above.to_vec();
        words.push(verb.get_name().to_owned());
        all.push(words.clone());
        walk(verb, &words, all);
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
