//! `cert watch` at a real OpenBao that is sealed, killed and throttled, with
//! tokens and certificates of seconds.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::deployment::Deployment;
use super::login_setup;
use super::server::{CA_FILE, Transport};
use crate::daemon::{Daemon, free_address};
use crate::run::{Run, iamra};

const ISSUED: &str = "Vault issued a certificate";
const LOGIN: &str = "event=\"login\"";

/// A watch over the folder `pki`, with a token of the policy `iamra`.
fn command(deployment: &Deployment, more: &[&str]) -> Command {
    let watch = ["cert", "watch", "--out-dir", "pki"];
    let retries = ["--vault-max-retries", "0"];
    deployment.command(&[&watch[..], &retries, more].concat())
}

/// The same without a token: it has to log in.
fn without_token(deployment: &Deployment, more: &[&str]) -> Command {
    let mut command = command(deployment, more);
    command.env("VAULT_TOKEN", "").env_remove("VAULT_ROLE");
    command
}

fn start(deployment: &Deployment, command: &mut Command) -> Daemon {
    Daemon::start(command, deployment.laboratory.home())
}

fn certificate(deployment: &Deployment) -> String {
    deployment.laboratory.read("pki/cert.pem")
}

/// Waits until another certificate than `before` is in the folder.
#[track_caller]
fn until_replaced(daemon: &mut Daemon, deployment: &Deployment, before: &str) {
    daemon.until("replaced", || certificate(deployment) != before);
}

fn said(daemon: &Daemon, text: &str) -> usize {
    daemon.said().matches(text).count()
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn it_keeps_the_set_while_sealed_and_refreshes_when_unsealed() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let address = free_address();
    let mut watch = command(&deployment, &["--metrics-addr", &address]);
    let mut daemon = start(&deployment, &mut watch);
    daemon.until_said("the certificate is valid until", 1);
    let first = certificate(&deployment);
    daemon.signal(Signal::HUP);
    until_replaced(&mut daemon, &deployment, &first);

    let second = certificate(&deployment);
    deployment.bao.demand("PUT", "sys/seal", &Value::Null);
    daemon.signal(Signal::HUP);
    daemon.until_said("Vault is sealed", 2);
    assert!(daemon.said().contains("WARN"), "{}", daemon.said());
    assert!(!daemon.said().contains("ERROR"), "{}", daemon.said());
    assert_eq!(certificate(&deployment), second);
    let probe = ["health", "--ready", "--metrics-addr", &address];
    Run::of(iamra(deployment.laboratory.home()).args(probe)).ok();

    deployment.server.unseal(&deployment.bao);
    until_replaced(&mut daemon, &deployment, &second);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn it_outlives_a_server_that_is_killed_and_started_again() {
    let Some(mut deployment) = Deployment::durable() else {
        return;
    };
    let mut watch = command(&deployment, &[]);
    let mut daemon = start(&deployment, &mut watch);
    daemon.until_said("the certificate is valid until", 1);
    let before = certificate(&deployment);
    deployment.server.kill();
    daemon.signal(Signal::HUP);
    daemon.until_said("retry_in_seconds", 1);
    assert!(
        daemon.said().contains("vault.unavailable"),
        "{}",
        daemon.said()
    );
    let Deployment { server, bao, .. } = &mut deployment;
    server.start_again(bao);
    daemon.until_said("Vault is sealed", 1);
    assert_eq!(certificate(&deployment), before);
    deployment.server.unseal(&deployment.bao);
    until_replaced(&mut daemon, &deployment, &before);
    daemon.end();
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn it_outlasts_a_quota_that_is_used_up() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let quota = json!({ "path": "pki-aws/", "rate": 1, "interval": "6s" });
    let path = "sys/quotas/rate-limit/strict";
    deployment.bao.demand("POST", path, &quota);
    let mut watch = command(&deployment, &[]);
    let mut daemon = start(&deployment, &mut watch);
    daemon.until_said("the certificate is valid until", 1);
    let before = certificate(&deployment);
    daemon.signal(Signal::HUP);
    daemon.until_said("vault.throttled", 1);
    assert_eq!(certificate(&deployment), before);
    until_replaced(&mut daemon, &deployment, &before);
    assert!(!daemon.said().contains("ERROR"), "{}", daemon.said());
    daemon.end();
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn an_app_roles_token_is_renewed_and_replaced_at_its_longest_life() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let longest = json!({ "token_ttl": "8s", "token_max_ttl": "20s" });
    let role_id = login_setup::app_role(&deployment.bao, &longest);
    let secret_id = login_setup::secret_id(&deployment.bao);
    let app_role = ["--auth", "approle", "--role-id", &role_id];
    let mut watch = without_token(&deployment, &app_role);
    let mut daemon = start(&deployment, watch.env("IAMRA_SECRET_ID", &secret_id));
    daemon.until_said("the certificate is valid until", 1);
    let first = certificate(&deployment);
    // Longer than the token lives if nobody renews it.
    sleep(Duration::from_secs(10));
    daemon.signal(Signal::HUP);
    until_replaced(&mut daemon, &deployment, &first);
    assert_eq!(said(&daemon, LOGIN), 1, "{}", daemon.said());

    // Longer than it can live at all.
    sleep(Duration::from_secs(12));
    let second = certificate(&deployment);
    daemon.signal(Signal::HUP);
    until_replaced(&mut daemon, &deployment, &second);
    assert_eq!(said(&daemon, LOGIN), 2, "{}", daemon.said());
    assert_eq!(said(&daemon, "retry_in_seconds"), 0, "{}", daemon.said());
    daemon.end();
}

/// What is logged in with expires within the test: only the successor, read
/// again from the folder, can have fetched the last one.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_certificate_logs_in_for_its_successor_over_and_over() {
    let Some(deployment) = Deployment::reached_by(Transport::Tls) else {
        return;
    };
    let root = deployment.laboratory.read("root.pem");
    login_setup::certificates(&deployment.bao, &root);
    let role = json!({ "allow_any_name": true, "key_type": "ec", "not_before_duration": "1s" });
    deployment.bao.demand("POST", "pki-aws/roles/short", &role);
    let short = ["--pki-role", "short", "--ttl", "24s", "--layout", "bundle"];
    let mut first = command(&deployment, &[&short[..], &["--once"]].concat());
    Run::of(first.env("VAULT_CACERT", CA_FILE)).ok();

    let mut watch = without_token(&deployment, &[&short[..], &["--auth", "cert"]].concat());
    watch
        .env("VAULT_CACERT", CA_FILE)
        .env("VAULT_CLIENT_CERT", "pki/cert.pem")
        .env("VAULT_CLIENT_KEY", "pki/private.pem");
    let mut daemon = start(&deployment, &mut watch);
    for number in 1..=4 {
        daemon.until_said("revoked our token", number);
    }
    assert!(!daemon.said().contains("expired"), "{}", daemon.said());
    assert!(!daemon.said().contains("retry_in"), "{}", daemon.said());
    assert_eq!(said(&daemon, ISSUED), 4, "{}", daemon.said());
    assert_eq!(said(&daemon, LOGIN), 4, "{}", daemon.said());
    daemon.end();
}

