//! The binary under the name of `aws_signing_helper`.

use std::path::{Path, PathBuf};
use std::process::Command;

use iamra_sandbox::{Operation, PkiRole};

use crate::laboratory::Laboratory;
use crate::run::{Run, filters, iamra};

/// The binary under that name, with nothing of our own environment.
pub(crate) fn helper(home: &Path) -> Command {
    let link = home.join("aws_signing_helper");
    if !link.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_iamra"), &link).unwrap();
    }
    let mut command = Command::new(link);
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home);
    command
}

/// A command line of the helper's that opens a session in the laboratory.
pub(crate) fn session(laboratory: &Laboratory, words: &[&str]) -> Command {
    let sandbox = &laboratory.sandbox;
    let mut command = helper(laboratory.home());
    command
        .args(words)
        .args(["--trust-anchor-arn", sandbox.trust_anchor_arn()])
        .args(["--profile-arn", sandbox.profile_arn()])
        .args(["--role-arn", sandbox.role_arn()])
        .args(["--endpoint", &sandbox.aws_http_url()]);
    command
}

/// The same with certificate and key of a PKI role.
pub(crate) fn with_key(laboratory: &Laboratory, words: &[&str]) -> Command {
    let mut command = session(laboratory, words);
    command.args(laboratory.key_files("iamra"));
    command
}

fn vector(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/aws_signing_helper/outputs");
    std::fs::read(folder.join(name)).unwrap()
}

fn pki(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../rolesanywhere/testdata/pki")
        .join(name)
}

fn stdout(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

#[test]
fn certificate_data_is_printed_byte_for_byte() {
    let home = tempfile::tempdir().unwrap();
    for key in ["rsa2048", "ecp256", "ecp384", "ecp521"] {
        let mut command = helper(home.path());
        command.args(["read-certificate-data", "--certificate"]);
        let printed = stdout(command.arg(pki(&format!("{key}.pem"))));
        assert_eq!(
            printed,
            vector(&format!("{key}.read-certificate-data.json")),
            "{key}"
        );
    }
}

#[test]
fn strings_are_signed_byte_for_byte() {
    let home = tempfile::tempdir().unwrap();
    for digest in ["SHA256", "SHA384", "SHA512"] {
        for format in ["json", "text", "bin"] {
            let mut command = helper(home.path());
            command
                .args(["sign-string", "--digest", digest, "--format", format])
                .arg("--certificate")
                .arg(pki("rsa2048.pem"))
                .arg("--private-key")
                .arg(pki("rsa2048.key"));
            let expected = vector(&format!("rsa2048.sign-string.{digest}.{format}"));
            assert_eq!(stdout(&mut command), expected, "{digest} {format}");
        }
    }
}

#[test]
fn credential_process_prints_one_document_without_a_newline() {
    let laboratory = Laboratory::new();
    let run = Run::of(&mut with_key(&laboratory, &["credential-process"])).ok();
    assert_eq!(run.stderr, "");
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let text = |name: &str| document[name].as_str().unwrap();
    let expected = format!(
        "{{\"Version\":1,\"AccessKeyId\":\"{}\",\"SecretAccessKey\":\"{}\",\"SessionToken\":\"{}\",\"Expiration\":\"{}\"}}",
        text("AccessKeyId"),
        text("SecretAccessKey"),
        text("SessionToken"),
        text("Expiration"),
    );
    assert_eq!(run.stdout, expected);
}

#[test]
fn variables_that_the_helper_does_not_read_change_nothing() {
    let laboratory = Laboratory::new();
    let mut command = with_key(&laboratory, &["credential-process", "--with-proxy=false"]);
    command
        .env("ROLE_ARN", "arn:aws:iam::123456789012:role/other")
        .env("AWS_ROLE_SESSION_NAME", "not accepted by the profile")
        .env("CERTIFICATE_ID", "/nowhere")
        .env("VAULT_ADDR", "http://127.0.0.1:1")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1");
    Run::of(&mut command).ok();
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession),
        1
    );
}

#[test]
fn update_writes_a_profile_once() {
    let laboratory = Laboratory::new();
    let words = ["update", "--once", "--profile", "ci"];
    Run::of(&mut with_key(&laboratory, &words)).ok();
    let text = laboratory.read(".aws/credentials");
    assert!(text.starts_with("[ci]\naws_access_key_id=ASIA"), "{text}");
}

#[test]
fn every_kind_of_key_signs_a_string() {
    let laboratory = Laboratory::changed(|settings| {
        let role = |name: &str, key_type: &str, key_bits| PkiRole {
            key_type: key_type.into(),
            key_bits,
            allow_any_name: true,
            ..PkiRole::named(name)
        };
        settings.pki_roles = vec![
            role("p256", "ec", 256),
            role("p384", "ec", 384),
            role("p521", "ec", 521),
        ];
    });
    for role in ["p256", "p384", "p521"] {
        let files = laboratory.key_files(role);
        for digest in ["SHA256", "SHA384", "SHA512"] {
            let mut command = helper(laboratory.home());
            command
                .args(["sign-string", "--digest", digest])
                .args(&files);
            let run = Run::of(&mut command).ok();
            // An ASN.1 sequence in hexadecimal, as a JSON string.
            assert!(
                run.stdout.starts_with("\"30") && run.stdout.ends_with('"'),
                "{run}"
            );
        }
    }
}

#[test]
fn help_version_and_completion_are_answers() {
    let home = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| Run::of(helper(home.path()).args(words)).ok();
    let help = run(&[]);
    assert_eq!(help.stdout, run(&["--help"]).stdout);
    let serve = run(&["serve", "--help"]).stdout;
    filters(home.path()).bind(|| {
        insta::assert_snapshot!("signing-helper-help", help.stdout);
        insta::assert_snapshot!("signing-helper-serve-help", serve);
    });
    let version = format!("1.8.0+iamra.{}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["version"]).stdout, version);
    let script = run(&["completion", "bash"]).stdout;
    assert!(
        script.contains("complete -F _aws_signing_helper"),
        "{script}"
    );
    let own = Run::of(iamra(home.path()).arg("version"));
    assert_eq!(own.code, Some(2), "only under the helper's name: {own}");
}

#[test]
fn what_is_not_supported_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    for (words, expected) in [
        (
            &[
                "credential-process",
                "--cert-selector",
                "Key=x509Subject,Value=CN=a",
            ][..],
            "not supported on this platform",
        ),
        (&["update"], "not supported on this platform"),
        (
            &[
                "credential-process",
                "--certificate",
                "c",
                "--private-key",
                "handle:0x81000001",
            ],
            "keys in a TPM are not supported",
        ),
    ] {
        let run = Run::of(helper(home.path()).args(words));
        assert_eq!(run.code, Some(2), "{run}");
        assert!(
            run.stderr.contains(expected) && run.stderr.contains("hint:"),
            "{run}"
        );
        assert_eq!(run.stdout, "");
    }
}
