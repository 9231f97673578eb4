use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::server::Server;
use crate::truth::Truth;

/// A client, and what it needs.
#[derive(Clone, Copy)]
struct Client<'a> {
    server: &'a Server,
    truth: &'a Truth,
    over: &'a AtomicBool,
}

/// Starts every kind of client of a server.
pub(crate) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    server: &'scope Server,
    (truth, over): (&'scope Truth, &'scope AtomicBool),
) {
    let client = Client {
        server,
        truth,
        over,
    };
    for _ in 0..4 {
        scope.spawn(move || client.repeat("container", PACE, Client::container));
        scope.spawn(move || client.repeat("imds", PACE, Client::imds));
        scope.spawn(move || client.repeat("unix", PACE, Client::unix));
    }
    scope.spawn(move || client.repeat("once", PACE, Client::once));
    scope.spawn(move || client.repeat("stranger", PACE * 4, Client::stranger));
    for _ in 0..2 {
        scope.spawn(move || client.repeat("slow", PACE, Client::slow));
    }
}

type Asked = std::io::Result<()>;

impl Client<'_> {
    /// Does so again and again. A connection that breaks is a wrong answer: the
    /// server has no reason to close one on these clients.
    fn repeat(self, name: &str, pace: Duration, ask: impl Fn(Self, &str) -> Asked) {
        let who = format!("{} {name}", self.server.name);
        while !self.over.load(Relaxed) {
            if let Err(error) = ask(self, &who) {
                self.truth.count(&who, "a connection broke");
                self.truth
                    .wrong(&who, &format!("a connection broke: {error}"));
            }
            thread::sleep(pace);
        }
    }

    /// Many requests on one connection.
    fn container(self, who: &str) -> Asked {
        let mut connection = Connection::tcp(&self.server.address)?;
        for _ in 0..REQUESTS {
            self.with_token(who, &mut connection)?;
            thread::sleep(PACE);
        }
        Ok(())
    }

    /// A connection for each request.
    fn once(self, who: &str) -> Asked {
        self.with_token(who, &mut Connection::tcp(&self.server.address)?)
    }

    fn with_token(self, who: &str, connection: &mut Connection<TcpStream>) -> Asked {
        let Ok(tokens) = self.server.tokens.read() else {
            return Ok(());
        };
        let token = [("Authorization", tokens[0].as_str())];
        let answer = connection.ask("GET /creds", &token)?;
        drop(tokens);
        self.credentials(who, &answer);
        Ok(())
    }

    fn imds(self, who: &str) -> Asked {
        let mut connection = Connection::tcp(&self.server.address)?;
        let ttl = [("X-aws-ec2-metadata-token-ttl-seconds", "60")];
        let (status, token) = connection.ask("PUT /latest/api/token", &ttl)?;
        if status != 200 {
            self.truth.answer(who, (status, &[]));
            return Ok(());
        }
        let token = [("X-aws-ec2-metadata-token", token.as_str())];
        let (_, role) = connection.ask(&format!("GET {ROLES}"), &token)?;
        for _ in 0..REQUESTS {
            let answer = connection.ask(&format!("GET {ROLES}{role}"), &token)?;
            self.credentials(who, &answer);
            thread::sleep(PACE);
        }
        Ok(())
    }

    fn unix(self, who: &str) -> Asked {
        let mut connection = Connection::unix(&self.server.socket)?;
        for _ in 0..REQUESTS {
            let answer = connection.ask("GET /creds", &[])?;
            self.credentials(who, &answer);
            thread::sleep(PACE);
        }
        Ok(())
    }

    /// A session that was opened lasts longer than we do: nothing but
    /// credentials is right.
    fn credentials(self, who: &str, (status, body): &(u16, String)) {
        match status {
            200 => self.truth.credentials(who, body),
            _ => self.truth.answer(who, (*status, &[])),
        }
    }

    /// Whoever should get nothing.
    fn stranger(self, who: &str) -> Asked {
        let Ok(tokens) = self.server.tokens.read() else {
            return Ok(());
        };
        let [token, last] = &*tokens;
        let old_token = ("Authorization", last.as_str());
        let token = ("Authorization", token.as_str());
        let forged = "A".repeat(75);
        let forged = ("X-aws-ec2-metadata-token", forged.as_str());
        let role = format!("GET {ROLES}any");
        for (request, headers, expected) in [
            ("GET /creds", &[][..], 401),
            ("GET /creds", &[("Authorization", "wrong")], 401),
            ("GET /creds", &[old_token], 401),
            ("GET /creds", &[token, ("Host", "evil.example")], 403),
            ("GET /creds", &[token, ("X-Forwarded-For", "10.0.0.1")], 403),
            ("GET /creds", &[token, ("Content-Length", "1")], 400),
            ("POST /creds", &[token], 405),
            ("GET /creds/../creds", &[token], 404),
            (role.as_str(), &[], 401),
            (role.as_str(), &[forged], 401),
        ] {
            let mut connection = Connection::tcp(&self.server.address)?;
            let (status, body) = connection.ask(request, headers)?;
            if body.contains("AccessKeyId") {
                self.truth.wrong(who, &format!("{request} got credentials"));
            }
            self.truth.answer(who, (status, &[expected]));
        }
        Ok(())
    }

    /// A head that never ends, a byte at a time: the server ends it.
    fn slow(self, who: &str) -> Asked {
        let mut stream = TcpStream::connect(&self.server.address)?;
        stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        let started = Instant::now();
        let mut buffer = [0; 1024];
        stream.write_all(b"GET /creds HTTP/1.1\r\nX-Slow: ")?;
        while started.elapsed() < LONGEST_HEAD && !self.over.load(Relaxed) {
            let written = stream.write_all(b"a");
            match stream.read(&mut buffer) {
                Err(error) if written.is_ok() && is_quiet(&error) => {}
                _ => {
                    self.truth.count(who, "ended by the server");
                    return Ok(());
                }
            }
        }
        if !self.over.load(Relaxed) {
            self.truth.wrong(who, "a head may take for ever");
        }
        Ok(())
    }
}

fn is_quiet(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut)
}

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const PACE: Duration = Duration::from_millis(50);
/// On one connection.
const REQUESTS: u32 = 40;
/// The server's limit is 5 s.
const LONGEST_HEAD: Duration = Duration::from_secs(15);
