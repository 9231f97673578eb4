//! `iam-rolesanywhere-session`, a client of Roles Anywhere in Python.

use serde_json::Value;

use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::Run;

const OPEN_SESSION: &str = include_str!("roles_anywhere_session/open_session.py");

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_stranger_opens_sessions_with_our_certificates_over_tls() {
    let Some(python) = Peer::python("iam_rolesanywhere_session") else {
        return;
    };
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    for (role, mode) in [
        ("iamra", "sign"),
        ("p384", "sign"),
        ("p521", "issue"),
        ("default-role", "sign"),
        ("rsa-3072", "sign"),
    ] {
        let options = ["--out-dir", role, "--pki-role", role, "--pki-mode", mode];
        laboratory
            .run(&[&["cert", "issue"], &options[..]].concat())
            .ok();
        let mut command = python.command(&laboratory);
        let theirs = Run::of(command.args(["-c", OPEN_SESSION, role])).ok();
        let theirs: Value = serde_json::from_str(&theirs.stdout).unwrap();
        assert_eq!(theirs["Arn"], arn(&laboratory, role), "{role}");
    }
}

/// Who our own session with the certificate in `folder` is.
fn arn(laboratory: &Laboratory, folder: &str) -> Value {
    let file = |name: &str| format!("{folder}/{name}.pem");
    let run = laboratory.run(&[
        "creds",
        "check",
        "--output",
        "json",
        "--certificate",
        &file("cert"),
        "--private-key",
        &file("private"),
        "--intermediates",
        &file("chain"),
    ]);
    let ours: Value = serde_json::from_str(&run.ok().stdout).unwrap();
    ours["arn"].clone()
}
