use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::Failure;
use crate::failure::Result;

/// A TCP proxy that counts what passes it.
pub(crate) struct Proxy {
    pub(crate) address: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

impl Proxy {
    /// Stands before the plain-HTTP address in the variable `name`.
    pub(crate) fn before(name: &str) -> Result<Self> {
        let url = std::env::var(name).unwrap_or_default();
        let target = url
            .strip_prefix("http://")
            .ok_or_else(|| Failure::new(format!("{name} is no plain address: {url}")))?
            .trim_end_matches('/')
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0")
            .map_err(|error| Failure::new(format!("no port: {error}")))?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::new(format!("no port: {error}")))?;
        let counts = Arc::new(Counts::default());
        let counted = Arc::clone(&counts);
        // Ends with the process, which is short.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                counted.connections.fetch_add(1, Ordering::Relaxed);
                let (target, counted) = (target.clone(), Arc::clone(&counted));
                thread::spawn(move || forward(&client, &target, &counted));
            }
        });
        Ok(Self {
            address: format!("http://{address}"),
            counts,
        })
    }

    pub(crate) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::Relaxed)
    }
}

fn forward(client: &TcpStream, target: &str, counts: &Counts) {
    let Ok(server) = TcpStream::connect(target) else {
        return;
    };
    thread::scope(|scope| {
        scope.spawn(|| pass(&server, client, |_| {}));
        pass(client, &server, |bytes| {
            counts
                .requests
                .fetch_add(request_lines(bytes), Ordering::Relaxed);
        });
    });
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, seen: impl Fn(&[u8])) {
    let mut buffer = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        seen(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Whoever is gone is gone: there is nobody to tell.
    let _ = to.shutdown(Shutdown::Write);
}

/// How many requests begin in these bytes; our clients send a head in one piece.
fn request_lines(bytes: &[u8]) -> usize {
    let version = b" HTTP/1.1\r\n";
    bytes
        .windows(version.len())
        .filter(|window| window == version)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_lines_are_counted_and_status_lines_are_not() {
        let requests = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPUT /b HTTP/1.1\r\n\r\nbody";
        assert_eq!(request_lines(requests), 2);
        assert_eq!(request_lines(b"HTTP/1.1 200 OK\r\n\r\n"), 0);
    }
}
