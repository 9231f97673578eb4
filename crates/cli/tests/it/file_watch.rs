//! `creds file --watch`, and what it leaves for the next process.

use std::os::unix::fs::MetadataExt as _;

use iamra_sandbox::Operation;
use rustix::process::Signal;

use crate::daemon::{Daemon, free_address};
use crate::http::{ask, get};
use crate::laboratory::Laboratory;

fn key_of(text: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("aws_access_key_id"));
    line.map(|line| line.trim_start_matches([' ', '=']).to_owned())
}

fn start(laboratory: &Laboratory, more: &[&str]) -> Daemon {
    let words = [
        "creds",
        "file",
        "--watch",
        "--credentials-file",
        "credentials",
    ];
    let mut command = laboratory.command(&[&words, more].concat());
    Daemon::start(&mut command, laboratory.home())
}

fn count(laboratory: &Laboratory) -> usize {
    laboratory
        .sandbox
        .requests()
        .count(Operation::CreateSession)
}

#[test]
fn the_profile_is_kept_and_the_rest_is_left() {
    let laboratory = Laboratory::new();
    let rest = "# mine\r\n[other]\r\naws_access_key_id = AKIA\r\n";
    laboratory.write("credentials", rest);
    let config = ["--config-file", "config", "--profile", "app"];
    let mut daemon = start(
        &laboratory,
        &[&config[..], &["--exec", "touch told"]].concat(),
    );
    daemon.until_said("told of the change", 1);
    let first = laboratory.read("credentials");
    assert!(
        first.starts_with(rest) && first.contains("[app]\r\n"),
        "{first}"
    );
    assert!(laboratory.read("config").contains("region"));
    daemon.signal(Signal::HUP);
    daemon.until_said("told of the change", 2);
    let second = laboratory.read("credentials");
    assert!(second.starts_with(rest) && second != first);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_restart_keeps_what_is_still_valid() {
    let laboratory = Laboratory::new();
    let mut daemon = start(&laboratory, &[]);
    daemon.until_said("handed out credentials", 1);
    daemon.end();
    let before = laboratory.read("credentials");
    // Neither Vault nor AWS is there any more.
    laboratory.sandbox.seal(true);
    laboratory
        .sandbox
        .faults()
        .add("roles-anywhere=close".parse().unwrap());
    let metrics = free_address();
    let mut daemon = start(&laboratory, &["--metrics-addr", &metrics]);
    daemon.until("is ready", || {
        ask(&metrics, ("GET", "/readyz"), &[]).is_some_and(|answer| answer.status == 200)
    });
    assert_eq!(laboratory.read("credentials"), before);
    assert_eq!(count(&laboratory), 1);
    let told = get(&metrics, "/metrics", &[]).body;
    for (outcome, attempts) in [("adopted", 1), ("opened", 0)] {
        let name = "iamra_session_attempts_total";
        let line = format!("{name}{{session=\"default\",outcome=\"{outcome}\"}} {attempts}");
        assert!(told.contains(&line), "{line} in {told}");
    }
    daemon.end();
    // Another role is another session: what stands there is not used.
    let mut other = start(&laboratory, &["--session-duration", "900"]);
    other.until_said("ERROR", 1);
}

#[test]
fn what_somebody_removes_comes_back_and_what_cannot_be_written_is_said() {
    let laboratory = Laboratory::new();
    laboratory.write("credentials", "[broken\n");
    let mut daemon = start(&laboratory, &[]);
    daemon.until_said("file.unparsable", 1);
    assert_eq!(laboratory.read("credentials"), "[broken\n", "left as it is");
    laboratory.write("credentials", "");
    // It is tried again after a moment, with the session that is there.
    daemon.until_said("handed out credentials", 1);
    assert_eq!(count(&laboratory), 1);
}

#[test]
fn the_inode_is_kept_on_request() {
    let laboratory = Laboratory::new();
    laboratory.write("credentials", "");
    let inode = || {
        std::fs::metadata(laboratory.path("credentials"))
            .unwrap()
            .ino()
    };
    let before = inode();
    let mut daemon = start(&laboratory, &["--keep-inode"]);
    daemon.until_said("handed out credentials", 1);
    assert_eq!(inode(), before);
    daemon.end();
    let files = start(&laboratory, &["--session-duration", "1800"]);
    let mut files = files;
    files.until_said("handed out credentials", 1);
    assert_ne!(inode(), before);
}

/// A hook that fails is run again by the next process, too, and then no more.
#[test]
fn what_a_hook_was_not_told_the_next_process_tells() {
    let laboratory = Laboratory::new();
    let mut daemon = start(&laboratory, &["--exec", "false"]);
    daemon.until_said("hook.failed", 1);
    daemon.end();
    let mut daemon = start(&laboratory, &["--exec", "touch told"]);
    daemon.until_said("told of the change", 1);
    // That is noted after it is said.
    daemon.until("noted it", || record(&laboratory).contains(TOLD));
    daemon.end();
    assert!(laboratory.path("told").exists());
    assert_eq!(count(&laboratory), 1, "with the session that is there");
    let record = record(&laboratory);
    assert!(record.contains(TOLD), "and no further one: {record}");
}

/// What one process leaves to the next.
fn record(laboratory: &Laboratory) -> String {
    let files = std::fs::read_dir(laboratory.home()).unwrap().flatten();
    let mut records = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|end| end == "iamra"));
    std::fs::read_to_string(records.next().unwrap()).unwrap()
}

