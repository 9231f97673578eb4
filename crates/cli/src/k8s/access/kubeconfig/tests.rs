#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "a test's own folder")]

use super::*;

const WHOLE: &str = "
apiVersion: v1
kind: Config
preferences: {}
current-context: one
clusters:
- name: c1
  cluster:
    server: https://one
    certificate-authority: pki/ca.crt
    insecure-skip-tls-verify: null
    extensions:
    - name: client.authentication.k8s.io/exec
      extension: {audience: here}
- {name: c2, cluster: {server: 'https://two', certificate-authority: /etc/ca.crt, tls-server-name: t}}
contexts:
- {name: one, context: {cluster: c1, user: u1, namespace: team-a}}
- {name: two, context: {cluster: c2, user: u2}}
- {name: lost, context: {cluster: c3}}
- {name: bare, context: {cluster: c2}}
users:
- name: u1
  user: {token: 00123, tokenFile: token, client-certificate: a.crt, client-key: ../a.key}
- name: u2
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: bin/login
      args: [-x, 1, true]
      env: null
      interactiveMode: IfAvailable
      provideClusterInfo: true
";

fn parse(text: &str) -> Result<Kubeconfig, Failure> {
    Kubeconfig::parse(text, Path::new("/home/u/config"))
}

#[test]
fn a_context_leads_to_cluster_and_user() {
    let kubeconfig = parse(WHOLE).unwrap();
    let one = kubeconfig.choose(None).unwrap();
    assert_eq!(one.place, "context one of /home/u/config");
    assert_eq!(one.namespace.as_deref(), Some("team-a"));
    assert_eq!(one.cluster.server.as_str(), "https://one");
    assert_eq!(one.cluster.extensions[0].extension["audience"], "here");
    assert_eq!(one.user.token.as_str(), "00123");
    let files = [
        (&one.cluster.certificate_authority, "/home/u/pki/ca.crt"),
        (&one.user.token_file, "/home/u/token"),
        (&one.user.client_certificate, "/home/u/a.crt"),
        (&one.user.client_key, "/home/u/../a.key"),
    ];
    for (text, expected) in files {
        assert_eq!(text.as_str(), expected);
    }
    let two = kubeconfig.choose(Some("two")).unwrap();
    assert_eq!(two.cluster.certificate_authority.as_str(), "/etc/ca.crt");
    assert_eq!(two.cluster.tls_server_name.as_str(), "t");
    let exec = two.user.exec.unwrap();
    assert_eq!(exec.command.as_str(), "/home/u/bin/login");
    let arguments: Vec<_> = exec.args.iter().map(Text::as_str).collect();
    assert_eq!(arguments, ["-x", "1", "true"]);
    assert!(exec.provide_cluster_info && exec.env.is_empty());
    assert!(kubeconfig.choose(Some("bare")).unwrap().user.exec.is_none());
}

#[test]
fn what_is_not_there_is_named() {
    let choose = |text: &str, context: Option<&str>| {
        let failure = parse(text).unwrap().choose(context).err().unwrap();
        assert_eq!(failure.code(), "kubernetes.kubeconfig");
        format!("{failure}; {}", failure.hint().unwrap_or_default())
    };
    for (text, context, expected) in [
        (
            WHOLE,
            Some("no"),
            "/home/u/config has no context no; there is one, two, lost, bare",
        ),
        (
            WHOLE,
            Some("lost"),
            "/home/u/config has no cluster c3; there is c1, c2",
        ),
        (
            "",
            None,
            "/home/u/config has no current-context; name one: --context NAME; there is none",
        ),
        (
            "current-context: a\ncontexts: [{name: a, context: {}}]",
            None,
            "context a of /home/u/config names no cluster; ",
        ),
    ] {
        assert_eq!(choose(text, context), expected);
    }
}

#[test]
fn what_is_no_kubeconfig_is_refused_without_its_values() {
    for (text, expected) in [
        ("[hunter2]", "it is no mapping"),
        (
            "users: hunter2",
            "its users are not laid out as kubectl writes them",
        ),
        (
            "users: [{name: a, user: {token: [hunter2]}}]",
            "its users are not laid out as kubectl writes them",
        ),
        (
            "clusters: {a: hunter2}",
            "its clusters are not laid out as kubectl writes them",
        ),
        (
            "current-context: [hunter2]",
            "its current-context is no text",
        ),
        ("a: 'hunter2", "line "),
    ] {
        let message = parse(text).err().unwrap().to_string();
        assert!(
            message.starts_with("/home/u/config is no kubeconfig: "),
            "{message}"
        );
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn of_several_files_the_first_that_has_a_name_counts() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(
        at("a"),
        "clusters: [{name: c, cluster: {server: 'https://a', certificate-authority: ca}}]",
    )
    .unwrap();
    std::fs::create_dir(at("sub")).unwrap();
    std::fs::write(
        at("sub/b"),
        "current-context: x\nclusters: [{name: c, cluster: {server: 'https://b'}}]\n\
         contexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {tokenFile: t}}]",
    )
    .unwrap();
    let both = [at("a"), at("missing"), at("sub/b")];
    let way = Kubeconfig::read(&both).unwrap().choose(None).unwrap();
    assert_eq!(way.cluster.server.as_str(), "https://a");
    assert_eq!(
        way.cluster.certificate_authority.as_str(),
        at("ca").to_str().unwrap()
    );
    assert_eq!(way.user.token_file.as_str(), at("sub/t").to_str().unwrap());
    let place = format!(
        "context x of {} and {}",
        at("a").display(),
        at("sub/b").display()
    );
    assert_eq!(way.place, place);

    for paths in [&[at("missing")][..], &[at("missing"), at("gone")]] {
        assert_eq!(
            Kubeconfig::read(paths).err().unwrap().code(),
            "file.missing"
        );
    }
    std::fs::write(at("large"), vec![b'#'; 1024 * 1024 + 1]).unwrap();
    let failure = Kubeconfig::read(&[at("large")]).err().unwrap();
    assert_eq!(failure.code(), "file.invalid", "{failure}");
}
