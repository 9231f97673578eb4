//! Connections that do nothing, or too little.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use credential_server::{Doors, Limits, Listener, Settings};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{get, is_closed, receive, request, send, token};
use crate::fixture::{Fixture, serving_with, until};

const CREDS: [(&str, &str); 1] = [("Authorization", "t0ken")];

async fn bounded(limits: Limits, test: impl AsyncFnOnce(&Fixture<'_>)) {
    let settings = Settings {
        limits,
        ..Settings::default()
    };
    serving_with(
        settings,
        async |socket| Listener::tcp(socket, Doors::ALL),
        test,
    )
    .await;
}

#[tokio::test]
async fn a_head_that_comes_slowly_ends_the_connection() {
    let limits = Limits {
        head_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    bounded(limits, async |fixture| {
        let mut silent = TcpStream::connect(fixture.address).await.unwrap();
        assert!(is_closed(&mut silent).await);

        // A byte now and then does not help, on a new connection or a used one.
        for used in [false, true] {
            let mut slow = TcpStream::connect(fixture.address).await.unwrap();
            if used {
                send(&mut slow, &request("GET", "/creds", &CREDS)).await;
                assert_eq!(receive(&mut slow).await.unwrap().status, 200);
            }
            let mut sent = 0_u32;
            while slow.write_all(b"G").await.is_ok() {
                sent += 1;
                assert!(sent < 1000, "it is never closed");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        assert_eq!(fixture.server.counters().timed_out_connections(), 3);
        assert_eq!(fixture.server.counters().live_connections(), 0);
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_ends_and_a_waiting_one_does_not() {
    let limits = Limits {
        idle_timeout: Duration::from_millis(100),
        head_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    bounded(limits, async |fixture| {
        let mut idle = TcpStream::connect(fixture.address).await.unwrap();
        send(&mut idle, &request("GET", "/creds", &CREDS)).await;
        assert_eq!(receive(&mut idle).await.unwrap().status, 200);

        fixture.server.broker().gate.forget_permits(usize::MAX);
        let mut waiting = TcpStream::connect(fixture.address).await.unwrap();
        send(&mut waiting, &request("GET", "/creds", &CREDS)).await;

        assert!(is_closed(&mut idle).await);
        // The broker takes longer than any silence may last.
        tokio::time::sleep(Duration::from_millis(300)).await;
        fixture.server.broker().gate.add_permits(1);
        assert_eq!(receive(&mut waiting).await.unwrap().status, 200);
    })
    .await;
}

#[tokio::test]
async fn at_the_bound_the_quietest_stranger_makes_room() {
    let limits = Limits {
        most_connections: 4,
        ..Limits::default()
    };
    bounded(limits, async |fixture| {
        // A token that everybody gets makes nobody worth more.
        let pin = token(fixture.address, 60).await;
        let pin = [("X-aws-ec2-metadata-token", pin.as_str())];
        let mut pinned = Vec::new();
        for _ in 0..3 {
            let mut stream = TcpStream::connect(fixture.address).await.unwrap();
            send(&mut stream, &request("GET", "/latest/meta-data/", &pin)).await;
            assert_eq!(receive(&mut stream).await.unwrap().status, 200);
            pinned.push(stream);
        }
        let mut trusted = TcpStream::connect(fixture.address).await.unwrap();
        send(&mut trusted, &request("GET", "/creds", &CREDS)).await;
        assert_eq!(receive(&mut trusted).await.unwrap().status, 200);

        let mut strangers = Vec::new();
        for _ in 0..20 {
            let mut stranger = TcpStream::connect(fixture.address).await.unwrap();
            send(&mut stranger, "GET /cre").await;
            strangers.push(stranger);
        }
        let counters = fixture.server.counters();
        until("all are accepted", || counters.accepted_connections() == 25).await;
        assert_eq!(counters.live_connections(), 4);
        assert_eq!(counters.crowded_out_connections(), 20);
        for mut gone in strangers.drain(..17) {
            assert!(is_closed(&mut gone).await);
        }
        // Whoever is served goes on being served, and so is who comes now.
        send(&mut trusted, &request("GET", "/creds", &CREDS)).await;
        assert_eq!(receive(&mut trusted).await.unwrap().status, 200);
        assert_eq!(get(fixture.address, "/creds", &CREDS).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn who_is_being_answered_is_not_crowded_out() {
    let limits = Limits {
        most_connections: 2,
        ..Limits::default()
    };
    bounded(limits, async |fixture| {
        let broker = fixture.server.broker();
        broker.gate.forget_permits(usize::MAX);
        let mut waiting = Vec::new();
        for number in 1..=2 {
            let mut stream = TcpStream::connect(fixture.address).await.unwrap();
            send(&mut stream, &request("GET", "/creds", &CREDS)).await;
            until("it waits", || broker.waiting.load(SeqCst) == number).await;
            waiting.push(stream);
        }
        let mut late = TcpStream::connect(fixture.address).await.unwrap();
        assert!(is_closed(&mut late).await);
        broker.gate.add_permits(2);
        for mut stream in waiting {
            assert_eq!(receive(&mut stream).await.unwrap().status, 200);
        }
    })
    .await;
}
