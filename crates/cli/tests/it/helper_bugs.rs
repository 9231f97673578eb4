//! What was measured to be wrong with `aws_signing_helper` 1.8.0 is right under
//! its name: one test for each number of the list. Those of `serve` and of a
//! long-running `update` are tested where these are:
//! 3 and 8 by `serve::files_may_rotate_badly`,
//! `serve::without_a_session_nothing_is_handed_out` and
//! `serve::twenty_clients_at_once_cost_one_session`; 5 by the tests of the
//! session's daemon (`session::daemon::tests`) and of the schedule in `refresh`;
//! 9 by those of `credential-server`. 14 is the lack of a small image, which is
//! no matter of the program.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation};

use crate::laboratory::Laboratory;
use crate::run::Run;
use crate::signing_helper::{helper, session, with_key};
use crate::stub::{Answers, Stub};

/// Writes `before` as the credentials file, updates a profile, and returns the
/// file without our own three lines.
fn updated(laboratory: &Laboratory, before: &str, profile: &str) -> String {
    let path = laboratory.write("credentials", before);
    let words = ["update", "--once", "--profile", profile];
    let mut command = with_key(laboratory, &words);
    Run::of(command.env("AWS_SHARED_CREDENTIALS_FILE", path)).ok();
    let after = laboratory.read("credentials");
    assert_eq!(after.matches("ASIA").count(), 1, "{after}");
    let is_ours = |line: &&str| {
        let key = line
            .trim_start()
            .split(['=', ' '])
            .next()
            .unwrap_or_default();
        let keys = [
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
        ];
        keys.contains(&key.to_lowercase().as_str())
    };
    let kept: Vec<&str> = after
        .split_inclusive('\n')
        .filter(|line| !is_ours(line))
        .collect();
    kept.concat()
}

/// The last line of the last profile is not lost.
#[test]
fn bug_01_the_last_line_of_a_profile_stays() {
    let laboratory = Laboratory::new();
    let before = "[a]\nregion=x\n\n[default]\naws_access_key_id=A\naws_secret_access_key=B\noutput=json\nregion=eu-west-1";
    let kept = updated(&laboratory, before, "default");
    assert_eq!(
        kept,
        "[a]\nregion=x\n\n[default]\noutput=json\nregion=eu-west-1"
    );
}

/// A line of more than 64 KiB does not end the file.
#[test]
fn bug_02_a_long_line_loses_nothing() {
    let laboratory = Laboratory::new();
    let long = "x".repeat(70 * 1024);
    let before = format!("[default]\nregion=x\n[other]\nnote={long}\n[last]\nregion=y\n");
    assert_eq!(updated(&laboratory, &before, "default"), before);
}

/// Another key's algorithm goes with another key, and a pair of two generations
/// signs nothing.
#[test]
fn bug_04_certificate_and_key_are_one_pair() {
    let laboratory = Laboratory::new();
    Run::of(&mut with_key(&laboratory, &["credential-process"])).ok();
    let of_curve = laboratory.read("key.pem");
    laboratory.key_files("default-role");
    let files = ["--certificate", "cert.pem", "--private-key", "key.pem"];
    Run::of(session(&laboratory, &["credential-process"]).args(files)).ok();
    laboratory.write("key.pem", &of_curve);
    let run = Run::of(session(&laboratory, &["credential-process"]).args(files));
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("identity.invalid"), "{run}");
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession),
        2
    );
}

/// Several updates at once lose no profile.
#[test]
fn bug_06_concurrent_updates_lose_nothing() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let profiles = ["a", "b", "c", "d"];
    let children = profiles.map(|profile| {
        let mut command = session(&laboratory, &["update", "--once", "--profile", profile]);
        command.args(&files).stderr(Stdio::null()).spawn().unwrap()
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let text = laboratory.read(".aws/credentials");
    for profile in profiles {
        assert!(
            text.contains(&format!("[{profile}]\naws_access_key_id=ASIA")),
            "{text}"
        );
    }
}

/// Sections and keys are found however they are written; line ends stay; the
/// folder is usable, and the file private.
#[test]
fn bug_07_sections_keys_and_modes() {
    let laboratory = Laboratory::new();
    let keys = "aws_access_key_id = A\naws_secret_access_key = B\naws_session_token = C\n";
    for before in [
        "[default]\nregion=x\n".to_owned(),
        "[default]\n".to_owned(),
        format!("[ default ]\n{keys}"),
        format!("[default] # c\n{keys}region=x\n"),
        format!("[default]\n{}", keys.to_uppercase().replace("= A", "= a")),
        "[default]\r\nregion=x\r\n[other]\r\nregion=y\r\n".to_owned(),
    ] {
        let kept = updated(&laboratory, &before, "default");
        let expected = before.split_inclusive('\n');
        let expected = expected.filter(|line| !line.to_lowercase().starts_with("aws_"));
        assert_eq!(kept, expected.collect::<String>(), "{before}");
    }
    std::fs::set_permissions(
        laboratory.path("credentials"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    updated(&laboratory, "[default]\n", "default");
    Run::of(&mut with_key(&laboratory, &["update", "--once"])).ok();
    for (path, expected) in [
        ("credentials", 0o600),
        (".aws", 0o700),
        (".aws/credentials", 0o600),
    ] {
        let mode = laboratory
            .path(path)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, expected, "{path}");
    }
}

/// A server that never answers is given up on, and a clock that is off is named.
#[test]
fn bug_10_there_is_a_deadline_and_a_word_about_the_clock() {
    let laboratory = Laboratory::new();
    let faults = laboratory.sandbox.faults();
    faults.add(Fault::always(FaultTarget::RolesAnywhere, FaultEffect::Hang));
    let mut command = with_key(&laboratory, &["credential-process"]);
    let run = Run::of(command.env("IAMRA_AWS_TIMEOUT", "1"));
    assert_eq!(run.code, Some(4), "{run}");
    faults.clear();
    let ahead = FaultEffect::ClockSkew { seconds: 3600 };
    faults.add(Fault::always(FaultTarget::RolesAnywhere, ahead));
    let run = Run::of(&mut with_key(&laboratory, &["credential-process"]));
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("aws.clock-skew"), "{run}");
}

/// The European Sovereign Cloud has its own suffix.
#[test]
fn bug_11_each_partition_has_its_own_endpoint() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let arn = |what: &str| format!("arn:aws-eusc:rolesanywhere:eusc-de-east-1:123456789012:{what}");
    let run = Run::of(
        helper(laboratory.home())
            .args(["credential-process", "--with-proxy"])
            .args(files)
            .args(["--trust-anchor-arn", &arn("trust-anchor/a")])
            .args(["--profile-arn", &arn("profile/p")])
            .args(["--role-arn", "arn:aws-eusc:iam::123456789012:role/r"])
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .env("IAMRA_AWS_TIMEOUT", "1"),
    );
    assert_eq!(run.code, Some(4), "{run}");
    let host = "https://rolesanywhere.eusc-de-east-1.amazonaws.eu";
    assert!(run.stderr.contains(host), "{run}");
}

