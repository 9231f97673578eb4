//! The manner of the EKS Pod Identity agent, request by request.

use std::time::Duration;

use credential_server::{Doors, Entrance, Listener, Manner, Outcome, Refusal, Settings};

use crate::client::{ask, request};
use crate::fixture::{Fixture, serving_with};

const PATH: &str = "/delegated";
const V4: (&str, &str) = ("Host", "169.254.170.23");
const POD: (&str, &str) = ("Authorization", "pod");
const DENIED: &str = "Access Denied. Called agent through invalid address, please use either \
                      [169.254.170.23 fd00:ec2::23] address not ";

async fn serving(test: impl AsyncFnOnce(&Fixture<'_>)) {
    let manner = Manner::PodIdentityAgent {
        hosts: ["169.254.170.23", "fd00:ec2::23"].map(str::to_owned).into(),
    };
    let settings = Settings {
        manner,
        ..Settings::default()
    };
    let listener = async |socket| Listener::tcp(socket, Doors::CONTAINER);
    serving_with(settings, listener, test).await;
}

/// What is asked, and the status and text that come.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    u16,
    String,
);

fn rows() -> Vec<Row> {
    let denied = |host: &str| format!("{DENIED}{host}\n");
    let nothing = || "404 page not found\n".to_owned();
    let nobody = || "the token is nobody's\n".to_owned();
    vec![
        ("GET", PATH, &[V4], 401, nobody()),
        ("GET", PATH, &[V4, ("Authorization", "")], 401, nobody()),
        // No scheme is taken off.
        (
            "GET",
            PATH,
            &[V4, ("Authorization", "Bearer pod")],
            401,
            nobody(),
        ),
        (
            "GET",
            PATH,
            &[POD, ("Host", "localhost")],
            403,
            denied("localhost"),
        ),
        (
            "GET",
            PATH,
            &[POD, ("Host", "127.0.0.1:80")],
            403,
            denied("127.0.0.1"),
        ),
        (
            "GET",
            PATH,
            &[POD, ("Host", "evil.example")],
            403,
            denied("evil.example"),
        ),
        (
            "GET",
            PATH,
            &[POD, ("Host", "169.254.170.23.")],
            403,
            denied("169.254.170.23."),
        ),
        (
            "GET",
            PATH,
            &[POD, ("Host", "[fd00:ec2:0::23]")],
            403,
            denied("fd00:ec2:0::23"),
        ),
        // Whose host it is does not matter where there is nothing.
        ("GET", "/", &[("Host", "evil.example")], 404, nothing()),
        ("GET", "/delegated/", &[V4, POD], 404, nothing()),
        ("GET", "/latest/meta-data/", &[V4], 404, nothing()),
    ]
}

#[tokio::test]
async fn refusals_are_those_of_the_eks_agent() {
    serving(async |fixture| {
        for (method, path, headers, status, body) in rows() {
            let reply = ask(fixture.address, &request(method, path, headers)).await;
            let found = (reply.status, reply.body.as_str());
            assert_eq!(
                found,
                (status, body.as_str()),
                "{method} {path} {headers:?}"
            );
            assert_eq!(
                reply.header("content-type"),
                Some("text/plain; charset=utf-8")
            );
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        }
    })
    .await;
}

#[tokio::test]
async fn credentials_come_by_any_method_and_any_of_its_addresses() {
    serving(async |fixture| {
        for (method, host) in [
            ("GET", "169.254.170.23"),
            ("GET", "169.254.170.23:80"),
            ("GET", "[fd00:ec2::23]"),
            ("GET", "[fd00:ec2::23]:80"),
            ("GET", "fd00:ec2::23"),
            ("POST", "169.254.170.23"),
        ] {
            let asked = request(method, PATH, &[("Host", host), POD]);
            let reply = ask(fixture.address, &asked).await;
            assert_eq!(reply.status, 200, "{method} {host}: {}", reply.body);
            assert_eq!(reply.header("content-type"), Some("application/json"));
            for member in [
                "AccessKeyId",
                "SecretAccessKey",
                "Token",
                "AccountId",
                "Expiration",
            ] {
                assert!(
                    reply.body.contains(&format!("\"{member}\":\"")),
                    "{}",
                    reply.body
                );
            }
        }
        // A proxy on the way proves nothing either way: the token does.
        let asked = request("GET", PATH, &[V4, POD, ("X-Forwarded-For", "10.0.0.1")]);
        assert_eq!(ask(fixture.address, &asked).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_head_has_the_head_of_the_answer() {
    serving(async |fixture| {
        let mut stream = tokio::net::TcpStream::connect(fixture.address)
            .await
            .unwrap();
        for (headers, status) in [(&[V4, POD][..], "200"), (&[V4][..], "401")] {
            let asked = request("HEAD", PATH, headers);
            crate::client::send(&mut stream, &asked).await;
            let head = crate::client::head(&mut stream).await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            assert!(!head.contains("content-length: 0"), "{head}");
        }
        // And nothing has been handed out with it.
        let counters = fixture.server.counters();
        let requests = |outcome| counters.requests(Entrance::Container, outcome);
        assert_eq!(requests(Outcome::HandedOut), 0);
        assert_eq!(requests(Outcome::Answered), 1);
        assert!(fixture.server.broker().audit.lock().unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_go_takes_for_no_host_is_refused_before_all_else() {
    serving(async |fixture| {
        let bad = |why: &str| format!("400 Bad Request{why}");
        let asked = |host: &str| format!("GET /nothing HTTP/1.1\r\n{host}\r\n");
        for (host, expected) in [
            ("", bad(": missing required Host header")),
            ("Host: a b\r\n", bad(": malformed Host header")),
            ("Host: 169.254.170.23/\r\n", bad(": malformed Host header")),
            ("Host: 169.254.170.23\r\nHost: 169.254.170.23\r\n", bad("")),
        ] {
            let reply = ask(fixture.address, &asked(host)).await;
            assert_eq!(
                (reply.status, reply.body),
                (400, expected.clone()),
                "{host}"
            );
        }
        // HTTP/1.0 has none.
        let asked = format!("GET {PATH} HTTP/1.0\r\n\r\n");
        assert_eq!(ask(fixture.address, &asked).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn what_has_a_body_is_not_read() {
    serving(async |fixture| {
        let asked = request("POST", PATH, &[V4, POD, ("Content-Length", "2")]) + "{}";
        let reply = ask(fixture.address, &asked).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.header("connection"), Some("close"));
    })
    .await;
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    serving(async |fixture| {
        let retry_after = Duration::from_secs(1);
        for (refusal, status, after, body) in [
            (
                Refusal::Throttled { retry_after },
                429,
                Some("1"),
                "Too Many Requests\n",
            ),
            (
                Refusal::Invalid {
                    message: "no".to_owned(),
                },
                400,
                None,
                "no\n",
            ),
            (
                Refusal::NoRole {
                    message: "none".to_owned(),
                },
                404,
                None,
                "none\n",
            ),
        ] {
            *fixture.server.broker().answer.lock().unwrap() = Err(refusal);
            let reply = ask(fixture.address, &request("GET", PATH, &[V4, POD])).await;
            assert_eq!((reply.status, reply.body.as_str()), (status, body));
            assert_eq!(reply.header("retry-after"), after);
        }
    })
    .await;
}
