//! One run of the binary, and how it is shown in a snapshot.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a run of the binary did.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary, with nothing of our own environment but what it needs to start.
pub(crate) fn iamra(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamra"));
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home);
    command
}

/// Runs the binary with `arguments` in an empty home.
pub(crate) fn bare(arguments: &[&str]) -> Run {
    let home = tempfile::tempdir().unwrap();
    Run::of(iamra(home.path()).args(arguments))
}

/// The binary run by another user, with nothing of our environment; `None`
/// where that is not possible.
pub(crate) fn as_user(user: u32) -> Option<Command> {
    let user = user.to_string();
    let other = ["--reuid", &user, "--regid", &user, "--clear-groups"];
    let probe = Command::new("setpriv")
        .args(other)
        .arg("true")
        .output()
        .ok()?;
    if !probe.status.success() {
        return None;
    }
    let mut command = Command::new("setpriv");
    command
        .args(other)
        .arg(env!("CARGO_BIN_EXE_iamra"))
        .env_clear();
    Some(command)
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self::from(output)
    }

    /// The same with something on its standard input.
    pub(crate) fn told(command: &mut Command, stdin: &str) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // One that has ended does not read any more.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        Self::from(child.wait_with_output().unwrap())
    }

    /// The run must have succeeded.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The form of the snapshots.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self
            .code
            .map_or_else(|| "signal".to_owned(), |code| code.to_string());
        write!(
            f,
            "exit code: {code}\n----- stdout -----\n{}\n----- stderr -----\n{}",
            self.stdout, self.stderr
        )
    }
}

/// Replaces in snapshots what differs from run to run.
pub(crate) fn filters(home: &Path) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.set_omit_expression(true);
    let home: &OsStr = home.as_os_str();
    settings.add_filter(&regex_escape(env!("CARGO_MANIFEST_DIR")), "[CRATE]");
    settings.add_filter(&regex_escape(&home.to_string_lossy()), "[HOME]");
    for (pattern, replacement) in [
        (r"(\d+ h )?\d+ min\b", "[DURATION]"),
        (
            r#"remaining_seconds": \d+"#,
            r#"remaining_seconds": [SECONDS]"#,
        ),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
        (r"\[::1\]:\d+", "[::1]:[PORT]"),
        (r"([0-9a-f]{2}:){15,19}[0-9a-f]{2}", "[SERIAL]"),
        (r"\b[0-9a-f]{38,40}\b", "[SERIAL]"),
        (r"\(\d{40,50}\)", "([SERIAL])"),
        (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", "[TIME]"),
        (r"\d{8}T\d{6}Z", "[TIME]"),
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[ID]",
        ),
        (r"ASIA[A-Z0-9]{16}", "[ACCESS KEY ID]"),
        (r"\b\d+(\.\d+)? ms\b", "[MS] ms"),
        (r"\b\d+ s left", "[SECONDS] s left"),
        (r"\.[A-Za-z0-9]{10}\.tmp", ".[RANDOM].tmp"),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings
}

fn regex_escape(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if c.is_alphanumeric() || c == '/' {
                vec![c]
            } else {
                vec!['\\', c]
            }
        })
        .collect()
}
