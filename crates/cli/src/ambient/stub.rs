//! A server of a few bytes that plays whoever has credentials.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// `GET /creds`.
    pub(super) what: String,
    /// The other lines, in lower case.
    pub(super) head: String,
    pub(super) body: String,
}

pub(super) enum Reply {
    Text(u16, String),
    /// Nothing, for as long as the other side has patience.
    Silence,
}

pub(super) struct Stub {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    pub(super) fn new(reply: impl Fn(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let is_over = Arc::<AtomicBool>::default();
        let (log, end) = (Arc::clone(&asked), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if end.load(Ordering::Acquire) {
                    return;
                }
                let stream = stream.unwrap();
                let Some(request) = request(&stream) else {
                    continue;
                };
                log.lock().unwrap().push(request.clone());
                match reply(&request) {
                    Reply::Text(status, text) => answer(&stream, status, &text),
                    Reply::Silence => silent.push(stream),
                }
            }
        });
        Self {
            url,
            asked,
            is_over,
            thread: Some(thread),
        }
    }

    /// STS, which gives the credentials `ASIA-<role>` of whatever role.
    pub(super) fn sts() -> Self {
        Self::new(|asked| {
            let value = |name: &str| {
                let pairs = asked
                    .body
                    .split('&')
                    .filter_map(|pair| pair.split_once('='));
                let mut pairs = pairs.filter(|(key, _)| *key == name);
                pairs.next().map_or("", |(_, value)| value).to_owned()
            };
            let (action, role) = (value("Action"), value("RoleArn"));
            let name = role.rsplit("%2F").next().unwrap();
            let text = format!(
                "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
                 <AssumedRoleUser><AssumedRoleId>A:x</AssumedRoleId>\
                 <Arn>arn:aws:sts::123456789012:assumed-role/{name}/x</Arn></AssumedRoleUser>\
                 <Credentials><AccessKeyId>ASIA-{name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                 <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>\
                 </{action}Result></{action}Response>"
            );
            Reply::Text(200, text)
        })
    }

    /// A metadata service of version 2, with the role `node`.
    pub(super) fn metadata() -> Self {
        Self::new(|asked| match asked.what.as_str() {
            "PUT /latest/api/token" => Reply::Text(200, "metadata-token".to_owned()),
            _ if !asked
                .head
                .contains("x-aws-ec2-metadata-token: metadata-token\r\n") =>
            {
                Reply::Text(401, String::new())
            }
            "GET /latest/meta-data/iam/security-credentials/" => {
                Reply::Text(200, "node".to_owned())
            }
            "GET /latest/meta-data/iam/security-credentials/node" => {
                Reply::Text(200, credentials("ASIA-node"))
            }
            _ => Reply::Text(404, String::new()),
        })
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The requests, each as method and path.
    pub(super) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.what).collect()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The JSON that an endpoint gives credentials in.
pub(super) fn credentials(access_key_id: &str) -> String {
    format!(
        r#"{{"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"{access_key_id}","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}}"#
    )
}

fn request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut asked = Asked::default();
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|length| *length > 0)?;
    asked.what = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    loop {
        line.clear();
        reader
            .read_line(&mut line)
            .ok()
            .filter(|length| *length > 0)?;
        if line == "\r\n" {
            break;
        }
        asked.head += &line.to_lowercase();
    }
    let length = asked
        .head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    asked.body = String::from_utf8(body).unwrap();
    Some(asked)
}

fn answer(mut stream: &TcpStream, status: u16, text: &str) {
    let length = text.len();
    let whole = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n\
         X-Aws-Ec2-Metadata-Token-Ttl-Seconds: 60\r\n\r\n{text}"
    );
    // Who has lost patience does not read it.
    let _ = stream.write_all(whole.as_bytes());
}
