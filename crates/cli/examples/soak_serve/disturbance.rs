use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::{Result, Server, Stage};

/// What goes wrong, one after the other, for ever.
pub(crate) struct Disturbance<'a> {
    stage: &'a Stage,
    servers: &'a [Server],
    step: usize,
}

impl<'a> Disturbance<'a> {
    pub(crate) fn new(stage: &'a Stage, servers: &'a [Server]) -> Self {
        Self {
            stage,
            servers,
            step: 0,
        }
    }

    /// Something goes wrong, everybody has to refresh just then, and it is over.
    pub(crate) fn step(&mut self) {
        let trouble = TROUBLES[self.step % TROUBLES.len()];
        self.step += 1;
        self.bring(trouble);
        for server in self.servers {
            server.hang_up();
        }
        thread::sleep(PAUSE);
        if self.step.is_multiple_of(3) {
            for server in self.servers {
                self.try_to(server.rotate_token());
            }
        }
        self.stop();
        thread::sleep(PAUSE);
    }

    /// Everything works again.
    pub(crate) fn stop(&self) {
        self.stage.sandbox.faults().clear();
        self.stage.sandbox.seal(false);
        self.stage.vault.shut(false);
        self.stage.aws.shut(false);
    }

    fn bring(&self, trouble: &str) {
        match trouble {
            "aws killed" => self.stage.aws.shut(true),
            "vault killed" => self.stage.vault.shut(true),
            "sealed" => self.stage.sandbox.seal(true),
            "files rotate" => self.try_to(rotate_files(self.stage)),
            "files half written" => self.try_to(spoil_files(self.stage)),
            fault => match fault.parse() {
                Ok(fault) => self.stage.sandbox.faults().add(fault),
                Err(error) => println!("{error}"),
            },
        }
    }

    fn try_to(&self, done: Result) {
        if let Err(error) = done {
            println!("step {}: {error}", self.step);
        }
    }
}

/// Writes another certificate with its key as rude programs do: in place, one
/// file after the other.
pub(crate) fn rotate_files(stage: &Stage) -> Result {
    let issued = stage.folder.join("issued");
    let status = Command::new(&stage.binary)
        .args(["cert", "issue", "--key-type", "ec-p256", "--out-dir"])
        .arg(&issued)
        .env("HOME", &stage.folder)
        .envs(stage.sandbox.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err("no certificate was issued".into());
    }
    let loose = stage.folder.join("loose");
    std::fs::create_dir_all(&loose)?;
    for name in ["cert.pem", "chain.pem", "private.pem"] {
        std::fs::copy(issued.join(name), loose.join(name))?;
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Leaves the key empty for a moment, as an editor or a full disk does.
fn spoil_files(stage: &Stage) -> Result {
    let key = stage.folder.join("loose/private.pem");
    let before = std::fs::read(&key)?;
    std::fs::write(&key, "")?;
    thread::sleep(Duration::from_millis(300));
    std::fs::write(&key, before)?;
    Ok(())
}

const TROUBLES: [&str; 18] = [
    "files rotate",
    "roles-anywhere=throttle*4",
    "vault-login=throttle:1*3",
    "aws killed",
    "roles-anywhere=status:503*4",
    "vault-pki=status:500*3",
    "files half written",
    "roles-anywhere=expired*2",
    "sealed",
    "roles-anywhere=html:502*3",
    "vault killed",
    "roles-anywhere=slow:1",
    "vault-login=close*3",
    "roles-anywhere=throttle:2*2",
    "files rotate",
    "roles-anywhere=close*4",
    "vault-pki=throttle*4",
    "roles-anywhere=status:403*2",
];
const PAUSE: Duration = Duration::from_millis(1500);
