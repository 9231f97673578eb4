//! One plain HTTP request, as simple as a client can be.

use std::io::{Read, Write};
use std::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

/// Sends a request without a body; `None` where nobody listens.
pub(crate) fn ask(
    address: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
) -> Option<Answer> {
    let stream = TcpStream::connect(address).ok()?;
    exchange(stream, address, (method, path), headers)
}

/// The same over any stream.
pub(crate) fn exchange(
    mut stream: impl Read + Write,
    host: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
) -> Option<Answer> {
    let host = if headers.iter().any(|(name, _)| *name == "Host") {
        String::new()
    } else {
        format!("Host: {host}\r\n")
    };
    let headers: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let headers = headers.concat();
    let request = format!("{method} {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer {
        status,
        head: head.to_lowercase(),
        body: body.to_owned(),
    })
}

pub(crate) fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(address, ("GET", path), headers).unwrap()
}
