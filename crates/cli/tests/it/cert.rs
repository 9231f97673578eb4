use std::os::unix::fs::PermissionsExt as _;

use iamra_sandbox::Operation;

use crate::laboratory::Laboratory;
use crate::run::Run;

fn blocks(text: &str) -> usize {
    text.matches("-----BEGIN ").count()
}

#[test]
fn the_clean_layout_holds_each_certificate_once() {
    let laboratory = Laboratory::new();
    laboratory.run(&["cert", "issue", "--out-dir", "pki"]).ok();
    assert_eq!(blocks(&laboratory.read("pki/cert.pem")), 1);
    assert_eq!(blocks(&laboratory.read("pki/chain.pem")), 1);
    assert!(
        laboratory
            .read("pki/private.pem")
            .starts_with("-----BEGIN PRIVATE KEY-----\n")
    );
    let key = laboratory.path("pki/private.pem");
    assert_eq!(
        std::fs::metadata(key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // The key was made here: Vault signed.
    assert_eq!(laboratory.sandbox.requests().count(Operation::VaultSign), 1);
    let files = [
        "--certificate",
        "pki/cert.pem",
        "--private-key",
        "pki/private.pem",
        "--intermediates",
        "pki/chain.pem",
    ];
    laboratory
        .run(&[&["creds", "check"][..], &files].concat())
        .ok();
    let check = [&["cert", "check"][..], &files].concat();
    let run = laboratory.run(&check).ok();
    assert_eq!(run.stdout, "✓ fit for IAM Roles Anywhere\n");
    // Without the intermediates it depends on the trust anchor.
    let run = laboratory.run(&check[..check.len() - 2]).ok();
    let expected = "✓ fit for IAM Roles Anywhere, if the trust anchor is CN=";
    assert!(run.stdout.starts_with(expected), "{run}");
}

#[test]
fn the_legacy_layout_is_that_of_the_old_script() {
    let laboratory = Laboratory::new();
    let options = [
        "--layout",
        "legacy",
        "--pki-mode",
        "issue",
        "--pki-role",
        "default-role",
    ];
    laboratory
        .run(&[&["cert", "issue"][..], &options].concat())
        .ok();
    let certificate = laboratory.read("cert.pem");
    let chain = laboratory.read("chain.pem");
    // certificate and issuing_ca; the whole ca_chain; the key as Vault made it.
    assert_eq!((blocks(&certificate), blocks(&chain)), (2, 2));
    assert!(
        laboratory
            .read("private.pem")
            .starts_with("-----BEGIN RSA PRIVATE KEY-----\n")
    );
    assert!(certificate.ends_with("-----END CERTIFICATE-----\n"));
    let first = chain
        .split_inclusive("-----END CERTIFICATE-----\n")
        .next()
        .unwrap();
    assert!(certificate.ends_with(first));
    assert_eq!(
        laboratory.sandbox.requests().count(Operation::VaultIssue),
        1
    );
}

#[test]
fn the_key_is_what_the_role_wants() {
    let laboratory = Laboratory::new();
    for (role, expected) in [
        ("iamra", "key          EC P-256"),
        ("p384", "key          EC P-384"),
        ("rsa-3072", "key          RSA, 3072 bits"),
        ("default-role", "key          RSA, 2048 bits"),
    ] {
        laboratory
            .run(&["cert", "issue", "--out-dir", role, "--pki-role", role])
            .ok();
        let certificate = format!("{role}/cert.pem");
        let run = laboratory
            .run(&["cert", "show", "--certificate", &certificate])
            .ok();
        assert!(run.stdout.contains(expected), "{role}: {run}");
    }
}

#[test]
fn names_and_life_are_as_asked() {
    let laboratory = Laboratory::new();
    let names = [
        "--dns",
        "api.example.test",
        "--uri",
        "spiffe://example.test/a",
        "--ip",
        "10.0.0.1",
    ];
    laboratory
        .run(
            &[
                &["cert", "issue", "--out-dir", "pki", "--ttl", "30m"][..],
                &names,
            ]
            .concat(),
        )
        .ok();
    let run = laboratory
        .run(&[
            "cert",
            "show",
            "--certificate",
            "pki/cert.pem",
            "--output",
            "json",
        ])
        .ok();
    let shown: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let names: Vec<&str> = shown[0]["subject_alt_names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    for name in [
        "DNS:api.example.test",
        "URI:spiffe://example.test/a",
        "IP:10.0.0.1",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    let time = |name: &str| {
        shown[0][name]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    let life = time("not_after")
        .duration_since(time("not_before"))
        .as_secs();
    assert!((1800..=1860).contains(&life), "{life}");
}

#[test]
fn a_service_account_logs_in_and_its_token_is_given_back() {
    let laboratory = Laboratory::new();
    let jwt = laboratory.service_account_token();
    let mut command = laboratory.command(&["creds", "check"]);
    Run::of(command.env("VAULT_TOKEN", "").env("IAMRA_JWT_FILE", jwt)).ok();
    let requests: Vec<Operation> = laboratory
        .sandbox
        .requests()
        .log
        .iter()
        .map(|record| record.operation)
        .collect();
    // Three requests to the first session; the rest comes after it.
    let expected = [
        Operation::VaultLogin,
        Operation::VaultSign,
        Operation::CreateSession,
        Operation::CallerIdentity,
        Operation::VaultToken,
    ];
    assert_eq!(requests, expected);
}

#[test]
fn a_token_that_was_given_is_not_revoked() {
    let laboratory = Laboratory::new();
    laboratory.run(&["cert", "issue", "--out-dir", "pki"]).ok();
    assert_eq!(
        laboratory.sandbox.requests().count(Operation::VaultToken),
        0
    );
    // Nor is one that a certificate hangs on.
    let jwt = laboratory.service_account_token();
    let mut command = laboratory.command(&[
        "cert",
        "issue",
        "--out-dir",
        "leased",
        "--pki-role",
        "lease",
    ]);
    Run::of(command.env("VAULT_TOKEN", "").env("IAMRA_JWT_FILE", jwt)).ok();
    assert_eq!(
        laboratory.sandbox.requests().count(Operation::VaultToken),
        0
    );
}

#[test]
fn a_token_file_is_read_with_its_newline() {
    use secrecy::ExposeSecret as _;
    let laboratory = Laboratory::new();
    let token = laboratory.sandbox.vault_token();
    laboratory.write(".vault-token", &format!("{}\n", token.expose_secret()));
    let run = Run::of(
        laboratory
            .command(&["cert", "issue"])
            .env_remove("VAULT_TOKEN"),
    )
    .ok();
    assert!(run.stderr.contains("there is a token file"), "{run}");
}

#[test]
fn an_unfit_certificate_is_not_written_over_a_good_one() {
    let laboratory = Laboratory::new();
    laboratory.run(&["cert", "issue", "--out-dir", "pki"]).ok();
    let before = laboratory.read("pki/cert.pem");
    let run = laboratory.run(&[
        "cert",
        "issue",
        "--out-dir",
        "pki",
        "--pki-role",
        "keyenc-only",
    ]);
    assert_eq!(run.code, Some(5), "{run}");
    assert!(
        run.stderr
            .contains("hint: set key_usage=DigitalSignature on the Vault role"),
        "{run}"
    );
    assert_eq!(laboratory.read("pki/cert.pem"), before);
}

#[test]
fn no_failure_leaves_a_token_behind() {
    for words in [
        ["creds", "check", "--pki-role", "nope"],
        ["creds", "process", "--pki-role", "keyenc-only"],
        ["creds", "file", "--role-session-name", "build-7"],
        ["cert", "issue", "--pki-role", "keyenc-only"],
    ] {
        let laboratory = Laboratory::new();
        let jwt = laboratory.service_account_token();
        let mut command = laboratory.command(&words);
        let run = Run::of(command.env("VAULT_TOKEN", "").env("IAMRA_JWT_FILE", jwt));
        assert_ne!(run.code, Some(0), "{run}");
        let requests = laboratory.sandbox.requests();
        let [logins, revocations] = [Operation::VaultLogin, Operation::VaultToken]
            .map(|operation| requests.count(operation));
        assert_eq!((logins, revocations), (1, 1), "{words:?}: {run}");
    }
}

#[test]
fn the_strongest_of_settings_that_exclude_each_other_counts() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    laboratory.run(&["cert", "issue"]).ok();
    let folder = laboratory.path("cas");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(laboratory.path("vault-ca.pem"), folder.join("ca.pem")).unwrap();
    let mut command = laboratory.command(&["cert", "issue", "--vault-capath", "cas"]);
    Run::of(command.env("VAULT_CACERT", "missing.pem")).ok();
    let mut command = laboratory.command(&["cert", "issue", "--ttl", "30m"]);
    Run::of(command.env("IAMRA_NOT_AFTER", "2199-01-01T00:00:00Z")).ok();
    let run = laboratory.run(&["cert", "issue", "--vault-token-file", "missing"]);
    assert_eq!(run.code, Some(2), "{run}");
}

#[test]
fn a_client_certificate_and_its_key_are_from_one_place() {
    let laboratory = Laboratory::new();
    let files = [
        "cert",
        "issue",
        "--vault-client-cert",
        "~/missing-client.pem",
        "--vault-client-key",
        "~/missing-client.key",
    ];
    let mut command = laboratory.command(&files);
    let run = Run::of(
        command
            .env("VAULT_CLIENT_CERT_BYTES", "not read")
            .env("VAULT_CLIENT_KEY_BYTES", "not read"),
    );
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("missing-client."), "{run}");
    assert!(!run.stderr.contains('~'), "{run}");
    let text = "-----BEGIN CERTIFICATE-----";
    let mut command = laboratory.command(&["cert", "issue", "--vault-client-cert-bytes", text]);
    let run = Run::of(
        command
            .env("VAULT_CLIENT_CERT", "missing-client.pem")
            .env("VAULT_CLIENT_KEY", "missing-client.key"),
    );
    // The text's own key is asked for; the files are not looked at.
    assert_eq!(run.code, Some(2), "{run}");
    assert!(!run.stderr.contains("missing-client"), "{run}");
}

#[test]
fn a_key_store_is_written_beside_the_pem_files() {
    let laboratory = Laboratory::new();
    laboratory.write("password", "changeit\r\n");
    let words = ["cert", "issue", "--out-dir", "pki"];
    let store = ["--pkcs12-password-file", "password", "--pkcs12-name", "app"];
    laboratory.run(&[&words[..], &store].concat()).ok();
    let path = laboratory.path("pki/keystore.p12");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    laboratory.write("plain", "changeit");
    let read = std::process::Command::new("openssl")
        .args([
            "pkcs12",
            "-nodes",
            "-in",
            "pki/keystore.p12",
            "-passin",
            "file:plain",
        ])
        .current_dir(laboratory.home())
        .output();
    match read {
        Ok(read) => {
            let read = String::from_utf8(read.stdout).unwrap();
            assert!(read.contains("friendlyName: app"), "{read}");
            assert_eq!(blocks(&read), 3, "{read}");
        }
        Err(_) => eprintln!("SKIPPED: there is no openssl to read keystore.p12"),
    }
}

#[test]
fn a_password_that_is_none_is_said_before_anybody_is_called() {
    let laboratory = Laboratory::new();
    laboratory.write("empty", "\n");
    laboratory.write("umlaut", "p\u{e4}ssword\n");
    for (file, expected) in [
        ("missing", "error[file.missing]: "),
        (
            "empty",
            "error[config.invalid]: the password for keystore.p12 must have printable",
        ),
        (
            "umlaut",
            "error[config.invalid]: the password for keystore.p12 must have printable",
        ),
    ] {
        let words = ["cert", "issue", "--pkcs12-password-file", file];
        let run = laboratory.run(&words);
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.starts_with(expected), "{run}");
    }
    assert!(laboratory.sandbox.requests().is_empty());
}

#[test]
fn the_path_to_the_trust_anchor_is_checked_offline() {
    let laboratory = Laboratory::new();
    let anchor = laboratory.write("anchor.pem", laboratory.sandbox.trust_anchor_pem());
    laboratory.run(&["cert", "issue", "--out-dir", "pki"]).ok();
    let before = laboratory.sandbox.requests().log.len();
    let certificate = ["--certificate", "pki/cert.pem"];
    let intermediates = ["--intermediates", "pki/chain.pem"];
    let check = |anchor: &str, more: &[&str]| {
        let anchor = ["cert", "check", "--trust-anchor-pem", anchor];
        laboratory.run(&[&anchor, &certificate[..], more].concat())
    };
    let run = check(&anchor, &intermediates).ok();
    assert_eq!(
        run.stdout,
        "✓ fit for IAM Roles Anywhere, and leads to the trust anchor\n"
    );
    // An intermediate as the anchor needs nothing in between.
    check("pki/chain.pem", &[]).ok();
    let snapshot = |name: &str, run: &Run| {
        let mut filters = laboratory.filters();
        filters.add_filter("[0-9a-f]{8,}", "[HEX]");
        filters.bind(|| insta::assert_snapshot!(format!("check-{name}"), run));
    };
    for (name, code, anchor, more) in [
        ("anchor-without-intermediates", 5, anchor.as_str(), &[][..]),
        ("anchor-is-no-ca", 5, "pki/cert.pem", &intermediates),
        ("anchor-json", 5, "pki/cert.pem", &["--output", "json"]),
        ("anchor-is-a-key", 2, "pki/private.pem", &[]),
        ("anchor-is-missing", 2, "missing.pem", &[]),
    ] {
        let run = check(anchor, more);
        assert_eq!(run.code, Some(code), "{name}: {run}");
        snapshot(name, &run);
    }
    assert_eq!(laboratory.sandbox.requests().log.len(), before);
}
