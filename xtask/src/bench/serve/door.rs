use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Failure;
use crate::failure::Result;

/// Where credentials are asked for, and what is shown there.
#[derive(Clone, Debug)]
pub(in crate::bench) struct Door {
    pub(super) address: String,
    pub(super) path: String,
    pub(super) header: (&'static str, String),
}

impl Door {
    /// The metadata service at an address, for its first role.
    pub(super) fn imds(address: &str) -> Result<Self> {
        let ttl = [("X-aws-ec2-metadata-token-ttl-seconds", "21600")];
        let token = ask(address, "PUT /latest/api/token", &ttl)?;
        let header = ("X-aws-ec2-metadata-token", token);
        let shown = [(header.0, header.1.as_str())];
        let role = ask(address, &format!("GET {ROLES}"), &shown)?;
        Ok(Self {
            address: address.to_owned(),
            path: format!("{ROLES}{role}"),
            header,
        })
    }

    /// A container credentials endpoint.
    pub(super) fn container(address: &str, token: String) -> Self {
        Self {
            address: address.to_owned(),
            path: "/creds".to_owned(),
            header: ("Authorization", token),
        }
    }

    /// The agent of a node, for the pod that has that token.
    pub(in crate::bench) fn pod(address: &str, token: String) -> Self {
        Self {
            path: "/v1/credentials".to_owned(),
            ..Self::container(address, token)
        }
    }

    /// The credentials' document.
    pub(super) fn knock(&self) -> Result<String> {
        let (name, value) = &self.header;
        let request = format!("GET {}", self.path);
        ask(&self.address, &request, &[(name, value)])
    }

    /// The request, to be sent again and again.
    pub(super) fn request(&self) -> String {
        let (name, value) = &self.header;
        let (path, address) = (&self.path, &self.address);
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{name}: {value}\r\n\r\n")
    }
}

/// One request on a connection of its own; the body of a 200.
fn ask(address: &str, request: &str, headers: &[(&str, &str)]) -> Result<String> {
    let exchanged = exchange(address, request, headers);
    let answer =
        exchanged.map_err(|error| Failure::new(format!("{request} at {address}: {error}")))?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => Ok(body.to_owned()),
        // Refusals hold no secret.
        _ => Err(Failure::new(format!("{request} at {address}: {answer}"))),
    }
}

fn exchange(address: &str, request: &str, headers: &[(&str, &str)]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const PATIENCE: Duration = Duration::from_secs(20);
