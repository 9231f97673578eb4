use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;
use crate::cluster::{Cluster, NAME};
use crate::memory::Memory;

/// An agent or a broker; it ends with this.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

impl Process {
    /// `k8s VERB` at that address. What it logs goes to a file of its own.
    pub(crate) fn start(
        binary: &Path,
        cluster: &Cluster,
        (verb, address): (&str, SocketAddr),
        more: &[&str],
    ) -> Result<Self> {
        let log = cluster.file(&format!("{verb}-{address}.log"));
        let sandbox = &cluster.sandbox;
        let child = Command::new(binary)
            .args(["k8s", verb, "--cluster-name", NAME])
            .args(["--listen", &address.to_string()])
            .args(more)
            .env_clear()
            .env("HOME", cluster.folder())
            .env("VAULT_ADDR", sandbox.vault_url())
            .env("AWS_ENDPOINT_URL_ROLESANYWHERE", sandbox.aws_url())
            .env("IAMRA_TRUST_ANCHOR_ARN", sandbox.trust_anchor_arn())
            .env("IAMRA_PROFILE_ARN", sandbox.profile_arn())
            .env("KUBECONFIG", cluster.file("kubeconfig"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Self {
            child,
            address,
            log,
        })
    }

    /// Waits until it listens.
    pub(crate) fn until_listening(&mut self) -> Result {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            let has_ended = self.child.try_wait()?.is_some();
            if has_ended || Instant::now() > deadline {
                return Err(format!("{} does not listen: {}", self.address, self.said()?).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    pub(crate) fn said(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn memory(&self) -> Result<Memory> {
        Memory::of(self.id())
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result {
        let id = Pid::from_raw(self.id().try_into()?).ok_or("no process")?;
        Ok(kill_process(id, signal)?)
    }

    /// Ends it as a crash would: by SIGKILL.
    pub(crate) fn kill(&mut self) -> Result {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.kill();
    }
}

const PATIENCE: Duration = Duration::from_secs(60);
