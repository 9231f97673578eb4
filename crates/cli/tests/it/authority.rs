//! `cert trust-anchor` and `cert revoke`: what is asked, and what is printed.

use std::path::Path;
use std::time::Duration;

use refresh::{Clock, SystemClock};
use serde_json::{Value, json};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::run::{Run, filters, iamra};
use crate::stub::{Answers, Stub};

/// A name and its key.
struct Party {
    name: &'static str,
    key: KeyPair,
}

impl Party {
    fn new(name: &'static str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { name, key }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.remove(DnType::CommonName);
        params
            .distinguished_name
            .push(DnType::CommonName, self.name);
        params.serial_number = Some(vec![0x0f, 0xa1, 0x22].into());
        params
    }

    /// A CA certificate of this party by `issuer`.
    fn ca(&self, issuer: &Self, until: i32) -> String {
        let mut params = self.params();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        self.signed(params, issuer, until)
    }

    fn end_entity(&self, issuer: &Self, until: i32) -> String {
        self.signed(self.params(), issuer, until)
    }

    fn signed(&self, mut params: CertificateParams, issuer: &Self, until: i32) -> String {
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let issuer = Issuer::new(issuer.params(), &issuer.key);
        params.signed_by(&self.key, &issuer).unwrap().pem()
    }
}

/// The CAs of a mount, in PEM.
struct Authorities {
    root: String,
    now: String,
    next: String,
}

impl Authorities {
    fn new() -> Self {
        let [root, now, next] = ["Root", "Issuer 1", "Issuer 2"].map(Party::new);
        Self {
            root: root.ca(&root, FAR),
            now: now.ca(&root, FAR),
            next: next.ca(&root, FAR),
        }
    }
}

/// A year that no test lives to see, and one that is over.
const FAR: i32 = 2190;
const PAST: i32 = 2020;

/// Runs the binary with a Vault that answers so.
fn run(stub: &Stub, home: &Path, arguments: &[&str]) -> Run {
    let mut command = iamra(home);
    command
        .args(arguments)
        .env("VAULT_ADDR", stub.url())
        .env("VAULT_TOKEN", "s.token-of-the-test");
    Run::of(&mut command)
}

#[track_caller]
fn snapshot(name: &str, home: &Path, run: &Run) {
    let mut filters = filters(home);
    let block = "(?s)-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----";
    filters.add_filter(block, "[CERTIFICATE]");
    filters.bind(|| insta::assert_snapshot!(name, run));
}

fn issuer(id: &str, name: &str, pem: &str, chain: &[&str]) -> Value {
    let data = json!({
        "issuer_id": id,
        "issuer_name": name,
        "certificate": pem.trim(),
        "ca_chain": chain,
    });
    json!({ "data": data })
}

/// An intermediate in use, the root that was imported with it, and the next
/// intermediate.
fn mount(authorities: &Authorities) -> Answers {
    let Authorities { root, now, next } = authorities;
    let ids = ["id-now", "id-root", "id-next"];
    let info = |key: &str, is_default| json!({ "key_id": key, "is_default": is_default });
    let list = json!({ "data": {
        "keys": ids,
        "key_info": {
            "id-now": info("k1", true),
            "id-root": info("", false),
            "id-next": info("k2", false),
        },
    }});
    let now = issuer("id-now", "now", now, &[now, root]);
    [
        ("LIST pki-aws/issuers", (200, list)),
        ("GET pki-aws/issuer/default/json", (200, now.clone())),
        ("GET pki-aws/issuer/id-now/json", (200, now)),
        (
            "GET pki-aws/issuer/id-root/json",
            (200, issuer("id-root", "", root, &[root])),
        ),
        (
            "GET pki-aws/issuer/id-next/json",
            (200, issuer("id-next", "next", next, &[next, root])),
        ),
    ]
    .into()
}

