#[cfg(feature = "ecr")]
use iamra_sandbox::RolesAnywhereState;
use iamra_sandbox::{Fault, FaultEffect, FaultTarget};
#[cfg(feature = "ecr")]
use secrecy::ExposeSecret as _;

use crate::laboratory::Laboratory;
use crate::run::Run;

fn snapshot(laboratory: &Laboratory, name: &str, run: &Run) {
    laboratory.filters().bind(|| {
        insta::assert_snapshot!(
            format!("doctor-{name}"),
            format!("exit code: {:?}\n{}", run.code, run.stdout)
        );
    });
}

#[test]
fn a_healthy_pipeline_is_all_ticks() {
    let laboratory = Laboratory::new();
    snapshot(&laboratory, "healthy", &laboratory.run(&["doctor"]).ok());
    let json = laboratory.run(&["doctor", "--output", "json"]).ok();
    let steps: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(
        steps
            .as_array()
            .unwrap()
            .iter()
            .all(|step| step["ok"] != false),
        "{json}"
    );
}

#[test]
fn it_ends_with_the_first_failures_exit_code() {
    for (name, code, change, arguments) in [
        (
            "vault-sealed",
            4,
            Some((FaultTarget::VaultPki, FaultEffect::Sealed)),
            &[][..],
        ),
        ("role-missing", 3, None, &["--pki-role", "nope"]),
        ("unfit", 5, None, &["--pki-role", "no-keyusage"]),
        ("aws-denied", 3, None, &["--role-session-name", "build-7"]),
        ("no-arns", 2, None, &["--role-arn", "x"]),
    ] {
        let laboratory = Laboratory::new();
        if let Some((target, effect)) = change {
            laboratory
                .sandbox
                .faults()
                .add(Fault::always(target, effect));
        }
        let run = laboratory.run(&[&["doctor", "--vault-max-retries", "0"], arguments].concat());
        assert_eq!(run.code, Some(code), "{name}: {run}");
        snapshot(&laboratory, name, &run);
    }
}

#[test]
fn offline_calls_nobody() {
    let laboratory = Laboratory::new();
    snapshot(
        &laboratory,
        "offline",
        &laboratory.run(&["doctor", "--offline"]).ok(),
    );
    let files = laboratory.key_files("iamra");
    let before = laboratory.sandbox.requests().len();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    laboratory
        .run(&[&["doctor", "--offline"], &files[..]].concat())
        .ok();
    assert_eq!(laboratory.sandbox.requests().len(), before);
}

/// Those of an administrator, who may read how everything is registered.
#[cfg(feature = "ecr")]
fn by_administrator(laboratory: &Laboratory, arguments: &[&str]) -> Run {
    let user = laboratory.sandbox.iam_user();
    let words = [&["doctor", "--with-ambient"], arguments].concat();
    let mut command = laboratory.command(&words);
    command.env("AWS_ACCESS_KEY_ID", &user.access_key_id).env(
        "AWS_SECRET_ACCESS_KEY",
        user.secret_access_key.expose_secret(),
    );
    let mut run = Run::of(&mut command);
    run.stdout = run.stdout.replace(&user.access_key_id, "[ACCESS KEY ID]");
    run
}

#[test]
fn a_role_that_may_reads_how_it_is_registered() {
    let laboratory = Laboratory::new();
    let denied = laboratory.run(&["doctor"]).ok();
    let skipped = "- anchor\n    not allowed to read (rolesanywhere:GetTrustAnchor); skipped\n";
    assert!(denied.stdout.contains(skipped), "{denied}");
    laboratory.sandbox.configure_roles_anywhere(|account| {
        account.roles_may_read = true;
        account.profiles[0].duration = std::time::Duration::from_secs(900);
    });
    snapshot(&laboratory, "registered", &laboratory.run(&["doctor"]).ok());
}

#[cfg(feature = "ecr")]
type Change = fn(&Laboratory, &mut RolesAnywhereState);

/// What `CreateSession` does not tell, an administrator's look does.
#[cfg(feature = "ecr")]
#[test]
fn an_administrator_is_told_what_is_wrong_in_the_account() {
    let table: [(&str, i32, Change, &[&str]); 7] = [
        (
            "anchor-disabled",
            3,
            |_, it| it.trust_anchors[0].enabled = false,
            &[],
        ),
        (
            "anchor-expired",
            5,
            |laboratory, it| {
                let expired = laboratory.sandbox.expired_root().unwrap();
                it.trust_anchors[0].certificates = vec![expired];
            },
            &[],
        ),
        (
            "anchor-of-another-ca",
            5,
            |_, it| it.trust_anchors[0].certificates = vec![another_ca()],
            &[],
        ),
        (
            "profile-disabled",
            3,
            |_, it| it.profiles[0].enabled = false,
            &[],
        ),
        (
            "profile-without-role",
            3,
            |_, it| it.profiles[0].role_arns.clear(),
            &[],
        ),
        (
            "profile-without-names",
            3,
            |_, _| {},
            &["--role-session-name", "build-7"],
        ),
        (
            "profile-with-properties",
            3,
            |_, it| it.profiles[0].require_instance_properties = true,
            &[],
        ),
    ];
    for (name, code, change, arguments) in table {
        let laboratory = Laboratory::new();
        laboratory
            .sandbox
            .configure_roles_anywhere(|account| change(&laboratory, account));
        let run = by_administrator(&laboratory, arguments);
        assert_eq!(run.code, Some(code), "{name}: {run}");
        snapshot(&laboratory, name, &run);
    }
}

