use std::time::Duration;

use bytes::Bytes;
use destination::{Destination, Error, HttpClient, Proxy};
use http::Request;
use http_body_util::BodyExt as _;
use refresh::{Fault as _, FaultKind};

use crate::peer::{OK, serve};

fn get(port: u16) -> Request<Bytes> {
    Request::get(format!("http://127.0.0.1:{port}/path?secret=hunter2"))
        .body(Bytes::new())
        .unwrap()
}

fn client() -> HttpClient {
    HttpClient::new(Destination {
        timeout: Duration::from_millis(300),
        ..Destination::default()
    })
    .unwrap()
}

#[tokio::test]
async fn an_answer_is_read_whole() {
    let port = serve(None, OK).await;
    let response = client().send(get(port)).await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(*response.body, b"ok");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let redirect = "HTTP/1.1 307 X\r\nlocation: http://elsewhere/\r\ncontent-length: 0\r\n\r\n";
    let port = serve(None, redirect).await;
    let response = client().send(get(port)).await.unwrap();
    assert_eq!(response.status, 307);
    assert_eq!(response.headers["location"], "http://elsewhere/");
}

#[tokio::test]
async fn a_body_is_read_up_to_one_mebibyte() {
    for (length, accepted) in [(1 << 20, true), ((1 << 20) + 1, false)] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}",
            "x".repeat(length)
        );
        let port = serve(None, answer).await;
        match client().send(get(port)).await {
            Ok(response) => assert!(accepted && response.body.len() == length),
            Err(error) => assert!(
                !accepted && matches!(error, Error::BodyTooLarge { .. }),
                "{error}"
            ),
        }
    }
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    // Promises a body and sends none.
    let port = serve(None, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n").await;
    let error = client().send(get(port)).await.unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1 did not answer within 0.3 s");
    assert_eq!(error.fault(), FaultKind::Unavailable);
}

#[tokio::test]
async fn an_answer_that_is_opened_has_its_own_limits() {
    let length = (1 << 20) + 1;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}",
        "x".repeat(length)
    );
    let port = serve(None, answer).await;
    let within = Duration::from_secs(20);
    let opened = client().open(get(port), within).await.unwrap();
    assert_eq!(opened.status(), 200);
    let body = opened.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body.len(), length);

    let port = serve(None, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n").await;
    let within = Duration::from_millis(200);
    let opened = client().open(get(port), within).await.unwrap();
    let error = opened.into_body().collect().await.unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1 did not answer within 0.2 s");
}

#[tokio::test]
async fn what_is_cut_off_or_not_http_is_no_answer() {
    for answer in ["", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\n"] {
        let port = serve(None, answer).await;
        let error = client().send(get(port)).await.unwrap_err();
        assert!(
            matches!(error, Error::Interrupted { .. }),
            "{answer:?}: {error:?}"
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_with_the_reason() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = client().send(get(port)).await.unwrap_err();
    let expected = "cannot connect to 127.0.0.1: Connection refused (os error 111)";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn only_ipv6_is_reached() {
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else {
        eprintln!("SKIPPED: this machine has no IPv6 loopback");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let _server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            crate::peer::converse(stream, OK.as_bytes()).await;
        }
    });
    let request = Request::get(format!("http://[::1]:{port}/"))
        .body(Bytes::new())
        .unwrap();
    assert_eq!(client().send(request).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_proxy_is_asked_but_never_for_loopback() {
    let proxy = serve(None, "HTTP/1.1 203 X\r\ncontent-length: 0\r\n\r\n").await;
    let direct = serve(None, OK).await;
    let client = HttpClient::new(Destination {
        proxy: Some(Proxy {
            no_proxy: "10.0.0.0/8,.svc".to_owned(),
            ..Proxy::all(format!("http://127.0.0.1:{proxy}").into())
        }),
        timeout: Duration::from_secs(2),
        connect_timeout: Duration::from_millis(200),
        ..Destination::default()
    })
    .unwrap();
    let proxied = Request::get("http://vault.example/")
        .body(Bytes::new())
        .unwrap();
    assert_eq!(client.send(proxied).await.unwrap().status, 203);
    assert_eq!(client.send(get(direct)).await.unwrap().status, 200);
    let direct = Request::get("http://vault.vault.svc/")
        .body(Bytes::new())
        .unwrap();
    assert!(client.send(direct).await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_reached_whatever_the_address_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let _server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            crate::peer::converse(stream, OK.as_bytes()).await;
        }
    });
    let client = HttpClient::new(Destination {
        unix_socket: Some(path),
        ..Destination::default()
    })
    .unwrap();
    let request = Request::get("http://localhost/v1/x")
        .body(Bytes::new())
        .unwrap();
    assert_eq!(client.send(request).await.unwrap().status, 200);
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_named_by_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let client = HttpClient::new(Destination {
        unix_socket: Some(path.clone()),
        timeout: Duration::from_millis(200),
        ..Destination::default()
    })
    .unwrap();
    let request = || {
        let request = Request::get("http://localhost/v1/x");
        request.body(Bytes::new()).unwrap()
    };
    let host = format!("unix://{}", path.display());
    let error = client.send(request()).await.unwrap_err();
    let expected = format!("{host} did not answer within 0.2 s");
    assert_eq!(error.to_string(), expected);
    drop(listener);
    let error = client.send(request()).await.unwrap_err();
    let expected = format!("cannot connect to {host}: Connection refused (os error 111)");
    assert_eq!(error.to_string(), expected);
}