const TOLD: &str = "\"untold\":false";

/// A session that cannot be written is of no use to those who read the file.
#[test]
fn nobody_is_told_to_be_ready_before_the_file_is_written() {
    let laboratory = Laboratory::new();
    std::fs::create_dir(laboratory.path("credentials")).unwrap();
    let (metrics, health) = (free_address(), free_address());
    let port = health.rsplit(':').next().unwrap();
    let more = ["--metrics-addr", &metrics, "--health-port", port];
    let mut daemon = start(&laboratory, &more);
    daemon.until_said("not a regular file", 1);
    assert_eq!(count(&laboratory), 1, "the session is open");
    for (address, path) in [(&metrics, "/readyz"), (&health, "/healthz")] {
        let answer = get(address, path, &[]);
        assert_eq!(answer.status, 503, "{path}");
    }
    let text = get(&metrics, "/metrics", &[]).body;
    assert!(text.contains("iamra_profile_is_current{"), "{text}");
    std::fs::remove_dir(laboratory.path("credentials")).unwrap();
    daemon.until_said("handed out credentials", 1);
    daemon.until("is ready", || {
        ask(&health, ("GET", "/healthz"), &[]).is_some_and(|answer| answer.status == 200)
    });
}

/// The file's writer of the second sidecar, without its faults.
#[test]
fn an_endpoint_is_a_source() {
    let laboratory = Laboratory::new();
    let listen = free_address();
    let port = free_address();
    let port = port.rsplit(':').next().unwrap();
    let watcher = laboratory.path("watcher");
    std::fs::create_dir(&watcher).unwrap();
    let mut command = crate::run::iamra(laboratory.home());
    command
        .args([
            "creds",
            "file",
            "--watch",
            "--credentials-file",
            "credentials",
        ])
        .env(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("http://{listen}/creds"),
        )
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token")
        .env("AWS_REFRESH_INTERVAL", "1")
        .env("LISTEN_PORT", format!(":{port}"));
    laboratory.write("token", "shared-by-both-of-them");
    laboratory.write("credentials", "[default]\naws_access_key_id = OLD\n");
    // It comes up before the other one, and waits.
    let mut daemon = Daemon::start(&mut command, &watcher);
    daemon.until_said("endpoint.unavailable", 1);
    let health = format!("127.0.0.1:{port}");
    daemon.until("probes are served", || {
        ask(&health, ("GET", "/healthz"), &[]).is_some()
    });
    assert_eq!(
        get(&health, "/healthz", &[]).status,
        503,
        "it tells the truth"
    );
    assert!(
        laboratory.read("credentials").contains("OLD"),
        "and leaves what is there"
    );
    let words = [
        "creds",
        "serve",
        "--listen",
        &listen,
        "--authorization-token-file",
        "token",
    ];
    let mut server = Daemon::start(&mut laboratory.command(&words), laboratory.home());
    server.until_said("opened a session", 1);
    daemon.until_said("handed out credentials", 1);
    daemon.until("is well", || get(&health, "/healthz", &[]).status == 200);
    let first = key_of(&laboratory.read("credentials"));
    server.signal(Signal::HUP);
    server.until_said("opened a session", 2);
    daemon.until_said("handed out credentials", 2);
    assert_ne!(key_of(&laboratory.read("credentials")), first);
    // The endpoint fails: what was good stays.
    server.end();
    daemon.until_said("endpoint.unavailable", 2);
    assert!(
        key_of(&laboratory.read("credentials"))
            .unwrap()
            .starts_with("ASIA")
    );
    daemon.end();
}

