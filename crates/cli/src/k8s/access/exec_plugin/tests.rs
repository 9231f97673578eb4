#![cfg(unix)]

use super::super::tests::with_context;
use super::*;

#[derive(Clone, Debug, Default)]
struct Hand(Arc<std::sync::Mutex<Duration>>);

impl Hand {
    fn pass(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

impl Clock for Hand {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + *self.0.lock().unwrap()
    }

    fn sleep(&self, _: Duration) -> refresh::Sleep<'_> {
        Box::pin(std::future::pending())
    }
}

fn entry(command: &str, arguments: &[&str]) -> ExecEntry {
    ExecEntry {
        api_version: "client.authentication.k8s.io/v1".into(),
        command: command.into(),
        args: arguments.iter().map(|it| (*it).into()).collect(),
        ..ExecEntry::default()
    }
}

fn plugin(entry: &ExecEntry) -> Result<(ExecPlugin, Hand), Failure> {
    let hand = Hand::default();
    let cluster = ClusterEntry {
        server: "https://one".into(),
        certificate_authority_data: "Q0E=".into(),
        ..ClusterEntry::default()
    };
    let variables = [
        ("PATH", "/usr/bin:/bin"),
        ("VAULT_TOKEN", "hunter2"),
        ("HOME", "/h"),
    ];
    let plugin = with_context(&[], &variables, |context| {
        let mut context = context.overlaid(crate::resolved::Overlay::default());
        context.clock = Arc::new(hand.clone());
        ExecPlugin::new(entry, &cluster, &context)
    });
    Ok((plugin?, hand))
}

/// Prints what says who we are, and counts how often.
fn counting(folder: &std::path::Path, status: &str) -> ExecEntry {
    let script = format!(
        r#"echo x >> {0}/n; n=$(grep -c x {0}/n); printf '{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{%s}}}}' "$(printf '{status}' "$n")""#,
        folder.display()
    );
    entry("sh", &["-c", &script])
}

async fn header(plugin: &ExecPlugin) -> String {
    let header = plugin.header().await.unwrap().unwrap();
    assert!(header.is_sensitive());
    header.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_is_kept_until_its_end_or_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let status = r#""token":"t%s","expirationTimestamp":"1970-01-01T00:10:00Z""#;
    let (plugin, hand) = plugin(&counting(folder.path(), status)).unwrap();
    assert!(plugin.client_identity().await.unwrap().is_none());
    assert_eq!(header(&plugin).await, "Bearer t1");
    // It was given only now: a refusal is the cluster's last word for a while.
    assert!(plugin.refused().await);
    assert_eq!(header(&plugin).await, "Bearer t1");
    hand.pass(Duration::from_mins(2));
    assert_eq!(header(&plugin).await, "Bearer t1");
    assert!(plugin.refused().await && plugin.refused().await);
    assert_eq!(header(&plugin).await, "Bearer t2");
    assert!(plugin.refused().await, "of one that was sent before");
    assert_eq!(header(&plugin).await, "Bearer t2");
    hand.pass(Duration::from_mins(8));
    assert_eq!(header(&plugin).await, "Bearer t3");
    assert_eq!(
        header(&plugin).await,
        "Bearer t3",
        "one that is over is not asked for at once again"
    );
}

#[tokio::test]
async fn many_requests_ask_once() {
    let folder = tempfile::tempdir().unwrap();
    let (plugin, _) = plugin(&counting(folder.path(), r#""token":"t%s""#)).unwrap();
    let plugin = &plugin;
    let headers = futures_util::future::join_all((0..20).map(|_| header(plugin))).await;
    assert!(
        headers.iter().all(|header| header == "Bearer t1"),
        "{headers:?}"
    );
}

#[tokio::test]
async fn another_certificate_needs_another_connection() {
    let folder = tempfile::tempdir().unwrap();
    let status = r#""clientCertificateData":"c%s","clientKeyData":"k","expirationTimestamp":"1970-01-01T00:01:00Z""#;
    let (plugin, hand) = plugin(&counting(folder.path(), status)).unwrap();
    let identity = plugin.client_identity().await.unwrap();
    let Some(ClientIdentity::Pem { certificate, .. }) = identity else {
        panic!("{identity:?}");
    };
    assert_eq!(certificate, b"c1");
    assert!(plugin.header().await.unwrap().is_none());
    hand.pass(Duration::from_mins(1));
    let error = plugin.header().await.unwrap_err().to_string();
    assert!(error.contains("another client certificate"), "{error}");
}

#[tokio::test]
async fn it_sees_the_users_environment_its_own_and_none_of_our_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let script = format!("env > {}", seen.display());
    let mut entry = entry("sh", &["-c", &script]);
    entry.provide_cluster_info = true;
    entry.env = vec![super::super::kubeconfig::Variable {
        name: "OWN".into(),
        value: "yes".into(),
    }];
    let (plugin, _) = plugin(&entry).unwrap();
    let error = plugin.client_identity().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "exec plugin sh: it does not print the JSON of an ExecCredential"
    );
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(
        seen.contains("OWN=yes\n") && seen.contains("HOME=/h\n"),
        "{seen}"
    );
    assert!(!seen.contains("hunter2"), "{seen}");
    let info = seen
        .lines()
        .find_map(|line| line.strip_prefix("KUBERNETES_EXEC_INFO="))
        .unwrap();
    let expected = serde_json::json!({
        "kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
        "spec": {"interactive": false, "cluster": {
            "server": "https://one", "certificate-authority-data": "Q0E="}}
    });
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(info).unwrap(),
        expected
    );
    assert_eq!(
        format!("{plugin:?}"),
        r#"ExecPlugin { program: Program("sh"), .. }"#
    );
}

#[tokio::test]
async fn what_fails_says_so() {
    let said = async |entry: &ExecEntry| {
        let asked = match plugin(entry) {
            Ok((plugin, _)) => plugin.client_identity().await.err().unwrap(),
            Err(failure) => failure,
        };
        (
            asked.to_string(),
            asked.hint().unwrap_or_default().to_owned(),
            asked.fault(),
        )
    };
    let mut missing = entry("no-such-program", &[]);
    missing.install_hint = "get it\n\n  at its home".into();
    let (message, hint, _) = said(&missing).await;
    assert!(
        message.starts_with("exec plugin no-such-program: it cannot be run: "),
        "{message}"
    );
    assert_eq!(hint, "get it at its home");

    let (message, _, fault) = said(&entry("sh", &["-c", "exit 3"])).await;
    assert_eq!(message, "exec plugin sh: it ended with exit code 3");
    assert_eq!(fault, FaultKind::Unavailable);
    let (message, ..) = said(&entry("sh", &["-c", "yes"])).await;
    assert_eq!(message, "exec plugin sh: it prints more than 262144 bytes");

    let mut always = entry("sh", &[]);
    always.interactive_mode = "Always".into();
    assert!(said(&always).await.0.contains("interactiveMode: Always"));
    let mut alpha = entry("sh", &[]);
    alpha.api_version = "client.authentication.k8s.io/v1alpha1".into();
    assert!(
        said(&alpha)
            .await
            .0
            .contains("is none of client.authentication.k8s.io/v1, ")
    );
    assert!(said(&entry("", &[])).await.0.contains("has no command"));
}
