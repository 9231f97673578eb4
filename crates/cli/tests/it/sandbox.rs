use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::run::{Run, bare, iamra};

#[test]
fn a_command_gets_the_environment_and_its_exit_code_counts() {
    let run = bare(&[
        "sandbox",
        "--",
        "sh",
        "-c",
        "test -n \"$VAULT_ADDR\" && exit 7",
    ]);
    assert_eq!(run.code, Some(7), "{run}");
    let run = bare(&["sandbox", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(run.code, Some(128 + 15), "{run}");
}
#[test]
fn iamra_itself_is_first_on_the_path() {
    for options in [&[][..], &["--tls"], &["--seed"]] {
        let mode = if options == ["--seed"] {
            "issue"
        } else {
            "sign"
        };
        let words = ["--", "iamra", "creds", "check", "--pki-mode", mode];
        let run = bare(&[&["sandbox"], options, &words].concat()).ok();
        assert!(
            run.stdout
                .contains("arn:aws:sts::123456789012:assumed-role/iamra-sandbox/"),
            "{run}"
        );
    }
}

#[test]
fn nothing_of_our_own_environment_gets_in() {
    let home = tempfile::tempdir().unwrap();
    let mut command = iamra(home.path());
    command
        .args(["sandbox", "--", "env"])
        .env("BAO_ADDR", "https://mine")
        .env("AWS_PROFILE", "mine")
        .env("VAULT_NAMESPACE", "mine");
    let run = Run::of(&mut command).ok();
    assert!(
        !run.stdout.contains("=mine") && !run.stdout.contains("https://mine"),
        "{run}"
    );
}

#[test]
fn a_command_that_is_not_there_is_said() {
    let run = bare(&["sandbox", "--", "no-such-program"]);
    assert_eq!(run.code, Some(2), "{run}");
    assert_eq!(
        run.stderr,
        "error[sandbox.command]: cannot run no-such-program: No such file or directory (os error 2)\n"
    );
}

#[test]
fn faults_are_played() {
    let words = [
        "sandbox",
        "--fault",
        "sts=status:503",
        "--fault",
        "nobody=hang",
        "--",
        "true",
    ];
    let run = bare(&words);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("invalid value 'nobody=hang'"), "{run}");
}

#[test]
fn without_a_command_it_prints_the_environment_and_stands() {
    let home = tempfile::tempdir().unwrap();
    let mut child = iamra(home.path())
        .arg("sandbox")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines
        .map_while(Result::ok)
        .find(|line| line.starts_with("export VAULT_ADDR='http://127.0.0.1:"));
    assert!(first.is_some());
    assert!(
        child.try_wait().unwrap().is_none(),
        "it serves until it is ended"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}
