use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use iamra_sandbox::ServiceAccount;
use rustix::process::{Pid, Signal, kill_process};
use secrecy::ExposeSecret as _;

use crate::http::Connection;
use crate::{Result, Stage};

/// A running `creds serve`.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    pub(crate) socket: PathBuf,
    /// The container token and the one before it: no request may straddle a
    /// rotation.
    pub(crate) tokens: RwLock<[String; 2]>,
    pub(crate) descriptors_at_first: usize,
    child: Child,
    metrics: String,
    token_file: PathBuf,
    log: PathBuf,
    hang_ups: AtomicU64,
    started: Instant,
}

impl Server {
    /// Vault is the identity: a login each time, and certificates that last two
    /// minutes.
    pub(crate) fn with_vault(stage: &Stage) -> Result<Self> {
        let jwt = stage.folder.join("service-account");
        let token = stage
            .sandbox
            .service_account_token(&ServiceAccount::default())?;
        std::fs::write(&jwt, token.expose_secret())?;
        let words = format!(
            "--auth kubernetes --auth-role iamra --jwt-file {} --key-type ec-p256 --ttl 2m \
             --identity-cache {}",
            jwt.display(),
            stage.folder.join("identity").display(),
        );
        Self::start(stage, ("vault", &words))
    }

    /// Files are the identity: somebody else writes them.
    pub(crate) fn with_files(stage: &Stage) -> Result<Self> {
        crate::disturbance::rotate_files(stage)?;
        let folder = stage.folder.join("loose");
        let file = |name| folder.join(name).display().to_string();
        let words = format!(
            "--certificate {} --intermediates {} --private-key {}",
            file("cert.pem"),
            file("chain.pem"),
            file("private.pem"),
        );
        Self::start(stage, ("files", &words))
    }

