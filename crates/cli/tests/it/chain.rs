//! Assume onwards: from the first session's role to others.

use iamra_sandbox::Operation;
use rustix::process::Signal;

use crate::daemon::Daemon;
use crate::laboratory::Laboratory;
use crate::run::Run;

fn run(laboratory: &Laboratory, verb: &str, more: &[&str]) -> Run {
    let files = laboratory.key_files("iamra");
    let files = files.iter().map(String::as_str);
    let words: Vec<&str> = ["creds", verb].into_iter().chain(files).collect();
    laboratory.run(&[&words[..], more].concat())
}

#[test]
fn the_last_role_is_handed_out_and_each_session_is_on_record() {
    let laboratory = Laboratory::new();
    let [next, last] = [
        laboratory.sandbox.next_role_arn(),
        laboratory.sandbox.last_role_arn(),
    ];
    laboratory.write("policy.json", "{\n  \"Statement\": []\n}\n");
    let options = [
        ["--chain-role-arn", next],
        ["--chain-role-arn", last],
        ["--chain-session-duration", "900"],
        ["--chain-external-id", "x-1"],
        ["--session-policy", "policy.json"],
        [
            "--session-policy-arn",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        ],
        ["--session-tag", "team=a b"],
        ["--transitive-tag-key", "team"],
    ]
    .concat();
    let check = run(&laboratory, "check", &options).ok();
    laboratory.filters().bind(|| {
        insta::assert_snapshot!("chain-check", check);
    });
    let named = [&options[..], &["--chain-session-name", "build-7"]].concat();
    let process = run(&laboratory, "process", &named).ok();
    assert!(process.stdout.contains("\"SessionToken\":\""), "{process}");
    let requests = laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::CreateSession), 2);
    assert_eq!(requests.count(Operation::AssumeRole), 4);
}

#[test]
fn a_role_that_cannot_be_assumed_leaves_no_session_at_all() {
    let laboratory = Laboratory::new();
    let last = laboratory.sandbox.last_role_arn();
    let refused = run(&laboratory, "file", &["--chain-role-arn", last]);
    assert_eq!(refused.code, Some(3), "{refused}");
    assert!(!laboratory.path(".aws/credentials").exists());
    laboratory.filters().bind(|| {
        insta::assert_snapshot!("chain-refused", refused);
    });
}

/// A role that refuses us costs one session, however often it is asked.
#[test]
fn the_first_session_is_kept_for_the_next_attempt() {
    let laboratory = Laboratory::new();
    let next = laboratory.sandbox.next_role_arn();
    let files = laboratory.key_files("iamra");
    let words = ["creds", "file", "--watch", "--chain-role-arn", next];
    let mut command = laboratory.command(&words);
    command.args(files);
    let faults = laboratory.sandbox.faults();
    faults.add("sts=status:403".parse().unwrap());
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    for times in 1..=3 {
        daemon.until_said("the session is not open", times);
        daemon.signal(Signal::HUP);
    }
    faults.clear();
    daemon.signal(Signal::HUP);
    daemon.until_said("handed out credentials", 1);
    daemon.end();
    let requests = laboratory.sandbox.requests();
    assert!(requests.count(Operation::AssumeRole) >= 3);
    assert_eq!(requests.count(Operation::CreateSession), 1);
}

#[test]
fn doctor_takes_a_step_for_each_role() {
    let laboratory = Laboratory::new();
    let next = laboratory.sandbox.next_role_arn();
    let run = laboratory.run(&["doctor", "--chain-role-arn", next]).ok();
    let step = run.stdout.lines().find(|line| line.contains(next));
    assert!(step.is_some_and(|line| line.contains("assume")), "{run}");
    assert!(
        run.stdout.contains("assumed-role/iamra-sandbox-next/"),
        "{run}"
    );
}

#[test]
fn what_sts_would_refuse_or_ignore_is_refused_before_anybody_is_called() {
    let laboratory = Laboratory::new();
    let next = laboratory.sandbox.next_role_arn();
    laboratory.write("list.json", "[]");
    for (options, expected) in [
        (
            &["--chain-role-arn", "arn:aws:iam::1:user/u"][..],
            "--chain-role-arn: invalid ARN",
        ),
        (
            &["--chain-role-arn", "arn:aws-cn:iam::123456789012:role/r"],
            "different partitions: aws and aws-cn",
        ),
        (
            &["--chain-role-arn", next, "--chain-session-duration", "3601"],
            "--chain-session-duration is 3601, and STS grants at most 3600",
        ),
        (
            &["--chain-role-arn", next, "--session-tag", "team"],
            "--session-tag: \"team\" is not KEY=VALUE",
        ),
        (
            &["--chain-role-arn", next, "--session-tag", "aws:x=1"],
            "\"aws:x\" cannot be used: keys that begin with aws: are AWS's own",
        ),
        (
            &["--chain-role-arn", next, "--session-policy", "list.json"],
            "list.json: the session policy cannot be used: it is not a JSON object",
        ),
        (
            &["--chain-role-arn", next, "--session-policy-arn", "x"],
            "\"x\" is not the ARN of a managed policy",
        ),
        (
            &["--session-policy", "list.json"],
            "--session-policy: there is no role to assume onwards",
        ),
    ] {
        let run = run(&laboratory, "process", options);
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains(expected), "{run}");
        assert_eq!(run.stdout, "");
    }
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession),
        0
    );
}

#[test]
fn an_unverified_connection_is_warned_of_at_each_run() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let files = laboratory.key_files("iamra");
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let run = |more: &[&str]| {
        let words = [&["creds", "process"], &files[..], more].concat();
        let mut command = laboratory.command(&words);
        Run::of(command.env_remove("AWS_CA_BUNDLE"))
    };
    let refused = run(&[]);
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("aws.untrusted-server"), "{refused}");
    let run = run(&["--no-verify-ssl"]).ok();
    assert_eq!(run.stderr.matches("--no-verify-ssl").count(), 1, "{run}");
}