/// With `generate_lease`, OpenBao revokes a certificate when the token ends
/// that it was obtained with.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_certificate_on_a_lease_is_replaced_before_its_token_ends() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let bao = &deployment.bao;
    let role = json!({ "allow_any_name": true, "key_type": "ec", "generate_lease": true });
    bao.demand("POST", "pki-aws/roles/leased", &role);
    let login = json!({
        "bound_service_account_names": ["iamra"],
        "bound_service_account_namespaces": ["apps"],
        "audience": "vault",
        "token_policies": ["iamra"],
        "token_ttl": "30s",
        "token_max_ttl": "60s",
    });
    bao.demand("POST", "auth/kubernetes/role/iamra", &login);
    let jwt = &deployment.service_accounts.good;
    let jwt = deployment.laboratory.write("jwt", jwt);
    let kubernetes = ["--auth", "kubernetes", "--auth-role", "iamra"];
    let more = ["--jwt-file", &jwt, "--pki-role", "leased"];
    let mut watch = without_token(&deployment, &[kubernetes, more].concat());
    let mut daemon = start(&deployment, &mut watch);
    daemon.until_said("the certificate is valid until", 1);
    let first = serial(&deployment);
    assert!(!is_revoked(&deployment, &first));

    // As long as its token can be renewed, it is good.
    sleep(Duration::from_secs(40));
    assert_eq!(said(&daemon, ISSUED), 1, "{}", daemon.said());
    daemon.until_said("ends with the token that it hangs on", 1);
    daemon.until_said(ISSUED, 2);
    assert_eq!(said(&daemon, LOGIN), 2, "{}", daemon.said());
    assert!(!is_revoked(&deployment, &first), "too late");
    // Until the first token is gone, and the first certificate with it.
    daemon.until("the first revoked", || is_revoked(&deployment, &first));
    let in_use = serial(&deployment);
    assert!(!is_revoked(&deployment, &in_use), "{in_use}");
    assert_eq!(said(&daemon, "revoked our token"), 0, "{}", daemon.said());
    daemon.end();
}

/// The serial number of the certificate in the folder.
fn serial(deployment: &Deployment) -> String {
    let show = [
        "cert",
        "show",
        "--certificate",
        "pki/cert.pem",
        "-o",
        "json",
    ];
    let shown = deployment.laboratory.run(&show).ok().stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    login_setup::text(&shown[0]["serial"])
}

/// Whether OpenBao has revoked the certificate with this serial number.
fn is_revoked(deployment: &Deployment, serial: &str) -> bool {
    let path = format!("pki-aws/cert/{serial}");
    let found = deployment.bao.demand("GET", &path, &Value::Null);
    found["data"]["revocation_time"] != 0
}
