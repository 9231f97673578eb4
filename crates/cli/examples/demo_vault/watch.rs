use rustix::process::Signal;
use secrecy::ExposeSecret as _;

use crate::program::Program;
use crate::{Result, Stage};

/// A watch, Vault sealed under it, and unsealed again.
pub(crate) fn survives_a_seal(stage: &Stage) -> Result {
    println!("\n── A watch: the certificate stays while Vault is sealed");
    println!("   $ iamra cert watch --exec 'echo reloaded' &");
    let mut command = stage.command("cert watch --auth token --vault-max-retries 0")?;
    command
        .args(["--exec", "echo reloaded"])
        .env("VAULT_TOKEN", stage.sandbox.vault_token().expose_secret())
        .env("IAMRA_OUT_DIR", stage.folder.join("watched"));
    let mut watch = Program::start(&mut command, stage.folder.join("log"))?;
    let told = |line: &str| Some(stage.shortened(line.trim_start()));
    watch.show_until("told of the change", told)?;
    println!("   $ bao operator seal; kill -HUP $!");
    stage.sandbox.seal(true);
    watch.signal(Signal::HUP)?;
    watch.show_until("Vault is sealed", told)?;
    let certificate = stage.folder.join("watched/cert.pem");
    println!(
        "   the certificate on disk: {} bytes, as before",
        std::fs::metadata(certificate)?.len()
    );
    println!("   $ bao operator unseal");
    stage.sandbox.seal(false);
    watch.show_until("told of the change", told)?;
    println!("   $ kill $!");
    let status = watch.end()?;
    println!("   ended: {status}");
    Ok(())
}
