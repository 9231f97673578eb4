#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "a test's own folder")]

use super::*;
use crate::environment::Environment;
use crate::resolved::Resolved;
use crate::setting::with_settings;
use crate::settings;

mod cluster;
mod peer;

/// What comes of a context with these flags and variables, and no others.
pub(super) fn with_context<T>(
    flags: &[&str],
    variables: &[(&str, &str)],
    make: impl FnOnce(&Context<'_>) -> T,
) -> T {
    let environment: Environment = variables.iter().copied().collect();
    let command = with_settings(clap::Command::new("x"), settings::ALL);
    let matches = command.get_matches_from([&["x"], flags].concat());
    let resolved = Resolved::new(&matches, &environment, None, |_| unreachable!()).unwrap();
    make(&Context::new(resolved))
}

/// An access, where a folder without a service account may be the pod's.
fn access(flags: &[&str], variables: &[(&str, &str)], folder: &Path) -> Result<Access, Failure> {
    with_context(flags, variables, |context| {
        let access = Access::with_service_account(context, folder);
        let mut access = Box::pin(access);
        let waker = std::task::Waker::noop();
        match access
            .as_mut()
            .poll(&mut std::task::Context::from_waker(waker))
        {
            std::task::Poll::Ready(access) => access,
            std::task::Poll::Pending => unreachable!("nothing is waited for"),
        }
    })
}

/// A kubeconfig of this cluster with a context of one name.
fn kubeconfig(path: &Path, name: &str) {
    let text = format!(
        "current-context: {name}\nclusters: [{{name: c, cluster: {{server: 'https://{name}'}}}}]\n\
         contexts: [{{name: {name}, context: {{cluster: c, user: u, namespace: of-{name}}}}}]\n\
         users: [{{name: u, user: {{token: hunter2}}}}]"
    );
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn the_way_is_the_kubeconfig_that_is_named_else_the_pods_else_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let (named, other) = (home.join("named"), home.join("other"));
    kubeconfig(&named, "named");
    kubeconfig(&other, "other");
    kubeconfig(&home.join(".kube/config"), "usual");
    let pod = home.join("pod");
    std::fs::create_dir(&pod).unwrap();
    std::fs::write(pod.join("token"), "t").unwrap();
    std::fs::write(pod.join("namespace"), "of-pod").unwrap();
    let authority = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertificateParams::default()
        .self_signed(&authority)
        .unwrap();
    std::fs::write(pod.join("ca.crt"), authority.pem()).unwrap();

    let home = ("HOME", home.to_str().unwrap());
    let host = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    let port = ("KUBERNETES_SERVICE_PORT", "443");
    let variable = ("KUBECONFIG", other.to_str().unwrap());
    let flag = ["--kubeconfig", named.to_str().unwrap()];
    let own = ("POD_NAMESPACE", "own");
    for (flags, variables, expected, namespace) in [
        (
            &flag[..],
            &[home, host, port, variable][..],
            "context named of ",
            "of-named",
        ),
        (
            &[],
            &[home, host, port, variable],
            "context other of ",
            "of-other",
        ),
        (
            &[],
            &[home, host, port],
            "the pod's service account (https://10.0.0.1:443)",
            "of-pod",
        ),
        (
            &[],
            &[home, host, port, own],
            "the pod's service account",
            "own",
        ),
        (
            &["--context", "usual"],
            &[home, host, port],
            "context usual of ",
            "of-usual",
        ),
        (&[], &[home], "context usual of ", "of-usual"),
        (
            &["--kubeconfig", "~/named"],
            &[home],
            "context named of ",
            "of-named",
        ),
        (
            &[],
            &[home, ("IAMRA_KUBECONFIG", "~/named:~/other"), variable],
            "context named of ",
            "of-named",
        ),
    ] {
        let access = access(flags, variables, &pod).unwrap();
        assert!(access.place.starts_with(expected), "{}", access.place);
        assert_eq!(access.own_namespace, namespace, "{}", access.place);
    }
}

#[test]
fn a_pods_own_cluster_is_reached_without_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    kubeconfig(&config, "named");
    std::fs::write(folder.path().join("token"), "t").unwrap();
    let variables = [
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
        ("KUBERNETES_SERVICE_PORT", "443"),
        ("https_proxy", "http://proxy.example.test:3128"),
    ];
    let flags = ["--kubeconfig", config.to_str().unwrap()];
    for (flags, has_proxy) in [(&[][..], false), (&flags, true)] {
        let proxy = with_context(flags, &variables, |context| {
            let way = Way::find(context, folder.path()).unwrap();
            let base = connection::base(&way.cluster).unwrap();
            way.destination(&base, &context.settings).unwrap().proxy
        });
        assert_eq!(proxy.is_some(), has_proxy, "{flags:?}");
    }
}