/// A path of the endpoint is requested; that it is signed, too, the signer's
/// own tests compare with aws-sigv4.
#[test]
fn bug_11_a_path_of_the_endpoint_counts() {
    let laboratory = Laboratory::new();
    let stub = Stub::new(Answers::new());
    let endpoint = format!("{}/pre/", stub.url());
    let mut command = with_key(&laboratory, &["credential-process"]);
    let run = Run::of(command.args(["--endpoint", &endpoint]));
    assert_ne!(run.code, Some(0), "{run}");
    assert_eq!(stub.asked()[0].what, "POST /pre/sessions");
}

/// The user's own AWS files and the lack of a home are no hindrance.
#[test]
fn bug_11_foreign_files_and_no_home_are_no_hindrance() {
    let laboratory = Laboratory::new();
    std::fs::create_dir(laboratory.path(".aws")).unwrap();
    laboratory.write(".aws/config", "[default\nnonsense");
    laboratory.write(".aws/credentials", "[default]\naws_access_key_id=A\n");
    let mut command = with_key(&laboratory, &["credential-process"]);
    Run::of(command.env("AWS_PROFILE", "missing")).ok();
    let mut command = with_key(&laboratory, &["update", "--once"]);
    command.env_remove("HOME");
    Run::of(command.env("AWS_SHARED_CREDENTIALS_FILE", laboratory.path("mine"))).ok();
    assert!(laboratory.read("mine").contains("aws_session_token="));
}

/// `--debug` shows no secret, nor does a passphrase go on anywhere.
#[test]
fn bug_12_debug_shows_no_secret() {
    let laboratory = Laboratory::new();
    for words in [
        &["credential-process", "--debug"][..],
        &[
            "update",
            "--once",
            "--debug",
            "--pkcs8-password",
            "a secret passphrase",
        ],
    ] {
        let run = Run::of(&mut with_key(&laboratory, words)).ok();
        assert!(run.stderr.contains("opened session"), "{run}");
        let secrets = laboratory.sandbox.secrets();
        assert!(!secrets.is_empty());
        for secret in secrets
            .iter()
            .map(String::as_str)
            .chain(["a secret passphrase"])
        {
            assert!(!run.stderr.contains(secret), "{run}");
        }
    }
}

/// The intermediates of a full chain are sent, and what AWS would refuse is
/// refused here.
#[test]
fn bug_13_a_full_chain_is_used_whole_and_misfits_are_refused() {
    let laboratory = Laboratory::new();
    // All of the path stands in the one file, and the trust anchor is the root.
    Run::of(&mut with_key(&laboratory, &["credential-process"])).ok();
    let whole = laboratory.read("cert.pem");
    let (first, _) = whole.split_once("-----END CERTIFICATE-----\n").unwrap();
    laboratory.write("cert.pem", &format!("{first}-----END CERTIFICATE-----\n"));
    let files = ["--certificate", "cert.pem", "--private-key", "key.pem"];
    let alone = Run::of(session(&laboratory, &["credential-process"]).args(files));
    assert_eq!(alone.code, Some(3), "without them it must fail: {alone}");
    let asked = laboratory
        .sandbox
        .requests()
        .count(Operation::CreateSession);
    for seconds in ["0", "899", "43201", "-5"] {
        let mut command = session(
            &laboratory,
            &["credential-process", "--session-duration", seconds],
        );
        let run = Run::of(command.args(files));
        assert_eq!(run.code, Some(2), "{run}");
    }
    let fitness = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../rolesanywhere/testdata/fitness/expired.pem"
    );
    let expired =
        Run::of(session(&laboratory, &["credential-process"]).args(["--certificate", fitness]));
    assert_eq!(expired.code, Some(5), "{expired}");
    let after = laboratory
        .sandbox
        .requests()
        .count(Operation::CreateSession);
    assert_eq!(after, asked, "nobody is asked for what cannot be granted");
}