    fn start(stage: &Stage, (name, words): (&'static str, &str)) -> Result<Self> {
        let (address, metrics) = (free_address()?, free_address()?);
        let at = |what: &str| stage.folder.join(format!("{name}.{what}"));
        let (socket, token_file, log) = (at("sock"), at("token"), at("log"));
        std::fs::write(&token_file, "first")?;
        rustix::fs::chmod(&token_file, rustix::fs::Mode::from_raw_mode(0o600))?;
        let child = Command::new(&stage.binary)
            .args(format!("creds serve --listen {address} --metrics-addr {metrics}").split(' '))
            .args([
                "--log-level",
                "warn",
                "--aws-timeout",
                "5",
                "--vault-timeout",
                "5",
            ])
            .arg("--listen")
            .arg(format!("unix:{}", socket.display()))
            .arg("--authorization-token-file")
            .arg(&token_file)
            .args(words.split_whitespace())
            .env("HOME", &stage.folder)
            .envs(stage.sandbox.environment())
            .env_remove("VAULT_TOKEN")
            .env("VAULT_ADDR", &stage.vault.url)
            .env("AWS_ENDPOINT_URL_ROLESANYWHERE", &stage.aws.url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        let mut server = Self {
            name,
            address,
            socket,
            tokens: RwLock::new(["first".to_owned(), "never".to_owned()]),
            descriptors_at_first: 0,
            child,
            metrics,
            token_file,
            log,
            hang_ups: AtomicU64::new(0),
            started: Instant::now(),
        };
        server.wait()?;
        server.descriptors_at_first = server.sample()?.descriptors;
        Ok(server)
    }

    /// Waits until it has a session.
    fn wait(&self) -> Result {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.metric("outcome=\"opened\"").unwrap_or_default() == 0 {
            if Instant::now() > deadline {
                return Err(format!("{} has no session: {}", self.name, self.said(20)).into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// What it hands out.
    pub(crate) fn document(&self) -> Result<String> {
        let token = [("Authorization", "first")];
        let (_, body) = Connection::tcp(&self.address)?.ask("GET /creds", &token)?;
        Ok(body)
    }

    /// Has it open another session now.
    pub(crate) fn hang_up(&self) {
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else {
            return;
        };
        // One that is gone is found by its clients.
        if kill_process(pid, Signal::HUP).is_ok() {
            self.hang_ups.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn hang_ups(&self) -> u64 {
        self.hang_ups.load(Relaxed)
    }

    /// Gives it another container token, which counts from then on; the one before
    /// it no longer does a moment later.
    pub(crate) fn rotate_token(&self) -> Result {
        let token = format!("token-{:032x}", fastrand::u128(..));
        let next = self.token_file.with_extension("next");
        let mut tokens = self.tokens.write().map_err(|_| "a client panicked")?;
        std::fs::write(&next, &token)?;
        rustix::fs::chmod(&next, rustix::fs::Mode::from_raw_mode(0o600))?;
        std::fs::rename(&next, &self.token_file)?;
        let last = std::mem::replace(&mut tokens[0], token);
        drop(tokens);
        thread::sleep(Duration::from_millis(200));
        let mut tokens = self.tokens.write().map_err(|_| "a client panicked")?;
        tokens[1] = last;
        Ok(())
    }

    /// How it stands now.
    pub(crate) fn sample(&self) -> Result<Sample> {
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let status = std::fs::read_to_string(process.join("status"))?;
        let memory = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
            Some(kilobytes / 1024.0)
        };
        Ok(Sample {
            resident: memory("VmRSS:").ok_or("the system does not tell the memory")?,
            anonymous: memory("RssAnon:").ok_or("the system does not tell the memory")?,
            descriptors: std::fs::read_dir(process.join("fd"))?.count(),
            connections: self.metric("served_connections")?,
            handed_out: self.metric("outcome=\"handed_out\"")?,
            sessions: self.metric("outcome=\"opened\"")?,
        })
    }

    /// What is not as it must be.
    pub(crate) fn findings(&self, early: &Sample, late: &Sample, after: &Sample) -> Vec<String> {
        let mut findings = Vec::new();
        let mut find = |is_bad: bool, what: String| {
            if is_bad {
                findings.push(format!("{}: {what}", self.name));
            }
        };
        let grown = late.resident - early.resident;
        find(grown > GROWTH, format!("the memory grew by {grown:.2} MiB"));
        let left = after.descriptors.saturating_sub(self.descriptors_at_first);
        find(
            left > SPARE,
            format!("{left} file descriptors were left open"),
        );
        // One at the start, one each time it was asked to, and those that were due.
        let due = self.started.elapsed().as_secs() / SOONEST_DUE;
        let most = 1 + self.hang_ups() + due;
        let sessions = after.sessions;
        find(
            sessions > most,
            format!("{sessions} sessions, at most {most}"),
        );
        findings
    }

    /// The last lines of its log.
    pub(crate) fn said(&self, lines: usize) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let all: Vec<&str> = said.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// The sum of the metrics whose lines hold `name`.
    fn metric(&self, name: &str) -> Result<u64> {
        let mut connection = Connection::tcp(&self.metrics)?;
        let (_, text) = connection.ask("GET /metrics", &[])?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let values = lines
            .filter(|line| line.contains(name))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        Ok(values.sum())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a server stands.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) resident: f64,
    pub(crate) anonymous: f64,
    pub(crate) descriptors: usize,
    pub(crate) connections: u64,
    pub(crate) handed_out: u64,
    pub(crate) sessions: u64,
}

impl Sample {
    pub(crate) const HEADING: &'static str =
        "   after  server  resident MiB  own MiB  descriptors  connections  handed out  sessions";
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>13.2} {:>8.2} {:>12} {:>12} {:>11} {:>9}",
            self.resident,
            self.anonymous,
            self.descriptors,
            self.connections,
            self.handed_out,
            self.sessions,
        )
    }
}

fn free_address() -> Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

/// MiB that a server may grow by after its first fifth.
const GROWTH: f64 = 1.0;
/// Connections to Vault and AWS that are kept.
const SPARE: usize = 6;
/// No earlier is a session of an hour due by itself.
const SOONEST_DUE: u64 = 2000;
