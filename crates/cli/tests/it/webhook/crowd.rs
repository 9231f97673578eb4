//! Somebody takes all connections that there are, and says nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpSocket;

use super::{ROLE, Stage};
use crate::background::Background;
use crate::laboratory::runtime;

/// Several times as many as converse at once.
const CONNECTIONS: usize = 600;

/// Opens them from another address than the API server's, and each anew when it
/// is ended.
struct Flood {
    opened: Arc<AtomicUsize>,
    _connections: Background,
}

impl Flood {
    fn at(address: &str) -> Self {
        let opened = Arc::<AtomicUsize>::default();
        let (count, address) = (Arc::clone(&opened), address.parse().unwrap());
        let connections = async move {
            let mut silent = tokio::task::JoinSet::new();
            for _ in 0..CONNECTIONS {
                silent.spawn(say_nothing(address, Arc::clone(&count)));
            }
            silent.join_all().await;
        };
        Self {
            opened,
            _connections: Background::serve(runtime(), connections),
        }
    }
}

async fn say_nothing(address: SocketAddr, opened: Arc<AtomicUsize>) {
    loop {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
        let Ok(mut stream) = socket.connect(address).await else {
            return;
        };
        opened.fetch_add(1, Ordering::Relaxed);
        // Until we are hung up on.
        let _ = stream.read_u8().await;
    }
}

#[test]
fn who_says_nothing_keeps_no_review_out() {
    let mut stage = Stage::new(&["--log-level", "debug"]);
    let role = [("iamra.dev/role-arn", ROLE)];
    stage.cluster().create_service_account("shop", "web", &role);
    let flood = Flood::at(&stage.address);
    let is_there = || flood.opened.load(Ordering::Relaxed) >= CONNECTIONS;
    stage.daemon.until("crowded", is_there);
    // None waits until those who say nothing have had their time.
    let timeouts = |said: String| said.matches("a handshake took too long").count();
    let before = timeouts(stage.daemon.said());
    for _ in 0..5 {
        let response = stage.review("web");
        assert_eq!(response["allowed"], json!(true), "{response}");
        assert!(response["patch"].is_string(), "{response}");
    }
    assert_eq!(timeouts(stage.daemon.said()), before);
}
