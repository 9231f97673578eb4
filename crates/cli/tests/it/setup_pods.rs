//! What `setup` prints for the pods of a cluster, and what it refuses to print.

use std::path::Path;

use crate::run::{Run, bare, filters};
use crate::setup_aws::ANCHOR;

const CLUSTER: [&str; 3] = ["--pods", "--cluster-name", "c1"];

/// What is asked of Vault.
const VAULT: [(&str, &[&str]); 3] = [
    ("plain", &["--existing-mount"]),
    (
        "brokers",
        &["--root-mount", "pki-root", "--enable-auth", "--brokers"],
    ),
    (
        "named",
        &[
            "--existing-mount",
            "--pki-mount",
            "team/PKI",
            "--workload-auth-mount",
            "c1",
            "--pod-audience",
            "aws",
            "--auth-role",
            "accounts",
            "--pki-role",
            "pods-c1",
            "--brokers",
            "--broker-account",
            "kube-system/broker",
        ],
    ),
];

const ROLES: [&str; 4] = [
    "--pod-role",
    "shop/web=Shop_Web",
    "--pod-role",
    "bank/ledger.v2=ledger",
];

fn vault(arguments: &[&str]) -> Run {
    bare(&[&["setup", "vault"], arguments].concat())
}

fn aws(arguments: &[&str]) -> Run {
    bare(&[&["setup", "aws"], arguments].concat())
}

#[test]
fn each_form_of_vaults_is_printed() {
    for (name, arguments) in VAULT {
        for format in ["cli", "terraform", "json", "kubernetes"] {
            let run = vault(&[&CLUSTER, arguments, &["-o", format]].concat()).ok();
            assert_eq!(run.stderr, "", "{run}");
            filters(Path::new("/nowhere")).bind(|| {
                insta::assert_snapshot!(format!("setup-pods-vault-{name}-{format}"), run.stdout);
            });
        }
    }
}

#[test]
fn each_form_of_aws_is_printed() {
    let rights = ["--pull", "web.shop.pods.c1=team/app"];
    let anchor = ["--trust-anchor-arn", ANCHOR];
    for format in ["cli", "terraform", "cloudformation", "json"] {
        let run = aws(&[&CLUSTER[..], &ROLES, &rights, &anchor, &["-o", format]].concat()).ok();
        assert_eq!(run.stderr, "", "{run}");
        filters(Path::new("/nowhere")).bind(|| {
            insta::assert_snapshot!(format!("setup-pods-aws-{format}"), run.stdout);
        });
    }
}

/// One that has been there before says nothing of it, and one of the agents'
/// settings is no mistake in another command.
#[test]
fn what_other_commands_know_is_passed_over() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("iamra.toml");
    let text = "schema = 1\ncluster-name = \"c1\"\npki-role = \"app\"\n";
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    std::fs::write(&config, text).unwrap();
    let config = config.display().to_string();
    vault(&["--config", &config, "--workload", "a.test=a@x"]).ok();
    // A variable of other tools names no role that is written over.
    let mut command = crate::run::iamra(home.path());
    let words = [&["setup", "vault", "--existing-mount"], &CLUSTER[..]].concat();
    let run = Run::of(command.args(words).env("VAULT_CERT_NAME", "app")).ok();
    assert!(run.stdout.contains("pki-aws/roles/pods "), "{run}");
}

#[test]
fn what_makes_no_sense_of_vault_is_one_clear_line() {
    let long = format!("c{}", ".example".repeat(8));
    let workload = ["--workload", "a=a@x"];
    let cases: Vec<Vec<&str>> = vec![
        vec!["--pods"],
        vec!["--pods", "--cluster-name", "C1"],
        vec!["--pods", "--cluster-name", "pods.c1"],
        vec!["--pods", "--cluster-name", &long],
        [&CLUSTER[..], &workload].concat(),
        [&CLUSTER[..], &["--workload-auth", "jwt"]].concat(),
        [&CLUSTER[..], &["--audience", "vault"]].concat(),
        [&CLUSTER[..], &["--allow-issue"]].concat(),
        [&CLUSTER[..], &["--pod-audience", "a\nb"]].concat(),
        [&CLUSTER[..], &["--auth-role", "a/b"]].concat(),
        [&CLUSTER[..], &["--pki-role", "$(id)"]].concat(),
        [&CLUSTER[..], &["--broker-account", "a/b"]].concat(),
        [&CLUSTER[..], &["--brokers", "--broker-account", "b"]].concat(),
        [&CLUSTER[..], &["--brokers", "--broker-account", "a/B"]].concat(),
        [&workload[..], &["--brokers"]].concat(),
        [&workload[..], &["--cluster-name", "c1"]].concat(),
        [&workload[..], &["--pki-role", "x"]].concat(),
    ];
    assert_refused("setup-pods-vault-refused", vault, &cases);
}

#[test]
fn what_makes_no_sense_of_aws_is_one_clear_line() {
    let anchor = ["--trust-anchor-arn", ANCHOR];
    let role = |role| [&CLUSTER[..], &anchor, &["--pod-role", role]].concat();
    let twice = |one, other| [role(one), vec!["--pod-role", other]].concat();
    let long = "shop/an-account-whose-name-is-much-longer-than-any-common-name-can=a";
    let cases: Vec<Vec<&str>> = vec![
        [&CLUSTER[..], &anchor].concat(),
        [&["--pods"], &anchor[..], &ROLES].concat(),
        [&CLUSTER[..], &anchor, &ROLES, &["--workload", "a"]].concat(),
        [&anchor[..], &ROLES, &["--workload", "a"]].concat(),
        role("web"),
        role("web=web"),
        role("shop/web"),
        role("shop/Web=web"),
        role("shop/web=a/b"),
        role("shop/web=$(id)"),
        role("shop/web="),
        role(long),
        twice("shop/web=a", "shop/web=b"),
        twice("shop/web=a", "bank/web=A"),
        [role("shop/web=a"), vec!["--pull", "shop/web=app"]].concat(),
    ];
    assert_refused("setup-pods-aws-refused", aws, &cases);
}

/// Nothing is printed but why.
fn assert_refused(name: &str, setup: fn(&[&str]) -> Run, cases: &[Vec<&str>]) {
    let mut lines = String::new();
    for arguments in cases {
        let run = setup(arguments);
        let result = (run.code, run.stdout.as_str());
        assert_eq!(result, (Some(2), ""), "{arguments:?} {run}");
        lines += &format!("{arguments:?}\n{}\n", run.stderr);
    }
    filters(Path::new("/nowhere")).bind(|| insta::assert_snapshot!(name, lines));
}
