//! `cert watch`, `cert issue --if-due` and `health`, as a process.

use std::os::unix::net::UnixDatagram;
use std::process::Command;

use bytes::Bytes;
use destination::{Destination, HttpClient};
use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation};
use rustix::process::Signal;

use crate::daemon::{Daemon, free_address};
use crate::laboratory::Laboratory;
use crate::run::{Run, iamra};

const WATCH: &[&str] = &["cert", "watch", "--out-dir", "pki"];

fn signed(laboratory: &Laboratory) -> usize {
    laboratory.sandbox.requests().count(Operation::VaultSign)
}

fn watch(laboratory: &Laboratory, more: &[&str]) -> Command {
    laboratory.command(&[WATCH, more].concat())
}

#[test]
fn it_keeps_a_certificate_and_a_restart_issues_none() {
    let laboratory = Laboratory::new();
    let mut daemon = Daemon::start(&mut watch(&laboratory, &[]), laboratory.home());
    daemon.until_said("the certificate is valid until", 1);
    assert!(
        laboratory
            .read("pki/private.pem")
            .starts_with("-----BEGIN PRIVATE KEY-----")
    );
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(signed(&laboratory), 1);

    let mut daemon = Daemon::start(&mut watch(&laboratory, &[]), laboratory.home());
    daemon.until_said("the certificate on disk is good", 1);
    daemon.signal(Signal::HUP);
    daemon.until_said("Vault issued a certificate", 1);
    assert_eq!(signed(&laboratory), 2);
    daemon.end();

    laboratory
        .run(&["cert", "issue", "--if-due", "--out-dir", "pki"])
        .ok();
    laboratory.run(&[WATCH, &["--once"]].concat()).ok();
    assert_eq!(signed(&laboratory), 2, "nothing was due");
    laboratory
        .run(&[
            "cert",
            "issue",
            "--if-due",
            "--out-dir",
            "pki",
            "--key-type",
            "ec-p384",
        ])
        .ok();
    assert_eq!(signed(&laboratory), 3, "another key is asked for");
}

#[test]
fn it_waits_for_a_vault_that_is_sealed_and_says_how_things_stand() {
    let laboratory = Laboratory::new();
    laboratory.sandbox.seal(true);
    let address = free_address();
    let fast = ["--metrics-addr", &address, "--vault-max-retries", "0"];
    let mut daemon = Daemon::start(&mut watch(&laboratory, &fast), laboratory.home());
    daemon.until_said("Vault is sealed", 2);
    assert!(daemon.said().contains("ERROR"), "{}", daemon.said());
    let probe = |ready: &[&str]| {
        let words = [&["health", "--metrics-addr", &address], ready].concat();
        Run::of(iamra(laboratory.home()).args(words))
    };
    probe(&[]).ok();
    let run = probe(&["--ready"]);
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stderr.contains("there is no certificate"), "{run}");

    laboratory.sandbox.seal(false);
    daemon.until("ready", || probe(&["--ready"]).code == Some(0));
    assert_eq!(daemon.end().0, Some(0));
    let run = probe(&[]);
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stderr.contains("error[health.no-answer]"), "{run}");
}

#[test]
fn its_metrics_are_what_open_metrics_wants() {
    let laboratory = Laboratory::new();
    let address = free_address();
    let mut command = watch(&laboratory, &["--metrics-addr", &address]);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    daemon.until_said("the certificate is valid until", 1);
    let text = get(&format!("http://{address}/metrics"));
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.pop(), Some("# EOF"));
    // Those of one family come in any order.
    lines.sort_unstable();
    let mut settings = laboratory.filters();
    settings.add_filter(r"seconds \d+\.\d+", "seconds [TIME]");
    settings.bind(|| insta::assert_snapshot!("watch-metrics", lines.join("\n")));
    daemon.end();
}

fn get(url: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = HttpClient::new(Destination::default()).unwrap();
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    let response = runtime.block_on(client.send(request)).unwrap();
    let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(response.headers["content-type"], format);
    String::from_utf8(response.body.to_vec()).unwrap()
}