#[test]
fn what_is_asked_wrongly_is_said_at_once() {
    let laboratory = Laboratory::new();
    for (variables, more, expected) in [
        (
            &[("AWS_REFRESH_INTERVAL", "0")][..],
            &[][..],
            "AWS_REFRESH_INTERVAL: it must be 1 to",
        ),
        (
            &[("AWS_REFRESH_INTERVAL", "-3")],
            &[],
            "AWS_REFRESH_INTERVAL: it must be 1 to",
        ),
        (
            &[("LISTEN_PORT", "http")],
            &[],
            "LISTEN_PORT: it must be a port",
        ),
    ] {
        let words = [
            "creds",
            "file",
            "--watch",
            "--credentials-file",
            "credentials",
        ];
        let mut command = laboratory.command(&[&words, more].concat());
        command.envs(variables.iter().copied());
        let run = crate::run::Run::of(&mut command);
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains(expected), "{run}");
    }
    let mut remote = crate::run::iamra(laboratory.home());
    let uri = "http://10.0.0.1/creds";
    remote
        .args(["creds", "file"])
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri);
    let run = crate::run::Run::of(&mut remote);
    assert!(
        run.code == Some(2) && run.stderr.contains("cross the network"),
        "{run}"
    );
    let mut config = crate::run::iamra(laboratory.home());
    let uri = "http://127.0.0.1:9/creds";
    config
        .args(["creds", "file", "--config-file", "c"])
        .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri);
    let run = crate::run::Run::of(&mut config);
    assert!(
        run.code == Some(2) && run.stderr.contains("there is no region"),
        "{run}"
    );
}

/// The variables of the sidecar mean its endpoint to who watches, as it did;
/// elsewhere they are somebody else's.
#[test]
fn the_sidecars_variables_count_for_who_watches_alone() {
    let laboratory = Laboratory::new();
    let command = || {
        let mut command = crate::run::iamra(laboratory.home());
        let port = free_address();
        let port = port.rsplit(':').next().unwrap().to_owned();
        command
            .args(["creds", "file", "--credentials-file", "credentials"])
            .env("AWS_REFRESH_INTERVAL", "60")
            .env("LISTEN_PORT", port);
        command
    };
    let run = crate::run::Run::of(&mut command());
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("trust-anchor-arn"), "{run}");
    let mut daemon = Daemon::start(command().arg("--watch"), laboratory.home());
    daemon.until_said("because=AWS_REFRESH_INTERVAL", 1);
    assert!(daemon.said().contains("localhost:8080"));
    daemon.end();
}

/// A flag that nobody obeys is an error; a variable may be for another command,
/// and `--once` turns a whole watch into one run.
#[test]
fn what_needs_a_watch_is_refused_without_one() {
    let laboratory = Laboratory::new();
    for more in [
        ["--refresh-interval", "60"],
        ["--metrics-addr", "127.0.0.1:0"],
        ["--health-port", "3000"],
        ["--identity-cache", "cache"],
    ] {
        let words = ["creds", "file", "--credentials-file", "credentials"];
        let run = laboratory.run(&[&words[..], &more].concat());
        assert_eq!(run.code, Some(2), "{more:?}: {run}");
        let expected = format!("{}: it needs --watch", more[0]);
        assert!(run.stderr.contains(&expected), "{run}");
        assert!(!laboratory.path("credentials").exists(), "{more:?}");
        let once = [&words[..], &["--watch", "--once"], &more].concat();
        assert_eq!(laboratory.run(&once).code, Some(0), "{more:?}");
        std::fs::remove_file(laboratory.path("credentials")).unwrap();
    }
    let mut command = laboratory.command(&["creds", "file", "--credentials-file", "credentials"]);
    command.env("LISTEN_PORT", ":3000");
    assert_eq!(command.status().unwrap().code(), Some(0));
}