#[test]
fn a_trust_anchor_is_printed_without_a_token() {
    let home = tempfile::tempdir().unwrap();
    let authorities = Authorities::new();
    let stub = Stub::new(mount(&authorities));
    let Authorities { now, next, .. } = &authorities;
    let printed = run(&stub, home.path(), &["cert", "trust-anchor"]).ok();
    assert_eq!(printed.stdout.trim(), now.trim());
    let bundle = run(&stub, home.path(), &["cert", "trust-anchor", "--bundle"]).ok();
    assert_eq!(bundle.stdout, format!("{}\n{}\n", now.trim(), next.trim()));
    snapshot("trust-anchor-bundle", home.path(), &bundle);
    let words = ["cert", "trust-anchor", "--bundle", "-o", "json"];
    snapshot(
        "trust-anchor-json",
        home.path(),
        &run(&stub, home.path(), &words).ok(),
    );
    let asked = stub.asked();
    assert!(asked.iter().all(|asked| !asked.has_token), "{asked:?}");
}

#[test]
fn what_makes_a_trust_anchor_too_wide_is_said() {
    let home = tempfile::tempdir().unwrap();
    let directory = json!({ "newOrder": "https://vault/v1/pki-aws/acme/new-order" });
    let role = |server: bool, any: bool| json!({ "data": { "key_type": "ec", "server_flag": server, "allow_any_name": any } });
    let mut answers = mount(&Authorities::new());
    answers.extend([
        ("GET pki-aws/acme/directory", (200, directory)),
        (
            "LIST pki-aws/roles",
            (200, json!({ "data": { "keys": ["app", "any", "web"] } })),
        ),
        ("GET pki-aws/roles/app", (200, role(false, false))),
        ("GET pki-aws/roles/any", (200, role(false, true))),
        ("GET pki-aws/roles/web", (200, role(true, false))),
    ]);
    let stub = Stub::new(answers);
    let words = [
        "cert",
        "trust-anchor",
        "--issuer",
        "id-root",
        "--inspect-roles",
    ];
    let run = run(&stub, home.path(), &words).ok();
    snapshot("trust-anchor-wide", home.path(), &run);
}

#[test]
fn a_trust_anchor_that_ends_is_said() {
    let home = tempfile::tempdir().unwrap();
    let party = Party::new("Issuer 1");
    let soon = Clock::now(&SystemClock) + Duration::from_hours(24 * 40);
    let mut params = party.params();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_after = soon.into();
    let ending = params.self_signed(&party.key).unwrap().pem();
    for (pem, expected) in [
        (ending, "have the next issuer ready, and register both"),
        (party.ca(&party, PAST), "only"),
        (
            party.end_entity(&party, FAR),
            "is no CA (CA:TRUE is missing)",
        ),
    ] {
        let answer = issuer("id", "", &pem, &[]);
        let stub = Stub::new([("GET pki-aws/issuer/default/json", (200, answer))].into());
        let run = run(&stub, home.path(), &["cert", "trust-anchor"]).ok();
        assert!(run.stderr.contains(expected), "{expected}: {run}");
    }
}

/// What Vault answers to every way of revoking.
fn revoked() -> Answers {
    let answer = json!({ "data": { "revocation_time": 1_795_262_400, "state": "revoked" } });
    [
        ("POST pki-aws/revoke-with-key", (200, answer.clone())),
        ("POST pki-aws/revoke", (200, answer)),
    ]
    .into()
}

