use std::fs::File;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use secrecy::ExposeSecret as _;

use crate::{Result, Stage};

/// A watch, Vault sealed under it, and unsealed again.
pub(crate) fn survives_a_seal(stage: &Stage) -> Result {
    println!("\n── A watch: the certificate stays while Vault is sealed");
    println!("   $ iamra cert watch --exec 'echo reloaded' &");
    let log = stage.folder.join("log");
    let mut command = stage.command("cert watch --auth token --vault-max-retries 0")?;
    let watch = command
        .args(["--exec", "echo reloaded"])
        .env("VAULT_TOKEN", stage.sandbox.vault_token().expose_secret())
        .env("IAMRA_OUT_DIR", stage.folder.join("watched"))
        .stderr(File::create(&log)?)
        .stdin(Stdio::null())
        .spawn()?;
    let mut watch = Watch {
        child: watch,
        stage,
        shown: 0,
    };
    watch.show_until("told of the change")?;
    println!("   $ bao operator seal; kill -HUP $!");
    stage.sandbox.seal(true);
    watch.signal(Signal::HUP)?;
    watch.show_until("Vault is sealed")?;
    let certificate = stage.folder.join("watched/cert.pem");
    println!(
        "   the certificate on disk: {} bytes, as before",
        std::fs::metadata(certificate)?.len()
    );
    println!("   $ bao operator unseal");
    stage.sandbox.seal(false);
    watch.show_until("told of the change")?;
    println!("   $ kill $!");
    watch.signal(Signal::TERM)?;
    let status = watch.child.wait()?;
    println!("   ended: {status}");
    Ok(())
}

struct Watch<'a> {
    child: Child,
    stage: &'a Stage,
    /// How much of the log was shown.
    shown: usize,
}

impl Watch<'_> {
    /// Shows what is logged until a line with `text`.
    fn show_until(&mut self, text: &str) -> Result {
        for _ in 0..1500 {
            let log = std::fs::read_to_string(self.stage.folder.join("log"))?;
            let news = log.get(self.shown..).unwrap_or_default();
            if let Some(place) = news.find(text) {
                let end = news[place..]
                    .find('\n')
                    .map_or(news.len(), |line| place + line + 1);
                for line in news[..end].lines() {
                    println!("   {}", self.stage.shortened(line.trim_start()));
                }
                self.shown += end;
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(format!("the watch never said {text:?}").into())
    }

    fn signal(&self, signal: Signal) -> Result {
        let id = Pid::from_raw(self.child.id().try_into()?).ok_or("no process")?;
        Ok(kill_process(id, signal)?)
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
