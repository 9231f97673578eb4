//! Ports, TLS and loopback.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use iamra_sandbox::{Error, Loopback, Sandbox};
use refresh::{Clock as _, SystemClock};

use crate::running::{Clock, Running, client};

async fn status(running: &Running, authority: Option<&str>, url: &str) -> Option<u16> {
    let authorities: Vec<_> = authority.into_iter().collect();
    let response = client(&authorities).get(url).send().await;
    assert!(!running.vault_url().is_empty());
    response.ok().map(|response| response.status().as_u16())
}

#[tokio::test]
async fn each_destination_has_an_authority_of_its_own() {
    let mut settings = Clock::recorded().settings();
    settings.tls = true;
    settings.clock = Arc::new(real_time);
    let running = Running::with(settings).await;
    let (vault, aws) = (running.vault_ca_pem(), running.aws_ca_pem());
    let health = format!("{}/v1/sys/health", running.vault_url());
    let identity = running.aws_url();
    assert!(health.starts_with("https://") && identity.starts_with("https://"));
    assert_ne!(vault, aws);
    for (authority, url, expected) in [
        (vault, &health, Some(200)),
        (aws, &identity, Some(400)),
        (aws, &health, None),
        (vault, &identity, None),
    ] {
        assert_eq!(status(&running, authority, url).await, expected, "{url}");
        let by_name = url.replace("127.0.0.1", "localhost");
        assert_eq!(
            status(&running, authority, &by_name).await,
            expected,
            "{by_name}"
        );
    }
    // Plain HTTP stays, on ports of its own.
    let plain = format!("{}/v1/sys/health", running.vault_http_url());
    assert_eq!(status(&running, None, &plain).await, Some(200));
}

/// A TLS client verifies certificates against the real time.
fn real_time() -> SystemTime {
    SystemClock.now()
}

#[tokio::test]
async fn without_tls_there_is_no_https() {
    let running = Running::standard().await;
    assert_eq!(running.vault_url(), running.vault_http_url());
    assert_eq!(running.vault_https_url(), None);
    assert_eq!(running.aws_https_url(), None);
    assert_eq!(running.vault_ca_pem(), None);
}

#[tokio::test]
async fn ipv6_alone_is_enough() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("SKIPPED: this machine has no IPv6 loopback");
        return;
    }
    let mut settings = Clock::recorded().settings();
    settings.loopback = Loopback::V6;
    settings.tls = true;
    settings.clock = Arc::new(real_time);
    let running = Running::with(settings).await;
    let url = format!("{}/v1/sys/health", running.vault_url());
    assert!(url.starts_with("https://[::1]:"), "{url}");
    assert_eq!(
        status(&running, running.vault_ca_pem(), &url).await,
        Some(200)
    );
    assert_eq!(
        status(&running, None, &url.replace("[::1]", "127.0.0.1")).await,
        None
    );
}

#[tokio::test]
async fn a_given_port_is_used_and_a_taken_one_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut settings = Clock::recorded().settings();
    settings.ports.aws_http = port;
    let error = Sandbox::bind(settings.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Listen { address, .. } if address.port() == port));
    drop(taken);
    let running = Running::with(settings).await;
    assert_eq!(running.aws_url(), format!("http://127.0.0.1:{port}"));
}

#[tokio::test]
async fn nothing_answers_once_serving_has_ended() {
    let settings = Clock::recorded().settings();
    let sandbox = Sandbox::bind(settings).await.unwrap();
    let url = format!("{}/v1/sys/health", sandbox.vault_url());
    let client = client(&[]);
    let get = || async { client.get(&url).send().await.map(|it| it.status().as_u16()) };
    tokio::select! {
        () = sandbox.serve() => panic!("serving does not end"),
        status = get() => assert_eq!(status.unwrap(), 200),
    }
    let silence = tokio::time::timeout(Duration::from_millis(50), get()).await;
    assert!(!matches!(silence, Ok(Ok(_))), "{silence:?}");
    // Serving may begin again.
    tokio::select! {
        () = sandbox.serve() => panic!("serving does not end"),
        status = get() => assert_eq!(status.unwrap(), 200),
    }
}

#[tokio::test]
async fn a_request_beyond_a_mebibyte_is_refused() {
    let running = Running::standard().await;
    let url = format!("{}/sessions", running.aws_url());
    let body = vec![b' '; 1024 * 1024 + 1];
    let response = running.client.post(url).body(body).send().await;
    // The server may close while the client still sends.
    if let Ok(response) = response {
        assert_eq!(response.status().as_u16(), 413);
    }
    assert!(running.requests().is_empty());
}