/// A guessed key, or none, is said; nothing else depends on it.
#[cfg(feature = "ecr")]
#[test]
fn without_an_administrator_the_rest_is_walked() {
    let laboratory = Laboratory::new();
    let mut command = laboratory.command(&["doctor", "--with-ambient"]);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let run = Run::of(&mut command);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(
        run.stdout.contains("more: iamra explain ambient.none"),
        "{run}"
    );
    assert!(run.stdout.contains("\n✓ session "), "{run}");
}

#[cfg(feature = "ecr")]
fn another_ca() -> rustls_pki_types::CertificateDer<'static> {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let key = rcgen::KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().into()
}

#[test]
fn a_bundle_can_be_pasted() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let jwt = laboratory.service_account_token();
    let run = |words: &[&str]| {
        let mut command =
            laboratory.command(&[&["doctor", "--log-level", "trace"], words].concat());
        command
            .env("IAMRA_JWT_FILE", &jwt)
            .env("IAMRA_EXEC", "notify --token hunter2-hunter2")
            .env(
                "HTTPS_PROXY",
                "http://user:hunter2-hunter2@proxy.example:3128",
            )
            .env("NO_PROXY", "127.0.0.1")
            .env("AWS_ENDPOINT_URL_ECR", "https://ecr.example");
        Run::of(&mut command).ok()
    };
    let printed = run(&["--bundle", "-"]);
    let masked = run(&["--bundle", "-", "--mask"]).stdout;
    let mut filters = laboratory.filters();
    filters.add_filter(r"^iamra [^\n]*, \[TIME\]", "iamra [VERSION], [TIME]");
    filters.bind(|| {
        insta::assert_snapshot!("doctor-bundle", printed.stdout);
        insta::assert_snapshot!("doctor-bundle-masked", masked);
    });
    let walked = run(&["--bundle", "bundle.txt"]);
    assert!(walked.stdout.starts_with("✓ settings\n"), "{walked}");
    let written = laboratory.read("bundle.txt");
    let mut secrets = laboratory.sandbox.secrets();
    secrets.push("hunter2-hunter2".to_owned());
    for text in [&printed.stdout, &masked, &written] {
        let version = concat!("iamra ", env!("CARGO_PKG_VERSION"), " (");
        assert!(text.starts_with(version), "{text}");
        assert!(text.contains("\nExit code 0\n"), "{text}");
        for secret in secrets.iter().filter(|secret| secret.len() > 8) {
            assert!(!text.contains(secret.as_str()), "{text}");
        }
    }
    assert!(
        !masked.contains(":123456789012:") && !masked.contains("app.example.test"),
        "{masked}"
    );
}

/// What was given where the name of a file belongs is what somebody needs help with.
#[test]
fn a_bundle_has_no_secret_that_was_put_into_the_wrong_setting() {
    let laboratory = Laboratory::new();
    let key = "-----BEGIN PRIVATE KEY-----\nMIGHSECRET\n-----END PRIVATE KEY-----\n";
    for (variable, value) in [
        ("IAMRA_PRIVATE_KEY", key),
        ("IAMRA_PASSWORD_FILE", "MIGHSECRET"),
        ("IAMRA_SECRET_ID_FILE", "MIGHSECRET"),
        (
            "VAULT_ADDR",
            "http://vault.example/x/token=hvs.MIGHSECRETMIGHSECRET",
        ),
        ("IAMRA_CHAIN_EXTERNAL_ID", "MIGHSECRET"),
        ("IAMRA_JWT_COMMAND", "TOKEN=MIGHSECRET get-token"),
    ] {
        let mut command = laboratory.command(&["doctor", "--offline", "--bundle", "-"]);
        if variable == "IAMRA_PRIVATE_KEY" {
            command.env("IAMRA_CERTIFICATE", "cert.pem");
        }
        let run = Run::of(command.env(variable, value));
        assert!(run.stdout.contains("\nExit code "), "{variable}: {run}");
        assert!(!run.stdout.contains("MIGHSECRET"), "{variable}: {run}");
    }
}

/// A bundle is most wanted where something fails.
#[test]
fn a_bundle_of_a_failure_has_its_code() {
    let laboratory = Laboratory::new();
    laboratory.sandbox.seal(true);
    let words = ["doctor", "--bundle", "-", "--vault-max-retries", "0"];
    let run = laboratory.run(&words);
    assert_eq!(run.code, Some(4), "{run}");
    assert!(
        run.stdout.contains("more: iamra explain vault.sealed\n"),
        "{run}"
    );
    assert!(run.stdout.ends_with("\nExit code 4\n"), "{run}");
}
