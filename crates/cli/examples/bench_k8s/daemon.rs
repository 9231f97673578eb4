use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Bench, Result};

/// A running `k8s run`.
pub(crate) struct Daemon {
    child: Child,
    metrics: String,
    log: PathBuf,
    /// How many tokens others have asked for before it.
    before: usize,
}

impl Daemon {
    /// One with a Secret of this name, and so many writes in a second.
    pub(crate) fn start(bench: &Bench, (name, per_second): (&str, &str)) -> Result<Self> {
        let metrics = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let log = bench.folder.join(format!("{name}.log"));
        let words = "k8s run --accept-broad-rbac --namespace-selector bench=yes \
                     --own-namespace default --log-level warn --forget-tokens";
        let child = Command::new(&bench.binary)
            .args(words.split_whitespace())
            .args(["--config-name", name, "--secret-name", name])
            .args(["--max-writes-per-second", per_second])
            .args(["--metrics-addr", &metrics])
            .arg("--kubeconfig")
            .arg(bench.testbed.kubeconfig())
            .env("HOME", &bench.folder)
            .envs(bench.sandbox.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Self {
            child,
            metrics,
            log,
            before: bench.tokens(),
        })
    }

    /// Waits until so many have the tokens of the last of so many requests in all.
    pub(crate) fn until_in_step(&self, namespaces: usize, requests: usize) -> Result {
        let deadline = Instant::now() + LONGEST;
        let own = requests - self.before;
        let lines = [
            format!("state=\"in-step\"}} {namespaces}\n"),
            format!("result=\"obtained\"}} {own}\n"),
        ];
        loop {
            let text = self.told().unwrap_or_default();
            if lines.iter().all(|line| text.contains(line)) {
                return Ok(());
            }
            if Instant::now() > deadline {
                let said = std::fs::read_to_string(&self.log)?;
                return Err(format!("{text}\nafter {said}").into());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn told(&self) -> Result<String> {
        let mut stream = TcpStream::connect(&self.metrics)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    /// Has it obtain another token.
    pub(crate) fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.unwrap(), signal).unwrap();
    }

    /// The seconds of CPU that it has used.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("no fields")?;
        let fields = fields.split_whitespace().skip(11).take(2);
        let ticks = fields
            .map(str::parse::<f64>)
            .sum::<std::result::Result<f64, _>>()?;
        Ok(ticks / TICKS)
    }

    /// Ends it, in good order; returns the most memory that it had, in MiB.
    pub(crate) fn end(mut self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most
            .and_then(|most| most.trim().strip_suffix(" kB"))
            .ok_or("no memory")?;
        let most: f64 = most.parse()?;
        self.signal(Signal::TERM);
        let ended = self.child.wait()?;
        if !ended.success() {
            return Err(format!("{ended}: {}", std::fs::read_to_string(&self.log)?).into());
        }
        Ok(most / 1024.0)
    }
}

/// One that is not ended must not outlive us.
impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Twenty a second take ten thousand more than eight minutes.
const LONGEST: Duration = Duration::from_mins(20);
/// In a second: what Linux has always shown to programs.
const TICKS: f64 = 100.0;
