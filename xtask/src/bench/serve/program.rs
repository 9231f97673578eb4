use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::bench::free_address;
use crate::bench::key_files::KeyFiles;
use crate::failure::Result;
use crate::workspace;

use super::door::Door;

/// A running server; it ends with this.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    address: String,
    /// Where its container token stands, if it has one.
    token: Option<PathBuf>,
}

impl Program {
    /// `creds serve` with a certificate from files, a log level, and the address
    /// of Roles Anywhere. What it logs is thrown away.
    pub(super) fn iamra(
        files: &KeyFiles,
        scratch: &Path,
        (log_level, aws): (&str, &str),
    ) -> Result<Self> {
        let address = free_address()?;
        let token = scratch.join(format!("token-of-{address}"));
        let words = format!("creds serve --listen {address} --log-level {log_level}");
        let mut command = files.ours(&words);
        command.extend(["--authorization-token-file".into(), token.clone().into()]);
        Self::start(&command, aws, (address, Some(token)))
    }

    /// `aws_signing_helper serve`, if it is on `PATH`.
    pub(super) fn helper(files: &KeyFiles, aws: &str) -> Result<Option<Self>> {
        let address = free_address()?;
        let port = address.rsplit(':').next().unwrap_or_default();
        match files.helpers(&format!("serve --port {port}"))? {
            Some(command) => Self::start(&command, aws, (address, None)).map(Some),
            None => Ok(None),
        }
    }

    /// Its metadata service.
    pub(super) fn imds(&self) -> Result<Door> {
        Door::imds(&self.address)
    }

    /// Its container endpoint.
    pub(super) fn container(&self) -> Result<Door> {
        let path = self.token.as_deref();
        let path = path.ok_or_else(|| Failure::new("it has no container endpoint"))?;
        let token = workspace::read(path)?;
        Ok(Door::container(&self.address, token.trim().to_owned()))
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    fn start(
        command: &[OsString],
        aws: &str,
        (address, token): (String, Option<PathBuf>),
    ) -> Result<Self> {
        let (name, arguments) = command
            .split_first()
            .ok_or_else(|| Failure::new("nothing to start"))?;
        let child = Command::new(name)
            .args(arguments)
            // For the helper, it counts for more than its flag.
            .env(AWS, aws)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Failure::file(Path::new(name), &error))?;
        let program = Self {
            child,
            address,
            token,
        };
        program.wait()?;
        Ok(program)
    }

    /// Waits until it hands out credentials; the helper, which obtains some
    /// before it listens, until it listens.
    fn wait(&self) -> Result {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ready = self.imds().and_then(|door| match self.token {
                Some(_) => door.knock().map(drop),
                None => Ok(()),
            });
            match ready {
                Ok(()) => return Ok(()),
                Err(failure) if Instant::now() > deadline => return Err(failure),
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where Roles Anywhere is.
pub(super) const AWS: &str = "AWS_ENDPOINT_URL_ROLESANYWHERE";
const PATIENCE: Duration = Duration::from_secs(20);
