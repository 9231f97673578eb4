//! A real client of registries, by their real names through the tunnel.

use std::io::Write as _;
use std::process::{Command, Output};

use refresh::{Clock as _, SystemClock};
use tempfile::{NamedTempFile, TempDir};

use crate::ecr::password;
use crate::running::Clock;
use crate::sts::{Session, session_at};

const OURS: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

/// Runs skopeo with a password of ours, through the tunnel.
async fn skopeo(it: &Session, arguments: &[&str]) -> Output {
    let tunnel = it.running.tunnel().await.unwrap();
    let mut authority = NamedTempFile::new().unwrap();
    let pem = it.running.aws_ca_pem().unwrap();
    authority.write_all(pem.as_bytes()).unwrap();
    let mut command = Command::new("skopeo");
    command
        .args([
            "--insecure-policy",
            "--override-arch",
            "amd64",
            "--override-os",
            "linux",
        ])
        .args(arguments)
        .env("HTTPS_PROXY", tunnel.url())
        .env("SSL_CERT_FILE", authority.path());
    tokio::select! {
        () = tunnel.serve() => panic!("serving does not end"),
        output = tokio::task::spawn_blocking(move || command.output()) => output.unwrap().unwrap(),
    }
}

#[tokio::test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
async fn skopeo_pulls_and_lists() {
    if Command::new("skopeo").arg("--version").output().is_err() {
        eprintln!("SKIPPED: skopeo is not on the PATH");
        return;
    }
    // Certificates are checked against the real time.
    let clock = Clock::recorded();
    clock.set(SystemClock.now());
    let it = session_at(clock, |settings| settings.tls = true).await;
    let credentials = format!("AWS:{}", password(&it, "us-east-1").await);
    let folder = TempDir::new().unwrap();
    let target = format!("oci:{}:1", folder.path().display());
    let image = format!("docker://{OURS}/team/app:1");
    let output = skopeo(&it, &["copy", "--src-creds", &credentials, &image, &target]).await;
    assert!(output.status.success(), "{output:?}");
    let index = std::fs::read_to_string(folder.path().join("index.json")).unwrap();
    assert!(index.contains(crate::registry::IMAGE), "{index}");
    let many = format!("docker://{OURS}/many");
    let output = skopeo(&it, &["list-tags", "--creds", &credentials, &many]).await;
    let tags = String::from_utf8(output.stdout).unwrap();
    assert_eq!(tags.matches("\"v").count(), 250, "{tags}");
}
