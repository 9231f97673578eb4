use super::{Ecr, HOST};
use crate::run::Run;

#[test]
fn bad_input_gets_one_line_and_changes_nothing() {
    for (name, arguments) in [
        ("no-ecr-host", &["token", "--registry", "docker.io"][..]),
        (
            "wrong-region",
            &[
                "login",
                "--registry",
                "123456789012.dkr.ecr.us-west-2.amazonaws.com.cn",
            ],
        ),
        ("account", &["login", "--account", "1234"]),
        ("region", &["token", "--region", "US_EAST"]),
        ("format", &["token", "-o", "yaml"]),
        ("tool", &["login", "--tool", "rkt"]),
        (
            "tool-and-file",
            &["login", "--tool", "rkt", "--auth-file", "x.json"],
        ),
        ("credentials", &["token", "--credentials", "magic"]),
        ("endpoint", &["token", "--ecr-endpoint", "ftp://x"]),
        (
            "service-account",
            &["kubelet-provider", "--service-account-role", "app=x"],
        ),
        (
            "no-keys",
            &[
                "kubelet-provider",
                "--service-account-role",
                "a/b=arn:aws:iam::123456789012:role/r",
            ],
        ),
        (
            "keys",
            &[
                "kubelet-provider",
                "--service-account-role",
                "a/b=arn:aws:iam::123456789012:role/r",
                "--service-account-keys",
                "[FILE]",
            ],
        ),
        (
            "ambient-accounts",
            &[
                "kubelet-provider",
                "--service-account-role",
                "a/b=arn:aws:iam::123456789012:role/r",
                "--credentials",
                "ambient",
            ],
        ),
        ("repository", &["check", "--repo", "Team/../x"]),
        (
            "no-dual-stack",
            &[
                "token",
                "--account",
                "123456789012",
                "--region",
                "us-iso-east-1",
                "--use-dualstack-endpoint",
            ],
        ),
    ] {
        let ecr = Ecr::new();
        let request = format!(
            r#"{{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"{HOST}/a"}}"#
        );
        let file = ecr.laboratory.write("no-keys.json", "{\"keys\": 1}");
        let words = arguments.iter();
        let words = words.map(|word| if *word == "[FILE]" { &*file } else { word });
        let run = ecr.say(&words.collect::<Vec<_>>(), &request);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{name}: {run}"
        );
        let errors = run.stderr.lines().filter(|line| line.starts_with("error["));
        assert_eq!(errors.count(), 1, "{name}: {run}");
        ecr.snapshot(&format!("input-{name}"), &run);
        assert!(!ecr.laboratory.path(".docker").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_home_that_cannot_be_written_or_is_missing_is_named() {
    let ecr = Ecr::new();
    // A file where the folder should be: that stops root, too.
    ecr.laboratory.write(".docker", "");
    let run = ecr.run(&["login"]);
    ecr.snapshot("home-blocked", &run);
    assert_ne!(run.code, Some(0), "{run}");
    let mut command = ecr.command(&["login"]);
    let run = Run::of(command.env_remove("HOME"));
    assert_eq!(run.code, Some(2), "{run}");
    ecr.snapshot("home-missing", &run);
}

#[test]
fn settings_that_are_missing_are_named() {
    let ecr = Ecr::new();
    let mut command = ecr.command(&["token"]);
    let run = Run::of(command.env_remove("ROLE_ARN"));
    assert_eq!(run.code, Some(2), "{run}");
    ecr.snapshot("role-missing", &run);
}
