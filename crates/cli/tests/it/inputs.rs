//! Bad input: one clear line, the right exit code, nothing changed.

use crate::laboratory::Laboratory;
use crate::run::Run;

/// Runs `creds process` with the sandbox's environment changed.
fn process(laboratory: &Laboratory, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = laboratory.command(&["creds", "process"]);
    command.args(arguments).envs(variables.iter().copied());
    Run::of(&mut command)
}

#[track_caller]
fn snapshot(laboratory: &Laboratory, name: &str, run: &Run) {
    assert_eq!(run.stdout, "", "{run}");
    laboratory
        .filters()
        .bind(|| insta::assert_snapshot!(format!("input-{name}"), run));
}

#[test]
fn settings_that_are_missing_or_wrong() {
    let laboratory = Laboratory::new();
    let elsewhere = laboratory
        .sandbox
        .profile_arn()
        .replace("us-east-1", "us-east-2");
    let china = laboratory
        .sandbox
        .role_arn()
        .replace("arn:aws:", "arn:aws-cn:");
    for (name, variables, arguments) in [
        ("missing-role", &[("ROLE_ARN", "")][..], &[][..]),
        ("arn-syntax", &[("ROLE_ARN", "deploy")], &[]),
        (
            "arn-other-resource",
            &[("ANCHOR_ARN", "arn:aws:iam::123456789012:role/r")],
            &[],
        ),
        (
            "region-mismatch",
            &[("PROFILE_ARN", elsewhere.as_str())],
            &[],
        ),
        ("region-flag", &[], &["--region", "eu-west-1"]),
        ("partition-mismatch", &[("ROLE_ARN", china.as_str())], &[]),
        ("duration", &[("IAMRA_SESSION_DURATION", "60")], &[]),
        ("session-name", &[("AWS_ROLE_SESSION_NAME", "a b")], &[]),
        (
            "endpoint",
            &[("AWS_ENDPOINT_URL_ROLESANYWHERE", "localhost:1")],
            &[],
        ),
        ("instance-property", &[], &["--instance-property", "rack"]),
        ("switch", &[("AWS_USE_FIPS_ENDPOINT", "maybe")], &[]),
        (
            "fips-and-endpoint",
            &[("AWS_USE_FIPS_ENDPOINT", "true")],
            &[],
        ),
        ("log-level", &[], &["--log-level", "loud"]),
        ("config-missing", &[], &["--config", "missing.toml"]),
    ] {
        let run = process(&laboratory, variables, arguments);
        assert_eq!(run.code, Some(2), "{name}: {run}");
        snapshot(&laboratory, name, &run);
    }
    assert!(laboratory.sandbox.requests().is_empty());
}

#[test]
fn key_files_that_are_no_use() {
    let laboratory = Laboratory::new();
    let [_, certificate, _, key] = laboratory.key_files("iamra");
    let testdata = |name: &str| {
        format!(
            "{}/../rolesanywhere/testdata/{name}",
            env!("CARGO_MANIFEST_DIR")
        )
    };
    let empty = laboratory.write("empty.pem", "");
    let text = laboratory.write("text.pem", "not a certificate\n");
    let (encrypted, foreign) = (testdata("pki/ecp256.enc.key"), testdata("pki/ecp384.key"));
    let (ed25519, folder) = (
        testdata("pki/ed25519.key"),
        laboratory.home().display().to_string(),
    );
    for (name, code, certificate, key) in [
        ("file-missing", 2, "missing.pem", key.as_str()),
        ("file-is-a-folder", 2, &folder, &key),
        ("file-is-empty", 2, &empty, &key),
        ("file-is-text", 2, &text, &key),
        ("key-is-missing", 2, &certificate, &certificate),
        ("key-is-encrypted", 2, &certificate, &encrypted),
        ("key-is-ed25519", 2, &certificate, &ed25519),
        ("key-of-another", 2, &certificate, &foreign),
    ] {
        let run = process(
            &laboratory,
            &[],
            &["--certificate", certificate, "--private-key", key],
        );
        assert_eq!(run.code, Some(code), "{name}: {run}");
        snapshot(&laboratory, name, &run);
    }
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(iamra_sandbox::Operation::CreateSession),
        0
    );
}

