use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use refresh::{Clock as _, SystemClock};
use serde_json::{Value, json};

/// Hands out the same credentials each time, and notes the tokens that it is shown.
pub(super) struct Endpoint {
    address: SocketAddr,
    tokens: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Answers {
    /// How often it fails first, and with which status.
    first: (usize, u16),
    credentials: Value,
    left: Duration,
}

impl Endpoint {
    /// With credentials as `creds process` prints them, which are always about to end.
    pub(super) fn start(credentials: Value) -> Self {
        Self::answering(Answers {
            first: (0, 200),
            credentials,
            left: LEFT,
        })
    }

    /// One that fails that many times, with a status, before it has credentials.
    pub(super) fn failing(first: (usize, u16), credentials: Value) -> Self {
        Self::answering(Answers {
            first,
            credentials,
            left: Duration::from_hours(1),
        })
    }

    fn answering(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tokens, is_over) = (Arc::default(), Arc::<AtomicBool>::default());
        let (shown, over) = (Arc::clone(&tokens), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                // A client may hang up.
                let _ = answer(stream.unwrap(), &answers, &shown);
            }
        });
        Self {
            address,
            tokens,
            is_over,
            thread: Some(thread),
        }
    }

    pub(super) fn uri(&self) -> String {
        format!("http://{}/v1/credentials", self.address)
    }

    /// Those that were shown, in their order.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.tokens.lock().unwrap().clone()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(stream: TcpStream, answers: &Answers, shown: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let token = token(&mut reader)?;
    let number = {
        let mut shown = shown.lock().unwrap();
        shown.extend(token);
        shown.len()
    };
    let (status, form, body) = answers.of(number);
    write!(
        reader.into_inner(),
        "HTTP/1.1 {status} -\r\nContent-Type: {form}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

impl Answers {
    /// To one of the requests: in the forms of the agent, which SDKs heed.
    fn of(&self, number: usize) -> (u16, &'static str, String) {
        let (times, status) = self.first;
        if number <= times {
            return (status, "text/plain; charset=utf-8", "not now".to_owned());
        }
        let end = jiff::Timestamp::try_from(SystemClock.now() + self.left).unwrap();
        let document = json!({
            "AccessKeyId": self.credentials["AccessKeyId"],
            "SecretAccessKey": self.credentials["SecretAccessKey"],
            "Token": self.credentials["SessionToken"],
            "Expiration": end.to_string(),
        });
        (200, "application/json", document.to_string())
    }
}

/// Reads a request, which has no body.
fn token(request: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut token = None;
    for line in request.lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let field = line.split_once(": ");
        let field = field.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        token = field.map(|(_, value)| value.to_owned()).or(token);
    }
    Ok(token)
}

/// Less than any SDK lets be: that for Rust begins ten seconds before the end.
const LEFT: Duration = Duration::from_secs(8);
