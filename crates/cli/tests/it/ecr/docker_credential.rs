use std::process::Command;

use super::{Ecr, HOST, json};
use crate::run::Run;

const NOT_FOUND: &str = "credentials not found in native keychain\n";

#[test]
fn get_answers_by_the_name_that_was_asked() {
    let ecr = Ecr::new();
    for server in [
        HOST.to_owned(),
        format!("https://{HOST}"),
        format!(" {HOST}\n"),
    ] {
        let run = ecr.say(&["docker-credential", "get"], &server).ok();
        let answer = json(&run.stdout);
        assert_eq!(answer["ServerURL"], server.trim());
        assert_eq!(answer["Username"], "AWS");
        assert_eq!(run.stdout.lines().count(), 1);
        assert_eq!(run.stderr, "", "a client shows it to people");
    }
    assert_eq!(ecr.asked(), 1);
}

#[test]
fn another_registry_is_not_found_and_nobody_is_asked() {
    let ecr = Ecr::new();
    for server in ["https://index.docker.io/v1/", "ghcr.io", "amazonaws.com"] {
        let run = ecr.say(&["docker-credential", "get"], server);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(1), NOT_FOUND),
            "{server}"
        );
    }
    assert!(
        ecr.laboratory
            .sandbox
            .requests()
            .count(iamra_sandbox::Operation::CreateSession)
            == 0
    );
}

#[test]
fn the_other_actions_are_those_of_the_protocol() {
    let ecr = Ecr::new();
    let login = format!(r#"{{"ServerURL":"{HOST}","Username":"AWS","Secret":"x"}}"#);
    let registry = ["docker-credential", "list", "--registry", HOST];
    for (arguments, stdin, code, stdout) in [
        (
            &["docker-credential", "store"][..],
            login.as_str(),
            0,
            String::new(),
        ),
        (&["docker-credential", "erase"], HOST, 0, String::new()),
        (
            &["docker-credential", "list"],
            "unused",
            0,
            "{}\n".to_owned(),
        ),
        (
            &registry,
            "unused",
            0,
            format!("{{\"https://{HOST}\":\"AWS\"}}\n"),
        ),
        (
            &["docker-credential", "get"],
            "",
            1,
            "no credentials server URL\n".to_owned(),
        ),
        (
            &["docker-credential", "erase"],
            " \n",
            1,
            "no credentials server URL\n".to_owned(),
        ),
        (
            &["docker-credential", "store"],
            r#"{"ServerURL":"x","Secret":"hunter2"}"#,
            1,
            "no credentials username\n".to_owned(),
        ),
        (
            &["docker-credential", "foo"],
            "",
            1,
            "docker-credential-iamra: unknown action: foo\n".to_owned(),
        ),
        (
            &["docker-credential"],
            "",
            1,
            "Usage: docker-credential-iamra <store|get|erase|list|version>\n".to_owned(),
        ),
    ] {
        let run = ecr.say(arguments, stdin);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(code), stdout.as_str()),
            "{run}"
        );
        assert!(!run.stderr.contains("hunter2"), "{run}");
    }
    assert_eq!(ecr.asked(), 0);
    let rubbish = ecr.say(&["docker-credential", "store"], "\u{1}{[");
    assert_eq!(rubbish.code, Some(1), "{rubbish}");
    assert_eq!(rubbish.stdout.lines().count(), 1, "{rubbish}");
}

#[test]
fn a_failure_is_said_on_stdout_or_is_not_found() {
    let ecr = Ecr::new();
    ecr.fault("roles-anywhere=status:500");
    let get = ["docker-credential", "get", "--aws-timeout", "2"];
    let run = ecr.say(&get, HOST);
    assert_eq!(run.code, Some(1), "{run}");
    ecr.snapshot("docker-credential-failure", &run);
    let mut quiet = ecr.command(&get);
    let run = Run::told(quiet.env("IAMRA_DOCKER_ERRORS", "notfound"), HOST);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(1), NOT_FOUND),
        "{run}"
    );
    assert!(run.stderr.contains("error[aws.unavailable]"), "{run}");
    // Nobody need log in to the public registry.
    let run = ecr.say(&get, "public.ecr.aws");
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(1), NOT_FOUND),
        "{run}"
    );
    let wrong = ecr.say(&["docker-credential", "get", "--docker-errors", "x"], HOST);
    let said = "--docker-errors: it must be message or notfound\n";
    assert_eq!(
        (wrong.code, wrong.stdout.as_str()),
        (Some(1), said),
        "{wrong}"
    );
    let wrong = ecr.say(&["docker-credential", "get", "--credentials", "x"], HOST);
    assert_eq!(
        (wrong.code, wrong.stdout.lines().count()),
        (Some(1), 1),
        "{wrong}"
    );
}