#[test]
fn certificates_that_aws_would_refuse_are_not_sent() {
    let laboratory = Laboratory::new();
    for (name, role) in [
        ("no-digital-signature", "no-keyusage"),
        ("key-encipherment-only", "keyenc-only"),
    ] {
        let files = laboratory.key_files(role);
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let run = process(&laboratory, &[], &files);
        assert_eq!(run.code, Some(5), "{name}: {run}");
        snapshot(&laboratory, name, &run);
    }
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(iamra_sandbox::Operation::CreateSession),
        0
    );
}

#[test]
fn an_expired_or_ca_certificate_is_not_sent() {
    let laboratory = Laboratory::new();
    let fitness = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../rolesanywhere/testdata/fitness"
    );
    for (name, file) in [
        ("certificate-expired", "expired"),
        ("certificate-of-a-ca", "certificate-authority-with-key"),
    ] {
        let certificate = format!("{fitness}/{file}.pem");
        let run = process(&laboratory, &[], &["--certificate", &certificate]);
        assert_eq!(run.code, Some(5), "{name}: {run}");
        snapshot(&laboratory, name, &run);
        let run = laboratory.run(&["cert", "check", "--certificate", &certificate]);
        assert_eq!(run.code, Some(5), "{name}: {run}");
        laboratory
            .filters()
            .bind(|| insta::assert_snapshot!(format!("check-{name}"), run));
    }
    assert!(laboratory.sandbox.requests().is_empty());
}

#[test]
fn what_aws_refuses() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let anchor = laboratory
        .sandbox
        .trust_anchor_arn()
        .replace("111111111111", "999999999999");
    let role = laboratory
        .sandbox
        .role_arn()
        .replace("iamra-sandbox", "other");
    for (name, variables, arguments) in [
        (
            "session-name",
            &[][..],
            &["--role-session-name", "build-7"][..],
        ),
        ("role-not-in-profile", &[("ROLE_ARN", role.as_str())], &[]),
        ("no-such-anchor", &[("ANCHOR_ARN", anchor.as_str())], &[]),
    ] {
        let run = process(&laboratory, variables, &[&files[..], arguments].concat());
        assert_eq!(run.code, Some(3), "{name}: {run}");
        snapshot(&laboratory, &format!("refused-{name}"), &run);
    }
    laboratory.sandbox.configure_roles_anywhere(|account| {
        for profile in &mut account.profiles {
            profile.enabled = false;
        }
    });
    let run = process(&laboratory, &[], &files);
    assert_eq!(run.code, Some(3), "{run}");
    snapshot(&laboratory, "refused-profile-disabled", &run);
    // Another sandbox's certificate: its root is not our trust anchor.
    let stranger = Laboratory::new();
    let files = stranger.key_files("iamra");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let run = process(&Laboratory::new(), &[], &files);
    assert_eq!(run.code, Some(3), "{run}");
    snapshot(&stranger, "refused-untrusted-issuer", &run);
}

#[test]
fn a_file_that_may_not_be_read_is_explained() {
    use std::os::unix::fs::PermissionsExt as _;
    let laboratory = Laboratory::new();
    let [_, certificate, _, key] = laboratory.key_files("iamra");
    std::fs::set_permissions(laboratory.home(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let words = [
        "cert",
        "check",
        "--certificate",
        &certificate,
        "--private-key",
        &key,
    ];
    let Some(mut command) = crate::run::as_user(65534) else {
        eprintln!("SKIPPED: not root, or no setpriv: an unreadable file is not tried");
        return;
    };
    let run = Run::of(command.args(words).current_dir(laboratory.home()));
    assert_eq!(run.code, Some(2), "{run}");
    snapshot(&laboratory, "file-unreadable", &run);
}

#[test]
fn a_variable_that_is_not_utf_8_is_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let laboratory = Laboratory::new();
    for variable in ["VAULT_TOKEN", "VAULT_ADDR", "ROLE_ARN"] {
        let mut command = laboratory.command(&["creds", "check"]);
        let run = Run::of(command.env(variable, OsStr::from_bytes(b"s.\xff")));
        assert_eq!(run.code, Some(2), "{run}");
        let expected = format!("error[config.invalid]: {variable}: it is not UTF-8");
        assert!(run.stderr.contains(&expected), "{run}");
    }
}
