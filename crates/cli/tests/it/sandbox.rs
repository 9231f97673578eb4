use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

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
    command.args(["sandbox", "--", "env"]);
    for name in [
        "BAO_ADDR",
        "AWS_PROFILE",
        "VAULT_NAMESPACE",
        "SSL_CERT_DIR",
        "TRUST_ANCHOR_ID",
        "CERTIFICATE_ID",
        "PRIVATE_KEY_ID",
        "CERTIFICATE_BUNDLE_ID",
        "ROLE_ARN",
        "HTTP_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "no_proxy",
    ] {
        command.env(name, "mine");
    }
    let run = Run::of(&mut command).ok();
    assert!(!run.stdout.contains("=mine"), "{run}");
    for name in ["NO_PROXY", "no_proxy"] {
        let loopback = format!("\n{name}=localhost,127.0.0.1,::1\n");
        assert!(format!("\n{}", run.stdout).contains(&loopback), "{run}");
    }
}

#[test]
fn certificates_and_proxies_of_ours_do_not_disturb() {
    let home = tempfile::tempdir().unwrap();
    let mut command = iamra(home.path());
    command
        .args(["sandbox", "--", "iamra", "creds", "check"])
        .env("CERTIFICATE_ID", "/nope")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .env("ALL_PROXY", "http://127.0.0.1:1");
    Run::of(&mut command).ok();
}

#[test]
fn the_path_gets_no_empty_entry() {
    for (inherited, rest) in [
        (None, ""),
        (Some(""), ""),
        (Some(":/usr/bin::/bin:"), ":/usr/bin:/bin"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let mut command = iamra(home.path());
        command.args(["sandbox", "--", "/usr/bin/env"]);
        match inherited {
            Some(path) => command.env("PATH", path),
            None => command.env_remove("PATH"),
        };
        let run = Run::of(&mut command).ok();
        let path = run
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix("PATH="));
        let (folder, others) = path.unwrap().split_once("/bin").unwrap();
        assert!(folder.contains("/iamra-sandbox-"), "{run}");
        assert_eq!(others, rest, "{inherited:?}");
    }
}

#[test]
fn the_folder_is_for_us_alone() {
    let script = r#"umask 0; cd "${AWS_CONFIG_FILE%/*}"; ls -ld . bin"#;
    let run = bare(&["sandbox", "--", "sh", "-c", script]).ok();
    let modes: Vec<&str> = run.stdout.lines().map(|line| &line[..10]).collect();
    assert_eq!(modes, ["drwx------"; 2], "{run}");
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

/// A sandbox that was told to say where its folder is.
struct Standing {
    child: Child,
    /// Open, so that what is printed after the folder goes somewhere.
    _output: BufReader<ChildStdout>,
    folder: PathBuf,
}

impl Standing {
    /// Waits for the line with the folder: then all is up.
    fn start(home: &Path, words: &[&str]) -> Self {
        let mut child = iamra(home)
            .arg("sandbox")
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("AWS_CONFIG_FILE="));
        let line = line.unwrap();
        let config = line.split('=').nth(1).unwrap().trim_matches('\'');
        let folder = Path::new(config).parent().unwrap().to_owned();
        assert!(folder.is_dir());
        Self {
            child,
            _output: output,
            folder,
        }
    }

    /// Sends a signal to the sandbox alone; the exit code, in bounded time.
    fn end(mut self, signal: Signal) -> Option<i32> {
        let id = i32::try_from(self.child.id()).unwrap();
        assert!(self.child.try_wait().unwrap().is_none(), "it ended early");
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
        for _ in 0..400 {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(!self.folder.exists(), "{signal:?} leaves the folder");
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.child.kill().unwrap();
        panic!("{signal:?} does not end it");
    }
}

#[test]
fn without_a_command_it_stands_until_it_is_asked_to_end() {
    let home = tempfile::tempdir().unwrap();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let standing = Standing::start(home.path(), &[]);
        assert_eq!(standing.end(signal), Some(0), "{signal:?}");
    }
}

#[test]
fn a_command_gets_the_signals_that_the_sandbox_gets() {
    let home = tempfile::tempdir().unwrap();
    let script = "trap 'exit 41' INT; trap 'exit 42' TERM; trap 'exit 43' HUP; \
                  trap 'exit 44' QUIT; env; while :; do sleep 0.05; done";
    for (signal, code) in [
        (Signal::INT, 41),
        (Signal::TERM, 42),
        (Signal::HUP, 43),
        (Signal::QUIT, 44),
    ] {
        let standing = Standing::start(home.path(), &["--", "sh", "-c", script]);
        assert_eq!(standing.end(signal), Some(code), "{signal:?}");
    }
    let script = "env; exec sleep 60";
    let standing = Standing::start(home.path(), &["--", "sh", "-c", script]);
    assert_eq!(standing.end(Signal::HUP), Some(128 + 1));
}

#[test]
fn a_command_that_ignores_the_signals_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let script = "trap '' INT TERM HUP; env; while :; do sleep 0.05; done";
    let all: Vec<Standing> = (0..3)
        .map(|_| Standing::start(home.path(), &["--", "sh", "-c", script]))
        .collect();
    let ended = std::thread::scope(|scope| {
        let signals = [Signal::INT, Signal::TERM, Signal::HUP];
        let threads = all.into_iter().zip(signals);
        let threads = threads.map(|(one, signal)| scope.spawn(move || one.end(signal)));
        let threads: Vec<_> = threads.collect();
        let codes = threads.into_iter().map(|thread| thread.join().unwrap());
        codes.collect::<Vec<_>>()
    });
    assert_eq!(ended, [Some(128 + 9); 3]);
}

#[test]
fn without_a_command_it_prints_the_environment() {
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