/// By its name alone, as docker starts it: settings are in a file.
#[cfg(unix)]
#[test]
fn by_its_name_it_needs_no_argument_and_no_shell() {
    let ecr = Ecr::new();
    let folder = ecr.laboratory.path(".config/iamra");
    std::fs::create_dir_all(&folder).unwrap();
    let sandbox = &ecr.laboratory.sandbox;
    let config = format!(
        "schema = 1\ntrust-anchor-arn = '{}'\nprofile-arn = '{}'\nrole-arn = '{}'\n\
         certificate = '{}'\nprivate-key = '{}'\nendpoint = '{url}'\necr-endpoint = '{url}'\n",
        sandbox.trust_anchor_arn(),
        sandbox.profile_arn(),
        sandbox.role_arn(),
        ecr.files[1],
        ecr.files[3],
        url = sandbox.aws_url(),
    );
    ecr.laboratory.write(".config/iamra/config.toml", &config);
    let call =
        |name: &str, action: &str, stdin: &str| Run::told(called(&ecr, name).arg(action), stdin);
    let run = call("docker-credential-iamra", "get", HOST).ok();
    assert_eq!(json(&run.stdout)["Username"], "AWS");
    let run = call("docker-credential-ecr-login", "get", HOST).ok();
    assert_eq!(json(&run.stdout)["Username"], "AWS");
    for flag in ["version", "--version", "-v"] {
        let run = call("docker-credential-iamra", flag, "").ok();
        assert!(run.stdout.starts_with("docker-credential-iamra "), "{run}");
    }
    for name in ["docker-credential-iamra", "docker-credential-ecr-login"] {
        let usage = format!("Usage: {name} <store|get|erase|list|version>\n");
        assert_eq!(call(name, "--help", "").ok().stdout, usage);
        let run = call(name, "foo", "");
        assert_eq!(run.stdout, format!("{name}: unknown action: foo\n"));
        let run = Run::told(called(&ecr, name).args(["get", "more"]), HOST);
        assert_eq!(run.code, Some(1), "{run}");
        assert_eq!(run.stdout, usage, "{run}");
    }
    // Without its settings, one says so and the other does as its original does.
    ecr.laboratory
        .write(".config/iamra/config.toml", "schema = 1\nrole-arn = 3.5\n");
    for (name, quiet) in [
        ("docker-credential-iamra", false),
        ("docker-credential-ecr-login", true),
    ] {
        let run = call(name, "get", HOST);
        assert_eq!(
            (run.code, run.stdout == NOT_FOUND),
            (Some(1), quiet),
            "{run}"
        );
        assert_eq!(run.stdout.lines().count(), 1, "{run}");
    }
    let mut loud = called(&ecr, "docker-credential-ecr-login");
    ecr.laboratory
        .write(".config/iamra/config.toml", "schema = 1\n");
    let loud = loud.arg("get").env("IAMRA_DOCKER_ERRORS", "message");
    let run = Run::told(loud.env("AWS_EC2_METADATA_DISABLED", "true"), HOST);
    assert!(
        run.stdout.starts_with("there are no AWS credentials"),
        "{run}"
    );
    ecr.fault("roles-anywhere=status:403");
    ecr.laboratory.write(".config/iamra/config.toml", &config);
    std::fs::remove_dir_all(ecr.laboratory.path("cache")).unwrap();
    let run = call("docker-credential-ecr-login", "get", HOST);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(1), NOT_FOUND),
        "{run}"
    );
    let run = call("docker-credential-iamra", "get", HOST);
    assert_ne!(run.stdout, NOT_FOUND, "{run}");
}

/// The binary by another name, with nothing in its environment but a home: no
/// program can be found, and so no shell.
#[cfg(unix)]
fn called(ecr: &Ecr, name: &str) -> Command {
    let program = ecr.laboratory.path(name);
    if !program.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_iamra"), &program).unwrap();
    }
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", ecr.laboratory.home())
        .env("XDG_CACHE_HOME", ecr.laboratory.path("cache"))
        .env("PATH", "/nowhere");
    command
}

#[test]
fn a_helper_that_is_told_too_much_ends() {
    let ecr = Ecr::new();
    let run = ecr.say(&["docker-credential", "get"], &"x".repeat(2 << 20));
    assert_eq!(run.code, Some(1));
    let said = "the request has 1048577 bytes or more, 1048576 are the limit\n";
    assert_eq!(run.stdout, said);
}
