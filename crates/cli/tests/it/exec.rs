//! `creds exec`: what the command finds, and how we end.

use rustix::process::Signal;

use crate::daemon::Daemon;
use crate::laboratory::Laboratory;
use crate::run::Run;

fn run(laboratory: &Laboratory, more: &[&str], script: &str) -> Run {
    let words = [&["creds", "exec"], more, &["--", "sh", "-c", script]].concat();
    let mut command = laboratory.command(&words);
    command
        .env("AWS_PROFILE", "other")
        .env("AWS_SECURITY_TOKEN", "old");
    command
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", "f")
        .env("IAMRA_KEPT", "yes");
    Run::of(&mut command)
}

#[test]
fn the_command_has_the_credentials_and_nothing_else_to_choose() {
    let laboratory = Laboratory::new();
    let run = run(&laboratory, &[], "env; exit 7");
    assert_eq!(run.code, Some(7), "{run}");
    for name in [
        "AWS_ACCESS_KEY_ID=ASIA",
        "AWS_SECRET_ACCESS_KEY=",
        "AWS_SESSION_TOKEN=",
        "AWS_CREDENTIAL_EXPIRATION=",
    ] {
        assert!(run.stdout.contains(name), "{name}");
    }
    for name in [
        "AWS_PROFILE",
        "AWS_SECURITY_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ] {
        assert!(!run.stdout.contains(name), "{name}");
    }
    assert_eq!(
        run.stderr.lines().count(),
        1,
        "Vault without TLS, and no more: {run}"
    );
}

#[test]
fn the_endpoint_is_for_the_command_alone() {
    let laboratory = Laboratory::new();
    let script = r#"env | grep -c AWS_SECRET_ACCESS_KEY
        test -n "$AWS_CONTAINER_AUTHORIZATION_TOKEN" && echo "$AWS_CONTAINER_CREDENTIALS_FULL_URI"
        echo "$AWS_SHARED_CREDENTIALS_FILE"
        kill -TERM $$"#;
    let run = run(&laboratory, &["--serve"], script);
    assert_eq!(run.code, Some(128 + 15), "{run}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "0");
    assert!(
        lines[1].starts_with("http://127.0.0.1:") && lines[1].ends_with("/creds"),
        "{run}"
    );
    assert_eq!(lines[2], "/dev/null");
}

/// Whoever ends it while AWS is slow does not find the command running.
#[test]
fn what_is_ended_before_it_began_does_not_begin() {
    let laboratory = Laboratory::new();
    let slow = "roles-anywhere=hang".parse().unwrap();
    laboratory.sandbox.faults().add(slow);
    let words = [
        "creds",
        "exec",
        "--serve",
        "--log-level",
        "info",
        "--",
        "touch",
        "ran",
    ];
    let mut daemon = Daemon::start(&mut laboratory.command(&words), laboratory.home());
    daemon.until_said("Vault issued a certificate", 1);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(128 + 15), "{said}");
    assert!(!laboratory.path("ran").exists());
}

#[test]
fn signals_reach_the_command() {
    let laboratory = Laboratory::new();
    let script =
        "trap 'echo heard > heard; exit 3' TERM; echo up > up; while :; do sleep 0.1; done";
    let words = ["creds", "exec", "--serve", "--", "sh", "-c", script];
    let mut command = laboratory.command(&words);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    daemon.until("is up", || laboratory.path("up").exists());
    let (code, said) = daemon.end();
    assert_eq!(code, Some(3), "{said}");
    assert_eq!(laboratory.read("heard"), "heard\n");
}

/// A program that reloads or rotates its logs at a signal gets it; we stay.
#[test]
fn signals_that_are_no_end_reach_the_command_too() {
    let laboratory = Laboratory::new();
    let names = ["USR1", "USR2", "WINCH", "ALRM", "CONT"];
    let traps = names.map(|name| format!("trap 'echo {name} >> heard' {name}; "));
    let traps = traps.concat();
    let script = format!("{traps}echo up > up; while :; do sleep 0.05; done");
    let words = ["creds", "exec", "--serve", "--", "sh", "-c", &script];
    let mut command = laboratory.command(&words);
    command.stdin(std::process::Stdio::null());
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    daemon.until("is up", || laboratory.path("up").exists());
    for (signal, name) in [
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::WINCH, "WINCH"),
        (Signal::ALARM, "ALRM"),
        (Signal::CONT, "CONT"),
    ] {
        daemon.signal(signal);
        daemon.until("is heard", || {
            let heard = laboratory.path("heard");
            heard.exists() && laboratory.read("heard").contains(name)
        });
    }
    let (code, said) = daemon.end();
    assert_eq!(code, Some(128 + 15), "{said}");
}

#[test]
fn without_credentials_the_command_does_not_run() {
    let laboratory = Laboratory::new();
    laboratory
        .sandbox
        .faults()
        .add("roles-anywhere=status:403".parse().unwrap());
    for more in [&[][..], &["--serve"]] {
        let run = run(&laboratory, more, "touch ran");
        assert_ne!(run.code, Some(0), "{run}");
        assert!(run.stderr.contains("error["), "{run}");
        assert!(!laboratory.path("ran").exists());
    }
    laboratory.sandbox.faults().clear();
    let run = laboratory.run(&["creds", "exec", "--", "/nowhere/program"]);
    assert_eq!(run.code, Some(2), "{run}");
    let run = laboratory.run(&["creds", "exec"]);
    assert_eq!(run.code, Some(2), "{run}");
}
