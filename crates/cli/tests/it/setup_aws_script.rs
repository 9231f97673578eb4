//! What the script of `setup aws` does where something is there already, with an
//! `aws` that answers from files.

use crate::run::Run;
use crate::setup_aws::{ANCHOR, Home};

/// Answers with the file of the operation's name, or as an empty account does.
const AWS: &str = r#"#!/bin/sh
case $* in
*--generate-cli-skeleton*)
  [ ! -f answers/broken ] || { cat answers/broken >&2; exit 255; }
  cat answers/skeleton 2>/dev/null || echo '{"acceptRoleSessionName": true}'
  exit
  ;;
esac
printf '%s\n' "$*" >>calls
if [ -f "answers/$2" ]; then
  cat "answers/$2"
  exit
fi
case $2 in
  get-caller-identity) echo 123456789012 ;;
  get-role | delete-role-policy)
    echo "An error occurred (NoSuchEntity) when calling the operation" >&2
    exit 254
    ;;
  create-trust-anchor) echo arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/new ;;
  create-profile) echo arn:aws:rolesanywhere:eu-west-1:123456789012:profile/new ;;
esac
"#;
const PROFILE: &str = "arn:aws:rolesanywhere:eu-west-1:123456789012:profile/p";

/// An account, and the script that is run in it.
struct Account(Home);

impl Account {
    fn new() -> Self {
        let home = Home::new();
        for folder in ["bin", "answers"] {
            std::fs::create_dir(home.path().join(folder)).unwrap();
        }
        home.write("bin/aws", AWS);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(home.path().join("bin/aws"), mode).unwrap();
        Self(home)
    }

    fn answers(self, operation: &str, answer: &str) -> Self {
        self.0.write(&format!("answers/{operation}"), answer);
        self
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let script = self.0.setup(arguments).ok().stdout;
        self.0.write("setup.sh", &script);
        let mut command = std::process::Command::new("sh");
        let command = command.args(["-c", "PATH=bin:$PATH sh setup.sh"]);
        Run::of(command.current_dir(self.0.path()))
    }

    fn calls(&self) -> String {
        self.0.read("calls")
    }
}

const EXISTING: [&str; 6] = [
    "--trust-anchor-arn",
    ANCHOR,
    "--workload",
    "a.test",
    "--shared-profile",
    "prod",
];
const NEW: [&str; 8] = [
    "--trust-anchor-pem",
    "ca.pem",
    "--account-id",
    "123456789012",
    "--region",
    "eu-west-1",
    "--workload",
    "a.test",
];

#[test]
fn an_old_aws_cli_is_refused_before_anything_is_made() {
    let account = Account::new().answers("skeleton", "{\"name\": \"\"}\n");
    let run = account.run(&NEW);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("too old"), "{run}");
    assert!(!account.0.path().join("calls").exists(), "{run}");
    for (said, is_old) in [
        ("argument command: Invalid choice, valid choices are:", true),
        ("The config profile (nope) could not be found", false),
    ] {
        let account = Account::new().answers("broken", said);
        let run = account.run(&NEW);
        assert_eq!(run.code, Some(1), "{run}");
        assert_eq!(run.stderr.contains("too old"), is_old, "{run}");
        assert_eq!(run.stderr.contains(said), !is_old, "{run}");
    }
}

#[test]
fn a_profile_of_somebody_elses_is_left_alone() {
    let account = Account::new()
        .answers("list-profiles", PROFILE)
        .answers("list-tags-for-resource", "");
    let run = account.run(&EXISTING);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("--shared-profile"), "{run}");
    assert!(!account.calls().contains("update-profile"), "{run}");
}

#[test]
fn a_profile_keeps_the_roles_that_it_has() {
    let account = Account::new()
        .answers("list-profiles", PROFILE)
        .answers("list-tags-for-resource", "iamra\n")
        .answers(
            "get-profile",
            "False\t3600\tFalse\narn:aws:iam::123456789012:role/b\tarn:aws:iam::123456789012:role/c\n",
        );
    let run = account.run(&EXISTING).ok();
    let all = "--role-arns arn:aws:iam::123456789012:role/a.test \
               arn:aws:iam::123456789012:role/b arn:aws:iam::123456789012:role/c\n";
    assert!(account.calls().contains(all), "{}", account.calls());
    assert!(run.stderr.contains("updated the profile prod"), "{run}");
    assert!(
        run.stderr.contains("enable-profile --profile-id p"),
        "{run}"
    );
}

#[test]
fn a_role_of_another_trust_anchor_is_left_alone() {
    let trust = |anchor: &str| {
        format!("iamra\t{{\"Condition\":{{\"ArnEquals\":{{\"aws:SourceArn\":\"{anchor}\"}}}}}}\n")
    };
    let other = trust("arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/x");
    let account = Account::new().answers("get-role", &other);
    let run = account.run(&EXISTING);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("--role-prefix"), "{run}");
    assert!(!account.calls().contains("update-"), "{run}");

    let account = Account::new().answers("get-role", &trust(ANCHOR));
    let run = account.run(&EXISTING).ok();
    assert!(run.stderr.contains("updated the role a.test"), "{run}");
}

#[test]
fn a_role_that_cannot_be_looked_at_is_not_taken_for_absent() {
    let account = Account::new();
    let denied = AWS.replace("NoSuchEntity", "AccessDenied");
    account.0.write("bin/aws", &denied);
    let run = account.run(&EXISTING);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("AccessDenied"), "{run}");
    assert!(!account.calls().contains("create-role"), "{run}");
}

#[test]
fn a_trust_anchor_of_other_certificates_is_not_trusted() {
    let stored = |enabled: &str, pem: &str| {
        Account::new()
            .answers("list-trust-anchors", ANCHOR)
            .answers("get-trust-anchor", &format!("{enabled}\t{pem}\n"))
    };
    let account = stored(
        "True",
        "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----",
    );
    let run = account.run(&NEW);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("--trust-anchor-name"), "{run}");
    assert!(run.stderr.contains("--trust-anchor-arn"), "{run}");
    assert!(!account.calls().contains("create-"), "{run}");

    // The same in other lines.
    let account = Account::new().answers("list-trust-anchors", ANCHOR);
    let pem = account.0.read("ca.pem").replace("\r\n", "\n");
    let body: String = pem
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    let other = format!("-----BEGIN CERTIFICATE-----\r\n{body}\r\n-----END CERTIFICATE-----");
    let account = account.answers("get-trust-anchor", &format!("False\t{other}\n"));
    let run = account.run(&NEW).ok();
    assert!(run.stderr.contains("kept the trust anchor"), "{run}");
    assert!(run.stderr.contains("enable-trust-anchor"), "{run}");
}

#[test]
fn rights_that_are_not_asked_for_any_more_are_taken_back() {
    let account = Account::new().answers("delete-role-policy", "");
    let run = account.run(&EXISTING).ok();
    assert!(run.stderr.contains("took back"), "{run}");
    let run = Account::new().run(&EXISTING).ok();
    assert_eq!(run.stderr, "", "{run}");
}