#[test]
fn a_certificate_is_revoked_by_its_key_its_file_or_its_serial() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
        std::fs::write(home.path().join(name), text).unwrap();
    };
    let [issuer, app] = ["Issuer 1", "app"].map(Party::new);
    write("cert.pem", &app.end_entity(&issuer, FAR));
    write("ended.pem", &app.end_entity(&issuer, PAST));
    let key = app.key.serialize_pem();
    write("private.pem", &key);
    let by_key = ["--certificate", "cert.pem", "--private-key", "private.pem"];
    for (name, target, path) in [
        ("by-key", &by_key[..], "POST pki-aws/revoke-with-key"),
        (
            "by-folder",
            &["--out-dir", "."],
            "POST pki-aws/revoke-with-key",
        ),
        (
            "by-file",
            &["--certificate", "cert.pem"],
            "POST pki-aws/revoke",
        ),
        (
            "ended",
            &["--certificate", "ended.pem"],
            "POST pki-aws/revoke",
        ),
        (
            "by-serial",
            &["--serial", "0F:a1:22"],
            "POST pki-aws/revoke",
        ),
        (
            "json",
            &["--out-dir", ".", "-o", "json"],
            "POST pki-aws/revoke-with-key",
        ),
    ] {
        let stub = Stub::new(revoked());
        let trace = ["--log-level", "trace", "--log-format", "json"];
        let words = [&["cert", "revoke"], target, &trace[..]].concat();
        let run = run(&stub, home.path(), &words).ok();
        let asked = stub.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(asked[0].what, path);
        assert_eq!(asked[0].body.contains("PRIVATE KEY"), path.ends_with("key"));
        let all = format!("{}{}", run.stdout, run.stderr);
        for secret in key.lines().filter(|line| !line.starts_with('-')) {
            assert!(!all.contains(secret), "{run}");
        }
        assert!(!all.contains("s.token-of-the-test"), "{run}");
        assert!(run.stderr.contains("\"event\":\"revocation\""), "{run}");
        let printed = Run {
            stderr: String::new(),
            ..run
        };
        snapshot(&format!("revoke-{name}"), home.path(), &printed);
    }
}

#[test]
fn nothing_is_revoked_that_was_not_named() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
        std::fs::write(home.path().join(name), text).unwrap();
    };
    let [issuer, app] = ["Issuer 1", "app"].map(Party::new);
    write("cert.pem", &app.end_entity(&issuer, FAR));
    write(
        "other.key",
        include_str!("../../../rolesanywhere/testdata/pki/ecp384.key"),
    );
    write(
        "locked.key",
        include_str!("../../../rolesanywhere/testdata/pki/ecp256.enc.key"),
    );
    let stub = Stub::new(revoked());
    let file = ["--certificate", "cert.pem"];
    let mut lines = String::new();
    for target in [
        &[][..],
        &["--serial", "12", "--certificate", "cert.pem"],
        &["--serial", "12", "--private-key", "other.key"],
        &["--out-dir", ".", "--private-key", "other.key"],
        &["--out-dir", ".", "--certificate", "cert.pem"],
        &["--out-dir", ".", "--serial", "12"],
        &["--serial", "12", "--serial", "13"],
        &["--private-key", "other.key"],
        &["--serial", ""],
        &["--serial", "hello"],
        &["--out-dir", "missing"],
        &[&file[..], &["--private-key", "other.key"]].concat(),
        &[&file[..], &["--private-key", "locked.key"]].concat(),
        &[&file[..], &["--pki-mount", "a//b"]].concat(),
    ] {
        let mut command = iamra(home.path());
        command
            .args([&["cert", "revoke"], target].concat())
            .env("VAULT_ADDR", stub.url())
            .env("VAULT_TOKEN", "s.t")
            // Of the other commands: it names nothing here.
            .env("IAMRA_SERIAL", "0f:a1:22")
            .env("IAMRA_CERTIFICATE", "cert.pem")
            .env("IAMRA_OUT_DIR", ".");
        let run = Run::of(&mut command);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{target:?} {run}"
        );
        lines += &format!("{target:?}\n{}\n", run.stderr);
    }
    assert!(stub.asked().is_empty());
    filters(home.path()).bind(|| insta::assert_snapshot!("revoke-refused", lines));
}

