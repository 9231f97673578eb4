//! boto3 and aws-cli, by the `credential_process` line and by the file.

use std::process::Command;

use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::Run;

const CALLER_IDENTITY: &str = include_str!("sdk/caller_identity.py");

/// The profiles that [`prepare`] makes.
const PROFILES: [&str; 3] = ["file", "process", "process-with-vault"];

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn boto3_reads_the_credentials_file_and_runs_the_process() {
    let Some(python) = Peer::python("boto3") else {
        return;
    };
    every_profile_is_somebody(|laboratory, profile, sts| {
        let mut command = python.command(laboratory);
        command.args(["-c", CALLER_IDENTITY, profile, sts]);
        command
    });
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn aws_cli_reads_the_credentials_file_and_runs_the_process() {
    let Some(aws) = Peer::program("aws") else {
        return;
    };
    every_profile_is_somebody(|laboratory, profile, sts| {
        let mut command = aws.command(laboratory);
        command
            .args(["sts", "get-caller-identity", "--endpoint-url", sts])
            .args(["--profile", profile, "--query", "Arn", "--output", "text"]);
        command
    });
}

/// Over HTTP and HTTPS: who is behind the certificate files is the same for
/// them as for us; who comes from Vault has a fresh certificate each time.
fn every_profile_is_somebody(client: impl Fn(&Laboratory, &str, &str) -> Command) {
    for tls in [false, true] {
        let laboratory = Laboratory::changed(|settings| settings.tls = tls);
        let files = prepare(&laboratory);
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let ours = laboratory.run(&[&["creds", "check"], &files[..]].concat());
        let ours = ours.ok();
        for profile in PROFILES {
            let sts = laboratory.sandbox.aws_url();
            let theirs = Run::of(&mut client(&laboratory, profile, &sts)).ok();
            let arn = theirs.stdout.trim();
            let known = "arn:aws:sts::123456789012:assumed-role/iamra-sandbox/";
            assert!(arn.starts_with(known), "{profile}: {theirs}");
            let same = ours.stdout.lines().any(|line| line.ends_with(arn));
            assert_eq!(same, profile != "process-with-vault", "{profile}: {theirs}");
        }
    }
}

/// Certificate files, a credentials file made with them, and a config file
/// whose profiles run us, with the same files and with Vault.
fn prepare(laboratory: &Laboratory) -> [String; 6] {
    laboratory.run(&["cert", "issue", "--out-dir", "pki"]).ok();
    let file = |name: &str| laboratory.path("pki").join(name).display().to_string();
    let files = [
        "--certificate".to_owned(),
        file("cert.pem"),
        "--private-key".to_owned(),
        file("private.pem"),
        "--intermediates".to_owned(),
        file("chain.pem"),
    ];
    let options: Vec<&str> = files.iter().map(String::as_str).collect();
    let verb = ["creds", "file", "--profile", "file"];
    laboratory.run(&[&verb, &options[..]].concat()).ok();
    let process = format!(
        "credential_process = \"{}\" creds process",
        env!("CARGO_BIN_EXE_iamra")
    );
    let config = format!(
        "[profile process]\n{process} {}\n[profile process-with-vault]\n{process}\n",
        options.join(" ")
    );
    laboratory.write(".aws/config", &config);
    files
}
