//! A client that sends exactly what it is told.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A request without a body, with `Host: localhost` unless another is given.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        text.push_str("Host: localhost\r\n");
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text + "\r\n"
}

/// One connection, one request.
pub(crate) async fn ask(address: SocketAddr, request: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    send(&mut stream, request).await;
    receive(&mut stream).await.unwrap()
}

pub(crate) async fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Reply {
    ask(address, &request("GET", path, headers)).await
}

pub(crate) async fn send(stream: &mut (impl AsyncWrite + Unpin), text: &str) {
    // The server may have closed already: what it answered is what counts.
    let _ = stream.write_all(text.as_bytes()).await;
}

/// The head of an answer that has no more than that.
pub(crate) async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// The next answer of a connection; `None` where it was closed without one.
pub(crate) async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> Option<Reply> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut reply = Reply {
        status,
        head,
        body: String::new(),
    };
    let length = reply.header("content-length").unwrap_or("0");
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    reply.body = String::from_utf8(body).unwrap();
    Some(reply)
}

/// Whether the server has ended the connection, and said nothing more.
pub(crate) async fn is_closed(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest).await {
        Ok(_) => rest.is_empty(),
        Err(_) => true,
    }
}

/// A metadata token.
pub(crate) async fn token(address: SocketAddr, seconds: u32) -> String {
    let seconds = seconds.to_string();
    let headers = [("X-aws-ec2-metadata-token-ttl-seconds", seconds.as_str())];
    let reply = ask(address, &request("PUT", "/latest/api/token", &headers)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}