#[test]
fn a_pod_says_which_namespace_it_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let pod = folder.path();
    std::fs::write(pod.join("token"), "t").unwrap();
    let authority = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertificateParams::default()
        .self_signed(&authority)
        .unwrap();
    std::fs::write(pod.join("ca.crt"), authority.pem()).unwrap();
    let host = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    let port = ("KUBERNETES_SERVICE_PORT", "443");
    let failure = access(&[], &[host, port], pod).unwrap_err();
    let hint = failure.hint().unwrap();
    assert!(hint.contains("POD_NAMESPACE"), "{failure}: {hint}");
    let named = access(&["--own-namespace", "us"], &[host, port], pod);
    assert_eq!(named.unwrap().own_namespace, "us");
}

#[test]
fn where_there_is_no_way_all_three_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = ("HOME", folder.path().to_str().unwrap());
    let failure = access(&[], &[home], folder.path()).unwrap_err();
    assert_eq!(failure.code(), "kubernetes.no-cluster");
    let message = failure.to_string().replace(home.1, "HOME");
    assert_eq!(
        message,
        "no cluster is known: no kubeconfig is named (--kubeconfig, KUBECONFIG), no pod's service account is \
         at hand (KUBERNETES_SERVICE_HOST is not set), and HOME/.kube/config is not there"
    );
    for (flags, variables, expected) in [
        (&["--context", "a"][..], &[home][..], "(a context is named)"),
        (&[], &[], "and no home folder has a .kube/config"),
        (
            &["--kubeconfig", "~/a"],
            &[],
            "--kubeconfig: there is no home folder",
        ),
        (
            &["--kubeconfig", ":"],
            &[],
            "--kubeconfig: it names no file",
        ),
        (
            &["--kubeconfig", "/no/such/file"],
            &[home],
            "/no/such/file does not exist",
        ),
    ] {
        let message = access(flags, variables, folder.path())
            .unwrap_err()
            .to_string();
        assert!(message.contains(expected), "{message}");
    }
}

/// What a user cannot be, with the place in the message.
#[test]
fn what_we_do_not_do_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    for (user, expected) in [
        (
            "auth-provider: {name: gcp, config: {access-token: hunter2}}",
            "has an auth-provider",
        ),
        ("token: hunter2, as: root", "impersonates"),
        ("token: hunter2, as-uid: '1'", "impersonates"),
        ("token: hunter2, as-groups: [a]", "impersonates"),
        ("token: hunter2, as-user-extra: {a: [b]}", "impersonates"),
        ("token: hunter2, username: a", "has a token and a password"),
        (
            "exec: {apiVersion: v1, command: a, args: [hunter2]}",
            "its apiVersion \"v1\" is none of",
        ),
        ("client-certificate: a", "without a client-key"),
        ("client-certificate: a, client-key: b", "cannot read "),
    ] {
        let text = format!(
            "current-context: x\nclusters: [{{name: c, cluster: {{server: 'https://c'}}}}]\n\
             contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\n\
             users: [{{name: u, user: {{{user}}}}}]"
        );
        std::fs::write(&file, text).unwrap();
        let flags = ["--kubeconfig", file.to_str().unwrap()];
        let message = access(&flags, &[], folder.path()).unwrap_err().to_string();
        assert!(message.starts_with("context x of "), "{message}");
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    kubeconfig(&file, "x");
    let flags = ["--kubeconfig", file.to_str().unwrap()];
    let access = access(&flags, &[], folder.path()).unwrap();
    let shown = format!("{access:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(
        shown.contains("cluster: Cluster { base: https://x/, .. }"),
        "{shown}"
    );
}
