//! The helper, and iamra under its name: the same words, the same answers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::options;
use crate::laboratory::Laboratory;
use crate::peer::Peer;

/// The two of them in one laboratory.
struct Both {
    helper: Peer,
    laboratory: Laboratory,
}

impl Both {
    fn here() -> Option<Self> {
        Some(Self {
            helper: Peer::program("aws_signing_helper")?,
            laboratory: Laboratory::new(),
        })
    }

    /// What the helper does, and what we do.
    fn output(&self, words: &[String]) -> [Output; 2] {
        let theirs = self.helper.command(&self.laboratory).args(words).output();
        let ours = ours(&self.laboratory).args(words).output();
        [theirs.unwrap(), ours.unwrap()]
    }
}

fn ours(laboratory: &Laboratory) -> Command {
    let link = laboratory.path("aws_signing_helper");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_iamra"), &link).unwrap();
    }
    let mut command = Command::new(link);
    command
        .env_clear()
        .env("HOME", laboratory.home())
        .current_dir(laboratory.home());
    command
}

fn pki(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../rolesanywhere/testdata/pki")
        .join(name)
}

fn words(line: &str) -> Vec<String> {
    line.split(' ')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn both_take_and_refuse_the_same_command_lines() {
    let Some(both) = Both::here() else { return };
    let lines = include_str!("../../../testdata/aws_signing_helper/command-lines.txt");
    for line in lines.lines().filter(|line| !line.starts_with('#')) {
        let (sign, line) = line.split_at(1);
        let [theirs, ours] = both.output(&words(line));
        let their_refusal = theirs.stderr.starts_with(b"Error: ");
        assert_eq!(their_refusal, sign == "-", "the table is wrong: {line}");
        // clap's refusals and ours do not begin alike.
        let our_refusal = ours.stderr.starts_with(b"error: ");
        assert_eq!(our_refusal, their_refusal, "{line}: {ours:?}");
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn both_print_the_same_of_the_same_keys() {
    let Some(both) = Both::here() else { return };
    for key in ["rsa2048", "ecp256", "ecp384", "ecp521"] {
        let certificate = pki(&format!("{key}.pem")).display().to_string();
        let private_key = pki(&format!("{key}.key")).display().to_string();
        let line = format!("read-certificate-data --certificate {certificate}");
        let [theirs, ours] = both.output(&words(&line));
        assert!(theirs.status.success(), "{theirs:?}");
        assert_eq!(theirs.stdout, ours.stdout, "{key}");
        for digest in ["SHA256", "SHA384", "SHA512"] {
            for format in ["json", "text", "bin"] {
                let line = format!(
                    "sign-string --certificate {certificate} --private-key {private_key} --digest {digest} --format {format}"
                );
                let [theirs, ours] = both.output(&words(&line));
                assert!(
                    theirs.status.success() && ours.status.success(),
                    "{line}: {ours:?}"
                );
                if key == "rsa2048" {
                    assert_eq!(theirs.stdout, ours.stdout, "{line}");
                } else {
                    // ECDSA is random: the shape alone can be compared.
                    let lengths = [&theirs, &ours].map(|it| it.stdout.len());
                    assert!(lengths[0].abs_diff(lengths[1]) <= 16, "{line}: {lengths:?}");
                }
            }
        }
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn both_update_the_same_file_alike() {
    let Some(both) = Both::here() else { return };
    let laboratory = &both.laboratory;
    let endpoint = laboratory.sandbox.aws_http_url();
    let options = options(laboratory, ("iamra", "clean"), &endpoint);
    let first = [&words("update --once --profile ci")[..], &options].concat();
    let before = "[other]\nregion = x\n\n[ci]\naws_access_key_id = A\nregion = y\naws_secret_access_key = B\naws_session_token = C\n\n[last]\nz = 1\n";
    let update = |command: &mut Command| {
        let path = laboratory.write("credentials", before);
        let command = command
            .args(&first)
            .env("AWS_SHARED_CREDENTIALS_FILE", path);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        shape(&laboratory.read("credentials"))
    };
    let theirs = update(&mut both.helper.command(laboratory));
    assert_eq!(update(&mut ours(laboratory)), theirs);
}

/// The lines without what was issued, nor blanks around what stands between.
fn shape(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let shaped = lines.map(|line| match line.split_once('=') {
        Some((key, _)) if key.starts_with("aws_") => key.trim().to_owned(),
        _ => line.to_owned(),
    });
    let mut lines: Vec<String> = shaped.collect();
    lines.sort();
    lines
}