/// A key of another command's is not the key of what is named here.
#[test]
fn no_variable_adds_to_what_is_revoked() {
    let home = tempfile::tempdir().unwrap();
    let [issuer, app] = ["Issuer 1", "app"].map(Party::new);
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    std::fs::write(home.path().join("cert.pem"), app.end_entity(&issuer, FAR)).unwrap();
    let stub = Stub::new(revoked());
    let mut command = iamra(home.path());
    command
        .args(["cert", "revoke", "--certificate", "cert.pem"])
        .env("VAULT_ADDR", stub.url())
        .env("VAULT_TOKEN", "s.t")
        .env("PRIVATE_KEY_ID", "missing.key")
        .env("IAMRA_PRIVATE_KEY", "missing.key");
    Run::of(&mut command).ok();
    assert_eq!(stub.asked()[0].what, "POST pki-aws/revoke");
}

/// What ends the sessions is a command whose time is that of its run.
#[test]
fn the_sessions_end_by_the_time_at_which_they_are_ended() {
    let home = tempfile::tempdir().unwrap();
    let stub = Stub::new(revoked());
    let words = ["cert", "revoke", "--serial", "0f:a1:22", "-o", "json"];
    let printed = run(&stub, home.path(), &words).ok().stdout;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let last = printed["steps"].as_array().unwrap().last().unwrap();
    let command = last["commands"][0].as_str().unwrap();
    let script = format!("aws() {{ shift 6; printf %s \"$2\"; }}\n{command}");
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output();
    let run = Run::from(output.unwrap()).ok();
    let policy: Value = serde_json::from_str(&run.stdout).unwrap();
    let time = &policy["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
    let time = time.as_str().unwrap();
    assert!(time.ends_with('Z') && time.len() == "2026-01-01T00:00:00Z".len());
    assert!(!command.contains(time), "{command}");
}

#[test]
fn a_mount_that_is_not_there_is_no_question_of_tokens() {
    let home = tempfile::tempdir().unwrap();
    let denied = json!({ "errors": ["permission denied"] });
    let answers = [("GET nope/issuer/default/json", (403, denied))];
    let stub = Stub::new(answers.into());
    let words = ["cert", "trust-anchor", "--pki-mount", "nope"];
    let run = run(&stub, home.path(), &words);
    assert_eq!(run.code, Some(3), "{run}");
    snapshot("trust-anchor-no-mount", home.path(), &run);
}

#[test]
fn a_refusal_names_the_policy() {
    let home = tempfile::tempdir().unwrap();
    let denied = json!({ "errors": ["1 error occurred:\n\t* permission denied\n\n"] });
    let unknown = json!({ "errors": ["certificate with serial 0f:a1:22 not found"] });
    for (name, status, answer) in [("denied", 403, denied), ("unknown", 400, unknown)] {
        let stub = Stub::new([("POST pki-aws/revoke", (status, answer))].into());
        let run = run(
            &stub,
            home.path(),
            &["cert", "revoke", "--serial", "0f:a1:22"],
        );
        assert_eq!((run.code, run.stdout.as_str()), (Some(3), ""), "{run}");
        snapshot(&format!("revoke-{name}"), home.path(), &run);
    }
}

#[test]
fn sign_verbatim_must_be_asked_for_twice() {
    let home = tempfile::tempdir().unwrap();
    let stub = Stub::new(Answers::new());
    let words = [
        "cert",
        "issue",
        "--common-name",
        "app",
        "--pki-mode",
        "sign-verbatim",
    ];
    let refused = run(&stub, home.path(), &words);
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(stub.asked().is_empty());
    snapshot("sign-verbatim-refused", home.path(), &refused);
    let allowed = run(
        &stub,
        home.path(),
        &[&words[..], &["--allow-sign-verbatim"]].concat(),
    );
    assert_eq!(stub.asked()[0].what, "POST pki-aws/sign-verbatim/app");
    assert!(
        allowed
            .stderr
            .contains("whoever may do that may be anybody"),
        "{allowed}"
    );
}
