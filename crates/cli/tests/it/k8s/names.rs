//! The command lines of other programs, where they are wrong.

#[cfg(unix)]
use std::process::Command;

use super::shown;
#[cfg(unix)]
use crate::run::Run;
use crate::run::bare;

/// The binary as `ecr-k8s-secret-creator`, without a cluster.
#[cfg(unix)]
fn creator(flags: &[&str]) -> Run {
    let home = tempfile::tempdir().unwrap();
    let link = home.path().join("ecr-k8s-secret-creator");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_iamra"), &link).unwrap();
    let mut command = Command::new(link);
    Run::of(command.args(flags).env_clear().env("HOME", home.path()))
}

#[cfg(unix)]
#[test]
fn the_creator_says_what_it_takes() {
    let run = creator(&["-h"]).ok();
    shown("creator-help", &run.to_string());
    assert_eq!(creator(&["-region=x", "--help"]).stdout, run.stdout);
}

#[cfg(unix)]
#[test]
fn bad_flags_of_the_creator_get_one_line() {
    for (name, flags) in [
        ("flag", &["-secret-name=x"][..]),
        ("interval", &["-region=us-east-1", "-interval=20m"]),
        ("type", &["-secretType", "docker"]),
        ("profile", &["-profile=production"]),
        ("value", &["-region"]),
    ] {
        let run = creator(flags);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
        assert_eq!(run.stderr.lines().count(), 1, "{run}");
        shown(&format!("creator-input-{name}"), &run.to_string());
    }
}

#[test]
fn bad_words_of_kubectl_get_one_line() {
    let password = "--docker-password=hunter2";
    for (name, words) in [
        ("user", &["x", "--docker-username=ecruser", password][..]),
        ("server", &["x", "--docker-server=docker.io", password]),
    ] {
        let run = bare(&[&["k8s", "sync"], words].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
        assert!(!run.stderr.contains("hunter2"), "{run}");
        shown(&format!("k8s-sync-words-{name}"), &run.to_string());
    }
    // What is right is warned of, and goes on: here to no cluster.
    let run = bare(&["k8s", "sync", "x", "--docker-username=AWS", password]);
    assert!(run.stderr.starts_with("warning: every process"), "{run}");
    assert!(run.stderr.contains("error[kubernetes.no-cluster]"), "{run}");
    assert!(!run.stderr.contains("hunter2"), "{run}");
}