#[test]
fn a_hook_is_told_what_is_new_and_no_secret() {
    let laboratory = Laboratory::new();
    let script =
        r#"printf "%s\n" "$IAMRA_CHANGED_FOLDER $IAMRA_CHANGED_SERIAL" >> told; env > env"#;
    let hook = format!("sh -c '{script}'");
    let mut command = watch(&laboratory, &["--exec", &hook]);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    daemon.until_said("told of the change", 1);
    daemon.signal(Signal::HUP);
    daemon.until_said("told of the change", 2);
    daemon.end();
    let told = laboratory.read("told");
    let serials: Vec<&str> = told
        .lines()
        .map(|line| line.strip_prefix("pki ").unwrap())
        .collect();
    assert_eq!(serials.len(), 2, "{told}");
    assert_ne!(serials[0], serials[1]);
    let environment = laboratory.read("env");
    assert!(environment.contains("VAULT_ADDR="), "{environment}");
    for secret in laboratory.sandbox.secrets() {
        assert!(!environment.contains(&secret), "{environment}");
    }
}

#[test]
fn a_hook_that_fails_is_run_again_and_one_that_hangs_is_killed() {
    let laboratory = Laboratory::new();
    let hook = r"sh -c 'echo x >> runs; test $(wc -l < runs) -gt 1 || exit 3'";
    let mut command = watch(&laboratory, &["--exec", hook]);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    daemon.until_said("--exec: sh ended with exit code 3", 1);
    daemon.until_said("told of the change", 1);
    daemon.end();
    assert_eq!(laboratory.read("runs"), "x\nx\n");

    // The end comes in time though a hook hangs.
    let mut command = watch(&laboratory, &["--exec", "sh -c 'echo > hangs; sleep 600'"]);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    daemon.until_said("the certificate on disk is good", 1);
    daemon.signal(Signal::HUP);
    let hangs = laboratory.path("hangs");
    daemon.until("hanging", || hangs.exists());
    assert_eq!(daemon.end().0, Some(0));

    let hook = [
        "--exec",
        "sleep 600",
        "--exec-timeout",
        "1",
        "--once",
        "--key-type",
        "ec-p384",
    ];
    let run = Run::of(&mut watch(&laboratory, &hook));
    assert_eq!(run.code, Some(1), "{run}");
    assert!(
        run.stderr
            .contains("error[hook.failed]: --exec: sleep was killed"),
        "{run}"
    );
}

