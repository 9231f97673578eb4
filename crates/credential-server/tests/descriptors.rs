//! Out of file descriptors. Alone in its process, whose limit it lowers.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use credential_server::{
    Broker, Caller, CredentialRequest, CredentialServer, Doors, HandOut, Instance, Listener,
    Refusal, Settings,
};
use refresh::ManualClock;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

struct Nobody;

impl Broker for Nobody {
    async fn credentials(&self, _: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
        Err(Refusal::NotFound)
    }

    async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
        Err(Refusal::NotFound)
    }
}

#[tokio::test]
async fn a_server_without_descriptors_waits_for_some() {
    let clock = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH));
    let server = CredentialServer::new(Nobody, clock, Settings::default()).unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    // Connected, but not accepted yet.
    let mut client = TcpStream::connect(address).await.unwrap();
    let taken = take_all_descriptors();

    let test = async {
        while server.counters().accept_failures() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let failures = server.counters().accept_failures();
        assert!(failures < 50, "it does not rest: {failures}");
        drop(taken);
        client
            .write_all(b"GET /creds HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    };
    tokio::select! {
        never = server.serve(vec![Listener::tcp(socket, Doors::ALL)]) => match never {},
        () = test => {}
    }
}

fn take_all_descriptors() -> Vec<File> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(64);
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    assert!(!taken.is_empty());
    taken
}
