//! What is wrong before any cluster is asked.

use rustix::process::Signal;

use crate::daemon::Daemon;
use crate::laboratory::Laboratory;
use crate::run::Run;

#[track_caller]
fn refused(laboratory: &Laboratory, name: &str, arguments: &[&str]) -> Run {
    let run = laboratory.run(arguments);
    assert_eq!(run.code, Some(2), "{name}: {run}");
    assert_eq!(run.stdout, "", "{run}");
    let mut settings = laboratory.filters();
    settings.set_snapshot_path("../../snapshots");
    settings.bind(|| insta::assert_snapshot!(format!("k8s-input-{name}"), run));
    run
}

/// A kubeconfig of one cluster and one user.
fn kubeconfig(laboratory: &Laboratory, server: &str, user: &str) -> String {
    let text = format!(
        "current-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\nusers: [{{name: u, user: {user}}}]"
    );
    laboratory.write("kubeconfig", &text)
}

#[test]
fn clusters_that_are_none() {
    let laboratory = Laboratory::new();
    refused(&laboratory, "no-cluster", &["k8s", "status"]);
    let no_yaml = laboratory.write("no-yaml", "clusters: [hunter2");
    let no_context = laboratory.write("no-context", "clusters: []\n");
    for (name, path) in [
        ("kubeconfig-missing", "missing"),
        ("kubeconfig-no-yaml", &no_yaml),
        ("kubeconfig-no-context", &no_context),
    ] {
        let run = refused(&laboratory, name, &["k8s", "status", "--kubeconfig", path]);
        assert!(!run.stderr.contains("hunter2"), "{run}");
    }
    for server in [
        "https://user:hunter2@127.0.0.1:1",
        "http://user:hunter2@127.0.0.1:1",
        "ftp://user:hunter2@127.0.0.1:1",
        "user:hunter2@127.0.0.1:1",
        "https://user:hunter2@ 127.0.0.1:1",
    ] {
        let path = kubeconfig(&laboratory, server, "{token: x}");
        let arguments = [
            "k8s",
            "status",
            "--kubeconfig",
            &path,
            "--log-level",
            "trace",
        ];
        let run = refused(&laboratory, "kubeconfig-user", &arguments);
        assert!(!run.stderr.contains("hunter2"), "{run}");
    }
}

#[test]
fn groups_are_checked_without_a_cluster() {
    let laboratory = Laboratory::new();
    let config = |text: &str| laboratory.write("groups.toml", &format!("schema = 1\n{text}"));
    let right = config("[group.a]\nnamespace = 'a'\n[group.b]\nnamespace = 'b'\n");
    let run = laboratory
        .run(&["config", "check", "--config", &right])
        .ok();
    assert_eq!(run.stdout, "the groups can be kept by iamra k8s\n");
    for (name, text) in [
        ("group-key", "[group.a]\nkubeconfig = 'x'\n"),
        ("group-value", "[group.a]\non-foreign = 'take'\n"),
        ("group-credentials", "[group.a]\ncredentials = 'mine'\n"),
        (
            "group-overlap",
            "[group.a]\nnamespace = 'team-a'\n[group.b]\nnamespace-glob = 'team-*'\n",
        ),
    ] {
        let path = config(text);
        refused(&laboratory, name, &["config", "check", "--config", &path]);
    }
    let path = config("[group.a]\nsecret-name = 'a'\n");
    let cluster = kubeconfig(&laboratory, "https://127.0.0.1:1", "{token: x}");
    let arguments = ["k8s", "sync", "--kubeconfig", &cluster, "--config", &path];
    let flag = ["--secret-name", "b"];
    refused(&laboratory, "group-flag", &[&arguments[..], &flag].concat());
    // The words of kubectl are flags, too.
    refused(
        &laboratory,
        "group-word",
        &[&arguments[..], &["b"]].concat(),
    );
}

#[test]
fn a_signal_ends_the_start() {
    let laboratory = Laboratory::new();
    let script = laboratory.write("plugin", "touch started; exec sleep 600");
    let exec = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [";
    let user = format!("{exec}'{script}'], interactiveMode: Never}}}}");
    let path = kubeconfig(&laboratory, "https://127.0.0.1:1", &user);
    let mut command = laboratory.command(&["k8s", "run", "--kubeconfig", &path]);
    let mut daemon = Daemon::start(&mut command, laboratory.home());
    let started = laboratory.path("started");
    daemon.until("asked the plugin", || started.exists());
    daemon.signal(Signal::HUP);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
}

/// Vault would revoke it with the login, and the Secret would hold a certificate
/// that nobody accepts. No cluster is asked.
#[test]
fn a_certificate_that_hangs_on_a_token_is_not_brought_anywhere() {
    let laboratory = Laboratory::new();
    let kubeconfig = kubeconfig(&laboratory, "http://127.0.0.1:9", "{token: x}");
    let sync = ["k8s", "sync", "--kubeconfig", &kubeconfig];
    let tls = ["--secret-format", "tls", "--secret-name", "web"];
    let leased = ["--pki-role", "lease"];
    let run = laboratory.run(&[&sync[..], &tls, &leased].concat());
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
    assert!(run.stderr.contains("error[vault.leased]"), "{run}");
    assert!(run.stderr.contains("generate_lease=false"), "{run}");
}
