use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

use super::measurement::Measurement;
use super::round_trips;
use super::row::{Peer, Row};

/// Measures the commands, inside the sandbox.
pub(crate) fn run(runs: u32) -> Result {
    let scratch =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    let files = Files::issue(scratch.path())?;
    let https = variable("VAULT_ADDR")?.starts_with("https:");
    Row::heading(if https {
        "HTTPS with a private CA"
    } else {
        "HTTP"
    });

    let process = files.process();
    Row {
        what: "creds process, certificate and key in files",
        measured: Measurement::of(&process, runs)?,
        peer: files.helper(https, runs)?,
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

/// A certificate set on disk.
struct Files {
    folder: PathBuf,
}

impl Files {
    fn issue(scratch: &Path) -> Result<Self> {
        let folder = scratch.join("certificate");
        Tool::new(iamra())
            .words("cert issue --key-type ec-p256 --out-dir")
            .arg(&folder)
            .output()?;
        Ok(Self { folder })
    }

    fn process(&self) -> Vec<OsString> {
        let mut command = words("creds process");
        command.extend(self.identity());
        command.insert(0, iamra().into());
        command
    }

    /// `aws_signing_helper` with the same files, if it is on `PATH`.
    fn helper(&self, https: bool, runs: u32) -> Result<Peer> {
        let mut command = words("aws_signing_helper credential-process");
        command.extend(self.identity());
        for (flag, name) in [
            ("--trust-anchor-arn", "ANCHOR_ARN"),
            ("--profile-arn", "PROFILE_ARN"),
            ("--role-arn", "ROLE_ARN"),
            ("--region", "AWS_REGION"),
            ("--endpoint", "AWS_ENDPOINT_URL_ROLESANYWHERE"),
        ] {
            command.extend([flag.into(), variable(name)?.into()]);
        }
        if https {
            // Go reads its roots from this variable.
            let roots = format!("SSL_CERT_FILE={}", variable("AWS_CA_BUNDLE")?);
            command.splice(0..0, ["env".into(), roots.into()]);
        }
        let absent = if https { HELPER_HTTPS } else { HELPER_HTTP };
        let version = Tool::new("aws_signing_helper").arg("version").output();
        if version.is_err() {
            return Ok(Peer::Absent(absent));
        }
        Measurement::of(&command, runs).map(Peer::Present)
    }

    fn identity(&self) -> Vec<OsString> {
        [
            ("--certificate", "cert.pem"),
            ("--intermediates", "chain.pem"),
            ("--private-key", "private.pem"),
        ]
        .into_iter()
        .flat_map(|(flag, name)| [flag.into(), self.folder.join(name).into()])
        .collect()
    }
}

/// The whole job in one process: login, certificate, session, file.
fn file(scratch: &Path, key: &str) -> Vec<OsString> {
    let mut command = vec![iamra().into()];
    command.extend(words("creds file --credentials-file"));
    command.push(scratch.join("credentials").into());
    command.extend(words(key));
    command
}

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| Failure::new(format!("the sandbox did not set {name}")))
}

/// The sandbox puts the binary that it is first on the path.
fn iamra() -> PathBuf {
    PathBuf::from("iamra")
}

/// A kind of key, and a PKI role of the sandbox that takes it.
const P256: &str = "--key-type ec-p256 --pki-role iamra";
const RSA: &str = "--key-type rsa-2048 --pki-role default-role";

/// The wall milliseconds of what is replaced, measured on two idle cores:
/// `aws_signing_helper`, and a script with Python, helper and jq.
const HELPER_HTTP: f64 = 5.4;
const HELPER_HTTPS: f64 = 7.7;
const SEED_PIPELINE: f64 = 140.0;
