//! Vault's side refuses or misbehaves: one clear line, the right exit code.

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Policy, Settings};

use crate::laboratory::Laboratory;
use crate::run::Run;

#[track_caller]
fn snapshot(laboratory: &Laboratory, name: &str, run: &Run) {
    assert_eq!(run.stdout, "", "{run}");
    let mut settings = laboratory.filters();
    settings.add_filter(
        r"(?m)^ (INFO|WARN) (chose|Vault is reached|logged in).*\n",
        "",
    );
    settings.bind(|| insta::assert_snapshot!(format!("vault-{name}"), run));
}

#[test]
fn what_vault_refuses() {
    let laboratory = Laboratory::new();
    for (name, code, variables, arguments) in [
        ("role-missing", 3, &[][..], &["--pki-role", "nope"][..]),
        (
            "name-not-allowed",
            3,
            &[],
            &["--common-name", "www.example.com"],
        ),
        ("mount-missing", 3, &[], &["--pki-mount", "pki-none"]),
        (
            "namespace-missing",
            3,
            &[("VAULT_NAMESPACE", "nowhere")],
            &[],
        ),
        ("issuer-missing", 3, &[], &["--issuer", "nope"]),
        ("token-bad", 3, &[("VAULT_TOKEN", "s.bad")], &[]),
        ("key-type", 3, &[], &["--key-type", "rsa-2048"]),
        (
            "ca-expires-first",
            3,
            &[],
            &["--not-after", "2199-01-01T00:00:00Z"],
        ),
    ] {
        let mut command = laboratory.command(&["cert", "issue"]);
        let run = Run::of(command.args(arguments).envs(variables.iter().copied()));
        assert_eq!(run.code, Some(code), "{name}: {run}");
        snapshot(&laboratory, name, &run);
        assert!(!laboratory.path("cert.pem").exists(), "{name}");
    }
}

#[test]
fn where_only_issue_is_allowed_sign_is_denied_and_says_so() {
    let laboratory = Laboratory::changed(|settings| settings.policy = Policy::issue_only("iamra"));
    let run = laboratory.run(&["cert", "issue"]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("--pki-mode issue"), "{run}");
    snapshot(&laboratory, "sign-denied", &run);
    laboratory
        .run(&["cert", "issue", "--pki-mode", "issue"])
        .ok();
}

#[test]
fn what_keeps_vault_from_answering() {
    for (name, code, effect) in [
        ("sealed", 4, FaultEffect::Sealed),
        ("throttled", 4, FaultEffect::Throttle { retry_after: None }),
        ("server-error", 4, FaultEffect::ServerError { status: 503 }),
        ("closed", 4, FaultEffect::Close),
        ("silent", 4, FaultEffect::Hang),
        ("html", 1, FaultEffect::HtmlPage { status: 403 }),
        ("endless", 1, FaultEffect::EndlessBody),
        (
            "redirected",
            2,
            FaultEffect::Redirect {
                location: "https://127.0.0.1:1/v1/x".to_owned(),
            },
        ),
    ] {
        let laboratory = Laboratory::new();
        laboratory
            .sandbox
            .faults()
            .add(Fault::always(FaultTarget::VaultPki, effect));
        let run = laboratory.run(&[
            "cert",
            "issue",
            "--vault-timeout",
            "1s",
            "--vault-max-retries",
            "1",
        ]);
        assert_eq!(run.code, Some(code), "{name}: {run}");
        snapshot(&laboratory, name, &run);
    }
}

#[test]
fn a_redirect_from_https_to_http_is_not_followed() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let plain = laboratory.sandbox.vault_http_url();
    let effect = FaultEffect::Redirect {
        location: format!("{plain}/v1/pki-aws/sign/iamra"),
    };
    laboratory
        .sandbox
        .faults()
        .add(Fault::once(FaultTarget::VaultPki, effect));
    let run = laboratory.run(&["cert", "issue"]);
    assert_eq!(run.code, Some(2), "{run}");
    snapshot(&laboratory, "redirected-to-http", &run);
}

#[test]
fn settings_that_are_wrong() {
    let laboratory = Laboratory::new();
    for (name, variables, arguments) in [
        ("address", &[("VAULT_ADDR", "vault:8200")][..], &[][..]),
        ("skip-verify", &[("VAULT_SKIP_VERIFY", "perhaps")], &[]),
        ("timeout", &[("BAO_CLIENT_TIMEOUT", "soon")], &[]),
        ("token-with-newline", &[("VAULT_TOKEN", "a\nb")], &[]),
        ("mount", &[], &["--pki-mount", "pki-aws/../sys"]),
        ("no-common-name", &[("VAULT_CERT_CN", "")], &[]),
        ("ttl", &[], &["--ttl", "soon"]),
        (
            "ttl-and-not-after",
            &[],
            &["--ttl", "1h", "--not-after", "2099-01-01T00:00:00Z"],
        ),
        ("mode", &[], &["--pki-mode", "steal"]),
        ("layout", &[], &["--layout", "flat"]),
        ("auth", &[], &["--auth", "ldap"]),
        ("no-login", &[("VAULT_TOKEN", "")], &[]),
        ("no-token", &[("VAULT_TOKEN", "")], &["--auth", "token"]),
        ("ca-missing", &[("VAULT_CACERT", "missing.pem")], &[]),
        (
            "half-a-client-certificate",
            &[("VAULT_CLIENT_CERT", "x.pem")],
            &[],
        ),
    ] {
        let mut command = laboratory.command(&["cert", "issue"]);
        let run = Run::of(command.args(arguments).envs(variables.iter().copied()));
        assert_eq!(run.code, Some(2), "{name}: {run}");
        snapshot(&laboratory, &format!("setting-{name}"), &run);
    }
    assert!(laboratory.sandbox.requests().is_empty());
}

#[test]
fn an_unknown_ca_is_named_with_the_setting_that_trusts_it() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    laboratory.run(&["cert", "issue"]).ok();
    for ca in ["", "aws-ca.pem"] {
        let run = Run::of(
            laboratory
                .command(&["cert", "issue"])
                .env("VAULT_CACERT", ca),
        );
        assert_eq!(run.code, Some(2), "{run}");
        snapshot(&laboratory, "unknown-ca", &run);
    }
}

#[test]
fn a_differing_role_name_is_warned_of() {
    let laboratory = Laboratory::with(Settings::seed(std::sync::Arc::new(|| {
        refresh::Clock::now(&refresh::SystemClock)
    })));
    let mut command = laboratory.command(&["cert", "issue", "--pki-mode", "issue"]);
    let token = laboratory.service_account_token();
    let run = Run::of(
        command
            .env("VAULT_CERT_CN", "other.example.test")
            .env("IAMRA_JWT_FILE", token),
    )
    .ok();
    assert!(run.stderr.contains("differs from the common name"), "{run}");
}
