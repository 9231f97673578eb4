use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use refresh::{Clock as _, SystemClock};
use serde_json::{Value, json};

/// Hands out the same credentials each time, which are always about to end, and
/// notes the tokens that it is shown.
pub(super) struct Endpoint {
    address: SocketAddr,
    tokens: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// With credentials as `creds process` prints them.
    pub(super) fn start(credentials: Value) -> Self {
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
                let _ = answer(stream.unwrap(), &credentials, &shown);
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

fn answer(
    stream: TcpStream,
    credentials: &Value,
    shown: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    if let Some(token) = token(&mut reader)? {
        shown.lock().unwrap().push(token);
    }
    let end = jiff::Timestamp::try_from(SystemClock.now() + LEFT).unwrap();
    let document = json!({
        "AccessKeyId": credentials["AccessKeyId"],
        "SecretAccessKey": credentials["SecretAccessKey"],
        "Token": credentials["SessionToken"],
        "Expiration": end.to_string(),
    });
    let document = document.to_string();
    write!(
        reader.into_inner(),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{document}",
        document.len()
    )
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
