//! Whatever a server answers, asking Vault for a certificate ends with a
//! certificate that was checked, or with an error.
#![no_main]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use refresh::SystemClock;
use tokio::runtime::Runtime;
use vault_pki::{CertificateRequest, Names, TokenLogin, Vault, VaultSettings};

/// The first byte chooses the status; the rest is the body of every answer.
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});

static VAULT: LazyLock<Vault> = LazyLock::new(|| {
    let settings = VaultSettings {
        address: format!("unix://{}", serve().display())
            .parse()
            .expect("an address"),
        timeout: Duration::from_secs(5),
        max_retries: 0,
        ..VaultSettings::default()
    };
    let login = TokenLogin::new(&"s.token".into()).expect("a token");
    Vault::new(settings, Box::new(login), Arc::new(SystemClock)).expect("a client")
});

fuzz_target!(|answer: &[u8]| {
    *ANSWER.lock().unwrap_or_else(PoisonError::into_inner) = answer.to_vec();
    let names = Names::common_name("app.example.test");
    let (mount, role) = (
        "pki-aws".parse().expect("a mount"),
        "app".parse().expect("a role"),
    );
    let request = CertificateRequest::new(mount, role, names);
    // The middle of the seeds' validity.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_239_000);
    if let Err(error) = RUNTIME.block_on(VAULT.issue(&request, now)) {
        let _ = (error.to_string(), error.hint());
    }
});

/// Answers on a socket of its own, which it returns.
fn serve() -> PathBuf {
    let path = std::env::temp_dir().join(format!("vault-answer-{}", std::process::id()));
    let listener = UnixListener::bind(&path).expect("a socket");
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || while answer(&connection).is_some() {});
        }
    });
    path
}

/// Reads one request and answers it.
fn answer(connection: &UnixStream) -> Option<()> {
    let mut reader = BufReader::new(connection);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    reader
        .by_ref()
        .take(length)
        .read_to_end(&mut Vec::new())
        .ok()?;
    let answer = ANSWER
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let (choice, body) = answer.split_first().unwrap_or((&0, &[]));
    let status = STATUSES[usize::from(*choice) % STATUSES.len()];
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut writer = connection;
    writer.write_all(head.as_bytes()).ok()?;
    writer.write_all(body).ok()
}

/// `0` to `7` as the first character of a seed.
const STATUSES: [u16; 8] = [200, 204, 307, 400, 403, 404, 429, 503];
