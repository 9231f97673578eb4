//! Requests that two parsers might read in two ways, and those that are too long.

use std::fmt::Write as _;

use credential_server::{Doors, Entrance, Outcome};
use tokio::net::TcpStream;

use crate::client::{ask, is_closed, receive, request, send};
use crate::fixture::serving;

/// What a smuggler puts behind a request: it would be answered with credentials.
const SMUGGLED: &str = "GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: t0ken\r\n\r\n";

#[tokio::test]
async fn an_ambiguous_request_is_refused_and_nothing_behind_it_is_read() {
    serving(Doors::ALL, async |fixture| {
        let host = "Host: localhost\r\n";
        let auth = "Authorization: t0ken\r\n";
        for (case, head) in [
            ("both lengths", format!("GET /creds HTTP/1.1\r\n{host}{auth}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
            ("chunked", format!("GET /creds HTTP/1.1\r\n{host}{auth}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
            ("chunked PUT", format!("PUT /latest/api/token HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
            ("odd encoding", format!("GET /creds HTTP/1.1\r\n{host}{auth}Transfer-Encoding: xchunked\r\n\r\n")),
            ("hidden encoding", format!("GET /creds HTTP/1.1\r\n{host}{auth}Transfer-Encoding : chunked\r\n\r\n")),
            ("body of a GET", format!("GET /creds HTTP/1.1\r\n{host}{auth}Content-Length: 5\r\n\r\nhello")),
            ("body of a PUT", format!("PUT /latest/api/token HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\n{{}}")),
            ("two lengths", format!("GET /creds HTTP/1.1\r\n{host}{auth}Content-Length: 0\r\nContent-Length: 4\r\n\r\n")),
            ("signed length", format!("GET /creds HTTP/1.1\r\n{host}{auth}Content-Length: +0\r\n\r\n")),
            ("negative length", format!("GET /creds HTTP/1.1\r\n{host}{auth}Content-Length: -1\r\n\r\n")),
            ("absolute target", format!("GET http://localhost/creds HTTP/1.1\r\n{host}{auth}\r\n")),
            ("foreign absolute target", format!("GET http://evil.example/creds HTTP/1.1\r\n{host}{auth}\r\n")),
            ("CONNECT", format!("CONNECT localhost:80 HTTP/1.1\r\n{host}\r\n")),
            ("no Host", format!("GET /creds HTTP/1.1\r\n{auth}\r\n")),
            ("empty Host", format!("GET /creds HTTP/1.1\r\nHost:\r\n{auth}\r\n")),
            ("two Hosts", format!("GET /creds HTTP/1.1\r\n{host}Host: evil.example\r\n{auth}\r\n")),
            ("the same Host twice", format!("GET /creds HTTP/1.1\r\n{host}{host}{auth}\r\n")),
            ("a list of Hosts", format!("GET /creds HTTP/1.1\r\nHost: localhost, evil.example\r\n{auth}\r\n")),
            ("a user in Host", format!("GET /creds HTTP/1.1\r\nHost: a@localhost\r\n{auth}\r\n")),
            ("HTTP/1.0 without Host", format!("GET /creds HTTP/1.0\r\n{auth}Connection: keep-alive\r\n\r\n")),
            ("folded header", format!("GET /creds HTTP/1.1\r\n{host}X-A: b\r\n c\r\n{auth}\r\n")),
            ("a space before the colon", format!("GET /creds HTTP/1.1\r\nHost : localhost\r\n{auth}\r\n")),
            ("a NUL", format!("GET /creds HTTP/1.1\r\n{host}X-A: \0\r\n{auth}\r\n")),
            ("a control byte in the path", format!("GET /cr\x01eds HTTP/1.1\r\n{host}{auth}\r\n")),
            ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
            ("HTTP/0.9", "GET /creds\r\n".to_owned()),
            ("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01".to_owned()),
        ] {
            let mut stream = TcpStream::connect(fixture.address).await.unwrap();
            send(&mut stream, &format!("{head}{SMUGGLED}")).await;
            if let Some(reply) = receive(&mut stream).await {
                assert_eq!(reply.status, 400, "{case}");
            }
            assert!(is_closed(&mut stream).await, "{case}");
        }
        let handed_out = fixture.server.counters().requests(Entrance::Container, Outcome::HandedOut);
        assert_eq!(handed_out, 0);
    })
    .await;
}

#[tokio::test]
async fn a_head_is_bounded() {
    serving(Doors::ALL, async |fixture| {
        let long = "x".repeat(6000);
        let two = [("X-A", long.as_str()), ("Authorization", "t0ken")];
        let reply = ask(fixture.address, &request("GET", "/creds", &two)).await;
        assert_eq!(reply.status, 200);

        let many: String = (0..150).fold(String::new(), |mut text, number| {
            let _ = write!(text, "X-{number}: a\r\n");
            text
        });
        let longer = "x".repeat(20_000);
        for (case, head, status) in [
            (
                "a long header",
                format!("GET /creds HTTP/1.1\r\nHost: localhost\r\nX-A: {longer}\r\n\r\n"),
                431,
            ),
            (
                "many headers",
                format!("GET /creds HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"),
                431,
            ),
            (
                "a long path",
                format!("GET /{longer} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                431,
            ),
        ] {
            let mut stream = TcpStream::connect(fixture.address).await.unwrap();
            send(&mut stream, &head).await;
            // What was not read may have made the system drop the answer.
            if let Some(reply) = receive(&mut stream).await {
                assert_eq!(reply.status, status, "{case}");
            }
            assert!(is_closed(&mut stream).await, "{case}");
        }
        assert_eq!(fixture.server.counters().broken_connections(), 3);
    })
    .await;
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_their_order() {
    serving(Doors::ALL, async |fixture| {
        let auth = [("Authorization", "t0ken")];
        let wrong = [("Authorization", "wrong")];
        let row: String = (0..50)
            .map(|number| {
                request(
                    "GET",
                    "/creds",
                    if number % 2 == 0 { &auth } else { &wrong },
                )
            })
            .collect();
        let mut stream = TcpStream::connect(fixture.address).await.unwrap();
        send(&mut stream, &row).await;
        for number in 0..50 {
            let reply = receive(&mut stream).await.unwrap();
            let expected = if number % 2 == 0 { 200 } else { 401 };
            assert_eq!(reply.status, expected, "{number}");
        }
    })
    .await;
}
