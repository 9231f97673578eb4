//! Many at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use credential_server::{Doors, Entrance, Outcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::{get, receive, request, send};
use crate::fixture::{serving, until};

const CREDS: [(&str, &str); 1] = [("Authorization", "t0ken")];

/// One slow answer holds nobody else up: all of them reach the broker, whose
/// work it is to make one fetch of them.
#[tokio::test]
async fn twenty_clients_wait_at_once() {
    serving(Doors::ALL, async |fixture| {
        let broker = fixture.server.broker();
        broker.gate.forget_permits(usize::MAX);
        let mut clients = JoinSet::new();
        for _ in 0..20 {
            let address = fixture.address;
            clients.spawn(async move { get(address, "/creds", &CREDS).await.status });
        }
        until("all twenty wait", || broker.waiting.load(SeqCst) == 20).await;
        // Meanwhile, another is told at once that it has no token.
        assert_eq!(get(fixture.address, "/creds", &[]).await.status, 401);
        broker.gate.add_permits(20);
        assert_eq!(clients.join_all().await, [200; 20]);
    })
    .await;
}

/// Connections that never pause share what the runtime lets one task do in a
/// turn; whoever is new comes in all the same.
#[tokio::test]
async fn busy_connections_keep_nobody_out() {
    serving(Doors::ALL, async |fixture| {
        let address = fixture.address;
        std::thread::spawn(move || flood(address, 150));
        let counters = fixture.server.counters();
        let refused = || counters.requests(Entrance::Container, Outcome::Unauthorized);
        until("all are busy", || refused() > 10_000).await;
        for _ in 0..5 {
            assert_eq!(get(fixture.address, "/creds", &CREDS).await.status, 200);
        }
    })
    .await;
}

/// Asks on so many connections without a pause, until they are closed.
fn flood(address: SocketAddr, connections: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut busy = JoinSet::new();
        for _ in 0..connections {
            let stream = TcpStream::connect(address).await.unwrap();
            let (mut reader, mut writer) = stream.into_split();
            let row = request("GET", "/creds", &[]).repeat(100);
            busy.spawn(async move { while writer.write_all(row.as_bytes()).await.is_ok() {} });
            busy.spawn(async move {
                let mut answers = vec![0; 65_536];
                while reader.read(&mut answers).await.is_ok_and(|read| read > 0) {}
            });
        }
        busy.join_all().await;
    });
}

/// Whoever asks again as soon as it is answered does not come before those who
/// wait: with 128 such clients, most of a hundred were never answered once.
#[tokio::test]
async fn busy_connections_are_answered_in_turn() {
    let answered: Arc<[AtomicUsize]> = (0..300).map(|_| AtomicUsize::new(0)).collect();
    serving(Doors::ALL, async |fixture| {
        let (address, counts) = (fixture.address, Arc::clone(&answered));
        std::thread::spawn(move || ask_on(address, &counts));
        let least = || answered.iter().map(|count| count.load(SeqCst)).min();
        until("each has had some answers", || least() > Some(20)).await;
    })
    .await;
    let counts = answered.iter().map(|count| count.load(SeqCst));
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), count| {
        (least.min(count), most.max(count))
    });
    assert!(least * 10 > most, "one had {most}, another one {least}");
}

/// Asks on as many connections as there are counters, one request after the
/// other on each, until they are closed.
fn ask_on(address: SocketAddr, answered: &Arc<[AtomicUsize]>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut asking = JoinSet::new();
        for number in 0..answered.len() {
            let answered = Arc::clone(answered);
            let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
            asking.spawn(async move {
                loop {
                    send(&mut stream, &request("GET", "/creds", &CREDS)).await;
                    match receive(&mut stream).await {
                        Some(_) => answered[number].fetch_add(1, SeqCst),
                        None => break,
                    };
                }
            });
        }
        asking.join_all().await;
    });
}

/// Both ends are in this process: as many as its limit of open files allows.
#[tokio::test]
async fn ten_thousand_connections_leave_the_service_unharmed() {
    let many = most_connections();
    if many <= 512 {
        eprintln!("SKIPPED: too few files may be open for a crowd: {many} connections at most");
        return;
    }
    if many < 10_000 {
        eprintln!("SKIPPED in part: the limit of open files allows {many} connections");
    }
    serving(Doors::ALL, async |fixture| {
        let counters = fixture.server.counters();
        let mut regular = TcpStream::connect(fixture.address).await.unwrap();
        send(&mut regular, &request("GET", "/creds", &CREDS)).await;
        assert_eq!(receive(&mut regular).await.unwrap().status, 200);
        let mut crowd = Vec::new();
        for number in 0..many {
            let mut stream = TcpStream::connect(fixture.address).await.unwrap();
            // Some say nothing, some begin, some ask without a token.
            match number % 3 {
                0 => {}
                1 => send(&mut stream, "GET /creds HTTP/1.1\r\n").await,
                _ => send(&mut stream, &request("GET", "/creds", &[])).await,
            }
            crowd.push(stream);
            if number % 500 == 0 {
                assert_eq!(get(fixture.address, "/creds", &CREDS).await.status, 200);
            }
            assert!(counters.live_connections() <= 512);
        }
        send(&mut regular, &request("GET", "/creds", &CREDS)).await;
        assert_eq!(receive(&mut regular).await.unwrap().status, 200);
        drop(crowd);
        drop(regular);
        until("all are gone", || counters.live_connections() == 0).await;
        assert_eq!(get(fixture.address, "/creds", &CREDS).await.status, 200);
        assert_eq!(counters.accept_failures(), 0);
        assert!(counters.requests(Entrance::Container, Outcome::HandedOut) > 2);
    })
    .await;
}

#[cfg(unix)]
fn most_connections() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    // Both ends of those that are served, and room for the other tests.
    usize::try_from(files)
        .unwrap_or(usize::MAX)
        .saturating_sub(2000)
        .min(10_000)
}

#[cfg(not(unix))]
fn most_connections() -> usize {
    1000
}