/// A hook may signal us, and it runs after each change.
#[test]
fn what_is_asked_for_in_a_row_is_one_refresh_where_there_are_hooks() {
    let laboratory = Laboratory::new();
    let mut command = watch(&laboratory, &["--exec", "true"]);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    daemon.until_said("told of the change", 1);
    daemon.signal(Signal::HUP);
    daemon.until_said("told of the change", 2);
    for _ in 0..3 {
        daemon.signal(Signal::HUP);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    daemon.until_said("told of the change", 3);
    assert_eq!(daemon.end().0, Some(0));
    assert_eq!(signed(&laboratory), 3, "the first, the asked, the three");
}

/// A timer, an init container, a pod that was evicted in the middle.
#[test]
fn a_hook_that_was_not_told_is_told_by_the_next_process() {
    let laboratory = Laboratory::new();
    let once = |hook: &str| {
        let words = ["--once", "--exec", hook];
        Run::of(&mut watch(&laboratory, &words))
    };
    let run = once("false");
    assert_eq!(run.code, Some(1), "{run}");
    once("touch told").ok();
    assert!(laboratory.path("told").exists());
    once("touch again").ok();
    assert!(!laboratory.path("again").exists(), "it knows");
    assert_eq!(signed(&laboratory), 1);

    // What somebody else has put there is news, too.
    laboratory.run(&["cert", "issue", "--out-dir", "pki"]).ok();
    let mut command = watch(&laboratory, &["--exec", "touch again"]);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    daemon.until_said("told of the change", 1);
    assert!(laboratory.path("again").exists());
    daemon.end();
}

/// The change has happened: that nobody could be told is no wrong setting.
#[test]
fn a_pid_file_that_is_missing_fails_after_the_change_with_1() {
    let laboratory = Laboratory::new();
    let run = Run::of(&mut watch(
        &laboratory,
        &["--once", "--pid-file", "nowhere/p"],
    ));
    assert_eq!(run.code, Some(1), "{run}");
    assert!(
        run.stderr.contains("error[hook.failed]: --pid-file:"),
        "{run}"
    );
    assert_eq!(signed(&laboratory), 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_found_before_vault_signs() {
    let laboratory = Laboratory::new();
    let Some(mut command) = crate::run::as_user(65534) else {
        eprintln!("SKIPPED: this user cannot become another one");
        return;
    };
    let environment = laboratory.sandbox.environment();
    command
        .envs(environment)
        .args(["cert", "issue", "--out-dir", "/usr"]);
    let run = Run::of(&mut command);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("error[file.permission]"), "{run}");
    assert_eq!(signed(&laboratory), 0);
}

#[test]
fn once_ends_when_it_is_asked_to_with_all_that_it_has_started() {
    let laboratory = Laboratory::new();
    let hook = "sh -c 'echo > hangs; sleep 600'";
    let mut command = watch(&laboratory, &["--once", "--exec", hook]);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    let hangs = laboratory.path("hangs");
    daemon.until("hanging", || hangs.exists());
    let (code, said) = daemon.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error[interrupted]"), "{said}");
}

#[test]
fn a_process_is_signalled_by_its_file() {
    let laboratory = Laboratory::new();
    let script = "trap 'echo > signalled' USR1; echo $$ > pid; while :; do sleep 0.1; done";
    let mut server = Command::new("sh");
    server.args(["-c", script]).current_dir(laboratory.home());
    let mut server = server.spawn().unwrap();
    let told = ["--pid-file", "pid", "--signal", "USR1"];
    let mut daemon = Daemon::start(&mut watch(&laboratory, &told), laboratory.home());
    let signalled = laboratory.path("signalled");
    daemon.until("signalled", || signalled.exists());
    daemon.end();
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn systemd_is_told_when_the_certificate_is_there() {
    let laboratory = Laboratory::new();
    let socket = UnixDatagram::bind(laboratory.path("notify")).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_secs(30)))
        .unwrap();
    let receive = || {
        let mut buffer = [0; 1000];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let mut command = watch(&laboratory, &[]);
    command
        .env("NOTIFY_SOCKET", laboratory.path("notify"))
        .env("WATCHDOG_USEC", "1000000");
    let daemon = Daemon::start(&mut command, laboratory.home());
    let mut messages = vec![receive()];
    while !messages.iter().any(|message| message.contains("READY=1")) {
        messages.push(receive());
    }
    assert!(
        messages
            .iter()
            .any(|message| message.contains("there is no certificate"))
    );
    assert!(
        messages
            .last()
            .unwrap()
            .contains("STATUS=the certificate is valid until")
    );
    while !messages.last().unwrap().contains("WATCHDOG=1") {
        messages.push(receive());
    }
    daemon.end();
    while !messages.last().unwrap().contains("STOPPING=1") {
        messages.push(receive());
    }
}

/// The current certificate logs in and fetches its successor: after the first
/// one, nothing else is needed.
#[test]
fn a_certificate_fetches_its_successor() {
    let laboratory = Laboratory::changed(|settings| {
        settings.tls = true;
    });
    laboratory.run(&["cert", "issue", "--out-dir", "pki"]).ok();
    let own = [
        "--vault-client-cert",
        "pki/cert.pem",
        "--vault-client-key",
        "pki/private.pem",
    ];
    let flags = [&["--auth", "cert", "--auth-role", "web"], &own[..]].concat();
    let mut command = watch(&laboratory, &flags);
    let mut daemon = Daemon::start(command.env("VAULT_TOKEN", ""), laboratory.home());
    daemon.until_said("the certificate on disk is good", 1);
    for number in 1..=4 {
        daemon.signal(Signal::HUP);
        daemon.until_said("Vault issued a certificate", number);
    }
    let logins = laboratory.sandbox.requests().count(Operation::VaultLogin);
    assert_eq!(logins, 4);
    assert_eq!(daemon.end().0, Some(0));
}

/// Every outage mode leaves what is on disk, and is survived.
#[test]
fn whatever_vault_answers_the_set_on_disk_stays() {
    let laboratory = Laboratory::new();
    laboratory.run(&[WATCH, &["--once"]].concat()).ok();
    let before = laboratory.read("pki/cert.pem");
    let fast = ["--vault-max-retries", "0", "--vault-timeout", "2s"];
    let mut daemon = Daemon::start(&mut watch(&laboratory, &fast), laboratory.home());
    daemon.until_said("the certificate on disk is good", 1);
    for (number, effect) in [
        FaultEffect::Sealed,
        FaultEffect::Close,
        FaultEffect::Hang,
        FaultEffect::HtmlPage { status: 200 },
        FaultEffect::Throttle { retry_after: None },
        FaultEffect::EndlessBody,
        FaultEffect::Expired,
    ]
    .into_iter()
    .enumerate()
    {
        laboratory
            .sandbox
            .faults()
            .add(Fault::always(FaultTarget::VaultPki, effect));
        daemon.signal(Signal::HUP);
        daemon.until_said("asked for another certificate", number + 1);
        let failures = number + 1;
        daemon.until("failed", || {
            let said = std::fs::read_to_string(laboratory.path("stderr")).unwrap();
            said.matches("retry_in_seconds").count() >= failures
        });
        laboratory.sandbox.faults().clear();
    }
    assert_eq!(laboratory.read("pki/cert.pem"), before);
    daemon.signal(Signal::HUP);
    daemon.until("another certificate", || {
        laboratory.read("pki/cert.pem") != before
    });
    daemon.end();
}

/// What is wrong is said in one line before anybody is called.
#[test]
fn bad_input_is_one_line_and_changes_nothing() {
    let laboratory = Laboratory::new();
    for (more, expected) in [
        (
            &["--exec", "sh -c 'a"][..],
            "--exec: it is no command: a quote is not closed",
        ),
        (&["--exec", "  "], "--exec: it is no command"),
        (
            &["--exec-timeout", "0"],
            "--exec-timeout: it must be 1 to 600 seconds",
        ),
        (&["--signal", "HUP"], "--signal: it needs --pid-file"),
        (
            &["--pid-file", "p", "--signal", "KILL"],
            "--signal: it must be HUP, USR1, USR2 or TERM",
        ),
        (
            &["--metrics-addr", "nowhere"],
            "--metrics-addr: it must be an address and a port",
        ),
        (
            &["--layout", "flat"],
            "--layout: layout \"flat\" is not one of",
        ),
    ] {
        let run = Run::of(&mut watch(&laboratory, more));
        assert_eq!(run.code, Some(2), "{run}");
        let errors: Vec<&str> = run
            .stderr
            .lines()
            .filter(|line| line.starts_with("error"))
            .collect();
        assert!(errors.len() == 1 && errors[0].contains(expected), "{run}");
    }
    assert!(laboratory.sandbox.requests().is_empty());
    assert!(!laboratory.path("pki").exists());
}

#[test]
fn many_refreshes_leave_no_trace_in_memory() {
    let laboratory = Laboratory::new();
    let address = free_address();
    let quiet = ["--metrics-addr", &address, "--log-level", "error"];
    let mut daemon = Daemon::start(&mut watch(&laboratory, &quiet), laboratory.home());
    let metrics = format!("http://{address}/metrics");
    // A scrape now and then, as in life.
    let refresh_until = |daemon: &mut Daemon, count: usize| {
        while signed(&laboratory) < count {
            let before = signed(&laboratory);
            daemon.signal(Signal::HUP);
            daemon.until("signed", || {
                get(&metrics);
                signed(&laboratory) > before
            });
        }
    };
    daemon.until("the first", || signed(&laboratory) == 1);
    refresh_until(&mut daemon, 100);
    let [warm, _] = daemon.memory();
    refresh_until(&mut daemon, 300);
    let [after, all] = daemon.memory();
    assert!(after <= warm + 256, "{warm} KiB, then {after} of {all}");
    let files = std::fs::read_dir(laboratory.path("pki")).unwrap().count();
    assert!(files <= 8, "{files}");
    daemon.end();
}
