use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use crate::Failure;
use crate::bench::serve::CONNECTIONS;
use crate::bench::serve::door::Door;
use crate::failure::Result;

use super::Load;

mod client;

use client::Client;

/// Asks on every connection, one request after the other, all from one thread: it
/// must not take the cores of those who answer.
pub(super) fn load(door: &Door, seconds: u32) -> Result<Load> {
    let length = Duration::from_secs(u64::from(seconds));
    let mut times =
        ask(door, length).map_err(|error| Failure::new(format!("a client: {error}")))?;
    times.sort_unstable();
    let at = |percent: usize| {
        let place = times.len() * percent / 100;
        times.get(place).map(|time| time.as_secs_f64() * 1000.0)
    };
    match (at(50), at(99)) {
        (Some(p50), Some(p99)) => Ok(Load {
            rate: f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX)) / f64::from(seconds),
            p50,
            p99,
        }),
        _ => Err(Failure::new("nobody was answered")),
    }
}

/// How long each answer took.
fn ask(door: &Door, length: Duration) -> io::Result<Vec<Duration>> {
    let address = address(door)?;
    let request = door.request();
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(CONNECTIONS);
    let clients = (0..CONNECTIONS).map(|token| Client::connect(address, poll.registry(), token));
    let mut clients: Vec<Client> = clients.collect::<io::Result<_>>()?;
    let mut times = Vec::new();
    let end = Instant::now() + length;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        poll.poll(&mut events, Some(left))?;
        for event in &events {
            if let Some(client) = clients.get_mut(event.token().0) {
                client.go_on(request.as_bytes(), &mut times)?;
            }
        }
    }
    Ok(times)
}

fn address(door: &Door) -> io::Result<SocketAddr> {
    let mut addresses = door.address.to_socket_addrs()?;
    addresses
        .next()
        .ok_or_else(|| io::Error::other("it has no address"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn answered(answer: &'static str) -> Result<Load> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut buffer = [0; 1024];
                    while let Ok(1..) = stream.read(&mut buffer) {
                        if stream.write_all(answer.as_bytes()).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        load(&Door::container(&address, "token".to_owned()), 1)
    }

    #[test]
    fn successes_are_counted_and_all_else_is_a_failure() {
        let load = answered("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        assert!(load.rate > 0.0 && load.p50 <= load.p99, "{load:?}");
        assert!(answered("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}
