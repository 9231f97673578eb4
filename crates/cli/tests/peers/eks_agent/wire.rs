//! One request to the letter, and what is looked at of the answer.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// A request as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Question {
    line: String,
    version: &'static str,
    host: Option<String>,
    headers: Vec<(String, String)>,
    body: &'static str,
}

impl Question {
    pub(super) fn new(method: &str, target: &str) -> Self {
        Self {
            line: format!("{method} {target}"),
            version: "1.1",
            host: Some("169.254.170.23".to_owned()),
            headers: Vec::new(),
            body: "",
        }
    }

    pub(super) fn at(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    pub(super) fn without_host(mut self) -> Self {
        self.host = None;
        self
    }

    pub(super) fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn then(mut self, body: &'static str) -> Self {
        self.body = body;
        self
    }

    fn text(&self) -> String {
        let host = self.host.iter().map(|host| ("Host", host.as_str()));
        let named = self.headers.iter();
        let named = named.map(|(name, value)| (name.as_str(), value.as_str()));
        let all = host.chain(named).chain([("Connection", "close")]);
        let headers: Vec<String> = all
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let headers = headers.concat();
        let Self {
            line,
            version,
            body,
            ..
        } = self;
        format!("{line} HTTP/{version}\r\n{headers}\r\n{body}")
    }

    /// Asks the agent at that address.
    pub(super) fn ask(&self, address: &str) -> Answer {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(self.text().as_bytes()).unwrap();
        let mut bytes = Vec::new();
        // What has come before the other side hung up is the answer.
        let _ = stream.read_to_end(&mut bytes);
        Answer::read(&String::from_utf8_lossy(&bytes))
    }
}

/// What an SDK, and who looks for a fault, sees.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<String>,
    pub(super) body: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = LOOKED_AT.into_iter().filter_map(|wanted| {
            let values = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "));
            let mut values = values.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
            values.next().map(|(_, value)| format!("{wanted}: {value}"))
        });
        Self {
            status: status.and_then(|it| it.parse().ok()).unwrap_or(0),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {:?}", self.status, self.headers, self.body)
    }
}

/// Neither `Date` nor how long it is.
const LOOKED_AT: [&str; 5] = [
    "Content-Type",
    "X-Content-Type-Options",
    "Allow",
    "Location",
    "Retry-After",
];
const PATIENCE: Duration = Duration::from_secs(20);
