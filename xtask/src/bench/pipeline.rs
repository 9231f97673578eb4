use std::ffi::OsString;
use std::path::Path;

use crate::Failure;
use crate::failure::Result;

use super::key_files::{KeyFiles, iamra, variable, words};
use super::measurement::Measurement;
use super::round_trips;
use super::row::{Peer, Row};

/// Measures the commands, inside the sandbox.
pub(crate) fn run(runs: u32) -> Result {
    let scratch =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    let files = KeyFiles::issue(scratch.path())?;
    let https = variable("VAULT_ADDR")?.starts_with("https:");
    Row::heading(if https {
        "HTTPS with a private CA"
    } else {
        "HTTP"
    });

    // The sandbox keeps sessions for other processes.
    let process = files.ours("creds process --session-cache off");
    Row {
        what: "creds process, certificate and key in files",
        measured: Measurement::of(&process, runs)?,
        peer: helper(&files, https, runs)?,
        budget: (0.35, Some(0.5)),
    }
    .print();
    for (what, key) in [
        ("Vault login to credentials file, P-256", P256),
        ("Vault login to credentials file, RSA-2048", RSA),
    ] {
        Row {
            what,
            measured: Measurement::of(&file(scratch.path(), key), runs)?,
            peer: Peer::Absent(SEED_PIPELINE),
            budget: (0.08, None),
        }
        .print();
    }
    if !https {
        round_trips::print(&file(scratch.path(), P256))?;
    }
    Ok(())
}

/// `aws_signing_helper` with the same files, if it is on `PATH`.
fn helper(files: &KeyFiles, https: bool, runs: u32) -> Result<Peer> {
    let Some(mut command) = files.helpers("credential-process")? else {
        return Ok(Peer::Absent(if https { HELPER_HTTPS } else { HELPER_HTTP }));
    };
    if https {
        // Go reads its roots from this variable.
        let roots = format!("SSL_CERT_FILE={}", variable("AWS_CA_BUNDLE")?);
        command.splice(0..0, ["env".into(), roots.into()]);
    }
    Measurement::of(&command, runs).map(Peer::Present)
}

/// The whole job in one process: login, certificate, session, file.
fn file(scratch: &Path, key: &str) -> Vec<OsString> {
    let mut command = vec![iamra().into()];
    command.extend(words("creds file --credentials-file"));
    command.push(scratch.join("credentials").into());
    command.extend(words(key));
    command
}

/// A kind of key, and a PKI role of the sandbox that takes it.
const P256: &str = "--key-type ec-p256 --pki-role iamra";
const RSA: &str = "--key-type rsa-2048 --pki-role default-role";

/// The wall milliseconds of what is replaced, measured on two idle cores:
/// `aws_signing_helper`, and a script with Python, helper and jq.
const HELPER_HTTP: f64 = 5.4;
const HELPER_HTTPS: f64 = 7.7;
const SEED_PIPELINE: f64 = 140.0;
