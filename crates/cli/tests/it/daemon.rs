//! A long-running binary, and what it says.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

pub(crate) struct Daemon {
    child: Child,
    stderr: PathBuf,
    stdout: PathBuf,
}

impl Daemon {
    /// Starts it; what it says goes to files in `home`.
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    pub(crate) fn start(command: &mut Command, home: &Path) -> Self {
        let stderr = home.join("stderr");
        let stdout = home.join("stdout");
        let file = File::create(&stderr).unwrap();
        let command = command.stdin(Stdio::null());
        let command = command.stdout(File::create(&stdout).unwrap());
        Self {
            child: command.stderr(file).spawn().unwrap(),
            stderr,
            stdout,
        }
    }

    /// What it has printed.
    pub(crate) fn printed(&self) -> String {
        std::fs::read_to_string(&self.stdout).unwrap()
    }

    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    /// Waits until `happened`, for half a minute at the most.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, mut happened: impl FnMut() -> bool) {
        for _ in 0..1500 {
            if happened() {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?} before {what}: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("never {what}: {}", self.said());
    }

    #[track_caller]
    pub(crate) fn until_said(&mut self, text: &str, times: usize) {
        let stderr = self.stderr.clone();
        let count = || {
            std::fs::read_to_string(&stderr)
                .unwrap()
                .matches(text)
                .count()
        };
        self.until(&format!("said {text:?} {times} times"), || count() >= times);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Resident memory, in KiB: what is its own, and all of it.
    pub(crate) fn memory(&self) -> [u64; 2] {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        ["RssAnon:", "VmRSS:"].map(|name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap()
                .trim()
                .trim_end_matches(" kB")
                .parse()
                .unwrap()
        })
    }

    /// Asks it to end; its exit code, and what it said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        self.signal(Signal::TERM);
        for _ in 0..500 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), self.said());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end: {}", self.said());
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap()).unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that is free now.
pub(crate) fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
